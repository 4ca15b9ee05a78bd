package programs

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
)

//go:embed survey.txt
var survey string

// Surveyed is a module in which suggest was tried at an early state.
type Surveyed struct {
	Program
	Patterns []string // packages
	Found    int      // what it found then
	Calls    int      // that it wrote then; -1 where nobody counted
}

// Survey returns the modules of survey.txt.
func Survey() (all []Surveyed, err error) {
	for line := range strings.Lines(survey) {
		f := strings.Fields(line)
		if len(f) == 0 || f[0] == "#" {
			continue
		}
		s := Surveyed{Calls: -1}
		if last := f[len(f)-1]; strings.HasPrefix(last, "-run=") {
			s.Run = strings.TrimPrefix(last, "-run=")
			f = f[:len(f)-1]
		}
		if len(f) < 5 {
			return nil, fmt.Errorf("survey.txt: %q", line)
		}
		n := len(f)
		s.Module, s.Version, s.Patterns = f[0], f[1], f[2:n-2]
		if s.Found, err = strconv.Atoi(f[n-2]); err == nil && f[n-1] != "-" {
			s.Calls, err = strconv.Atoi(f[n-1])
		}
		if err != nil {
			return nil, fmt.Errorf("survey.txt: %q: %w", line, err)
		}
		all = append(all, s)
	}
	return all, nil
}
