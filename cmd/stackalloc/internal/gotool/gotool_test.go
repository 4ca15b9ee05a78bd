package gotool

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCompilerFlags(t *testing.T) {
	for _, c := range []struct {
		given []string
		more  string
		want  []string
		last  string
	}{
		{nil, "", nil, ""},
		{nil, "-S", []string{"-S"}, ""},
		{[]string{"-N -l"}, "-S", []string{"-S", "-N -l -S"}, "-N -l"},
		{[]string{"all=-N"}, "-S", []string{"-S", "all=-N", "-N -S"}, "-N"},
		{[]string{"all=-N"}, "", []string{"all=-N"}, "-N"},
		{[]string{"./x/...=-l"}, "-S", []string{"-S", "./x/...=-l -S"}, ""},
		{[]string{"-d=checkptr=1"}, "-S", []string{"-S", "-d=checkptr=1 -S"}, "-d=checkptr=1"},
		{[]string{""}, "-S", []string{"-S", "-S"}, ""},
	} {
		b := &Build{Gcflags: c.given}
		got, last := b.compilerFlags(c.more)
		require.Equal(t, c.want, got, "%q", c.given)
		require.Equal(t, c.last, last, "%q", c.given)
	}
}

func TestOptimised(t *testing.T) {
	for flags, want := range map[string]bool{"": true, "-N": false, "-m -l": false, "all=-N -l": false, "-lang=go1.25": true, "-d=inlfuncswithclosures=1": true} {
		b := &Build{}
		if flags != "" {
			b.Gcflags = []string{flags}
		}
		require.Equal(t, want, b.Optimised(), flags)
	}
}

func TestSplitQuoted(t *testing.T) {
	require.Equal(t, []string{"-a", "-gcflags=-N -l", "b=c d", "x"}, splitQuoted(`-a "-gcflags=-N -l"  'b=c d' x`))
	require.Empty(t, splitQuoted("  "))
	require.Equal(t, []string{`"open`}, splitQuoted(`"open`))
}

func TestCompileErrorsAreNotLostInTheListing(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o777))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666))
	}
	write("go.mod", "module m\n\ngo 1.25\n")
	write("a/a.go", "package a\n\nvar x int = \"\"\n")
	write("b/b.go", "package b\n\nimport \"fmt\"\n\nfunc F() { fmt.Println() }\n")
	b := &Build{Dir: dir}
	var out bytes.Buffer
	err := b.Compile(t.Context(), []string{"./..."}, Extra{All: "-S", Parallel: 1}, &out)
	require.ErrorContains(t, err, "a.go:3:13: cannot use")
	require.NotContains(t, err.Error(), "STEXT")
	require.NoError(t, b.Compile(t.Context(), []string{"./b"}, Extra{All: "-S", Parallel: 1}, &out))
	require.Contains(t, out.String(), "m/b.F STEXT")
	require.ErrorContains(t, b.Compile(t.Context(), []string{"./b"}, Extra{All: "-nosuchflag", Parallel: 1}, &out), "-nosuchflag")
}
