package within

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A variable whose name begins with "of" has a type of a size that depends on a type
// argument, and the others have not.
func TestHasTypeParam(t *testing.T) {
	const src = `package p

import "sync/atomic"

type box[T any] struct{ v T }
type pointer[T any] struct{ p *T }
type list[T any] struct {
	next *list[T]
	v    []T
}
type plain struct{ a [4]int }

func f[T any, P ~int | ~int8]() {
	type local struct{ v T }
	type around struct{ l [2]local }
	type fixed struct{ v *T }
	type of = T
	var (
		ofT        T
		ofP        P
		ofAlias    of
		ofLocal    local
		ofAround   around
		ofBox      box[T]
		ofBoxes    [3]box[box[T]]
		ofStruct   struct{ a, b box[local] }
		ofLocalBox box[around]

		pointerTo   *T
		sliceOf     []local
		fixedOne    fixed
		boxOfInt    box[int]
		boxOfSlice  box[[]T]
		pointerType pointer[T]
		listType    list[T]
		plainType   box[plain]
		function    func(T) T
		channel     chan local
		mapOf       map[string]local
		atomicOne   atomic.Pointer[T]
		iface       interface{ m(T) }
		plainFunc   func()
		boxOfFixed  box[fixed]
		ints        [8]int
	)
	_, _, _, _, _, _, _, _, _ = ofT, ofP, ofAlias, ofLocal, ofAround, ofBox, ofBoxes, ofStruct, ofLocalBox
	_, _, _, _, _, _, _, _ = pointerTo, sliceOf, fixedOne, boxOfInt, boxOfSlice, pointerType, listType, plainType
	_, _, _, _, _, _, _, _ = function, channel, mapOf, &atomicOne, iface, plainFunc, boxOfFixed, ints
}
`
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "p.go", src, 0)
	require.NoError(t, err)
	info := &types.Info{Defs: map[*ast.Ident]types.Object{}}
	_, err = (&types.Config{Importer: importer.ForCompiler(fset, "source", nil), Sizes: types.SizesFor("gc", "amd64")}).Check("p", fset, []*ast.File{f}, info)
	require.NoError(t, err)
	seen := 0
	for id, obj := range info.Defs {
		if v, ok := obj.(*types.Var); ok && !v.IsField() && v.Parent() != nil && id.Name != "_" {
			seen++
			require.Equal(t, strings.HasPrefix(id.Name, "of"), HasTypeParam(v.Type()), id.Name)
		}
	}
	require.Equal(t, 25, seen)
}
