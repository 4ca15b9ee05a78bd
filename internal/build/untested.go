//go:build go1.28

package build

// Tested tells that the Go version is one of those for which the assumptions of the
// assembly were tested.
const Tested = false
