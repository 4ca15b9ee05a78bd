// Package tables puts what was measured into the README.
package tables

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/cpuid/v2"

	"github.com/stackalloc/stackalloc"
)

// The tables stand in README.md of the benchmarks' folder, from which they are run, once for each make of processor, so that those of
// different machines stand beside each other, each with its date:
//
//	<!-- blocks AMD begin -->
//	…
//	<!-- blocks AMD end -->
//
// The README of the library has some of their rows.

const (
	tablesFile  = "README.md"
	summaryFile = "../README.md"
)

// Make names the processor's maker.
func Make() string {
	if v := cpuid.CPU.VendorID; v != cpuid.VendorUnknown {
		return v.String()
	}
	return "other"
}

// Machine describes this machine and build: the processor's name with its maker, family
// and model, since the name alone may be that of a whole line.
func Machine() string {
	name := cmp.Or(strings.Join(strings.Fields(cpuid.CPU.BrandName), " "), "unknown CPU")
	if cpuid.CPU.Family != 0 {
		name += fmt.Sprintf(" (%s, family %d, model %d)", Make(), cpuid.CPU.Family, cpuid.CPU.Model)
	}
	return fmt.Sprintf("%s, L1d %d KiB, L2 %d KiB, %d cores, %s %s/%s, %s", name, cpuid.CPU.Cache.L1D>>10, cpuid.CPU.Cache.L2>>10,
		runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH, stackalloc.Implementation())
}

// Number is a figure with three digits or, if it is less than ten, two decimals.
func Number(x float64) string {
	switch {
	case x < 9.95:
		return fmt.Sprintf("%.2f", x)
	case x < 99.5:
		return fmt.Sprintf("%.1f", x)
	}
	return fmt.Sprintf("%.0f", x)
}

// Progress tells on standard error how far a long measurement is.
func Progress(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

// Read returns what README.md has of a kind, measured on this make of processor.
func Read(kind string) ([]byte, error) {
	text, err := os.ReadFile(tablesFile)
	if err != nil {
		return nil, err
	}
	_, found, _, err := cut(text, kind+" "+Make())
	return found, err
}

// Record writes what was measured into README.md, and with it the summary.
func Record(kind string, tables []byte) error {
	text, err := os.ReadFile(tablesFile)
	if err != nil {
		return err
	}
	head := fmt.Sprintf("%s.\n\n", time.Now().Format("2 January 2006"))
	tables = append([]byte(head), tables...)
	text, err = replace(text, kind+" "+Make(), tables)
	if err != nil {
		return fmt.Errorf("%s: %w", tablesFile, err)
	}
	if err := os.WriteFile(tablesFile, text, 0o644); err != nil {
		return err
	}
	summarise := summaries[kind]
	if summarise == nil {
		return nil
	}
	rows, err := summarise(tables)
	if err != nil {
		return err
	}
	return Show(kind, rows)
}

// Show puts text into the README of the library.
func Show(name string, text []byte) error {
	readme, err := os.ReadFile(summaryFile)
	if err != nil {
		return err
	}
	if readme, err = replace(readme, name, text); err != nil {
		return fmt.Errorf("%s: %w", summaryFile, err)
	}
	return os.WriteFile(summaryFile, readme, 0o644)
}

// replace returns text with what is between the comments "NAME begin" and "NAME
// end" replaced.
func replace(text []byte, name string, by []byte) ([]byte, error) {
	head, _, tail, err := cut(text, name)
	if err != nil {
		return nil, err
	}
	return slices.Concat(head, by, tail), nil
}

// cut returns what is between the comments "NAME begin" and "NAME end", and with each
// comment what is before and after it.
func cut(text []byte, name string) (head, found, tail []byte, err error) {
	begin, end := []byte("<!-- "+name+" begin -->\n"), []byte("<!-- "+name+" end -->")
	if i := bytes.Index(text, begin); i >= 0 {
		i += len(begin)
		if n := bytes.Index(text[i:], end); n >= 0 {
			return text[:i], text[i : i+n], text[i+n:], nil
		}
	}
	return nil, nil, nil, fmt.Errorf("no lines %s and %s", bytes.TrimSpace(begin), end)
}

// summaries are of what the README of the library shows.
var summaries = map[string]func(tables []byte) ([]byte, error){"blocks": summariseBlocks, "programs": summarisePrograms}

// origin says where and when tables, which begin with the date and the machine, were
// measured.
func origin(tables []byte) string {
	date, rest, _ := strings.Cut(strings.TrimSpace(string(tables)), ".\n\n")
	machine, _, _ := strings.Cut(rest, ", L1d ")
	return machine + ", " + date
}

// What the README of the library shows of the tables of blocks.
var (
	summaryRows = []string{"**stackalloc.Uninit**", "**stackalloc.Do**", "**scratch.Uninit**", "sync.Pool, dirty", "make"}
	summarySize = []string{"100 B", "1000 B", "16000 B", "60000 B"}
)

// summariseBlocks returns a table of the summary's rows and sizes, as they stand in the
// tables.
func summariseBlocks(tables []byte) ([]byte, error) {
	var out bytes.Buffer
	fmt.Fprintf(&out, "| ns for one block; %s | %s |\n| --- |%s\n", origin(tables), strings.Join(summarySize, " | "), strings.Repeat(" ---: |", len(summarySize)))
	for _, row := range summaryRows {
		var columns, cells []string
		for line := range strings.Lines(string(tables)) {
			fields := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
			if fields[0] = strings.TrimSpace(fields[0]); fields[0] == "contents unspecified" || fields[0] == "zeroed" {
				columns = fields
			}
			if name, _, _ := strings.Cut(fields[0], " ("); name == row {
				cells = fields
				break
			}
		}
		if cells == nil {
			return nil, fmt.Errorf("no row %q in the tables", row)
		}
		fmt.Fprintf(&out, "| %s |", row)
		for _, size := range summarySize {
			for i, c := range columns {
				if c == size {
					value, _, _ := strings.Cut(cells[i], " ±")
					fmt.Fprintf(&out, " %s |", value)
				}
			}
		}
		out.WriteByte('\n')
	}
	return out.Bytes(), nil
}

const bestPrograms, worstPrograms = 5, 2

// summarisePrograms returns the best row of each of the best modules and the last rows
// of the table of programs, which is in order of their ratios.
func summarisePrograms(tables []byte) ([]byte, error) {
	var out bytes.Buffer
	var rows []string
	seen := map[string]bool{}
	for line := range strings.Lines(string(tables)) {
		switch {
		case strings.HasPrefix(line, "| module"):
			out.WriteString(strings.Replace(line, " |", "; "+origin(tables)+" |", 1))
		case strings.HasPrefix(line, "| ---"):
			out.WriteString(line)
		case strings.HasPrefix(line, "| "):
			rows = append(rows, line)
		}
	}
	if len(rows) < bestPrograms+worstPrograms {
		return nil, fmt.Errorf("%d rows in the table of programs", len(rows))
	}
	for _, row := range rows[:len(rows)-worstPrograms] {
		module := strings.Fields(row)[1]
		if !seen[module] && len(seen) < bestPrograms {
			out.WriteString(row)
			seen[module] = true
		}
	}
	for _, row := range rows[len(rows)-worstPrograms:] {
		out.WriteString(row)
	}
	return out.Bytes(), nil
}
