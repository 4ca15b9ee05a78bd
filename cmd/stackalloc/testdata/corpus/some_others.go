//go:build !386

package main

func seesOnSome(s []int) int {
	n := 0
	for range s {
		n++
	}
	return n
}

func frameOnSome386() string { return "none" }

func onSome(n int) []byte {
	defer enough()
	x := make([]byte, 3)
	x[0] = byte(n)
	return x
}
