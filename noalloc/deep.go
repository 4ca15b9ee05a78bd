package noalloc

import (
	"bytes"
	"runtime/pprof"
	"strconv"
)

// A record of runtime.MemProfile holds the 32 frames next to the leaf. The
// runtime itself keeps 128 of them (more with GODEBUG=profstackdepth=n), and
// shows them in the text form of the profile "allocs", one line for each record:
//
//	1: 896 [3: 2688] @ 0x4a1b2c 0x4a1d33 …
//
// The text costs a microsecond or two for each frame of each record, so it is
// read only when stacks that fill a record have grown and the number of objects
// allocated leaves room for some of them in the run.

// depthKept is the number of frames the runtime keeps at least.
const depthKept = 128

// readDeep takes the long form of all stacks that fill a record, if any of them
// has grown, and hands out what was added. profile.Mutex is held.
func (p *profileState) readDeep() {
	if !p.long {
		return
	}
	p.long = false
	var text deepText
	// The writer never fails.
	_ = pprof.Lookup("allocs").WriteTo(&text, 1)
	var touched []*stack
	p.turn++
	text.each(func(objects, size int64, pcs []uintptr, key string) {
		if len(pcs) < 32 {
			return
		}
		st := p.deep[key]
		if st == nil {
			st = p.newStack(pcs)
			st.cut = len(pcs) >= depthKept && st.root == ""
			p.deep[key] = st
		}
		touched = p.add(touched, st, objects, size)
	})
	p.hand(touched)
}

// deepText keeps the lines of the text that hold records.
type deepText struct {
	line  []byte
	lines [][]byte
}

func (d *deepText) Write(b []byte) (int, error) {
	n := len(b)
	for len(b) > 0 {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			d.line = append(d.line, b...)
			break
		}
		d.line = append(d.line, b[:i]...)
		b = b[i+1:]
		if len(d.line) > 0 && d.line[0] != '#' && bytes.Contains(d.line, []byte("] @ 0x")) {
			d.lines = append(d.lines, append([]byte(nil), d.line...))
		}
		d.line = d.line[:0]
	}
	return n, nil
}

func (d *deepText) each(f func(objects, size int64, pcs []uintptr, key string)) {
	var pcs []uintptr
	for _, line := range d.lines {
		head, addrs, _ := bytes.Cut(line, []byte("] @ "))
		_, total, ok := bytes.Cut(head, []byte("["))
		if !ok {
			continue
		}
		n, size, ok := bytes.Cut(total, []byte(": "))
		if !ok {
			continue
		}
		objects, err1 := strconv.ParseInt(string(n), 10, 64)
		total64, err2 := strconv.ParseInt(string(size), 10, 64)
		if err1 != nil || err2 != nil {
			continue
		}
		pcs = pcs[:0]
		for _, a := range bytes.Fields(addrs) {
			pc, err := strconv.ParseUint(string(a), 0, 64)
			if err != nil {
				break
			}
			pcs = append(pcs, uintptr(pc))
		}
		f(objects, total64, pcs, string(addrs))
	}
}
