// Package progress shows how far a long command is, on a terminal only.
package progress

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

// Bar is one line that is written over. Its methods do nothing when it has no
// terminal. They are safe for concurrent use.
type Bar struct {
	w     io.Writer
	fd    int // of the terminal
	mu    sync.Mutex
	phase string
	n     int
	total int
	name  string
	wrote bool
	start time.Time
	stop  chan struct{}
}

const (
	delay = 500 * time.Millisecond // before the first line: short runs show none
	every = 100 * time.Millisecond
	width = 80 // where the terminal does not tell
)

// New returns a bar that writes to w if it is a terminal.
func New(w io.Writer) *Bar {
	b := &Bar{start: time.Now(), stop: make(chan struct{})}
	f, ok := w.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" {
		return b
	}
	if !term.IsTerminal(int(f.Fd())) {
		return b
	}
	b.w, b.fd = w, int(f.Fd())
	go func() {
		t := time.NewTicker(every)
		defer t.Stop()
		for {
			select {
			case <-b.stop:
				return
			case <-t.C:
				b.draw()
			}
		}
	}()
	return b
}

// Phase starts a part of the work.
func (b *Bar) Phase(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.phase, b.n, b.total, b.name = name, 0, 0, ""
}

// Step counts one of total things done in this phase.
func (b *Bar) Step(name string, total int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.n++
	b.total, b.name = max(total, b.n), name
}

func (b *Bar) draw() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.phase == "" || time.Since(b.start) < delay {
		return
	}
	// Asked for each time: the window may have changed.
	columns, _, err := term.GetSize(b.fd)
	if err != nil || columns <= 0 {
		columns = width
	}
	text := b.text(columns - 1) // in the last column some terminals wrap
	fmt.Fprintf(b.w, "\r\x1b[K%s", text)
	b.wrote = true
}

// text is the line, in at most so many columns.
func (b *Bar) text(columns int) string {
	count, rest := fmt.Sprintf(", %ds", int(time.Since(b.start).Seconds())), ""
	if b.total > 0 {
		count, rest = fmt.Sprintf(" %d/%d", b.n, b.total), " "+b.name
		const cells = 20
		if len(b.phase)+len(count)+cells+3 <= columns {
			full := b.n * cells / b.total
			count = fmt.Sprintf(" [%s%s]%s", strings.Repeat("#", full), strings.Repeat(".", cells-full), count)
		}
	}
	text := []rune(b.phase + count + rest)
	return string(text[:min(len(text), max(columns, 0))])
}

// Done removes the line.
func (b *Bar) Done() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.w == nil || b.phase == "done" {
		return
	}
	close(b.stop)
	if b.wrote {
		fmt.Fprint(b.w, "\r\x1b[K")
	}
	b.phase, b.w = "", nil
}
