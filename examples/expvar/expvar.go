// Package expvar publishes the library's counters beside those of the runtime:
// with a handler of net/http they stand at /debug/vars.
package expvar

import (
	"expvar"
	"sync"

	"github.com/stackalloc/stackalloc"
)

var publish sync.Once

// Publish adds three variables: stackalloc, the counters of ReadStats;
// stackalloc.implementation; and stackalloc.sites, the calls whose blocks came from
// the heap since TraceHeap was turned on, the most bytes first. It may be called
// more than once.
func Publish() {
	publish.Do(func() {
		expvar.Publish("stackalloc", expvar.Func(func() any { return stackalloc.ReadStats() }))
		expvar.Publish("stackalloc.implementation", expvar.Func(func() any { return stackalloc.Implementation() }))
		expvar.Publish("stackalloc.sites", expvar.Func(func() any { return stackalloc.HeapSites() }))
	})
}
