package stackalloc

import (
	"go/build/constraint"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Compilers that cannot be run here (gccgo, TinyGo) and architectures to come
// choose files by the same constraints, so each choice must give one
// implementation.
func TestEveryBuildHasOneImplementation(t *testing.T) {
	files := map[string]constraint.Expr{}
	for _, name := range []string{"stub.go", "trampoline_other.go", "cgo.go", "cgo_none.go",
		"rungs_asm.go", "grow.go", "spare.go", "internal/gstack/gstack.go", "internal/gstack/gstack_none.go",
		"internal/cstack/cstack.go", "internal/cstack/cstack_none.go"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Skip("no sources here: ", err)
		}
		line, _, _ := strings.Cut(string(text), "\n")
		expr, err := constraint.Parse(line)
		require.NoError(t, err, name)
		files[name] = expr
	}
	arches := []string{"386", "amd64", "arm", "arm64", "loong64", "mips", "mipsle", "mips64", "mips64le",
		"ppc64", "ppc64le", "riscv64", "s390x", "wasm", "sparc64", "unheard"}
	tags := []string{"gc", "cgo", "purego", "stackalloc_cgo"}
	for _, arch := range arches {
		for set := range 1 << len(tags) {
			var on []string
			for i, tag := range tags {
				if set>>i&1 == 1 {
					on = append(on, tag)
				}
			}
			build := arch + " " + strings.Join(on, " ")
			in := func(name string) bool {
				return files[name].Eval(func(tag string) bool { return tag == arch || slices.Contains(on, tag) })
			}
			one := func(a, b string) {
				assert.True(t, in(a) != in(b), "%s: %s and %s", build, a, b)
			}
			one("stub.go", "trampoline_other.go")
			one("rungs_asm.go", "trampoline_other.go")
			one("grow.go", "trampoline_other.go")
			one("spare.go", "trampoline_other.go")
			one("cgo.go", "cgo_none.go")
			one("internal/gstack/gstack.go", "internal/gstack/gstack_none.go")
			assert.False(t, in("stub.go") && !in("internal/gstack/gstack.go"), "%s: assembly without the stack's bounds", build)
			one("internal/cstack/cstack.go", "internal/cstack/cstack_none.go")
			assert.False(t, in("cgo.go") && in("stub.go"), "%s: assembly and C", build)
			assert.False(t, in("cgo.go") && !in("internal/cstack/cstack.go"), "%s: C without internal/cstack", build)
			assert.False(t, in("stub.go") && !slices.Contains(on, "gc"), "%s: assembly for another compiler", build)
		}
	}
}
