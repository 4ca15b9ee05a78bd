//go:build !race && !stackalloc_debug

package arena

const guarded = false

type guard struct{}

func (*guard) enter(op) {}
func (*guard) leave()   {}
