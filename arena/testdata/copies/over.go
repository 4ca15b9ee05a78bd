package copies

import "github.com/stackalloc/stackalloc/arena"

func over(buf []byte) int {
	a := arena.Over(buf)
	a.Alloc(1, 1)
	return a.Used()
}
