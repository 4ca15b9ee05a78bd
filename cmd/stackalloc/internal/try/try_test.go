package try

import (
	"fmt"
	"regexp"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/suggest"
)

func TestPatternFor(t *testing.T) {
	for _, c := range []struct{ bench, name, want string }{
		{".", "BenchmarkX", "^BenchmarkX$"},
		{"X", "BenchmarkX", "^BenchmarkX$"},
		{"^BenchmarkX$", "BenchmarkXY", ""},
		{"X/size=1", "BenchmarkX", "^BenchmarkX$/size=1"},
		{"X/a|b", "BenchmarkX", "^BenchmarkX$/a"},
		{"(X|Y)/(a|b)", "BenchmarkY", "^BenchmarkY$/(a|b)"},
		{"[/|]|Y/a|Y/b", "BenchmarkY", "^BenchmarkY$/a|^BenchmarkY$/b"},
		{`X\/|Z`, "BenchmarkZ", "^BenchmarkZ$"},
		{"Y/a|Y", "BenchmarkY", "^BenchmarkY$"},
	} {
		require.Equal(t, c.want, patternFor(c.bench, c.name), "%v", c)
	}
	s := &series{name: "BenchmarkX/n=1.5/(a)"}
	require.Equal(t, `^BenchmarkX$/^n=1\.5$/^\(a\)$`, s.pattern())
}

func TestShare(t *testing.T) {
	for s, want := range map[string]float64{"1%": 0.01, "0.5%": 0.005, "0.01": 0.01, "100%": 1, "0": 0} {
		got, err := share(s)
		require.NoError(t, err, s)
		require.InDelta(t, want, got, 1e-12, s)
	}
	for _, s := range []string{"", "%", "2", "101%", "-1%", "NaN", "x"} {
		_, err := share(s)
		require.Error(t, err, s)
	}
}

func TestRead(t *testing.T) {
	suffix := ""
	if n := runtime.GOMAXPROCS(0); n > 1 {
		suffix = fmt.Sprint("-", n)
	}
	r, err := read("goos: linux\nBenchmarkA/size-16" + suffix + "   1000\t 20.5 ns/op\t 16 B/op\t 1 allocs/op\n" +
		"some text\nBenchmarkA/size-16" + suffix + "   2000\t 21.5 ns/op\t 16 B/op\t 1 allocs/op\n" +
		"BenchmarkB" + suffix + "   10\t 3.25 ns/op\t 64.0 MB/s\t 7.00 widgets\t 0 B/op\t 0 allocs/op\nBenchmarkC" + suffix + "  1 5 widgets\nPASS\n")
	require.NoError(t, err)
	require.Equal(t, []string{"BenchmarkA/size-16", "BenchmarkB"}, r.names)
	require.Equal(t, []cost{{20.5, 16, 1}, {21.5, 16, 1}}, r.costs["BenchmarkA/size-16"])
	require.Equal(t, []cost{{NS: 3.25}}, r.costs["BenchmarkB"])
	require.Equal(t, 2000, r.iters["BenchmarkA/size-16"])
	require.EqualValues(t, 20500+43000+32, r.measured)
	g := &group{name: "BenchmarkA"}
	require.True(t, g.has("BenchmarkA/size-16"))
	require.True(t, g.has("BenchmarkA"))
	require.False(t, g.has("BenchmarkAB"))
}

// The verdict is that of the interval around the median of the pairs' ratios.
func TestVerdict(t *testing.T) {
	of := func(ratios ...float64) *series {
		s := new(series)
		for i, r := range ratios {
			// A machine that slows down meanwhile changes nothing.
			s.add(cost{NS: 100 * float64(i+1)}, cost{NS: 100 * float64(i+1) * r})
		}
		return s
	}
	const count = 20
	s := of(0.5, 0.5, 0.5, 0.5, 0.5)
	require.False(t, s.served(count), "five give no interval")
	require.True(t, s.served(5), "or as many as are asked for")
	require.Equal(t, "∞", around(s.ratio))

	s = of(0.50, 0.501, 0.499, 0.5, 0.502, 0.5)
	require.True(t, s.served(count))
	require.False(t, s.slow())
	require.InDelta(t, 0.5, s.ratio.Center, 1e-9)
	require.InDelta(t, 0.499, s.ratio.Lo, 1e-9)

	require.True(t, of(0.5, 0.52, 0.5, 0.48, 0.5, 0.5).served(count), "a gain beyond doubt")
	require.False(t, of(0.9, 1.1, 1, 1, 0.95, 1.05).served(count), "noise")

	s = of(1.2, 1.21, 1.19, 1.2, 1.2, 1.2)
	require.True(t, s.slow())
	require.False(t, s.served(count), "slower is said after all the runs alone")
	require.True(t, s.served(6))
	s.idle = true
	require.False(t, s.slow())
	require.False(t, of(1.2, 1.2, 1.2, 1.2, 1.2).slow(), "too few")
	require.False(t, of(1.005, 1.005, 1.005, 1.005, 1.005, 1.005).slow(), "as much as the place in memory does")
	require.False(t, of(1.2, 1.2, 1.2, 1.2, 1.2, 0.99).slow())

	s = new(series)
	s.add(cost{}, cost{})
	require.Equal(t, 1.0, s.ratio.Center, "nothing measured")
	require.Equal(t, cost{2, 10, 1}, median([]cost{{3, 10, 1}, {1, 10, 1}, {2, 99, 2}}))
}

