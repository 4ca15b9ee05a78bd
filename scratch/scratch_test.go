package scratch_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc/internal/build"
	"github.com/stackalloc/stackalloc/scratch"
)

type mixed struct {
	n    int32
	ok   bool
	name string
}

type flags struct {
	n  uint16
	on [3]bool
}

// lengths are around the edges of the classes.
func lengths() []int {
	all := []int{0, 1, 2, 3, 7, 8, 9}
	for k := 5; k <= 17; k++ {
		for _, n := range []int{1 << k, 3 << (k - 1)} {
			all = append(all, n-1, n, n+1)
		}
	}
	return append(all, 256<<10, 256<<10+1, 1<<20)
}

// agree checks every function against make for one type and value.
func agree[T comparable](t *testing.T, v T) {
	var zero T
	t.Run(fmt.Sprintf("%T", zero), func(t *testing.T) {
		for _, n := range lengths() {
			if n > 100_000 && unsafe.Sizeof(zero) > 1 {
				continue
			}
			use := func(what string, zeroed bool, s []T) {
				if len(s) != n || cap(s) != n || s == nil {
					t.Fatalf("%s(%d): len %d, cap %d", what, n, len(s), cap(s))
				}
				if i := slices.IndexFunc(s, func(x T) bool { return x != zero }); zeroed && i >= 0 {
					t.Fatalf("%s(%d): element %d is not zero", what, n, i)
				}
				for i := range s {
					s[i] = v
				}
				grown := append(s, zero)
				if n > 0 && &grown[0] == &s[0] && unsafe.Sizeof(zero) > 0 {
					t.Fatalf("%s(%d): append overran the slice", what, n)
				}
			}
			for range 2 {
				calls := 0
				scratch.Do(n, func(s []T) { calls++; use("Do", true, s) })
				scratch.Uninit(n, func(s []T) { calls++; use("Uninit", mustBeZero(zero), s) })
				a := scratch.Call(n, func(s []T) int { calls++; use("Call", true, s); return n + 1 })
				b, c := scratch.Call2(n, func(s []T) (int, string) { calls++; use("Call2", true, s); return n + 2, "x" })
				require.Equal(t, 4, calls)
				require.Equal(t, []any{n + 1, n + 2, "x"}, []any{a, b, c})
			}
		}
	})
}

func mustBeZero(v any) bool {
	switch v.(type) {
	case byte, uint32, [3]float64, struct{}, complex128, [5]uint16:
		return false
	}
	return true
}

func TestAgreesWithMake(t *testing.T) {
	agree[byte](t, 0xFF)
	agree[uint32](t, math.MaxUint32)
	agree(t, [3]float64{1, 2, 3})
	agree(t, [5]uint16{1, 2, 3, 4, 5})
	agree(t, complex(1, 2))
	agree(t, true)
	agree(t, flags{1, [3]bool{true, true, true}})
	agree(t, struct{}{})
	agree(t, "text")
	agree(t, new(int))
	agree(t, mixed{1, true, "x"})
	agree[any](t, 5)
	agree(t, [0]*int{})
	agree(t, unsafe.Pointer(new(int)))
}

func TestLargeBlocks(t *testing.T) {
	for _, n := range []int{16<<20 - 1, 16 << 20, 16<<20 + 1, 40 << 20} {
		scratch.Do(n, func(s []byte) {
			require.Len(t, s, n)
			s[0], s[n-1] = 1, 1
		})
		scratch.Do(n/8, func(s []*byte) {
			require.Len(t, s, n/8)
			require.Nil(t, s[n/8-1])
			s[0] = new(byte)
		})
	}
}

func TestBadLengthsPanicBeforeTheCallback(t *testing.T) {
	for _, n := range []int{-1, math.MinInt, math.MaxInt, math.MaxInt/8 + 1} {
		for name, f := range map[string]func(){
			"Do":     func() { scratch.Do(n, func([]int64) { t.Error("called") }) },
			"Uninit": func() { scratch.Uninit(n, func([]int64) { t.Error("called") }) },
			"Call":   func() { scratch.Call(n, func([][2]*int) int { t.Error("called"); return 0 }) },
			"Call2":  func() { scratch.Call2(n, func([][2]bool) (int, int) { t.Error("called"); return 0, 0 }) },
		} {
			if name == "Call2" && n == math.MaxInt/8+1 {
				continue // fits
			}
			message := func() (m any) {
				defer func() { m = recover() }()
				f()
				return nil
			}()
			require.True(t, strings.HasPrefix(fmt.Sprint(message), "scratch: length out of range: "), "%s(%d): %v", name, n, message)
			require.Contains(t, message, fmt.Sprint(n))
		}
	}
}

