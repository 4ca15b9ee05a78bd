//go:build !((amd64 || arm64) && gc && !purego && !stackalloc_cgo)

package stackalloc

import "github.com/stackalloc/stackalloc/internal/gstack"

const boundsKnown = gstack.Known
