package stackalloc_test

import (
	"errors"
	"iter"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc"
	"github.com/stackalloc/stackalloc/noalloc"
)

// Every function against a plain make, at every length around a class edge.

func TestFunctionsMatchThePlainModel(t *testing.T) {
	growAlways(t)
	model(t, "byte", func(i int) byte { return byte(i * 7) })
	model(t, "bool", func(i int) bool { return i%3 == 0 })
	model(t, "int32", func(i int) int32 { return int32(i * 70000) })
	model(t, "uint64", func(i int) uint64 { return uint64(i) << 33 })
	model(t, "float64", func(i int) float64 { return float64(i) / 3 })
	model(t, "complex128", func(i int) complex128 { return complex(float64(i), -1) })
	model(t, "string", func(i int) string { return strings.Repeat("s", i%9) })
	model(t, "pointer", func(i int) *int { return &i })
	model(t, "any", func(i int) any { return i })
	model(t, "array", func(i int) [3]byte { return [3]byte{byte(i), 2, byte(i >> 8)} })
	model(t, "struct", func(i int) point { return point{int16(i), float32(i), i%2 == 0} })
	model(t, "mixed", func(i int) mixed { return mixed{byte(i), "m", []int{i}[0:1:1][0]} })
	model(t, "empty", func(i int) struct{} { return struct{}{} })
	model(t, "page", func(i int) [4096]byte { return [4096]byte{1: byte(i), 4095: byte(i >> 1)} })
}

type point struct {
	x int16
	y float32
	b bool
}

type mixed struct {
	a byte
	s string
	n int
}

func model[T comparable](t *testing.T, name string, v func(i int) T) {
	t.Run("T="+name, func(t *testing.T) {
		var zero T
		max := 2000
		if name == "byte" || name == "string" {
			max = 1 << 30
		}
		for _, n := range edges() {
			if n > max {
				break
			}
			want := make([]T, n)
			for i := range want {
				want[i] = v(i)
			}
			fail := func(what string) { t.Errorf("%s of %d elements", what, n) }
			zeroed := func(s []T) bool {
				for i := range s {
					if s[i] != zero {
						return false
					}
				}
				return len(s) == n && cap(s) == n
			}
			same := func(s []T) bool { return slices.Equal(s, want) && cap(s) == n }
			spoil := func(s []T) { copy(s, want) }

			ok, ran := false, 0
			check := func(what string) {
				if !ok || ran != 1 {
					fail(what)
				}
				ok, ran = false, 0
			}
			stackalloc.Uninit(n, func(s []T) { ran++; copy(s, want); ok = same(s) })
			check("Uninit")
			stackalloc.Do(n, func(s []T) { ran++; ok = zeroed(s); spoil(s) })
			check("Do")
			stackalloc.Fill(n, v(5), func(s []T) {
				ran++
				ok = len(s) == n && cap(s) == n
				for i := range s {
					ok = ok && s[i] == v5(v)
				}
				spoil(s)
			})
			if name != "pointer" {
				check("Fill")
			}
			ok, ran = false, 0
			stackalloc.Copy(want, func(s []T) { ran++; ok = same(s) })
			check("Copy")
			stackalloc.Init(n, func(i int) T { return want[i] }, func(s []T) { ran++; ok = same(s) })
			check("Init")
			stackalloc.Collect(n, slices.Values(want), func(s []T) { ran++; ok = same(s) })
			check("Collect, exact")
			stackalloc.Collect(n, func(yield func(T) bool) {
				for yield(v(1)) {
				}
			}, func(s []T) { ran++; ok = len(s) == n && cap(s) == n })
			check("Collect, endless")
			stackalloc.Collect(n, slices.Values(want[:n/2]), func(s []T) {
				ran++
				ok = slices.Equal(s, want[:n/2]) && cap(s) == n/2
			})
			check("Collect, short")
			ran, ok = 1, stackalloc.Call(n, func(s []T) bool { defer spoil(s); return zeroed(s) })
			check("Call")
			ok, ran = stackalloc.Call2(n, func(s []T) (bool, int) { defer spoil(s); return zeroed(s), 1 })
			check("Call2")
			for s := range stackalloc.Scope[T](n) {
				ran++
				ok = zeroed(s)
				spoil(s)
			}
			check("Scope")
			for _, align := range []int{1, 16, 64, 128, 1024} {
				stackalloc.Aligned(n, align, func(s []T) {
					ran++
					ok = zeroed(s) && (n == 0 || name == "empty" || addr(s)%uintptr(align) == 0)
					spoil(s)
				})
				check("Aligned")
			}
			err := stackalloc.Bounded(n, n, func(s []T) { ran++; ok = zeroed(s); spoil(s) })
			ok = ok && err == nil
			check("Bounded")
		}
	})
}

