package main

import (
	"crypto/sha256"
	"io"
	"slices"
	"sync"
)

// A workspace is what one request needs.
type workspace struct {
	body, clear, text, reply []byte
	fields                   []field
}

var workspaces = sync.Pool{New: func() any { return new(workspace) }}

// maxKept is the largest body, in bytes, whose workspace goes back to the pool, so
// that one large request does not keep its memory for ever.
const maxKept = 64 << 10

// sized returns a slice of n elements, in s if it is large enough.
func sized[T any](s []T, n int) []T { return slices.Grow(s[:0], n)[:n] }

// signPool takes its memory from a sync.Pool, by hand.
func signPool(w io.Writer, r io.Reader, size int, key *[32]byte) error {
	m := workspaces.Get().(*workspace)
	defer func() {
		if size <= maxKept {
			clear(m.fields) // nothing is kept alive by them
			workspaces.Put(m)
		}
	}()
	m.body = sized(m.body, size)
	if _, err := io.ReadFull(r, m.body); err != nil {
		return err
	}
	most, err := countFields(m.body)
	if err != nil {
		return err
	}
	m.clear, m.fields = sized(m.clear, size), sized(m.fields, most)[:0]
	free := m.clear
	for form := m.body; len(form) > 0; {
		var f field
		f.name, f.value, form = nextField(form)
		for _, text := range []*[]byte{&f.name, &f.value} {
			n, err := unescape(free, *text)
			if err != nil {
				return err
			}
			*text, free = free[:n:n], free[n:]
		}
		m.fields = append(m.fields, f)
	}
	slices.SortFunc(m.fields, byName)
	if err := verify(m.fields); err != nil {
		return err
	}

	answer := reply{fields: len(m.fields)}
	m.text = sized(m.text, blockSize+canonicalSize(m.fields))
	canonical(m.text[blockSize:], m.fields)
	answer.digest = sha256.Sum256(m.text[blockSize:])
	answer.signature = sign(m.text, key)
	answer.largest = largest(m.fields)
	m.reply = appendReply(sized(m.reply, answer.size())[:0], &answer)
	_, err = w.Write(m.reply)
	return err
}
