//go:build !go1.28 || stackalloc_admit

package stackalloc

// registerABI says that the Go versions that satisfy this file's constraint were
// tested to call closures as the assembly does, with the slice in the first three
// argument registers, and context and g where trampoline_amd64.s says, and to read
// the stack maps of pointermaps.h. Neither is promised, so newer versions take ABI0,
// and Go frames for elements with pointers, until they are tested. The tag
// stackalloc_admit treats any version as tested, for those who test it.
const registerABI = true
