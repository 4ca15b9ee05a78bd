package noalloc

import (
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
)

// profile is the last known state of the runtime's memory profile.
//
// Every read takes all records, and what was added to each stack since the
// read before is handed to the windows whose numbers the stack carries. So a
// window needs no baseline of its own: everything recorded under its number
// before it opened was handed out, or dropped, by an earlier read.
var profile profileState

type profileState struct {
	sync.Mutex
	finished uint64 // reads done, guarded by the mutex
	records  []runtime.MemProfileRecord
	stacks   map[[32]uintptr]*stack
	deep     map[string]*stack // those that fill a record, in their long form
	long     bool              // stacks that fill a record have grown since readDeep
	pcs      map[uintptr]pcInfo
	turn     uint64

	dirty struct {
		sync.Mutex
		ids []int
	}
}

// begun counts reads begun; see readSince.
var begun atomic.Uint64

// A stack is one call chain that has allocated, with its last known numbers.
type stack struct {
	pcs    []uintptr
	owners []owner
	root   string // function that the goroutine was started with, "" if cut off
	long   bool   // fills a record, so it may be cut off: look at the long form
	cut    bool   // cut off even in the long form

	known, now tally
	turn       uint64
}

// An owner is a window that a stack's allocations happened in.
type owner struct {
	id      int
	verdict verdict
	below   int // frames above the window's number, from the leaf
}

type verdict uint8

const (
	counts  verdict = iota
	exempt          // under Allow
	cached          // the runtime filling a cache of its own
	machine         // this package's own doing
)

// readSince makes sure that everything allocated before the call has been
// handed out. Callers that come while another read is about to begin share it.
// It returns with profile.Mutex held.
func readSince() *profileState {
	need := begun.Load() + 1
	profile.Lock()
	if profile.finished < need {
		begun.Add(1)
		profile.read()
		profile.finished = begun.Load()
	}
	return &profile
}

// read publishes and takes the profile. profile.Mutex is held.
func (p *profileState) read() {
	if p.stacks == nil {
		p.stacks = make(map[[32]uintptr]*stack)
		p.deep = make(map[string]*stack)
		p.pcs = make(map[uintptr]pcInfo)
	}
	p.dirty.Lock()
	ids := p.dirty.ids
	p.dirty.ids = nil
	p.dirty.Unlock()

	// A record becomes visible when the collection after it is complete.
	runtime.GC()

	n, ok := runtime.MemProfile(p.records, true)
	for !ok {
		p.records = make([]runtime.MemProfileRecord, n+n/4+64)
		n, ok = runtime.MemProfile(p.records, true)
	}

	p.turn++
	var touched []*stack
	for i := range p.records[:n] {
		r := &p.records[i]
		st := p.stacks[r.Stack0]
		if st == nil {
			st = p.newStack(r.Stack())
			st.long = len(st.pcs) == len(r.Stack0)
			p.stacks[r.Stack0] = st
		}
		touched = p.add(touched, st, r.AllocObjects, r.AllocBytes)
	}
	p.hand(touched)

	if len(ids) > 0 {
		// Whoever gets these numbers next shall not be handed what is left.
		p.readDeep()
		arming.Lock()
		arming.free = append(arming.free, ids...)
		arming.Unlock()
	}
}

// add sums up records of the same stack: there is one for each size.
func (p *profileState) add(touched []*stack, st *stack, objects, bytes int64) []*stack {
	if st.turn != p.turn {
		st.turn = p.turn
		st.now = tally{}
		touched = append(touched, st)
	}
	st.now.objects += objects
	st.now.bytes += bytes
	return touched
}

// hand gives what was added to each stack to the open windows that own it.
func (p *profileState) hand(touched []*stack) {
	arming.Lock()
	defer arming.Unlock()
	for _, st := range touched {
		delta := tally{st.now.objects - st.known.objects, st.now.bytes - st.known.bytes}
		if delta == (tally{}) {
			continue
		}
		st.known = st.now
		if st.long {
			p.long = true
			continue
		}
		for _, o := range st.owners {
			if w := arming.open[o.id]; w != nil {
				w.take(st, delta)
			}
		}
		if len(st.owners) > 0 {
			continue
		}
		for _, w := range arming.open {
			if st.cut || w.started(st) {
				w.take(st, delta)
			}
		}
	}
}

func (w *window) take(st *stack, delta tally) {
	t := w.found[st]
	t.objects += delta.objects
	t.bytes += delta.bytes
	w.found[st] = t
}

// newStack works out whose allocations a stack's are.
func (p *profileState) newStack(pcs []uintptr) *stack {
	st := &stack{pcs: append([]uintptr(nil), pcs...)}
	var (
		v                        verdict
		judged, digits           bool
		anyAllowed, anyForbidden bool
		id, below                int
	)
	for i, pc := range st.pcs {
		info := p.info(pc)
		if !judged {
			switch info.kind {
			case kindCache:
				v, judged = cached, true
			case kindOwn:
				v, judged = machine, true
			case kindStd:
			default:
				judged = true
			}
		}
		switch info.kind {
		case kindAllowed:
			anyAllowed = true
		case kindForbidden:
			anyForbidden = true
		case kindDigit:
			if !digits {
				digits, id, below = true, 0, i
			}
			// From the leaf, the highest digit comes first.
			id = id<<3 | int(info.digit)
		case kindEnter:
			if digits {
				o := owner{id: id, verdict: v, below: below}
				if v == counts && anyAllowed && !anyForbidden {
					o.verdict = exempt
				}
				st.owners = append(st.owners, o)
				digits = false
			}
		}
	}
	st.root = p.rootOf(st.pcs)
	return st
}

func (p *profileState) info(pc uintptr) pcInfo {
	info, ok := p.pcs[pc]
	if !ok {
		info = classify(pc)
		p.pcs[pc] = info
	}
	return info
}

// rootOf names the function a goroutine was started with. A whole stack ends
// in runtime.goexit, or in one of the ways onto a scheduler stack.
func (p *profileState) rootOf(pcs []uintptr) string {
	n := len(pcs)
	if n < 2 {
		return "runtime."
	}
	switch last := p.info(pcs[n-1]).frame.Func; {
	case last == "runtime.goexit":
		return p.info(pcs[n-2]).frame.Func
	case strings.HasPrefix(last, "runtime."):
		return last
	}
	return ""
}

// chain gives the frames of a stack that are neither this package's nor the
// allocator's own two outermost functions.
func (p *profileState) chain(pcs []uintptr) []Frame {
	var chain []Frame
	for i, pc := range pcs {
		info := p.info(pc)
		switch info.kind {
		case kindUser, kindStd, kindCache:
		default:
			continue
		}
		f := info.frame.Func
		if len(chain) == 0 && i+1 < len(pcs) && (strings.HasPrefix(f, "runtime.mallocgc") || f == "runtime.newobject") {
			continue
		}
		chain = append(chain, info.frame)
	}
	return chain
}

// userFrame gives the frame nearest to the leaf that is not the standard library's.
func (p *profileState) userFrame(pcs []uintptr) Frame {
	for _, pc := range pcs {
		if info := p.info(pc); info.kind == kindUser {
			return info.frame
		}
	}
	if chain := p.chain(pcs); len(chain) > 0 {
		return chain[0]
	}
	return Frame{}
}
