package main

import (
	"context"
	"flag"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/unitchecker"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/analyzer"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/cli"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/gotool"
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
	ctx, _ := cli.Signals(context.Background())
	a := analyzer.New(ctx, analyzer.Settings{})
	a.Run = func(pass *analysis.Pass) (any, error) {
		s := analyzer.Settings{Race: b.Race, PGO: b.PGO, Mod: b.Mod, Overlay: b.Overlay, Gcflags: b.Gcflags, Flags: b.More}
		if f := flag.Lookup("tags"); f != nil {
			s.Tags = f.Value.String()
		}
		s.Strict = a.Flags.Lookup("strict").Value.String() == "true"
		return analyzer.New(ctx, s).Run(pass)
	}
	unitchecker.Main(a)
}
