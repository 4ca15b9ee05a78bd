package main

import (
	"bytes"
	"fmt"
	"sync"
	"testing"

	"github.com/valyala/bytebufferpool"

	"github.com/stackalloc/stackalloc/scratch"
)

// BenchmarkBuffer writes so many bytes in pieces of up to 100, without a word of how
// many there will be.
func BenchmarkBuffer(b *testing.B) {
	piece := bytes.Repeat([]byte("x"), 100)
	total := 0
	for _, size := range []int{20, 100, 1000, 10_000, 100_000} {
		run := func(impl string, f func()) {
			b.Run(fmt.Sprintf("impl=%s/size=%d", impl, size), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					f()
				}
			})
		}
		write := func(buf *bytes.Buffer) {
			for left := size; left > 0; left -= len(piece) {
				buf.Write(piece[:min(left, len(piece))])
			}
			total += buf.Len()
		}
		run("scratch.Buffer", func() { scratch.Buffer(0, write) })
		var peer bytebufferpool.Pool
		run("bytebufferpool", func() {
			buf := peer.Get()
			for left := size; left > 0; left -= len(piece) {
				buf.Write(piece[:min(left, len(piece))])
			}
			total += buf.Len()
			peer.Put(buf)
		})
		pool := sync.Pool{New: func() any { return new(bytes.Buffer) }}
		run("sync.Pool", func() {
			buf := pool.Get().(*bytes.Buffer)
			buf.Reset()
			write(buf)
			pool.Put(buf)
		})
		run("new", func() {
			buf := new(bytes.Buffer)
			write(buf)
			sinkBytes = buf.Bytes()
		})
	}
}
