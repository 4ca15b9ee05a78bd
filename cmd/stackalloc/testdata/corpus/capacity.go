package main

import (
	"fmt"
	"strings"
)

// What sees how much room a slice has behind its end: appends to others that share it.

var finished int

func enough() { finished++ }

// sharing appends to its slice twice, which has room for the first only.
func sharing(n int) []byte {
	defer enough()
	x := make([]byte, 0, 8)
	y := append(x, 1, 2, 3, 4, 5, 6, 7, 8, 9)
	x = append(x, byte(n))
	x = append(x, y[0])
	return x
}

//go:noinline
func ofSharing(n int) int {
	x := sharing(n) // want [8]byte
	return int(x[0])*100 + int(x[1])
}

func full(n int) []byte {
	defer enough()
	x := make([]byte, 4)
	y := append(x, 1)
	y[0] = 9
	x[1] = byte(n)
	if cap(x) > 20 {
		x[2] = 1
	}
	return x
}

//go:noinline
func ofFull(n int) int {
	x := full(n) // want [4]byte
	return int(x[0])*100 + int(x[2])
}

// plain4 may have more room than it asks for.
func plain4(n int) []byte {
	defer enough()
	x := make([]byte, 4)
	x[1] = byte(n)
	return x
}

//go:noinline
func ofPlain(n int) int {
	x := plain4(n) // want [128]byte
	return int(x[1])
}

//go:noinline
func ofAlias(n int) int {
	x := plain4(n) // want [4]byte
	y := x
	z := append(y, 5)
	z[0] = 77
	return int(x[0])
}

func pushes(s []byte) int {
	z := append(s, 5)
	z[0] = 77
	return int(s[0])
}

//go:noinline
func inPushes(n int) int {
	x := plain4(n) // want [4]byte
	return pushes(x) + int(x[0])
}

func capOf(s []byte) int { return cap(s) }

//go:noinline
func inCapOf(n int) int {
	x := plain4(n) // want [4]byte
	return capOf(x)
}

//go:noinline
func inAny(n int) (r int) {
	x := plain4(n) // want [4]byte
	switch y := any(x).(type) {
	case []byte:
		r = cap(y)
	}
	return r
}

type bytesHolder struct{ b []byte }

//go:noinline
func inHolder(n int) int {
	x := plain4(n) // want [4]byte
	h := bytesHolder{x}
	h.b = append(h.b, 3)
	h.b[0] = 9
	return int(x[0])
}

//go:noinline
func inArrayOfSlices(n int) int {
	x := plain4(n) // want [4]byte
	a := [...][]byte{x, x}
	a[0] = append(a[0], 3)
	a[0][0] = 9
	a[1] = append(a[1], 4)
	return int(x[0])*10 + int(a[0][4])
}

//go:noinline
func inLoopOverIt(n int) (sum int) {
	x := plain4(n) // want [4]byte
	for i, v := range x {
		x = append(x, v)
		if i < 3 {
			x[i+1] = 7
		}
		sum = 10*sum + int(v)
	}
	return sum
}

//go:noinline
func behindItsEnd(n int) (r string) {
	defer func() { r = fmt.Sprint(recover()) }()
	x := plain4(n) // want [4]byte
	return string(x[:n])
}

// The same of copies, whose room is up to the runtime.

//go:noinline
func conversionAlias(x string) int {
	s := []byte(x) // keep its capacity
	t := s
	u := append(t, 'x')
	u[0] = 'z'
	return int(s[0])
}

//go:noinline
func conversionPushed(x string) int {
	s := []byte(x) // keep its capacity
	return pushes(s)
}

//go:noinline
func conversionBehindItsEnd(x string) int {
	s := []byte(x) // keep its capacity
	s[0] = 1
	return len(s[:len(s)+3])
}

//go:noinline
func conversionShortened(x string) (sum int) {
	s := []byte(x) // want stackalloc.Call
	for len(s) > 1 {
		s[0]++
		sum += int(s[0])
		s = s[1:]
		s = s[:len(s)-1]
	}
	return sum + len(s[:len(s)])
}

//go:noinline
func cloneAlias(x []int) int {
	s := append([]int{}, x...) // keep it may be nil
	t := s
	u := append(t, 1)
	u[0] = 100
	return s[0]
}

//go:noinline
func roomSeenByCap(m int) int {
	s := []int{}
	for i := 0; i < m; i++ {
		s = append(s, i) // keep could be seen
	}
	return cap(s)
}

func loads(extra []int) []int { finished++; return append([]int{7, 8, 9}, extra...) }

// A call is no conversion.
//
//go:noinline
func beginsLoaded(m int) (sum int) {
	s := loads(nil)
	for i := 0; i < m; i++ {
		s = append(s, i)
	}
	for _, x := range s {
		sum += x
	}
	return sum
}

//go:noinline
func copiesLoaded(in []int) (sum int) {
	s := append(loads(nil), in...)
	for _, x := range s {
		sum += x
	}
	return sum
}

func init() {
	long := strings.Repeat("ü", 100)
	for _, f := range []struct {
		name string
		f    func(int) int
	}{
		{"ofSharing", ofSharing}, {"ofFull", ofFull}, {"ofPlain", ofPlain}, {"ofAlias", ofAlias}, {"inPushes", inPushes},
		{"inCapOf", inCapOf}, {"inAny", inAny}, {"inHolder", inHolder}, {"inArrayOfSlices", inArrayOfSlices}, {"inLoopOverIt", inLoopOverIt},
		{"beginsLoaded", beginsLoaded}, {"roomSeenByCap", roomSeenByCap},
	} {
		add(f.name, func() any { return fmt.Sprint(f.f(100), f.f(3)) })
	}
	add("behindItsEnd", func() any { return behindItsEnd(100) })
	add("conversionAlias", func() any { return conversionAlias(long) })
	add("conversionPushed", func() any { return conversionPushed(long[:100]) })
	add("conversionBehindItsEnd", func() any { return conversionBehindItsEnd(long[:101]) })
	add("conversionShortened", func() any { return conversionShortened(long) })
	add("cloneAlias", func() any { return cloneAlias(make([]int, 9)) })
	add("copiesLoaded", func() any { return copiesLoaded([]int{1, 2, 3}) })
	add("finished", func() any { return finished })
}
