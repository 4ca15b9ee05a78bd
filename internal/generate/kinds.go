package generate

import (
	"slices"
	"strings"
)

// An element is a type of a block's elements, with the kit's functions for it.
type element struct {
	typ, mk, sum string
	name         string // for the names of declarations
	generic      bool   // typ is a type parameter, mk and sum are variables
	closer       bool
}

func kitElement(typ, name string) element {
	return element{typ: typ, mk: "kit.Mk" + name, sum: "kit.Sum" + name, name: name}
}

var elements = []element{
	kitElement("byte", "Byte"),
	kitElement("byte", "Byte"),
	kitElement("int", "Int"),
	kitElement("float64", "F"),
	kitElement("bool", "Bool"),
	kitElement("kit.Pair", "Pair"),
	kitElement("kit.Wide", "Wide"),
	kitElement("*int", "Ptr"),
	kitElement("string", "Str"),
	kitElement("[]byte", "Bytes"),
	kitElement("kit.Rec", "Rec"),
	kitElement("kit.Big", "Big"),
	kitElement("any", "Any"),
	kitElement("func() int", "Func"),
	kitElement("int16", "Short"),
	kitElement("complex128", "Complex"),
	kitElement("kit.Flags", "Flags"),
	kitElement("kit.Gaps", "Gaps"),
	kitElement("kit.Late", "Late"),
	kitElement("kit.None", "None"),
	kitElement("kit.Ptrs", "Ptrs"),
	kitElement("kit.Texts", "Texts"),
	kitElement("kit.Page", "Page"),
	kitElement("map[int]int", "Map"),
}

var closers = []element{
	{typ: "*kit.File", mk: "kit.MkFile", sum: "kit.SumFile", name: "File", closer: true},
	{typ: "kit.Handle", mk: "kit.MkHandle", sum: "kit.SumHandle", name: "Handle", closer: true},
}

// A kind is what a value on the way of a block's slice is, as seen from the
// elements' type.
type kind int

const (
	slice    kind = iota
	pointer       // to an element
	box           // pointer to a struct that holds the slice
	boxValue      // the struct
	function      // that returns the slice
	getter        // that returns an element
	dynamic       // any
	holder        // an interface with methods
	list          // slice of slices
	table         // map
	channel
	sequence
	array // of slices
	reference
	failure // an error
	kinds   = int(iota)
)

// kindTexts has the kinds' types, as templates, see program.expand.
var kindTexts = [kinds]string{
	"[]{T}", "*{T}", "*{box}", "{box}", "func() []{T}", "func(int) {T}", "any", "{holder}", "[][]{T}", "map[int][]{T}",
	"chan []{T}", "iter.Seq[{T}]", "[2][]{T}", "*[]{T}", "error",
}

// sliceOf is an expression for the slice that {x}, not nil, leads to; empty where
// there is none.
var sliceOf = [kinds]string{
	"{x}", "unsafe.Slice({x}, 1)", "{x}.s", "{x}.s", "{x}()", "", "{behind}({x})", "{x}.at()", "{x}[0]", "{x}[0]",
	"kit.Peek({x})", "", "{x}[1]", "*{x}", "{behind}({x})",
}

