package main

type indexOnSome int

type rowOnSome struct{ n int32 }

func numberOnSome(m int) int16 { return int16(m) }

var numberVarOnSome int

func pairOnSome(m int) (int, error) { return int(m), nil }

const ofTypeOnSome int = 3

func seesOnSome(s []int) int {
	if s == nil {
		return -1
	}
	return len(s)
}

func onSome(n int) []byte { return []byte{byte(n)} }