func v5[T any](v func(i int) T) T { return v(5) }

func TestUninitClearsBoolsAndPointers(t *testing.T) {
	growAlways(t)
	type flags struct {
		n int32
		b [3]bool
	}
	for range 3 {
		for _, n := range []int{1, 20, 40, 500, 3000} {
			bad := 0
			stackalloc.Uninit(n*20, func(s []byte) { pattern(s, 0xff) })
			stackalloc.Uninit(n, func(s []bool) {
				for i := range s {
					if s[i] {
						bad++
					}
				}
			})
			stackalloc.Uninit(n*20, func(s []byte) { pattern(s, 0xff) })
			stackalloc.Uninit(n, func(s []flags) {
				for i := range s {
					if s[i] != (flags{}) {
						bad++
					}
				}
			})
			stackalloc.Uninit(n*20, func(s []byte) { pattern(s, 0xff) })
			stackalloc.Uninit(n, func(s []string) {
				for i := range s {
					if s[i] != "" {
						bad++
					}
				}
			})
			assert.Zero(t, bad)
		}
	}
}

// panicOf returns what f panics with, as a string.
func panicOf(f func()) (msg string) {
	defer func() { msg, _ = recover().(string) }()
	f()
	return "no panic"
}

func TestBadLengthsPanicBeforeTheCallback(t *testing.T) {
	never := func() { t.Error("the callback ran") }
	for _, n := range []int{-1, -33, math.MinInt} {
		for name, f := range map[string]func(){
			"Do":      func() { stackalloc.Do(n, func([]byte) { never() }) },
			"Uninit":  func() { stackalloc.Uninit(n, func([]int) { never() }) },
			"Fill":    func() { stackalloc.Fill(n, "x", func([]string) { never() }) },
			"Init":    func() { stackalloc.Init(n, func(int) int { never(); return 0 }, func([]int) { never() }) },
			"Collect": func() { stackalloc.Collect(n, func(func(int) bool) { never() }, func([]int) { never() }) },
			"Call":    func() { stackalloc.Call(n, func([]byte) int { never(); return 0 }) },
			"Call2":   func() { stackalloc.Call2(n, func([]byte) (int, int) { never(); return 0, 0 }) },
			"Scope": func() {
				for range stackalloc.Scope[byte](n) {
					never()
				}
			},
			"Aligned": func() { stackalloc.Aligned(n, 8, func([]byte) { never() }) },
			"Closing": func() {
				_ = stackalloc.Closing(n, func(int) (*os.File, error) { never(); return nil, nil }, func([]*os.File) error { never(); return nil })
			},
			"empty elements": func() { stackalloc.Do(n, func([]struct{}) { never() }) },
			"large elements": func() { stackalloc.Do(n, func([][5 << 20]byte) { never() }) },
		} {
			assert.Regexp(t, `^stackalloc: length out of range: -\d+ is negative`, panicOf(f), "%s(%d)", name, n)
		}
	}
}

