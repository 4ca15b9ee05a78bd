package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stackalloc/stackalloc/benchmarks/internal/programs"
	"github.com/stackalloc/stackalloc/benchmarks/internal/tables"
)

// The DNS server is built three times, from the same code of ours: with miekg/dns as it
// is, and with two copies of it in which CompareDomainName has its memory from elsewhere:
// from a sync.Pool, and from this library by our patch of package programs, or as the copy
// has it that -changed names.

const dnsModule = "github.com/miekg/dns"

// A dnsBuild is the server with memory from one source, in miekg/dns and in the handler.
type dnsBuild struct {
	flag, name, binary string
}

// buildDNS builds the servers.
func buildDNS(ctx context.Context, dir string, o options) ([]dnsBuild, error) {
	copies := map[string]string{"pool": filepath.Join(dir, "pooled"), "stack": filepath.Join(dir, "patched")}
	if err := programs.CopyPooledDNS(copies["pool"]); err != nil {
		return nil, err
	}
	if o.changed != "" {
		changed, err := filepath.Abs(o.changed)
		if err != nil {
			return nil, err
		}
		copies["stack"] = changed
	} else {
		p, err := programs.Find(dnsModule)
		if err != nil {
			return nil, err
		}
		if err := p.CopyChanged(copies["stack"]); err != nil {
			return nil, err
		}
	}
	builds := []dnsBuild{{flag: "make", name: "make (miekg/dns as it is)"}, {flag: "pool", name: "sync.Pool"}, {flag: "stack", name: "**stackalloc**, scratch"}}
	for i, b := range builds {
		var err error
		if folder := copies[b.flag]; folder == "" {
			builds[i].binary, err = build(ctx, dir, b.flag, "./load/dnsserver")
		} else {
			builds[i].binary, err = buildWith(ctx, dir, b.flag, folder)
		}
		if err != nil {
			return nil, err
		}
	}
	return builds, nil
}

// buildWith builds the server with the module in folder in place of miekg/dns.
func buildWith(ctx context.Context, dir, name, folder string) (binary string, err error) {
	library, err := filepath.Abs("..")
	if err != nil {
		return "", err
	}
	mod := filepath.Join(dir, name+".mod")
	for from, to := range map[string]string{"go.mod": mod, "go.sum": filepath.Join(dir, name+".sum")} {
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
	return buildIn(ctx, []string{"GOWORK=off"}, dir, name, "./load/dnsserver", "-mod=mod", "-modfile="+mod)
}

// writeQueries writes a mixture of names: of hosts, of none, below zones, and in none; and
// a third of them in mixed case, as resolvers ask that guard against forged answers.
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
		if r.IntN(3) == 0 {
			mixed := []byte(name)
			for i, c := range mixed {
				if 'a' <= c && c <= 'z' && r.IntN(2) == 0 {
					mixed[i] = c - 'a' + 'A'
				}
			}
			name = string(mixed)
		}
		fmt.Fprintf(&b, "%s %s\n", name, []string{"A", "A", "A", "AAAA"}[r.IntN(4)])
	}
	return os.WriteFile(file, b.Bytes(), 0o666)
}

// An asked is what dnsperf says of a run.
type asked struct {
	queries, rate float64
	latencies     []float64 // ms, in order; nil unless there was a rate to keep to
}

// ask has dnsperf ask for a time, at a rate or, if that is 0, as fast as it is answered.
func ask(ctx context.Context, addr, queries string, rate int, duration time.Duration) (a asked, err error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return a, err
	}
	seconds := int(math.Ceil(duration.Seconds())) // dnsperf knows whole ones only
	args := []string{"-s", host, "-p", port, "-d", queries, "-l", strconv.Itoa(seconds), "-c", strconv.Itoa(connections), "-q", "64", "-W"}
	if rate > 0 {
		args = append(args, "-v", "-Q", strconv.Itoa(rate))
	}
	ctx, stop := context.WithTimeout(ctx, duration+time.Minute)
	defer stop()
	out, err := exec.CommandContext(ctx, "dnsperf", args...).Output()
	if err != nil {
		return a, errors.Join(fmt.Errorf("dnsperf: %w", err), ctx.Err())
	}
	return readAsked(out, rate > 0)
}

