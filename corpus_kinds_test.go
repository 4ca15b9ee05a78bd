package stackalloc_test

import (
	"iter"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/stackalloc/stackalloc"
)

// A kind is an element type: values to paint with, and how to compare them.
type kind[T any] struct {
	name string
	vals [61]T
	same func(a, b T) bool
	max  int // elements that go on the stack when T holds pointers
}

func newKind[T any](name string, limit int, value func(i int) T, same func(a, b T) bool) *kind[T] {
	k := &kind[T]{name: name, max: limit, same: same}
	for i := range k.vals {
		k.vals[i] = value(i)
	}
	return k
}

func equal[T comparable](a, b T) bool { return a == b }

func (k *kind[T]) size() int { var z T; return int(unsafe.Sizeof(z)) }

func (k *kind[T]) at(i int) T { return k.vals[(seed+i)%len(k.vals)] }

// mark is the function of that name, for any element.
func (k *kind[T]) mark(s []T) {
	if stackalloc.OnStack(s) {
		stackSeen.Add(1)
	}
	for i := range s {
		s[i] = k.at(i)
	}
}

func (k *kind[T]) intact(s []T, n int) bool {
	if len(s) != n {
		return false
	}
	for i := range s {
		if !k.same(s[i], k.at(i)) {
			return false
		}
	}
	return true
}

// zeroed reports whether s holds n zero values.
func (k *kind[T]) zeroed(s []T, n int) bool {
	for i, b := range unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), n*k.size()) {
		if b != 0 {
			_ = i
			return false
		}
	}
	return len(s) == n
}

// disturb is the function of that name, with blocks of the kind too.
func (k *kind[T]) disturb(n int) {
	if quiet {
		return
	}
	disturb(n * k.size())
	stackalloc.Uninit(n, func(a []T) {
		stackalloc.Do(n+1, func(b []T) {
			for i := range a {
				a[i] = k.at(i + 1)
				b[i] = k.at(i + 2)
			}
		})
	})
}

type record struct {
	a int32
	b byte
	c float64
}

var (
	kindByte   = newKind("byte", 0, func(i int) byte { return byte(i*7 + 1) }, equal)
	kindInt    = newKind("int", 0, func(i int) int { return i*1e9 + 1 }, equal)
	kindRecord = newKind("struct", 0, func(i int) record { return record{int32(i), byte(i), float64(i) + 0.5} }, equal)
	kindBlock  = newKind("[16]byte", 0, func(i int) [16]byte { return [16]byte{byte(i), 15: byte(i + 1)} }, equal)
	kindBool   = newKind("bool", 0, func(i int) bool { return i%3 == 0 }, equal)
	kindString = newKind("string", 128, func(i int) string { return string(text[i : 2*i+1]) }, equal)
	kindPtr    = newKind("*T", 128, func(i int) *record { return &record{a: int32(i)} }, equal)
	kindAny    = newKind("any", 128, func(i int) any { return i * 1000 }, equal)
	kindSlice  = newKind("[]byte", 128, func(i int) []byte { return slices.Clone(text[i : 2*i+1]) },
		func(a, b []byte) bool { return string(a) == string(b) })
	kindFunc = newKind("func", 128, func(i int) func() int { return func() int { return i } },
		func(a, b func() int) bool { return a != nil && a() == b() })
)

// values is an iterator over what mark writes.
func (k *kind[T]) values(n int) iter.Seq[T] {
	return func(yield func(T) bool) {
		for i := range n {
			if !yield(k.at(i)) {
				return
			}
		}
	}
}

// The leaks of each public function, for any element. They are not inlined, so
// that the calls in them are compiled as a user's generic function would be; the
// functions clean… below are the same without the leak, and are proven.

type kept[T any] struct {
	s []T
	p *T
	a any
	f func() []T
}

//go:noinline
func leakDo[T any](k *kind[T], n int) bool {
	var keep []T
	stackalloc.Do(n, func(s []T) { k.mark(s); keep = s })
	k.disturb(n)
	return k.intact(keep, n)
}

//go:noinline
func leakUninit[T any](k *kind[T], n int) bool {
	keep := &kept[T]{}
	stackalloc.Uninit(n, func(s []T) { k.mark(s); keep.p = &s[0] })
	k.disturb(n)
	return k.intact(unsafe.Slice(keep.p, n), n)
}

//go:noinline
func leakFill[T any](k *kind[T], n int) bool {
	var keep func() []T
	stackalloc.Fill(n, k.at(0), func(s []T) { k.mark(s); keep = func() []T { return s } })
	k.disturb(n)
	return k.intact(keep(), n)
}

