package main

import (
	"bytes"
	"fmt"
	"iter"
	"log"
	"log/slog"
	"path"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"unsafe"
)

// Code that sees the frames it runs in, or the addresses it has.

//go:noinline
func caller(msg string) string {
	buf := make([]byte, len(msg)) // keep Caller looks at the frames
	copy(buf, msg)
	pc, _, _, _ := runtime.Caller(1)
	return path.Base(runtime.FuncForPC(pc).Name()) + string(buf[:1])
}

//go:noinline
func callers(msg string) int {
	buf := make([]uintptr, len(msg)) // keep Callers looks at the frames
	return min(2, runtime.Callers(0, buf[:3]))
}

//go:noinline
func whoami() string {
	pc, _, _, _ := runtime.Caller(1)
	return path.Base(runtime.FuncForPC(pc).Name())
}

//go:noinline
func throughCallee(n int) string {
	buf := make([]byte, n) // keep whoami looks at the frames
	buf[0] = 'x'
	return whoami() + string(buf[:1])
}

//go:noinline
func namesCallee(n int) string {
	buf := make([]byte, n) // keep whoami looks at the frames
	f := whoami
	buf[0] = 'x'
	return f() + string(buf[:1])
}

type asker interface{ ask() string }

type asks struct{}

func (asks) ask() string { return whoami() }

var someone asker = asks{}

//go:noinline
func throughInterface(n int) string {
	buf := make([]byte, n) // keep what someone.ask calls looks at the frames
	buf[0] = 'x'
	return someone.ask() + string(buf[:1])
}

var skipper = struct{ f func(skip uint8) string }{func(skip uint8) string {
	pc, _, _, _ := runtime.Caller(int(skip))
	return path.Base(runtime.FuncForPC(pc).Name())
}}

//go:noinline
func throughVariable(n int) string {
	buf := make([]byte, n) // keep what skipper.f calls looks at the frames
	buf[0] = 'x'
	return skipper.f(1) + string(buf[:1])
}

// where tells who calls it, and is the same type as others by other names.
func where(yield func(string) bool) { yield(path.Base(caller2())) }

func caller2() string {
	pc, _, _, _ := runtime.Caller(2)
	return runtime.FuncForPC(pc).Name()
}

var (
	sequence iter.Seq[string]                                = where
	method                                                   = asks2.ask
	printer  func(format []byte, args ...interface{}) string = func([]uint8, ...any) string { return path.Base(caller2()) }
	ofNumber                                                 = func(x int) bool { seenName = caller2(); return x > 0 }
	seenName string
)

type asks2 struct{}

func (asks2) ask(int32) string { return path.Base(caller2()) }

//go:noinline
func throughSequence(n int) (r string) {
	buf := make([]byte, n) // keep looks at the frames
	buf[0] = 'x'
	for x := range sequence {
		r += x
	}
	return r + string(buf[:1])
}

//go:noinline
func throughMethodExpression(n int) string {
	buf := make([]byte, n) // keep looks at the frames
	buf[0] = 'x'
	return method(asks2{}, 1) + string(buf[:1])
}

//go:noinline
func throughAliases(n int) string {
	buf := make([]byte, n) // keep looks at the frames
	buf[0] = 'x'
	return printer(nil, 3) + string(buf[:1])
}

//go:noinline
func throughStandardLibrary(n int) string {
	buf := make([]byte, n) // keep looks at the frames
	buf[0] = 'x'
	return fmt.Sprint(slices.ContainsFunc([]int{1}, ofNumber), seenName != "", string(buf[:1]))
}

//go:noinline
func throughGeneric[T any](n int, f func(T) string, v T) string {
	buf := make([]byte, n) // keep looks at the frames
	buf[0] = 'x'
	return f(v) + string(buf[:1])
}

//go:noinline
func throughTypeParameter[F interface{ ~func(int16) string }](n int, f F) string {
	buf := make([]byte, n) // keep looks at the frames
	buf[0] = 'x'
	return f(1) + string(buf[:1])
}

func ofInt16(int16) string { return path.Base(caller2()) }

type logger interface {
	Infof(format string, args ...any)
}

//go:noinline
func logs(l logger, n int) int {
	buf := make([]byte, n) // keep may be that of a logger
	buf[0] = 1
	l.Infof("%d", n)
	return int(buf[0])
}

type silent struct{}

func (silent) Infof(string, ...any) {}

//go:noinline
func output(msg string) string {
	var out bytes.Buffer
	l := log.New(&out, "", log.Lshortfile)
	buf := make([]byte, len(msg)) // keep Output looks at the frames
	copy(buf, msg)
	l.Output(2, msg)
	return fmt.Sprint(strings.HasPrefix(out.String(), "main.go"), len(buf))
}

