// Package docs holds the tests of the documents: what they show is compiled, what
// they point to is there.
package docs

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const root = "../.."

// files returns the paths below root, from root, that end in suffix, without
// testdata and hidden folders.
func files(t *testing.T, suffix string) (paths []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && path != root && (name == "testdata" || strings.HasPrefix(name, ".")) {
			return filepath.SkipDir
		}
		if !d.IsDir() && strings.HasSuffix(name, suffix) {
			path, err = filepath.Rel(root, path)
			paths = append(paths, filepath.ToSlash(path))
		}
		return err
	}))
	return paths
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, path))
	require.NoError(t, err)
	return string(text)
}

// squeezed is code without indentation and empty lines, each line between two
// line ends.
func squeezed(code string) string {
	var b strings.Builder
	b.WriteByte('\n')
	for line := range strings.Lines(code) {
		if line = strings.TrimSpace(line); line != "" {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

// Every block of Go in a document stands line by line in a file of this repository,
// which go vet and the tests compile. "…" stands for what is left out.
func TestGoInDocumentsIsCompiled(t *testing.T) {
	var code strings.Builder
	for _, path := range files(t, ".go") {
		code.WriteString(squeezed(read(t, path)))
	}
	all := code.String()
	block := regexp.MustCompile("(?ms)^```go\n(.*?)^```")
	found := 0
	for _, path := range files(t, ".md") {
		for _, m := range block.FindAllStringSubmatch(read(t, path), -1) {
			for part := range strings.SplitSeq(m[1], "…") {
				found++
				assert.True(t, strings.Contains(all, squeezed(part)), "%s: this code stands in no file that is compiled:\n%s", path, part)
			}
		}
	}
	assert.NotZero(t, found)
}

// Links into the repository lead to something.
func TestLinksInDocumentsLeadSomewhere(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#: ]+)(#[^)]*)?\)`)
	code := regexp.MustCompile("(?s)```.*?```|`[^`\n]*`")
	found := 0
	for _, path := range files(t, ".md") {
		for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(read(t, path), ""), -1) {
			found++
			_, err := os.Stat(filepath.Join(root, filepath.Dir(path), m[1]))
			assert.NoError(t, err, "%s links to %s", path, m[1])
		}
	}
	assert.NotZero(t, found)
}

// What documents name in backquotes is there: each word of it stands in some file that
// is no document, or in the name of a document.
func TestNamesInDocumentsExist(t *testing.T) {
	var code strings.Builder
	for _, suffix := range []string{".go", ".s", ".h", ".c", ".sh", ".yml", "go.mod", "go.work"} {
		for _, path := range files(t, suffix) {
			code.WriteString(path + "\n" + read(t, path))
		}
	}
	code.WriteString(strings.Join(files(t, ".md"), "\n"))
	word := regexp.MustCompile(`[A-Za-z_]\w{2,}`)
	known := map[string]bool{
		"asyncpreemptoff": true, "permissions": true, // of Go and of GitHub
		"GrowingPool": true, "Lazy": true, // the beginnings of names
	}
	for _, w := range word.FindAllString(code.String(), -1) {
		known[w] = true
	}
	block := regexp.MustCompile("(?ms)^```.*?^```")
	named := regexp.MustCompile("`[^`]+`")
	for _, path := range files(t, ".md") {
		if path == "cmd/stackalloc/SUGGEST-STD.md" || path == "CHANGELOG.md" {
			continue // of the standard library, and of former versions
		}
		for _, name := range named.FindAllString(block.ReplaceAllString(read(t, path), ""), -1) {
			for _, w := range word.FindAllString(name, -1) {
				assert.True(t, known[w], "%s: %s: there is no %s", path, name, w)
			}
		}
	}
}

// The README opens with the two commands, and the second one runs the tests of
// library and command.
func TestREADMEOpensWithTwoCommands(t *testing.T) {
	text := read(t, "README.md")
	m := regexp.MustCompile("(?s)\\A# stackalloc\n(.{0,200}?)```sh\n(go run [^\n]+)\n(go test [^\n]+)\n```").FindStringSubmatch(text)
	require.NotNil(t, m)
	assert.Equal(t, "go test ./... ./cmd/stackalloc/...", m[3])
	assert.LessOrEqual(t, strings.Count(text, "\n"), 160, "a newcomer reads it in minutes")
}
