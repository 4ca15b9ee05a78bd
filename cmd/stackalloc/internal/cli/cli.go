// Package cli is what the subcommands have in common: flags and how their errors
// are told, exit statuses, signals, and the files they write.
package cli

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/progress"
)

// The exit statuses.
const (
	OK     = 0
	Found  = 1 // an unproven call, a suggestion, a test that fails after a change
	Failed = 2 // the command could not run
)

// Command is one run of a subcommand.
type Command struct {
	Name           string
	Flags          *flag.FlagSet // to add flags to
	Stdout, Stderr io.Writer
	usage          string
	checks         []func() error
}

// New returns a subcommand. usage is what -h prints before the list of the flags.
func New(name, usage string, stdout, stderr io.Writer) *Command {
	c := &Command{Name: name, Flags: flag.NewFlagSet(name, flag.ContinueOnError), Stdout: stdout, Stderr: stderr, usage: usage}
	// The flag package would print the error before pages of usage.
	c.Flags.SetOutput(io.Discard)
	c.Flags.Usage = func() {}
	return c
}

// Require adds a condition on the flags, which Parse asks for.
func (c *Command) Require(f func() error) { c.checks = append(c.checks, f) }

// Exclude requires that at most one of the flags is given.
func (c *Command) Exclude(names ...string) {
	c.Require(func() error {
		var given []string
		c.Flags.Visit(func(f *flag.Flag) {
			for _, n := range names {
				if f.Name == n && f.Value.String() != "false" {
					given = append(given, "-"+n)
				}
			}
		})
		if len(given) > 1 {
			return fmt.Errorf("%s exclude each other", strings.Join(given, " and "))
		}
		return nil
	})
}

// Parse reads the command line. Where it returns false the command is done, with
// the status: help was printed, or an error.
func (c *Command) Parse(args []string) (status int, proceed bool) {
	if len(args) == 1 && (args[0] == "-flags" || args[0] == "--flags") {
		return c.Fail(c.listFlags()), false
	}
	err := c.Flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(c.Stdout, c.usage)
		c.Flags.SetOutput(c.Stdout)
		c.Flags.PrintDefaults()
		return OK, false
	}
	if err == nil {
		for _, a := range c.Flags.Args() {
			if strings.HasPrefix(a, "-") && c.known(a) && !slices.Contains(args, "--") {
				err = fmt.Errorf("the flag %s stands after an argument: flags come first", a)
			}
		}
	}
	for _, f := range c.checks {
		if err == nil {
			err = f()
		}
	}
	if err != nil {
		fmt.Fprintf(c.Stderr, "stackalloc %s -h lists the flags\n", c.Name)
		return c.Fail(err), false
	}
	return OK, true
}

// known reports whether the argument is one of the flags.
func (c *Command) known(arg string) bool {
	name, _, _ := strings.Cut(strings.TrimLeft(arg, "-"), "=")
	return c.Flags.Lookup(name) != nil
}

// Patterns returns the arguments as package patterns: the current directory, if
// there are none.
func (c *Command) Patterns() []string {
	if c.Flags.NArg() == 0 {
		return []string{"."}
	}
	return c.Flags.Args()
}

// Run calls f with a context that ends when the process is told to, by INT, TERM or
// HUP, and with a line of progress that is gone when f returns. f stops what it
// started and removes what it made, as for any error, before it returns. Where nobody
// reads the output any more it is the same, without a message. Run returns the exit
// status.
func (c *Command) Run(f func(ctx context.Context, bar *progress.Bar) (found bool, err error)) int {
	ctx, stop := Signals(context.Background())
	defer stop()
	out, watched := c.Stdout.(*Output)
	if watched {
		watching, cancel := context.WithCancelCause(ctx)
		ctx = watching
		defer out.watch(func() { cancel(errUnread) })()
	}
	bar := progress.New(c.Stderr)
	found, err := func() (bool, error) {
		defer bar.Done()
		return f(ctx, bar)
	}()
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	switch {
	case watched && out.unread.Load():
		return Failed
	case err != nil:
		return c.Fail(err)
	case found:
		return Found
	}
	return OK
}

// Fail prints an error, which ends the command, and returns the exit status.
func (c *Command) Fail(err error) int {
	if err == nil {
		return OK
	}
	fmt.Fprintf(c.Stderr, "stackalloc %s: %v\n", c.Name, err)
	return Failed
}

// Signals returns a context that ends at the first signal to end. Further signals
// are held back until stop is called: what was begun is taken down in any case.
func Signals(parent context.Context) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	ch := make(chan os.Signal, 1)
	for _, s := range ending {
		if !signal.Ignored(s) { // as nohup does with HUP
			signal.Notify(ch, s)
		}
	}
	done := make(chan struct{})
	go func() {
		select {
		case s := <-ch:
			cancel(fmt.Errorf("ended by a signal: %v", s))
		case <-done:
		}
	}()
	return ctx, func() {
		signal.Stop(ch)
		close(done)
		cancel(context.Canceled)
	}
}

// listFlags prints the flags as go vet asks a tool for them.
func (c *Command) listFlags() error {
	list := []Flag{}
	c.Flags.VisitAll(func(f *flag.Flag) {
		b, ok := f.Value.(interface{ IsBoolFlag() bool })
		list = append(list, Flag{f.Name, ok && b.IsBoolFlag(), f.Usage})
	})
	return json.NewEncoder(c.Stdout).Encode(list)
}

// Flag is what -flags prints of a flag, an array of them in JSON.
type Flag struct {
	Name  string
	Bool  bool
	Usage string
}
