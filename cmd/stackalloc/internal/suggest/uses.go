package suggest

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

// A copy differs from a block in two things that a program may see: it is nil when
// there is nothing to copy, and it has room to spare, as much as the runtime likes.

// nilSeen returns what might notice whether a slice is nil or only empty, or "".
func (s *site) nilSeen(v *types.Var) string {
	for _, u := range s.vars[v].uses {
		if !s.after(u) || s.copiedBack(u) {
			continue
		}
		if s.backTo(u.stack[:len(u.stack)-1], v) || s.shortened(u, v) {
			continue
		}
		if why := s.nilSeenBy(u.stack); why != "" {
			return why
		}
	}
	return ""
}

// after reports whether a use may come after the place: an older variable may be used
// anywhere, in loops and closures.
func (s *site) after(u use) bool {
	if s.assigned {
		return u.id != s.pieces[0].id
	}
	return s.moved(u.id.Pos()) && u.id.Pos() >= s.last.End()
}

// copiedBack matches the operand of x = slices.Clone(x).
func (s *site) copiedBack(u use) bool {
	if !s.assigned {
		return false
	}
	p := s.pieces[0]
	return p.f.Kind == clone && ast.Unparen(p.call.Args[len(p.call.Args)-1]) == ast.Expr(u.id)
}

// shortened matches x = x[i:j].
func (s *site) shortened(u use, v *types.Var) bool {
	if len(u.stack) < 3 {
		return false
	}
	e, ok := u.stack[len(u.stack)-2].(*ast.SliceExpr)
	a, isAssign := u.stack[len(u.stack)-3].(*ast.AssignStmt)
	return ok && isAssign && e.X == u.id && len(a.Lhs) == 1 && len(a.Rhs) == 1 && s.isVar(a.Lhs[0], v)
}

func (s *site) nilSeenBy(stack []ast.Node) string {
	info := s.info()
	i := len(stack) - 1
	for ; i > 0; i-- {
		switch p := stack[i-1].(type) {
		case *ast.ParenExpr:
			continue
		case *ast.SliceExpr:
			if p.X == stack[i] {
				continue
			}
		}
		break
	}
	if i == 0 {
		return "an unknown use"
	}
	const flows = "it may be nil, which its copy on the stack is not, and that could be seen"
	switch p := stack[i-1].(type) {
	case *ast.IndexExpr:
		return ""
	case *ast.RangeStmt:
		return ""
	case *ast.SliceExpr:
		return "" // a bound of another
	case *ast.AssignStmt:
		// The variable itself, or a part of it that is assigned back.
		for _, l := range p.Lhs {
			if l == stack[i] {
				return ""
			}
		}
	case *ast.ExprStmt:
		return ""
	case *ast.CallExpr:
		if p.Fun == stack[i] {
			return flows
		}
		switch builtinName(p, info) {
		case "len", "copy", "clear":
			return ""
		case "append":
			if p.Ellipsis.IsValid() && p.Args[0] != stack[i] {
				return ""
			}
			return flows
		}
		if info.Types[p.Fun].IsType() {
			if isString(info.TypeOf(p)) {
				return ""
			}
			return flows
		}
		if s.obs.blindTo(p, stack[i], info, true) {
			return ""
		}
	}
	return flows
}

// roomSeen returns what might notice how much room a copy has behind its end, or "".
func (s *site) roomSeen(v *types.Var) string {
	for _, u := range s.vars[v].uses {
		if (s.assigned || s.moved(u.id.Pos())) && s.extended(u.stack) {
			return "it is appended to, which leaves the block"
		}
	}
	if s.vars[v].address || !s.appendOnly(v, true) {
		return "its capacity, which is up to the runtime, could be seen"
	}
	return ""
}

// extended reports whether the last node of the stack, or a part of it, is what a call
// appends to. Whether that moves it depends on the room, and others may have it.
func (s *site) extended(stack []ast.Node) bool {
	for i := len(stack) - 1; i > 0; i-- {
		switch p := stack[i-1].(type) {
		case *ast.ParenExpr:
			continue
		case *ast.SliceExpr:
			if p.X == stack[i] {
				continue
			}
		case *ast.CallExpr:
			return len(p.Args) > 0 && p.Args[0] == stack[i] && (builtinName(p, s.info()) == "append" || extends(p, s.info()))
		}
		return false
	}
	return false
}

// zeroLength matches x[:0].
func (s *site) zeroLength(e *ast.SliceExpr) bool {
	l, ok := e.High.(*ast.BasicLit)
	return ok && l.Value == "0" && e.Low == nil && !e.Slice3
}

