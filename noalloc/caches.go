package noalloc

import "strings"

// What the runtime allocates for itself happens to whatever goroutine comes by,
// once in the life of the process or whenever a cache of its own is empty. Whether
// it does depends on what the process did before, not on the code under test, and
// each of these is bounded, so it counts in Report.Runtime.
//
// The list was made from the machine code of Go 1.25, 1.26 and 1.27: all functions
// of the runtime that call the allocator, less those that allocate what their
// caller asked for, those that only ever run on a scheduler's stack (whose records
// do not lead to f) and those that run before main. TestRuntimeAllocatorsAreKnown
// names the ones that a later version adds.

// caches has the functions that allocate nothing else than such memory, be it by
// functions that they call.
var caches = map[string]bool{
	// Records of blocked goroutines and of deferred calls, kept by each P.
	"runtime.acquireSudog": true,
	"runtime.releaseSudog": true,
	"runtime.newdefer":     true,
	"runtime.popDefer":     true,

	// The timer that a goroutine sleeps with, and a P's heap of timers.
	"time.Sleep":                true,
	"runtime.(*timers).addHeap": true,

	// Tables behind conversions to interfaces.
	"runtime.itabAdd":                   true,
	"runtime.typeAssert":                true,
	"runtime.buildTypeAssertCache":      true,
	"runtime.interfaceSwitch":           true,
	"runtime.buildInterfaceSwitchCache": true,

	// Workers and threads: of the first collection and after GOMAXPROCS was
	// raised, for LockOSThread, and for goroutines that became ready.
	"runtime.gcBgMarkStartWorkers":     true,
	"runtime.startTemplateThread":      true,
	"runtime.newm":                     true,
	"runtime.allocm":                   true,
	"runtime.malg":                     true,
	"runtime.allgadd":                  true,
	"runtime.(*cleanupQueue).createGs": true,

	// Made by the first that asks: lists of types for reflection, names of
	// metrics, settings of GODEBUG.
	"runtime.moduleTypelinks":                   true,
	"runtime.initMetrics":                       true,
	"runtime.(*godebugInc).IncNonDefault":       true,
	"internal/godebug.(*Setting).Value":         true,
	"internal/godebug.(*Setting).IncNonDefault": true,
	"reflect.funcLayout":                        true,
	"reflect.(*rtype).ptrTo":                    true,

	// Made on first use, and guarded by an atomic where a sync.Once would do: the
	// generator behind the functions of math/rand, and the timer that tells of a
	// system without random data.
	"math/rand.globalRand":         true,
	"crypto/internal/sysrand.Read": true,

	// States of the kernel's generator, one for each thread that asks.
	"runtime.vgetrandomGetState": true,

	// The lists in which a sync.Pool keeps what it is given, for each P and
	// anew after each collection. What its New makes counts.
	"sync.(*Pool).pinSlow":       true,
	"sync.(*poolChain).pushHead": true,
}

// cachesNew has functions that allocate such memory by new and other memory
// otherwise.
var cachesNew = map[string]bool{
	"runtime.(*Pinner).Pin": true, // a P's spare record of pinned objects
}

// onceOnly says whether the frames of a stack, from the leaf, are those of a
// standard library function that a sync.Once of the standard library runs.
func onceOnly(c *call, callers []*call) bool {
	if c.frame.Func != "sync.(*Once).doSlow" {
		return false
	}
	for _, c := range callers {
		if !strings.HasPrefix(c.frame.Func, "sync.") {
			return c.kind == kindStd
		}
	}
	return false
}
