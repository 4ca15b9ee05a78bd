//go:build !go1.28

package stackalloc

// registerABI says that the Go versions that satisfy this file's constraint were
// tested to call closures as the assembly does: slice in the first three
// argument registers, context and g where the comment at RUNG says. The register
// ABI is not promised, so newer versions take ABI0 until they are tested.
const registerABI = true
