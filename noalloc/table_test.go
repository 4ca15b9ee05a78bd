package noalloc_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc/noalloc"
)

// TestTable compares, for each snippet of the corpus, what Measure finds with
// testing.AllocsPerRun and with what the compiler says about the snippet's
// lines. With NOALLOC_TABLE=file it writes the comparison there, as Markdown:
//
//	NOALLOC_TABLE=testdata/corpus.md go test -run TestTable ./noalloc
func TestTable(t *testing.T) {
	file := os.Getenv("NOALLOC_TABLE")
	if file == "" {
		t.Skip("NOALLOC_TABLE is not set")
	}
	escapes := escapeLines(t)
	var b bytes.Buffer
	fmt.Fprintf(&b, "Compiled and run with %s %s/%s. noalloc: objects with a record, + tiny ones without.\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	b.WriteString("| snippet | noalloc | AllocsPerRun(1) | escape output (-m) | first site |\n| --- | --- | --- | --- | --- |\n")
	var escapeMisses, escapeFalse, averageMisses int
	for i, s := range corpus {
		measure := func() noalloc.Report {
			if s.setup != nil {
				s.setup()
			}
			return noalloc.MeasureWith(s.f, noalloc.Repeat(s.attempts()))
		}
		measure() // what is allocated once
		r := measure()
		average, wrong := averageOf(s)
		if wrong {
			averageMisses++
		}
		said := saidOf(i, escapes)
		switch {
		case s.allocs && said == "-":
			escapeMisses++
		case !s.allocs && said != "-":
			escapeFalse++
		}
		found := strconv.FormatInt(r.Objects, 10)
		if r.Unattributed > 0 {
			found += fmt.Sprintf(" + %d", r.Unattributed)
		}
		site := ""
		if len(r.Sites) > 0 {
			site = r.Sites[0].Chain[0].Func
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", s.name, found, average, said, strings.ReplaceAll(site, "github.com/stackalloc/stackalloc/", ""))
	}
	fmt.Fprintf(&b, "\nOf %d snippets the escape output is silent about %d that allocate and names %d that do not; AllocsPerRun(1) is wrong about %d.\n",
		len(corpus), escapeMisses, escapeFalse, averageMisses)
	require.NoError(t, os.WriteFile(file, b.Bytes(), 0o644))
}

// averageOf returns what testing.AllocsPerRun says, and whether that is wrong.
func averageOf(s snippet) (average string, wrong bool) {
	average = "panics"
	defer func() { _ = recover() }()
	n := testing.AllocsPerRun(1, func() {
		if s.setup != nil {
			s.setup()
		}
		s.f()
	})
	average = strconv.Itoa(int(n))
	if s.setup != nil {
		return average + " with its setup", false
	}
	return average, (n > 0) != s.allocs
}

// saidOf returns the first of what the compiler said of the lines of a snippet.
func saidOf(i int, escapes []escape) string {
	start, end := lineOf(corpus[i].f), lineOf(lastSnippet)
	if i+1 < len(corpus) {
		end = lineOf(corpus[i+1].f)
		if setup := corpus[i+1].setup; setup != nil {
			end = min(end, lineOf(setup))
		}
	}
	for _, e := range escapes {
		if e.line >= start && e.line < end {
			return e.text
		}
	}
	return "-"
}

type escape struct {
	line int
	text string
}

var escapeLine = regexp.MustCompile(`corpus_test\.go:(\d+):\d+: (.*(?:escapes to heap|moved to heap).*)`)

// escapeLines gives what the compiler says about corpus_test.go, without what
// it says about the functions handed to it as such.
func escapeLines(t *testing.T) []escape {
	out, err := exec.Command("go", "test", "-c", "-gcflags=-m", "-o", os.DevNull, ".").CombinedOutput()
	require.NoError(t, err, "go test -c: %s", out)
	var lines []escape
	for _, m := range escapeLine.FindAllStringSubmatch(string(out), -1) {
		n, _ := strconv.Atoi(m[1])
		if strings.HasPrefix(m[2], "func literal escapes") && isSnippet(n) {
			continue
		}
		lines = append(lines, escape{n, m[2]})
	}
	return lines
}

func isSnippet(line int) bool {
	for _, s := range corpus {
		if lineOf(s.f) == line || s.setup != nil && lineOf(s.setup) == line {
			return true
		}
	}
	return false
}

func lineOf(f func()) int {
	fn := runtime.FuncForPC(reflect.ValueOf(f).Pointer())
	_, line := fn.FileLine(fn.Entry())
	return line
}
