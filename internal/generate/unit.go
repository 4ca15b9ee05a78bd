package generate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Forms of a call, without those that need a closer. {cb} is the callback, {b} its
// body, {n} the length.
var forms = []struct {
	text      string
	unwritten bool
}{
	{"stackalloc.Do({n}, {cb})\n", false},
	{"stackalloc.Do({n}, {cb})\n", false},
	{"stackalloc.Do[{T}]({n}, {cb})\n", false},
	{"stackalloc.Uninit({n}, {cb})\n", true},
	{"stackalloc.Uninit({n}, {cb})\n", true},
	{"stackalloc.Fill({n}, {mk}({c}), {cb})\n", false},
	{"stackalloc.Fill({n}, {mk}({h}), {cb})\n", false},
	{"stackalloc.Fill({n}, *new({T}), {cb})\n", false},
	{"stackalloc.Fill({n}, kit.Source(3, {h}, {mk})[1], {cb})\n", false},
	{"stackalloc.Init({n}, func(i int) {T} {\nreturn {mk}(uint64(i) + {h})\n}, {cb})\n", false},
	{"stackalloc.Init({n}, func(i int) {T} {\nreturn {mk}(uint64(i))\n}, {cb})\n", false},
	{"stackalloc.Collect({n}, kit.Numbers({n}, {h}, {mk}), {cb})\n", false},
	{"stackalloc.Collect({n}, slices.Values(kit.Source({n}/2+1, {h}, {mk})), {cb})\n", false},
	{"stackalloc.Collect({n}+3, func(yield func({T}) bool) {\nfor i := range {n} {\nif !yield({mk}(uint64(i))) {\nreturn\n}\n}\n}, {cb})\n", false},
	{"stackalloc.Copy(kit.Source({n}, {h}, {mk}), {cb})\n", false},
	{"stackalloc.Aligned({n}, {align}, {cb})\n", false},
	{"if err := stackalloc.Bounded({n}, 1<<20, {cb}); err != nil {\n{h}++\n}\n", false},
	{"{with}({n}, {cb})\n", false},
	{"kit.With({n}, {cb})\n", false},
}

// candidates are ways for a callback {cb} to the call: statements before it, and what
// is handed over.
var candidates = [][2]string{
	{"{f} := [...]func([]{T}){nil, {cb}}\n", "{f}[len({f})-1]"},
	{"{f} := func() func([]{T}) {\nreturn {cb}\n}\n", "{f}()"},
	{"var {f} func([]{T})\nif {h}%2 == 0 {\n{f} = {cb}\n} else {\n{f} = func({s} []{T}) {\n{s}[0] = {mk}(1)\n{h} = {sum}({h}, {s}[0])\n}\n}\n", "{f}"},
	{"{f} := struct{ use func([]{T}) }{{cb}}\n", "{f}.use"},
	{"{f} := map[int]func([]{T}){1: {cb}}\n", "{f}[1]"},
	{"{f} := any({cb})\n", "{f}.(func([]{T}))"},
	{"type {f}t func([]{T})\n{f} := {f}t({cb})\n", "func({s} []{T}) {\n{f}({s})\n}"},
}

const closingForm = "if err := stackalloc.Closing({n}, func(i int) ({T}, error) {\nreturn {mk}(uint64(i)), nil\n}, func({s} []{T}) error {\n{b}return nil\n}); err != nil {\n{h}++\n}\n"

