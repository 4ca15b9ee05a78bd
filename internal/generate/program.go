package generate

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// program is one that is being made: a few functions that call the library, each in
// a way of its own.
type program struct {
	dice
	id       string // begins all names
	names    int
	declared map[string]bool
	heads    []string // declarations
	after    []string // statements that digest and release the globals, in h
}

// A value is an expression, of a kind.
type value struct {
	text string
	kind kind
}

// A place is where statements stand, and what they reach.
type place struct {
	e      element
	h      string   // the digest, assignable
	s      string   // the block, if it is in reach
	scopes []*scope // with variables that outlive the call, nearest last
	ways   []way    // through what the enclosing function was given
	short  string   // a parameter that one of shorts is made with
	feed   string   // parameter that calls its argument with an element, if there is one
	deep   int      // wrappers and calls around
	top    bool     // directly in the callback: panics and returns leave it
	loop   bool     // directly in the body of a loop over Scope
	tight  bool     // no step that is leaky
	panics *value   // what the callback panics with, once it is known
}

// A way takes a value of a kind to another of that kind.
type way struct {
	kind kind
	text string
}

// A scope is a function around a call, with variables of its own.
type scope struct {
	ref    string // how a variable is written in the callback, with its name for %s
	vars   []outer
	closed bool     // opens must stay empty
	opens  []string // statements around the call and all that comes after it
	closes []string
}

type outer struct {
	name, typ, make string
	after           []string // statements that digest it, in h
}

func (p *program) name(prefix string) string {
	p.names++
	return prefix + strconv.Itoa(p.names)
}

func (p *program) constant() string { return strconv.Itoa(p.below(90) + 3) }

var placeholder = regexp.MustCompile(`\{[A-Za-z0-9]+\}`)

// expand replaces what stands in braces: by vars, which come in pairs, by what the
// context and its elements say, or by a helper, which it declares.
func (p *program) expand(c *place, text string, vars ...string) string {
	local := map[string]string{}
	return placeholder.ReplaceAllStringFunc(text, func(found string) string {
		key := found[1 : len(found)-1]
		for i := 0; i < len(vars); i += 2 {
			if vars[i] == key {
				return vars[i+1]
			}
		}
		switch key {
		case "T":
			return c.e.typ
		case "h":
			return c.h
		case "s":
			return c.s
		case "mk":
			return c.e.mk
		case "sum":
			return c.e.sum
		case "c":
			return p.constant()
		case "m":
			if local[key] == "" {
				local[key] = pick(&p.dice, []string{"2", "4", "9", "40", "300"})
			}
			return local[key]
		case "v", "w":
			if local[key] == "" {
				local[key] = p.name(key)
			}
			return local[key]
		case "tp":
			return c.parameters()
		case "noinline":
			return pick(&p.dice, []string{"", "", "//go:noinline\n"})
		}
		return p.helper(c, key)
	})
}

// parameters is the list of type parameters of what is declared for the context.
func (c *place) parameters() string {
	if c.e.generic {
		return "[E any]"
	}
	return ""
}

// helper returns the name of a helper, and sees that it is declared.
func (p *program) helper(c *place, key string) string {
	text, ok := helpers[key]
	if !ok {
		panic("unknown placeholder: " + key)
	}
	name := p.id + key + c.e.name
	use := name
	if explicit[key] != "" && c.e.generic {
		use += "[E]"
	}
	if !p.declared[name] {
		p.declared[name] = true
		at := len(p.heads)
		p.heads = append(p.heads, "")
		// These are declared with their parameters, and used with arguments.
		if keyword := explicit[key]; keyword != "" {
			text = strings.Replace(text, keyword+" {"+key+"}", keyword+" "+name+c.parameters(), 1)
		}
		p.heads[at] = p.expand(c, text, key, use)
	}
	return use
}

func (p *program) typ(c *place, k kind) string { return p.expand(c, kindTexts[k]) }

