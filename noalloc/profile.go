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
	single   bool                       // at the last read one window could be meant
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
	coro   bool   // of a coroutine, such as the body of iter.Pull; root is its iterator
	cut    bool   // cut off even in the long form
	part   bool   // the record's frames only, which show the innermost window

	leaf [32]uintptr // of a full record, its frames

	known, now tally // allocated
	live, left tally // and not freed: at the last read, and in this one
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

	collectGarbage()

	n, ok := runtime.MemProfile(p.records, true)
	for !ok {
		p.records = make([]runtime.MemProfileRecord, n+n/4+64)
		n, ok = runtime.MemProfile(p.records, true)
	}
	p.taken = p.records[:n]
	p.turn++
	p.single = len(ids) == 0 && windows() <= 1
	var touched []*stack
	for i := range p.taken {
		r := &p.taken[i]
		var st *stack
		if full(r) {
			if st = p.fullStack(r, len(p.taken)-i); st == nil {
				continue
			}
		} else if st = p.stacks[r.Stack0]; st == nil {
			st = newStack(p.callsOf(r))
			p.stacks[r.Stack0] = st
		}
		touched = p.add(touched, st, r)
	}
	p.hand(touched)

	if len(ids) > 0 {
		// Whoever gets these numbers next shall not be handed what is left.
		p.readDeep()
		arming.Lock()
		for _, id := range ids {
			if id != noID {
				arming.free = append(arming.free, id)
			}
		}
		arming.Unlock()
	}
}

// collectGarbage runs a garbage collection, after which the records of what was
// allocated before are visible.
//
// runtime.GC waits for others in a loop that gives up the processor. While a
// goroutine is locked to its thread that means sleeping, else spinning. On a busy
// machine the spinning uses up the time that the system would give to the
// thread waited for: 7 ms for a collection that takes 0.14 ms otherwise.
func collectGarbage() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	runtime.GC()
}

// add sums up records of the same stack: there is one for each size.
func (p *profileState) add(touched []*stack, st *stack, r *runtime.MemProfileRecord) []*stack {
	if st.turn != p.turn {
		st.turn = p.turn
		st.now, st.left = tally{}, tally{}
		touched = append(touched, st)
	}
	st.now.add(tally{r.AllocObjects, r.AllocBytes})
	st.left.add(tally{r.InUseObjects(), r.InUseBytes()})
	return touched
}

// hand gives what was added to each stack to the open windows that own it.
func (p *profileState) hand(touched []*stack) {
	arming.Lock()
	defer arming.Unlock()
	for _, st := range touched {
		p.give(st, st.now.less(st.known))
		st.known, st.live = st.now, st.left
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
		if st.cut || st.coro || w.started(st) {
			w.take(st, delta)
		}
	}
}

func (w *window) take(st *stack, delta tally) {
	f := w.found[st]
	if f == nil {
		f = &find{before: st.live}
		w.found[st] = f
	}
	f.made.add(delta)
}

// A find is what a stack allocated in a window.
type find struct {
	made   tally
	before tally // what it had not freed of what it allocated before
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
			case kindStd, kindLibrary, kindInside:
				if onceOnly(c, calls[i+1:]) || cachesNew[c.frame.Func] && (i == 0 || calls[i-1].frame.Func == "runtime.newobject") {
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
	if v == counts && anyAllowed && !anyForbidden {
		v = exempt
	}
	st.judged = v
	st.root, st.coro = rootOf(calls)
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
// a scheduler stack. A coroutine is started with a function of the runtime and
// one of the package that offers it; what it was made for comes next.
func rootOf(calls []*call) (root string, coroutine bool) {
	n := len(calls)
	if n > 0 && calls[n-1].frame.Func == "runtime.goexit" {
		n--
	}
	if n == 0 {
		return "runtime.", false
	}
	root = calls[n-1].frame.Func
	if root != "runtime.corostart" {
		return root, false
	}
	for n--; n > 0; n-- {
		if root = calls[n-1].frame.Func; !offersCoroutines(root) {
			break
		}
	}
	return root, true
}

func offersCoroutines(function string) bool {
	return strings.HasPrefix(function, "iter.") || strings.HasPrefix(function, "runtime.")
}

// chain gives the frames of a stack that a reader wants to see: not those of
// this package, of the library's inside, of the ends of a goroutine or of the
// allocator's own two outermost functions.
func chain(calls []*call) []Frame {
	var frames []Frame
	for _, c := range calls {
		switch c.kind {
		case kindUser, kindStd, kindCache, kindLibrary:
		default:
			continue
		}
		f := c.frame.Func
		if f == "runtime.goexit" || f == "runtime.corostart" ||
			len(frames) == 0 && (strings.HasPrefix(f, "runtime.mallocgc") || f == "runtime.newobject") {
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
