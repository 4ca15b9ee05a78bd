package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/pprof/profile"
	"github.com/stretchr/testify/require"
)

const plainCode = "testdata/suggest"

type suggestion struct {
	Kind, File, Code, Why, Use, Func, Unit string
	Line                                   int
	Cost                                   int64
	Share                                  float64
}

func suggestJSON(t *testing.T, dir string, args ...string) []suggestion {
	t.Helper()
	stdout, stderr, status := launch(t, dir, nil, append([]string{"suggest", "-json"}, args...)...)
	require.NotEqual(t, 2, status, stderr)
	require.Empty(t, stderr)
	var d struct {
		Version     int
		Suggestions []suggestion
	}
	require.NoError(t, json.Unmarshal([]byte(stdout), &d))
	require.Equal(t, len(d.Suggestions) > 0, status == 1)
	return d.Suggestions
}

// wanted returns the comments "want KIND/CODE" of the files below dir by
// FILE:LINE.
func wanted(t *testing.T, dir string) map[string]string {
	want := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		f, err := os.Open(path)
		require.NoError(t, err)
		defer f.Close()
		rel, _ := filepath.Rel(dir, path)
		s := bufio.NewScanner(f)
		for line := 1; s.Scan(); line++ {
			if _, w, ok := strings.Cut(s.Text(), "// want "); ok {
				want[fmt.Sprintf("%s:%d", filepath.ToSlash(rel), line)] = w
			}
		}
		return s.Err()
	}))
	require.NotEmpty(t, want)
	return want
}

func TestSuggest(t *testing.T) {
	want := wanted(t, plainCode)
	for _, s := range suggestJSON(t, plainCode, "./...") {
		at := fmt.Sprintf("%s:%d", filepath.ToSlash(s.File), s.Line)
		kind, _, _ := strings.Cut(want[at], "/")
		require.Equal(t, kind, s.Kind, "%s: %s %s", at, s.Code, s.Why)
		delete(want, at)
	}
	require.Empty(t, want, "not found")
}

// The diff must apply, compile, leave every result as it was, hold what the
// comments want, and every call in it must be proven.
func TestSuggestDiff(t *testing.T) {
	t.Parallel()
	patch, err := exec.LookPath("patch")
	if err != nil {
		t.Skip("needs patch")
	}
	diff, _ := invoke(t, 1, plainCode, nil, "suggest", "-diff", "./...")
	require.NotContains(t, diff, "hard.go", "what is not mechanical or not proven is not proposed")
	require.NotContains(t, diff, "/*suggest:")
	added := 0
	for at, w := range wanted(t, plainCode) {
		if _, code, ok := strings.Cut(w, "/"); ok {
			require.Contains(t, diff, "+\t", at)
			require.Regexp(t, `(?m)^\+\s+\S*`+quoted(code), diff, at)
			if strings.Contains(code, "stackalloc.") {
				added++
			}
		}
	}
	require.NotZero(t, added)

	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS(plainCode)))
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	mod := read(t, dir, "go.mod")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), bytes.Replace(mod, []byte("../../../.."), []byte(root), 1), 0o666))
	cmd := exec.Command(patch, "-p1")
	cmd.Dir = dir
	cmd.Stdin = strings.NewReader(diff)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)

	d := checkJSON(t, 0, dir, nil, "./...") // every call that is proposed is proven
	require.Len(t, d.Calls, added)

	before, after := results(t, plainCode), results(t, dir)
	require.NotEmpty(t, before)
	require.Equal(t, before, after)
}

