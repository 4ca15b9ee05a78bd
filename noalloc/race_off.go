//go:build !race

package noalloc

const raceEnabled = false
