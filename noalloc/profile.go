package noalloc

import (
	"errors"
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
	taken    []runtime.MemProfileRecord // the part of them that the last read filled
	stacks   map[[32]uintptr]*stack     // those that a record shows in full
	deep     map[int]*stack             // the others, by the record's place from the end
	long     bool                       // readDeep has something to look up
	pcs      map[uintptr]*call
	calls    map[Frame]*call
	turn     uint64

	undecoded bool // the long form could not be read

	dirty struct {
		sync.Mutex
		ids []int
	}
}

var (
	errProfile = errors.New("noalloc: the profile of runtime/pprof has an unknown form")
	errOrder   = errors.New("noalloc: the profile of runtime/pprof lists other records than runtime.MemProfile")
)

// begun counts reads begun; see readSince.
var begun atomic.Uint64

// A stack is one call chain that has allocated, with its last known numbers.
type stack struct {
	calls  []*call // from the leaf
	owners []owner
	judged verdict
	root   string // function that the goroutine was started with, "" if cut off
	cut    bool   // cut off even in the long form

	leaf [32]uintptr // of a stack in its long form, the record's frames

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
		p.deep = make(map[int]*stack)
		p.pcs = make(map[uintptr]*call)
		p.calls = make(map[Frame]*call)
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
	p.taken = p.records[:n]
	p.turn++
	var touched []*stack
	for i := range p.taken {
		r := &p.taken[i]
		var st *stack
		if full(r) {
			if st = p.deep[len(p.taken)-i]; st == nil {
				p.long = p.long || r.AllocObjects > 0 && !p.undecoded
				continue
			}
			if st.leaf != r.Stack0 {
				p.undecoded, p.long = true, false
				continue
			}
		} else if st = p.stacks[r.Stack0]; st == nil {
			st = newStack(p.callsOf(r))
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
		p.give(st, delta)
	}
}

// give hands delta to the windows that own a stack, or, where nobody does, to
// those that may. arming is held.
func (p *profileState) give(st *stack, delta tally) {
	if delta == (tally{}) {
		return
	}
	for _, o := range st.owners {
		if w := arming.open[o.id]; w != nil {
			w.take(st, delta)
		}
	}
	if len(st.owners) > 0 {
		return
	}
	for _, w := range arming.open {
		if st.cut || w.started(st) {
			w.take(st, delta)
		} else {
			w.others += delta.objects
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
func newStack(calls []*call) *stack {
	st := &stack{calls: calls}
	var (
		v                        verdict
		judged, digits           bool
		anyAllowed, anyForbidden bool
		id, below                int
	)
	for i, c := range calls {
		if c.kind == kindStock && len(st.owners) == 0 && !digits {
			v, judged = cached, true // whatever it called
		}
		if !judged {
			switch c.kind {
			case kindCache:
				v, judged = cached, true
			case kindOwn:
				v, judged = machine, true
			case kindStd:
				if onceOnly(c, calls[i+1:]) || cachesNew[c.frame.Func] && i > 0 && calls[i-1].frame.Func == "runtime.newobject" {
					v, judged = cached, true
				}
			default:
				judged = true
			}
		}
		switch c.kind {
		case kindAllowed:
			anyAllowed = true
		case kindForbidden:
			anyForbidden = true
		case kindDigit:
			if !digits {
				digits, id, below = true, 0, i
			}
			// From the leaf, the highest digit comes first.
			id = id<<3 | int(c.digit)
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
	st.judged = v
	st.root = rootOf(calls)
	return st
}

func (p *profileState) callsOf(r *runtime.MemProfileRecord) []*call {
	pcs := r.Stack()
	calls := make([]*call, len(pcs))
	for i, pc := range pcs {
		calls[i] = p.callAt(pc)
	}
	return calls
}

// callAt gives the call at a program counter of a record. Records have one
// program counter for each logical frame, inlined ones included, so each can be
// looked up by itself.
func (p *profileState) callAt(pc uintptr) *call {
	c := p.pcs[pc]
	if c == nil {
		frames := runtime.CallersFrames([]uintptr{pc})
		fr, _ := frames.Next()
		c = p.callOf(Frame{Func: fr.Function, File: fr.File, Line: fr.Line})
		p.pcs[pc] = c
	}
	return c
}

func (p *profileState) callOf(f Frame) *call {
	c := p.calls[f]
	if c == nil {
		c = classify(f)
		p.calls[f] = c
	}
	return c
}

// rootOf names the function a goroutine was started with. A whole stack ends
// in runtime.goexit, which the long form leaves out, or in one of the ways onto
// a scheduler stack.
func rootOf(calls []*call) string {
	n := len(calls)
	if n > 0 && calls[n-1].frame.Func == "runtime.goexit" {
		n--
	}
	if n == 0 {
		return "runtime."
	}
	return calls[n-1].frame.Func
}

// chain gives the frames of a stack that are neither this package's nor the
// allocator's own two outermost functions.
func chain(calls []*call) []Frame {
	var frames []Frame
	for _, c := range calls {
		switch c.kind {
		case kindUser, kindStd, kindCache:
		default:
			continue
		}
		f := c.frame.Func
		if f == "runtime.goexit" || len(frames) == 0 && (strings.HasPrefix(f, "runtime.mallocgc") || f == "runtime.newobject") {
			continue
		}
		frames = append(frames, c.frame)
	}
	return frames
}

// userFrame gives the frame nearest to the leaf that is not the standard library's.
func userFrame(calls []*call) Frame {
	for _, c := range calls {
		if c.kind == kindUser {
			return c.frame
		}
	}
	if frames := chain(calls); len(frames) > 0 {
		return frames[0]
	}
	return Frame{}
}