// call is a call, in the scope that c has nearest.
func (p *program) call(c *place, n string) string {
	c.s = p.name("s")
	sc := c.scopes[len(c.scopes)-1]
	if !c.e.generic && c.short == "" && p.percent(6) {
		c.e, c.feed, c.short, c.ways, c.loop = pick(&p.dice, closers), "", "", nil, false
		b := p.body(c, false)
		return p.caught(c, sc, p.expand(c, closingForm, "n", n, "b", b))
	}
	switch r := p.below(100); {
	case r < 14: // Scope
		loop := c.loop
		sc.closed = sc.closed || loop
		c.top = false
		b := p.body(c, false)
		return p.expand(c, "for {s} := range stackalloc.Scope[{T}]({n}) {\n{b}}\n", "n", n, "b", b)
	case r < 28 && sc.ref == "%s": // Call, Call2
		return p.withResult(c, sc, n)
	}
	c.loop = false
	of := forms
	if c.short != "" && p.percent(70) {
		of = forms[:5] // which leave room to be inlined
	}
	form := pick(&p.dice, of)
	if !c.e.generic && c.short == "" && len(c.scopes) == 1 && p.percent(8) {
		return p.named(c, form.text, form.unwritten, n)
	}
	b := p.body(c, form.unwritten)
	cb := p.expand(c, "func({s} []{T}) {\n{b}}", "b", b)
	before := ""
	if p.percent(15) {
		f := p.name("cb")
		before, cb = f+" := "+cb+"\n", f
	}
	if way := pick(&p.dice, candidates); c.short == "" && p.percent(15) {
		f := p.name("cb")
		before, cb = before+p.expand(c, way[0], "f", f, "cb", cb), p.expand(c, way[1], "f", f)
	}
	align := strconv.Itoa(1 << p.below(11))
	call := p.expand(c, form.text, "n", n, "cb", cb, "align", align)
	// On one line, since the line of a deferred call is that of the return.
	if text, short := strings.CutSuffix(call, "\n"); short && !strings.Contains(text, "\n") && strings.HasPrefix(text, "stackalloc.") && p.percent(40) {
		call = "func() { defer " + text + " }()\n"
	}
	return before + p.caught(c, sc, call)
}

// withResult is a call whose callback has a result, or two.
func (p *program) withResult(c *place, sc *scope, n string) string {
	c.loop = false
	b := p.body(c, false)
	sub, z := p.walk(c, value{c.s, slice}, 1+p.below(3))
	if p.percent(30) {
		sub, z = "", value{"len(" + c.s + ")", -1}
	}
	Y, o := "int", p.name("r")
	after := "h = kit.Mix(h, uint64(" + o + "))\n"
	if z.kind >= 0 {
		Y = p.typ(c, z.kind)
		after = p.digest(c.bare(), value{o, z.kind})
	}
	sc.vars = append(sc.vars, outer{name: o, typ: Y, after: []string{after}})
	form := "{o} = stackalloc.Call({n}, func({s} []{T}) {Y} {\n{b}{sub}return {z}\n})\n"
	if p.percent(40) {
		o2 := p.name("r")
		sc.vars = append(sc.vars, outer{name: o2, typ: "int", after: []string{"h = kit.Mix(h, uint64(" + o2 + "))\n"}})
		form = strings.NewReplacer("{o}", "{o2}, {o}", "Call(", "Call2(", ") {Y} {", ") (int, {Y}) {", "return {z}", "return len({s}), {z}").Replace(form)
		return p.caught(c, sc, p.expand(c, form, "n", n, "b", b, "sub", sub, "z", z.text, "Y", Y, "o", o, "o2", o2))
	}
	return p.caught(c, sc, p.expand(c, form, "n", n, "b", b, "sub", sub, "z", z.text, "Y", Y, "o", o))
}

// caught is the call with what catches the panic of its callback, if it panics.
func (p *program) caught(c *place, sc *scope, call string) string {
	if c.panics == nil {
		return call
	}
	o, Y := p.name("o"), p.typ(c, c.panics.kind)
	sc.vars = append(sc.vars, outer{name: o, typ: Y, after: []string{p.digest(c.bare(), value{o, c.panics.kind})}})
	return "func() {\ndefer func() {\nif r, ok := recover().(" + Y + "); ok {\n" + fmt.Sprintf(sc.ref, o) + " = r\n}\n}()\n" + call + "}()\n"
}