// What is measured beside has a ratio of its own, which must be known as well.
func TestBeside(t *testing.T) {
	g := &group{name: "BenchmarkX"}
	run := func(ns float64) *benchmarkRun {
		return &benchmarkRun{names: []string{g.name}, costs: map[string][]cost{g.name: {{NS: ns, Bytes: ns, Allocs: 1}}}, iters: map[string]int{}}
	}
	for i := range 6 {
		slow := float64(i + 1)
		require.False(t, addRuns([]*group{g}, []*benchmarkRun{run(10 * slow), run(5 * slow), run(8 * slow)}))
	}
	s := g.series[0]
	require.InDelta(t, 0.5, s.ratio.Center, 1e-9)
	require.InDelta(t, 0.8, s.other.Center, 1e-9)
	require.Len(t, s.beside, 6)
	require.True(t, s.served(20))
	for i := range s.beside {
		s.beside[i].NS *= float64(1 + i%2)
	}
	s.other = ratioOf(s.old, s.beside)
	require.False(t, s.served(20))
	failing := run(8)
	failing.failure, failing.names = "panic", nil
	require.True(t, addRuns([]*group{g}, []*benchmarkRun{run(10), run(5), failing}))
	require.True(t, g.broken)
	require.Equal(t, "beside", g.where)
}

// Each build comes first, and before each other one, as often as any.
func TestTurn(t *testing.T) {
	for _, builds := range []int{2, 3} {
		first, before := map[int]int{}, map[[2]int]int{}
		for n := range 12 {
			order := turn(n, builds)
			first[order[0]]++
			for i, a := range order {
				for _, b := range order[i+1:] {
					before[[2]int{a, b}]++
				}
			}
		}
		require.Len(t, first, builds)
		for _, n := range first {
			require.Equal(t, 12/builds, n)
		}
		require.Len(t, before, builds*(builds-1))
		for _, n := range before {
			require.Equal(t, 6, n)
		}
	}
}

func TestWhatFailsBeyond(t *testing.T) {
	fails := func(names ...string) outcome {
		o := outcome{fails: map[string]bool{}}
		for _, n := range names {
			o.fails[n] = true
		}
		return o
	}
	require.Empty(t, fails("A").beyond(fails("A")))
	require.Equal(t, []string{"B", "B/x"}, fails("A", "B/x", "B").beyond(fails("A")))
	require.Equal(t, []string{"B"}, fails("", "B").beyond(fails()), "the test that ended them all")
	require.Equal(t, []string{""}, fails("").beyond(fails("A")))
	require.Empty(t, fails("B", "").beyond(fails("")), "they ended early before")
	require.Regexp(t, failedTest, "    --- FAIL: TestA/x (0.00s)")
	require.Regexp(t, ended, "--- FAIL: TestA\nFAIL\n")
	require.NotRegexp(t, ended, "--- FAIL: TestA\npanic: x\n\ngoroutine 1\n")
}

func TestCollectionsThatNobodyAskedFor(t *testing.T) {
	const text = "BenchmarkX-2  \tgc 1 @0.005s 2%: 0.018+0.31+0.003 ms clock, 0.036+0.1/0.2/0+0.006 ms cpu, 0->0->0 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 2 P (forced)\n" +
		"gc 2 @0.015s 2%: 0.018+0.31+0.003 ms clock, 0.036+0.1/0.2/0+0.006 ms cpu, 4->4->0 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 2 P\n" +
		"BenchmarkY  \tgc 13 @12.25s 10%: 0.1+1+0.003 ms clock, 0.036+0.1/0.2/0+0.006 ms cpu, 4->4->0 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 16 P\n  100\t 5 ns/op\n"
	require.Len(t, collection.FindAllString(text, -1), 2)
	require.Equal(t, []string{"A=b", "GODEBUG=x=1", "GODEBUG=x=1,gctrace=1"}, withTrace([]string{"A=b", "GODEBUG=x=1"}))
	require.Equal(t, []string{"GODEBUG=gctrace=1"}, withTrace(nil))
}

func TestFunction(t *testing.T) {
	const text = "package p\n\nvar V = 1\n\nfunc F() {\n\t_ = 1\n}\n\nfunc (t T) M() {\n}\n"
	for line, want := range map[int]string{3: "", 5: "F", 6: "F", 7: "F", 8: "", 9: "M"} {
		name, from, to := function([]byte(text), &suggest.Change{Line: line})
		require.Equal(t, want, name, line)
		require.LessOrEqual(t, from, line)
		require.GreaterOrEqual(t, to, line)
	}
	name, _, _ := function(nil, &suggest.Change{Line: 1})
	require.Empty(t, name)
}

func TestNumbers(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 3: "3", 0.456789: "0.457", 12.345: "12.3", 123.456: "123.5", 1234.56: "1235", 123456789: "123456789"} {
		require.Equal(t, want, number(v))
	}
	for v, want := range map[float64]string{0: "0 B", 999: "999 B", 6656: "6.5 KiB", 5 << 20: "5 MiB", 3 << 30: "3 GiB"} {
		require.Equal(t, want, size(v))
	}
	require.Equal(t, "a, b", list([]string{"a", "b"}))
	require.Regexp(t, regexp.MustCompile(`^1, .*, 8 and 2 more$`), list([]string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"}))
	require.Equal(t, `'a b'`, quote("a b"))
	require.Equal(t, `'it'\''s'`, quote("it's"))
	require.Equal(t, "a-b/c", quote("a-b/c"))
}
