package main

import "testing"

// TestCollections has all programs of a contest find the same in the same data.
func TestCollections(t *testing.T) {
	makeData()
	few, _ := collectionSizes()
	for _, c := range collectionContests {
		for _, n := range few {
			want := 0
			for i, w := range c.ways {
				found = 0
				w.loop(n, 10)
				if i == 0 {
					want = found
				}
				if found != want || found == 0 {
					t.Errorf("%s, %d elements: %s finds %d, want %d", c.title, n, w.name, found, want)
				}
			}
		}
	}
}
