package main

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"
)

func TestAskedIsRead(t *testing.T) {
	const good = `> NOERROR host1.zone2.example A 0.000123
> NXDOMAIN host1.host2.zone2.example A 0.000023
> REFUSED zone23.example AAAA 0.001000
Statistics:

  Queries sent:         3
  Queries completed:    3 (100.00%)
  Queries lost:         0 (0.00%)

  Response codes:       NOERROR 1 (33.33%), NXDOMAIN 1 (33.33%), REFUSED 1 (33.33%)
  Run time (s):         1.000000
  Queries per second:   3.000000
`
	a, err := readAsked([]byte(good), true)
	if err != nil || a.queries != 3 || a.rate != 3 || len(a.latencies) != 3 || a.latencies[0] != 0.023 || a.latencies[2] != 1 {
		t.Fatalf("%+v, %v", a, err)
	}
	for _, c := range []struct{ old, new, want string }{
		{"lost:         0", "lost:         1", "lost 1 of 3"},
		{"NXDOMAIN 1 (", "SERVFAIL 1 (", "SERVFAIL"},
		{"NXDOMAIN 1 (", "FORMERR 1 (", "FORMERR"},
		{"completed:    3", "completed:    0", "no answers"},
		{"Queries per second", "Nothing", "no answers"},
		{"> REFUSED zone23.example AAAA 0.001000", "> T zone23.example AAAA", "2 of 3 answers"},
		{"0.000123", "soon", "soon"},
	} {
		if _, err := readAsked([]byte(strings.Replace(good, c.old, c.new, 1)), true); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.new, err)
		}
	}
	if _, err := readAsked(nil, false); err == nil {
		t.Error("nothing was taken for a result")
	}
}

// A request that fails ends the measurement.
func TestFailedRequestsAreAnError(t *testing.T) {
	for _, fails := range []bool{false, true} {
		requests := 0
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if requests++; fails && requests == 20 {
				w.WriteHeader(http.StatusInternalServerError)
			}
		}))
		targets := forms(s.Listener.Addr().String())
		_, err := attack(t.Context(), targets[:1], 100, 500*time.Millisecond)
		s.Close()
		if (err != nil) != fails {
			t.Errorf("failing %v: %v", fails, err)
		}
	}
}

// Medians, spreads, and what the last row is beside the others.
func TestRows(t *testing.T) {
	var b bytes.Buffer
	writeRows(&b, "server", []row{
		{"make", []sample{{rate: 100, cpu: 20, bytes: 8}, {rate: 120, cpu: 20, bytes: 8}, {rate: 110, cpu: 20, bytes: 8}}},
		{"ours", []sample{{rate: 200, cpu: 10, bytes: 2}, {rate: 360, cpu: 10, bytes: 2}, {rate: 110, cpu: 10, bytes: 2}}},
	})
	for _, want := range []string{"| make | 110 ±9 | 20.0 ±0 |", "| ours | 200 ±62 | 10.0 ±0 |", "ours beside make", ": 200 ±100 % of the requests, 50.0 ±0 % of the CPU time, 25.0 ±0 % of the bytes.\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, &b)
		}
	}
}

// onLinux skips tests that start servers, and builds what they measure.
func onLinux(t *testing.T) (dir string) {
	t.Helper()
	if testing.Short() || runtime.GOOS != "linux" {
		t.Skip("builds servers and reads /proc")
	}
	t.Chdir("..")
	return t.TempDir()
}