// digestOf has statements that add what {x} leads to, nil or not, to {h}.
var digestOf = [kinds]string{
	"for _, {v} := range {x} {\n{h} = {sum}({h}, {v})\n}",
	"if {x} != nil {\n{h} = {sum}({h}, *{x})\n}",
	"for {w} := {x}; {w} != nil; {w} = {w}.next {\nfor _, {v} := range {w}.s {\n{h} = {sum}({h}, {v})\n}\nif {w}.p != nil {\n{h} = {sum}({h}, *{w}.p)\n}\n}",
	"for _, {v} := range {x}.s {\n{h} = {sum}({h}, {v})\n}",
	"if {x} != nil {\nfor _, {v} := range {x}() {\n{h} = {sum}({h}, {v})\n}\n}",
	"if {x} != nil {\n{h} = {sum}({h}, {x}(0))\n{h} = {sum}({h}, {x}(7))\n}",
	"for _, {v} := range {behind}({x}) {\n{h} = {sum}({h}, {v})\n}",
	"if {x} != nil {\nfor _, {v} := range {x}.at() {\n{h} = {sum}({h}, {v})\n}\n}",
	"for _, {w} := range {x} {\nfor _, {v} := range {w} {\n{h} = {sum}({h}, {v})\n}\n}",
	"for _, {v} := range {x}[0] {\n{h} = {sum}({h}, {v})\n}",
	"if {x} != nil {\nfor _, {v} := range kit.Peek({x}) {\n{h} = {sum}({h}, {v})\n}\n}",
	"if {x} != nil {\nfor {v} := range {x} {\n{h} = {sum}({h}, {v})\n}\n}",
	"for _, {w} := range {x} {\nfor _, {v} := range {w} {\n{h} = {sum}({h}, {v})\n}\n}",
	"if {x} != nil {\nfor _, {v} := range *{x} {\n{h} = {sum}({h}, {v})\n}\n}",
	"for _, {v} := range {behind}({x}) {\n{h} = {sum}({h}, {v})\n}",
}

// A step goes from a value {x} to a new variable {y}.
type step struct {
	from, to kind
	text     string
}

