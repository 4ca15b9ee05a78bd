//go:build (amd64 || arm64) && gc && !purego && !stackalloc_cgo

package stackalloc

import "unsafe"

// startRungs fills the tables, with the rungs of the register ABI or with those
// of ABI0.
func startRungs(byRegisters bool) {
	byRegisters = byRegisters && findRungs()
	abi0 = !byRegisters
	for i := range largestRung + 1 {
		rungs[i], zeroRungs[i], fillRungs[i] = byABI0, zeroByABI0, noFillRung
		if byRegisters {
			at := max(i-smallestRung, 0)
			rungs[i], zeroRungs[i] = rungAt[rung](at), rungAt[rung](at+ladderSteps)
			fillRungs[i] = rungAt[fillRung](2*ladderSteps + len(pointerRungs)*pointerSteps + at)
		}
	}
	for words := range pointerRungs {
		for i := range largestPointerRung + 1 {
			pointerRungs[words][i] = noRung
			if byRegisters {
				at := max(i-smallestPointerRung, 0)
				pointerRungs[words][i] = rungAt[rung](2*ladderSteps + words*pointerSteps + at)
			}
		}
	}
}

// rungEntries has the word that each function value of a rung points to: where its code
// is entered.
var rungEntries [3*ladderSteps + len(pointerRungs)*pointerSteps]uintptr

// findRungs fills rungEntries, and reports whether every rung said where it is entered.
func findRungs() bool {
	for i := range rungEntries {
		rungEntries[i] = rungEntry(i)
		if rungEntries[i] == 0 || fault == "entry" {
			return false
		}
	}
	return true
}

// rungAt returns the i-th of them.
func rungAt[R rung | fillRung](i int) R {
	entry := &rungEntries[i]
	return *(*R)(unsafe.Pointer(&entry))
}

const (
	ladderSteps  = largestRung - smallestRung + 1
	pointerSteps = largestPointerRung - smallestPointerRung + 1
)

// byABI0 and zeroByABI0 must not move the stack on the way: they have addresses of what
// is on it, of which only the frames of the ladder make pointers.
//
//go:nosplit
//go:norace
func byABI0(probe uintptr, n int, f, size uintptr) bool {
	return enter(probe, n, f, size, false)
}

//go:nosplit
//go:norace
func zeroByABI0(probe uintptr, n int, f, size uintptr) bool {
	return enter(probe, n, f, size, true)
}

// invoke calls f with s. The assembly reaches it by ABI0, the documented way
// from assembly to Go, where the register ABI was not tested.
func invoke(f func(s []byte), s []byte) { f(s) }
