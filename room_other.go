//go:build !windows

package stackalloc

// systemGuard is what the runtime keeps free below a stack guard on this system,
// in bytes, beyond the 928 of all.
const systemGuard = 0
