//go:build go1.28 && !stackalloc_admit

package stackalloc

const registerABI = false