// named is a call with a function that has a name, and reaches nothing but globals.
func (p *program) named(c *place, form string, unwritten bool, n string) string {
	f, sum := p.id+p.name("cb"), p.id+p.name("sum")
	i := c.inner()
	i.h, i.scopes, i.ways, i.feed = sum, nil, nil, ""
	b := p.body(i, unwritten)
	p.heads = append(p.heads, "var "+sum+" uint64", p.expand(i, "func {f}({s} []{T}) {\n{b}}", "f", f, "b", b))
	p.after = append(p.after, sum+" = 0\n")
	return p.expand(c, form, "n", n, "cb", f, "align", "64") + c.h + " = kit.Mix(" + c.h + ", " + sum + ")\n"
}

// unit makes a function that has a call, and what becomes of it, and returns its
// name: func(n int, in uint64) (h uint64).
func (p *program) unit() string {
	f := p.id + p.name("u")
	c := &place{e: pick(&p.dice, elements), h: "h", top: true}
	sc := &scope{ref: "%s"}
	c.scopes = []*scope{sc}
	switch r := p.below(100); {
	case r < 30:
		p.plain(c, sc, f)
	case r < 65:
		p.small(c, sc, f)
	case r < 75:
		p.generic(c, sc, f)
	case r < 85:
		p.iterator(c, sc, f)
	case r < 93:
		p.method(c, sc, f)
	default:
		p.recursive(c, sc, f)
	}
	return f
}

func (p *program) length(c *place) string {
	return p.expand(c, pick(&p.dice, []string{"n", "n", "n", "n", "n", "n+1", "min(n, 30)", "n/2+1", "min(n, 200)", "kit.Edge[{T}](n)", "kit.Edge[{T}](n)"}))
}

func (p *program) declare(c *place, text string, vars ...string) {
	p.heads = append(p.heads, p.expand(c, text, vars...))
}

// plain is a function whose callback reaches its own variables.
func (p *program) plain(c *place, sc *scope, f string) {
	c.loop = true
	form := pick(&p.dice, []string{
		"{body}",
		"{body}",
		"{body}",
		"for range 2 {\n{body}}\n",
		"func() {\n{body}}()\n",
		"done := make(chan bool)\ngo func() {\n{body}close(done)\n}()\n<-done\n",
		"func() {\ndefer func() {\n{body}}()\n}()\n",
		"for range kit.Once(1) {\n{body}}\n",
		"if n > 2 {\n{body}}\n",
		"f := func(n int) {\n{body}}\nf(n)\nf(n/2 + 1)\n",
		"each := func(f func()) {\nf()\nf()\n}\neach(func() {\n{body}})\n",
	})
	if strings.Contains(form, "func() {") || strings.Contains(form, "func(n int)") {
		c.loop = false
	}
	call := p.call(c, p.length(c))
	var b strings.Builder
	sc.write(&b, call, "kit.Disturb(n)\n")
	if uses(form, "body") {
		p.declare(c, "{noinline}func {f}(n int, in uint64) (h uint64) {\nh = in\n"+form+"return h\n}", "f", f, "body", b.String())
	}
}

// driven declares f, which calls another function and then looks at the variables.
func (p *program) driven(c *place, sc *scope, f, before, call string) {
	var b strings.Builder
	sc.write(&b, before+call, "kit.Disturb(n)\n")
	p.declare(c.bare(), "func {f}(n int, in uint64) (h uint64) {\nh = in\n{b}return h\n}", "f", f, "b", b.String())
}

