package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stackalloc/stackalloc/benchmarks/internal/programs"
	"github.com/stackalloc/stackalloc/benchmarks/internal/tables"
)

// The DNS server is built twice, from the same code of ours: with miekg/dns as it is,
// and with a copy of it in which the changes are made: our patch of package programs,
// if -changed names no other.

const dnsModule = "github.com/miekg/dns"

// buildDNS builds the server with the module in folder in place of miekg/dns.
func buildDNS(ctx context.Context, dir, folder string) (binary string, err error) {
	library, err := filepath.Abs("..")
	if err != nil {
		return "", err
	}
	mod := filepath.Join(dir, "changed.mod")
	for from, to := range map[string]string{"go.mod": mod, "go.sum": filepath.Join(dir, "changed.sum")} {
		text, err := os.ReadFile(from)
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(to, text, 0o666); err != nil {
			return "", err
		}
	}
	edit := exec.CommandContext(ctx, "go", "mod", "edit", "-replace", dnsModule+"="+folder, "-replace", "github.com/stackalloc/stackalloc="+library, mod)
	if out, err := edit.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go mod edit: %w\n%s", err, out)
	}
	os.Setenv("GOWORK", "off")
	defer os.Unsetenv("GOWORK")
	return build(ctx, dir, "changed", "./load/dnsserver", "-mod=mod", "-modfile="+mod)
}

// changedDNS returns the folder of the changed module, absolute.
func changedDNS(dir, given string) (string, error) {
	if given != "" {
		return filepath.Abs(given)
	}
	p, err := programs.Find(dnsModule)
	if err != nil {
		return "", err
	}
	folder := filepath.Join(dir, "dns")
	return folder, p.CopyChanged(folder)
}

// writeQueries writes a mixture of names: in zones, below them, and in none.
func writeQueries(file string) error {
	r := rand.New(rand.NewPCG(11, 13))
	var b bytes.Buffer
	for range 5000 {
		name := fmt.Sprintf("zone%d.example", r.IntN(24))
		if r.IntN(3) == 0 {
			name = "deep.part." + name
		}
		for range r.IntN(4) {
			name = fmt.Sprintf("host%d.", r.IntN(100)) + name
		}
		fmt.Fprintf(&b, "%s %s\n", name, []string{"A", "A", "A", "AAAA"}[r.IntN(4)])
	}
	return os.WriteFile(file, b.Bytes(), 0o666)
}

var lost = regexp.MustCompile(`Queries lost:\s+(\d+)`)

// ask has dnsperf ask for a time, at a rate or, if that is 0, as fast as it is
// answered, and returns the latencies, in ms, in order.
func ask(ctx context.Context, addr, queries string, rate int, duration time.Duration) (latencies []float64, err error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	args := []string{"-s", host, "-p", port, "-d", queries, "-l", strconv.Itoa(int(duration.Seconds())), "-c", strconv.Itoa(connections), "-q", "64", "-v"}
	if rate > 0 {
		args = append(args, "-Q", strconv.Itoa(rate))
	}
	out, err := exec.CommandContext(ctx, "dnsperf", args...).Output()
	if err != nil {
		return nil, fmt.Errorf("dnsperf: %w", err)
	}
	scanner := bufio.NewScanner(bytes.NewReader(out))
	for scanner.Scan() {
		// > NOERROR host1.zone2.example A 0.000123
		if f := strings.Fields(scanner.Text()); len(f) == 5 && f[0] == ">" {
			s, err := strconv.ParseFloat(f[4], 64)
			if err != nil {
				return nil, fmt.Errorf("dnsperf: %q: %w", scanner.Text(), err)
			}
			latencies = append(latencies, 1000*s)
		}
	}
	switch m := lost.FindSubmatch(out); {
	case m == nil || len(latencies) == 0:
		return nil, errors.New("dnsperf printed no answers")
	case string(m[1]) != "0":
		return nil, fmt.Errorf("dnsperf lost %s queries", m[1])
	}
	slices.Sort(latencies)
	return latencies, nil
}

func measureDNS(ctx context.Context, w io.Writer, dir string, o options) error {
	if _, err := exec.LookPath("dnsperf"); err != nil {
		return errors.New("no dnsperf: apt-get install dnsperf")
	}
	folder, err := changedDNS(dir, o.changed)
	if err != nil {
		return err
	}
	before, err := build(ctx, dir, "before", "./load/dnsserver")
	if err != nil {
		return err
	}
	after, err := buildDNS(ctx, dir, folder)
	if err != nil {
		return err
	}
	queries := filepath.Join(dir, "queries")
	if err := writeQueries(queries); err != nil {
		return err
	}
	runtime.GOMAXPROCS(1)
	builds := []struct{ name, binary string }{{"miekg/dns as it is", before}, {"**changed**", after}}
	samples := make([][]sample, len(builds))
	rate := 0
	for round := range o.rounds + 1 { // the first one is for the rate
		for i, b := range builds {
			s, err := measureOneDNS(ctx, b.binary, queries, rate, o.duration)
			if err != nil {
				return fmt.Errorf("%s: %w", b.name, err)
			}
			tables.Progress("round %d of %d, %s: %.0f queries a second, p99 %.3f ms", round, o.rounds, b.name, s.rate, s.p99)
			samples[i] = append(samples[i], s)
		}
		if round == 0 {
			rate = int(min(samples[0][0].rate, samples[1][0].rate) / 2)
			samples[0], samples[1] = nil, nil
		}
	}
	fmt.Fprintf(w, "%s. The server has one core, dnsperf with %d clients the rest; 5000 names in and outside of 40 zones. Latencies are at %d\n"+
		"queries a second, half of what the slower one answered in a first round. Medians of %d runs of %v in turn, ± half of the span of the middle half in percent.\n"+
		"Reproduce: `cd benchmarks && go run ./load -dns`\n\n",
		tables.Machine(), connections, rate, o.rounds, o.duration)
	writeRows(w, "DNS server", []row{{builds[0].name, samples[0]}, {builds[1].name, samples[1]}})
	return nil
}

// measureOneDNS measures a fresh process.
func measureOneDNS(ctx context.Context, binary, queries string, rate int, duration time.Duration) (x sample, err error) {
	s, err := start(ctx, binary)
	if err != nil {
		return x, err
	}
	defer s.stop()
	addr, memory, _ := strings.Cut(s.addr, ",")
	if _, err := ask(ctx, addr, queries, 0, time.Second); err != nil {
		return x, err
	}
	before, err := memoryAt(ctx, memory)
	if err != nil {
		return x, err
	}
	answers, err := ask(ctx, addr, queries, 0, duration)
	if err != nil {
		return x, err
	}
	after, err := memoryAt(ctx, memory)
	if err != nil {
		return x, err
	}
	x = newSample(float64(len(answers)), float64(len(answers))/duration.Seconds(), after.since(before))
	x.atMost = s.resident()
	if rate == 0 {
		return x, nil
	}
	if answers, err = ask(ctx, addr, queries, rate, duration); err != nil {
		return x, err
	}
	at := func(q float64) float64 { return answers[int(q*float64(len(answers)-1))] }
	x.p50, x.p99, x.p999 = at(0.5), at(0.99), at(0.999)
	return x, nil
}
