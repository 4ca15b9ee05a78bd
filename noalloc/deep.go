package noalloc

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"os"
	"runtime"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
)

// A record of runtime.MemProfile holds the 32 frames next to the leaf. The
// runtime itself keeps 128 of them (GODEBUG=profstackdepth=n changes that) and
// gives them out only in the profile "allocs" of runtime/pprof. Writing that
// takes milliseconds, so it is read only when records that are full have
// appeared and the number of objects allocated leaves room for some of them in
// the run.
//
// Both list the same records in the same order, new ones first, and no record
// ever goes away. So counted from the end a record keeps its place, the long
// form has to be read only once for each, and all numbers are the records' own.
// The frames alone would not do to tell which is which: the long form leaves
// out the runtime's functions next to the leaf, and with them the difference
// between an object of the run and one that the runtime allocated for itself
// at the same line.

// depthKept is the number of frames beyond which a stack may be cut off. The
// profile leaves out the runtime's functions next to the leaf, which are never
// more than eight.
var depthKept = func() int {
	kept := 128
	for _, kv := range strings.Split(os.Getenv("GODEBUG"), ",") {
		if v, ok := strings.CutPrefix(kv, "profstackdepth="); ok {
			if n, err := strconv.Atoi(v); err == nil && n > 0 {
				kept = n
			}
		}
	}
	return kept - 8
}()

// readDeep looks up the long form of all records that have grown and were not
// looked up before, and hands out what they hold. profile.Mutex is held, and
// has been since the last read.
func (p *profileState) readDeep() {
	if !p.long {
		return
	}
	p.long = false
	var buf bytes.Buffer
	arming.Lock() // pprof reads the rate
	err := pprof.Lookup("allocs").WriteTo(&buf, 0)
	arming.Unlock()
	if err == nil {
		err = p.lookUp(&buf)
	}
	if err != nil {
		// A form of the profile that is not known here: from now on all that
		// stays unexplained may be too deep.
		p.undecoded = true
	}
}

func (p *profileState) lookUp(r io.Reader) error {
	long, err := p.decode(r)
	if err != nil {
		return err
	}
	p.turn++
	var touched []*stack
	// Also after an error: what is known shall not be handed out later.
	defer func() { p.hand(touched) }()
	for i := range p.taken {
		r := &p.taken[i]
		place := len(p.taken) - i
		old := p.deep[place]
		if !full(r) || r.AllocObjects == 0 || old != nil && !old.part {
			continue
		}
		st, err := p.lengthen(r, long, place)
		if err != nil {
			return err
		}
		if old != nil {
			st.known, st.live = old.known, old.live
		}
		p.deep[place] = st
		touched = p.add(touched, st, r)
	}
	return nil
}

// fullStack gives the stack of a full record, or nil if it has to be looked up
// first.
//
// The record's own frames serve if the number of a window is among them and no
// other window can be around that one.
func (p *profileState) fullStack(r *runtime.MemProfileRecord, place int) *stack {
	st := p.deep[place]
	if st != nil && st.leaf != r.Stack0 {
		p.undecoded, p.long = true, false
		return nil
	}
	if st == nil && r.AllocObjects > 0 && p.single {
		st = newStack(p.callsOf(r))
		if len(st.owners) > 0 {
			st.part, st.leaf, st.root, st.coro = true, r.Stack0, "", false
			p.deep[place] = st
		} else {
			st = nil
		}
	}
	grown := r.AllocObjects > 0
	if st != nil {
		grown = r.AllocObjects > st.known.objects
	}
	if st == nil || st.part && grown && !p.single {
		p.long = p.long || grown && !p.undecoded
		return nil
	}
	return st
}

// full says that a record has no room for more frames.
func full(r *runtime.MemProfileRecord) bool { return r.Stack0[len(r.Stack0)-1] != 0 }

// lengthen makes a stack of a full record and of its long form, the one at the
// same place from the end.
func (p *profileState) lengthen(r *runtime.MemProfileRecord, long *longForm, place int) (*stack, error) {
	if place > len(long.samples) {
		return nil, errProfile
	}
	s, err := long.sample(len(long.samples) - place)
	if err != nil {
		return nil, err
	}
	if s.size != r.AllocBytes/r.AllocObjects {
		return nil, errOrder
	}
	calls := p.callsOf(r)
	if last := len(calls) - 1; calls[last].frame.Func == "runtime.goexit" {
		calls = calls[:last] // the long form leaves that out, too
	}
	hidden := 0
	for hidden < len(calls) && !begins(s.calls, calls[hidden:]) {
		hidden++
	}
	if hidden == len(calls) && !allHidden(calls) {
		return nil, errOrder
	}
	st := newStack(append(calls[:hidden:hidden], s.calls...))
	st.cut = len(s.calls) >= depthKept && st.root != "testing.tRunner" && !strings.HasPrefix(st.root, "runtime.")
	st.leaf = r.Stack0
	return st, nil
}

func begins(calls, with []*call) bool {
	return len(calls) >= len(with) && slices.Equal(calls[:len(with)], with)
}