// A server is stopped, and what it took is what it says and the system.
func TestServer(t *testing.T) {
	dir := onLinux(t)
	binary, err := build(t.Context(), dir, "service", "github.com/stackalloc/stackalloc/examples/service")
	if err != nil {
		t.Fatal(err)
	}
	s, err := start(t.Context(), binary, "-addr", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer s.stop()
	x, err := s.measure(t.Context(), s.addr, func() (n, rate float64, err error) {
		m, err := attack(t.Context(), forms(s.addr), 0, time.Second)
		if err != nil {
			return 0, 0, err
		}
		return float64(m.Requests), m.Throughput, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if x.rate <= 0 || x.cpu <= 1 || x.cpu > 1e6/x.rate*1.2 || x.objects < 5 || x.objects > 100 || x.bytes < x.objects || x.atMost < 5 || x.atMost > 200 {
		t.Errorf("%+v", x)
	}
	s.stop()
	if _, err := s.resident(); err == nil {
		t.Error("the server still runs")
	}
	if c, err := net.Dial("tcp", s.addr); err == nil {
		c.Close()
		t.Error("the server still listens")
	}
}

// The three DNS servers answer alike, and miekg/dns with a sync.Pool passes its own tests of
// names; our patch does so in the table of programs.
func TestDNSServers(t *testing.T) {
	dir := onLinux(t)
	builds, err := buildDNS(t.Context(), dir, options{})
	if err != nil {
		t.Fatal(err)
	}
	own := exec.Command("go", "test", "-run", "Domain|Label|Split", ".")
	own.Dir, own.Env = filepath.Join(dir, "pooled"), append(os.Environ(), "GOWORK=off")
	if out, err := own.CombinedOutput(); err != nil || !bytes.HasPrefix(out, []byte("ok")) {
		t.Errorf("%v\n%s", err, out)
	}
	queries := filepath.Join(dir, "queries")
	if err := writeQueries(queries); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(queries)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")[:300]
	lines = append(lines, ". A", "example A", "xzone1.example A", `a\.zone1.example A`)
	var want []string
	codes := map[int]int{}
	for _, b := range builds {
		s, err := start(t.Context(), b.binary, "-memory", b.flag)
		if err != nil {
			t.Fatal(err)
		}
		addr, _, _ := strings.Cut(s.addr, ",")
		for i, line := range lines {
			name, kind, _ := strings.Cut(line, " ")
			query := new(dns.Msg)
			query.SetQuestion(dns.Fqdn(name), dns.StringToType[kind])
			query.Id = uint16(i)
			reply, err := dns.Exchange(query, addr)
			if err != nil {
				t.Fatalf("%s: %s: %v", b.name, line, err)
			}
			if b.flag == "make" {
				want = append(want, reply.String())
				codes[reply.Rcode]++
				if len(reply.Answer) > 0 {
					codes[-1]++
				}
			} else if reply.String() != want[i] {
				t.Errorf("%s: %s: %s\nwant %s", b.name, line, reply, want[i])
			}
		}
		s.stop()
	}
	if codes[dns.RcodeSuccess] < 50 || codes[dns.RcodeNameError] < 50 || codes[dns.RcodeRefused] < 20 || codes[-1] < 50 {
		t.Errorf("no mixture of answers: %v", codes)
	}
}

// Interrupted or at its end by time, the command leaves no server, and no file.
func TestNothingIsLeft(t *testing.T) {
	dir := onLinux(t)
	binary, err := build(t.Context(), dir, "load", "./load")
	if err != nil {
		t.Fatal(err)
	}
	kinds := [][]string{nil}
	if _, err := exec.LookPath("dnsperf"); err == nil {
		kinds = append(kinds, []string{"-dns"})
	}
	for _, args := range kinds {
		temporary := t.TempDir()
		var out bytes.Buffer
		load := exec.Command(binary, append(args, "-duration", "30s")...)
		load.Stderr = &out
		load.Env = append(os.Environ(), "TMPDIR="+temporary)
		if err := load.Start(); err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(2 * time.Minute); len(processesOf(t, temporary)) == 0; time.Sleep(50 * time.Millisecond) {
			if time.Now().After(end) {
				load.Process.Kill()
				t.Fatalf("no server was started: %s", &out)
			}
		}
		time.Sleep(500 * time.Millisecond) // in the middle of a run
		load.Process.Signal(syscall.SIGINT)
		began := time.Now()
		var status *exec.ExitError
		if err := load.Wait(); !errors.As(err, &status) || status.ExitCode() != 1 || !strings.HasSuffix(out.String(), "load: interrupted\n") {
			t.Errorf("%v: %s", err, &out)
		}
		if time.Since(began) > 20*time.Second {
			t.Errorf("it took %v to end", time.Since(began))
		}
		if left := processesOf(t, temporary); left != nil {
			t.Errorf("left running: %q", left)
		}
		if files, _ := os.ReadDir(temporary); len(files) != 0 {
			t.Errorf("left behind: %v", files)
		}
	}
}

// processesOf returns the command lines of servers whose program is in a folder, and of
// dnsperf with queries from there.
func processesOf(t *testing.T, folder string) (all []string) {
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		line, _ := os.ReadFile(file)
		args := strings.ReplaceAll(string(line), "\x00", " ")
		if strings.HasPrefix(args, folder) || strings.HasPrefix(args, "dnsperf ") && strings.Contains(args, folder) {
			all = append(all, args)
		}
	}
	return all
}

// A run has an end.
func TestRunIsBounded(t *testing.T) {
	o := options{duration: 7 * time.Second, rounds: 5}
	if most := o.atMost(); most < 10*time.Minute || most > time.Hour {
		t.Error(most)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := start(ctx, "/bin/sleep", "1000"); err == nil {
		t.Error("a server was started after the end")
	}
}
