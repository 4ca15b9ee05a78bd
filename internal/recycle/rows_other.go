//go:build !(amd64 || arm64) || !gc || go1.28 || race || purego

package recycle

import "unsafe"

// Rows says whether threads keep blocks at hand in this build. The race detector
// does not see what orders the uses of a block within a thread, and assumptions
// about the runtime are only made of versions that were tested.
const Rows = false

func get(size uintptr) *Block               { return getSlow(size) }
func getZero(size uintptr) *Block           { return getZeroSlow(size) }
func put(h *head)                           { putSlow(h) }
func take(line, key uintptr) unsafe.Pointer { return nil }
func claimRow()                             {}
