// Package version is the subcommand version.
package version

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/cli"
)

const usage = `usage: stackalloc version

version prints the version of this command, the revision it was built from where
that is known, and the version of Go that built it.
`

// Run runs the subcommand and returns its exit status.
func Run(args []string, stdout, stderr io.Writer) int {
	c := cli.New("version", usage, stdout, stderr)
	c.Require(func() error {
		if c.Flags.NArg() > 0 {
			return fmt.Errorf("unexpected argument %q", c.Flags.Arg(0))
		}
		return nil
	})
	if status, proceed := c.Parse(args); !proceed {
		return status
	}
	fmt.Fprintf(stdout, "stackalloc %s %s %s/%s\n", String(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return cli.OK
}

// String is the version: that of the module, or "(devel)" with the revision of the
// working tree that it was built from.
func String() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	return text(info)
}

func text(info *debug.BuildInfo) string {
	v := info.Main.Version
	if v == "" {
		v = "(devel)"
	}
	revision, modified := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			modified = ", modified"
		}
	}
	short := revision[:min(len(revision), 12)]
	if short != "" && !strings.Contains(v, short) {
		v += " (" + short + modified + ")"
	}
	return v
}
