// Command vet does for the platform of GOOS and GOARCH what go vet does, but reads what the
// packages and their tests depend on as source, where go vet compiles it, which for the tests
// takes more than ten times as long. Of the checks of go vet it has those that depend on the
// platform, and those that are cheap.
//
//	GOOS=windows GOARCH=amd64 vet PACKAGES
package main

import (
	"fmt"
	"os"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/checker"
	"golang.org/x/tools/go/analysis/passes/asmdecl"
	"golang.org/x/tools/go/analysis/passes/assign"
	"golang.org/x/tools/go/analysis/passes/atomic"
	"golang.org/x/tools/go/analysis/passes/bools"
	"golang.org/x/tools/go/analysis/passes/buildtag"
	"golang.org/x/tools/go/analysis/passes/composite"
	"golang.org/x/tools/go/analysis/passes/copylock"
	"golang.org/x/tools/go/analysis/passes/directive"
	"golang.org/x/tools/go/analysis/passes/framepointer"
	"golang.org/x/tools/go/analysis/passes/nilfunc"
	"golang.org/x/tools/go/analysis/passes/shift"
	"golang.org/x/tools/go/analysis/passes/stdversion"
	"golang.org/x/tools/go/analysis/passes/stringintconv"
	"golang.org/x/tools/go/analysis/passes/unreachable"
	"golang.org/x/tools/go/analysis/passes/unsafeptr"
	"golang.org/x/tools/go/packages"
)

var analyzers = []*analysis.Analyzer{
	asmdecl.Analyzer, assign.Analyzer, atomic.Analyzer, bools.Analyzer, buildtag.Analyzer, composite.Analyzer, copylock.Analyzer, directive.Analyzer,
	framepointer.Analyzer, nilfunc.Analyzer, shift.Analyzer, stdversion.Analyzer, stringintconv.Analyzer, unreachable.Analyzer, unsafeptr.Analyzer,
}

func main() {
	found, err := vet(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "vet:", err)
	}
	if found || err != nil {
		os.Exit(1)
	}
}

// vet reports whether it found something, and prints it.
func vet(patterns []string) (found bool, err error) {
	pkgs, err := packages.Load(&packages.Config{Mode: packages.LoadAllSyntax, Tests: true}, patterns...)
	if err != nil || packages.PrintErrors(pkgs) > 0 {
		return true, err
	}
	graph, err := checker.Analyze(analyzers, pkgs, nil)
	if err != nil {
		return false, err
	}
	for _, action := range graph.Roots {
		found = found || action.Err != nil || len(action.Diagnostics) > 0
	}
	return found, graph.PrintText(os.Stderr, -1)
}
