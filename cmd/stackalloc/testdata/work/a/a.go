// Package a is a module of a workspace.
package a

import "github.com/stackalloc/stackalloc"

func With(n int, f func([]byte)) { stackalloc.Do(n, f) } // want proven