// walk makes statements that lead x over so many steps, and what they end in.
func (p *program) walk(c *place, x value, length int) (text string, z value) {
	var b strings.Builder
	for range length {
		x = p.step(c, &b, x, -1)
		p.noise(c, &b)
	}
	return b.String(), x
}

// pick returns one of the templates that the context allows.
func (p *program) pick(c *place, of []string) string {
	for {
		if text := pick(&p.dice, of); !c.tight || !isLeaky(text) {
			return text
		}
	}
}

// step writes a step from x, to a value of kind to unless that is negative.
func (p *program) step(c *place, b *strings.Builder, x value, to kind) value {
	y := p.name("v")
	X := p.typ(c, x.kind)
	if to < 0 && c.deep < 3 && p.percent(30) {
		return p.wrap(c, b, x)
	}
	if to < 0 || to == x.kind {
		var fit []string
		for _, w := range c.ways {
			if w.kind == x.kind {
				fit = append(fit, w.text)
			}
		}
		if len(fit) > 0 && p.percent(60) {
			b.WriteString(p.expand(c, pick(&p.dice, fit), "x", x.text, "y", y, "X", X) + "\n")
			return value{y, x.kind}
		}
		if to == x.kind || p.percent(25) {
			b.WriteString(p.expand(c, p.pick(c, anySteps), "x", x.text, "y", y, "X", X) + "\n")
			return value{y, x.kind}
		}
	}
	var fit []step
	for _, s := range steps {
		if s.from == x.kind && (to < 0 || s.to == to) && !(c.tight && (leakyKind[s.to] || isLeaky(s.text))) {
			fit = append(fit, s)
		}
	}
	if p.percent(40) || len(fit) == 0 {
		if at := sliceOf[x.kind]; x.kind != slice && at != "" && (to < 0 || to == slice) {
			b.WriteString(p.expand(c, "{y} := "+at+"\n", "x", x.text, "y", y))
			return value{y, slice}
		}
	}
	if len(fit) == 0 {
		b.WriteString(p.expand(c, "{y} := {x}\n", "x", x.text, "y", y))
		return value{y, x.kind}
	}
	s := pick(&p.dice, fit)
	b.WriteString(p.expand(c, s.text, "x", x.text, "y", y, "X", X) + "\n")
	return value{y, s.to}
}

// inner is the context of statements within another function or block.
func (c *place) inner() *place {
	i := *c
	i.deep++
	i.top, i.loop = false, false
	return &i
}

// wrap writes a wrapper around a walk from x.
func (p *program) wrap(c *place, b *strings.Builder, x value) value {
	if p.percent(20) {
		return p.extract(c, b, x)
	}
	w := p.pick(c, wrappers)
	if c.s == "" && uses(w, "s") {
		w = wrappers[0]
	}
	y, in := p.name("v"), x
	if uses(w, "i") {
		in = value{p.name("x"), x.kind}
	}
	i := c.inner()
	sub, z := p.walk(i, in, 1+p.below(2))
	sub2, z2 := "", z
	if uses(w, "sub2") {
		var alternative strings.Builder
		z2 = p.step(i, &alternative, in, z.kind)
		if sub2 = alternative.String(); z2.kind != z.kind {
			sub2, z2 = sub, z
		}
	}
	b.WriteString(p.expand(c, w, "x", x.text, "y", y, "i", in.text, "X", p.typ(c, x.kind), "Y", p.typ(c, z.kind),
		"sub", sub, "z", z.text, "sub2", sub2, "z2", z2.text) + "\n")
	if in.text != x.text && !strings.Contains(sub, in.text) && in.text != z.text {
		panic("unused input") // the compiler would say so
	}
	return value{y, z.kind}
}

