package stackalloc_test

import (
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The machine code of the public functions, so that no change makes it longer unseen:
// what speed depends on, and needs no quiet machine.

// codeVersion is the version of Go whose code is counted in codeCounts.
const codeVersion = "go1.26"

// A codeCount has numbers of instructions, without those that do nothing.
type codeCount struct {
	path int // on the shortest way to the call of a rung or callback, or of what stands for it, and from there to the return; 0 where there is none
	all  int // of the whole function, callbacks apart; a line more or less above it in its file can change it by a few, since ties are broken by lines
}

var codeCounts = map[string]map[string]codeCount{
	"amd64": {
		"Aligned":                      {29, 72},
		"Bounded":                      {31, 64},
		"Call":                         {34, 65},
		"Call2":                        {37, 69},
		"Closing":                      {47, 53},
		"Collect":                      {31, 60},
		"Copy":                         {37, 74},
		"Do":                           {26, 59},
		"Do0":                          {36, 74},
		"Do1":                          {39, 92},
		"Do2":                          {39, 87},
		"Do3":                          {29, 64},
		"Do4":                          {32, 67},
		"Do5":                          {39, 62},
		"Element0":                     {35, 49},
		"Element1":                     {39, 67},
		"Element2":                     {39, 62},
		"Element3":                     {35, 82},
		"Element4":                     {38, 85},
		"Element5":                     {39, 62},
		"Fill":                         {27, 87},
		"Generic0":                     {0, 19},
		"Generic1":                     {0, 19},
		"Generic2":                     {0, 19},
		"Generic3":                     {0, 19},
		"Generic4":                     {0, 19},
		"Generic5":                     {0, 19},
		"Init":                         {33, 76},
		"Scope":                        {34, 86},
		"Scope0":                       {54, 79},
		"Scope1":                       {54, 82},
		"Scope2":                       {53, 73},
		"Scope3":                       {35, 89},
		"Scope4":                       {38, 95},
		"Scope5":                       {53, 73},
		"Uninit":                       {25, 58},
		"clear":                        {0, 59},
		"clearPointers":                {0, 40},
		"fill":                         {0, 68},
		"fillElements":                 {0, 270},
		"one1K":                        {24, 45},
		"one256":                       {22, 26},
		"orSpare":                      {0, 55},
		"orSpareZero":                  {0, 61},
		"runPointers[go.shape.*uint8]": {36, 269},
		"runPointers[go.shape.string]": {40, 295},
		"rung128":                      {21, 24},
		"rung1K":                       {21, 29},
		"rung256":                      {21, 24},
		"rung512":                      {21, 24},
		"rung64":                       {21, 24},
		"rungFill128":                  {31, 34},
		"rungFill1K":                   {23, 31},
		"rungFill256":                  {23, 26},
		"rungFill512":                  {23, 26},
		"rungFill64":                   {27, 30},
		"rungZero128":                  {29, 32},
		"rungZero1K":                   {23, 31},
		"rungZero256":                  {25, 42},
		"rungZero512":                  {25, 50},
		"rungZero64":                   {25, 28},
		"three256":                     {22, 26},
		"two256":                       {22, 26},
	},
	"arm64": {
		"Aligned":                      {34, 84},
		"Bounded":                      {38, 77},
		"Call":                         {40, 77},
		"Call2":                        {44, 81},
		"Closing":                      {52, 61},
		"Collect":                      {38, 70},
		"Copy":                         {46, 88},
		"Do":                           {33, 73},
		"Do0":                          {39, 84},
		"Do1":                          {41, 96},
		"Do2":                          {42, 99},
		"Do3":                          {35, 77},
		"Do4":                          {37, 80},
		"Do5":                          {43, 69},
		"Element0":                     {40, 58},
		"Element1":                     {43, 70},
		"Element2":                     {43, 69},
		"Element3":                     {39, 93},
		"Element4":                     {41, 96},
		"Element5":                     {43, 69},
		"Fill":                         {33, 92},
		"Generic0":                     {0, 24},
		"Generic1":                     {0, 24},
		"Generic2":                     {0, 24},
		"Generic3":                     {0, 24},
		"Generic4":                     {0, 24},
		"Generic5":                     {0, 24},
		"Init":                         {41, 92},
		"Scope":                        {42, 101},
		"Scope0":                       {61, 90},
		"Scope1":                       {61, 90},
		"Scope2":                       {62, 86},
		"Scope3":                       {43, 105},
		"Scope4":                       {45, 108},
		"Scope5":                       {62, 86},
		"Uninit":                       {32, 73},
		"check1K":                      {0, 19},
		"checkFill1K":                  {0, 24},
		"checkOne1K":                   {0, 24},
		"checkZero1K":                  {0, 20},
		"clear":                        {0, 32},
		"clearPointers":                {0, 16},
		"fill":                         {0, 32},
		"one1K":                        {22, 36},
		"one256":                       {30, 36},
		"orSpare":                      {0, 71},
		"orSpareZero":                  {0, 80},
		"runPointers[go.shape.*uint8]": {42, 287},
		"runPointers[go.shape.string]": {46, 307},
		"rung128":                      {29, 35},
		"rung1K":                       {18, 23},
		"rung256":                      {29, 35},
		"rung512":                      {29, 35},
		"rung64":                       {28, 31},
		"rungFill128":                  {37, 40},
		"rungFill1K":                   {21, 24},
		"rungFill256":                  {31, 36},
		"rungFill512":                  {31, 36},
		"rungFill64":                   {32, 36},
		"rungZero128":                  {37, 40},
		"rungZero1K":                   {20, 24},
		"rungZero256":                  {45, 48},
		"rungZero512":                  {31, 36},
		"rungZero64":                   {32, 36},
		"three256":                     {30, 36},
		"two256":                       {30, 36},
	},
}

func TestCodeIsNotLonger(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles for two architectures")
	}
	if !strings.HasPrefix(runtime.Version(), codeVersion) {
		t.Skip("the counts are those of " + codeVersion)
	}
	t.Setenv("GOAMD64", "v1")
	t.Setenv("GOARM64", "v8.0")
	dir := detours(t)
	for arch, want := range codeCounts {
		t.Run(arch, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out")
			goCommandFor(t, "linux", arch, dir, "build", "-o", out, ".")
			got := map[string]codeCount{}
			for function, code := range disassemble(t, out) {
				if name, ours := countedAs(function); ours {
					got[name] = codeCount{pathLength(t, code, entryOf(function, code)), lengthOf(code)}
				}
			}
			for name := range want {
				assert.Contains(t, got, name)
			}
			for _, name := range slices.Sorted(maps.Keys(got)) {
				assert.Equal(t, want[name], got[name], "%s: more instructions need a reason, fewer a new count", name)
			}
			if t.Failed() {
				var b strings.Builder
				for _, name := range slices.Sorted(maps.Keys(got)) {
					fmt.Fprintf(&b, "\t\t%q: {%d, %d},\n", name, got[name].path, got[name].all)
				}
				t.Logf("counted:\n%s", b.String())
			}
		})
	}
}

