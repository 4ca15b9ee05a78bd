package suggest

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// A slice in a block is not nil where one that was never appended to is, and has other
// room behind its end than one that the runtime gave room. Most functions cannot tell.

// nilBlind are packages whose functions treat nil as an empty slice and use none of the
// room behind its end, as long as they return no slice.
var nilBlind = map[string]bool{
	"slices": true, "sort": true, "bytes": true, "strings": true, "unicode/utf8": true, "unicode/utf16": true,
	"encoding/hex": true, "encoding/base64": true, "encoding/binary": true, "hash/crc32": true, "hash/adler32": true,
	"crypto/subtle": true, "crypto/sha256": true, "crypto/sha512": true, "crypto/sha1": true, "crypto/md5": true,
}

// blindTo reports whether the function of a call cannot tell of an argument whether it
// is nil or empty, and what room is behind its end.
func (o *observers) blindTo(c *ast.CallExpr, arg ast.Node, info *types.Info) bool {
	return o.blind(c, arg, info, map[*types.Var]bool{})
}

func (o *observers) blind(c *ast.CallExpr, arg ast.Node, info *types.Info, seen map[*types.Var]bool) bool {
	fn := callee(c, info)
	if fn == nil || fn.Pkg() == nil {
		return false
	}
	if nilBlind[fn.Pkg().Path()] {
		return fn.Signature().Results().Len() == 0 || plain(fn.Signature().Results())
	}
	d, ok := o.decls[fn.FullName()]
	i := slices.IndexFunc(c.Args, func(a ast.Expr) bool { return a == arg })
	if !ok || i < 0 {
		return false
	}
	sig, ok := d.info.Defs[d.decl.Name].(*types.Func)
	if !ok {
		return false
	}
	params := sig.Signature().Params()
	if i >= params.Len() || sig.Signature().Variadic() && i == params.Len()-1 && !c.Ellipsis.IsValid() {
		return false
	}
	v := params.At(i)
	if _, ok := v.Type().Underlying().(*types.Slice); !ok {
		return false
	}
	if seen[v] {
		return true
	}
	seen[v] = true
	blind := true
	var stack []ast.Node
	ast.Inspect(d.decl.Body, func(n ast.Node) bool {
		if n == nil {
			stack = stack[:len(stack)-1]
			return false
		}
		stack = append(stack, n)
		if id, ok := n.(*ast.Ident); ok && d.info.Uses[id] == v {
			blind = blind && o.blindUse(stack, v, d.info, seen)
		}
		return true
	})
	return blind
}

// blindUse judges one use of a parameter, the last node of the stack.
func (o *observers) blindUse(stack []ast.Node, v *types.Var, info *types.Info, seen map[*types.Var]bool) bool {
	i := len(stack) - 1
	for ; i > 0; i-- {
		switch p := stack[i-1].(type) {
		case *ast.ParenExpr:
			continue
		case *ast.SliceExpr:
			if p.X == stack[i] && p.High == nil {
				continue
			}
		}
		break
	}
	if i == 0 {
		return false
	}
	switch p := stack[i-1].(type) {
	case *ast.IndexExpr:
		return !addressed(stack[:i], info)
	case *ast.RangeStmt:
		return p.X == stack[i]
	case *ast.AssignStmt:
		// What it gets in its place is another slice, or its own end.
		if len(p.Lhs) != 1 || len(p.Rhs) != 1 {
			return false
		}
		id, ok := p.Lhs[0].(*ast.Ident)
		return ok && info.Uses[id] == v
	case *ast.CallExpr:
		if p.Fun == stack[i] {
			return false
		}
		switch builtinName(p, info) {
		case "len", "copy", "clear":
			return true
		case "append":
			return p.Ellipsis.IsValid() && p.Args[0] != stack[i]
		case "":
		default:
			return false
		}
		if info.Types[p.Fun].IsType() {
			return isString(info.TypeOf(p))
		}
		return o.blind(p, stack[i], info, seen)
	}
	return false
}

// appenders are packages whose functions with names as AppendInt return their first
// argument with something behind its end, as append does.
var appenders = map[string]bool{
	"strconv": true, "unicode/utf8": true, "unicode/utf16": true, "fmt": true, "time": true,
	"encoding/hex": true, "encoding/base64": true, "encoding/base32": true, "encoding/binary": true,
}

// extends matches such calls.
func extends(c *ast.CallExpr, info *types.Info) bool {
	fn := callee(c, info)
	if fn == nil || fn.Pkg() == nil || !appenders[fn.Pkg().Path()] || !strings.HasPrefix(fn.Name(), "Append") || len(c.Args) == 0 {
		return false
	}
	sig := fn.Signature()
	if sig.Params().Len() == 0 || sig.Results().Len() != 1 || sig.Recv() != nil && types.IsInterface(sig.Recv().Type()) {
		return false
	}
	to, ok := sig.Params().At(0).Type().Underlying().(*types.Slice)
	return ok && types.Identical(to, sig.Results().At(0).Type())
}

// addressed reports whether the address of an element, the last node of the stack, or of
// a part of it is taken.
func addressed(stack []ast.Node, info *types.Info) bool {
	for i := len(stack) - 1; i > 0; i-- {
		child, ok := stack[i].(ast.Expr)
		if !ok {
			return false
		}
		switch p := stack[i-1].(type) {
		case *ast.ParenExpr:
			continue
		case *ast.SelectorExpr:
			sel := info.Selections[p]
			if sel == nil || p.X != child || isPointer(info.TypeOf(child)) {
				return false
			}
			if sel.Kind() != types.FieldVal {
				fn, ok := sel.Obj().(*types.Func)
				return !ok || fn.Signature().Recv() == nil || isPointer(fn.Signature().Recv().Type())
			}
			if sel.Indirect() {
				return false
			}
			continue
		case *ast.IndexExpr:
			if p.X == child && isArray(info.TypeOf(child)) {
				continue
			}
		case *ast.SliceExpr:
			return p.X == child && isArray(info.TypeOf(child))
		case *ast.UnaryExpr:
			return p.Op == token.AND
		}
		return false
	}
	return false
}