var steps = []step{
	{slice, slice, "{y} := {x}[len({x})/2:]"},
	{slice, slice, "{y} := {x}[:max(len({x})-1, 1)]"},
	{slice, slice, "{y} := {ident}({x})"},
	{slice, slice, "{y} := {identOut}({x})"},
	{slice, slice, "_, {y} := {two}({x})"},
	{slice, slice, "{y} := {last}({x}, {x})"},
	{slice, slice, "{y} := append({x}[:0], {x}...)"},
	{slice, slice, "{y} := append({x}, {mk}({c}))"},
	{slice, slice, "{y} := {down}({x}, 3)"},
	{slice, slice, "{y} := (*&{x})"},
	{slice, slice, "{y} := {cond}({x}, len({x}) > 3)"},
	{slice, slice, "var {y} []{T}\n{into}(&{y}, {x})"},
	{slice, slice, "var {y}a atomic.Pointer[[]{T}]\n{y}a.Store(&{x})\n{y} := *{y}a.Load()"},
	{slice, slice, "var {y}m sync.Map\n{y}m.Store(1, {x})\n{y}v, _ := {y}m.Load(1)\n{y} := {y}v.([]{T})"},
	{slice, slice, "{y}l := slices.Collect(slices.Chunk({x}, max(len({x})/2, 1)))\n{y} := {y}l[0]"},
	{slice, slice, "{y} := unsafe.Slice(unsafe.SliceData({x}), len({x}))"},
	{slice, slice, "var {y} []{T}\nfor {y}i := range {x} {\nif {y}i > 1 {\nbreak\n}\n{y} = {x}[{y}i:]\n}"},
	{slice, slice, "{y} := {x}\nfunc() {\n{y} = {y}[len({y})/2:]\n}()"},
	{slice, slice, "{y}, {y}r := {x}, &{x}\n{y} = (*{y}r)[:1]"},
	{slice, slice, "var {y} []{T}\nswitch {y}v := any({x}).(type) {\ncase []{T}:\n{y} = {y}v\n}"},
	{slice, slice, "var {y} []{T}\nif {y}p := (*[1]{T})({x}); len({x}) > 0 {\n{y} = {y}p[:]\n}"},
	{slice, slice, "{y} := {x}\n{y}again:\nif len({y}) > 8 {\n{y} = {y}[len({y})/2:]\ngoto {y}again\n}"},
	{slice, slice, "{y} := (*struct {\na int\nb []{T}\n})(&struct {\na int\nb []{T}\n}{2, {x}}).b"},
	{slice, slice, "{y} := {grown}({x})"},
	{slice, slice, "{y} := {pair}({x}).second()"},
	{slice, slice, "{y} := {embeds}{{box}{s: {x}}, 1}.get()"},
	{slice, pointer, "{y} := &{x}[len({x})-1]"},
	{slice, pointer, "var {y} *{T}\nfor {y}i := range {x} {\n{y} = &{x}[{y}i]\nif {y}i > 5 {\nbreak\n}\n}"},
	{slice, list, "{y} := make([][]{T}, 2)\ncopy({y}, [][]{T}{{x}})"},
	{slice, list, "{y} := slices.Clone([][]{T}{{x}, {x}})"},
	{slice, list, "{y} := slices.Concat([][]{T}{{x}}, [][]{T}{{x}})"},
	{slice, list, "var {y} [][]{T}\nfor range 3 {\n{y} = append({y}, {x})\n}"},
	{slice, list, "{y}a := [3][]{T}{{x}, {x}}\n{y} := {y}a[:]"},
	{slice, table, "{y} := maps.Collect(slices.All([][]{T}{{x}}))"},
	{box, box, "{y} := new({box})\n*{y} = *{x}"},
	{box, box, "{y}q := &{x}\n{y} := *{y}q\n{y}.next = nil"},
	{box, boxValue, "{y} := *{x}"},
	{array, array, "{y} := {x}\n{y}[0], {y}[1] = {y}[1], {y}[0]\n{y}[1] = {y}[0]"},
	{list, reference, "{y} := &{x}[0]"},
	{array, reference, "{y}a := {x}\n{y} := &{y}a[1]"},
	{slice, pointer, "{y} := unsafe.SliceData({x})"},
	{slice, pointer, "{y} := {first}({x})"},
	{slice, pointer, "{y} := &(*[1]{T})({x})[0]"},
	{slice, box, "{y} := &{box}{s: {x}}"},
	{slice, box, "{y} := new({box})\n{y}.s = {x}"},
	{slice, box, "{y} := {newBox}({x})"},
	{slice, box, "{y} := &{box}{next: &{box}{s: {x}}}\n{y}.s = {y}.next.s"},
	{slice, box, "{y} := &{box}{s: {x}, p: &{x}[0]}"},
	{slice, box, "{y} := new({box})\n{y}.set({x})"},
	{slice, box, "var {y}h {holder} = new({box})\n{y}h.set({x})\n{y} := {y}h.(*{box})"},
	{slice, boxValue, "{y} := {box}{s: {x}}"},
	{slice, boxValue, "{y} := {box}{}.with({x})"},
	{slice, function, "{y} := func() []{T} {\nreturn {x}\n}"},
	{slice, function, "{y} := {box}{s: {x}}.get"},
	{slice, function, "{y} := (&{box}{s: {x}}).at"},
	{slice, function, "{y} := {always}({x})"},
	{slice, getter, "{y} := func(i int) {T} {\nreturn {x}[i%len({x})]\n}"},
	{slice, getter, "{y}n := 0\n{y} := func(i int) {T} {\n{y}n++\n{x}[(i+{y}n)%len({x})] = {mk}(uint64(i))\nreturn {x}[i%len({x})]\n}"},
	{slice, dynamic, "var {y} any = {x}"},
	{slice, dynamic, "{y} := any(&{box}{s: {x}})"},
	{slice, dynamic, "{y} := any(&{x})"},
	{slice, holder, "var {y} {holder} = &{box}{s: {x}}"},
	{slice, holder, "{y} := {hold}({x})"},
	{slice, list, "{y} := [][]{T}{{x}, nil}"},
	{slice, list, "{y} := append([][]{T}(nil), {x})"},
	{slice, list, "{y} := slices.Repeat([][]{T}{{x}}, 2)"},
	{slice, list, "{y} := {all}({x}, {x})"},
	{slice, table, "{y} := map[int][]{T}{0: {x}}"},
	{slice, table, "{y} := make(map[int][]{T})\n{y}[0] = {x}"},
	{slice, channel, "{y} := make(chan []{T}, 1)\n{y} <- {x}"},
	{slice, sequence, "{y} := slices.Values({x})"},
	{slice, sequence, "{y} := iter.Seq[{T}](func(yield func({T}) bool) {\nfor _, {y}v := range {x} {\nif !yield({y}v) {\nreturn\n}\n}\n})"},
	{slice, sequence, "{y} := iter.Seq[{T}]((&{box}{s: {x}}).each)"},
	{slice, array, "{y} := [2][]{T}{1: {x}}"},
	{slice, array, "var {y} [2][]{T}\nfor {y}i := range {y} {\n{y}[{y}i] = {x}\n}"},
	{slice, reference, "{y}v := {x}\n{y} := &{y}v"},
	{slice, reference, "{y} := new([]{T})\n*{y} = {x}"},
	{slice, failure, "var {y} error = {fault}{s: {x}}"},
	{slice, failure, "{y} := fmt.Errorf(\"wrapped: %w\", {fault}{s: {x}})"},
	{box, box, "{y} := &{box}{s: {x}.s, next: {x}}"},
	{box, box, "{y} := {x}.chain(3)"},
	{box, box, "{y} := {relink}({x})"},
	{box, holder, "{y} := {holder}({x})"},
	{box, function, "{y} := {x}.at"},
	{box, dynamic, "{y} := any({x})"},
	{boxValue, box, "{y}v := {x}\n{y} := &{y}v"},
	{boxValue, function, "{y} := {x}.get"},
	{boxValue, dynamic, "{y} := any({x})"},
	{boxValue, boxValue, "{y} := {x}.with({x}.s)"},
	{function, function, "{y} := func() []{T} {\nreturn {x}()[:1]\n}"},
	{function, dynamic, "{y} := any({x})"},
	{getter, getter, "{y} := func(i int) {T} {\nreturn {x}(i + 1)\n}"},
	{pointer, getter, "{y} := func(i int) {T} {\nif i > 3 {\n*{x} = {mk}(uint64(i))\n}\nreturn *{x}\n}"},
	{pointer, box, "{y} := &{box}{p: {x}, s: unsafe.Slice({x}, 1)}"},
	{holder, holder, "{y} := {holder}(&{box}{s: {x}.at()})"},
	{holder, function, "{y} := {x}.at"},
	{sequence, sequence, "{y} := iter.Seq[{T}](func(yield func({T}) bool) {\nfor v := range {x} {\nif !yield(v) {\nreturn\n}\n}\n})"},
	{reference, reference, "{y}r := &{x}\n{y} := *{y}r"},
	{list, list, "{y} := append({x}[:1:1], {x}...)"},
	{slice, slice, "{y} := {x}\nslices.Reverse({y})"},
	{slice, slice, "{y} := {x}\nsort.Slice({y}, func(i, j int) bool {\nreturn i < j && {h}%2 == 0\n})"},
	{slice, slice, "{y} := slices.Clip({x}[:1])"},
	{slice, slice, "{y} := slices.Insert({x}[:0], 0, {x}[0])"},
	{slice, slice, "{y} := slices.DeleteFunc({x}, func({T}) bool {\nreturn false\n})"},
	{slice, slice, "{y} := (*{box}).at(&{box}{s: {x}})"},
	{slice, slice, "{y}n, {y}s := iter.Pull2(slices.All([][]{T}{{x}}))\n_, {y}, _ := {y}n()\n{y}s()"},
	{slice, function, "{y} := func() []{T} {\n{x} := {x}[:1]\nreturn {x}\n}"},
	{slice, function, "{y}b := {box}{}\n{y} := {y}b.get\n{y}b.s = {x}\n{y} = {y}b.get"},
	{slice, table, "{y} := map[int][]{T}{}\nfor {y}i := range 3 {\n{y}[{y}i] = {x}\n}\nmaps.DeleteFunc({y}, func(k int, v []{T}) bool {\nreturn k > 1\n})"},
	{list, slice, "var {y} []{T}\nfor _, {y}s := range slices.Backward({x}) {\nif {y}s != nil {\n{y} = {y}s\n}\n}\nif {y} == nil {\n{y} = {x}[0]\n}"},
	{box, slice, "{y} := func() (r []{T}) {\ndefer func() {\nr = {x}.at()\n}()\nreturn nil\n}()"},
	{channel, slice, "var {y} []{T}\nfor {y} = range {x} {\nbreak\n}\n{x} <- {y}"},
}

