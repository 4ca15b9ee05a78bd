package noalloc

import (
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/stackalloc/stackalloc/internal/stock"
)

// A run is recognised in the memory profile by the functions on its stack.
// Each running window has a number, and the number is written into the stack
// as a chain of calls, one function for each octal digit:
//
//	enter → digit3 → digit1 → f        (window 013, lowest digit first)
//
// So every window that is open at the same time, nested ones included, leaves
// stacks of its own without any limit on their number, and the numbers are
// used again, so that the profile (which the runtime never shrinks) stays small.

// enter runs f under the digits of id.
//
//go:noinline
func enter(id int, f func()) { digits[id&7](id>>3, f) }

//go:noinline
func digit0(rest int, f func()) { digit(rest, f) }

//go:noinline
func digit1(rest int, f func()) { digit(rest, f) }

//go:noinline
func digit2(rest int, f func()) { digit(rest, f) }

//go:noinline
func digit3(rest int, f func()) { digit(rest, f) }

//go:noinline
func digit4(rest int, f func()) { digit(rest, f) }

//go:noinline
func digit5(rest int, f func()) { digit(rest, f) }

//go:noinline
func digit6(rest int, f func()) { digit(rest, f) }

//go:noinline
func digit7(rest int, f func()) { digit(rest, f) }

func digit(rest int, f func()) {
	if rest == 0 {
		f()
		return
	}
	digits[rest&7](rest>>3, f)
}

// digits is filled by init because the functions refer back to it.
var digits [8]func(rest int, f func())

// allowed and forbidden mark the parts run by Allow and Forbid.
//
//go:noinline
func allowed(f func()) { f() }

//go:noinline
func forbidden(f func()) { f() }

// kind says what a function on a recorded stack means here.
type kind uint8

const (
	kindUser      kind = iota // anything that is not below
	kindStd                   // the standard library and the runtime
	kindCache                 // a runtime function that fills a cache of the runtime
	kindStock                 // this library keeping memory for later calls
	kindLibrary               // what the rest of the library offers
	kindInside                // what it does to that end
	kindOwn                   // this package's own machinery
	kindStep                  // a function of this package between two markers
	kindEnter                 // root end of a window's number
	kindDigit                 // a digit of a window's number
	kindAllowed               // Allow
	kindForbidden             // Forbid
)

var (
	ownPrefix   string // "github.com/…/noalloc."
	stockPrefix string // "github.com/…/internal/stock."
	library     string // "github.com/…/stackalloc", its import path
	libraryDir  string // "/…/stackalloc/", where its source is
	stdPrefix   string // "/usr/local/go/src/", empty when built with -trimpath
	modules     []string
	markers     map[string]call
)

func init() {
	digits = [8]func(int, func()){digit0, digit1, digit2, digit3, digit4, digit5, digit6, digit7}
	markers = map[string]call{
		funcName(enter):     {kind: kindEnter},
		funcName(digit):     {kind: kindStep},
		funcName(allowed):   {kind: kindAllowed},
		funcName(forbidden): {kind: kindForbidden},
	}
	for i, d := range digits {
		markers[funcName(d)] = call{kind: kindDigit, digit: uint8(i)}
	}
	ownPrefix, stockPrefix = packageOf(enter), packageOf(stock.Fill)
	library = strings.TrimSuffix(stockPrefix, "/internal/stock.")
	libraryDir = strings.TrimSuffix(fileOf(stock.Fill), "internal/stock/stock.go")

	// The place of a function that is certainly in the standard library tells
	// where the rest of it lies.
	file := fileOf(runtime.GC)
	stdPrefix = strings.TrimSuffix(file, "runtime/mgc.go")
	if stdPrefix == file {
		stdPrefix = ""
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range append(info.Deps, &info.Main) {
			if m.Path != "" {
				modules = append(modules, m.Path)
			}
		}
	}
}

// packageOf gives the beginning of the names of all functions in f's package.
func packageOf(f any) string {
	name := funcName(f)
	return name[:strings.LastIndexByte(name, '.')+1]
}

func funcName(f any) string {
	return runtime.FuncForPC(reflect.ValueOf(f).Pointer()).Name()
}

func fileOf(f any) string {
	fn := runtime.FuncForPC(reflect.ValueOf(f).Pointer())
	file, _ := fn.FileLine(fn.Entry())
	return file
}

// A call is one frame of recorded stacks, and what it means here.
type call struct {
	kind  kind
	digit uint8
	frame Frame
}

func classify(f Frame) *call {
	c := &call{frame: f}
	m, ok := markers[f.Func]
	switch {
	case ok:
		c.kind, c.digit = m.kind, m.digit
	case strings.HasPrefix(f.Func, ownPrefix) && !strings.HasSuffix(f.File, "_test.go"):
		c.kind = kindOwn
	case strings.HasPrefix(f.Func, stockPrefix):
		c.kind = kindStock
	case caches[f.Func]:
		c.kind = kindCache
	case isStd(f.Func, f.File):
		c.kind = kindStd
	case inLibrary(f.File):
		c.kind = kindInside
		if isOffered(f.Func) {
			c.kind = kindLibrary
		}
	}
	return c
}

// inLibrary says whether a file is one of the library's. What is inlined from it
// carries the name of the function around it, but keeps its file.
func inLibrary(file string) bool {
	at, ok := strings.CutPrefix(file, libraryDir)
	if !ok || libraryDir == "" || strings.HasSuffix(file, "_test.go") {
		return false
	}
	switch first, _, below := strings.Cut(at, "/"); first {
	case "cmd", "benchmarks", "examples": // users of it
		return !below
	}
	return true
}

// isOffered says whether a function of the library is one that users call: an
// exported function or method of one of its packages.
func isOffered(function string) bool {
	name, ok := strings.CutPrefix(function, library)
	if !ok || strings.HasPrefix(name, "/internal/") {
		return false
	}
	_, name, _ = strings.Cut(strings.ReplaceAll(name, "[...]", ""), ".")
	if strings.HasPrefix(name, "(") { // a method
		_, name, _ = strings.Cut(name, ").")
	}
	return name != "" && 'A' <= name[0] && name[0] <= 'Z' && !strings.Contains(name, ".")
}

// isStd says whether a function belongs to the standard library.
func isStd(function, file string) bool {
	if file == "" || file == "<autogenerated>" {
		return strings.HasPrefix(function, "runtime.")
	}
	if stdPrefix != "" {
		return strings.HasPrefix(file, stdPrefix)
	}
	// Built with -trimpath, files of the standard library are named by their
	// import path alone: "strings/builder.go". Those of a module carry the
	// module's path, which has a dot in its first element by convention, or
	// else is known.
	first, _, ok := strings.Cut(file, "/")
	if !ok || strings.Contains(first, ".") || first == "command-line-arguments" {
		return false
	}
	for _, m := range modules {
		if strings.HasPrefix(file, m+"/") || strings.HasPrefix(file, m+"@") {
			return false
		}
	}
	return true
}
