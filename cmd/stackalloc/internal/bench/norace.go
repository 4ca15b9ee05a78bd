//go:build !race

package bench

// raceDetector says whether this is a build with -race.
const raceDetector = false
