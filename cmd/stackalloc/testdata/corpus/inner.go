package main

import (
	"errors"
	"fmt"
)

// Blocks inside of a function that always leave it.

var innerSeen int

//go:noinline
func innerVoid(n int) {
	for i := range 3 {
		if i == n%4 {
			b := make([]int, n) // want stackalloc.Do
			for j := range b {
				b[j] = i + j
				if b[j] == 7 {
					innerSeen += 1000
					return
				}
			}
			innerSeen += len(b)
			return
		}
	}
	innerSeen = -1
}

//go:noinline
func innerTwo(n int) (int, error) {
	if n > 3 {
		b := make([]byte, n) // want stackalloc.Call2
		b[0] = byte(n)
		if b[0] == 17 {
			return 0, errors.New("17")
		}
		return int(b[0]), nil
	}
	return n, nil
}

//go:noinline
func innerThree(n int) (int, string, error) {
	if n > 3 {
		b := make([]byte, n) // want stackalloc.Scope
		b[0] = byte(n)
		if b[0] == 17 {
			return 0, "", errors.New("17")
		}
		return int(b[0]), string(b[:1]), nil
	}
	return n, "", nil
}

// Its result is used in the block alone.
//
//go:noinline
func innerNamed(n int) (sum int) {
	for i := range 4 {
		if i == n%5 {
			b := make([]int, n) // want stackalloc.Call
			for j := range b {
				b[j] = j
				sum += b[j] * i
			}
			if sum == 0 {
				return len(b)
			}
			return
		}
	}
	return
}

//go:noinline
func innerNamedBefore(n int) (sum int) {
	for i := range 4 {
		sum += 100
		if i == n%5 {
			b := make([]int, n) // want stackalloc.Scope
			for j := range b {
				b[j] = j
				sum += b[j] * i
			}
			if sum%2 == 0 {
				return
			}
			return sum + len(b)
		}
	}
	return
}

//go:noinline
func innerNamedDefer(n int) (sum int, err error) {
	defer func() {
		if recover() != nil {
			sum, err = sum+1, errors.New("panicked")
		}
	}()
	if n != 2 {
		b := make([]int, n) // want stackalloc.Scope
		sum = 10
		b[3] = n
		return b[3], nil
	}
	return 5, nil
}

//go:noinline
func innerDefer(n int) int {
	defer enough()
	if n != 2 {
		b := make([]int, n) // want stackalloc.Call
		b[3] = n
		for i := range b {
			if b[i] > 40 {
				return i
			}
		}
		return b[3]
	}
	return 5
}

//go:noinline
func innerOuter(n int) (out string) {
	count := 1
	tell := func(a, b uint8) string { return fmt.Sprint(count, out) }
	if n > 2 {
		b := make([]int, n) // want stackalloc.Call
		for i := range b {
			count++
			b[i] = count
		}
		if n > 20 {
			return tell(1, 2)
		}
		return tell(1, 2) + fmt.Sprint(b[n-1])
	}
	return tell(1, 2)
}

//go:noinline
func innerInterface(n int) error {
	if n > 2 {
		b := make([]int, n) // want stackalloc.Call
		b[0] = n
		var failed *groupError
		if b[0] > 20 {
			return failed
		}
		return nil
	}
	return errors.New("few")
}

// The block has a type of the name that the result has.
//
//go:noinline
func innerHidden(n int) int {
	if n > 2 {
		type int = string
		b := make([]byte, n) // want stackalloc.Scope
		b[0] = 'x'
		if n > 20 {
			return len(int(b))
		}
		return n
	}
	return 1
}

func init() {
	for _, n := range []int{0, 1, 2, 3, 4, 5, 8, 16, 17, 31, 33, 100} {
		add(fmt.Sprint("innerVoid", n), func() any { innerSeen = 0; innerVoid(n); return innerSeen })
		add(fmt.Sprint("innerTwo", n), func() any { a, b := innerTwo(n); return fmt.Sprint(a, b) })
		add(fmt.Sprint("innerThree", n), func() any { a, b, c := innerThree(n); return fmt.Sprint(a, b, c) })
		add(fmt.Sprint("innerNamed", n), func() any { return innerNamed(n) })
		add(fmt.Sprint("innerNamedBefore", n), func() any { return innerNamedBefore(n) })
		add(fmt.Sprint("innerNamedDefer", n), func() any { a, b := innerNamedDefer(n); return fmt.Sprint(a, b) })
		add(fmt.Sprint("innerDefer", n), func() any { return innerDefer(n) })
		add(fmt.Sprint("innerOuter", n), func() any { return innerOuter(n) })
		add(fmt.Sprint("innerInterface", n), func() any { return innerInterface(n) == nil })
		add(fmt.Sprint("innerHidden", n), func() any { return innerHidden(n) })
	}
}
