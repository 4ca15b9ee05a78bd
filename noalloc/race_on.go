//go:build race

package noalloc

// raceEnabled: under the race detector the runtime never puts two tiny objects
// into one block, so each has a record of its own.
const raceEnabled = true
