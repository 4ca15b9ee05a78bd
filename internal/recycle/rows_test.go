//go:build (amd64 || arm64) && gc && !go1.28 && !race && !purego

package recycle

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// onThread runs f in a goroutine that stays on one thread, which has a row r.
func onThread(t *testing.T, f func(r *row)) {
	t.Helper()
	for range 100 {
		done := make(chan bool)
		go func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			r := ownRow()
			if r != nil {
				f(r)
			}
			done <- r != nil
		}()
		if <-done {
			return
		}
		runtime.GC() // frees the rows of dead threads
		time.Sleep(time.Millisecond)
	}
	t.Fatal("no thread finds a row")
}

// ownRow returns the row of the calling thread: the only one that a put changes.
func ownRow() *row {
	h := &head{line: 20 * lineSize, limit: lineLen, pool: new(sync.Pool)}
	for range 100 {
		claimRow()
		for take(h.line, 0) != nil {
		}
		put(h)
		for i := range rows {
			if rows[i].lines[19].blocks[0] == unsafe.Pointer(h) {
				take(h.line, 0)
				return &rows[i]
			}
		}
	}
	return nil
}

func TestRowsAreOn(t *testing.T) {
	start.Do(makeRows)
	require.NotZero(t, atomic.LoadUintptr(&front), "an assumption about the runtime does not hold")
}

func TestObjectsAbove32KiBStartAPage(t *testing.T) {
	start.Do(makeRows)
	require.Greater(t, uint64(len(rows))*uint64(rowSize), uint64(32<<10))
	require.Zero(t, uintptr(unsafe.Pointer(&rows[0]))%(groupLen*rowSize))
}

func TestRowAndLineSizesAreThoseOfTheAssembly(t *testing.T) {
	require.EqualValues(t, rowSize, unsafe.Sizeof(row{}))
	require.EqualValues(t, 1<<rowShift, rowSize)
	require.EqualValues(t, 64, lineSize)
	require.EqualValues(t, 1, class(0))
	require.EqualValues(t, typedLine-1, class(rowMax))
	require.Zero(t, unsafe.Offsetof(row{}.owner))
}

func TestThreadHasARowAndGetsItsLastBlockBack(t *testing.T) {
	const rounds = 100
	onThread(t, func(*row) {
		same := 0
		for range rounds { // again where a collection came in between
			same = 0
			for range 100 {
				a := Get(5000)
				Put(a)
				b := Get(5000)
				if a == b {
					same++
				}
				Put(b)
			}
			if same >= 90 {
				return
			}
			time.Sleep(time.Millisecond)
		}
		t.Errorf("in the last of %d rounds %d of 100 blocks came back", rounds, same)
	})
}

func TestTheMIsInTheGoroutineDescriptor(t *testing.T) {
	var mu sync.Mutex
	owners := map[uintptr]bool{}
	var all, wg sync.WaitGroup
	all.Add(3)
	for range 3 {
		wg.Go(func() {
			onThread(t, func(r *row) {
				if got := claim(); got == claimUnknown {
					t.Error("g.m.g0.m is not g.m")
				}
				all.Done()
				all.Wait() // three threads at a time
				owner := atomic.LoadUintptr(&r.owner) &^ flagged
				for owner == 0 || owner == busy { // the row was freed meanwhile
					if r = ownRow(); r != nil {
						owner = atomic.LoadUintptr(&r.owner) &^ flagged
					}
				}
				mu.Lock()
				defer mu.Unlock()
				if owner%4 != 0 || owners[owner] {
					t.Errorf("owner %#x: not aligned, or that of two threads", owner)
				}
				owners[owner] = true
			})
		})
	}
	wg.Wait()
	require.NotEmpty(t, owners)
}

// While the collector marks, rows must rest.
func TestTheWriteBarrierFlagIsWhereItIsExpected(t *testing.T) {
	type node struct{ next *node }
	var list *node
	for range 1 << 20 {
		list = &node{list}
	}
	rested, worked := 0, 0
	for start := time.Now(); (rested == 0 || worked == 0) && time.Since(start) < time.Minute; {
		onThread(t, func(r *row) {
			h := &head{line: 20 * lineSize, limit: lineLen, pool: new(sync.Pool)}
			owner := atomic.LoadUintptr(&r.owner)
			marked := make(chan bool)
			go func() {
				runtime.GC()
				close(marked)
			}()
			for {
				// A row that neither gives nor takes, and is this thread's, rests.
				put(h)
				if take(h.line, 0) != nil {
					worked++
				} else if atomic.LoadUintptr(&r.owner) == owner {
					rested++
				}
				select {
				case <-marked:
					return
				default:
				}
			}
		})
	}
	runtime.KeepAlive(list)
	require.NotZero(t, rested, "rows were used at all times")
	require.NotZero(t, worked, "rows were never used")
}

func TestRowOfADeadThreadIsFreed(t *testing.T) {
	var r *row
	onThread(t, func(own *row) {
		runtime.LockOSThread() // once more: the thread ends with the goroutine
		r = own
		Put(Get(60000))
	})
	owner := atomic.LoadUintptr(&r.owner) &^ flagged
	require.Eventually(t, func() bool {
		runtime.GC()
		return atomic.LoadUintptr(&r.owner)&^flagged != owner
	}, time.Minute, time.Millisecond)
}

func TestActiveThreadGivesItsUnusedBlocksAway(t *testing.T) {
	onThread(t, func(*row) {
		freed := make(chan bool, 1)
		func() {
			b := Get(200 << 10)
			runtime.SetFinalizer(b, func(*Block) { freed <- true })
			Put(b)
		}()
		for range 1000 {
			for range 100 {
				Put(Get(100))
			}
			runtime.GC()
			select {
			case <-freed:
				return
			case <-time.After(time.Millisecond):
			}
		}
		t.Error("an unused block stays at hand")
	})
}

func TestFullAndForeignLinesFallBackToThePools(t *testing.T) {
	onThread(t, func(r *row) {
		var all []*Block
		for range 2 * lineLen {
			all = append(all, Get(3000))
		}
		for _, b := range all {
			Put(b)
		}
		c := class(3000)
		if n := r.lines[c-1].count; n > keep(classSize(c)) {
			t.Errorf("%d blocks in a line", n)
		}
		word := uintptr(1 << 20)
		k1, at := place(word, 3)
		k2, at2 := place(word+32*typedLines, 3)
		if at != at2 || k1 == k2 {
			t.Error("these share no line")
		}
		for take(at, anyKey) != nil {
		}
		pool := new(sync.Pool)
		a, b := &head{line: at, limit: lineLen, key: k1, pool: pool}, &head{line: at, limit: lineLen, key: k2, pool: pool}
		put(a)
		put(b)
		if got := take(at, k2); got != nil {
			t.Error("a block of another type")
		}
		if got := (*head)(take(at, k1)); got != a && got != nil {
			t.Error("another block")
		}
		put(b) // the empty line changes its key
		if got := (*head)(take(at, k1)); got != nil {
			t.Error("a block of another type")
		}
		if got := (*head)(take(at, k2)); got != b && got != nil {
			t.Error("another block")
		}
	})
}
