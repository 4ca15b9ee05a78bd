//go:build go1.28

package stackalloc

const registerABI = false