// extract writes a call of a function of its own with a walk from x.
func (p *program) extract(c *place, b *strings.Builder, x value) value {
	i := c.inner()
	i.h, i.s, i.scopes, i.ways, i.feed = "(*h)", "", nil, nil, ""
	f, y := p.id+p.name("f"), p.name("v")
	sub, z := p.walk(i, value{"x", x.kind}, 1+p.below(3))
	params, args := "", ""
	if c.e.generic {
		params, args = ", mk func(uint64) E, sum func(uint64, E) uint64", ", mk, sum"
	}
	p.heads = append(p.heads, p.expand(c, "{noinline}func {f}{tp}(x {X}, h *uint64{params}) {Y} {\n{sub}return {z}\n}",
		"f", f, "X", p.typ(c, x.kind), "Y", p.typ(c, z.kind), "sub", sub, "z", z.text, "params", params))
	b.WriteString(p.expand(c, "{y} := {f}({x}, &{h}{args})\n", "f", f, "x", x.text, "y", y, "args", args))
	return value{y, z.kind}
}

// noise writes something beside the way, sometimes.
func (p *program) noise(c *place, b *strings.Builder) {
	switch p.below(14) {
	case 0:
		b.WriteString(p.move())
	case 1:
		b.WriteString(p.expand(c, "kit.Collect({c})\n"))
	case 2:
		if c.s != "" {
			b.WriteString(p.expand(c, "{s}[len({s})-1] = {mk}({c})\n"))
		}
	case 3:
		if c.s != "" {
			b.WriteString(p.expand(c, "{h} = {sum}({h}, {s}[0])\n"))
		}
	}
}

// move is a statement that moves the stack, unless it is large already.
func (p *program) move() string { return "kit.Move(" + strconv.Itoa(p.below(40)) + ")\n" }

func (p *program) digest(c *place, z value) string {
	return p.expand(c, digestOf[z.kind], "x", z.text) + "\n"
}

// use writes statements that read and write the block through z and directly, while
// the stack moves.
func (p *program) use(c *place, b *strings.Builder, z value) {
	u, at := p.name("u"), sliceOf[z.kind]
	early := at != "" && p.percent(40)
	alias := func() { b.WriteString(p.expand(c, "{u} := "+at+"\n", "u", u, "x", z.text)) }
	if early {
		alias()
	}
	b.WriteString(p.move())
	if c.s != "" {
		b.WriteString(p.expand(c, "{s}[0] = {mk}({c})\n"))
	}
	b.WriteString(p.digest(c, z))
	if at == "" {
		return
	}
	if !early {
		alias()
	}
	b.WriteString(p.expand(c, "if len({u}) > 0 {\n{u}[len({u})-1] = {mk}({c})\n}\n", "u", u))
	seen := c.s
	if seen == "" {
		seen = u
	}
	b.WriteString(p.digest(c, value{seen, slice}))
}

// end writes what becomes of z.
func (p *program) end(c *place, b *strings.Builder, z value) {
	if len(c.scopes) == 0 || p.percent(map[bool]int{false: 45, true: 55}[c.tight]) {
		if !c.tight && !c.e.generic && p.percent(20) {
			p.toGlobal(c, b, z)
			return
		}
		p.use(c, b, z)
		return
	}
	if c.loop && p.percent(25) {
		b.WriteString("defer func() {\n" + p.digest(c, z) + "}()\n")
		return
	}
	if c.top && c.panics == nil && !c.tight && p.percent(12) {
		c.panics = &z
		b.WriteString(p.expand(c, "if {h}%2 == 0 {\npanic({x})\n}\n", "x", z.text))
		return
	}
	if !c.e.generic && p.percent(map[bool]int{false: 30, true: 10}[c.tight]) {
		p.toGlobal(c, b, z)
		return
	}
	sc := c.scopes[len(c.scopes)-1]
	if p.percent(20) {
		sc = c.scopes[0]
	}
	p.toOuter(c, sc, b, z)
}

