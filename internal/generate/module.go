package generate

import (
	"bytes"
	"embed"
	"fmt"
	"go/format"
	"os"
	"path/filepath"
)

// What a module of programs is made of besides them. It is compiled and tested here
// as the packages that it is.
//
//go:embed kit/*.go withmake/*.go
var parts embed.FS

const modulePath = "example.com/generated"

// partLength is the number of programs in a package, which the compiler compiles at
// once and beside the others.
const partLength = 25

// Write writes a module into dir that runs the programs: with the library whose
// folder is given, or, built with -modfile=make.mod, with make in its place.
func Write(dir, library string, programs []Program) error {
	library, err := filepath.Abs(library)
	if err != nil {
		return err
	}
	files := map[string][]byte{
		"go.mod":          goMod(library),
		"make.mod":        goMod("./withmake"),
		"withmake/go.mod": []byte("module github.com/stackalloc/stackalloc\n\ngo 1.25.0\n"),
	}
	for _, pattern := range []string{"kit", "withmake"} {
		entries, err := parts.ReadDir(pattern)
		if err != nil {
			return err
		}
		for _, e := range entries {
			name := pattern + "/" + e.Name()
			if files[name], err = parts.ReadFile(name); err != nil {
				return err
			}
		}
	}
	imported, joined := "", ""
	for k := 0; k*partLength < len(programs); k++ {
		part := programs[k*partLength : min((k+1)*partLength, len(programs))]
		pkg := fmt.Sprintf("part%d", k)
		if files[pkg+"/"+pkg+".go"], err = source(pkg, part); err != nil {
			return err
		}
		imported += fmt.Sprintf("\t%q\n", modulePath+"/"+pkg)
		joined += "\tall = append(all, " + pkg + ".Programs...)\n"
	}
	files["main.go"] = []byte("package main\n\nimport (\n\t\"" + modulePath + "/kit\"\n" + imported + ")\n\nfunc main() {\n\tvar all []kit.Program\n" + joined + "\tkit.Main(all)\n}\n")
	for name, text := range files {
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(at, text, 0o666); err != nil {
			return err
		}
	}
	return nil
}

func goMod(library string) []byte {
	return []byte("module " + modulePath + "\n\ngo 1.25.0\n\nrequire github.com/stackalloc/stackalloc v0.0.0\n\n" +
		"replace github.com/stackalloc/stackalloc => " + filepath.ToSlash(library) + "\n")
}

// header has the imports of all programs, each of which is used once for all.
const header = `import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sort"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/stackalloc/stackalloc"

	"example.com/generated/kit"
)

var (
	_ = errors.Is
	_ = fmt.Errorf
	_ iter.Seq[int]
	_ = maps.Keys[map[int]int]
	_ = slices.Contains[[]int]
	_ = sort.Ints
	_ sync.Mutex
	_ atomic.Bool
	_ unsafe.Pointer
	_ = stackalloc.Implementation
)

`

// source is a package of programs.
func source(pkg string, programs []Program) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "package %s\n\n%svar Programs = []kit.Program{\n", pkg, header)
	for _, p := range programs {
		fmt.Fprintf(&b, "\t{%d, p%[1]d, p%[1]dafter},\n", p.ID)
	}
	b.WriteString("}\n")
	for _, p := range programs {
		b.WriteString("\n" + p.Text)
	}
	text, err := format.Source(b.Bytes())
	if err != nil {
		return nil, fmt.Errorf("%w in\n%s", err, numbered(b.Bytes()))
	}
	return text, nil
}

func numbered(text []byte) []byte {
	var b bytes.Buffer
	for i, line := range bytes.Split(text, []byte("\n")) {
		fmt.Fprintf(&b, "%d\t%s\n", i+1, line)
	}
	return b.Bytes()
}
