package stackalloc

import (
	"math"
	"os"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc/internal/build"
	"github.com/stackalloc/stackalloc/internal/element"
)

// One test for each assumption about the Go runtime, compiler and ABI that the
// package rests on, with the assumption as its name.

// onFreshStacks runs f on goroutines whose stacks have grown to various sizes.
func onFreshStacks(f func(depth int)) {
	for depth := 0; depth < 2000; depth = depth*2 + 1 {
		done := make(chan struct{})
		go func() {
			defer close(done)
			descend(depth, func() { f(depth) })
		}()
		<-done
	}
}

//go:noinline
func descend(depth int, f func()) {
	var pad [100]byte
	if depth == 0 {
		f()
	} else {
		descend(depth-1, f)
	}
	runtime.KeepAlive(&pad)
}

// unoptimized is set for builds without inlining, in which nothing is proven. It
// is not found out, so that an optimised build cannot skip tests by failing them.
var unoptimized = os.Getenv("STACKALLOC_UNOPTIMIZED") != ""

func TestImplementationIsTheExpectedOne(t *testing.T) {
	t.Log(Implementation())
	want := os.Getenv("STACKALLOC_EXPECT")
	if want == "" {
		t.Skip("STACKALLOC_EXPECT is not set")
	}
	require.Equal(t, want, Implementation())
}

func TestZeroSizedHeapObjectsShareOneAddress(t *testing.T) {
	assert.Equal(t, probeHeap, unsafe.Pointer(escape(new([0]byte))))
	assert.Equal(t, probeHeap, unsafe.Pointer(escape(new([0]string))))
	assert.Equal(t, probeHeap, unsafe.Pointer(escape(new(struct{}))))
	onFreshStacks(func(int) {
		if unsafe.Pointer(escape(new([0]*int))) != probeHeap {
			t.Error("another address on another goroutine")
		}
	})
}

func TestZeroSizedLocalsDoNotHaveTheHeapAddress(t *testing.T) {
	onFreshStacks(func(int) {
		var probe [0]uint64
		if p := unsafe.Pointer(&probe); p == probeHeap {
			t.Error("a local variable of size zero has the address of a heap object")
		}
	})
}

func TestInterfaceHoldsTypeThenFunctionValue(t *testing.T) {
	f := func([]byte) {}
	v := any(f)
	words := *(*[2]uintptr)(unsafe.Pointer(&v))
	typ := reflect.TypeOf(f)
	assert.Equal(t, (*[2]uintptr)(unsafe.Pointer(&typ))[1], words[0])
	assert.Equal(t, *(*uintptr)(unsafe.Pointer(&f)), words[1])
}

func TestCallbackTypesWithOneNameAreOneType(t *testing.T) {
	assert.Equal(t, typePointer((func([]byte))(nil)), typePointer((func(s []uint8))(nil)))
	assert.NotEqual(t, typePointer((func([]byte))(nil)), typePointer((func([]bool))(nil)))
}

func TestVariableMakeUpToSmallBlockStaysInTheFrame(t *testing.T) {
	if unoptimized {
		t.Skip("nothing is proven in this build")
	}
	n := smallBlock
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		Uninit(n, func(s []byte) { s[n-1] = 1 })
		Do(n/16, func(s []string) { s[0] = "x" })
	}))
}

func TestLeakIntoASiblingVariableIsSeenThanksToTheLoop(t *testing.T) {
	assert.True(t, siblingIsSeen())
	for range 3 { // the same in a loop of the caller
		var keep []byte
		if proven(1, func(s []byte) { keep = s }) {
			t.Error("proven, although the slice reaches a variable of the iteration")
		}
		_ = keep
	}
}

func TestProofIsOfTheCallbackAndNotOfAnInlinedCopy(t *testing.T) {
	assert.True(t, copyIsNotShown())
}

func TestCleanCallbackIsProven(t *testing.T) {
	ok := proven(1, func(s []byte) { s[0]++ })
	assert.Equal(t, !unoptimized, ok, "builds without inlining set STACKALLOC_UNOPTIMIZED")
}

