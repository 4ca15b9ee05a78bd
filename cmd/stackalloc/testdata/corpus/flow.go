package main

import (
	"errors"
	"fmt"
	"strconv"
)

// Ways to leave a block and a function, and variables that are seen from outside.

//go:noinline
func namedResults(xs []int) (sum int, err error) {
	squares := make([]int, len(xs)) // want stackalloc.Call2
	for i, x := range xs {
		if x < 0 {
			return 0, fmt.Errorf("negative: %d", x)
		}
		squares[i] = x * x
	}
	for _, s := range squares {
		sum += s
	}
	return
}

//go:noinline
func namedResultUsedBefore(xs []int) (sum int, err error) {
	sum = 100
	squares := make([]int, len(xs)) // want stackalloc.Scope
	for i, x := range xs {
		squares[i] = x * x
		sum += squares[i]
		if sum > 1000 {
			err = errors.New("too large")
			return
		}
	}
	return
}

//go:noinline
func namedResultInOperand(in string) (out string) {
	if in != "" {
		out = in
	}
	b := []byte(out) // want stackalloc.Scope
	if len(b) > 0 {
		b[0] = '-'
	}
	out = string(b)
	return
}

//go:noinline
func threeResults(xs []int) (int, int, error) {
	ys := make([]int, len(xs)) // want stackalloc.Scope
	copy(ys, xs)
	if len(ys) == 0 {
		return 0, 0, errors.New("nothing")
	}
	return ys[0], ys[len(ys)-1], nil
}

//go:noinline
func threeNamedResults(xs []int) (lo, hi int, err error) {
	ys := make([]int, len(xs)) // want stackalloc.Scope
	copy(ys, xs)
	if len(ys) == 0 {
		err = errors.New("nothing")
		return
	}
	lo, hi = ys[0], ys[len(ys)-1]
	return
}

//go:noinline
func seenByDefer(n int) (out string) {
	state := 1
	defer func() {
		recover()
		out = strconv.Itoa(state)
	}()
	b := make([]int, n) // want stackalloc.Call
	for i := range b {
		state += i
		b[i] = 7 / (5 - i)
	}
	return "unreached"
}

//go:noinline
func resultSeenAfterPanic(n int) (out int) {
	defer func() { recover() }()
	b := make([]int, n) // want [16]int
	for i := range b {
		out += 10
		b[i] = 7 / (5 - i)
	}
	return -1
}

//go:noinline
func hotUnderDefer(n int, a []int) (y int) {
	defer func() {
		if recover() != nil {
			y = -1
		}
	}()
	b := make([]int, n) // want stackalloc.Call
	for i := range b {
		b[i] = i
	}
	t := 0
	for i := range a {
		for j := range b {
			t += b[j] ^ a[i]
		}
	}
	if t == 3 {
		panic("three")
	}
	return t
}

//go:noinline
func hotNamedResults(n int, a []float64) (x int, y float64, err error) {
	b := make([]float64, n) // want stackalloc.Scope
	for i := range b {
		b[i] = float64(i) / 3
	}
	for i := range a {
		for j := range b {
			y += b[j] * a[i]
			x++
		}
	}
	if x == 3 {
		return 0, 0, errors.New("bad")
	}
	return
}

//go:noinline
func hotResultInBlock(rows [][]int) (total int, err error) {
	for _, r := range rows {
		c := make([]int, len(r)) // want stackalloc.Scope
		copy(c, r)
		for i := range c {
			total += c[i]
			if c[i] == 7 {
				return
			}
			if c[i] < 0 {
				return -1, errors.New("negative")
			}
		}
	}
	return total, nil
}

//go:noinline
func redeclares(n int) (out string) {
	var err error
	defer func() { out += fmt.Sprint(err) }()
	b := make([]int, n) // want [16]int
	v, err := strconv.Atoi("x")
	b[0] = v
	return strconv.Itoa(b[0])
}

type typed struct{}

func (*typed) Error() string { return "typed" }

//go:noinline
func quietly() (int, *typed) { return 1, nil }

//go:noinline
func redeclaresType(n int) bool {
	var err error
	if n < 0 {
		err = errors.New("negative")
	}
	b := make([]int, max(n, 1)) // want stackalloc.Call
	v, err := quietly()
	b[0] = v
	return err == nil
}

//go:noinline
func redeclaresResult(n int) (v int, err error) {
	b := make([]int, n) // want [16]int
	w, err := strconv.Atoi("12x")
	b[0] = w
	return
}

