module github.com/stackalloc/stackalloc/benchmarks

go 1.25.0

require (
	github.com/bytedance/gopkg v0.1.4
	github.com/dgraph-io/ristretto/v2 v2.4.2
	github.com/emirpasic/gods v1.18.1
	github.com/gammazero/deque v1.2.1
	github.com/klauspost/cpuid/v2 v2.4.2
	github.com/libp2p/go-buffer-pool v0.1.0
	github.com/ortuman/nuke v1.3.0
	github.com/stackalloc/stackalloc v0.1.0
	github.com/valyala/bytebufferpool v1.0.0
	golang.org/x/perf v0.0.0-20260512194132-3cf34090a3db
	gonum.org/v1/plot v0.17.0
	google.golang.org/grpc v1.82.0
	modernc.org/memory v1.12.1
)

require (
	github.com/influxdata/tdigest v0.0.1 // indirect
	github.com/josharian/intern v1.0.0 // indirect
	github.com/mailru/easyjson v0.7.7 // indirect
	github.com/rs/dnscache v0.0.0-20230804202142-fc85eb664529 // indirect
	golang.org/x/net v0.57.0 // indirect
	golang.org/x/sync v0.22.0 // indirect
)

require (
	codeberg.org/go-fonts/liberation v0.5.0 // indirect
	codeberg.org/go-latex/latex v0.2.0 // indirect
	codeberg.org/go-pdf/fpdf v0.11.1 // indirect
	git.sr.ht/~sbinet/gg v0.7.0 // indirect
	github.com/aclements/go-moremath v0.0.0-20210112150236-f10218a38794 // indirect
	github.com/ajstarks/svgo v0.0.0-20211024235047-1546f124cd8b // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/dustin/go-humanize v1.0.1 // indirect
	github.com/golang/freetype v0.0.0-20170609003504-e2365dfdc4a0 // indirect
	github.com/miekg/dns v1.1.73
	github.com/tsenart/vegeta/v12 v12.13.0
	golang.org/x/image v0.40.0 // indirect
	golang.org/x/sys v0.47.0 // indirect
	golang.org/x/text v0.40.0 // indirect
)