var (
	aUse      = regexp.MustCompile(`/user\.Use(\w+)$`)
	anOwnCode = regexp.MustCompile(`^(?:github\.com/stackalloc/stackalloc\.)?((?:rung|check)(?:Zero|Fill)?(?:64|128|256|512|1K)|(?:one|two|three)256|checkOne1K|one1K` +
		`|clear|clearPointers|fill|fillElements|orSpare|orSpareZero|runPointers\[go\.shape\.(?:\*uint8|string)\])(?:\.abi0)?$`)
)

// countedAs returns what a function is called in codeCounts, if it is there: the
// functions that have a call of ours, and those that are called on the way to a
// callback, of the ladder those of 64 to 1024 bytes, which the others are like.
func countedAs(function string) (name string, ours bool) {
	if m := aUse.FindStringSubmatch(function); m != nil {
		return m[1], true
	}
	if m := anOwnCode.FindStringSubmatch(function); m != nil {
		return m[1], true
	}
	return "", false
}

var (
	aNothing   = regexp.MustCompile(`^(NOP|NOOP|XCHGL? AX, AX|INT \$0x3|INT3)`)
	aJump      = regexp.MustCompile(`^(J[A-Z]+|B[A-Z]{0,2}|CBN?ZW?|TBN?Z)\b`)
	aTarget    = regexp.MustCompile(`(0x[0-9a-f]+|(-?\d+)\(PC\))$`)
	aCallback  = regexp.MustCompile(`^CALL (0\(DX\)|\(R\d+\)|[A-Z][A-Z0-9]+)$`)
	aCallToRun = regexp.MustCompile(`^CALL .*stackalloc\.run`)
)

