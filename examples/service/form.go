package main

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"errors"
	"strconv"
)

var (
	errEscape    = errors.New("a % without two hexadecimal digits")
	errDuplicate = errors.New("a name stands twice")
	errName      = errors.New("a field without a name")
)

// A field is one name and its value, unescaped.
type field struct {
	name, value []byte
}

func byName(a, b field) int { return bytes.Compare(a.name, b.name) }

// countFields returns how many fields a form has at most.
func countFields(body []byte) int { return bytes.Count(body, []byte("&")) + 1 }

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
		n += len(f.name) + 1 + len(f.value) + 1
	}
	return n
}

// canonical writes the canonical form of sorted fields.
func canonical(dst []byte, fields []field) {
	n := 0
	for _, f := range fields {
		n += copy(dst[n:], f.name)
		dst[n] = '='
		n++
		n += copy(dst[n:], f.value)
		dst[n] = '\n'
		n++
	}
}

// A reply is what the service answers.
type reply struct {
	fields            int
	largest           [3][]byte // names, of the largest values
	digest, signature [32]byte
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

// appendString appends a JSON string, without allocating; bytes that are not ASCII
// are taken as UTF-8.
func appendString(dst, s []byte) []byte {
	const digits = "0123456789abcdef"
	dst = append(dst, '"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < ' ':
			dst = append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

// larger orders fields by the size of their values, largest first; equal ones by name.
func larger(a, b field) int {
	return cmp.Or(cmp.Compare(len(b.value), len(a.value)), bytes.Compare(a.name, b.name))
}