// toOuter lets a value go into a variable of a scope around the place.
func (p *program) toOuter(c *place, sc *scope, b *strings.Builder, z value) {
	Y := p.typ(c, z.kind)
	o := outer{name: p.name("o")}
	at := fmt.Sprintf(sc.ref, o.name)
	v := p.name("v")
	each := []string{"for _, " + v + " := range " + o.name + " {\n" + p.digest(c.bare(), value{v, z.kind}) + "}\n"}
	r := p.below(10)
	if c.tight && p.percent(60) {
		r = 0
	}
	switch {
	case r < 4:
		o.typ = Y
		o.after = []string{p.digest(c.bare(), value{o.name, z.kind})}
		b.WriteString(at + " = " + z.text + "\n")
	case r == 4:
		o.typ = "[]" + Y
		o.after = each
		b.WriteString(at + " = append(" + at + ", " + z.text + ")\n")
	case r == 5:
		o.typ, o.make = "map[string]"+Y, "map[string]"+Y+"{}"
		o.after = each
		b.WriteString(at + "[\"k\"] = " + z.text + "\n")
	case r == 6:
		o.typ, o.make = "chan "+Y, "make(chan "+Y+", 4)"
		o.after = []string{"for len(" + o.name + ") > 0 {\n" + v + " := <-" + o.name + "\n" + p.digest(c.bare(), value{v, z.kind}) + "}\n"}
		b.WriteString("select {\ncase " + at + " <- " + z.text + ":\ndefault:\n}\n")
	case r == 7:
		o.typ = "func() uint64"
		o.after = []string{"if " + o.name + " != nil {\nh = kit.Mix(h, " + o.name + "())\n}\n"}
		b.WriteString(at + " = func() (h uint64) {\n" + p.digest(c.bare(), z) + "return h\n}\n")
	case r == 8 && z.kind != getter && z.kind != channel:
		o.typ, o.make = "*kit.Gate", "kit.NewGate()"
		o.after = []string{"h = kit.Mix(h, " + o.name + ".Open())\n"}
		b.WriteString(at + ".Add()\ngo func() {\n<-" + at + ".C\nh := uint64(1)\n" + p.digest(c.bare(), z) + at + ".Done(h)\n}()\n")
	default:
		if sc.ref != "%s" || sc.closed {
			o.typ = Y
			o.after = []string{p.digest(c.bare(), value{o.name, z.kind})}
			b.WriteString(at + " = " + z.text + "\n")
			break
		}
		// Into another block.
		block := p.name("t")
		sc.opens = append(sc.opens, "stackalloc.Do(5, func("+block+" []"+Y+") {\n")
		sc.closes = append(sc.closes, p.digest(c.bare(), value{block + "[1]", z.kind})+"})\n")
		b.WriteString(block + "[1] = " + z.text + "\n")
		return
	}
	sc.vars = append(sc.vars, o)
}

// bare is the context of a digest in h.
func (c *place) bare() *place {
	b := *c
	b.h = "h"
	return &b
}

func (p *program) toGlobal(c *place, b *strings.Builder, z value) {
	g := p.id + p.name("g")
	Y := p.typ(c, z.kind)
	p.heads = append(p.heads, "var "+g+" "+Y)
	p.after = append(p.after, p.digest(c.bare(), value{g, z.kind})+"{\nvar zero "+Y+"\n"+g+" = zero\n}\n")
	b.WriteString(g + " = " + z.text + "\n")
}