//go:noinline
func structured(msg string) string {
	var out bytes.Buffer
	l := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{AddSource: true}))
	buf := make([]byte, len(msg)) // keep Info looks at the frames
	copy(buf, msg)
	l.Info(msg)
	return fmt.Sprint(strings.Contains(out.String(), "structured"), len(buf))
}

//go:noinline
func stack(n int) bool {
	buf := make([]byte, n) // keep Stack looks at the frames
	buf[0] = 1
	return strings.Contains(string(debug.Stack()), "corpus.stack.func") || buf[0] == 2
}

type helper struct{ marked int }

func (h *helper) Helper() { h.marked++ }

//go:noinline
func (h *helper) check(n int) int {
	h.Helper()
	buf := make([]byte, n) // want [128]byte
	buf[0] = byte(h.marked)
	return int(buf[0])
}

//go:noinline
func address(n int) bool {
	buf := make([]byte, n) // keep addresses
	p := uintptr(unsafe.Pointer(&buf[0]))
	deep(200)
	return p == uintptr(unsafe.Pointer(&buf[0]))
}

var kept uintptr

//go:noinline
func keep(p []byte) { kept = uintptr(unsafe.Pointer(&p[0])) }

//go:noinline
func addressInCallee(n int) bool {
	buf := make([]byte, n) // keep keep makes numbers of addresses
	keep(buf)
	deep(200)
	old := kept
	keep(buf)
	return kept == old
}

// deep makes the stack grow.
//
//go:noinline
func deep(n int) int {
	var pad [1024]byte
	if n == 0 {
		return int(pad[0])
	}
	return deep(n-1) + int(pad[n%len(pad)])
}

//go:noinline
func recovers(n int) (out int) {
	defer func() { out += n }()
	defer recovering(n, &out)
	panic("x")
}

func recovering(n int, out *int) {
	buf := make([]byte, n) // want [128]byte
	buf[0] = 5
	if recover() != nil {
		*out += int(buf[0])
	}
}

//go:noinline
func recursive(n int) int {
	if n == 0 {
		return 0
	}
	buf := make([]byte, n) // keep the function calls itself
	buf[0] = byte(n)
	return recursive(n-1) + int(buf[0])
}

//go:noinline
func even(n int) int {
	if n <= 0 {
		return 0
	}
	buf := make([]byte, n) // want [128]byte
	buf[0] = 1
	return odd(n-1) + int(buf[0])
}

//go:noinline
func recursiveLiteral(n int) int {
	var walk func(n int) int
	walk = func(n int) int {
		if n == 0 {
			return 0
		}
		buf := make([]byte, n) // keep the function calls itself
		buf[0] = byte(n)
		return walk(n-1) + int(buf[0])
	}
	return walk(n)
}

//go:noinline
func stringOverBlock(n int) (sum int) {
	buf := make([]byte, n) // keep package unsafe
	copy(buf, "some text")
	for _, c := range unsafe.String(&buf[0], len(buf)) {
		sum += int(c)
	}
	return sum
}

func odd(n int) int { return even(n-1) + 100 }

//go:nocheckptr
func directive(n int) int {
	buf := make([]byte, n) // want [128]byte
	buf[0] = 1
	return len(buf)
}

func init() {
	add("throughSequence", func() any { return throughSequence(40) })
	add("throughMethodExpression", func() any { return throughMethodExpression(40) })
	add("throughAliases", func() any { return throughAliases(40) })
	add("throughStandardLibrary", func() any { return throughStandardLibrary(40) })
	add("throughGeneric", func() any { return throughGeneric(40, ofInt16, 3) })
	add("throughTypeParameter", func() any { return throughTypeParameter(40, ofInt16) })
	add("caller", func() any { return caller("some text that is longer than a small block") })
	add("callers", func() any { return callers("some text that is longer than a small block") })
	add("throughCallee", func() any { return throughCallee(40) })
	add("namesCallee", func() any { return namesCallee(40) })
	add("throughInterface", func() any { return throughInterface(40) })
	add("throughVariable", func() any { return throughVariable(40) })
	add("logs", func() any { return logs(silent{}, 40) })
	add("output", func() any { return output("some text that is longer than a small block") })
	add("structured", func() any { return structured("some text that is longer than a small block") })
	add("stack", func() any { return stack(40) })
	add("check", func() any { return new(helper).check(40) })
	add("address", func() any { return address(40) })
	add("addressInCallee", func() any { return addressInCallee(40) })
	add("recovers", func() any { return recovers(40) })
	add("recursive", func() any { return recursive(40) })
	add("recursiveLiteral", func() any { return recursiveLiteral(40) })
	add("stringOverBlock", func() any { return stringOverBlock(40) })
	add("even", func() any { return even(40) })
	add("directive", func() any { return directive(40) })
}
