package alloc

import "sync"

// Locked makes an allocator safe for concurrent use by a mutex around every
// operation. The allocators behind it must not be used in any other way while
// it is, except through [Locked.Do].
//
// An uncontended operation costs two atomic ones.
type Locked struct {
	mu sync.Mutex
	to node
}

// NewLocked returns a Locked around a. It panics if a is nil.
func NewLocked(a Allocator) *Locked { return &Locked{to: asNode("NewLocked", a)} }

// Do calls f while the lock is held, for what goes beyond one operation: reading
// a [Stats] behind the lock, a scope. f must use the allocators behind the lock
// and not the Locked itself, which would wait for ever.
func (l *Locked) Do(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f()
}

// Alloc passes on under the lock.
func (l *Locked) Alloc(size, align int) ([]byte, error) { return tryAlloc(l, size, align) }

// Free passes on under the lock.
func (l *Locked) Free(b []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.to.Free(b)
}

// Owns passes on under the lock.
func (l *Locked) Owns(b []byte) bool { return l.who(b) == yes }

// Resize passes on under the lock. Where the allocator behind is no [Resizer],
// the block moves.
func (l *Locked) Resize(b []byte, size int) ([]byte, error) { return tryResize(l, b, size) }

func (l *Locked) node() node { return l }

func (l *Locked) parts(f func(node)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f(l.to)
}

func (l *Locked) try(size, align int) ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.to.try(size, align)
}

func (l *Locked) resize(b []byte, size, align int) ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.to.resize(b, size, align)
}

func (l *Locked) explain(err error, size, align int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.to.explain(err, size, align)
}

func (l *Locked) who(b []byte) answer {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.to.who(b)
}

func (l *Locked) tells() bool { return l.to.tells() }

func (l *Locked) aligned(b []byte) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.to.aligned(b)
}

func (l *Locked) span() (from, to uintptr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.to.span()
}
