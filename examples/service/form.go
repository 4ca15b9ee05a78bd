package main

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/stackalloc/stackalloc/small"
)

var (
	errEscape    = errors.New("a % without two hexadecimal digits")
	errDuplicate = errors.New("a name stands twice")
	errName      = errors.New("a field without a name")
	errFields    = fmt.Errorf("more than %d fields", maxFields)
)

// maxFields bounds a form, so that its fields take less than the 64 KiB that a block on
// the stack may have.
const maxFields = 1000

// A field is one name and its value, unescaped.
type field struct {
	name, value []byte
}

func byName(a, b field) int { return bytes.Compare(a.name, b.name) }

// countFields returns how many fields a form has at most, or an error if they are too many.
func countFields(body []byte) (int, error) {
	n := bytes.Count(body, []byte("&")) + 1
	if n > maxFields {
		return 0, errFields
	}
	return n, nil
}

// nextField cuts the first field, still escaped, from a form.
func nextField(form []byte) (name, value, rest []byte) {
	pair, rest, _ := bytes.Cut(form, []byte("&"))
	name, value, _ = bytes.Cut(pair, []byte("="))
	return name, value, rest
}

// unescape writes what src stands for to dst, which has its length at least, and
// returns how much that is.
func unescape(dst, src []byte) (int, error) {
	n := 0
	for i := 0; i < len(src); i++ {
		switch src[i] {
		case '%':
			if i+2 >= len(src) {
				return 0, errEscape
			}
			if _, err := hex.Decode(dst[n:n+1], src[i+1:i+3]); err != nil {
				return 0, errEscape
			}
			i += 2
		case '+':
			dst[n] = ' '
		default:
			dst[n] = src[i]
		}
		n++
	}
	return n, nil
}

// verify reports what is wrong with fields sorted by name.
func verify(fields []field) error {
	for i, f := range fields {
		if len(f.name) == 0 {
			return errName
		}
		if i > 0 && bytes.Equal(f.name, fields[i-1].name) {
			return errDuplicate
		}
	}
	return nil
}

// canonicalSize is the length of the canonical form of fields.
func canonicalSize(fields []field) (n int) {
	for _, f := range fields {
		n += 4 + len(f.name) + 4 + len(f.value)
	}
	return n
}

// canonical writes the canonical form of sorted fields: each text after its length, so that
// no two forms with other fields are signed alike.
func canonical(dst []byte, fields []field) {
	n := 0
	for _, f := range fields {
		for _, text := range [2][]byte{f.name, f.value} {
			binary.BigEndian.PutUint32(dst[n:], uint32(len(text)))
			n += 4
			n += copy(dst[n:], text)
		}
	}
}

// larger orders fields by the size of their values, largest first; equal ones by name.
func larger(a, b field) int {
	return cmp.Or(cmp.Compare(len(b.value), len(a.value)), bytes.Compare(a.name, b.name))
}

// largest returns the names of the largest values. It keeps as many fields as it is to
// find in a heap with the smallest of them on top. Their number is a constant, so that
// the heap's block is an array, in each of the three ways.
func largest(fields []field) (names [3][]byte) {
	var block [len(names)]field
	top := small.HeapOver(block[:], func(a, b field) bool { return larger(a, b) > 0 })
	for _, f := range fields {
		if top.Len() == len(names) {
			if smallest, _ := top.Peek(); larger(smallest, f) < 0 {
				continue
			}
			top.Pop()
		}
		top.Push(f)
	}
	for i := top.Len() - 1; i >= 0; i-- {
		f, _ := top.Pop()
		names[i] = f.name
	}
	return names
}

// A reply is what the service answers.
type reply struct {
	fields            int
	largest           [3][]byte // names, of the largest values
	digest, signature [32]byte
}

// size is the most that the reply can take as JSON, in bytes.
func (r *reply) size() int {
	n := len(`{"fields":,"largest":[],"digest":"","signature":""}`) + 1 + 20 + 2*(len(r.digest)+len(r.signature))
	for _, name := range r.largest {
		n += len(`"",`) + len(`\u0000`)*len(name)
	}
	return n
}

// appendReply appends the reply as JSON.
func appendReply(dst []byte, r *reply) []byte {
	dst = append(dst, `{"fields":`...)
	dst = strconv.AppendInt(dst, int64(r.fields), 10)
	dst = append(dst, `,"largest":[`...)
	for i, name := range r.largest {
		if name == nil {
			break
		}
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, name)
	}
	dst = append(dst, `],"digest":"`...)
	dst = hex.AppendEncode(dst, r.digest[:])
	dst = append(dst, `","signature":"`...)
	dst = hex.AppendEncode(dst, r.signature[:])
	return append(dst, "\"}\n"...)
}

// appendString appends a JSON string, without allocating; what is not UTF-8 becomes
// U+FFFD, as in encoding/json.
func appendString(dst, s []byte) []byte {
	const digits = "0123456789abcdef"
	dst = append(dst, '"')
	for n := 0; len(s) > 0; s = s[n:] {
		var r rune
		r, n = utf8.DecodeRune(s)
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', s[0])
		case r < ' ':
			dst = append(dst, '\\', 'u', '0', '0', digits[r>>4], digits[r&15])
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}
