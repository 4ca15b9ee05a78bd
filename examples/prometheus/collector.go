// Package prometheus collects the library's counters for Prometheus:
//
//	prometheus.MustRegister(NewCollector())
//
// It is a module of its own, so that the library requires nothing of it.
package prometheus

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/stackalloc/stackalloc"
)

// maxSites bounds the number of series that calls without a proof can make.
const maxSites = 20

type collector struct {
	recycled, heap, heapBytes, site, info *prometheus.Desc
}

// NewCollector returns a collector of ReadStats and, while TraceHeap is on, of the
// 20 calls that took the most bytes from the heap.
func NewCollector() prometheus.Collector {
	return collector{
		recycled:  prometheus.NewDesc("stackalloc_recycled_blocks_total", "Blocks taken from those kept for reuse.", nil, nil),
		heap:      prometheus.NewDesc("stackalloc_heap_blocks_total", "Blocks made for one scope and left to the collector.", nil, nil),
		heapBytes: prometheus.NewDesc("stackalloc_heap_bytes_total", "Bytes of those blocks.", nil, nil),
		site:      prometheus.NewDesc("stackalloc_site_heap_bytes_total", "Bytes that a call took from the heap while TraceHeap was on.", []string{"function", "file", "line"}, nil),
		info:      prometheus.NewDesc("stackalloc_info", "1; the implementation that this build runs on.", []string{"implementation"}, nil),
	}
}

func (c collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.recycled, c.heap, c.heapBytes, c.site, c.info} {
		ch <- d
	}
}

func (c collector) Collect(ch chan<- prometheus.Metric) {
	counter := func(d *prometheus.Desc, v uint64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	s := stackalloc.ReadStats()
	counter(c.recycled, s.Recycled)
	counter(c.heap, s.Heap)
	counter(c.heapBytes, s.HeapBytes)
	sites := stackalloc.HeapSites()
	for _, site := range sites[:min(len(sites), maxSites)] {
		counter(c.site, site.Bytes, site.Function, site.File, strconv.Itoa(site.Line))
	}
	ch <- prometheus.MustNewConstMetric(c.info, prometheus.GaugeValue, 1, stackalloc.Implementation())
}
