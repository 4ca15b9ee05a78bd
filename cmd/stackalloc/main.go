// Command stackalloc tells what package stackalloc does to a program, and where
// it would help.
//
//	stackalloc check ./...      is every call proven, and if not, why not
//	stackalloc suggest ./...    makes that could be on the stack
//	stackalloc try ./...        what that would bring, the source untouched
//	stackalloc bench            what this machine gains
//	stackalloc version          which version this is
//	stackalloc completion bash  a script that completes command lines
//
// It is also a tool for go vet, which tells what check tells:
//
//	go vet -vettool=$(which stackalloc) ./...
//
// Each has flags of its own, which -h lists. The exit status is 0, 1 when
// something was found (an unproven call, a suggestion, a slower benchmark), or 2 when the command
// could not run. Errors go to standard error.
package main

//go:generate go run . suggest -markdown SUGGEST-STD.md std

import (
	"fmt"
	"io"
	"os"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/bench"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/check"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/cli"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/machine"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/suggest"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/try"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/version"
)

// command is a subcommand: what comes after its name, and its exit status.
type command struct {
	name, short string
	run         func(args []string, stdout, stderr io.Writer) int
}

var commands = []command{
	{"check", "tell whether every call of the library is proven, and why not", check.Run},
	{"suggest", "find makes and arrays that could be on the stack", suggest.Run},
	{"try", "build, test and benchmark with those changes, the source untouched", try.Run},
	{"bench", "measure what this machine gains", bench.Run},
	{"version", "print the versions of this command and of Go", version.Run},
}

func init() {
	// It reads the table that it is in.
	commands = append(commands, command{"completion", "print a script that completes command lines in a shell", completion})
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == machine.ToolCommand {
		os.Exit(machine.RunTool(check.Library, os.Args[2:]))
	}
	machine.UseTool()
	if asVetTool(os.Args[1:]) {
		vetTool()
	}
	os.Exit(run(os.Args[1:], cli.NewOutput(os.Stdout), os.Stderr))
}

func run(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		usage(stderr)
		return cli.Failed
	}
	switch args[0] {
	case "-h", "-help", "--help", "help":
		if len(args) > 1 {
			return run([]string{args[1], "-h"}, stdout, stderr)
		}
		usage(stdout)
		return cli.OK
	case "-version", "--version":
		return version.Run(args[1:], stdout, stderr)
	}
	for _, c := range commands {
		if c.name == args[0] {
			return c.run(args[1:], stdout, stderr)
		}
	}
	fmt.Fprintf(stderr, "stackalloc: there is no subcommand %q; stackalloc -h lists them\n", args[0])
	return cli.Failed
}

func usage(w io.Writer) {
	fmt.Fprint(w, "usage: stackalloc COMMAND [flags] [arguments]\n\n")
	for _, c := range commands {
		fmt.Fprintf(w, "\t%-10s %s\n", c.name, c.short)
	}
	fmt.Fprint(w, "\nstackalloc COMMAND -h tells of the flags of each. The exit status is 0, 1 when\nsomething was found, or 2 when the command could not run.\n")
}
