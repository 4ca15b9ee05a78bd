package machine

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What the tool prints in place of a listing is read as the listing is.
func TestTool(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the compiler is a shell script here")
	}
	dir := t.TempDir()
	compiler := filepath.Join(dir, "compile")
	head, body, _ := strings.Cut(listing, "\n")
	body, _, _ = strings.Cut(body, "# m/q")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "listing"), []byte(body), 0o666))
	require.NoError(t, os.WriteFile(compiler, []byte("#!/bin/sh\ncat "+filepath.Join(dir, "listing")+"\necho warning >&2\nexit $STATUS\n"), 0o777))
	run := func(status string, args ...string) (string, int) {
		t.Setenv("STATUS", status)
		out, err := os.Create(filepath.Join(dir, "out"))
		require.NoError(t, err)
		stdout := os.Stdout
		os.Stdout = out
		got := RunTool("lib/lib", append([]string{compiler}, args...))
		os.Stdout = stdout
		require.NoError(t, out.Close())
		text, err := os.ReadFile(out.Name())
		require.NoError(t, err)
		return string(text), got
	}
	units := func(text string) (out []*Unit) {
		r := &Reader{Library: "lib/lib"}
		require.NoError(t, r.Read(strings.NewReader(text), func(u *Unit) { out = append(out, u) }))
		return out
	}
	text, status := run("0", toolFlag+"x", tables)
	require.Zero(t, status)
	require.Equal(t, 1, strings.Count(text, "\n"))
	want := units(head + "\n" + body)
	require.NotEmpty(t, want[0].Funcs)
	require.Equal(t, want, units(head+"\n"+text))

	// Without an object file, nothing is said.
	text, status = run("0", toolFlag+"x", "-o", filepath.Join(dir, "missing"))
	require.Zero(t, status)
	require.Empty(t, units(head + "\n" + text)[0].Funcs)
	require.Contains(t, units(head + "\n" + text)[0].Unread, "missing")

	// Without the flag, and where it fails, all is printed.
	text, status = run("0")
	require.Zero(t, status)
	require.Equal(t, body, text)
	text, status = run("3", toolFlag+"x")
	require.Equal(t, 3, status)
	require.Equal(t, body, text)
	text, status = run("0", toolFlag+"x", "-V=full")
	require.Zero(t, status)
	require.Equal(t, body, text)

	r := &Reader{Library: "lib/lib"}
	require.ErrorContains(t, r.Read(strings.NewReader("# p\n"+string(unitHead)+"{\n"), func(*Unit) {}), "p: what was kept of the compiler's listing cannot be read")
	require.Equal(t, 2, RunTool("lib/lib", nil))
	require.Equal(t, 2, RunTool("lib/lib", []string{filepath.Join(dir, "missing")}))
}

// The compiler makes the same code without debug information, as Flags have it. It leaves
// out what it makes by itself for types that debug information alone speaks of.
func TestDebugInformationIsNoPartOfTheCode(t *testing.T) {
	instruction := regexp.MustCompile(`(?m)^\t0x[0-9a-f]+ \d+ \([^<].*\)\t.*$`)
	code := func(flags string) []string {
		cmd := exec.Command("go", "build", "-gcflags="+flags, "slices", "text/tabwriter", "github.com/stackalloc/stackalloc/scratch")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		lines := instruction.FindAllString(string(out), -1)
		slices.Sort(lines) // packages print as they are done
		return lines
	}
	with := code("-S")
	require.NotEmpty(t, with)
	require.True(t, slices.Equal(with, code("-S -dwarf=false")))
}

