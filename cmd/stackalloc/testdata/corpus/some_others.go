//go:build !386

package main

type indexOnSome uint8

type rowOnSome struct{ n uint8 }

func numberOnSome(m int) uint8 { return uint8(m) }

var numberVarOnSome uint8

func pairOnSome(m int) (uint8, error) { return uint8(m), nil }

const ofTypeOnSome uint8 = 3

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