//go:noinline
func leakInit[T any](k *kind[T], n int) bool {
	var keep []T
	stackalloc.Init(n, func(i int) T { return k.at(i) }, func(s []T) {
		k.mark(s[:0])
		keep = s
	})
	k.disturb(n)
	return k.intact(keep, n)
}

//go:noinline
func leakCollect[T any](k *kind[T], n int) bool {
	var keep []T
	stackalloc.Collect(n, k.values(n), func(s []T) { k.mark(s); keep = s })
	k.disturb(n)
	return k.intact(keep, n)
}

//go:noinline
func leakCopy[T any](k *kind[T], n int) bool {
	src := make([]T, n)
	var keep any
	stackalloc.Copy(src, func(s []T) { k.mark(s); keep = s })
	k.disturb(n)
	return k.intact(keep.([]T), n)
}

//go:noinline
func leakCall[T any](k *kind[T], n int) bool {
	keep := stackalloc.Call(n, func(s []T) []T { k.mark(s); return s })
	k.disturb(n)
	return k.intact(keep, n)
}

//go:noinline
func leakCall2[T any](k *kind[T], n int) bool {
	first, count := stackalloc.Call2(n, func(s []T) (*T, int) { k.mark(s); return &s[0], len(s) })
	k.disturb(n)
	return k.intact(unsafe.Slice(first, count), n)
}

//go:noinline
func leakScope[T any](k *kind[T], n int) bool {
	var keep []T
	for s := range stackalloc.Scope[T](n) {
		k.mark(s)
		keep = s
	}
	k.disturb(n)
	return k.intact(keep, n)
}

//go:noinline
func leakAligned[T any](k *kind[T], n int) bool {
	var keep []T
	stackalloc.Aligned(n, 128, func(s []T) { k.mark(s); keep = s })
	k.disturb(n)
	return k.intact(keep, n)
}

//go:noinline
func leakAlignedLine[T any](k *kind[T], n int) bool {
	var keep []T
	stackalloc.Aligned(n, 64, func(s []T) { k.mark(s); keep = s })
	k.disturb(n)
	return k.intact(keep, n) && uintptr(unsafe.Pointer(unsafe.SliceData(keep)))%64 == 0
}

// kindSizes is the largest n of the leaks of kinds.
func kindSizes() int {
	if testing.Short() {
		return 2000
	}
	return 9000
}

func leaksOf[T any](k *kind[T]) (all []leak) {
	for _, e := range []struct {
		name string
		run  func(*kind[T], int) bool
	}{
		{"Do", leakDo[T]}, {"Uninit", leakUninit[T]}, {"Fill", leakFill[T]}, {"Init", leakInit[T]}, {"Collect", leakCollect[T]},
		{"Copy", leakCopy[T]}, {"Call", leakCall[T]}, {"Call2", leakCall2[T]}, {"Scope", leakScope[T]}, {"Aligned", leakAligned[T]},
		{"Aligned to a line", leakAlignedLine[T]},
	} {
		all = append(all, leak{name: e.name + " of " + k.name, max: kindSizes(), run: func(n int) bool { return e.run(k, n) }})
	}
	return all
}

func leaksKinds() []leak {
	return slices.Concat(leaksOf(kindByte), leaksOf(kindInt), leaksOf(kindRecord), leaksOf(kindBlock), leaksOf(kindBool),
		leaksOf(kindString), leaksOf(kindPtr), leaksOf(kindAny), leaksOf(kindSlice), leaksOf(kindFunc))
}

//go:noinline
func cleanDo[T any](k *kind[T], n int) (on bool) {
	stackalloc.Do(n, func(s []T) {
		expect(k.zeroed(s, n) && cap(s) == n)
		k.mark(s)
		on = stackalloc.OnStack(s)
		expect(k.intact(s, n))
	})
	return on
}

//go:noinline
func cleanUninit[T any](k *kind[T], n int) (on bool) {
	stackalloc.Uninit(n, func(s []T) {
		expect(len(s) == n && cap(s) == n)
		k.mark(s)
		on = stackalloc.OnStack(s)
		expect(k.intact(s, n))
	})
	return on
}

//go:noinline
func cleanFill[T any](k *kind[T], n int) (on bool) {
	v := k.at(5)
	stackalloc.Fill(n, v, func(s []T) {
		ok := len(s) == n && cap(s) == n
		for i := range s {
			ok = ok && k.same(s[i], v)
		}
		expect(ok)
		on = stackalloc.OnStack(s)
	})
	return on
}

//go:noinline
func cleanInit[T any](k *kind[T], n int) (on bool) {
	next := 0
	stackalloc.Init(n, func(i int) T {
		expect(i == next)
		next++
		return k.at(i)
	}, func(s []T) {
		expect(k.intact(s, n) && cap(s) == n)
		on = stackalloc.OnStack(s)
	})
	return on
}

