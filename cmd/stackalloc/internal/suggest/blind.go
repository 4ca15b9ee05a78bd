package suggest

import (
	"go/ast"
	"go/token"
	"go/types"
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

// blindTo reports whether the function of a call cannot tell of an argument what room is
// behind its end, nor, where that matters, whether it is nil or empty. What it returns is
// something else.
func (o *observers) blindTo(c *ast.CallExpr, arg ast.Node, info *types.Info, nilness bool) bool {
	returned, ok := o.tracker(nilness).call(c, arg, info)
	return ok && len(returned) == 0
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
