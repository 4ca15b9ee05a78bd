// Command load puts two whole programs under load on this machine, before and
// after, and writes a table for each:
//
//	go run ./load                 the HTTP service of examples/service: make, sync.Pool and this library
//	go run ./load -dns            a DNS server on miekg/dns: the same, in its handler and in patches of miekg/dns
//	go run ./load -write          the table also into README.md
//
// Servers and load share the machine, on the loopback interface only, in turn and for
// a bounded time: a server has one core and the load the others. HTTP requests come
// from vegeta, DNS queries from dnsperf. A request that fails or is lost ends the run with
// an error. Interrupted, it stops its server and leaves nothing behind. What a
// server takes is read from /proc, so this runs on Linux only.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/stackalloc/stackalloc/benchmarks/internal/tables"
)

type options struct {
	duration time.Duration // of one measurement
	rounds   int
	dns      bool
	changed  string
}

// atMost bounds the run: five minutes for what is built, and three times what all
// measurements are to take.
func (o options) atMost() time.Duration {
	const servers, parts = 3, 3 // and of each server the start, full speed and latencies
	return 5*time.Minute + 3*time.Duration(o.rounds+1)*servers*parts*o.duration
}

func main() {
	var o options
	flag.DurationVar(&o.duration, "duration", 7*time.Second, "`time` of one measurement")
	flag.IntVar(&o.rounds, "rounds", 5, "how often each server is measured, in turn")
	flag.BoolVar(&o.dns, "dns", false, "measure the DNS server")
	flag.StringVar(&o.changed, "changed", "", "with -dns, measure the copy of miekg/dns in `folder` in place of our patch")
	write := flag.Bool("write", false, "write the table also into README.md")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o, *write); err != nil {
		if ctx.Err() != nil {
			err = errors.New("interrupted")
		}
		fmt.Fprintf(os.Stderr, "load: %v\n", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, o options, write bool) error {
	if flag.NArg() > 0 || o.changed != "" && !o.dns || o.rounds < 1 || o.duration < time.Second {
		return fmt.Errorf("no arguments, -changed with -dns only, at least one round, at least a second; -h lists the flags")
	}
	dir, err := os.MkdirTemp("", "stackalloc-load-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.Setenv("GOTMPDIR", dir); err != nil { // what go leaves where it is killed goes with it
		return err
	}
	ctx, stop := context.WithTimeout(ctx, o.atMost())
	defer stop()
	var table bytes.Buffer
	out := io.MultiWriter(&table, os.Stdout)
	kind, measure := "service", measureService
	if o.dns {
		kind, measure = "dns", measureDNS
	}
	if err := measure(ctx, out, dir, o); err != nil || !write {
		return err
	}
	return tables.Record(kind, table.Bytes())
}
