//go:build !go1.28

package build

// Tested tells that the Go version is one of those for which it was tested that
// closures are called as the assembly does, with the slice in the first three
// argument registers, and context and g where trampoline_amd64.s says, and that the
// stack maps of pointermaps.h are read. Neither is promised, so newer versions take ABI0,
// and Go frames for elements with pointers, until they are tested. admit.sh
// tests one.
const Tested = true
