// Package initializer has calls that run before main.
package initializer

import "github.com/stackalloc/stackalloc"

var length = 300

// Loss: the initializer of a package variable, also by a function that is inlined there; Go 1.27
//
// flags: GOTOOLCHAIN=go1.27.0
var inPlace = stackalloc.Call(length, func(b []byte) int { return len(b) })

var inlined = inline()

// Loss: the initializer of a package variable, also by a function that is inlined there; Go 1.27
//
// flags: GOTOOLCHAIN=go1.27.0
func inline() int { return stackalloc.Call(length, func(b []byte) int { return len(b) }) }

// Cure: `func init()`, or `//go:noinline` on the function
//
// flags: GOTOOLCHAIN=go1.27.0
func init() { inPlace = stackalloc.Call(length, func(b []byte) int { return len(b) }) }

var called = notInlined()

// Cure: `func init()`, or `//go:noinline` on the function
//
// flags: GOTOOLCHAIN=go1.27.0
//
//go:noinline
func notInlined() int { return stackalloc.Call(length, func(b []byte) int { return len(b) }) }