//go:noinline
func hotSum(n int, a []float64) float64 {
	s := 0.0
	w := make([]float64, n) // want stackalloc.Call
	for i := range w {
		w[i] = float64(i)
	}
	for i := range a {
		for j := range w {
			s += w[j] * a[i]
		}
	}
	return s
}

//go:noinline
func hotSumGoesOn(rows [][]int) (total int) {
	hits := 0
	for _, r := range rows {
		c := make([]int, len(r)) // want stackalloc.Do
		copy(c, r)
		for i := range c {
			total += c[i]
			hits++
		}
	}
	return 100*total + hits
}

//go:noinline
func hotAndCaptured(n int) int {
	s := 0
	bump := func() { s += 1000 }
	w := make([]int, n) // want stackalloc.Call
	for i := range w {
		w[i] = i
		s += w[i]
		if i == 3 {
			bump()
		}
	}
	return s
}

//go:noinline
func hotAndPointedTo(n int) int {
	s := 0
	p := &s
	w := make([]int, n) // want stackalloc.Call
	for i := range w {
		w[i] = i
		s += w[i]
		*p += 10
	}
	return s
}

//go:noinline
func keepsLooping(words []string) (n int) {
	for range words {
		b := make([]byte, len(words)) // want [128]byte
		b[0] = byte(n)
		if len(b) > 3 {
			continue
		}
		n += len(b)
	}
	return n
}

//go:noinline
func breaksOut(words []string) (n int) {
	for _, w := range words {
		b := make([]byte, len(w)+1) // want [128]byte
		b[0] = 1
		n += len(b)
		if n > 60 {
			break
		}
	}
	return n
}

//go:noinline
func labelInside(n int) (k int) {
	b := make([]int, n) // want stackalloc.Call
outer:
	for i := range b {
		for j := range b {
			if i*j > 20 {
				break outer
			}
			if j > i {
				continue outer
			}
			b[j]++
			k += b[j]
		}
	}
	return k
}

//go:noinline
func labelOutside(n int) (k int) {
outer:
	for i := range n {
		b := make([]int, n) // want [16]int
		for j := range b {
			b[j] = i
			k += b[j]
			if j > i {
				continue outer
			}
		}
	}
	return k
}

//go:noinline
func inSwitch(k, n int) (out int) {
	switch k {
	case 0:
		b := make([]int, n) // want stackalloc.Do
		b[0] = 4
		out = b[0] + len(b) // the end of the clause
	case 1:
		b := make([]int, n) // want [16]int
		b[0] = 5
		out = b[0]
		fallthrough
	case 2:
		out += 100
	default:
		b := make([]int, n) // want stackalloc.Call
		b[0] = 6
		return b[0] * len(b)
	}
	return out
}

//go:noinline
func inSelect(c chan int, n int) (out int) {
	select {
	case v := <-c:
		b := make([]int, n) // want stackalloc.Do
		b[0] = v
		out = b[0] + len(b)
	default:
		out = -1
	}
	return out
}

//go:noinline
func endsWithPanic(n int) int {
	b := make([]int, n) // want stackalloc.Call
	for i := range b {
		b[i] = i
		if i == 12 {
			return b[i]
		}
	}
	panic(fmt.Sprint("no end after ", len(b)))
}

//go:noinline
func ifElse(n int) int {
	if n > 20 {
		b := make([]int, n) // want stackalloc.Call
		b[1] = n
		return b[0] + b[1]
	} else {
		return -n
	}
}

//go:noinline
func literal(n int) int {
	f := func(k int) (int, string) {
		b := make([]int, k) // want stackalloc.Call2
		b[0] = n
		return len(b), strconv.Itoa(b[0])
	}
	if n == 1 {
		f = nil
	}
	k, s := f(n)
	return k + len(s)
}

//go:noinline
func immediately(n int) (out int) {
	func() {
		defer func() { out++ }()
		b := make([]int, n) // want stackalloc.Do
		b[0] = 3
		out = b[0] + len(b)
	}()
	return out
}

//go:noinline
func deferred(n int) (k int) {
	b := make([]byte, n) // want [128]byte
	defer func() { k += len(b) }()
	b[0]++
	return len(b)
}

//go:noinline
func oneLine(n int) int { b := make([]byte, n); b[0] = 3; return len(b) + int(b[0]) } // keep shares a line

//go:noinline
func rawString(n int) int {
	b := make([]byte, n) // want stackalloc.Call
	copy(b, `first
	second
third`)
	/* a comment
	   of more lines */
	return len(b) + int(b[7])
}

//go:noinline
func written(n int) int {
	if n > 30 {
		b := make([]byte, n) // want stackalloc.Do
		_ = b
	}
	return n
}