// allHidden says whether the long form may leave out all of the calls.
func allHidden(calls []*call) bool {
	for _, c := range calls {
		if f := c.frame.Func; !strings.HasPrefix(f, "runtime.") && !strings.HasPrefix(f, "internal/runtime/") {
			return false
		}
	}
	return true
}

// A profiledFunction has the numbers of strings, a profiledLine that of a function.
type (
	profiledFunction struct{ name, file uint64 }
	profiledLine     struct{ function, line uint64 }
)

// function decodes the field as a function and its number.
func (d *decoder) function() (id uint64, f profiledFunction) {
	for m := d.message(); m.next(); {
		switch m.tag {
		case 1:
			id = m.value
		case 2:
			f.name = m.value
		case 4:
			f.file = m.value
		}
	}
	return id, f
}

// location decodes the field as a place in machine code, with the lines of what was
// inlined there.
func (d *decoder) location() (id uint64, lines []profiledLine) {
	for m := d.message(); m.next(); {
		switch m.tag {
		case 1:
			id = m.value
		case 4:
			var l profiledLine
			for n := m.message(); n.next(); {
				switch n.tag {
				case 1:
					l.function = n.value
				case 2:
					l.line = n.value
				}
			}
			lines = append(lines, l)
		}
	}
	return id, lines
}

// A longForm is a profile in pprof's format.
type longForm struct {
	samples [][]byte           // in the order of the records
	calls   map[uint64][]*call // by the number of the location
}

// A longSample is one record in its long form.
type longSample struct {
	calls []*call // without the runtime's functions next to the leaf
	size  int64   // of each object
}

// decode reads a profile in pprof's format, as far as needed here:
// https://github.com/google/pprof/blob/main/proto/profile.proto
func (p *profileState) decode(r io.Reader) (*longForm, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(z)
	if err != nil {
		return nil, err
	}
	const (
		profileSample, profileLocation, profileFunction, profileString = 2, 4, 5, 6
	)
	var (
		table     []string
		functions = make(map[uint64]profiledFunction)
		locations = make(map[uint64][]profiledLine)
		raw       [][]byte
	)
	d := decoder{data: data}
	for d.next() {
		switch d.tag {
		case profileSample:
			raw = append(raw, d.bytes)
		case profileString:
			table = append(table, string(d.bytes))
		case profileFunction:
			id, f := d.function()
			functions[id] = f
		case profileLocation:
			id, lines := d.location()
			locations[id] = lines
		}
	}
	if d.bad {
		return nil, errProfile
	}

	calls := make(map[uint64][]*call, len(locations))
	for id, lines := range locations {
		for _, l := range lines {
			f := functions[l.function]
			if f.name >= uint64(len(table)) || f.file >= uint64(len(table)) {
				return nil, errProfile
			}
			calls[id] = append(calls[id], p.callOf(Frame{Func: withoutTypes(table[f.name]), File: table[f.file], Line: int(l.line)}))
		}
	}
	return &longForm{samples: raw, calls: calls}, nil
}

// sample decodes one record.
func (l *longForm) sample(i int) (s longSample, err error) {
	var where []uint64
	d := decoder{data: l.samples[i]}
	for d.next() {
		switch d.tag {
		case 1:
			where = d.numbers(where)
		case 3:
			// The only label of this profile is "bytes".
			for m := d.message(); m.next(); {
				if m.tag == 3 {
					s.size = int64(m.value)
				}
			}
		}
	}
	if d.bad {
		return longSample{}, errProfile
	}
	for _, id := range where {
		s.calls = append(s.calls, l.calls[id]...)
	}
	return s, nil
}

// withoutTypes gives a function's name as runtime.Frame has it: with "..." for
// type arguments, which the long form spells out.
func withoutTypes(name string) string {
	i, j := strings.IndexByte(name, '['), strings.LastIndexByte(name, ']')
	if i < 0 || j < i {
		return name
	}
	return name[:i] + "[...]" + name[j+1:]
}

// A decoder goes through the fields of a protocol buffer message.
type decoder struct {
	data  []byte
	tag   uint64
	value uint64 // of a number
	bytes []byte // of anything with a length, else nil
	bad   bool
}

func (d *decoder) next() bool {
	if d.bad || len(d.data) == 0 {
		return false
	}
	key := d.number()
	d.tag, d.bytes = key>>3, nil
	switch key & 7 {
	case 0:
		d.value = d.number()
	case 2:
		n := d.number()
		if n > uint64(len(d.data)) {
			d.bad = true
			return false
		}
		d.bytes, d.data = d.data[:n:n], d.data[n:]
	default: // the profile has no fields of fixed size
		d.bad = true
	}
	return !d.bad
}

func (d *decoder) number() uint64 {
	v, n := binary.Uvarint(d.data)
	if n <= 0 {
		d.bad, d.data = true, nil
		return 0
	}
	d.data = d.data[n:]
	return v
}

// message goes into the field as a message of its own.
func (d *decoder) message() *decoder { return &decoder{data: d.bytes} }

// numbers appends a repeated number, packed or not.
func (d *decoder) numbers(to []uint64) []uint64 {
	if d.bytes == nil {
		return append(to, d.value)
	}
	m := decoder{data: d.bytes}
	for len(m.data) > 0 {
		to = append(to, m.number())
	}
	d.bad = d.bad || m.bad
	return to
}
