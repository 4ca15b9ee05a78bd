//go:build stackalloc_cgo

package cstack

// Forced is set by the build tag stackalloc_cgo, with which everything that can go
// on the thread's stack does, so that tests meet it.
const Forced = true
