package alloc

// layer is what allocators around one other have in common.
type layer struct{ to node }

// Owns passes on.
func (l *layer) Owns(b []byte) bool { return l.to.who(b) == yes }

func (l *layer) explain(err error, size, align int) error { return l.to.explain(err, size, align) }
func (l *layer) who(b []byte) answer                      { return l.to.who(b) }
func (l *layer) tells() bool                              { return l.to.tells() }
func (l *layer) aligned(b []byte) int                     { return l.to.aligned(b) }
func (l *layer) parts(f func(node))                       { f(l.to) }
func (l *layer) span() (from, to uintptr)                 { return l.to.span() }