func lengthOf(code []instruction) (n int) {
	for _, in := range code {
		if !aNothing.MatchString(in.text) {
			n++
		}
	}
	return n
}

// entryOf returns where a function is entered: of a large rung on amd64 behind what tells
// its callers where that is.
func entryOf(function string, code []instruction) int {
	if !aLargeRung.MatchString(function) {
		return 0
	}
	tells := slices.IndexFunc(code, func(in instruction) bool { return aTeller.MatchString(in.text) })
	if tells < 0 {
		return 0
	}
	return tells + 2 // behind the return
}

// pathLength returns the path of a codeCount, of a function that is entered at code[from].
func pathLength(t *testing.T, code []instruction, from int) int {
	is := func(re *regexp.Regexp) func(i int) bool {
		return func(i int) bool { return re.MatchString(code[i].text) }
	}
	for _, call := range []*regexp.Regexp{aCallback, aCallToRun} {
		there, at := shortest(t, code, from, is(call))
		if at < 0 {
			continue
		}
		back, end := shortest(t, code, at+1, is(regexp.MustCompile(`^RET`)))
		require.GreaterOrEqual(t, end, 0)
		return there + back
	}
	return 0
}

// shortest returns the number of instructions on the shortest way from one to another,
// with both, and where it ends, or -1.
func shortest(t *testing.T, code []instruction, from int, end func(i int) bool) (n, at int) {
	index := map[string]int{}
	for i, in := range code {
		index[in.at] = i
	}
	lengths := map[int]int{from: 0} // of the ways to an instruction, without it
	for todo := []int{from}; len(todo) > 0; todo = todo[1:] {
		i := todo[0]
		cost := lengths[i]
		if !aNothing.MatchString(code[i].text) {
			cost++
		}
		if end(i) {
			if at == 0 || cost < n {
				n, at = cost, i
			}
			continue
		}
		var next []int
		op := strings.Fields(code[i].text)[0]
		if aJump.MatchString(op) {
			if m := aTarget.FindStringSubmatch(code[i].text); m != nil && m[2] != "" {
				offset, err := strconv.Atoi(m[2])
				require.NoError(t, err)
				next = append(next, i+offset)
			} else if m != nil {
				if target, here := index[m[1]]; here {
					next = append(next, target)
				}
			}
		}
		if op != "JMP" && op != "B" && op != "RET" && i+1 < len(code) {
			next = append(next, i+1)
		}
		for _, k := range next {
			if former, seen := lengths[k]; k >= 0 && k < len(code) && (!seen || cost < former) {
				lengths[k] = cost
				todo = append(todo, k)
			}
		}
	}
	if at == 0 {
		at = -1
	}
	return n, at
}

// On amd64 large rungs are entered behind the assembler's check of the stack's bound and the
// call that tells where that is, its first one: the next instruction has to be the first of
// the rung's own check.
func TestCodeOfLargeRungsIsEnteredAtTheirOwnCheck(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles for many systems")
	}
	dir := detours(t)
	for _, target := range []string{"linux exe", "linux pie", "windows exe", "windows pie", "darwin pie", "freebsd exe", "openbsd exe"} {
		t.Run(target, func(t *testing.T) {
			part := strings.Fields(target)
			out := filepath.Join(t.TempDir(), "out")
			goCommandFor(t, part[0], "amd64", dir, "build", "-buildmode="+part[1], "-o", out, ".")
			seen := 0
			for function, code := range disassemble(t, out) {
				if !aLargeRung.MatchString(function) {
					continue
				}
				seen++
				entry := entryOf(function, code)
				require.Greater(t, entry, 2, function)
				for i, in := range code[:entry] {
					assert.Equal(t, i == entry-2, strings.HasPrefix(in.text, "CALL"), function)
				}
				assert.Equal(t, "RET", code[entry-1].text, function)
				assert.Regexp(t, `^CMPQ DI, `, code[entry].text, function)
				start, err := strconv.ParseUint(code[entry-2].at, 0, 64)
				require.NoError(t, err)
				assert.Zero(t, start%64, function)
			}
			assert.Equal(t, 3*9+3*4, seen)
		})
	}
}

var (
	aLargeRung = regexp.MustCompile(`^(?:_|github\.com/stackalloc/stackalloc\.)?(?:rung(?:Zero|Fill)?|one|two|three)\d+K(?:\.abi0)?$`)
	aTeller    = regexp.MustCompile(`^CALL _?here\(SB\)`)
)