func TestNestedScopesNeverTouchTheirParents(t *testing.T) {
	type frame struct {
		s  []byte
		id byte
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	var open []frame
	check := func() {
		for _, f := range open {
			if i := slices.IndexFunc(f.s, func(b byte) bool { return b != f.id }); i >= 0 {
				t.Fatalf("byte %d of scope %d has become %d", i, f.id, f.s[i])
			}
		}
	}
	var descend func(depth int)
	descend = func(depth int) {
		if depth == 0 {
			runtime.GC()
			return
		}
		for range 1 + rnd.IntN(2) {
			n := 1 << rnd.IntN(13)
			use := func(s []byte) {
				for i := range s {
					s[i] = byte(depth)
				}
				open = append(open, frame{s, byte(depth)})
				descend(depth - 1 - rnd.IntN(min(depth, 30)))
				check()
				open = open[:len(open)-1]
			}
			if rnd.IntN(2) == 0 {
				scratch.Do(n, use)
			} else {
				scratch.Uninit(n, use)
			}
			check()
		}
	}
	rounds := 20
	if testing.Short() || build.Debug {
		rounds = 1
	}
	for range rounds {
		descend(64)
	}
}

// copyWithBuffer copies through a buffer of any size.
func copyWithBuffer(dst io.Writer, src io.Reader, size int) (total int64, err error) {
	scratch.Uninit(size, func(buf []byte) {
		for {
			n, readErr := src.Read(buf)
			m, writeErr := dst.Write(buf[:n])
			total += int64(m)
			switch {
			case writeErr != nil:
				err = writeErr
				return
			case readErr == io.EOF:
				return
			case readErr != nil:
				err = readErr
				return
			}
		}
	})
	return total, err
}

func TestCopyWithBuffer(t *testing.T) {
	text := make([]byte, 300_000)
	for i := range text {
		text[i] = byte(i * 7)
	}
	for _, size := range []int{1, 7, 512, 4096, 60_000, 64 << 10, 1 << 20} {
		src := text
		if size < 100 {
			src = text[:5000]
		}
		var dst bytes.Buffer
		n, err := copyWithBuffer(struct{ io.Writer }{&dst}, struct{ io.Reader }{bytes.NewReader(src)}, size)
		require.NoError(t, err)
		require.EqualValues(t, len(src), n)
		require.True(t, bytes.Equal(src, dst.Bytes()))
	}
	_, err := copyWithBuffer(io.Discard, io.MultiReader(strings.NewReader("x"), errReader{}), 10)
	require.ErrorIs(t, err, errRead)
}

var errRead = errors.New("read")

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, errRead }

// Both ends of a pipe have the slice of the other while the callback runs.
func TestPipes(t *testing.T) {
	type end interface {
		io.Reader
		io.Writer
	}
	r, w := io.Pipe()
	c1, c2 := net.Pipe()
	for name, ends := range map[string][2]any{"io": {r, w}, "net": {c1, c2}} {
		src := ends[0].(io.Reader)
		dst := ends[1].(io.Writer)
		var wg sync.WaitGroup
		wg.Go(func() {
			for i := range 200 {
				scratch.Uninit(1+i*17, func(s []byte) {
					for j := range s {
						s[j] = byte(i)
					}
					if _, err := dst.Write(s); err != nil {
						t.Error(err)
					}
				})
			}
		})
		for i := range 200 {
			scratch.Uninit(1+i*17, func(s []byte) {
				_, err := io.ReadFull(src, s)
				require.NoError(t, err, name)
				require.Equal(t, -1, slices.IndexFunc(s, func(b byte) bool { return b != byte(i) }), name)
			})
		}
		wg.Wait()
	}
}

func TestWorkersShareTheSlice(t *testing.T) {
	for range 50 {
		scratch.Do(8000, func(s []uint64) {
			var wg sync.WaitGroup
			for part := range 8 {
				wg.Go(func() {
					for i := part * 1000; i < (part+1)*1000; i++ {
						s[i] = uint64(i)
					}
				})
			}
			wg.Wait()
			for i, v := range s {
				if v != uint64(i) {
					t.Errorf("element %d is %d", i, v)
					return
				}
			}
		})
	}
}

