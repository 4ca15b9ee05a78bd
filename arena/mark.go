package arena

import (
	"fmt"
	"sync/atomic"
)

// A Mark is a position in one arena, taken by Mark and given to Rewind. It is
// a small value without pointers that may be copied and compared. The zero
// Mark belongs to no arena.
type Mark struct {
	life uint64 // of which arena, between which Resets
	gen  uint64 // cuts made before the mark was taken
	at   uintptr
}

var lives atomic.Uint64

// marks tells which marks of an arena are still good. A mark is stale when a
// Rewind went back to a position before it since it was taken, even if the
// arena has been filled again up to there: it would now cut a block in two.
type marks struct {
	life uint64 // 0 as long as no mark was taken since the last Reset
	gen  uint64
	last uintptr // highest position of a mark that is not stale

	// Rewinds that made marks stale, oldest first, positions rising: a later cut at or
	// below an earlier one takes its place. A Rewind to the last mark taken
	// makes no cut, so there are as many as marks nest, or more when the arena is
	// filled on between them. The first few need no memory of their own, and
	// the rest is behind a pointer so that an append here does not look to the
	// compiler like a leak of what else is in the arena.
	n    int
	few  [4]cut
	more *[]cut
}

type cut struct {
	gen uint64
	at  uintptr
}

func (m *marks) take(at uintptr) Mark {
	if m.life == 0 {
		m.life = lives.Add(1)
	}
	m.last = at
	return Mark{m.life, m.gen, at}
}

// rewind checks that k can be rewound to when the arena is used up to used, and
// makes the marks after k stale.
func (m *marks) rewind(k Mark, used uintptr) {
	switch {
	case k.life == 0 || k.life != m.life:
		panic("arena: Rewind: the mark is of another arena, or from before a Reset or Close of this one")
	case k.at > used:
		panic(fmt.Sprintf("arena: Rewind: the mark lies ahead, at %d where %d are in use: an earlier Rewind went back past it", k.at, used))
	case m.stale(k):
		panic(fmt.Sprintf("arena: Rewind: the mark, at %d, is stale: an earlier Rewind went back past it", k.at))
	}
	if m.last <= k.at {
		return
	}
	m.gen++
	for m.n > 0 && m.cut(m.n-1).at >= k.at {
		m.n--
	}
	m.push(cut{m.gen, k.at})
	m.last = k.at
}

func (m *marks) stale(k Mark) bool {
	// The first cut after the mark has the lowest position of all after it.
	lo, hi := 0, m.n
	for lo < hi {
		if mid := (lo + hi) / 2; m.cut(mid).gen > k.gen {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return lo < m.n && m.cut(lo).at < k.at
}

func (m *marks) cut(i int) cut {
	if i < len(m.few) {
		return m.few[i]
	}
	return (*m.more)[i-len(m.few)]
}

func (m *marks) push(c cut) {
	i := m.n
	m.n++
	if i < len(m.few) {
		m.few[i] = c
		return
	}
	if m.more == nil {
		m.more = new([]cut)
	}
	*m.more = append((*m.more)[:i-len(m.few)], c)
}

// forget makes all marks stale.
func (m *marks) forget() {
	m.life, m.last, m.n = 0, 0, 0
}