func TestOverflowingLengthsPanicBeforeTheCallback(t *testing.T) {
	never := func() { t.Error("the callback ran") }
	const huge = math.MaxInt/8 + 1
	for name, f := range map[string]func(){
		"Do":            func() { stackalloc.Do(huge, func([]uint64) { never() }) },
		"Uninit":        func() { stackalloc.Uninit(huge, func([][8]int8) { never() }) },
		"wrap to zero":  func() { stackalloc.Uninit(1<<(bitsOfInt-20), func([][1 << 20]byte) { never() }) },
		"wrap to small": func() { stackalloc.Uninit(1<<(bitsOfInt-20)+1, func([][1 << 20]byte) { never() }) },
		"pointers":      func() { stackalloc.Do(huge, func([]string) { never() }) },
		"Fill":          func() { stackalloc.Fill(huge, 1.5, func([]float64) { never() }) },
		"Aligned":       func() { stackalloc.Aligned(huge, 64, func([]uint64) { never() }) },
		"Aligned, edge": func() { stackalloc.Aligned(math.MaxInt-10, 64, func([]byte) { never() }) },
	} {
		assert.Regexp(t, `^stackalloc: length out of range: \d+ elements of \d+ bytes overflow`, panicOf(f), name)
	}
}

const bitsOfInt = 32 << (^uint(0) >> 63)

func TestBadAlignmentsPanic(t *testing.T) {
	for _, align := range []int{0, -1, -8, 3, 6, 1025, 2048, math.MinInt, math.MaxInt} {
		assert.Regexp(t, `^stackalloc: alignment must be a power of two from 1 to 1024: `,
			panicOf(func() { stackalloc.Aligned(10, align, func([]byte) { t.Error("the callback ran") }) }))
	}
}

func TestLateYieldPanicsAndWritesNothing(t *testing.T) {
	growAlways(t)
	for _, n := range []int{4, 100, 5000} {
		var late func(byte) bool
		stackalloc.Collect(n, func(yield func(byte) bool) {
			late = yield
			yield(1)
		}, func(s []byte) {
			assert.Regexp(t, "^stackalloc: ", panicOf(func() { late(99) }))
			assert.Equal(t, []byte{1}, s)
		})
		assert.Regexp(t, "^stackalloc: ", panicOf(func() { late(99) }))
	}
}

func TestLateYieldOfAPulledIteratorPanics(t *testing.T) {
	var late func(byte) bool
	seq := func(yield func(byte) bool) { late = yield; yield(1) }
	stackalloc.Collect(100, pulled(seq), func(s []byte) { s[0] = 2 })
	assert.NotEqual(t, "no panic", panicOf(func() { late(3) }))
}

func pulled(seq iter.Seq[byte]) iter.Seq[byte] {
	return func(yield func(byte) bool) {
		next, stop := iter.Pull(seq)
		defer stop()
		for v, ok := next(); ok && yield(v); v, ok = next() {
		}
	}
}

func TestAppendNeverOverruns(t *testing.T) {
	growAlways(t)
	for _, n := range []int{1, 32, 33, 48, 64, 1000} {
		bad := false
		stackalloc.Do(n, func(s []byte) {
			u := append(s, 0xff)
			u[0] = 9
			bad = s[0] != 0 || cap(s) != n
		})
		assert.False(t, bad, "length %d", n)
	}
}

func TestBounded(t *testing.T) {
	ran := 0
	assert.NoError(t, stackalloc.Bounded(100, 100, func(s []byte) { ran += len(s) }))
	assert.NoError(t, stackalloc.Bounded(0, 0, func(s []byte) { ran++ }))
	assert.Equal(t, 101, ran)
	for _, c := range []struct {
		n, limit int
		msg      string
	}{
		{-1, 100, "-1 is negative"},
		{101, 100, "101 elements, at most 100 allowed"},
		{0, -1, "0 elements, at most -1 allowed"},
		{math.MaxInt, math.MaxInt, "overflow"},
	} {
		err := stackalloc.Bounded(c.n, c.limit, func(s []uint64) { ran++ })
		assert.ErrorIs(t, err, stackalloc.ErrLength)
		assert.ErrorContains(t, err, c.msg)
	}
	assert.Equal(t, 101, ran)
}

type closer struct {
	id    int
	log   *[]int
	fail  error
	panic bool
}

func (c closer) Close() error {
	*c.log = append(*c.log, c.id)
	if c.panic {
		panic("closing")
	}
	return c.fail
}

