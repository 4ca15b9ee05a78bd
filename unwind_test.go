package stackalloc_test

import (
	"debug/elf"
	"encoding/binary"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The large rungs of amd64 make their frames by hand, and are entered where the assembler
// does not expect it. The runtime unwinds at any of their instructions, when a profile's
// signal comes, by a table of how far SP has gone down, which the linker also writes
// as .debug_frame. It must be what the instructions do to SP, however they are reached.
func TestUnwinderKnowsTheStackPointerAtEveryInstructionOfALargeRung(t *testing.T) {
	if testing.Short() {
		t.Skip("links two programs")
	}
	dir := detours(t)
	for _, mode := range []string{"exe", "pie"} {
		t.Run(mode, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out")
			goCommandFor(t, "linux", "amd64", dir, "build", "-buildmode="+mode, "-ldflags=-compressdwarf=false", "-o", out, ".")
			table := stackTable(t, out)
			rungs := 0
			for name, code := range disassemble(t, out) {
				if !aLargeRung.MatchString(name) {
					continue
				}
				rungs++
				deep := 0
				for at, down := range followStack(t, name, code) {
					assert.Equal(t, down, table(at), "%s at %#x", name, at)
					deep = max(deep, down)
				}
				assert.Greater(t, deep, 1<<10, name)
			}
			assert.Equal(t, 3*9+3*4, rungs)
		})
	}
}

var (
	aFrameStep = regexp.MustCompile(`^(SUBQ|ADDQ) \$(-?0x[0-9a-f]+), SP$`)
	aBranch    = regexp.MustCompile(`^J(\w+) (.*)$`)
)

// followStack returns how many bytes SP lies below the return address at each
// instruction of a rung, from its beginning and from where it is entered, behind the
// call of here<> and its return.
func followStack(t *testing.T, name string, code []instruction) map[uint64]int {
	at := make([]uint64, len(code))
	for i, in := range code {
		address, err := strconv.ParseUint(in.at, 0, 64)
		require.NoError(t, err)
		at[i] = address
	}
	down := map[uint64]int{}
	var follow func(i, n int)
	follow = func(i, n int) {
		for ; i < len(code); i++ {
			if former, seen := down[at[i]]; seen {
				assert.Equal(t, former, n, "%s at %#x, reached in two ways", name, at[i])
				return
			}
			down[at[i]] = n
			text := code[i].text
			switch step := aFrameStep.FindStringSubmatch(text); {
			case step != nil:
				bytes, err := strconv.ParseInt(step[2], 0, 64)
				require.NoError(t, err)
				if step[1] == "ADDQ" {
					bytes = -bytes
				}
				n += int(bytes)
			case strings.HasPrefix(text, "PUSHQ"):
				n += 8
			case strings.HasPrefix(text, "POPQ"):
				n -= 8
			case strings.HasSuffix(text, ", SP"):
				t.Errorf("%s: what does %q do to SP?", name, text)
			}
			jump := aBranch.FindStringSubmatch(text)
			if jump != nil {
				if target, err := strconv.ParseUint(jump[2], 0, 64); err == nil {
					to := slices.Index(at, target)
					require.GreaterOrEqual(t, to, 0, "%s jumps to %#x", name, target)
					follow(to, n)
				} else {
					assert.Zero(t, n, "%s leaves for %s", name, jump[2])
				}
			}
			if text == "RET" {
				assert.Zero(t, n, "%s returns at %#x", name, at[i])
			}
			if text == "RET" || jump != nil && jump[1] == "MP" {
				return
			}
		}
	}
	follow(0, 0)
	entry := entryOf(name, code)
	require.Greater(t, entry, 1, name)
	follow(entry, 0)
	for i, in := range code {
		if _, reached := down[at[i]]; !reached {
			assert.True(t, strings.HasPrefix(in.text, "INT ") || strings.HasPrefix(in.text, "NOP"), "%s: %q is not reached", name, in.text)
		}
	}
	return down
}

// stackTable returns what an ELF file's .debug_frame says: at an instruction's address,
// how many bytes SP lies below the return address.
func stackTable(t *testing.T, file string) func(at uint64) int {
	f, err := elf.Open(file)
	require.NoError(t, err)
	defer f.Close()
	section := f.Section(".debug_frame")
	require.NotNil(t, section)
	data, err := section.Data()
	require.NoError(t, err)
	type row struct {
		from uint64
		down int
	}
	var rows []row
	factor := 0
	for len(data) > 0 {
		entry := data[4 : 4+binary.LittleEndian.Uint32(data)]
		data = data[4+len(entry):]
		if binary.LittleEndian.Uint32(entry) == ^uint32(0) { // what the others share: version, no augmentation, factor of addresses, and
			require.Equal(t, []byte{3, 0, 1}, entry[4:7])
			factor, _ = leb128(entry[7:])
			continue
		}
		at, program := binary.LittleEndian.Uint64(entry[4:]), entry[20:]
		for len(program) > 0 {
			op := program[0]
			program = program[1:]
			switch {
			case op == 0: // DW_CFA_nop
			case op>>6 == 1: // DW_CFA_advance_loc
				at += uint64(op & 63)
			case op == 2: // DW_CFA_advance_loc1
				at, program = at+uint64(program[0]), program[1:]
			case op == 3: // DW_CFA_advance_loc2
				at, program = at+uint64(binary.LittleEndian.Uint16(program)), program[2:]
			case op == 4: // DW_CFA_advance_loc4
				at, program = at+uint64(binary.LittleEndian.Uint32(program)), program[4:]
			case op == 0x13: // DW_CFA_def_cfa_offset_sf
				offset, size := leb128(program)
				rows = append(rows, row{at, offset*factor - 8})
				program = program[size:]
			default:
				require.Fail(t, "an unknown instruction of .debug_frame", "%#x", op)
			}
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int { return int(int64(a.from) - int64(b.from)) })
	return func(at uint64) int {
		i, _ := slices.BinarySearchFunc(rows, at+1, func(r row, at uint64) int { return int(int64(r.from) - int64(at)) })
		require.Positive(t, i)
		return rows[i-1].down
	}
}

// leb128 decodes a signed number, and returns how many bytes it takes.
func leb128(b []byte) (n, size int) {
	for shift := 0; ; shift += 7 {
		n |= int(b[size]&127) << shift
		size++
		if b[size-1]&128 == 0 {
			if b[size-1]&64 != 0 {
				n -= 1 << (shift + 7)
			}
			return n, size
		}
	}
}
