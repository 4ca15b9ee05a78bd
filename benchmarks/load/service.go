package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"runtime"
	"strings"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/stackalloc/stackalloc/benchmarks/internal/tables"
)

// forms is a mixture of requests: many small ones, some large.
func forms(addr string) []vegeta.Target {
	r := rand.New(rand.NewPCG(7, 9))
	var all []vegeta.Target
	for range 500 {
		form := url.Values{}
		for i := range 1 + int(40*r.Float64()*r.Float64()) {
			value := make([]byte, int(200*r.Float64()*r.Float64()))
			for j := range value {
				value[j] = " abcdefghijklmnopqrstuvwxyz&=%/"[r.IntN(31)]
			}
			form.Set(fmt.Sprintf("name%d", i), string(value))
		}
		all = append(all, vegeta.Target{Method: "POST", URL: "http://" + addr + "/sign", Body: []byte(form.Encode())})
	}
	return all
}

const connections = 16

// attack sends requests for a time, at a rate or, if that is 0, as fast as they are answered.
func attack(ctx context.Context, targets []vegeta.Target, rate int, duration time.Duration) (*vegeta.Metrics, error) {
	var pace vegeta.Pacer = vegeta.Rate{Freq: rate, Per: time.Second}
	attacker := vegeta.NewAttacker(vegeta.Workers(connections), vegeta.MaxWorkers(connections), vegeta.Connections(connections), vegeta.Timeout(10*time.Second))
	defer attacker.Stop()
	var m vegeta.Metrics
	for result := range attacker.Attack(vegeta.NewStaticTargeter(targets...), pace, duration, "load") {
		m.Add(result)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	m.Close()
	if m.Requests == 0 || m.Success < 1 {
		return nil, fmt.Errorf("%.3f %% of the requests failed: %s", 100*(1-m.Success), strings.Join(m.Errors, "; "))
	}
	return &m, nil
}

var memories = []struct{ flag, name string }{{"make", "make"}, {"pool", "sync.Pool"}, {"stack", "**stackalloc**, scratch, arena, small"}}

func measureService(ctx context.Context, w io.Writer, dir string, o options) error {
	binary, err := build(ctx, dir, "service", "github.com/stackalloc/stackalloc/examples/service")
	if err != nil {
		return err
	}
	runtime.GOMAXPROCS(max(1, runtime.NumCPU()-1))
	rows := make([]row, len(memories))
	for i, m := range memories {
		rows[i].name = m.name
	}
	rate, err := takeTurns(rows, o, func(i, rate int) (sample, error) { return measureOne(ctx, binary, memories[i].flag, rate, o.duration) })
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%s. The server has one core, vegeta with %d connections the rest; 500 forms of 1 to 40 fields. %s\n"+
		"Reproduce: `cd benchmarks && go run ./load`\n\n", tables.Machine(), connections, method(o, rate, "requests"))
	writeRows(w, "HTTP service, memory from", rows)
	return nil
}

// measureOne measures a fresh process: as many requests as it can answer, then
// latencies at a rate, if there is one.
func measureOne(ctx context.Context, binary, memory string, rate int, duration time.Duration) (x sample, err error) {
	s, err := start(ctx, binary, "-addr", "127.0.0.1:0", "-memory", memory)
	if err != nil {
		return x, err
	}
	defer s.stop()
	targets := forms(s.addr)
	if _, err := attack(ctx, targets, 0, duration/10); err != nil { // pools and caches are filled
		return x, err
	}
	x, err = s.measure(ctx, s.addr, func() (n, rate float64, err error) {
		m, err := attack(ctx, targets, 0, duration)
		if err != nil {
			return 0, 0, err
		}
		return float64(m.Requests), m.Throughput, nil
	})
	if err != nil || rate == 0 {
		return x, err
	}
	m, err := attack(ctx, targets, rate, duration)
	if err != nil {
		return x, err
	}
	ms := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }
	x.p50, x.p99 = ms(m.Latencies.P50), ms(m.Latencies.P99)
	x.p999 = ms(m.Latencies.Quantile(0.999))
	return x, nil
}