type point struct{ x, y int }

//go:noinline
func hotStruct(n int) int {
	p := point{1, 2}
	w := make([]int, n) // want stackalloc.Call
	for i := range w {
		w[i] = p.x
		p.x += i
		p.y ^= w[i]
	}
	return p.x + p.y
}

//go:noinline
func goroutine(n int) (out int) {
	c := make(chan int)
	s := 1
	w := make([]int, n) // want stackalloc.Call
	for i := range w {
		w[i] = i
		s += w[i]
	}
	go func() { c <- s }()
	return <-c
}

func init() {
	xs := []int{1, 2, 3, 4, 5, 6, 7, 8, 9}
	add("namedResults", func() any { s, err := namedResults(xs); return fmt.Sprint(s, err) })
	add("namedResults error", func() any { s, err := namedResults([]int{1, -2}); return fmt.Sprint(s, err) })
	add("namedResultUsedBefore", func() any { s, err := namedResultUsedBefore(xs); return fmt.Sprint(s, err) })
	add("namedResultUsedBefore error", func() any { s, err := namedResultUsedBefore([]int{100}); return fmt.Sprint(s, err) })
	add("namedResultInOperand", func() any { return namedResultInOperand("x") + namedResultInOperand("") })
	add("threeResults", func() any { a, b, err := threeResults(xs); return fmt.Sprint(a, b, err) })
	add("threeResults error", func() any { a, b, err := threeResults(nil); return fmt.Sprint(a, b, err) })
	add("threeNamedResults", func() any { a, b, err := threeNamedResults(xs); return fmt.Sprint(a, b, err) })
	add("threeNamedResults error", func() any { a, b, err := threeNamedResults(nil); return fmt.Sprint(a, b, err) })
	add("seenByDefer", func() any { return seenByDefer(40) })
	add("resultSeenAfterPanic", func() any { return resultSeenAfterPanic(40) })
	add("hotUnderDefer", func() any {
		return []int{hotUnderDefer(3, []int{1, 2}), hotUnderDefer(2, []int{1}), hotUnderDefer(3, []int{0})}
	})
	add("hotNamedResults", func() any { x, y, err := hotNamedResults(6, []float64{1, 2}); return fmt.Sprint(x, y, err) })
	add("hotNamedResults error", func() any { x, y, err := hotNamedResults(3, []float64{1}); return fmt.Sprint(x, y, err) })
	for _, rows := range [][][]int{{{1, 2}, {3}}, {{1, 2}, {3, 7, 9}, {1}}, {{1}, {2, -1}}} {
		add("hotResultInBlock", func() any { n, err := hotResultInBlock(rows); return fmt.Sprint(n, err) })
	}
	add("redeclares", func() any { return redeclares(40) })
	add("redeclaresType", func() any { return redeclaresType(40) })
	add("redeclaresResult", func() any { v, err := redeclaresResult(40); return fmt.Sprint(v, err) })
	add("hotSum", func() any { return hotSum(6, []float64{1, 2, 3}) })
	add("hotSumGoesOn", func() any { return hotSumGoesOn([][]int{xs, xs[2:], nil}) })
	add("hotAndCaptured", func() any { return hotAndCaptured(40) })
	add("hotAndPointedTo", func() any { return hotAndPointedTo(40) })
	add("keepsLooping", func() any { return keepsLooping([]string{"a", "b"}) })
	add("breaksOut", func() any { return breaksOut([]string{"a", "some text that is longer than a small block", "c"}) })
	add("labelInside", func() any { return labelInside(40) })
	add("labelOutside", func() any { return labelOutside(40) })
	add("inSwitch", func() any { return []int{inSwitch(0, 40), inSwitch(1, 40), inSwitch(2, 40), inSwitch(3, 40)} })
	c := make(chan int, 1)
	add("inSelect", func() any { c <- 5; return []int{inSelect(c, 40), inSelect(c, 40)} })
	add("endsWithPanic", func() any { return endsWithPanic(40) })
	add("endsWithPanic panics", func() any { return endsWithPanic(10) })
	add("ifElse", func() any { return []int{ifElse(40), ifElse(4)} })
	add("literal", func() any { return literal(40) })
	add("immediately", func() any { return immediately(40) })
	add("deferred", func() any { return deferred(40) })
	add("oneLine", func() any { return oneLine(40) })
	add("rawString", func() any { return rawString(40) })
	add("written", func() any { return written(40) })
	add("hotStruct", func() any { return hotStruct(40) })
	add("goroutine", func() any { return goroutine(40) })
}
