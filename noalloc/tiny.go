package noalloc

import (
	"runtime"
	"runtime/metrics"
	"sync/atomic"
	"unsafe"
)

// The runtime packs objects of less than 16 bytes without pointers into blocks
// of 16 bytes, one current block for each P, and only the object that opens a
// block is recorded in the profile. Two things keep such objects from slipping
// through: ReadMemStats makes every P give up its block when a window opens,
// and just before f, and whenever a part that does not count ends, this P's
// block is filled up, so that the next tiny object has to open a new one.

const tinyBlock = 16

// filled counts the tiny objects that fillTiny put into blocks already open,
// since they show in the runtime's own count.
var filled atomic.Int64

// newTiny allocates one byte on the heap.
//
//go:noinline
func newTiny() *byte { return new(byte) }

// fillTiny uses up this P's current tiny block. It gives the number of blocks it
// had to open and of objects it put into open ones. It cannot exclude that the
// goroutine moves to another P in the middle; that is no worse than not filling.
func fillTiny() (opened, joined int64) {
	if raceEnabled {
		return 0, 0
	}
	for range 2 * tinyBlock {
		off := uintptr(unsafe.Pointer(newTiny())) % tinyBlock
		if off == 0 {
			opened++
		} else {
			joined++
		}
		if off == tinyBlock-1 {
			break
		}
	}
	filled.Add(joined)
	return opened, joined
}

// sharedTiny gives the number of tiny objects allocated between two readings,
// in the whole process, that went into blocks already open and so have no
// record. Mallocs counts them and BySize does not; but objects too large for
// BySize make the same difference, so they are told apart by their bytes, and
// where both kinds came up by the runtime's own count of tiny objects, which is
// read a moment after the world has started again and therefore not exact.
func sharedTiny(before, after *runtime.MemStats, counted int64) (n int64, exact bool) {
	rest := int64(after.Mallocs - before.Mallocs)
	large := int64(after.TotalAlloc - before.TotalAlloc)
	for i := range after.BySize {
		n := int64(after.BySize[i].Mallocs - before.BySize[i].Mallocs)
		rest -= n
		large -= n * int64(after.BySize[i].Size)
	}
	if large <= 0 {
		return rest, true
	}
	least := rest - large/int64(after.BySize[len(after.BySize)-1].Size)
	return max(0, least, min(counted, rest-1)), false
}

// readTiny reads the runtime's count of tiny objects put into open blocks.
func readTiny(s []metrics.Sample) int64 {
	metrics.Read(s)
	if s[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return int64(s[0].Value.Uint64())
}

func tinySample() []metrics.Sample {
	return []metrics.Sample{{Name: "/gc/heap/tiny/allocs:objects"}}
}
