package noalloc

import (
	"fmt"
	"io"
	"os"
	"sort"
)

// VerifyTestMain runs the tests and ends the process, with exit status 1 if
// they passed but the whole test binary allocated more than the limits given
// by MaxObjects and MaxBytes, of which at least one must be there:
//
//	func TestMain(m *testing.M) {
//		noalloc.VerifyTestMain(m, noalloc.MaxBytes(64<<20))
//	}
//
// The count is that of all goroutines from the call on, the testing package
// included, and exact. It depends on the tests chosen with -run, on -count and
// on -v, so leave some room. When the budget is exceeded the places that the
// memory profile sampled most bytes at are named, too; parts that ran under
// Check weigh more there than their share, since Check samples every object.
//
// Options other than the two limits mean nothing here.
// VerifyTestMain panics if no limit is given.
func VerifyTestMain(m interface{ Run() int }, opts ...Option) {
	os.Exit(verify(m, os.Stderr, collect(opts)))
}

func verify(m interface{ Run() int }, out io.Writer, o *options) int {
	if o.maxObjects < 0 && o.maxBytes < 0 {
		panic("noalloc: VerifyTestMain needs a budget: give it MaxObjects or MaxBytes")
	}
	before := sampledBytes()
	c := NewExactCounter()
	code := m.Run()
	used := c.Since()
	if code != 0 || o.affords(used.Objects, used.Bytes) {
		return code
	}
	fmt.Fprintf(out, "noalloc: the test binary allocated %v; its budget is %s\n", used, o.limits())
	for _, s := range mostSampled(before, sampledBytes(), 10) {
		fmt.Fprintf(out, "\t%3.0f%% %s\n", 100*s.share, s.frame.place())
	}
	return 1
}

type sampledSite struct {
	frame Frame
	bytes int64
	share float64 // of all bytes sampled
}

// sampledBytes gives the bytes that the profile has sampled so far under each line
// of user code.
func sampledBytes() map[Frame]int64 {
	p := readSince()
	defer p.Unlock()
	bytes := make(map[Frame]int64)
	for _, st := range p.stacks {
		if f := userFrame(st.calls); st.known.bytes > 0 && f != (Frame{}) {
			bytes[f] += st.known.bytes
		}
	}
	return bytes
}

// mostSampled gives the up to n lines under which most bytes were sampled from
// before to after.
func mostSampled(before, after map[Frame]int64, n int) []sampledSite {
	var sum float64
	var sites []sampledSite
	for f := range after {
		if b := after[f] - before[f]; b > 0 {
			sites = append(sites, sampledSite{frame: f, bytes: b})
			sum += float64(b)
		}
	}
	for i := range sites {
		sites[i].share = float64(sites[i].bytes) / sum
	}
	sort.Slice(sites, func(i, j int) bool {
		a, b := &sites[i], &sites[j]
		if a.bytes != b.bytes {
			return a.bytes > b.bytes
		}
		return a.frame.place() < b.frame.place()
	})
	return sites[:min(n, len(sites))]
}
