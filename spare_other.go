//go:build !((amd64 || arm64) && gc && !purego && !stackalloc_cgo)

package stackalloc

// There are no spare blocks without assembly.

func startSpares() {}

func stockSpares(size uintptr) {}

func spareUses() uint64 { return 0 }
