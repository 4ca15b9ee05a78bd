//go:build !race

package stackalloc

const raceDetector = false
