//go:build stackalloc_debug

package scratch_test

const debugging = true
