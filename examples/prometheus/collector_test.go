package prometheus

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/stackalloc/stackalloc"
)

var kept []byte

func leak(n int) {
	stackalloc.Do(n, func(s []byte) { kept = s }) // stackalloc:heap
}

func TestCollector(t *testing.T) {
	defer stackalloc.TraceHeap(stackalloc.TraceHeap(true))
	leak(100)
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(NewCollector())
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			values[f.GetName()] += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			for _, l := range m.GetLabel() {
				if f.GetName() == "stackalloc_site_heap_bytes_total" && l.GetName() == "function" && !strings.HasSuffix(l.GetValue(), ".leak") {
					t.Errorf("a call in %s", l.GetValue())
				}
			}
		}
	}
	if values["stackalloc_heap_blocks_total"] < 1 || values["stackalloc_heap_bytes_total"] < 100 ||
		values["stackalloc_site_heap_bytes_total"] < 100 || values["stackalloc_info"] != 1 {
		t.Errorf("%v", values)
	}
	if problems, err := testutil.GatherAndLint(registry); err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
}
