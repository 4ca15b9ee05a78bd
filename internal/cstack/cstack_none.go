//go:build !(cgo && gc)

// Package cstack gives blocks of memory on the stack of the thread, where cgo is
// on: in this build it has none.
package cstack
