package noalloc

import (
	"runtime/metrics"
	"sync/atomic"
	"unsafe"
)

// The runtime packs objects of less than 16 bytes without pointers into blocks
// of 16 bytes, one current block for each P, and only the object that opens a
// block is recorded in the profile. Two things keep such objects from slipping
// through: a window starts with all blocks given up (ReadMemStats does that),
// and whenever a part that does not count ends, its block is filled up, so that
// the next tiny object has to open a new one.

const tinyBlock = 16

// filled counts the tiny objects that fillTiny put into blocks already open,
// since they show in the runtime's own count.
var filled atomic.Int64

// newTiny allocates one byte on the heap.
//
//go:noinline
func newTiny() *byte { return new(byte) }

// fillTiny uses up this P's current tiny block. It cannot exclude that the
// goroutine moves to another P in the middle; that is no worse than not filling.
func fillTiny() {
	if raceEnabled {
		return
	}
	for i := 0; i < 2*tinyBlock; i++ {
		off := uintptr(unsafe.Pointer(newTiny())) % tinyBlock
		if off != 0 {
			filled.Add(1)
		}
		if off == tinyBlock-1 {
			return
		}
	}
}

// tinyState is a reading of the runtime's count of tiny objects.
type tinyState struct {
	count  int64 // objects put into blocks already open, in the whole process
	filled int64 // how many of them fillTiny made
}

// readTiny takes a reading. The runtime counts the objects of a block when it
// gives the block up, so the reading is exact right after ReadMemStats.
func readTiny(s []metrics.Sample) tinyState {
	metrics.Read(s)
	if s[0].Value.Kind() != metrics.KindUint64 {
		return tinyState{}
	}
	return tinyState{count: int64(s[0].Value.Uint64()), filled: filled.Load()}
}

func tinySample() []metrics.Sample {
	return []metrics.Sample{{Name: "/gc/heap/tiny/allocs:objects"}}
}