// small is a function that little else than the call is in, so that it is inlined
// into one where more is known of what it is given.
func (p *program) small(c *place, sc *scope, f string) {
	sc.ref = "(*%s)"
	c.h = "(*h)"
	params, args, before := "", "", ""
	short := ""
	if p.percent(60) {
		short = pick(&p.dice, []string{"feed", "way"})
	}
	if short == "feed" || short == "" && p.percent(25) {
		c.feed = "feed"
		params += ", feed func(yield func(" + c.e.typ + "))"
		args += p.expand(c, ", func(yield func({T})) {\n{move}yield({mk}({c}))\n}", "move", p.move())
	}
	if short == "way" {
		params += p.expand(c, ", way func(*{box}) *{box}")
		args += p.expand(c, ", func(v *{box}) *{box} {\n{move}return v\n}", "move", p.move())
	}
	ways := p.below(3)
	if short != "" || p.percent(40) {
		ways = 0
	}
	for range ways {
		k := kind(p.below(kinds))
		X, w := p.typ(c, k), p.name("way")
		switch p.below(3) {
		case 0:
			params += ", " + w + " func(" + X + ") " + X
			args += ", func(v " + X + ") " + X + " {\n" + p.move() + "return v\n}"
			c.ways = append(c.ways, way{k, "{y} := " + w + "({x})"}, way{k, "{y} := kit.Apply(" + w + ", {x})"}, way{k, "{y} := {apply}(" + w + ", {x})"})
		case 1:
			t := p.id + p.name("taker")
			p.heads = append(p.heads, "type "+t+" struct{ n int }\nfunc (t *"+t+") pass(v "+X+") "+X+" { t.n++; return v }")
			params += ", " + w + " interface{ pass(" + X + ") " + X + " }"
			args += ", &" + t + "{}"
			c.ways = append(c.ways, way{k, "{y} := " + w + ".pass({x})"})
		case 2:
			params += ", " + w + " *" + X
			before += "var " + w + " " + X + "\n"
			args += ", &" + w
			c.ways = append(c.ways, way{k, "*" + w + " = {x}\n{y} := *" + w})
		}
	}
	c.short = short
	call := p.call(c, p.length(c))
	e := f + "e"
	for _, o := range sc.vars {
		params += ", " + o.name + " *" + o.typ
		args += ", &" + o.name
	}
	directive := pick(&p.dice, []string{"", "", "", "", "//go:noinline\n"})
	p.declare(c, directive+"func {e}(n int, h *uint64{params}) {\n{call}}", "e", e, "params", params, "call", call)
	invoke := pick(&p.dice, []string{
		"{e}(n, &h{args})\n", "{e}(n, &h{args})\n", "{e}(n, &h{args})\n",
		"for range 2 {\n{e}(n, &h{args})\n}\n",
		"func() {\n{e}(n, &h{args})\n}()\n",
		"func() {\ndefer {e}(n, &h{args})\n}()\n",
	})
	p.driven(c, sc, f, before, p.expand(c, invoke, "e", e, "args", args))
}

// generic is a generic function, instantiated.
func (p *program) generic(c *place, sc *scope, f string) {
	known := c.e
	c.e = element{typ: "E", mk: "mk", sum: "sum", name: known.name + "G", generic: true}
	call := p.call(c, p.length(c))
	var b strings.Builder
	sc.write(&b, call, "kit.Disturb(n)\n")
	p.declare(c, "{noinline}func {f}e[E any](n int, in uint64, mk func(uint64) E, sum func(uint64, E) uint64) (h uint64) {\nh = in\n{b}return h\n}", "f", f, "b", b.String())
	c.e = known
	p.declare(c, "func {f}(n int, in uint64) (h uint64) {\nreturn {f}e[{T}](n, in, {mk}, {sum})\n}", "f", f)
}

