package stackalloc

import (
	"reflect"
	"runtime"
	"unsafe"

	"github.com/stackalloc/stackalloc/internal/build"
	"github.com/stackalloc/stackalloc/internal/element"
	"github.com/stackalloc/stackalloc/internal/gstack"
)

// disabled is why the stack paths are turned off for this process, empty when they
// are on. It is written once, at start-up.
var disabled string

// fault makes a start-up check fail, by name. Tests set it when they link:
// -ldflags='-X github.com/stackalloc/stackalloc.fault=leak'.
var fault string

// init checks, in some microseconds, every assumption that the stack paths rest on,
// and turns them off where one does not hold. The same assumptions are pinned one by
// one in abi_test.go.
func init() {
	for i := range rungs {
		rungs[i], zeroRungs[i], fillRungs[i] = noRung, noRung, noFillRung
		for words := range pointerRungs {
			pointerRungs[words][i] = noRung
		}
	}
	probeHeap = unsafe.Pointer(escape(new([0]uint64)))
	for _, c := range []struct {
		name   string
		holds  func() bool
		reason string
	}{
		{"compiler", compilerIsGo, "the compiler is not Go's own, whose escape analysis is the proof"},
		{"zero", zeroSizedShareAddress, "heap objects of size zero do not share one address"},
		{"leak", leakIsSeen, "a leaking callback was not seen by the compiler"},
		{"loop", siblingIsSeen, "a callback that leaks into a variable of its own function was not seen by the compiler"},
		{"copy", copyIsNotShown, "the compiler took its proof from a copy of the callback, not from the callback"},
		{"type", descriptorsAreRead, "type descriptors are not as expected"},
		{"stack", gstack.Sound, "the goroutine's stack bounds are not where they are expected"},
	} {
		if fault == c.name || !c.holds() {
			disabled = c.reason
			return
		}
	}
	startRungs(build.Tested && fault != "abi")
	startSpares()
	control.patience = defaultPatience
	control.limit = defaultLimit
	if !scopeWorks() || fault == "scope" {
		control.limit = 0
		disabled = "a trial block was not as expected"
	}
}

// compilerIsGo tells gc from gccgo and TinyGo, which place variables by rules of
// their own.
func compilerIsGo() bool { return runtime.Compiler == "gc" }

var escaped [2]any

// escape moves what p points to to the heap.
//
//go:noinline
func escape[T any](p *T) *T {
	escaped[0] = p
	return p
}

func zeroSizedShareAddress() bool {
	return unsafe.Pointer(escape(new([0]string))) == probeHeap &&
		unsafe.Pointer(escape(new([0]byte))) == probeHeap && !gstack.Contains(probeHeap)
}

// proven is the body of the public functions without a block: it reports
// whether the compiler kept the probe of a call with f on the stack.
func proven[T any](n int, f func(s []T)) (ok bool) {
	inline(func() {
		for {
			var probe [0]T
			p := unsafe.Pointer(&probe)
			ok = p != probeHeap
			if always {
				return
			}
			show := func(p unsafe.Pointer, n int) {
				f(unsafe.Slice((*T)(p), n))
				if !always {
					recover()
				}
			}
			show(p, n)
			return
		}
	})
	return ok
}

func leakIsSeen() bool {
	return !proven(1, func(s []byte) { escaped[1] = s })
}

func siblingIsSeen() bool {
	var keep []byte
	ok := proven(1, func(s []byte) { keep = s })
	return !ok && len(keep) == 0
}

// copyIsNotShown tries a callback that is made anew when its function, reach, is
// inlined here. In the callback itself pass is not inlined, so that the closure
// handed to it is on the heap, with the slice in it. In a copy of the callback,
// inlined, pass would be too, and nothing would seem to leak.
func copyIsNotShown() bool {
	return !reach(func(yield func(v byte)) { yield(1) })
}

func reach(each func(yield func(v byte))) bool {
	return proven(1, func(s []byte) { pass(each, func(v byte) { s[0] = v }) })
}

func pass(each func(yield func(v byte)), yield func(v byte)) { each(yield) }

func descriptorsAreRead() bool {
	return isDescriptor[byte](0, reflect.Uint8) && isDescriptor[bool](0, reflect.Bool) &&
		isDescriptor[[3]complex128](0, reflect.Array) && isDescriptor[struct{ a, b int8 }](0, reflect.Struct) &&
		isDescriptor[*byte](1, reflect.Pointer) && isDescriptor[string](1, reflect.String) &&
		isDescriptor[any](2, reflect.Interface) && isDescriptor[[2][]byte](4, reflect.Array) &&
		isDescriptor[struct {
			a uint64
			b func()
			c int
		}](1+8/uint(unsafe.Sizeof(uint(0))), reflect.Struct)
}

// isDescriptor reports whether T's descriptor is read right. What is a constant
// in T where the compiler reads it is not one here.
//
//go:noinline
func isDescriptor[T any](ptrWords uint, kind reflect.Kind) bool {
	d := descriptorOf[T]()
	return d.size == uint(unsafe.Sizeof(*new(T))) && d.ptrBytes == ptrWords*uint(unsafe.Sizeof(ptrWords)) &&
		d.align == uint8(unsafe.Alignof(*new(T))) && reflect.Kind(d.kind&kindMask) == kind &&
		element.Key((func(s []T))(nil))&element.Pointers == 0
}

// scopeWorks runs two real blocks, where the compiler proves them.
func scopeWorks() bool {
	ok := true
	Do(smallBlock+9, func(s []byte) {
		var sum byte
		for i := range s {
			sum |= s[i]
		}
		ok = sum == 0 && len(s) == smallBlock+9 && cap(s) == len(s)
		s[0], s[len(s)-1] = 1, 1
	})
	Fill(smallBlock+9, 2, func(s []byte) {
		for i := range s {
			ok = ok && s[i] == 2
		}
		ok = ok && len(s) == smallBlock+9 && cap(s) == len(s)
	})
	return ok
}
