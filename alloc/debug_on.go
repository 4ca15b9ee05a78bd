//go:build stackalloc_debug

package alloc

const debug = true
