package stackalloc

import (
	"math"
	"os"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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

func TestTypeDescriptorsLeaveTheLowBitsFree(t *testing.T) {
	for _, v := range []any{(func([]byte))(nil), (func([]bool))(nil), (func([]string))(nil), (func([][3]int16))(nil), (func([]struct{ a, b bool }))(nil)} {
		assert.Zero(t, typeWord(v)&classPointers, "%T", v)
	}
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
	assert.Equal(t, typeWord((func([]byte))(nil)), typeWord((func(s []uint8))(nil)))
	assert.NotEqual(t, typeWord((func([]byte))(nil)), typeWord((func([]bool))(nil)))
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

func TestReflectSeesEveryPointerAndBool(t *testing.T) {
	type inner struct {
		a uint8
		b [2]bool
	}
	for _, c := range []struct {
		t     reflect.Type
		class uintptr
	}{
		{reflect.TypeFor[byte](), classPlain},
		{reflect.TypeFor[complex128](), classPlain},
		{reflect.TypeFor[uintptr](), classPlain},
		{reflect.TypeFor[[4][3]float32](), classPlain},
		{reflect.TypeFor[struct{}](), classPlain},
		{reflect.TypeFor[[0]string](), classPlain},
		{reflect.TypeFor[struct {
			a int
			_ [0]func()
		}](), classPlain},
		{reflect.TypeFor[bool](), classBools},
		{reflect.TypeFor[inner](), classBools},
		{reflect.TypeFor[[2]inner](), classBools},
		{reflect.TypeFor[struct {
			a inner
			b string
		}](), classPointers},
		{reflect.TypeFor[string](), classPointers},
		{reflect.TypeFor[any](), classPointers},
		{reflect.TypeFor[error](), classPointers},
		{reflect.TypeFor[[]int](), classPointers},
		{reflect.TypeFor[map[int]int](), classPointers},
		{reflect.TypeFor[chan int](), classPointers},
		{reflect.TypeFor[func()](), classPointers},
		{reflect.TypeFor[*int](), classPointers},
		{reflect.TypeFor[unsafe.Pointer](), classPointers},
	} {
		assert.Equal(t, c.class, classify(c.t), c.t)
	}
}

// What plain and zeroable say of T when a call is compiled.
func TestTypesKnownAtTheCallHaveTheirClass(t *testing.T) {
	known[byte](t, true, true)
	known[int8](t, true, true)
	known[uint16](t, true, true)
	known[int16](t, true, true)
	known[int32](t, true, true)
	known[uint32](t, true, true)
	known[int64](t, true, true)
	known[uint64](t, true, true)
	known[int](t, true, true)
	known[uint](t, true, true)
	known[uintptr](t, true, true)
	known[float32](t, true, true)
	known[float64](t, true, true)
	known[complex64](t, true, true)
	known[complex128](t, true, true)
	known[bool](t, false, true)
	known[struct{ a, b bool }](t, false, true)
	known[[7]byte](t, false, true)
	known[[0]byte](t, false, false)
	known[struct{}](t, false, false)
	known[[8]byte](t, false, false)
	known[unsafe.Pointer](t, false, false)
	known[*byte](t, false, false)
	known[string](t, false, false)
	known[any](t, false, false)
	known[func()](t, false, false)
}

func known[T any](t *testing.T, isPlain, isZeroable bool) {
	typ := reflect.TypeFor[T]()
	assert.Equal(t, isPlain && haveRungs, plain[T](), typ)
	assert.Equal(t, isZeroable && haveRungs && (isPlain || typ.Size() < unsafe.Sizeof(uintptr(0))), zeroable[T](), typ)
	if isPlain {
		assert.EqualValues(t, classPlain, classify(typ), typ)
	}
	if isZeroable {
		assert.NotEqualValues(t, classPointers, classify(typ), typ)
	}
}

func TestTypesThatShareAnEntryDoNotMeetInIt(t *testing.T) {
	key := typeWord((func([]byte))(nil))
	learn(key, classPlain)
	former := *classEntry(key)
	learn(key, classPointers) // as another type with this entry would
	assert.Equal(t, former, *classEntry(key))
}

func TestUntestedGoVersionsTakeABI0(t *testing.T) {
	v, ok := strings.CutPrefix(runtime.Version(), "go1.")
	if !ok {
		t.Skip("not a release")
	}
	tested := strings.HasPrefix(v, "25") || strings.HasPrefix(v, "26") || strings.HasPrefix(v, "27")
	assert.Equal(t, tested, registerABI)
}

func TestProductsThatWrapAreNotSentToTheAssembly(t *testing.T) {
	assert.Zero(t, bytes[[maxElem + 1]byte](3))
	if plainFrames == 0 { // there is assembly, on 64-bit machines
		assert.Greater(t, uint64(math.MaxInt), uint64(maxRung)*maxElem)
	}
}