// iterator is a function that yields from within the callback.
func (p *program) iterator(c *place, sc *scope, f string) {
	outside := *c
	outside.top = false
	outside.scopes = slices.Clone(c.scopes)
	c.h, c.scopes = "(*h)", []*scope{{ref: "%s", closed: true}}
	c.s = p.name("s")
	form := pick(&p.dice, forms)
	first := ""
	if form.unwritten {
		first = p.expand(c, "for i := range {s} {\n{s}[i] = {mk}(uint64(i))\n}\n")
	}
	c.top, c.deep = false, 2
	sub, z := p.walk(c, value{c.s, slice}, p.below(3))
	b := first + sub + p.expand(c, "if !yield({z}) {\nreturn\n}\n{h} = {sum}({h}, {s}[0])\n", "z", z.text)
	text := p.expand(c, form.text, "n", "n", "cb", p.expand(c, "func({s} []{T}) {\n{b}}", "b", b), "align", "32")
	Y := p.typ(c, z.kind)
	p.declare(c, "{noinline}func {f}i(n int, h *uint64) iter.Seq[{Y}] {\nreturn func(yield func({Y}) bool) {\n{text}}\n}", "f", f, "Y", Y, "text", text)
	outside.s = ""
	x := p.name("x")
	var loop strings.Builder
	walk, end := p.walk(&outside, value{x, z.kind}, 1+p.below(3))
	loop.WriteString(walk)
	p.end(&outside, &loop, end)
	sc.closed = true
	invoke := pick(&p.dice, []string{
		"for {x} := range {f}i(n, &h) {\n{b}}\n",
		"for {x} := range {f}i(n, &h) {\n{b}break\n}\n",
		"for range kit.Once(1) {\nfor {x} := range {f}i(n, &h) {\n{b}}\n}\n",
		"{f}i(n, &h)(func({x} {Y}) bool {\n{b}return true\n})\n",
		"next, stop := iter.Pull({f}i(n, &h))\n{x}, _ := next()\n{b}stop()\n",
	})
	p.driven(&outside, sc, f, "", p.expand(&outside, invoke, "x", x, "f", f, "b", loop.String(), "Y", Y))
}

// method is a method whose receiver has the variables.
func (p *program) method(c *place, sc *scope, f string) {
	sc.ref = "recv.%s"
	c.h = "recv.h"
	call := p.call(c, p.length(c))
	fields, inits, finals := "h uint64\n", "", ""
	for _, o := range sc.vars {
		fields += o.name + " " + o.typ + "\n"
		if o.make != "" {
			inits += "r." + o.name + " = " + o.make + "\n"
		}
		finals += o.name + " := r." + o.name + "\n"
		for _, a := range o.after {
			finals += a
		}
	}
	p.declare(c, "type {f}r struct {\n{fields}}\n{noinline}func (recv *{f}r) run(n int) {\n{call}}", "f", f, "fields", fields, "call", call)
	p.declare(c.bare(), "func {f}(n int, in uint64) (h uint64) {\nr := {new}\nr.h = in\n{inits}{run}kit.Disturb(n)\nh = r.h\n{finals}return h\n}",
		"f", f, "new", pick(&p.dice, []string{"&" + f + "r{}", "new(" + f + "r)"}), "inits", inits, "finals", finals,
		"run", pick(&p.dice, []string{"r.run(n)\n", "run := r.run\nrun(n)\n", "func() {\ndefer r.run(n)\n}()\n"}))
}

// recursive is a function that calls itself in the callback.
func (p *program) recursive(c *place, sc *scope, f string) {
	sc.ref = "(*%s)"
	c.h = "(*h)"
	c.s = p.name("s")
	form := pick(&p.dice, forms)
	b := p.body(c, form.unwritten)
	params, args, pass := "", "", ""
	for _, o := range sc.vars {
		params += ", " + o.name + " *" + o.typ
		args += ", &" + o.name
		pass += ", " + o.name
	}
	again := p.expand(c, "if d > 0 {\n{f}e(n, d-1, h{pass})\n}\n", "f", f, "pass", pass)
	b += again + p.digest(c, value{c.s, slice})
	text := p.expand(c, form.text, "n", "n", "cb", p.expand(c, "func({s} []{T}) {\n{b}}", "b", b), "align", "256")
	if c.panics != nil {
		text = "func() {\ndefer func() {\nif recover() != nil {\n*h++\n}\n}()\n" + text + "}()\n"
	}
	p.declare(c, "func {f}e(n, d int, h *uint64{params}) {\n{text}}", "f", f, "params", params, "text", text)
	p.driven(c, sc, f, "", p.expand(c, "{f}e(n, 4, &h{args})\n", "f", f, "args", args))
}
