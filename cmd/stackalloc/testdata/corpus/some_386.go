package main

func seesOnSome(s []int) int {
	if s == nil {
		return -1
	}
	return len(s)
}

func onSome(n int) []byte { return []byte{byte(n)} }