func TestObjectsOfPageObjectBytesAreAligned(t *testing.T) {
	for range 50 {
		p := escape((*[pageObject/unsafe.Sizeof("") + 1]string)(make([]string, pageObject/unsafe.Sizeof("")+1)))
		assert.Zero(t, uintptr(unsafe.Pointer(p))%maxAlign)
		q := escape((*[pageObject/unsafe.Sizeof([3]*int{}) + 1][3]*int)(make([][3]*int, pageObject/unsafe.Sizeof([3]*int{})+1)))
		assert.Zero(t, uintptr(unsafe.Pointer(q))%maxAlign)
	}
}

// What the descriptors say of T, as constants and as loads.
func TestDescriptorsAreThoseOfTheTypes(t *testing.T) {
	assert.True(t, descriptorsAreRead())
	known[byte](t)
	known[int8](t)
	known[uint16](t)
	known[int16](t)
	known[int32](t)
	known[uint32](t)
	known[int64](t)
	known[uint64](t)
	known[int](t)
	known[uint](t)
	known[uintptr](t)
	known[float32](t)
	known[float64](t)
	known[complex64](t)
	known[complex128](t)
	known[time.Duration](t)
	known[reflect.Kind](t)
	known[bool](t)
	known[struct{ a, b bool }](t)
	known[[7]byte](t)
	known[[0]byte](t)
	known[struct{}](t)
	known[[8]byte](t)
	known[[1 << 20]byte](t)
	known[unsafe.Pointer](t)
	known[*byte](t)
	known[string](t)
	known[any](t)
	known[error](t)
	known[func()](t)
	known[chan int](t)
	known[map[int]int](t)
	known[[]byte](t)
	known[[1]*byte](t)
	known[[0]*byte](t)
	known[struct{ p *byte }](t)
	known[struct {
		_ [100]uint64
		p *byte
	}](t)
	known[struct {
		p *byte
		_ [100]uint64
	}](t)
	known[struct {
		_ [1 << 16]uint64
		p *byte
	}](t)
	known[[1 << 10]string](t)
	known[time.Time](t)
}

func known[T any](t *testing.T) {
	typ := reflect.TypeFor[T]()
	c := element.Of((func([]T))(nil))
	isPlain := c == element.AnyBits && typ.Kind() != reflect.Struct && typ.Kind() != reflect.Array
	assert.Equal(t, c != element.Pointers, pointerFree[T](), typ)
	assert.Equal(t, isPlain, anyBits[T](), typ)
	assert.Equal(t, c != element.Pointers, loaded(pointerFree[T]), typ)
	assert.Equal(t, isPlain, loaded(anyBits[T]), typ)
	if seenAnyBits[T]() { // not if another type has the entry
		assert.EqualValues(t, element.AnyBits, c, typ)
	}
}

// loaded calls f where it cannot be a constant.
//
//go:noinline
func loaded(f func() bool) bool { return f() }

// newestAdmitted is the minor version of Go up to which build constraints choose the
// register ABI.
const newestAdmitted = 27

func TestUntestedGoVersionsTakeABI0(t *testing.T) {
	v, ok := strings.CutPrefix(runtime.Version(), "go1.")
	if !ok {
		t.Skip("not a release")
	}
	minor := 0
	for len(v) > 0 && '0' <= v[0] && v[0] <= '9' {
		minor, v = 10*minor+int(v[0]-'0'), v[1:]
	}
	assert.Equal(t, minor <= newestAdmitted, build.Tested)
}

func TestProductsThatWrapAreNotSentToTheAssembly(t *testing.T) {
	assert.Zero(t, sizeOf[[maxElem + 1]byte](3))
	if maxFrame == 0 { // there is assembly, on 64-bit machines
		assert.Greater(t, uint64(math.MaxInt), uint64(maxRung)*maxElem)
	}
}
