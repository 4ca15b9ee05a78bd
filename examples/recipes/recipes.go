// Package recipes shows the library in the situations that come up first. Every
// call of package stackalloc here is proven, which stackalloc check tells:
//
//	stackalloc check ./examples/recipes
package recipes

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/stackalloc/stackalloc"
	"github.com/stackalloc/stackalloc/scratch"
)

// Fingerprint hashes a key that is put together from its parts.
func Fingerprint(table string, id uint64) (sum [32]byte) {
	stackalloc.Uninit(len(table)+9, func(buf []byte) {
		n := copy(buf, table)
		buf[n] = 0
		binary.BigEndian.PutUint64(buf[n+1:], id)
		sum = sha256.Sum256(buf)
	})
	return sum
}

// ErrOdd says that a text has half a byte too many.
var ErrOdd = errors.New("recipes: odd number of digits")

// Checksum adds the bytes of a hexadecimal text: an error comes out of the
// callback as a result.
func Checksum(text string) (int, error) {
	if len(text)%2 != 0 {
		return 0, ErrOdd
	}
	return stackalloc.Call2(len(text), func(buf []byte) (sum int, err error) {
		n, err := hex.Decode(buf, append(buf[:0], text...)) // in place
		for _, b := range buf[:n] {
			sum += int(b)
		}
		return sum, err
	})
}

// Duplicate returns the first byte that stands in s twice. The block is the body
// of a loop, so that return leaves the enclosing function.
func Duplicate(s string) (b byte, ok bool) {
	for seen := range stackalloc.Scope[bool](256) {
		for i := range len(s) {
			if seen[s[i]] {
				return s[i], true
			}
			seen[s[i]] = true
		}
	}
	return 0, false
}

// Distance is the Levenshtein distance of two strings: two buffers of one type are
// one block, cut in two with its capacities limited.
func Distance(a, b string) (d int) {
	n := len(b) + 1
	stackalloc.Uninit(2*n, func(rows []int) {
		prev, cur := rows[:n:n], rows[n:]
		for j := range prev {
			prev[j] = j
		}
		for i := range len(a) {
			cur[0] = i + 1
			for j := range len(b) {
				cost := 1
				if a[i] == b[j] {
					cost = 0
				}
				cur[j+1] = min(cur[j]+1, prev[j+1]+1, prev[j]+cost)
			}
			prev, cur = cur, prev
		}
		d = prev[len(b)]
	})
	return d
}

// Anagrams reports whether two words have the same letters: two buffers by one
// call inside another, each of its own type if need be. In a copy of this function
// that is inlined into another package, the compiler would know neither slices.Sort
// nor the inner call; noinline keeps the proof.
//
//go:noinline
func Anagrams(a, b string) (same bool) {
	stackalloc.Uninit(len(a), func(x []byte) {
		stackalloc.Copy([]byte(b), func(y []byte) {
			copy(x, a)
			slices.Sort(x)
			slices.Sort(y)
			same = bytes.Equal(x, y)
		})
	})
	return same
}

// Paths counts the ways through a grid: a table is one block, and its rows are
// found by index. Slices of the block stored in the block would count as leaks.
func Paths(rows, cols int) (n int) {
	stackalloc.Do(rows*cols, func(table []int) {
		for i := range rows {
			for j := range cols {
				if i == 0 || j == 0 {
					table[i*cols+j] = 1
				} else {
					table[i*cols+j] = table[(i-1)*cols+j] + table[i*cols+j-1]
				}
			}
		}
		n = table[len(table)-1]
	})
	return n
}

// Logline writes one line: everything that appends works on a block, and moves to
// the heap by itself when the block is full.
func Logline(w io.Writer, name string, values []float64) (err error) {
	scratch.Uninit(len(name)+16*len(values), func(block []byte) {
		line := append(block[:0], name...)
		for _, v := range values {
			line = append(line, ' ')
			line = strconv.AppendFloat(line, v, 'g', 6, 64)
		}
		line = append(line, '\n')
		_, err = w.Write(line)
	})
	return err
}

// Width is the number of bytes that a table row takes: bytes.Buffer and the Append
// functions of the standard library need no string builder of ours.
//
//go:noinline
func Width(cells []string) (n int) {
	stackalloc.Uninit(64+16*len(cells), func(block []byte) {
		row := bytes.NewBuffer(block[:0])
		for i, cell := range cells {
			row.WriteString(strconv.Quote(cell))
			row.Write(strconv.AppendInt(row.AvailableBuffer(), int64(i), 10))
		}
		n = row.Len()
	})
	return n
}

// Label formats into a block what becomes a string once, at its final length.
func Label(host string, port int) (s string) {
	stackalloc.Uninit(len(host)+8, func(block []byte) {
		s = string(fmt.Appendf(block[:0], "%s:%d", strings.ToLower(host), port))
	})
	return s
}

// Lookup finds a value by a key of two parts: a map read by string(block) copies
// nothing.
func Lookup(m map[string]int, kind, name string) (v int, ok bool) {
	stackalloc.Uninit(len(kind)+1+len(name), func(key []byte) {
		n := copy(key, kind)
		key[n] = '/'
		copy(key[n+1:], name)
		v, ok = m[string(key)]
	})
	return v, ok
}

// Median gathers what passes a test and sorts it.
//
//go:noinline
func Median(values []float64) (m float64, ok bool) {
	stackalloc.Uninit(len(values), func(block []float64) {
		kept := block[:0]
		for _, v := range values {
			if v >= 0 {
				kept = append(kept, v)
			}
		}
		slices.Sort(kept)
		if len(kept) > 0 {
			m, ok = kept[len(kept)/2], true
		}
	})
	return m, ok
}

// Lines counts lines: a Reader is an interface, behind which the compiler does not
// see, so that the buffer comes from package scratch.
func Lines(r io.Reader) (n int, err error) {
	scratch.Uninit(32<<10, func(buf []byte) {
		for err == nil {
			var k int
			k, err = r.Read(buf)
			n += bytes.Count(buf[:k], []byte("\n"))
		}
	})
	if err == io.EOF {
		err = nil
	}
	return n, err
}

// Unescape returns what must outlive the block as a copy of exactly its size, or
// appends it to what the caller has.
func Unescape(dst, text []byte) []byte {
	stackalloc.Uninit(len(text), func(buf []byte) {
		n := 0
		for i := 0; i < len(text); i++ {
			if text[i] == '\\' && i+1 < len(text) {
				i++
			}
			buf[n] = text[i]
			n++
		}
		dst = append(dst, buf[:n]...)
	})
	return dst
}

// withHex is a helper of one's own around the library: it keeps the proof of its
// callers as long as the compiler inlines it.
func withHex(data []byte, f func(text []byte)) {
	stackalloc.Uninit(2*len(data), func(text []byte) {
		hex.Encode(text, data)
		f(text)
	})
}

// Zeros counts the zeros in the hexadecimal text of data.
func Zeros(data []byte) (n int) {
	withHex(data, func(text []byte) { n = bytes.Count(text, []byte("0")) })
	return n
}

// Digits is the case for a fixed array: the bound is small and known.
func Digits(n uint64) (sum int) {
	var block [20]byte
	for _, d := range strconv.AppendUint(block[:0], n, 10) {
		sum += int(d - '0')
	}
	return sum
}