//go:noinline
func cleanCollect[T any](k *kind[T], n int) (on bool) {
	stackalloc.Collect(n, func(yield func(T) bool) {
		for i := range n + 1 {
			if !yield(k.at(i)) {
				return
			}
		}
	}, func(s []T) {
		expect(k.intact(s, n) && cap(s) == n)
		on = stackalloc.OnStack(s)
	})
	return on
}

//go:noinline
func cleanCollectShort[T any](k *kind[T], n int) (on bool) {
	stackalloc.Collect(n, slices.Values(k.vals[:min(n, 3)]), func(s []T) {
		m := min(n, 3)
		expect(len(s) == m && cap(s) == m && k.same(s[0], k.vals[0]) && k.same(s[m-1], k.vals[m-1]))
		on = stackalloc.OnStack(s)
	})
	return on
}

//go:noinline
func cleanCopy[T any](k *kind[T], n int) (on bool) {
	src := k.vals[:min(n, len(k.vals))]
	stackalloc.Copy(src, func(s []T) {
		ok := len(s) == len(src) && cap(s) == len(src)
		for i := range s {
			ok = ok && k.same(s[i], src[i])
		}
		expect(ok)
		on = stackalloc.OnStack(s)
	})
	return on
}

//go:noinline
func cleanCall[T any](k *kind[T], n int) bool {
	type result struct {
		on bool
		v  T // a value of the block's, not the block
	}
	r := stackalloc.Call(n, func(s []T) result {
		expect(k.zeroed(s, n) && cap(s) == n)
		k.mark(s)
		return result{stackalloc.OnStack(s), s[n-1]}
	})
	expect(k.same(r.v, k.at(n-1)))
	return r.on
}

//go:noinline
func cleanCall2[T any](k *kind[T], n int) bool {
	on, v := stackalloc.Call2(n, func(s []T) (bool, T) {
		expect(k.zeroed(s, n) && cap(s) == n)
		k.mark(s)
		return stackalloc.OnStack(s), s[n/2]
	})
	expect(k.same(v, k.at(n/2)))
	return on
}

//go:noinline
func cleanScope[T any](k *kind[T], n int) bool {
	for s := range stackalloc.Scope[T](n) {
		expect(k.zeroed(s, n) && cap(s) == n)
		k.mark(s)
		expect(k.intact(s, n))
		return stackalloc.OnStack(s)
	}
	return false
}

//go:noinline
func cleanAligned[T any](k *kind[T], n int) (on bool) {
	stackalloc.Aligned(n, 256, func(s []T) {
		expect(k.zeroed(s, n) && cap(s) == n && uintptr(unsafe.Pointer(&s[0]))%256 == 0)
		k.mark(s)
		expect(k.intact(s, n))
		on = stackalloc.OnStack(s)
	})
	return on
}

//go:noinline
func cleanAlignedLine[T any](k *kind[T], n int) (on bool) {
	stackalloc.Aligned(n, 64, func(s []T) {
		expect(k.zeroed(s, n) && cap(s) == n && uintptr(unsafe.Pointer(&s[0]))%64 == 0)
		k.mark(s)
		expect(k.intact(s, n))
		on = stackalloc.OnStack(s)
	})
	return on
}

func cleansOf[T any](k *kind[T]) (all []clean) {
	for _, e := range []struct {
		name string
		run  func(*kind[T], int) bool
	}{
		{"Do", cleanDo[T]}, {"Uninit", cleanUninit[T]}, {"Fill", cleanFill[T]}, {"Init", cleanInit[T]}, {"Collect", cleanCollect[T]},
		{"short Collect", cleanCollectShort[T]}, {"Copy", cleanCopy[T]}, {"Call", cleanCall[T]}, {"Call2", cleanCall2[T]},
		{"Scope", cleanScope[T]}, {"Aligned", cleanAligned[T]}, {"Aligned to a line", cleanAlignedLine[T]},
	} {
		c := clean{name: e.name + " of " + k.name, size: k.size(), max: k.max, run: func(n int) bool { return e.run(k, n) }}
		switch {
		case strings.HasPrefix(e.name, "Aligned") && k.max != 0:
			c.max = -1 // recycled
		case e.name == "Aligned":
			c.max = (64<<10 - 256) / k.size()
		}
		all = append(all, c)
	}
	return all
}

func cleansKinds() []clean {
	return slices.Concat(cleansOf(kindByte), cleansOf(kindInt), cleansOf(kindRecord), cleansOf(kindBlock), cleansOf(kindBool),
		cleansOf(kindString), cleansOf(kindPtr), cleansOf(kindAny), cleansOf(kindSlice), cleansOf(kindFunc))
}
