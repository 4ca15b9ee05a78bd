package alloc

// Op is what a [Proxy] reports.
type Op uint8

// The operations of an allocator.
const (
	OpAlloc Op = iota
	OpFree
	OpResize
)

func (op Op) String() string {
	if names := [...]string{"alloc", "free", "resize"}; int(op) < len(names) {
		return names[op]
	}
	return "unknown"
}

// Event is one operation of an allocator behind a [Proxy].
type Event struct {
	Op    Op
	Size  int    // bytes asked for, or given back
	Align int    // of OpAlloc and OpResize: the alignment asked for
	Old   int    // of OpResize: bytes before
	Block []byte // the block allocated, resized, or about to be freed; nil after a failure
	Err   error  // why Alloc or Resize failed, or nil
}

// Logger is told what an allocator behind a [Proxy] does. Log must not keep the
// block. It may use other allocators, but not the Proxy that calls it.
type Logger interface {
	Log(e Event)
}

// LoggerFunc makes a [Logger] of a function.
type LoggerFunc func(e Event)

// Log calls f.
func (f LoggerFunc) Log(e Event) { f(e) }

// Proxy passes every operation on and tells a [Logger]: of a success after it, of
// a failure after it with the error, of a Free before it, so that the block can
// still be looked at.
//
// It costs what the Logger costs, and a few nanoseconds. It is not safe for
// concurrent use.
type Proxy struct {
	layer
	log Logger
}

// NewProxy returns a Proxy to a that reports to l. A nil l reports to nobody. It
// panics if a is nil.
func NewProxy(a Allocator, l Logger) *Proxy {
	return &Proxy{layer{asNode("NewProxy", a)}, l}
}

// Alloc passes on and logs.
func (p *Proxy) Alloc(size, align int) ([]byte, error) { return tryAlloc(p, size, align) }

// Free logs and passes on.
func (p *Proxy) Free(b []byte) {
	if p.log != nil {
		p.log.Log(Event{Op: OpFree, Size: len(b), Block: b})
	}
	p.to.Free(b)
}

// Resize passes on and logs. Where the allocator behind is no [Resizer], the
// block moves.
func (p *Proxy) Resize(b []byte, size int) ([]byte, error) { return tryResize(p, b, size) }

func (p *Proxy) node() node { return p }

func (p *Proxy) try(size, align int) ([]byte, error) {
	b, err := p.to.try(size, align)
	if p.log != nil {
		e := Event{Op: OpAlloc, Size: size, Align: align, Block: b}
		if err != nil {
			err = p.to.explain(err, size, align)
			e.Err = err
		}
		p.log.Log(e)
	}
	return b, err
}

func (p *Proxy) resize(b []byte, size, align int) ([]byte, error) {
	old := len(b)
	b, err := p.to.resize(b, size, align)
	if p.log != nil {
		e := Event{Op: OpResize, Size: size, Align: align, Old: old, Block: b}
		if err != nil {
			err = p.to.explain(err, size, align)
			e.Err = err
		}
		p.log.Log(e)
	}
	return b, err
}
