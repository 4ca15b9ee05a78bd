//go:build !stackalloc_debug

package arena_test

const debugEnabled = false
