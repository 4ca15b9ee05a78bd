package noalloc

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"os"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
)

// A record of runtime.MemProfile holds the 32 frames next to the leaf. The
// runtime itself keeps 128 of them (GODEBUG=profstackdepth=n changes that) and
// gives them out only in the profile "allocs" of runtime/pprof. Writing that
// takes milliseconds, so it is read only when stacks that fill a record have
// grown and the number of objects allocated leaves room for some of them in
// the run.

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

// readDeep takes the long form of all stacks that fill a record, if any of them
// has grown, and hands out what was added. profile.Mutex is held.
func (p *profileState) readDeep() {
	if !p.long {
		return
	}
	p.long = false

	var buf bytes.Buffer
	// The numbers in the profile are scaled to estimates unless the rate is 1.
	var stats runtime.MemStats
	arming.Lock()
	raiseRate()
	arming.Unlock()
	err := pprof.Lookup("allocs").WriteTo(&buf, 0)
	arming.Lock()
	lowerRate(&stats)
	arming.Unlock()
	if err != nil {
		return // the buffer takes everything
	}
	samples, err := p.decode(&buf)
	if err != nil {
		// A form of the profile that is not known here: from now on all that
		// stays unexplained may be too deep.
		p.undecoded = true
		return
	}

	p.turn++
	var touched []*stack
	var key []byte
	for _, s := range samples {
		key = appendKey(key[:0], s.calls)
		st := p.deep[string(key)]
		if st == nil {
			st = newStack(append([]*call(nil), s.calls...))
			st.deep = true
			st.cut = len(st.calls) >= depthKept && st.root != "testing.tRunner" && !strings.HasPrefix(st.root, "runtime.")
			p.deep[string(key)] = st
		}
		first := st.turn != p.turn
		touched = p.add(touched, st, s.objects, s.bytes)
		if first {
			// What records show in full has been handed out already.
			for _, w := range p.whole[string(key)] {
				st.now.objects -= w.known.objects
				st.now.bytes -= w.known.bytes
			}
		}
	}
	p.hand(touched)
	clear(p.longCached)
}

// A deepSample is one record in its long form, without the runtime's functions
// next to the leaf.
type deepSample struct {
	calls          []*call
	objects, bytes int64
}

// visible leaves out what the long form leaves out of a stack: the runtime's
// functions next to the leaf, and the function that all goroutines start in.
func visible(calls []*call) []*call {
	for len(calls) > 0 && hidden(calls[0].frame.Func) {
		calls = calls[1:]
	}
	if n := len(calls); n > 0 && calls[n-1].frame.Func == "runtime.goexit" {
		calls = calls[:n-1]
	}
	return calls
}

func hidden(function string) bool {
	return strings.HasPrefix(function, "runtime.") || strings.HasPrefix(function, "internal/runtime/")
}

func appendKey(key []byte, calls []*call) []byte {
	for _, c := range calls {
		key = binary.LittleEndian.AppendUint32(key, c.id)
	}
	return key
}

// longEnough is how many frames are left, at the least, of a stack that fills
// a record when the runtime's functions next to the leaf are left out.
const longEnough = 32 - 9

// decode reads a profile in pprof's format, as far as needed here:
// https://github.com/google/pprof/blob/main/proto/profile.proto
func (p *profileState) decode(r io.Reader) ([]deepSample, error) {
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
	type function struct{ name, file uint64 }
	type line struct{ function, line uint64 }
	var (
		table     []string
		functions = make(map[uint64]function)
		locations = make(map[uint64][]line)
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
			var id uint64
			var f function
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
			functions[id] = f
		case profileLocation:
			var id uint64
			var lines []line
			for m := d.message(); m.next(); {
				switch m.tag {
				case 1:
					id = m.value
				case 4:
					var l line
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
			calls[id] = append(calls[id], p.callOf(Frame{Func: table[f.name], File: table[f.file], Line: int(l.line)}))
		}
	}
	var samples []deepSample
	var where, values []uint64
	for _, b := range raw {
		where, values = where[:0], values[:0]
		d := decoder{data: b}
		for d.next() {
			switch d.tag {
			case 1:
				where = d.numbers(where)
			case 2:
				values = d.numbers(values)
			}
		}
		if d.bad || len(values) < 2 {
			return nil, errProfile
		}
		var s deepSample
		for _, id := range where {
			s.calls = append(s.calls, calls[id]...)
		}
		if len(s.calls) >= longEnough {
			s.objects, s.bytes = int64(values[0]), int64(values[1])
			samples = append(samples, s)
		}
	}
	return samples, nil
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
