//go:build race

package build

// Race tells that this is a build with the race detector.
const Race = true

const raceGuard = 800