func TestClosingClosesInReverseOrder(t *testing.T) {
	for _, n := range []int{0, 1, 3, 10, 200} {
		var log []int
		open := func(i int) (closer, error) { return closer{id: i, log: &log}, nil }
		var want []int
		for i := n - 1; i >= 0; i-- {
			want = append(want, i)
		}
		require.NoError(t, stackalloc.Closing(n, open, func(s []closer) error {
			assert.Len(t, s, n)
			assert.Empty(t, log)
			return nil
		}))
		assert.Equal(t, want, log)

		log = nil
		boom := errors.New("boom")
		assert.Equal(t, boom, stackalloc.Closing(n, open, func(s []closer) error { return boom }))
		assert.Equal(t, want, log)

		log = nil
		assert.Equal(t, "boom", panicOf(func() {
			_ = stackalloc.Closing(n, open, func(s []closer) error { panic("boom") })
		}))
		assert.Equal(t, want, log)

		log = nil
		aside(func() {
			_ = stackalloc.Closing(n, open, func(s []closer) error { runtime.Goexit(); return nil })
		})
		assert.Equal(t, want, log)
	}
}

func TestClosingWhenOpenOrCloseFails(t *testing.T) {
	var log []int
	boom, bad := errors.New("boom"), errors.New("bad")
	err := stackalloc.Closing(5, func(i int) (closer, error) {
		if i == 3 {
			return closer{}, boom
		}
		return closer{id: i, log: &log, fail: bad}, nil
	}, func(s []closer) error { t.Error("ran"); return nil })
	assert.ErrorIs(t, err, boom)
	assert.ErrorIs(t, err, bad)
	assert.ErrorContains(t, err, "opening element 3 of 5")
	assert.Equal(t, []int{2, 1, 0}, log)

	log = nil
	assert.Equal(t, "closing", panicOf(func() {
		_ = stackalloc.Closing(5, func(i int) (closer, error) {
			return closer{id: i, log: &log, panic: i == 2}, nil
		}, func(s []closer) error { return nil })
	}))
	assert.Equal(t, []int{4, 3, 2, 1, 0}, log)
}

func TestOnStack(t *testing.T) {
	assert.False(t, stackalloc.OnStack[byte](nil))
	assert.False(t, stackalloc.OnStack([]byte{}))
	assert.False(t, stackalloc.OnStack(heapBytes(10)))
	if !stackalloc.HasAssembly {
		t.Skip("cannot be known in this build")
	}
	own, header, others := onStackOfLocals()
	assert.True(t, own)
	assert.True(t, header)
	assert.False(t, others)
}

// onStackOfLocals asks about a local array, about its slice without length, and
// about an array on another goroutine's stack.
//
//go:noinline
func onStackOfLocals() (own, empty, others bool) {
	var local [4]int
	own, empty = stackalloc.OnStack(local[:]), stackalloc.OnStack(local[:0])
	at := make(chan uintptr)
	stop := make(chan bool)
	go func() {
		var theirs [4]int
		at <- addr(theirs[:])
		theirs[<-index] = 1
		stop <- true
	}()
	a := <-at
	others = stackalloc.OnStack(unsafe.Slice(*(**byte)(unsafe.Pointer(&a)), 4))
	index <- 1
	<-stop
	return own, empty, others
}

var index = make(chan int)

//go:noinline
func heapBytes(n int) []byte { return make([]byte, n) }

func TestSetLimit(t *testing.T) {
	assert.Equal(t, 64<<10, stackalloc.SetLimit(-5))
	assert.Equal(t, 0, stackalloc.SetLimit(1<<30))
	assert.Equal(t, stackalloc.MaxRung, stackalloc.SetLimit(1000))
	defer func() { assert.Equal(t, 1000, stackalloc.SetLimit(64<<10)) }()
	if !stackalloc.HasAssembly || stackalloc.Unoptimized {
		return
	}
	former := stackalloc.SetPatience(0)
	defer stackalloc.SetPatience(former)
	for n, want := range map[int]bool{1000: true, 1001: false, 100: true, 64 << 10: false} {
		got := false
		stackalloc.Uninit(n, func(s []byte) { got = stackalloc.OnStack(s) })
		assert.Equal(t, want, got, "length %d", n)
	}
}

