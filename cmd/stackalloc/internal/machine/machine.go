// Package machine reads the listings with which the Go compiler describes the
// machine code it made, and finds in them what became of the probes of the
// library's calls.
//
// The listing of -S gives the instructions, and the references between symbols, those from
// data too. What was inlined is in the object file, as far as the compiler is run by
// [RunTool]: the tree of inlined calls, with the lines of their positions. The listing of
// -d=pctab=pctoinline has the columns as well; it is the one of the two that takes long, so
// it is for packages in which the lines leave something open, and for where the compiler's
// files are not at hand.
package machine

import (
	"bufio"
	"bytes"
	"io"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/position"
)

// Flags are the compiler flags that print what Read reads, and LineFlags those for
// [RunTool]. Debug information has no part in it, and takes a tenth of the time.
const (
	Flags     = LineFlags + " " + tables
	LineFlags = "-S -dwarf=false"
)

// tables prints what was inlined, with columns.
const tables = "-d=pctab=pctoinline"

// Pos is a place in a source file.
type Pos = position.Pos

// Node is a call that was inlined.
type Node struct {
	Parent int // index of the node it was inlined into, or -1
	Func   string
	Call   Pos
	PC     int // before which it stands
}

// NamelessFrames reports whether the listing of an architecture does not name the
// variables in the frame: no probe on the stack is seen there. One on the heap is.
func NamelessFrames(goarch string) bool { return goarch == "wasm" }

// Kind is what an instruction tells.
type Kind uint8

const (
	// StackProbe takes the address of a probe on the stack.
	StackProbe Kind = iota
	// HeapProbe takes the address that all heap objects of size zero have.
	HeapProbe
	// Call calls, or jumps to, a function of the library.
	Call
	// Ref calls another function, or takes its address, in code that was inlined.
	Ref
	// Alloc calls the allocator.
	Alloc
)

// Event is an instruction that says something of a library call.
type Event struct {
	Kind Kind
	Node int    // index into Nodes, or -1
	PC   int    // offset in the function
	Func string // for Call: the function's name without the library's path; for Ref: its symbol
	File string // for Call and Alloc: where it is in the source
	Line int
}

// Func is a function with machine code.
type Func struct {
	Name   string
	Nodes  []Node
	Events []Event

	size int // where the listing of -S alone is read
}

// Unit is what the compiler printed for one package.
type Unit struct {
	ImportPath string `json:"-"` // as the go command prints it, " [p.test]" included
	Funcs      []*Func
	Refs       map[string][]string // who refers to a symbol, without debug information

	// Lines says that the places of inlined calls are lines. Unread says why nothing is known
	// of them: then the package is to be compiled with [Flags].
	Lines  bool   `json:",omitempty"`
	Unread string `json:",omitempty"`
}

// Reader reads listings for calls of one library.
type Reader struct {
	Library string            // import path
	Keep    func(string) bool // called with each unit's import path when its output starts, says whether to read it; may be nil
	unit    *Unit             // being read
	fn      *Func             // whose instructions are being read
	node    int               // of the last instruction
	funcs   map[string]*Func  // of unit, by name
	symbol  string            // whose relocations are being read, empty to skip
	tree    bool              // an inlining tree is being read
	seen    map[[2]string]bool
	alone   bool              // the listing of -S is alone
	texts   map[string]string // the symbols in its events, once each
	// the forms in which the library's symbols appear
	probe, prefix []byte
}

