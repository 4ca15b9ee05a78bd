package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stackalloc/stackalloc/benchmarks/internal/programs"
)

// TestStudiesHaveTheirPrograms sees to it that a study names a program, and what it
// says of then benchmarks that it runs.
func TestStudiesHaveTheirPrograms(t *testing.T) {
	for _, s := range programs.Studies {
		p, err := programs.Find(s.Module)
		if err != nil {
			t.Error(err)
			continue
		}
		patterns := strings.Split(s.Bench, "/")
		for name := range s.Said {
			parts := strings.Split("Benchmark"+name, "/")
			for i, part := range parts {
				if len(parts) != len(patterns) || !regexp.MustCompile(patterns[i]).MatchString(part) {
					t.Errorf("%s: %s does not run %s", p.Module, s.Bench, name)
				}
			}
		}
	}
}

// TestStudyRow has ratios of pairs: a machine that slows down changes nothing.
func TestStudyRow(t *testing.T) {
	r := studyRow{times: map[string][]float64{}}
	for i := range 2 * layouts {
		slow := 10 * float64(i+1)
		r.times["before"] = append(r.times["before"], 10*slow)
		r.times["ours"] = append(r.times["ours"], 5*slow)
		r.times["hand"] = append(r.times["hand"], 8*slow)
	}
	if got, want := r.cells(false), "550 | 350 to 750 | 0.50 ±0 % | 0.50 to 0.50 | 0.80 ±0 % |  | 0.62 ±0 %"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	delete(r.times, "hand")
	if got, want := r.cells(true), "550 | 350 to 750 | 0.50 ±0 % | 0.50 to 0.50 | the same code |  | "; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