func TestTenThousandGoroutines(t *testing.T) {
	n := 10_000
	if build.Debug {
		n = 1000 // each has a mapping of its own
	}
	var in, out sync.WaitGroup
	in.Add(n)
	for g := range n {
		out.Go(func() {
			scratch.Uninit(100+g%1000, func(s []byte) {
				for i := range s {
					s[i] = byte(g)
				}
				in.Done()
				in.Wait() // all of them have their block now
				if i := slices.IndexFunc(s, func(b byte) bool { return b != byte(g) }); i >= 0 {
					t.Error("a block had two owners")
				}
			})
			for range 20 {
				scratch.Do(64+g%64, func(s []*int) {
					for i := range s {
						if s[i] != nil {
							t.Error("not zero")
						}
						s[i] = &g
					}
					runtime.Gosched()
					if s[0] != &g || s[len(s)-1] != &g {
						t.Error("a block had two owners")
					}
				})
			}
		})
	}
	out.Wait()
}

func leave(how string) {
	if how == "panic" {
		panic("leave")
	}
	runtime.Goexit()
}

// leftBy runs f in a goroutine that may panic or exit.
func leftBy(f func()) {
	done := make(chan bool)
	go func() {
		defer close(done)
		defer func() { _ = recover() }()
		f()
	}()
	<-done
}

func TestPanicAndGoexitPassThrough(t *testing.T) {
	require.PanicsWithValue(t, "leave", func() { scratch.Do(10, func([]byte) { leave("panic") }) })
	require.PanicsWithValue(t, "leave", func() { scratch.Do(10, func([]*byte) { leave("panic") }) })
	after := false
	leftBy(func() {
		scratch.Do(10, func([]byte) { leave("Goexit") })
		after = true
	})
	require.False(t, after)
}

func TestPointersAreSeenByTheCollector(t *testing.T) {
	scratch.Do(1000, func(s []*[100]int) {
		for i := range s {
			s[i] = new([100]int)
			s[i][50] = i
		}
		var garbage [][]int
		for range 3 {
			runtime.GC()
			for range 1000 {
				garbage = append(garbage, make([]int, 100))
			}
		}
		runtime.KeepAlive(garbage)
		for i := range s {
			if s[i][50] != i {
				t.Fatal("the collector took what the slice holds")
			}
		}
	})
}

// However the scope ends, what the block held can be collected.
func TestAReleasedBlockKeepsNothingAlive(t *testing.T) {
	for _, how := range []string{"return", "panic", "Goexit"} {
		for _, n := range []int{1, 30, 5000} {
			freed := make(chan bool, 1)
			leftBy(func() {
				scratch.Uninit(n, func(s []*[64]byte) {
					p := new([64]byte)
					runtime.SetFinalizer(p, func(*[64]byte) { freed <- true })
					s[n-1] = p
					p = nil
					if how != "return" {
						leave(how)
					}
				})
			})
			require.Eventually(t, func() bool {
				runtime.GC()
				return len(freed) == 1
			}, 10*time.Second, time.Millisecond, "%s, %d elements", how, n)
		}
	}
}

// goroutine ends of every kind, many at a time, with collections.
func TestMixture(t *testing.T) {
	end := time.Now().Add(2 * time.Second)
	if testing.Short() {
		end = time.Now().Add(300 * time.Millisecond)
	}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(g), 3))
			for time.Now().Before(end) {
				n := 1 + rnd.IntN(1<<rnd.IntN(12))
				how := []string{"return", "return", "return", "panic", "Goexit"}[rnd.IntN(5)]
				leftBy(func() {
					scratch.Do(n, func(s []string) {
						want := fmt.Sprint(g, n)
						for i := range s {
							if s[i] != "" {
								t.Error("not zero")
							}
							s[i] = want
						}
						scratch.Uninit(n, func(b []byte) {
							copy(b, want)
							runtime.Gosched()
							if !strings.HasPrefix(want, string(b[:min(n, len(want))])) {
								t.Error("a block had two owners")
							}
						})
						if s[n-1] != want {
							t.Error("a block had two owners")
						}
						if how != "return" {
							leave(how)
						}
					})
				})
			}
		})
	}
	wg.Go(func() {
		for time.Now().Before(end) {
			runtime.GC()
		}
	})
	wg.Wait()
}

func TestACallbackThatIsNil(t *testing.T) {
	require.Panics(t, func() { scratch.Do[byte](1, nil) })
	scratch.Do(1, func(s []byte) { require.Zero(t, s[0]) })
}