// anySteps go from a value of any kind, type {X}, to another of that kind.
var anySteps = []string{
	"{y} := kit.Ident({x})",
	"{y} := kit.IdentOut({x})",
	"{y}c := make(chan {X}, 1)\n{y}c <- {x}\n{y} := <-{y}c",
	"{y} := [...]{X}{{x}, {x}}[1]",
	"{y} := []{X}{{x}}[0]",
	"{y} := map[string]{X}{\"k\": {x}}[\"k\"]",
	"{y} := struct {\nn int\nv {X}\n}{1, {x}}.v",
	"{y} := func() {X} {\nreturn {x}\n}()",
	"{y}p := &{x}\n{y} := *{y}p",
	"{y}f := func() {X} {\nreturn {x}\n}\n{y} := {y}f()",
	"var {y}k kit.Cell[{X}]\n{y}k.Put({x})\n{y} := {y}k.Take()",
	"{y}k := new(kit.Cell[{X}])\n{y}k.Put({x})\nvar {y}t kit.Taker[{X}] = {y}k\n{y} := {y}t.Take()",
	"{y}k := kit.Cell[{X}]{}\n{y}k.Put({x})\n{y}g := {y}k.Now\n{y} := {y}g()",
	"{y}n, {y}s := iter.Pull(kit.Once({x}))\n{y}, _ := {y}n()\n{y}s()",
	"{y} := (<-kit.Sent({x}))",
	"{y}d := func() (r {X}) {\ndefer func(v {X}) {\nr = v\n}({x})\nreturn r\n}\n{y} := {y}d()",
	"{y} := kit.Through[*kit.Cell[{X}]]({x})",
	"var {y}k kit.Cell[{X}]\nfunc() {\ndefer {y}k.Put({x})\n}()\n{y} := {y}k.Take()",
	"{y}k := new(kit.Cell[{X}])\n(*kit.Cell[{X}]).Put({y}k, {x})\n{y} := kit.Cell[{X}].Now(*{y}k)",
	"{y}k := kit.Cell[{X}]{}\n{y}w := make(chan bool)\ngo func(put func({X})) {\nput({x})\nclose({y}w)\n}({y}k.Put)\n<-{y}w\n{y} := {y}k.Take()",
	"{y} := struct {\nkit.Taker[{X}]\nn int\n}{kit.Hold({x}), 1}.Take()",
	"{y} := kit.Last({x}, {x})",
	"{y} := *kit.Behind({x}).Load()",
}