// Read reads everything the go command and the compilers print, and calls emit
// for each package that is complete.
func (r *Reader) Read(in io.Reader, emit func(*Unit)) error {
	r.probe = []byte(r.Library + ".probe")
	r.prefix = []byte(r.Library + ".")
	br := bufio.NewReaderSize(in, 1<<20)
	var long []byte
	for {
		line, err := br.ReadSlice('\n')
		if err == bufio.ErrBufferFull {
			long = append(long, line...)
			continue
		}
		if len(long) > 0 {
			line = append(long, line...)
			long = long[:0]
		}
		if len(line) > 0 {
			if bytes.HasPrefix(line, unitHead) && r.unit != nil {
				if err := r.readUnit(line); err != nil {
					return err
				}
			} else {
				r.line(bytes.TrimRight(line, "\r\n"), emit)
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	r.flush(emit)
	return nil
}

func (r *Reader) flush(emit func(*Unit)) {
	if r.unit != nil {
		emit(r.unit)
	}
	r.unit, r.fn, r.funcs, r.symbol, r.tree, r.seen, r.texts = nil, nil, nil, "", false, nil, nil
}

var (
	pctabHead = []byte("funcpctab ")
	pctabTail = []byte(" [valfunc=pctoinline]")
	treeHead  = []byte("-- inlining tree for ")
	relHead   = []byte("\trel ")
	instrHead = []byte("\t0x")

	runtimeHead = []byte("runtime.")
	zerobase    = []byte("runtime.zerobase")
	relative    = []byte(", R???1") // ends an instruction that reaches a symbol by a register, on android/386
	static      = []byte("(SB)")
)

func (r *Reader) line(l []byte, emit func(*Unit)) {
	if path, ok := bytes.CutPrefix(l, []byte("# ")); ok {
		r.flush(emit)
		r.unit = &Unit{ImportPath: string(path), Refs: map[string][]string{}}
		r.funcs = map[string]*Func{}
		r.seen, r.texts = map[[2]string]bool{}, map[string]string{}
		if r.Keep != nil && !r.Keep(r.unit.ImportPath) {
			r.unit = nil
		}
		return
	}
	if r.unit == nil || len(l) == 0 {
		return
	}
	switch {
	case bytes.HasPrefix(l, pctabHead) && bytes.HasSuffix(l, pctabTail):
		r.startFunc(string(l[len(pctabHead) : len(l)-len(pctabTail)]))
	case bytes.HasPrefix(l, treeHead):
		r.fn = r.funcs[string(bytes.TrimSuffix(l[len(treeHead):], []byte(":")))]
		r.tree = true
	case r.tree:
		if l[0] == '-' {
			r.tree, r.fn = false, nil
		} else {
			r.treeNode(string(l))
		}
	case l[0] == '\t':
		switch {
		case r.symbol == "":
		case bytes.HasPrefix(l, relHead):
			r.reference(l)
		case r.alone:
			r.coded(l)
		case bytes.HasPrefix(l, instrHead) && (bytes.Contains(l, r.prefix) || bytes.Contains(l, runtimeHead)):
			r.place(l)
		}
	case !r.alone && r.fn != nil && (l[0] == ' ' || isPC(l)):
		r.instruction(l)
	default:
		r.startSymbol(l)
	}
}

// isPC reports whether the line starts with a number in hexadecimal and a space,
// as instructions do beyond a megabyte of code.
func isPC(l []byte) bool {
	i := bytes.IndexByte(l, ' ')
	if i <= 0 || i > 16 {
		return false
	}
	for _, c := range l[:i] {
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'f') {
			return false
		}
	}
	return true
}

func (r *Reader) startFunc(name string) {
	r.fn = &Func{Name: name}
	r.node = -1
	r.symbol = ""
	r.tree = false
	r.funcs[name] = r.fn
	r.unit.Funcs = append(r.unit.Funcs, r.fn)
}

// instruction reads a line like
//
//	56      3 00086 (/dir/main.go:91)	LEAQ	lib.probe+48(SP), CX
//
// whose second column is the node, and is blank where it is that of the line
// before.
func (r *Reader) instruction(l []byte) {
	l = absolute(l)
	paren := bytes.IndexByte(l, '(')
	if paren < 0 {
		if bytes.HasSuffix(l, []byte(" done")) {
			r.fn = nil
		}
		return
	}
	f := bytes.Fields(l[:paren])
	if len(f) == 3 {
		n, err := strconv.Atoi(string(f[1]))
		if err != nil {
			return
		}
		r.node = n
	}
	if e, ok := r.event(l[paren:]); ok && (r.node >= 0 || e.Kind != Ref && e.Kind != Alloc) {
		e.Node = r.node
		e.PC, _ = strconv.Atoi(string(f[len(f)-1]))
		r.fn.Events = append(r.fn.Events, e)
	}
}

// event returns what an instruction tells, if it tells something.
func (r *Reader) event(l []byte) (e Event, ok bool) {
	if !bytes.Contains(l, static) && !bytes.Contains(l, r.probe) {
		return e, false // nearly all
	}
	switch {
	case r.stackProbe(l):
		e.Kind = StackProbe
	case bytes.Equal(symbol(l), zerobase):
		e.Kind = HeapProbe
	default:
		if e.Func = r.callee(l); e.Func != "" {
			e.Kind = Call
		} else if e.Func = reached(l); allocates(e.Func) {
			e.Kind = Alloc
		} else if e.Func != "" && !strings.HasPrefix(e.Func, "runtime.") {
			e.Kind = Ref
		} else {
			return e, false
		}
	}
	return e, true
}

// coded reads an instruction in the listing of -S that is alone. Its node is known when the
// object file is read.
func (r *Reader) coded(l []byte) {
	end := bytes.Index(l, []byte(")\t"))
	if r.fn == nil || end < 0 || !bytes.HasPrefix(l, instrHead) || bytes.HasPrefix(l[end:], []byte(")\tFUNCDATA")) {
		return // the last stands before code, and has the offset of that
	}
	e, ok := r.event(absolute(l[end:]))
	open := bytes.IndexByte(l, '(')
	if !ok || open < 0 || open > end {
		return
	}
	f := bytes.Fields(l[:open])
	if len(f) != 2 {
		return
	}
	e.PC, _ = strconv.Atoi(string(f[1]))
	if e.Kind == Call || e.Kind == Alloc {
		p, _ := position.Parse(string(l[open+1 : end]))
		e.File, e.Line = r.once(p.File), p.Line
	}
	e.Func = r.once(e.Func)
	r.fn.Events = append(r.fn.Events, e)
}

// once returns a string that is in memory once for all events.
func (r *Reader) once(s string) string {
	if known, ok := r.texts[s]; ok {
		return known
	}
	r.texts[s] = s
	return s
}

// absolute returns an instruction without what is particular to android/386.
func absolute(l []byte) []byte {
	l, ok := bytes.CutSuffix(l, relative)
	if !ok {
		return l
	}
	// NAME(CX) is what NAME(SB) is elsewhere.
	if i := bytes.LastIndexByte(l, '('); i >= 0 && i+3 < len(l) && l[i+3] == ')' && l[i+2] != 'P' {
		l = slices.Concat(l[:i], static, l[i+4:])
	}
	return l
}

// place reads an instruction in the listing of -S, like
//
//	0x0040 00064 (/dir/main.go:50)	CALL	lib.Do[go.shape.uint8](SB)
//
// whose position is the innermost one; the other listing has the outermost.
func (r *Reader) place(l []byte) {
	fn := r.funcs[r.symbol]
	open, end := bytes.IndexByte(l, '('), bytes.Index(l, []byte(")\t"))
	if fn == nil || open < 0 || end < open {
		return
	}
	f := bytes.Fields(l[:open])
	if len(f) != 2 {
		return
	}
	pc, err := strconv.Atoi(string(f[1]))
	if err != nil {
		return
	}
	// Events are in the order of their offsets.
	i := sort.Search(len(fn.Events), func(i int) bool { return fn.Events[i].PC >= pc })
	for ; i < len(fn.Events) && fn.Events[i].PC == pc; i++ {
		if e := &fn.Events[i]; e.Kind == Call || e.Kind == Alloc {
			p, _ := position.Parse(string(l[open+1 : end]))
			e.File, e.Line = p.File, p.Line
		}
	}
}

// stackProbe reports whether the instruction takes the address of a variable probe in
// the frame, by whatever register that is addressed. A probe on the heap has a variable
// &probe there at most; and what only loads or stores such a variable is about a parameter
// of that name, which the frame holds in builds without optimisation.
func (r *Reader) stackProbe(l []byte) bool {
	i := bytes.Index(l, r.probe)
	if i < 0 || !takesAddress(l[:i]) {
		return false
	}
	rest := l[i+len(r.probe):]
	if len(rest) == 0 || rest[0] != '+' && rest[0] != '-' && rest[0] != '(' {
		return false
	}
	j := bytes.IndexByte(rest, '(')
	return j >= 0 && !bytes.HasPrefix(rest[j:], []byte("(SB)"))
}

// takesAddress reports whether an instruction, cut off before its operand, takes that
// one's address.
func takesAddress(before []byte) bool {
	if bytes.HasSuffix(before, []byte("$")) {
		return true
	}
	operation := before[bytes.IndexByte(before, '\t')+1:]
	return bytes.HasPrefix(operation, []byte("LEA")) && bytes.HasSuffix(operation, []byte("\t"))
}

// callee returns the exported function of the library that the instruction
// refers to, with its type arguments, or "". References to function values and
// dictionaries are not those of calls.
func (r *Reader) callee(l []byte) string {
	tab := bytes.IndexByte(l, '\t')
	if tab < 0 {
		return ""
	}
	ops := l[tab:]
	i := bytes.Index(ops, r.prefix)
	if i < 0 || bytes.HasPrefix(ops, []byte("\tTEXT")) || bytes.HasPrefix(ops, []byte("\tFUNCDATA")) {
		return ""
	}
	name := ops[i+len(r.prefix):]
	end := bytes.LastIndex(name, []byte("(SB)"))
	if end <= 0 || name[0] < 'A' || name[0] > 'Z' || bytes.HasSuffix(name[:end], []byte("·f")) {
		return ""
	}
	// A literal in the function is named after it, with a dot.
	depth := 0
	for _, c := range unquoted(name[:end]) {
		switch {
		case c == '[':
			depth++
		case c == ']':
			depth--
		case c == '.' && depth == 0:
			return ""
		}
	}
	return string(name[:end])
}

// reached returns the function that an instruction refers to, or "".
func reached(l []byte) string {
	if !bytes.HasSuffix(bytes.TrimRight(l, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789, "), []byte("(SB)")) {
		return ""
	}
	name := bytes.TrimSuffix(symbol(l), []byte("·f"))
	for _, skip := range []string{"type:", "go:"} {
		if bytes.HasPrefix(name, []byte(skip)) {
			return ""
		}
	}
	return string(name)
}

// symbol returns the name before the last (SB) of an instruction, which may stand after
// a register, as the function does in JAL X1, f(SB). Type arguments in it can have
// blanks and commas of their own. The tables by which some targets reach symbols are
// looked through.
func symbol(l []byte) []byte {
	text := unquoted(l)
	end := bytes.LastIndex(text, []byte("(SB)"))
	if end < 0 {
		return nil
	}
	from := end
	for depth := 0; from > 0; from-- {
		switch c := text[from-1]; {
		case c == ']':
			depth++
		case c == '[':
			depth--
		case depth == 0 && (c == '\t' || c == ' ' || c == ',' || c == '$'):
			return bytes.TrimSuffix(bytes.TrimPrefix(l[from:end], []byte("TOC.")), []byte("@GOT"))
		}
	}
	return nil
}

// unquoted returns l with nothing that could be taken for a part of a name where it has
// texts in quotes: the tags of fields of type arguments can have all characters.
func unquoted(l []byte) []byte {
	if bytes.IndexByte(l, '"') < 0 {
		return l
	}
	l = bytes.Clone(l)
	quoted := false
	for i := 0; i < len(l); i++ {
		switch {
		case l[i] == '"':
			quoted = !quoted
		case quoted && l[i] == '\\' && i+1 < len(l):
			l[i], l[i+1] = '_', '_'
			i++
		case quoted:
			l[i] = '_'
		}
	}
	return l
}

func allocates(f string) bool {
	return strings.HasPrefix(f, "runtime.makeslice") || strings.HasPrefix(f, "runtime.mallocgc") || f == "runtime.newobject"
}

// treeNode reads a line like
//
//	1 | 0 | lib.here (/dir/lib.go:67:6) pc=24
func (r *Reader) treeNode(l string) {
	if r.fn == nil {
		return
	}
	f := strings.SplitN(l, " | ", 3)
	if len(f) != 3 {
		return
	}
	parent, err := strconv.Atoi(f[1])
	pc := strings.LastIndex(f[2], ") pc=")
	if err != nil || pc < 0 {
		return
	}
	open := nameEnd(f[2][:pc])
	if open < 0 {
		return
	}
	at, _ := position.Parse(f[2][open+2 : pc])
	before, _ := strconv.Atoi(f[2][pc+len(") pc="):])
	r.fn.Nodes = append(r.fn.Nodes, Node{Parent: parent, Func: f[2][:open], Call: at, PC: before})
}

// nameEnd returns where the name of a function ends that a place in parentheses follows. Both
// may have blanks and parentheses of their own, the name in type arguments.
func nameEnd(l string) int {
	text := unquoted([]byte(l))
	depth := 0
	for i, c := range text {
		switch {
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			depth--
		case depth == 0 && c == ' ' && i+1 < len(text) && text[i+1] == '(':
			return i
		}
	}
	return -1
}

// startSymbol reads the head of a symbol in the listing of -S: its name, its
// kind and its size.
func (r *Reader) startSymbol(l []byte) {
	r.symbol, r.fn = "", nil
	size := bytes.LastIndex(l, []byte(" size="))
	if size < 0 {
		return
	}
	i := bytes.LastIndex(l[:size], []byte(" S"))
	if i < 0 || bytes.HasPrefix(l[i:], []byte(" SDWARF")) {
		return
	}
	r.symbol = string(l[:i])
	text, code := bytes.CutPrefix(l[i:], []byte(" STEXT"))
	if code && !r.alone && len(r.funcs) == 0 {
		r.unit.Unread = "the compiler was not run through stackalloc"
	}
	if code && r.alone {
		number, _, _ := strings.Cut(string(text[bytes.LastIndex(text, []byte(" size="))+len(" size="):]), " ")
		// A literal that was inlined wherever it is used has no code.
		if bytes, _ := strconv.Atoi(number); bytes > 0 {
			r.startFunc(r.symbol)
			r.symbol, r.fn.size = r.fn.Name, bytes
		}
	}
}

// reference reads a line like
//
//	rel 33+4 t=R_CALL main.f+0
func (r *Reader) reference(l []byte) {
	i := bytes.Index(l, []byte(" t="))
	plus := bytes.LastIndexByte(l, '+')
	if i < 0 || plus < i {
		return
	}
	j := bytes.IndexByte(l[i+1:], ' ')
	if j < 0 || i+1+j >= plus {
		return
	}
	to := l[i+2+j : plus]
	for _, skip := range []string{"type:", "runtime.", "go:", "gclocals"} {
		if bytes.HasPrefix(to, []byte(skip)) {
			return
		}
	}
	// An assembly reference may carry its addend before the sum's.
	key := [2]string{r.symbol, string(to)}
	if key[0] == key[1] || r.seen[key] {
		return
	}
	r.seen[key] = true
	r.unit.Refs[key[1]] = append(r.unit.Refs[key[1]], key[0])
}
