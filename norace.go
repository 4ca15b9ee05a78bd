//go:build !race

package stackalloc

const raceDetector = false

// raceGuard is what the runtime keeps free below a stack guard with the race
// detector, in bytes, beyond the 928 of all builds.
const raceGuard = 0
