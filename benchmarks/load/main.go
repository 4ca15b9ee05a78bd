// Command load puts two whole programs under load on this machine, before and
// after, and writes a table for each:
//
//	go run ./load                 the HTTP service of examples/service: make, sync.Pool and this library
//	go run ./load -dns            a DNS server on miekg/dns, as it is and with our patch of it
//	go run ./load -write          the table also into README.md
//
// Servers and load share the machine, on the loopback interface only, in turn and for
// a bounded time: a server has one core and the load the others. HTTP requests come
// from vegeta, DNS queries from dnsperf.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/stackalloc/stackalloc/benchmarks/internal/tables"
)

type options struct {
	duration time.Duration // of one measurement
	rounds   int
	dns      bool
	changed  string
}

func main() {
	var o options
	flag.DurationVar(&o.duration, "duration", 10*time.Second, "`time` of one measurement")
	flag.IntVar(&o.rounds, "rounds", 5, "how often each server is measured, in turn")
	flag.BoolVar(&o.dns, "dns", false, "measure the DNS server, with miekg/dns as it is and with our patch of it")
	flag.StringVar(&o.changed, "changed", "", "with -dns, measure the copy of miekg/dns in `folder` in place of our patch")
	write := flag.Bool("write", false, "write the table also into README.md")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o, *write); err != nil {
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
