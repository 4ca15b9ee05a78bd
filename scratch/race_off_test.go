//go:build !race

package scratch_test

const raceEnabled = false
