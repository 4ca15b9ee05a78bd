package cli

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/progress"
	"github.com/stretchr/testify/require"
)

func command() (c *Command, stdout, stderr *bytes.Buffer) {
	stdout, stderr = new(bytes.Buffer), new(bytes.Buffer)
	c = New("try", "usage: stackalloc try\n\nFlags:\n", stdout, stderr)
	c.Flags.Bool("a", false, "first")
	c.Flags.Bool("b", false, "second")
	c.Flags.Int("n", 3, "how `many`")
	c.Exclude("a", "b")
	return c, stdout, stderr
}

func TestErrorsStandLast(t *testing.T) {
	for args, want := range map[string]string{
		"-nosuch":   "stackalloc try: flag provided but not defined: -nosuch\n",
		"-n x":      "stackalloc try: invalid value \"x\" for flag -n: parse error\n",
		"-a -b":     "stackalloc try: -a and -b exclude each other\n",
		"./... -a":  "stackalloc try: the flag -a stands after an argument: flags come first\n",
		"x -n=3 -z": "stackalloc try: the flag -n=3 stands after an argument: flags come first\n",
	} {
		c, stdout, stderr := command()
		status, proceed := c.Parse(strings.Fields(args))
		require.Equal(t, Failed, status, args)
		require.False(t, proceed, args)
		require.Empty(t, stdout.String(), args)
		require.True(t, strings.HasSuffix(stderr.String(), want), "%s: %s", args, stderr)
		require.LessOrEqual(t, strings.Count(stderr.String(), "\n"), 2, args)
	}
}

func TestHelp(t *testing.T) {
	c, stdout, stderr := command()
	status, proceed := c.Parse([]string{"-a", "-h"})
	require.Equal(t, OK, status)
	require.False(t, proceed)
	require.Empty(t, stderr.String())
	require.Regexp(t, `(?s)^usage: stackalloc try.*-n many`, stdout.String())
}

func TestFlagsForOtherPrograms(t *testing.T) {
	c, stdout, _ := command()
	status, proceed := c.Parse([]string{"-flags"})
	require.Equal(t, OK, status)
	require.False(t, proceed)
	require.JSONEq(t, `[{"Name":"a","Bool":true,"Usage":"first"},{"Name":"b","Bool":true,"Usage":"second"},{"Name":"n","Bool":false,"Usage":"how `+"`many`"+`"}]`, stdout.String())
}

func TestStatuses(t *testing.T) {
	for _, x := range []struct {
		found bool
		err   error
		want  int
	}{{false, nil, OK}, {true, nil, Found}, {true, errors.New("no"), Failed}} {
		c, _, stderr := command()
		_, proceed := c.Parse([]string{"-a=false", "-b"})
		require.True(t, proceed)
		require.Equal(t, []string{"."}, c.Patterns())
		got := c.Run(func(ctx context.Context, bar *progress.Bar) (bool, error) {
			require.NoError(t, ctx.Err())
			return x.found, x.err
		})
		require.Equal(t, x.want, got)
		if x.err != nil {
			require.Equal(t, "stackalloc try: no\n", stderr.String())
		}
	}
}

func TestFilesAreReplacedWhole(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "out")
	only := func(want string) {
		t.Helper()
		got, err := os.ReadFile(name)
		require.NoError(t, err)
		require.Equal(t, want, string(got))
		list, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Len(t, list, 1, "something is left")
	}
	require.NoError(t, create(t, name, "one").Commit())
	only("one")
	require.NoError(t, os.Chmod(name, 0o640))
	create(t, name, "half").Discard()
	only("one")
	f := create(t, name, "two")
	require.NoError(t, f.Commit())
	f.Discard()
	only("two")
	st, err := os.Stat(name)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o640), st.Mode().Perm())
	require.NoError(t, os.Remove(name))
	_, err = Create(filepath.Join(dir, "none", "out"))
	require.Error(t, err)
	_, err = Create(dir)
	require.Error(t, err)
}

func create(t *testing.T, name, text string) *File {
	t.Helper()
	f, err := Create(name)
	require.NoError(t, err)
	_, err = f.WriteString(text)
	require.NoError(t, err)
	return f
}

func TestLinksStayLinks(t *testing.T) {
	dir := t.TempDir()
	real, link := filepath.Join(dir, "real"), filepath.Join(dir, "link")
	require.NoError(t, os.WriteFile(real, []byte("old"), 0o666))
	if err := os.Symlink(real, link); err != nil {
		t.Skip(err)
	}
	require.NoError(t, create(t, link, "new").Commit())
	got, err := os.ReadFile(real)
	require.NoError(t, err)
	require.Equal(t, "new", string(got))
	st, err := os.Lstat(link)
	require.NoError(t, err)
	require.NotZero(t, st.Mode()&os.ModeSymlink)
}