// appendOnly reports whether nothing sees what is behind the end of a slice: it is
// appended to, and otherwise its elements are used up to its length. With follow other
// variables may have it too: then it must not matter when an append moves it.
func (s *site) appendOnly(v *types.Var, follow bool) bool {
	for _, u := range s.vars[v].uses {
		if !s.assigned && u.id.Pos() < s.last.End() || s.assigned && !s.after(u) || s.copiedBack(u) {
			continue
		}
		i := len(u.stack) - 1
		ok := false
		switch p := u.stack[i-1].(type) {
		case *ast.IndexExpr, *ast.RangeStmt, *ast.BinaryExpr:
			ok = true
		case *ast.SliceExpr:
			ok = p.X != u.stack[i] || p.High == nil || s.zeroLength(p) || s.inLength(p, v)
			if ok && p.X == u.stack[i] {
				ok = s.endsHere(u.stack[:i], v)
			}
		case *ast.CallExpr:
			switch builtinName(p, s.info()) {
			case "len", "copy", "clear":
				ok = true
			case "append":
				ok = p.Args[0] != u.stack[i] && p.Ellipsis.IsValid() || p.Args[0] == u.stack[i] && s.backTo(u.stack[:i], v)
			case "":
				switch {
				case s.info().Types[p.Fun].IsType():
					ok = isString(s.info().TypeOf(p))
				case extends(p, s.info()) && p.Args[0] == u.stack[i]:
					ok = s.backTo(u.stack[:i], v)
				default:
					ok = s.obs.blindTo(p, u.stack[i], s.info(), false)
				}
			}
		case *ast.ReturnStmt:
			ok = s.givesBack(u.stack)
		case *ast.AssignStmt:
			for k, l := range p.Lhs {
				if l == u.id && len(p.Lhs) == len(p.Rhs) {
					ok = s.fromSelf(p.Rhs[k], v)
				}
			}
		}
		if !ok && follow {
			t := s.obs.tracker(false)
			t.seen[v] = true // its other uses are judged here
			ok = t.value(u.stack, funcDecl{s.root, s.info(), s.pkg})
		}
		if !ok {
			return false
		}
	}
	return true
}

// givesBack reports whether the last node of the stack is what a function that makes its
// result returns.
func (s *site) givesBack(stack []ast.Node) bool {
	return s.gives && !slices.ContainsFunc(stack, func(n ast.Node) bool { _, lit := n.(*ast.FuncLit); return lit })
}

// inLength reports whether a part x[i:j] surely does not reach behind the end.
func (s *site) inLength(e *ast.SliceExpr, v *types.Var) bool {
	return e.High != nil && s.isVar(e.X, v) && s.obs.ends.EndsWithin(e, s.root, s.pkg)
}

// endsHere judges x[i:] or x[:0], the last node of the stack.
func (s *site) endsHere(stack []ast.Node, v *types.Var) bool {
	i := len(stack) - 1
	switch p := stack[i-1].(type) {
	case *ast.AssignStmt:
		e, ok := stack[i].(*ast.SliceExpr)
		return ok && p.Tok == token.ASSIGN && len(p.Lhs) == 1 && s.isVar(p.Lhs[0], v) && s.isVar(e.X, v)
	case *ast.ReturnStmt:
		return s.givesBack(stack)
	case *ast.RangeStmt, *ast.IndexExpr:
		return true
	case *ast.CallExpr:
		switch builtinName(p, s.info()) {
		case "len", "copy":
			return true
		case "append":
			if p.Args[0] == stack[i] {
				return s.backTo(stack[:i], v)
			}
			return p.Ellipsis.IsValid()
		case "":
			return s.info().Types[p.Fun].IsType() && isString(s.info().TypeOf(p)) || s.obs.blindTo(p, stack[i], s.info(), false)
		}
	}
	return false
}

// backTo reports whether an append, the last node of the stack, is assigned to the
// variable it extends and to nothing else, or becomes a string.
func (s *site) backTo(stack []ast.Node, v *types.Var) bool {
	if len(stack) < 2 {
		return false
	}
	c, isCall := stack[len(stack)-1].(*ast.CallExpr)
	if !isCall || builtinName(c, s.info()) != "append" && !extends(c, s.info()) {
		return false
	}
	if t, ok := stack[len(stack)-2].(*ast.CallExpr); ok && s.info().Types[t.Fun].IsType() {
		return isString(s.info().TypeOf(t))
	}
	a, ok := stack[len(stack)-2].(*ast.AssignStmt)
	if !ok || a.Tok != token.ASSIGN || len(a.Lhs) != 1 {
		return false
	}
	id, ok := a.Lhs[0].(*ast.Ident)
	return ok && s.info().Uses[id] == v
}

// fromSelf reports whether a value assigned to the variable is the variable longer
// or shorter.
func (s *site) fromSelf(e ast.Expr, v *types.Var) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.CallExpr:
		if builtinName(e, s.info()) == "append" || extends(e, s.info()) {
			return s.isVar(e.Args[0], v)
		}
	case *ast.SliceExpr:
		return s.isVar(e.X, v) && (e.High == nil || s.zeroLength(e) || s.inLength(e, v))
	}
	return false
}

func (s *site) isVar(e ast.Expr, v *types.Var) bool {
	id, ok := ast.Unparen(e).(*ast.Ident)
	return ok && s.info().Uses[id] == v
}
