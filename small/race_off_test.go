//go:build !race

package small_test

const raceEnabled = false
