package cli

import (
	"errors"
	"io"
	"os"
	"os/signal"
	"sync/atomic"
)

// errUnread is why a command ends that prints into a pipe to head.
var errUnread = errors.New("nobody reads the output any more")

// Output is a standard output that may be closed early. The runtime ends a process
// that writes to a closed pipe, and with it what a command has still to remove. While
// Run is at work it ends the command in its place, as a signal does.
type Output struct {
	io.Writer
	unread atomic.Bool
	lost   atomic.Pointer[func()] // called where nobody reads any more
}

// NewOutput returns an output that is w.
func NewOutput(w io.Writer) *Output { return &Output{Writer: w} }

func (o *Output) Write(p []byte) (int, error) {
	n, err := o.Writer.Write(p)
	if err != nil && unread(err) {
		o.unread.Store(true)
		if f := o.lost.Load(); f != nil {
			(*f)()
		}
	}
	return n, err
}

// watch calls lost in place of what the runtime does, until stop is called.
func (o *Output) watch(lost func()) (stop func()) {
	noted := make(chan os.Signal, 1) // never looked at: the failed write says the same
	for _, s := range closing {
		if !signal.Ignored(s) {
			signal.Notify(noted, s)
		}
	}
	o.lost.Store(&lost)
	return func() {
		o.lost.Store(nil)
		signal.Stop(noted)
	}
}
