// Package a uses another member of the workspace.
package a

import "example.com/b"

// Twice returns s reversed twice.
func Twice(s string) string { return b.Reverse(b.Reverse(s)) }