// A wrapper runs the statements {sub}, which make {z}, of type {Y}, from {i}, of type
// {X}, in a place of another kind. Its input is {x}, its output {y}. Where {i} does
// not occur, {sub} begins at {x}.
var wrappers = []string{
	"var {y} {Y}\nfunc() {\n{sub}{y} = {z}\n}()",
	"var {y} {Y}\nfunc() {\ndefer func() {\n{sub}{y} = {z}\n}()\nkit.Move(2)\n}()",
	"{y}c := make(chan {Y})\ngo func() {\n{sub}{y}c <- {z}\n}()\n{y} := <-{y}c",
	"var {y} {Y}\nvar {y}w sync.WaitGroup\n{y}w.Go(func() {\n{sub}{y} = {z}\n})\n{y}w.Wait()",
	"{y}c := make(chan {Y})\ngo func({i} {X}) {\nkit.Move(3)\n{sub}{y}c <- {z}\n}({x})\n{y} := <-{y}c",
	"var {y} {Y}\nfor {i} := range kit.Once({x}) {\n{sub}{y} = {z}\n}",
	"var {y} {Y}\nfor {i} := range kit.Twice({x}) {\n{sub}{y} = {z}\nif len({s}) > 2 {\nbreak\n}\n}",
	"var {y} {Y}\nfor range kit.Once(1) {\nfor {i} := range kit.Once({x}) {\n{sub}{y} = {z}\n}\n}",
	"var {y} {Y}\nfor {i} := range func(yield func({X}) bool) {\nyield({x})\n} {\n{sub}{y} = {z}\n}",
	"{y}n, {y}s := iter.Pull(iter.Seq[{Y}](func(yield func({Y}) bool) {\n{sub}yield({z})\n}))\n{y}, _ := {y}n()\n{y}s()",
	"var {y} {Y}\nfor range 2 {\n{sub}{y} = {z}\n}",
	"var {y}r func(d int, {i} {X}) {Y}\n{y}r = func(d int, {i} {X}) {Y} {\nif d > 0 {\nreturn {y}r(d-1, {i})\n}\n{sub}return {z}\n}\n{y} := {y}r(3, {x})",
	"{y} := kit.Apply(func({i} {X}) {Y} {\n{sub}return {z}\n}, {x})",
	"{y} := {apply}(func({i} {X}) {Y} {\n{sub}return {z}\n}, {x})",
	"{y}t := map[string]func({X}) {Y}{\"f\": func({i} {X}) {Y} {\n{sub}return {z}\n}}\n{y} := {y}t[\"f\"]({x})",
	"var {y} {Y}\nvar {y}o sync.Once\n{y}o.Do(func() {\n{sub}{y} = {z}\n})",
	"{y} := func() func() {Y} {\nreturn func() {Y} {\n{sub}return {z}\n}\n}()()",
	"{y} := func({i} {X}) (r {Y}) {\ndefer func() {\n{sub}r = {z}\n}()\nreturn\n}({x})",
	"var {y} {Y}\nfunc() {\ndefer func() {\n{i} := recover().({X})\n{sub}{y} = {z}\n}()\npanic({x})\n}()",
	"var {y} {Y}\nselect {\ncase {i} := <-kit.Sent({x}):\n{sub}{y} = {z}\n}",
	"var {y} {Y}\nif {h}%3 > 0 {\n{sub}{y} = {z}\n} else {\n{sub2}{y} = {z2}\n}",
	"var {y} {Y}\nstackalloc.Do({m}, func({y}b []byte) {\n{sub}{y} = {z}\n{y}b[0] = 1\n{h} += uint64({y}b[0])\n})",
	"var {y} {Y}\nstackalloc.Do({m}, func({y}b []{X}) {\n{y}b[0] = {x}\n{i} := {y}b[0]\n{sub}{y} = {z}\n})",
	"{y} := stackalloc.Call({m}, func({y}b []{X}) {Y} {\n{y}b[{m}-1] = {x}\nkit.Move(3)\n{i} := {y}b[{m}-1]\n{sub}return {z}\n})",
	"var {y} {Y}\nfor {y}b := range stackalloc.Scope[{Y}]({m}) {\n{sub}{y}b[0] = {z}\nkit.Move(1)\n{y} = {y}b[0]\n}",
	"var {y} {Y}\nstackalloc.Fill({m}, {x}, func({y}b []{X}) {\nkit.Move(2)\n{i} := {y}b[{m}-1]\n{sub}{y} = {z}\n})",
	"var {y} {Y}\nstackalloc.Init({m}, func(int) {X} {\nreturn {x}\n}, func({y}b []{X}) {\n{i} := {y}b[{m}-1]\n{sub}{y} = {z}\n})",
	"var {y} {Y}\nstackalloc.Copy([]{X}{{x}, {x}}, func({y}b []{X}) {\nkit.Move(2)\n{i} := {y}b[1]\n{sub}{y} = {z}\n})",
	"var {y} {Y}\nstackalloc.Collect({m}, kit.Twice({x}), func({y}b []{X}) {\n{i} := {y}b[len({y}b)-1]\n{sub}{y} = {z}\n})",
	"var {y} {Y}\nstackalloc.Aligned({m}, 64, func({y}b []{X}) {\n{y}b[0] = {x}\nkit.Move(2)\n{i} := {y}b[0]\n{sub}{y} = {z}\n})",
	"{y}, _ := stackalloc.Call2({m}, func({y}b []{X}) ({Y}, error) {\n{y}b[0] = {x}\n{i} := {y}b[0]\n{sub}return {z}, nil\n})",
	"var {y} {Y}\nif stackalloc.Bounded({m}, 1000, func({y}b []{X}) {\n{y}b[{m}-1] = {x}\n{i} := {y}b[{m}-1]\n{sub}{y} = {z}\n}) != nil {\n{h}++\n}",
	"var {y} {Y}\nfunc() {\ndefer func() {\n{i} := recover().({X})\n{sub}{y} = {z}\n}()\nstackalloc.Do({m}, func({y}b []int) {\n{y}b[0] = 1\npanic({x})\n})\n}()",
	"{y} := func() (r {Y}) {\nfor {i} := range kit.Twice({x}) {\n{sub}return {z}\n}\nreturn\n}()",
	"{y} := func() (r {Y}) {\nfor {i} := range kit.Twice({x}) {\ndefer func() {\n{sub}r = {z}\n}()\n}\nreturn\n}()",
	"var {y} {Y}\n{y}out:\nfor range kit.Twice(1) {\nfor {i} := range kit.Twice({x}) {\n{sub}{y} = {z}\ncontinue {y}out\n}\n}",
	"{y}n, {y}s := iter.Pull(func(yield func({Y}) bool) {\nstackalloc.Do({m}, func({y}b []{X}) {\n{y}b[0] = {x}\n{i} := {y}b[0]\n{sub}yield({z})\n})\n})\n{y}, _ := {y}n()\nkit.Move(2)\n{y}s()",
}

