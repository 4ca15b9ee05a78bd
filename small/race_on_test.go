//go:build race

package small_test

const raceEnabled = true
