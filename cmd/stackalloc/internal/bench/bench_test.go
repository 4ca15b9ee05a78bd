package bench

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchmath"

	"github.com/stackalloc/stackalloc"
	"github.com/stackalloc/stackalloc/internal/build"
	"github.com/stackalloc/stackalloc/internal/measure"
)

// invented is a result with times that ns tells.
func invented(ns func(c *cell) float64) *result {
	r := &result{rounds: 20, collections: 900}
	for _, s := range scenarios("both", "both") {
		for _, n := range sizes {
			for i := range ways {
				if n < ways[i].from {
					continue
				}
				c := &cell{scenario: s, way: &ways[i], size: n, times: 1000, blocks: 20000}
				for k := range r.rounds {
					c.samples = append(c.samples, ns(c)*(1+float64(k%5)/500))
				}
				c.sample = benchmath.NewSample(c.samples, &benchmath.DefaultThresholds)
				c.summary = benchmath.AssumeNothing.Summary(c.sample, measure.Confidence)
				r.cells = append(r.cells, c)
			}
		}
	}
	return r
}

func wide(c *cell) float64 { return 9876543 * float64(c.size) / 256 }

func tables(r *result) string {
	var b bytes.Buffer
	r.writeTables(&b)
	return b.String()
}

func skipRace(t *testing.T) {
	if build.Race {
		var out, diag bytes.Buffer
		require.Equal(t, 2, Run([]string{"-time=1ms"}, &out, &diag))
		require.Contains(t, diag.String(), "race detector")
		t.SkipNow()
	}
}

func TestWaysAreWhatTheySay(t *testing.T) {
	skipRace(t)
	former := stackalloc.SetLimit(defaultLimit)
	require.Equal(t, former, stackalloc.SetLimit(former))
	require.NoError(t, verify())
	stackalloc.SetLimit(former)
}

func TestWrongPlaceIsAnError(t *testing.T) {
	if !inAssembly() {
		t.Skip("blocks are not sure to be on the stack: " + stackalloc.Implementation())
	}
	c := &cell{way: &ways[1], size: 64, times: 10}
	require.Equal(t, stacked, c.way.place)
	require.NoError(t, c.asSaid(stackalloc.Stats{}))
	require.ErrorContains(t, c.asSaid(stackalloc.Stats{Recycled: 1}), "1 of 10 blocks were recycled, not on the stack")
	require.ErrorContains(t, c.asSaid(stackalloc.Stats{Heap: 10}), "did not prove")
	c.way = &ways[2]
	require.Equal(t, recycled, c.way.place)
	require.NoError(t, c.asSaid(stackalloc.Stats{Recycled: 10}))
	require.Error(t, c.asSaid(stackalloc.Stats{Recycled: 9}))
}

func TestTableFitsInto100Columns(t *testing.T) {
	for line := range strings.Lines(tables(invented(wide))) {
		require.LessOrEqual(t, utf8.RuneCountInString(strings.TrimRight(line, "\n")), 100, line)
	}
}

func TestLosersAreMarked(t *testing.T) {
	slow := func(c *cell) float64 {
		switch {
		case c.way.label == "Uninit" && c.size == 1<<10 && c.scenario == (scenario{}):
			return 500
		case c.way.ours, c.way.impl == "array":
			return 50
		}
		return 100
	}
	out := tables(invented(slow))
	require.Equal(t, 1+1, strings.Count(out, "!"), out) // the mark and its meaning
	require.Contains(t, out, "\nUninit            50.2±0    50.2±0    50.2±0     502±0!   50.2±0")
	require.Contains(t, out, "1 of 184 figures of ours are slower than their best peer.")
	require.Contains(t, out, "5.00 x sync.Pool: Uninit at 1 KiB, long goroutine, collections off")

	out = tables(invented(func(c *cell) float64 { return map[bool]float64{true: 101, false: 100}[c.way.ours] }))
	require.Contains(t, out, "None of 184 figures", "within 2 % is no loss")
}

func TestPlacesAreMarked(t *testing.T) {
	r := invented(func(*cell) float64 { return 5 })
	for _, c := range r.cells {
		if c.way.label == "Do" && c.size == 64 && c.scenario.fresh {
			c.stats.Recycled = c.blocks
		}
	}
	require.Equal(t, 2, strings.Count(tables(r), "\nDo                5.02±0    5.02±0 r  5.02±0 "))
}