func TestNothingIsAllocatedInTheSteadyState(t *testing.T) {
	if stackalloc.Unoptimized || stackalloc.RaceDetector {
		t.Skip("nothing is proven in this build, or its pools forget at random")
	}
	// A collection empties the recycled blocks, and a change of thread finds others.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	for _, n := range []int{1, 16, 32, 33, 100, 1000, 10000, 60000, 200000} {
		scopes := func() {
			stackalloc.Uninit(n, func(s []byte) { s[0] = 1 })
			stackalloc.Do(n, func(s []byte) { s[0] = 1 })
			stackalloc.Do(n/16+1, func(s []string) { s[0] = "x" })
			stackalloc.Fill(n, 7, func(s []byte) { s[0] = 1 })
			_ = stackalloc.Call(n, func(s []byte) int { return len(s) })
			for s := range stackalloc.Scope[byte](n) {
				s[0] = 1
			}
			stackalloc.Aligned(n, 256, func(s []byte) { s[0] = 1 })
		}
		assert.Zero(t, testing.AllocsPerRun(100, scopes), "length %d", n)
		if stackalloc.HasAssembly && n <= 100 {
			aside(func() {
				deepen(32 << 10) // so that nothing has to be recycled
				noalloc.Check(t, scopes, noalloc.WarmUp(3), noalloc.Repeat(3))
			})
		}
	}
}

func TestImportsTheStandardLibraryAlone(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").Output()
	if err != nil {
		t.Skip("no go command here: ", err)
	}
	for _, path := range strings.Fields(string(out)) {
		assert.True(t, path == "github.com/stackalloc/stackalloc" ||
			strings.HasPrefix(path, "github.com/stackalloc/stackalloc/internal/"), path)
	}
}

// module writes a module that uses this one, and returns its folder.
func module(t *testing.T, files map[string]string) string {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil || runtime.GOOS == "js" {
		t.Skip("no go command here")
	}
	here, err := os.Getwd()
	require.NoError(t, err)
	dir := t.TempDir()
	files["go.mod"] = "module example.com/user\n\ngo 1.25\n\nrequire github.com/stackalloc/stackalloc v0.0.0\n\n" +
		"replace github.com/stackalloc/stackalloc => " + here + "\n"
	for name, text := range files {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o777))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666))
	}
	return dir
}

// goCommand runs the go command for this machine in dir and returns its output.
func goCommand(t *testing.T, dir string, args ...string) string {
	t.Helper()
	return goCommandFor(t, runtime.GOOS, runtime.GOARCH, dir, args...)
}

func goCommandFor(t *testing.T, goos, goarch, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOARCH="+goarch, "GOOS="+goos)
	if goarch != runtime.GOARCH {
		cmd.Env = append(cmd.Env, "CGO_ENABLED=0")
	}
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return string(out)
}

func TestLargeBlocksAndElements(t *testing.T) {
	for _, n := range []int{3 << 20, 16 << 20, 16<<20 + 1} {
		for range 2 { // the second one may be recycled, and dirty
			bad := 0
			stackalloc.Do(n, func(s []byte) {
				for i := range s {
					bad += int(s[i])
				}
				if len(s) != n || cap(s) != n {
					bad++
				}
				s[0], s[n-1] = 1, 1
			})
			assert.Zero(t, bad, "length %d", n)
		}
	}
	bad := 0
	stackalloc.Do(3, func(s [][1 << 20]byte) {
		for i := range s {
			bad += int(s[i][0]) + int(s[i][1<<20-1])
		}
		s[2][1<<20-1] = 1
	})
	stackalloc.Do(2, func(s [][5<<20 + 3]byte) {
		bad += int(s[1][5<<20+2])
		s[1][5<<20+2] = 1
	})
	stackalloc.Fill(2, [200 << 10]byte{7: 9}, func(s [][200 << 10]byte) {
		if s[0][7] != 9 || s[1][7] != 9 || s[1][8] != 0 {
			bad++
		}
	})
	stackalloc.Do(math.MaxInt, func(s []struct{}) {
		if len(s) != math.MaxInt {
			bad++
		}
	})
	assert.Zero(t, bad)
}
