package machine

import (
	"bytes"
	"encoding/binary"
	"errors"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// The compiler's object file has the tree of inlined calls of each function, and which
// instruction is of which, as the runtime needs them for tracebacks: all that the listing of
// inlining tables tells but columns. The format belongs to the toolchain (its description is
// the comment in cmd/internal/goobj/objfile.go); its first bytes name it, and the same since
// Go 1.20. Where they are others, or anything in the file is not as it is described there,
// the listing is asked for.

// objectHead is the end of the text before the data of an object file, and how those begin.
const objectHead = "\n!\n\x00go120ld"

// The blocks of the file that are read, by their number.
const (
	blockPackages = 1
	blockFiles    = 2
	blockDefs     = 3 // and those of the three other kinds after it
	blockRefs     = 7
	blockAuxIndex = 12
	blockDataIdx  = 13
	blockAux      = 15
	blockData     = 16
	blocks        = 19
)

// The kinds of what belongs to a symbol that are read.
const (
	auxFuncInfo = 1
	auxInlining = 10
)

// The sizes of what the blocks are made of.
const (
	stringSize = 8
	defSize    = stringSize + 13
	auxSize    = 9
	nodeSize   = 24
)

// Packages of symbols that are in this file; others have small numbers.
const (
	ownSymbols  = 1<<31 - 5 // of the first block of definitions
	hashedLong  = 1<<31 - 3
	hashedShort = 1<<31 - 2
	withoutPkg  = 1<<31 - 1
)

var errObject = errors.New("the compiler's object file is not of the form that is known")

// object is an object file.
type object struct {
	b     []byte
	at    [blocks]int
	first [6]int // number of the first symbol of each block of definitions, and of the references
}

type symbolRef struct{ pkg, index uint32 }

// inlining is what an object file tells of a function.
type inlining struct {
	size  int
	nodes []Node
	table []byte
}

// openObject finds the object file in a text, which may be an archive.
func openObject(text []byte) (*object, error) {
	i := bytes.Index(text, []byte(objectHead))
	if i < 0 {
		return nil, errObject
	}
	o := &object{b: text[i+len("\n!\n"):]}
	for k := range o.at {
		o.at[k] = o.number(len("\x00go120ld") + 8 + 4 + 4*k)
	}
	for k := range o.first[1:] {
		size := o.at[blockDefs+k+1] - o.at[blockDefs+k]
		if size < 0 || size%defSize != 0 {
			return nil, errObject
		}
		o.first[k+1] = o.first[k] + size/defSize
	}
	return o, nil
}

// outOfIt makes an error of places in a file that lead out of it.
func outOfIt(err *error) {
	if recover() != nil {
		*err = errObject
	}
}

// readObject returns what an object file tells of its functions, by their names, of which
// one may be that of several.
func readObject(text []byte) (_ map[string][]*inlining, err error) {
	defer outOfIt(&err)
	o, err := openObject(text)
	if err != nil {
		return nil, err
	}
	out := map[string][]*inlining{}
	for s := range o.first[4] {
		f, err := o.function(s)
		if err != nil {
			return nil, err
		}
		if f != nil {
			name := o.name(s)
			out[name] = append(out[name], f)
		}
	}
	return out, nil
}

// A function of another package that was inlined has no name in the object file, but the
// package's path and a number there. In a unit that is what stands for it.

// foreign begins that.
const foreign = "\x00"

// Foreign returns the package of a function that a unit does not name.
func Foreign(fn string) (pkg string, is bool) {
	rest, is := strings.CutPrefix(fn, foreign)
	pkg, _, _ = strings.Cut(rest, foreign)
	return pkg, is
}

// Names returns the functions that a unit has by their numbers in a package, as it has them,
// from the file of that package's export data.
func Names(pkg string, text []byte) (names map[string]string, err error) {
	defer outOfIt(&err)
	o, err := openObject(text)
	if err != nil {
		return nil, err
	}
	names = map[string]string{}
	for s := range o.first[1] {
		names[foreignName(pkg, s)] = o.name(s)
	}
	return names, nil
}

func foreignName(pkg string, index int) string {
	return foreign + pkg + foreign + strconv.Itoa(index)
}

func (o *object) number(at int) int { return int(binary.LittleEndian.Uint32(o.b[at:])) }

func (o *object) ref(at int) symbolRef {
	return symbolRef{uint32(o.number(at)), uint32(o.number(at + 4))}
}

// text returns the string that a length and a place lead to.
func (o *object) text(at int) string {
	from := o.number(at + 4)
	return string(o.b[from : from+o.number(at)])
}

func (o *object) name(symbol int) string { return o.text(o.at[blockDefs] + symbol*defSize) }

// symbol returns the number of a symbol in the file, or -1.
func (o *object) symbol(r symbolRef) int {
	for k, pkg := range []uint32{ownSymbols, hashedShort, hashedLong, withoutPkg} {
		if r.pkg == pkg {
			return o.first[k] + int(r.index)
		}
	}
	return -1
}

// data returns the contents of a symbol.
func (o *object) data(symbol int) []byte {
	at := o.at[blockDataIdx] + 4*symbol
	return o.b[o.at[blockData]+o.number(at) : o.at[blockData]+o.number(at+4)]
}

// function returns what there is of a function; nil if the symbol is none.
func (o *object) function(symbol int) (*inlining, error) {
	var info []byte
	f := new(inlining)
	at := o.at[blockAuxIndex] + 4*symbol
	for k := o.number(at); k < o.number(at+4); k++ {
		aux := o.at[blockAux] + auxSize*k
		switch o.b[aux] {
		case auxFuncInfo:
			info = o.data(o.symbol(o.ref(aux + 1)))
		case auxInlining:
			f.table = o.data(o.symbol(o.ref(aux + 1)))
		}
	}
	if info == nil {
		return nil, nil
	}
	f.size = o.number(o.at[blockDefs] + symbol*defSize + stringSize + 5)
	number := func(at int) int { return int(int32(binary.LittleEndian.Uint32(info[at:]))) }
	tree := 16 + 4 + 4*number(16)
	count := number(tree)
	if len(info) != tree+4+nodeSize*count {
		return nil, errObject
	}
	for k := range count {
		at := tree + 4 + nodeSize*k
		n := Node{Parent: number(at), PC: number(at + 20)}
		n.Call.File, n.Call.Line = o.text(o.at[blockFiles]+stringSize*number(at+4)), number(at+8)
		if filepath.IsAbs(n.Call.File) {
			n.Call.File = filepath.FromSlash(n.Call.File)
		}
		r := symbolRef{uint32(number(at + 12)), uint32(number(at + 16))}
		if s := o.symbol(r); s >= 0 {
			n.Func = o.name(s)
		} else if pkg := int(r.pkg); pkg < (o.at[blockPackages+1]-o.at[blockPackages])/stringSize {
			n.Func = foreignName(o.text(o.at[blockPackages]+stringSize*pkg), int(r.index))
		} else {
			n.Func = "runtime.builtin"
		}
		if n.Parent >= k || n.Parent < -1 {
			return nil, errObject
		}
		f.nodes = append(f.nodes, n)
	}
	return f, nil
}

// span is the instructions up to an offset that are of a node.
type span struct{ end, node int }

// spans decodes the table that says which instructions are of which node: signed changes of
// the node and lengths in turn, of which all together are the function's size.
func (f *inlining) spans() (out []span, err error) {
	if len(f.table) == 0 {
		return []span{{f.size, -1}}, nil
	}
	node, end := -1, 0
	for t := f.table; len(t) > 1; { // a zero ends it
		change, n := binary.Varint(t)
		if n <= 0 {
			return nil, errObject
		}
		length, m := binary.Uvarint(t[n:])
		if m <= 0 {
			return nil, errObject
		}
		t = t[n+m:]
		node, end = node+int(change), end+int(length)
		if node < -1 || node >= len(f.nodes) {
			return nil, errObject
		}
		out = append(out, span{end, node})
	}
	// The lengths are in the least size of an instruction.
	unit := 1
	for end > 0 && end*unit < f.size && unit < 4 {
		unit *= 2
	}
	if end*unit != f.size {
		return nil, errObject
	}
	for i := range out {
		out[i].end *= unit
	}
	return out, nil
}

// choose returns what an object file tells of a function of the listing; nil if it is not
// certain what. Of several functions of a name, those of its size must be told the same of:
// their order is not that of the listing.
func choose(of map[string][]*inlining, f *Func) (x *inlining) {
	list, known := of[f.Name]
	if !known {
		list = of[withoutHash(f.Name)]
	}
	for _, y := range list {
		switch {
		case y.size != f.size:
		case x == nil:
			x = y
		case !slices.Equal(x.nodes, y.nodes) || !bytes.Equal(x.table, y.table):
			return nil
		}
	}
	return x
}

// withoutHash returns a name without the hash, of eight bytes in base64, with which the
// compiler tells copies of a closure apart since Go 1.27. The object file has none.
func withoutHash(name string) string {
	const size = 12
	i := bytes.IndexByte(unquoted([]byte(name)), '#')
	if i < 0 || len(name) <= i+1+size || name[i+1+size] != '#' {
		return name
	}
	return name[:i] + name[i+1+size+1:]
}

// inline completes a unit of which the listing of -S alone was read by its object file, in
// which files of the toolchain are named without where that is.
func (u *Unit) inline(text []byte, goroot string) error {
	of, err := readObject(text)
	if err != nil {
		return err
	}
	for _, f := range u.Funcs {
		x := choose(of, f)
		if x == nil {
			return errors.New(errObject.Error() + ": " + f.Name + " of " + strconv.Itoa(f.size) + " bytes")
		}
		spans, err := x.spans()
		if err != nil {
			return err
		}
		f.Nodes = slices.Clone(x.nodes)
		for i := range f.Nodes {
			at := &f.Nodes[i].Call
			if rest, ok := strings.CutPrefix(at.File, "$GOROOT/"); ok && goroot != "" {
				at.File = filepath.Join(goroot, rest)
			}
		}
		kept := f.Events[:0]
		for _, e := range f.Events {
			// Events are in the order of their offsets.
			for len(spans) > 1 && e.PC >= spans[0].end {
				spans = spans[1:]
			}
			e.Node = spans[0].node
			if e.Node >= 0 || e.Kind != Ref && e.Kind != Alloc {
				kept = append(kept, e)
			}
		}
		f.Events = kept
	}
	return nil
}