var (
	dnsperfCounts = regexp.MustCompile(`(?m)^\s+Queries (sent|completed|lost|interrupted|per second):\s+([\d.]+)`)
	dnsperfFaults = regexp.MustCompile(`(?m)^\s+Response codes:.*(SERVFAIL|FORMERR|NOTIMP|YX|NX[^D]|NOTAUTH|NOTZONE|\?).*$`)
)

// readAsked reads what dnsperf prints. A query that was lost, or that the server could
// not make sense of, is an error.
func readAsked(out []byte, verbose bool) (a asked, err error) {
	counts := map[string]float64{}
	for _, m := range dnsperfCounts.FindAllSubmatch(out, -1) {
		if counts[string(m[1])], err = strconv.ParseFloat(string(m[2]), 64); err != nil {
			return a, fmt.Errorf("dnsperf: %q: %w", m[0], err)
		}
	}
	a.queries, a.rate = counts["completed"], counts["per second"]
	switch fault := dnsperfFaults.Find(out); {
	case a.queries == 0 || a.rate == 0:
		return a, fmt.Errorf("dnsperf got no answers: %s", lastLines(out))
	case counts["lost"] != 0:
		return a, fmt.Errorf("dnsperf lost %.0f of %.0f queries", counts["lost"], counts["sent"])
	case fault != nil:
		return a, fmt.Errorf("dnsperf: %s", bytes.TrimSpace(fault))
	case !verbose:
		return a, nil
	}
	for line := range bytes.Lines(out) {
		// > NOERROR host1.zone2.example A 0.000123
		if f := strings.Fields(string(line)); len(f) == 5 && f[0] == ">" {
			s, err := strconv.ParseFloat(f[4], 64)
			if err != nil {
				return a, fmt.Errorf("dnsperf: %q: %w", line, err)
			}
			a.latencies = append(a.latencies, 1000*s)
		}
	}
	if float64(len(a.latencies)) != a.queries {
		return a, fmt.Errorf("dnsperf printed %d of %.0f answers", len(a.latencies), a.queries)
	}
	slices.Sort(a.latencies)
	return a, nil
}

// lastLines is the end of a long output.
func lastLines(out []byte) []byte { return bytes.TrimSpace(out[max(0, len(out)-500):]) }

func measureDNS(ctx context.Context, w io.Writer, dir string, o options) error {
	if _, err := exec.LookPath("dnsperf"); err != nil {
		return errors.New("no dnsperf: apt-get install dnsperf")
	}
	builds, err := buildDNS(ctx, dir, o)
	if err != nil {
		return err
	}
	queries := filepath.Join(dir, "queries")
	if err := writeQueries(queries); err != nil {
		return err
	}
	rows := make([]row, len(builds))
	for i, b := range builds {
		rows[i].name = b.name
	}
	rate, err := takeTurns(rows, o, func(i, rate int) (sample, error) { return measureOneDNS(ctx, builds[i], queries, rate, o.duration) })
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%s. The server has one core, dnsperf with %d clients the rest; 5000 names in and outside of 40 zones. %s\n"+
		"Reproduce: `cd benchmarks && go run ./load -dns`\n\n",
		tables.Machine(), connections, method(o, rate, "queries"))
	writeRows(w, "DNS server, memory from", rows)
	return nil
}

// measureOneDNS measures a fresh process.
func measureOneDNS(ctx context.Context, b dnsBuild, queries string, rate int, duration time.Duration) (x sample, err error) {
	s, err := start(ctx, b.binary, "-memory", b.flag)
	if err != nil {
		return x, err
	}
	defer s.stop()
	addr, memory, _ := strings.Cut(s.addr, ",")
	if _, err := ask(ctx, addr, queries, 0, time.Second); err != nil {
		return x, err
	}
	x, err = s.measure(ctx, memory, func() (n, rate float64, err error) {
		a, err := ask(ctx, addr, queries, 0, duration)
		return a.queries, a.rate, err
	})
	if err != nil || rate == 0 {
		return x, err
	}
	a, err := ask(ctx, addr, queries, rate, duration)
	if err != nil {
		return x, err
	}
	at := func(q float64) float64 { return a.latencies[int(q*float64(len(a.latencies)-1))] }
	x.p50, x.p99, x.p999 = at(0.5), at(0.99), at(0.999)
	return x, nil
}