// body is that of a callback.
func (p *program) body(c *place, unwritten bool) string {
	var b strings.Builder
	c.tight = p.percent(65)
	if unwritten {
		b.WriteString(p.expand(c, "for i := range {s} {\n{s}[i] = {mk}(uint64(i))\n}\n"))
	}
	if c.short != "" {
		p.shorten(c, &b)
		return b.String()
	}
	if p.percent(30) { // tiny
		if p.percent(40) {
			p.end(c, &b, value{c.s, slice})
			return b.String()
		}
		if c.feed != "" {
			p.fed(c, &b)
			return b.String()
		}
		sub, z := p.walk(c, value{c.s, slice}, 1)
		b.WriteString(sub)
		p.end(c, &b, z)
		return b.String()
	}
	if p.percent(40) {
		b.WriteString(p.digest(c, value{c.s, slice}))
	}
	for range 1 + p.below(2) {
		switch {
		case c.feed != "" && p.percent(50):
			p.fed(c, &b)
		case c.deep < 2 && p.percent(12):
			p.nested(c, &b)
		default:
			sub, z := p.walk(c, value{c.s, slice}, 1+p.below(4))
			b.WriteString(sub)
			p.end(c, &b, z)
		}
	}
	if c.loop && p.percent(15) {
		b.WriteString("if h%5 == 0 {\nreturn kit.Mix(h, 3)\n}\n")
	}
	if c.loop && p.percent(15) {
		b.WriteString("if h%3 == 0 {\nbreak\n}\n")
	}
	return b.String()
}

// shorten writes one of shorts.
func (p *program) shorten(c *place, b *strings.Builder) {
	text := pick(&p.dice, shorts)
	for !uses(text, c.short) {
		text = pick(&p.dice, shorts)
	}
	sc := c.scopes[0]
	o := outer{name: p.name("o"), typ: c.e.typ}
	o.after = []string{p.expand(c.bare(), "h = {sum}(h, {o})\n", "o", o.name)}
	sc.vars = append(sc.vars, o)
	b.WriteString(p.expand(c, text, "o", fmt.Sprintf(sc.ref, o.name), "feed", c.feed, "way", "way"))
	c.short = ""
}

// fed has the block written to by what the enclosing function was given.
func (p *program) fed(c *place, b *strings.Builder) {
	v := p.name("v")
	b.WriteString(p.expand(c, pick(&p.dice, []string{
		"{feeding}({feed}, func({v} {T}) {\n{s}[0] = {v}\n})\n",
		"{feed}(func({v} {T}) {\n{s}[0] = {v}\n})\n",
		"{feeding}({feed}, func({v} {T}) {\nfor i := range {s} {\n{s}[i] = {v}\n}\n})\n",
	}), "feed", c.feed, "v", v))
	b.WriteString(p.digest(c, value{c.s, slice}))
}

// nested makes another call in a callback.
func (p *program) nested(c *place, b *strings.Builder) {
	in := c.inner()
	in.panics = nil
	if !c.e.generic {
		in.e = pick(&p.dice, elements)
	}
	in.ways, in.feed = nil, ""
	own := &scope{ref: "%s"}
	in.scopes = append(slices.Clone(c.scopes), own)
	text := p.call(in, "len("+c.s+")+1")
	h := c.h
	b.WriteString("{\n")
	there := p.name("h")
	if h != "h" {
		b.WriteString(there + " := &" + h + "\nh := *" + there + "\n")
		text = strings.ReplaceAll(text, h, "h")
	}
	own.write(b, text, p.move())
	if h != "h" {
		b.WriteString("*" + there + " = h\n")
	}
	b.WriteString("}\n")
}

// write writes the scope's variables, the call, what comes between, and what is
// done with the variables.
func (s *scope) write(b *strings.Builder, call, between string) {
	s.declare(b)
	for _, o := range s.opens {
		b.WriteString(o)
	}
	b.WriteString(call)
	b.WriteString(between)
	for _, o := range s.vars {
		for _, a := range o.after {
			b.WriteString(a)
		}
	}
	for i := range s.closes {
		b.WriteString(s.closes[len(s.closes)-1-i])
	}
}

func (s *scope) declare(b *strings.Builder) {
	for _, o := range s.vars {
		if o.make != "" {
			b.WriteString(o.name + " := " + o.make + "\n")
		} else {
			b.WriteString("var " + o.name + " " + o.typ + "\n")
		}
	}
}
