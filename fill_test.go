package stackalloc

import (
	"fmt"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
)

type filler[T any] struct{ v T }

// Elements of all sizes that a word holds several times, and of others, with and
// without pointers, on frames and elsewhere.
func TestFillWritesEveryElementAndNoMore(t *testing.T) {
	one := 1
	fills(t, byte(0xa1))
	fills(t, true)
	fills(t, int16(-0x1234))
	fills(t, [2]byte{1, 2})
	fills(t, [3]byte{1, 2, 3})
	fills(t, float32(1.5))
	fills(t, [4]byte{1, 2, 3, 4})
	fills(t, [5]byte{1, 2, 3, 4, 5})
	fills(t, [6]byte{1, 2, 3, 4, 5, 6})
	fills(t, [3]int16{-1, 2, 3})
	fills(t, int64(0x0123456789abcdef))
	fills(t, [8]byte{1, 2, 3, 4, 5, 6, 7, 8})
	fills(t, filler[uint64]{1<<63 | 5})
	fills(t, struct {
		a int32
		b bool
	}{7, true})
	fills(t, [3]int64{1, 2, 3})
	fills(t, complex(1, 2))
	fills(t, &one)
	fills(t, "fill")
	fills(t, struct {
		a int
		b *int
	}{1, &one})
	fills(t, struct{}{})
}

func fills[T comparable](t *testing.T, v T) {
	t.Run(fmt.Sprintf("%T", v), func(t *testing.T) {
		for _, n := range []int{0, 1, 2, 3, 7, 15, 16, 17, 31, 32, 33, 47, 63, 64, 65, 100, 127, 128, 129, 255, 256, 257, 300, 511, 512, 513,
			1000, 1024, 1025, 2000, 2048, 2049, 5000, 16384, 20001, 70000} {
			calls := 0
			done := make(chan struct{})
			run := func() {
				var before, after [64]byte
				Fill(n, v, func(s []T) {
					calls++
					assert.Equal(t, n, len(s))
					for i := range s {
						if s[i] != v {
							t.Errorf("element %d of %d is %v", i, n, s[i])
							return
						}
					}
				})
				assert.Equal(t, before, after, "memory around")
			}
			run()
			go func() { // on a stack that is small
				defer close(done)
				run()
			}()
			<-done
			assert.Equal(t, 2, calls)
		}
	})
}

// What is around the bytes stays as it is.
func TestFillWords(t *testing.T) {
	if !haveRungs {
		t.Skip("no words are written without assembly")
	}
	bytes := [8]byte{1, 2, 3, 4, 5, 6, 7, 8}
	word8 := *(*uint64)(unsafe.Pointer(&bytes))
	for size := range 700 {
		s := make([]byte, size+32)
		fillWords(unsafe.Pointer(&s[16]), uintptr(size&^7), word8)
		for i, b := range s {
			want := byte(0)
			if i >= 16 && i < 16+size&^7 {
				want = byte(i&7) + 1
			}
			if b != want {
				t.Fatalf("size %d: byte %d is %d", size, i, b)
			}
		}
	}
	for size := range 700 {
		s := make([]byte, size+32)
		fillWords(unsafe.Pointer(&s[16]), uintptr(size), 0x0505050505050505)
		for i, b := range s {
			if in := i >= 16 && i < 16+size; in != (b == 5) {
				t.Fatalf("size %d: byte %d is %d", size, i, b)
			}
		}
	}
}