func TestNumbersAreShort(t *testing.T) {
	for ns, want := range map[float64]string{
		1.234: "1.23", 9.996: "10.0", 99.96: "100", 9999.4: "9999", 9999.6: "10k", 123456: "123k", 1.5e6: "2M",
	} {
		require.Equal(t, want, number(ns))
	}
	require.Equal(t, "999", percent(1e9))
}

func TestBenchFormatIsReadByBenchfmt(t *testing.T) {
	r := invented(func(c *cell) float64 { return float64(c.size) })
	var b bytes.Buffer
	r.writeBenchFormat(&b, thisMachine())
	read, results := benchfmt.NewReader(&b, "bench"), 0
	for read.Scan() {
		res, ok := read.Result().(*benchfmt.Result)
		require.True(t, ok, "%v", read.Result())
		require.Equal(t, "BenchmarkBlock", "Benchmark"+string(res.Name.Base()))
		ns, ok := res.Value("sec/op")
		require.True(t, ok)
		require.Greater(t, ns, 15e-9)
		require.NotEmpty(t, res.GetConfig("cpu"))
		results++
	}
	require.NoError(t, read.Err())
	require.Equal(t, len(r.cells)*r.rounds, results)
}

func TestCharts(t *testing.T) {
	r := invented(func(c *cell) float64 { return float64(c.size) })
	var b bytes.Buffer
	require.NoError(t, r.writeChart(&b, "png", thisMachine()))
	img, err := png.Decode(&b)
	require.NoError(t, err)
	colours := map[any]bool{}
	for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y; y += 3 {
		for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x += 3 {
			colours[img.At(x, y)] = true
		}
	}
	require.Greater(t, len(colours), len(styles), "lines in their colours")

	b.Reset()
	require.NoError(t, r.writeChart(&b, "svg", thisMachine()))
	text := ""
	for d := xml.NewDecoder(&b); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if s, ok := token.(xml.CharData); ok {
			text += string(s)
		}
	}
	for i := range ways {
		require.Contains(t, text, ways[i].label)
	}
	for _, label := range []string{"256 KiB", "100 ns", "10 µs", "size of the block", "collections/s"} {
		require.Contains(t, text, label)
	}
}

func TestCommandLine(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing", "chart.svg")
	for _, c := range []struct {
		args           []string
		status         int
		stdout, stderr string
	}{
		{[]string{"-h"}, 0, "-bench-format", ""},
		{[]string{"-quick", "--help"}, 0, "usage: stackalloc bench", ""},
		{[]string{"-nosuch"}, 2, "", "-nosuch"},
		{[]string{"./..."}, 2, "", `unexpected argument "./..."`},
		{[]string{"-gc", "maybe"}, 2, "", "-gc=maybe: expected one of: on, off, both"},
		{[]string{"-goroutine="}, 2, "", "-goroutine="},
		{[]string{"-quick", "-time=1s"}, 2, "", "exclude each other"},
		{[]string{"-time=-1s"}, 2, "", "not positive"},
		{[]string{"-o", "chart.pdf"}, 2, "", ".svg or .png"},
		{[]string{"-o", missing}, 2, "", "missing"},
	} {
		var out, diag bytes.Buffer
		require.Equal(t, c.status, Run(c.args, &out, &diag), c.args)
		require.Contains(t, out.String(), c.stdout, c.args)
		require.Contains(t, diag.String(), c.stderr, c.args)
		require.Equal(t, c.stderr == "", diag.Len() == 0, diag.String())
	}
}

func TestRun(t *testing.T) {
	skipRace(t)
	chart := filepath.Join(t.TempDir(), "chart.svg")
	var out, diag bytes.Buffer
	require.Equal(t, 0, Run([]string{"-time=1ms", "-goroutine=long", "-gc=off", "-o", chart}, &out, &diag), diag.String())
	require.Empty(t, diag.String(), "no progress without a terminal")
	require.Contains(t, out.String(), "median of 6 samples")
	require.Equal(t, 1, strings.Count(out.String(), "\nscratch.Do "))
	require.NotContains(t, out.String(), "new goroutine")
	svg, err := os.ReadFile(chart)
	require.NoError(t, err)
	require.True(t, bytes.HasSuffix(bytes.TrimSpace(svg), []byte("</svg>")))
	if testing.Short() {
		return
	}
	out.Reset()
	require.Equal(t, 0, Run([]string{"-time=1ms", "-bench-format", "-gc=on"}, &out, &diag), diag.String())
	require.Contains(t, out.String(), "/impl=recycled/contents=zeroed/goroutine=fresh/gc=on/size=65536-")
	require.Equal(t, stackalloc.SetLimit(defaultLimit), defaultLimit, "the limit is as before")
}
