package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc"
)

// tree writes files of many sizes and returns their folder and what sha256sum
// would print.
func tree(t *testing.T) (dir, want string) {
	dir = t.TempDir()
	rng := rand.New(rand.NewPCG(1, 1))
	var lines []string
	for i, size := range []int{0, 1, 31, 32, 33, 511, 512, 513, 4096, 65534, 65535, 65536, 65537, 300000} {
		name := filepath.Join(dir, fmt.Sprintf("%02d", i), "file")
		data := make([]byte, size)
		for k := range data {
			data[k] = byte(rng.Uint32())
		}
		require.NoError(t, os.Mkdir(filepath.Dir(name), 0o777))
		require.NoError(t, os.WriteFile(name, data, 0o666))
		lines = append(lines, fmt.Sprintf("%x  %s\n", sha256.Sum256(data), name))
	}
	return dir, strings.Join(lines, "")
}

func TestSumsInTheOrderOfTheWalk(t *testing.T) {
	dir, want := tree(t)
	for _, workers := range []string{"1", "7"} {
		var out, errs bytes.Buffer
		assert.Zero(t, run([]string{"-workers", workers, dir}, &out, &errs))
		assert.Empty(t, errs.String())
		assert.Equal(t, want, out.String())
	}
}

func TestSha256sumAccepts(t *testing.T) {
	if _, err := exec.LookPath("sha256sum"); err != nil || runtime.GOOS != "linux" {
		t.Skip("no sha256sum of GNU here")
	}
	dir, _ := tree(t)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "new\nline \\ back"), []byte("x"), 0o666))
	require.NoError(t, os.Symlink("nowhere", filepath.Join(dir, "link")))
	var out, errs bytes.Buffer
	require.Zero(t, run([]string{dir}, &out, &errs), errs.String())
	check := exec.Command("sha256sum", "--strict", "-c")
	check.Stdin = &out
	text, err := check.CombinedOutput()
	assert.NoError(t, err, "%s", text)
}

func TestUnreadableFilesAreReportedAndTheRestIsDone(t *testing.T) {
	dir, want := tree(t)
	missing := filepath.Join(dir, "missing")
	var out, errs bytes.Buffer
	assert.Equal(t, 1, run([]string{missing, dir}, &out, &errs))
	assert.Contains(t, errs.String(), "dirhash: ")
	assert.Contains(t, errs.String(), missing)
	assert.Equal(t, want, out.String())

	r := hashFile(dir) // opens, but cannot be read
	assert.Error(t, r.err)
}

func TestStats(t *testing.T) {
	dir, _ := tree(t)
	var out, errs bytes.Buffer
	assert.Zero(t, run([]string{"-stats", dir}, &out, &errs))
	assert.Regexp(t, `(?m)^14 files, \d+ bytes, `, errs.String())
	assert.Regexp(t, `(?m)^blocks: \d+ on the stack, \d+ recycled, `, errs.String())
}

func TestNoBlockComesFromTheHeap(t *testing.T) {
	if os.Getenv("STACKALLOC_UNOPTIMIZED") != "" || raceDetector() || runtime.GOOS == "windows" {
		t.Skip("nothing is proven in this build, or a file's Read lets its argument go")
	}
	dir, _ := tree(t)
	before := stackalloc.ReadStats().Heap
	var out, errs bytes.Buffer
	run([]string{dir}, &out, &errs)
	assert.Equal(t, before, stackalloc.ReadStats().Heap)
}

func TestUsage(t *testing.T) {
	for args, status := range map[string]int{"": 2, "-h": 0, "-x": 2, "-workers 0 .": 2} {
		var out, errs bytes.Buffer
		assert.Equal(t, status, run(strings.Fields(args), &out, &errs), args)
		assert.NotEmpty(t, errs.String())
	}
}

// raceDetector reports whether this is a build with -race, in which Read tells the
// detector of the slice.
func raceDetector() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}
