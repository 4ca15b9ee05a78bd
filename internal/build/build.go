// Package build tells how a program was built, as constants.
package build

// StackGuard is what the runtime keeps free below a stack guard, in bytes.
const StackGuard = 928 + raceGuard + systemGuard