func quoted(code string) string {
	for _, c := range `\.+*?()|[]{}^$` {
		code = strings.ReplaceAll(code, string(c), `\`+string(c))
	}
	return code
}

// results runs the sample's own program, which calls every function of the
// package plain.
func results(t *testing.T, dir string) string {
	cmd := exec.Command("go", "run", "./run")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return string(out)
}

func TestSuggestKnownPlacesInTheStandardLibrary(t *testing.T) {
	found := map[string]string{}
	for _, s := range suggestJSON(t, ".", "encoding/hex", "compress/gzip", "crypto/internal/fips140/rsa") {
		found[filepath.Base(s.File)+" "+s.Func+" "+s.Code] = s.Use
	}
	for place, use := range map[string]string{
		"hex.go EncodeToString make([]byte, EncodedLen(len(src)))": "stackalloc.Do",
		"pkcs1v22.go verifyPSS make([]byte, k)":                    "",
		"keygen.go isPrime make([]byte, (bits+7)/8)":               "",
		"gunzip.go (*Reader).readString make([]rune, 0, i)":        "stackalloc.Do",
		"gzip.go (*Writer).writeString make([]byte, 0, len(s))":    "scratch.Do",
	} {
		if use == "" {
			// The function is named otherwise in some versions of Go.
			file, code, _ := strings.Cut(place, " ")
			_, code, _ = strings.Cut(code, " ")
			ok := false
			for p, u := range found {
				ok = ok || strings.HasPrefix(p, file+" ") && strings.HasSuffix(p, " "+code) && u == "stackalloc.Do"
			}
			require.True(t, ok, "%s in %v", place, found)
			continue
		}
		require.Equal(t, use, found[place], "%s in %v", place, found)
	}
}

func TestSuggestDiffNeedsTheLibrary(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module other\n\ngo 1.25\n"), 0o666))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.go"), []byte("package a\n\nfunc f(n int) int {\n\tb := make([]byte, n)\n\treturn len(b) + cap(b[:1])\n}\n\nvar _ = f\n"), 0o666))
	require.Len(t, suggestJSON(t, dir), 1)
	_, stderr := invoke(t, 2, dir, nil, "suggest", "-diff")
	require.Contains(t, stderr, "go get github.com/stackalloc/stackalloc")
	// Why something is not changed, and that it could be, is told all the same.
	mod := read(t, dir, "go.mod")
	why := whyJSON(t, dir)
	require.Len(t, why, 1)
	require.True(t, why[0].Rewrite, why[0].WhyNot)
	after := read(t, dir, "go.mod")
	require.Equal(t, mod, after)
	// Nothing can be changed in the standard library, and that is no error.
	stdout, stderr := invoke(t, 1, dir, nil, "suggest", "-diff", "encoding/hex")
	require.Empty(t, stdout)
}

// writeProfile writes a profile of lines of plain.go, below the functions named, and
// returns its name.
func writeProfile(t *testing.T, name, unit string, leaf ...string) string {
	abs, err := filepath.Abs(filepath.Join(plainCode, "plain", "plain.go"))
	require.NoError(t, err)
	const other = 14 // not the line of a finding
	return profileOf(t, name, unit, "plain.F", abs, [][2]int64{{30, 5 << 20}, {13, 1 << 20}, {13, 1 << 20}, {other, 1 << 30}}, leaf...)
}

// profileOf writes a profile of lines of a file and their values.
func profileOf(t *testing.T, name, unit, fn, file string, lines [][2]int64, leaf ...string) string {
	t.Helper()
	p := &profile.Profile{SampleType: []*profile.ValueType{{Type: name, Unit: unit}}}
	id := uint64(0)
	frame := func(fn, file string, line int64) *profile.Location {
		id++
		f := &profile.Function{ID: id, Name: fn, Filename: file}
		l := &profile.Location{ID: id, Line: []profile.Line{{Function: f, Line: line}}}
		p.Function, p.Location = append(p.Function, f), append(p.Location, l)
		return l
	}
	for _, l := range lines {
		var stack []*profile.Location
		for _, l := range leaf {
			stack = append(stack, frame(l, "malloc.go", 1))
		}
		stack = append(stack, frame(fn, file, l[0]), frame("main.main", "main.go", 7))
		p.Sample = append(p.Sample, &profile.Sample{Location: stack, Value: []int64{l[1]}})
	}
	out := filepath.Join(t.TempDir(), "prof")
	f, err := os.Create(out)
	require.NoError(t, err)
	require.NoError(t, p.Write(f))
	require.NoError(t, f.Close())
	return out
}

func TestSuggestProfile(t *testing.T) {
	write := func(name, unit string, leaf ...string) string { return writeProfile(t, name, unit, leaf...) }
	for _, file := range []string{
		write("alloc_space", "bytes"),
		write("cpu", "nanoseconds", "runtime.mallocgc", "runtime.makeslice"),
	} {
		s := suggestJSON(t, plainCode, "-profile", file, "./plain")
		require.Equal(t, []any{30, int64(5 << 20)}, []any{s[0].Line, s[0].Cost})
		require.Equal(t, []any{13, int64(2 << 20)}, []any{s[1].Line, s[1].Cost})
		require.Zero(t, s[2].Cost)
	}
	// What is below a share of the total is left out.
	file := write("alloc_space", "bytes")
	s := suggestJSON(t, plainCode, "-profile", file, "-min", "0.3%", "./plain")
	require.Len(t, s, 1)
	require.Equal(t, 30, s[0].Line)
	require.InDelta(t, 5.0/(1024+7), s[0].Share, 1e-9)
	require.Empty(t, suggestJSON(t, plainCode, "-profile", file, "-min", "1%", "./plain"))
	_, stderr := invoke(t, 2, plainCode, nil, "suggest", "-min", "1%")
	require.Contains(t, stderr, "-min needs -profile")
	_, stderr = invoke(t, 2, plainCode, nil, "suggest", "-profile", file, "-min", "much")
	require.Contains(t, stderr, "share of the whole")
	// Time spent in the line itself is not that of its allocation.
	s = suggestJSON(t, plainCode, "-profile", write("cpu", "nanoseconds"), "./plain")
	require.Zero(t, s[0].Cost)

	for file, want := range map[string]string{
		"suggest_test.go":         "is not a profile",
		"nosuchfile":              "nosuchfile",
		write("contentions", "n"): "neither the CPU nor the heap",
	} {
		_, stderr := invoke(t, 2, ".", nil, "suggest", "-profile", file, "errors")
		require.Contains(t, stderr, want)
	}
	stdout, stderr := invoke(t, anyStatus, plainCode, nil, "suggest", "-profile", file, "./plain")
	require.Regexp(t, `^plain.plain\.go:30:\d+: .*: 0\.48 % of the profile \(5\.0 MiB\)\n`, stdout)
	require.Contains(t, stderr, "these places have 0.68 % of the profile")
}

// What is appended under a condition has a block for the worst case only where a profile
// says that it allocates, and the block is not cleared.
func TestSuggestConditionalAppends(t *testing.T) {
	const code = `package module

func Filter(words []string, out *int) {
	var list []int
	for _, w := range words {
		if len(w) > 5 {
			list = append(list, len(w))
		}
	}
	for _, l := range list {
		*out += l
	}
}

func Words(words []string, out *int) {
	var list []string
	for _, w := range words {
		if len(w) > 5 {
			list = append(list, w)
		}
	}
	for _, l := range list {
		*out += len(l)
	}
}

func Until(words []string, out *int) {
	var list []int
	for _, w := range words {
		list = append(list, len(w))
		if w == "" {
			break
		}
	}
	for _, l := range list {
		*out += l
	}
}
`
	dir := scratchModule(t, map[string]string{"a.go": code})
	uses := func(args ...string) map[string]string {
		out := map[string]string{}
		for _, s := range whyJSON(t, dir, args...) {
			out[s.Func] = s.Change
			if !s.Rewrite {
				out[s.Func] = s.WhyNot
			}
		}
		return out
	}
	const empty = "it may stay empty, which costs nothing: all that is appended is under conditions"
	require.Equal(t, map[string]string{"Filter": empty, "Words": empty, "Until": "[16]int"}, uses())
	file := profileOf(t, "alloc_space", "bytes", "example.com/m.F", filepath.Join(dir, "a.go"), [][2]int64{{7, 1 << 20}, {19, 1 << 20}, {30, 1 << 20}})
	require.Equal(t, map[string]string{"Filter": "stackalloc.Uninit", "Words": "[8]string", "Until": "stackalloc.Uninit"}, uses("-profile", file))
}

func TestSuggestNothing(t *testing.T) {
	stdout, stderr := invoke(t, 0, ".", nil, "suggest", "errors")
	require.Empty(t, stdout)
	_, stderr = invoke(t, 2, ".", nil, "suggest", "-json", "-diff")
	require.Contains(t, stderr, "exclude each other")
	if runtime.GOOS != "windows" {
		_, stderr = invoke(t, 2, plainCode, nil, "suggest", "./nosuchdir")
		require.Contains(t, stderr, "nosuchdir")
	}
}

func TestSuggestMarkdown(t *testing.T) {
	file := filepath.Join(t.TempDir(), "list.md")
	stdout, _ := invoke(t, 0, plainCode, nil, "suggest", "-markdown", file, "./plain", "encoding/hex")
	require.Empty(t, stdout)
	text := read(t, file)
	require.Contains(t, string(text), "# What `stackalloc suggest ./plain encoding/hex` finds\n\nMade with Go ")
	require.Regexp(t, `\n\| Conversions of strings \| \d+ \|\n`, string(text))
	require.Contains(t, string(text), "\n| plain/plain.go:13 | Void | `make([]byte, n)` |\n")
	require.Regexp(t, "\n\\| encoding/hex/hex.go:\\d+ \\| EncodeToString \\| `make\\(\\[\\]byte, EncodedLen\\(len\\(src\\)\\)\\)` \\|\n", string(text))
}
