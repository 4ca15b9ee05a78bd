package stackalloc_test

import "github.com/stackalloc/stackalloc"

func with1(n int, f func([]byte)) { stackalloc.Uninit(n, f) }
func with2(n int, f func([]byte)) { with1(n, f) }
func with3(n int, f func([]byte)) { with2(n, f) }
func with4(n int, f func([]byte)) { with3(n, f) }

func withGeneric1[T any](n int, f func([]T)) { stackalloc.Do(n, f) }
func withGeneric2[T any](n int, f func([]T)) { withGeneric1(n, f) }
