// Package progress shows how far a long command is, on a terminal only.
package progress

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// Bar is one line that is written over. Its methods do nothing when it has no
// terminal. They are safe for concurrent use.
type Bar struct {
	w     io.Writer
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
	width = 78
)

// New returns a bar that writes to w if it is a terminal.
func New(w io.Writer) *Bar {
	b := &Bar{start: time.Now(), stop: make(chan struct{})}
	f, ok := w.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" {
		return b
	}
	if st, err := f.Stat(); err != nil || st.Mode()&os.ModeCharDevice == 0 || st.Name() == os.DevNull {
		return b
	}
	b.w = w
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
	text := fmt.Sprintf("%s, %ds", b.phase, int(time.Since(b.start).Seconds()))
	if b.total > 0 {
		const cells = 20
		full := b.n * cells / b.total
		text = fmt.Sprintf("%s [%s%s] %d/%d %s", b.phase, strings.Repeat("#", full), strings.Repeat(".", cells-full), b.n, b.total, b.name)
	}
	if r := []rune(text); len(r) > width {
		text = string(r[:width])
	}
	fmt.Fprintf(b.w, "\r\x1b[K%s", text)
	b.wrote = true
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
