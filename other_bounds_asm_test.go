//go:build (amd64 || arm64) && gc && !purego && !stackalloc_cgo

package stackalloc

const boundsKnown = true
