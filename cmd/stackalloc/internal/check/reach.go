package check

import (
	"fmt"
	"go/types"
	"slices"
	"strings"
)

// A type that another package cannot write may still be had there: as what an exported
// function or method returns, as an exported variable, as a field, or embedded in a type
// that can be written. Reach finds such values, as variables of the package of callers.

// reach is what another package can have of a package.
type reach struct {
	*callers
	vars   []string // their declarations
	values []value
}

// value is an expression in the package of callers that can be addressed.
type value struct {
	text string
	t    types.Type
}

// maxReached is the number of values that are looked at: an API may lead in circles.
const maxReached = 300

// reach returns what there is, which it finds when it is first asked.
func (c *callers) reach() *reach {
	if c.reached != nil {
		return c.reached
	}
	r := &reach{callers: c}
	c.reached = r
	scope := c.self.Scope()
	for _, name := range scope.Names() {
		o := scope.Lookup(name)
		if !o.Exported() {
			continue
		}
		full := c.name(c.self) + "." + name
		switch o := o.(type) {
		case *types.Var:
			r.have(full, o.Type())
		case *types.TypeName:
			if nameable(o.Type()) && !isGeneric(o.Type()) {
				r.variable("new("+full+")", 1, 0, types.NewPointer(o.Type()))
			}
		case *types.Func:
			r.results(full, o.Signature())
		}
	}
	for i := 0; i < len(r.values) && i < maxReached; i++ {
		r.parts(r.values[i])
	}
	return r
}

func isGeneric(t types.Type) bool {
	n, ok := t.(*types.Named)
	return ok && n.TypeParams() != nil
}

// has reports whether there is a value of a type.
func (r *reach) has(t types.Type) bool {
	return slices.ContainsFunc(r.values, func(v value) bool { return types.Identical(v.t, t) })
}

// have notes a value of a type that there is none of yet.
func (r *reach) have(text string, t types.Type) {
	if !r.has(t) {
		r.values = append(r.values, value{text, t})
	}
}

// variable declares a variable for the i-th of the n results of an expression.
func (r *reach) variable(text string, n, i int, t types.Type) {
	if r.has(t) {
		return
	}
	names := slices.Repeat([]string{"_"}, n)
	names[i] = fmt.Sprintf("v%d", len(r.vars))
	r.vars = append(r.vars, "var "+strings.Join(names, ", ")+" = "+text)
	r.have(names[i], t)
}

// results declares variables for what a function returns, if it can be called.
func (r *reach) results(fun string, sig *types.Signature) {
	n := sig.Results().Len()
	if n == 0 {
		return
	}
	call, ok := r.call(fun, sig)
	for i := 0; ok && i < n; i++ {
		r.variable(call, n, i, sig.Results().At(i).Type())
	}
}

// call returns a call of a function with some arguments.
func (r *reach) call(fun string, sig *types.Signature) (text string, ok bool) {
	if sig.TypeParams() != nil || sig.RecvTypeParams() != nil {
		return "", false
	}
	n := sig.Params().Len()
	if sig.Variadic() {
		n--
	}
	var args []string
	for i := range n {
		v, ok := r.value(sig.Params().At(i).Type())
		if !ok {
			return "", false
		}
		args = append(args, v)
	}
	return fun + "(" + strings.Join(args, ", ") + ")", true
}

// value returns an expression of a type.
func (r *reach) value(t types.Type) (text string, ok bool) {
	if nameable(t) {
		return "*new(" + types.TypeString(t, r.callers.name) + ")", true
	}
	for _, v := range r.values {
		switch {
		case types.AssignableTo(v.t, t):
			return v.text, true
		case types.AssignableTo(types.NewPointer(v.t), t):
			return "&" + v.text, true
		}
		if p, ok := v.t.(*types.Pointer); ok && types.AssignableTo(p.Elem(), t) {
			return "*" + v.text, true
		}
	}
	switch t.Underlying().(type) {
	case *types.Pointer, *types.Slice, *types.Map, *types.Chan, *types.Signature, *types.Interface:
		return "nil", true
	}
	return "", false
}

// parts has the fields of a value, and what its methods return.
func (r *reach) parts(v value) {
	t := v.t
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	switch u := t.Underlying().(type) {
	case *types.Struct:
		for f := range u.Fields() {
			if f.Exported() {
				r.have(v.text+"."+f.Name(), f.Type())
			}
		}
	case *types.Slice:
		r.have(v.text+"[0]", u.Elem())
	case *types.Map:
		if k, ok := r.value(u.Key()); ok {
			r.variable(v.text+"["+k+"]", 1, 0, u.Elem())
		}
	case *types.Signature:
		r.results(v.text, u)
	}
	for m := range types.NewMethodSet(withPointer(v.t)).Methods() {
		if f := m.Obj().(*types.Func); f.Exported() {
			r.results(v.text+"."+f.Name(), m.Type().(*types.Signature))
		}
	}
}

// withPointer returns the type that has all methods which a variable of a type has.
func withPointer(t types.Type) types.Type {
	if _, ok := t.Underlying().(*types.Pointer); ok || types.IsInterface(t) {
		return t
	}
	return types.NewPointer(t)
}

// receivers returns expressions whose method of the name is f, where the compiler sees that:
// a value of its type, or of a type that it is promoted to; and else the calls of functions
// that return an interface which its type implements.
func (r *reach) receivers(f *types.Func) (out []string) {
	for _, v := range r.values {
		if o, _, _ := types.LookupFieldOrMethod(v.t, true, r.self, f.Name()); o == f {
			return []string{v.text}
		}
	}
	scope := r.self.Scope()
	for _, name := range scope.Names() {
		fn, ok := scope.Lookup(name).(*types.Func)
		if !ok || !fn.Exported() || fn.Signature().Results().Len() != 1 {
			continue
		}
		t := fn.Signature().Results().At(0).Type()
		i, ok := t.Underlying().(*types.Interface)
		if o, _, _ := types.LookupFieldOrMethod(t, true, r.self, f.Name()); !ok || o == nil || !types.Implements(withPointer(f.Signature().Recv().Type()), i) {
			continue
		}
		if call, ok := r.call(r.callers.name(r.self)+"."+name, fn.Signature()); ok {
			out = append(out, call)
		}
	}
	return out
}
