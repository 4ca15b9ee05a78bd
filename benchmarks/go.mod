module github.com/stackalloc/stackalloc/benchmarks

go 1.25.0

require (
	github.com/dgraph-io/ristretto/v2 v2.4.2
	github.com/stackalloc/stackalloc v0.0.0
)

require (
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/dustin/go-humanize v1.0.1 // indirect
	golang.org/x/sys v0.46.0 // indirect
)

replace github.com/stackalloc/stackalloc => ../