// helpers are declared where a step uses them. {tp} is a list of type parameters,
// {ti} one of type arguments; {noinline} may become a directive.
var helpers = map[string]string{
	"box": "type {box} struct {\ns []{T}\np *{T}\nnext *{box}\n}\n" +
		"{noinline}func (b {box}) get() []{T} { return b.s }\n" +
		"{noinline}func (b *{box}) at() []{T} { return b.s }\n" +
		"{noinline}func (b *{box}) set(s []{T}) { b.s = s }\n" +
		"{noinline}func (b {box}) with(s []{T}) {box} { b.s = s; return b }\n" +
		"func (b *{box}) chain(d int) *{box} {\nif d == 0 {\nreturn b\n}\nreturn b.chain(d-1)\n}\n" +
		"{noinline}func (b *{box}) each(yield func({T}) bool) {\nfor _, v := range b.s {\nif !yield(v) {\nreturn\n}\n}\n}",
	"holder": "type {holder} interface {\nat() []{T}\nset([]{T})\n}",
	"fault":  "type {fault} struct{ s []{T} }\nfunc (f {fault}) Error() string { return \"fault\" }",
	"behind": "func {behind}(v any) []{T} {\nif e, ok := v.(error); ok {\nvar f {fault}\nif errors.As(e, &f) {\nreturn f.s\n}\nreturn nil\n}\nswitch v := v.(type) {\ncase []{T}:\nreturn v\ncase *[]{T}:\nreturn *v\n" +
		"case {box}:\nreturn v.s\ncase *{box}:\nreturn v.s\ncase func() []{T}:\nreturn v()\n}\nreturn nil\n}",
	"apply":    "{noinline}func {apply}[X, Y any](f func(X) Y, x X) Y { return f(x) }",
	"pass":     "func {pass}{tp}(each func(yield func({T})), yield func({T})) { each(yield) }",
	"map":      "func {map}[X, Y any](f func(X) Y, x X) Y { return f(x) }",
	"feeding":  "{noinline}func {feeding}{tp}(each func(yield func({T})), yield func({T})) { each(yield) }",
	"with":     "{noinline}func {with}{tp}(n int, f func(s []{T})) { stackalloc.Do(n, f) }",
	"ident":    "func {ident}{tp}(s []{T}) []{T} { return s }",
	"identOut": "//go:noinline\nfunc {identOut}{tp}(s []{T}) []{T} { return s }",
	"two":      "{noinline}func {two}{tp}(s []{T}) (int, []{T}) { return len(s), s }",
	"last":     "{noinline}func {last}{tp}(s ...[]{T}) []{T} { return s[len(s)-1] }",
	"down":     "func {down}{tp}(s []{T}, d int) []{T} {\nif d == 0 {\nreturn s\n}\nreturn {down}(s, d-1)\n}",
	"cond":     "{noinline}func {cond}{tp}(s []{T}, c bool) []{T} {\nif c {\nreturn s\n}\nreturn s[:1]\n}",
	"into":     "{noinline}func {into}{tp}(p *[]{T}, s []{T}) { *p = s }",
	"first":    "{noinline}func {first}{tp}(s []{T}) *{T} { return &s[0] }",
	"newBox":   "{noinline}func {newBox}{tp}(s []{T}) *{box} { return &{box}{s: s} }",
	"always":   "{noinline}func {always}{tp}(s []{T}) func() []{T} { return func() []{T} { return s } }",
	"hold":     "{noinline}func {hold}{tp}(s []{T}) {holder} { return &{box}{s: s} }",
	"all":      "{noinline}func {all}{tp}(s ...[]{T}) [][]{T} { return s }",
	"grown":    "func {grown}{tp}(s []{T}) (r []{T}) {\ndefer func() {\nif r == nil {\nr = s\n}\n}()\nreturn nil\n}",
	"pair":     "type {pair} []{T}\n{noinline}func (p {pair}) second() []{T} { return p[len(p)/2:] }",
	"embeds":   "type {embeds} struct {\n{box}\nn int\n}",
	"relink":   "{noinline}func {relink}{tp}(b *{box}) *{box} { return &{box}{s: b.s, next: b} }",
}

