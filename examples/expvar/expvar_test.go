package expvar_test

import (
	"encoding/json"
	"expvar"
	"fmt"
	"path"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc"
	published "github.com/stackalloc/stackalloc/examples/expvar"
)

var kept []byte

// leak has no proof: its block is one from the heap.
func leak(n int) {
	stackalloc.Do(n, func(s []byte) { kept = s }) // stackalloc:heap
}

func Example() {
	published.Publish()
	defer stackalloc.TraceHeap(stackalloc.TraceHeap(true))
	leak(100)

	var sites []stackalloc.Site
	if err := json.Unmarshal([]byte(expvar.Get("stackalloc.sites").String()), &sites); err != nil {
		fmt.Println(err)
	}
	fmt.Println(path.Base(sites[0].File), sites[0].Function, sites[0].Bytes >= 100)
	// Output: expvar_test.go github.com/stackalloc/stackalloc/examples/expvar_test.leak true
}

func TestCountersArePublished(t *testing.T) {
	published.Publish()
	published.Publish()
	before := stackalloc.ReadStats()
	leak(100)
	var stats stackalloc.Stats
	require.NoError(t, json.Unmarshal([]byte(expvar.Get("stackalloc").String()), &stats))
	require.GreaterOrEqual(t, stats.Heap, before.Heap+1)
	require.GreaterOrEqual(t, stats.HeapBytes, before.HeapBytes+100)
	require.NotEmpty(t, expvar.Get("stackalloc.implementation").String())
}
