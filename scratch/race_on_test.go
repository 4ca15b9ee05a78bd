//go:build race

package scratch_test

const raceEnabled = true
