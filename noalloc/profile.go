package noalloc

import (
	"errors"
	"runtime"
	"slices"
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
	deep     map[string]*stack   // those that fill a record, in their long form
	whole    map[string][]*stack // those that nearly do, by their key in deep
	long     bool                // stacks that fill a record have grown since readDeep
	pcs      map[uintptr]*call
	calls    map[Frame]*call
	turn     uint64

	// longCached holds what the runtime put into its caches under stacks that
	// fill a record, by the frames that the long form has of them, too.
	longCached map[*stack]tally
	undecoded  bool // the long form could not be read

	dirty struct {
		sync.Mutex
		ids []int
	}
}

var errProfile = errors.New("noalloc: the profile of runtime/pprof has an unknown form")

// begun counts reads begun; see readSince.
var begun atomic.Uint64

// A stack is one call chain that has allocated, with its last known numbers.
type stack struct {
	calls  []*call // from the leaf
	owners []owner
	judged verdict
	root   string // function that the goroutine was started with, "" if cut off
	long   bool   // fills a record, so it may be cut off: look at the long form
	deep   bool   // taken in its long form
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
		p.whole = make(map[string][]*stack)
		p.pcs = make(map[uintptr]*call)
		p.calls = make(map[Frame]*call)
		p.longCached = make(map[*stack]tally)
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
			pcs := r.Stack()
			calls := make([]*call, len(pcs))
			for i, pc := range pcs {
				calls[i] = p.callAt(pc)
			}
			st = newStack(calls)
			st.long = len(calls) == len(r.Stack0)
			p.stacks[r.Stack0] = st
			if v := visible(calls); !st.long && len(v) >= longEnough {
				key := string(appendKey(nil, v))
				p.whole[key] = append(p.whole[key], st)
			}
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
		if len(p.longCached) > 0 && st.deep && len(st.owners) > 0 {
			part := p.cachedPart(st, delta)
			delta = tally{delta.objects - part.objects, delta.bytes - part.bytes}
			p.give(st.asCached(), part)
		}
		if st.long {
			p.long = true
			if st.judged == cached {
				t := p.longCached[st]
				p.longCached[st] = tally{t.objects + delta.objects, t.bytes + delta.bytes}
			}
			continue
		}
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

// asCached is the same stack, for what went into caches of the runtime.
func (st *stack) asCached() *stack {
	twin := &stack{calls: st.calls, root: st.root, judged: cached}
	for _, o := range st.owners {
		o.verdict = cached
		twin.owners = append(twin.owners, o)
	}
	return twin
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
		if !judged {
			switch c.kind {
			case kindCache:
				v, judged = cached, true
			case kindOwn:
				v, judged = machine, true
			case kindStd:
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
		c.id = uint32(len(p.calls))
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

// cachedPart says how much of what was added to a stack in its long form went
// into caches of the runtime. The long form does not show that, since it leaves
// out the functions that tell; the record does.
func (p *profileState) cachedPart(st *stack, delta tally) (part tally) {
	for short, t := range p.longCached {
		calls := visible(short.calls)
		if len(calls) == 0 || len(calls) > len(st.calls) || !slices.Equal(calls, st.calls[:len(calls)]) {
			continue
		}
		n := min(t.objects, delta.objects-part.objects)
		b := min(t.bytes, delta.bytes-part.bytes)
		part = tally{part.objects + n, part.bytes + b}
		p.longCached[short] = tally{t.objects - n, t.bytes - b}
	}
	return part
}
