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
	if m.Success < 1 {
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
	samples := make([][]sample, len(memories))
	rate := 0
	for round := range o.rounds + 1 { // the first one is for the rate
		for i, m := range memories {
			s, err := measureOne(ctx, binary, m.flag, rate, o.duration)
			if err != nil {
				return fmt.Errorf("%s: %w", m.name, err)
			}
			tables.Progress("round %d of %d, %s: %.0f requests a second, p99 %.2f ms", round, o.rounds, m.name, s.rate, s.p99)
			samples[i] = append(samples[i], s)
		}
		if round == 0 {
			slowest := samples[0][0].rate
			for i := range samples {
				slowest = min(slowest, samples[i][0].rate)
				samples[i] = samples[i][:0]
			}
			rate = int(slowest / 2)
		}
	}
	fmt.Fprintf(w, "%s. The server has one core, vegeta with %d connections the rest; 500 forms of 1 to 40 fields. Requests a second\n"+
		"are as many as are answered; latencies are at %d a second, half of what the slowest answered in a first round. Medians of %d runs of %v in\n"+
		"turn, ± half of the span of the middle half in percent. Reproduce: `cd benchmarks && go run ./load`\n\n", tables.Machine(), connections, rate, o.rounds, o.duration)
	rows := make([]row, len(memories))
	for i, m := range memories {
		rows[i] = row{m.name, samples[i]}
	}
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
	before, err := memoryAt(ctx, s.addr)
	if err != nil {
		return x, err
	}
	m, err := attack(ctx, targets, 0, duration)
	if err != nil {
		return x, err
	}
	after, err := memoryAt(ctx, s.addr)
	if err != nil {
		return x, err
	}
	x = newSample(float64(m.Requests), m.Throughput, after.since(before))
	x.atMost = s.resident()
	if rate == 0 {
		return x, nil
	}
	if m, err = attack(ctx, targets, rate, duration); err != nil {
		return x, err
	}
	ms := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }
	x.p50, x.p99 = ms(m.Latencies.P50), ms(m.Latencies.P99)
	x.p999 = ms(m.Latencies.Quantile(0.999))
	return x, nil
}