// Of functions of one name that the object file tells different things of, the size must
// tell which is meant.
func TestFunctionsOfOneName(t *testing.T) {
	plain, more := &inlining{size: 8}, &inlining{size: 8, nodes: []Node{{Parent: -1, Func: "g"}}, table: []byte{2, 8, 0}}
	longer := &inlining{size: 9, nodes: more.nodes, table: []byte{2, 9, 0}}
	of := map[string][]*inlining{"f": {plain, longer, {size: 8}}, "f.func1": {plain, more}, "f.func1.2": {more, more}}
	for _, c := range []struct {
		name string
		size int
		want *inlining
	}{
		{"f", 8, plain}, {"f", 9, longer}, {"f", 7, nil}, {"g", 8, nil},
		{"f.func1", 8, nil}, {"f.func1#qS/0mFwcU68=#", 8, nil}, {"f.func1#qS/0mFwcU68=#.2", 8, more}, {"f.func1#qS/0m#.2", 8, nil},
	} {
		require.Same(t, c.want, choose(of, &Func{Name: c.name, size: c.size}), "%s %d", c.name, c.size)
	}
}

// The object file has what the listing of inlining tables has, but columns.
func TestObjectFileHasTheTables(t *testing.T) {
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	require.NoError(t, err)
	packages := []string{"text/tabwriter", "net/url", "github.com/stackalloc/stackalloc/scratch", "github.com/stackalloc/stackalloc/alloc"}
	for _, arch := range []string{"amd64", "arm64", "s390x"} {
		if testing.Short() && arch != runtime.GOARCH {
			continue
		}
		for _, p := range packages {
			compile := func(flags string, alone bool) (*Unit, []byte) {
				cmd := exec.Command("go", "list", "-export", "-f", "{{.Export}}", "-gcflags="+flags, p)
				cmd.Env = append(os.Environ(), "GOARCH="+arch, "GOOS=linux")
				var out, listing bytes.Buffer
				cmd.Stdout, cmd.Stderr = &out, &listing
				require.NoError(t, cmd.Run(), "%s", &listing)
				var unit *Unit
				r := &Reader{Library: "github.com/stackalloc/stackalloc", alone: alone}
				require.NoError(t, r.Read(&listing, func(u *Unit) { unit = u }))
				object, err := os.ReadFile(strings.TrimSpace(out.String()))
				require.NoError(t, err)
				return unit, object
			}
			want, _ := compile(Flags, false)
			got, object := compile(LineFlags, true)
			require.NoError(t, got.inline(object, strings.TrimSpace(string(goroot))))
			require.NotEmpty(t, want.Funcs)
			order := func(a, b *Func) int { return strings.Compare(a.Name, b.Name) }
			slices.SortStableFunc(want.Funcs, order)
			slices.SortStableFunc(got.Funcs, order)
			names := func(u *Unit) (out []string) {
				for _, f := range u.Funcs {
					out = append(out, f.Name)
				}
				return out
			}
			require.Equal(t, names(want), names(got), p)
			nodes := 0
			for i, f := range want.Funcs {
				g := got.Funcs[i]
				require.Equal(t, f.Name, g.Name)
				require.Len(t, g.Nodes, len(f.Nodes), f.Name)
				for k := range f.Nodes {
					n := &f.Nodes[k]
					n.Call.Col = 0
					n.Func = withoutHash(n.Func)
					if _, foreign := Foreign(g.Nodes[k].Func); foreign {
						n.Func = g.Nodes[k].Func
					}
				}
				require.Equal(t, f.Nodes, g.Nodes, f.Name)
				require.Equal(t, append([]Event{}, f.Events...), append([]Event{}, g.Events...), f.Name)
				for k, e := range f.Events {
					require.Equal(t, e, g.Events[k], f.Name)
				}
				nodes += len(f.Nodes)
			}
			require.NotZero(t, nodes)
			require.Equal(t, want.Refs, got.Refs)

			// Anything else is told.
			for _, cut := range []int{0, len(object) / 3, len(object) / 2, len(object) - 1000} {
				if whole, err := readObject(object); err == nil {
					part, err := readObject(object[:cut])
					require.True(t, err == errObject || err == nil && len(part) == len(whole), cut)
				}
			}
			require.Error(t, got.inline(bytes.Replace(object, []byte("go120ld"), []byte("go999ld"), 1), ""))
		}
	}
}
