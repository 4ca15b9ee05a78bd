package alloc

// poisonByte is what freed memory is overwritten with in the debug build: easy to
// see in a dump, an invalid bool, a large negative integer.
const poisonByte = 0xDB

func poison(b []byte) {
	for i := range b {
		b[i] = poisonByte
	}
}

// intact returns the index of the first byte that is not poison, or -1.
func intact(b []byte) int {
	for i, c := range b {
		if c != poisonByte {
			return i
		}
	}
	return -1
}