// explicit are the helpers whose type arguments are written, and how each begins.
var explicit = map[string]string{"box": "type", "holder": "type", "fault": "type", "pair": "type", "embeds": "type", "behind": "func"}

// leaky are parts of steps and wrappers through which the compiler loses sight of
// values, and so calls them leaked. Most callbacks are made without them, since one
// would hide what the compiler makes of all others.
var leaky = []string{
	"sort.", "kit.Through", "kit.Hold", "kit.Last", "kit.Behind", "iter.Seq2", "slices.Insert", "Backward", "stackalloc.Fill({m}, {x}", "stackalloc.Init({m}", "stackalloc.Copy([]{X}",
	"chan ", "sync.", "atomic.", "fmt.", "go func", "iter.Pull", "{holder}", "{hold}", "{behind}", "panic(", "kit.Sent", "map[", "{y}r(", "kit.Taker",
	"kit.IdentOut", "{y}b[", "{all}", "slices.Chunk", "append(", "kit.Once", "kit.Twice",
	".Put(", "{y}.s = ", ".set(", "{into}", "*{y} = {x}", "slices.C", "maps.", "{y} = append(", "copy({y}", "{last}", "slices.Repeat", "kit.Apply", "{apply}",
}

func isLeaky(text string) bool {
	return slices.ContainsFunc(leaky, func(part string) bool { return strings.Contains(text, part) })
}

var leakyKind = [kinds]bool{dynamic: true, holder: true, table: true, channel: true, failure: true}

func uses(text, name string) bool { return strings.Contains(text, "{"+name+"}") }

// shorts are bodies that are short enough to be inlined, together with the call, into
// a function that knows what {feed} or {way} is, which the callback by itself does
// not. {o} is an element that outlives the call.
var shorts = []string{
	"{pass}({feed}, func({v} {T}) {\n{s}[0] = {v}\n})\n{o} = {s}[0]\n",
	"{pass}({feed}, func({v} {T}) {\n{s}[len({s})-1] = {v}\n})\n{o} = {s}[len({s})-1]\n",
	"{w} := {map}({way}, &{box}{s: {s}})\n{w}.s[0] = {mk}({c})\n{o} = {s}[0]\n",
	"{w} := {map}({way}, &{box}{s: {s}})\n{s}[0] = {mk}({c})\n{o} = {w}.s[0]\n",
	"{w} := {box}{s: {s}}\n{map}({way}, &{w})\n{s}[0] = {mk}({c})\n{o} = {w}.s[0]\n",
	"{o} = {map}({way}, &{box}{s: {s}}).s[0]\n",
}
