// Run makes random programs that use the library and compares what they print with
// what they print with make in its place, built in several ways.
//
//	go run ./internal/generate/run -programs 2000 -variants all
//
// The same seed makes the same programs, of which each failing one is printed with its
// number. It exits with 1 if one fails, and 2 if it could not run.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/stackalloc/stackalloc/internal/generate"
)

type options struct {
	seed        uint64
	programs    int
	only        int
	batch       int
	variants    string
	toolchains  string
	library     string
	keep        string
	write       string
	limit       time.Duration
	shrink      bool
	mostFailing int
}

func main() {
	var o options
	flag.Uint64Var(&o.seed, "seed", 1, "`number` that the programs are made from; 0 is one made from the date")
	flag.IntVar(&o.programs, "programs", 200, "how many programs")
	flag.IntVar(&o.only, "only", -1, "the `number` of the one program to run, of those of the seed")
	flag.IntVar(&o.batch, "batch", 200, "how many programs are built at once")
	flag.StringVar(&o.variants, "variants", "plain,move", "ways to build them, or all: "+names())
	flag.StringVar(&o.toolchains, "go", "", "Go `versions` to build them with, as in GOTOOLCHAIN, by commas")
	flag.StringVar(&o.library, "library", "", "`folder` of the library (default: that of this module)")
	flag.StringVar(&o.keep, "keep", "", "`folder` in which the modules of programs stay")
	flag.StringVar(&o.write, "write", "", "write the programs into a `folder` as a module, and stop")
	flag.DurationVar(&o.limit, "limit", 0, "begin no new batch after this time; 0 is no limit")
	flag.BoolVar(&o.shrink, "shrink", true, "make failing programs smaller")
	flag.IntVar(&o.mostFailing, "failures", 3, "stop after so many failing programs")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	failed, err := run(ctx, o)
	stop()
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	case failed > 0:
		os.Exit(1)
	}
}

func names() string {
	var all []string
	for _, v := range generate.Variants {
		all = append(all, v.Name)
	}
	return strings.Join(all, ",")
}

func chosen(list string) (all []generate.Variant, err error) {
	if list == "all" {
		return generate.Variants, nil
	}
	for _, name := range strings.Split(list, ",") {
		i := slices.IndexFunc(generate.Variants, func(v generate.Variant) bool { return v.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("no variant %q; there are %s", name, names())
		}
		all = append(all, generate.Variants[i])
	}
	return all, nil
}

func run(ctx context.Context, o options) (failed int, err error) {
	if o.seed == 0 {
		day := time.Now().UTC()
		o.seed = uint64(day.Year()*10000 + int(day.Month())*100 + day.Day())
	}
	variants, err := chosen(o.variants)
	if err != nil {
		return 0, err
	}
	if o.library == "" {
		out, err := exec.CommandContext(ctx, "go", "list", "-f", "{{.Dir}}", "github.com/stackalloc/stackalloc").Output()
		if err != nil {
			return 0, errors.New("the library was not found: run this in its module, or say -library")
		}
		o.library = strings.TrimSpace(string(out))
	}
	if o.batch < 1 || o.programs < 1 {
		return 0, errors.New("-programs and -batch must be positive")
	}
	if o.write != "" {
		return 0, generate.Write(o.write, o.library, programs(o, 0, o.programs))
	}
	fmt.Printf("seed %d, %d programs\n", o.seed, o.programs)
	begin := time.Now()
	if o.only >= 0 {
		return batch(ctx, o, variants, []generate.Program{generate.New(o.seed, o.only)}, "only")
	}
	for from := 0; from < o.programs; from += o.batch {
		if o.limit > 0 && time.Since(begin) > o.limit {
			fmt.Printf("%d programs, then the time was up\n", from)
			break
		}
		n, err := batch(ctx, o, variants, programs(o, from, min(from+o.batch, o.programs)), fmt.Sprint(from))
		failed += n
		if err != nil || failed >= o.mostFailing {
			return failed, err
		}
	}
	if failed == 0 {
		fmt.Println("all programs did the same with the library and with make")
	}
	return failed, nil
}

func programs(o options, from, to int) (all []generate.Program) {
	for id := from; id < to; id++ {
		all = append(all, generate.New(o.seed, id))
	}
	return all
}

// batch runs programs in every way, and returns how many failed.
func batch(ctx context.Context, o options, variants []generate.Variant, all []generate.Program, name string) (failed int, err error) {
	for _, toolchain := range strings.Split(o.toolchains, ",") {
		dir, err := os.MkdirTemp("", "generated")
		if err != nil {
			return failed, err
		}
		if o.keep != "" {
			os.RemoveAll(dir)
			dir = filepath.Join(o.keep, name+toolchain)
		} else {
			defer os.RemoveAll(dir)
		}
		m, err := generate.NewModule(dir, o.library, toolchain, all)
		if err != nil {
			return failed, err
		}
		for _, v := range variants {
			start := time.Now()
			failures, err := m.Compare(ctx, v)
			if err != nil {
				return failed, fmt.Errorf("%s %s: %w", toolchain, v.Name, err)
			}
			fmt.Printf("programs %d to %d, %s %s: %d failing (%.1f s)\n", all[0].ID, all[len(all)-1].ID, toolchain, v.Name, len(failures), time.Since(start).Seconds())
			for _, f := range failures {
				if failed++; failed <= o.mostFailing {
					report(ctx, o, m, f)
				}
			}
			if failed >= o.mostFailing {
				return failed, nil
			}
		}
	}
	return failed, nil
}

func report(ctx context.Context, o options, m *generate.Module, f generate.Failure) {
	fmt.Printf("FAILED: -seed %d -only %d -variants %s", o.seed, f.Program.ID, f.Variant.Name)
	if m.Go != "" {
		fmt.Printf(" -go %s", m.Go)
	}
	fmt.Printf("\nlength, large stack: %s\nwith make: %s\nwith the library: %s\n%s\n", f.Trial, f.Want, f.Got, f.Stderr)
	text, kind := f.Program.Text, "program"
	if o.shrink {
		small, err := m.Shrink(ctx, o.library, f)
		if err != nil {
			fmt.Println("not made smaller:", err)
		} else {
			text, kind = small.Text, "program, made smaller"
		}
	}
	fmt.Printf("%s:\n%s\n", kind, text)
}
