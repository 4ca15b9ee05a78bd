package main

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/unitchecker"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/analyzer"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/cli"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/gotool"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/position"
)

// asVetTool reports whether the command line is one with which go vet calls its tool:
// for its version, its flags, or a package, which a file with the extension cfg describes.
func asVetTool(args []string) bool {
	if len(args) == 0 {
		return false
	}
	first, last := args[0], args[len(args)-1]
	return first == "-V=full" || first == "-flags" || strings.HasSuffix(last, ".cfg") && (len(args) == 1 || strings.HasPrefix(first, "-"))
}

// vetTool is the command under go vet -vettool. It does not return.
//
// go vet hands on those of its own flags that the tool has too: thus the flags of the
// build come here.
func vetTool() {
	var b gotool.Build
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	b.AddFlags(flags)
	flags.VisitAll(func(f *flag.Flag) {
		// unitchecker has tags itself, and go vet says by the files whether it is about tests.
		if f.Name != "tags" && f.Name != "test" {
			flag.Var(f.Value, f.Name, f.Usage)
		}
	})
	config := configuration(os.Args[len(os.Args)-1])
	ctx, _ := cli.Signals(context.Background())
	a := analyzer.New(ctx, analyzer.Settings{})
	// As check has it; go vet knows the flags of analyzers by the name of these before them.
	strict := a.Flags.Lookup("strict")
	flag.Var(strict.Value, strict.Name, strict.Usage)
	a.Run = func(pass *analysis.Pass) (any, error) {
		s := analyzer.Settings{Race: b.Race, PGO: b.PGO, Mod: b.Mod, Overlay: b.Overlay, Gcflags: b.Gcflags, Flags: b.More}
		s.Dir, s.Package = whereCalled(config.Dir, b.Overlay)
		if f := flag.Lookup("tags"); f != nil && f.Value.String() != "<TagsFlag>" { // what go vet makes of those in GOFLAGS, which are known
			s.Tags = f.Value.String()
		}
		s.Strict = strict.Value.String() == "true"
		if _, err := analyzer.New(ctx, s).Run(pass); err != nil {
			// go vet tells an error once, and takes the package for vetted from then on.
			pass.Reportf(pass.Files[0].Package, "not judged: %v", err)
		}
		return nil, nil
	}
	unitchecker.Main(a)
}

// configuration returns what go vet says of the package in a file.
func configuration(name string) (config unitchecker.Config) {
	if text, err := os.ReadFile(name); err == nil {
		_ = json.Unmarshal(text, &config) // unitchecker says so
	}
	return config
}

// whereCalled returns the directory that go vet was called in, as far as that is of
// interest, for names in an overlay are relative to it, and the pattern of the package in
// dir from there. go vet does not tell it; but it is one around the package.
func whereCalled(dir, overlay string) (called, pattern string) {
	for _, f := range strings.Fields(os.Getenv("GOFLAGS")) {
		if name, ok := strings.CutPrefix(strings.TrimLeft(f, "-"), "overlay="); ok && overlay == "" {
			overlay = name
		}
	}
	for d := dir; overlay != ""; d = filepath.Dir(d) {
		if namesFiles(d, overlay) {
			if rel, err := filepath.Rel(d, dir); err == nil {
				return d, "./" + filepath.ToSlash(rel)
			}
		}
		if d == filepath.Dir(d) {
			break
		}
	}
	return dir, "."
}

// namesFiles reports whether an overlay and all that stands in it for other files are there,
// by their names in dir.
func namesFiles(dir, overlay string) bool {
	text, err := os.ReadFile(position.Abs(dir, overlay))
	var files struct{ Replace map[string]string }
	if err != nil || json.Unmarshal(text, &files) != nil {
		return false
	}
	for _, by := range files.Replace {
		if _, err := os.Stat(position.Abs(dir, by)); by != "" && err != nil {
			return false
		}
	}
	return true
}
