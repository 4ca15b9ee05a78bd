package main

import (
	"crypto/sha256"
	"io"
	"slices"
)

// signMake takes all its memory from the heap.
func signMake(w io.Writer, r io.Reader, size int, key *[32]byte) error {
	body := make([]byte, size)
	if _, err := io.ReadFull(r, body); err != nil {
		return err
	}
	most, err := countFields(body)
	if err != nil {
		return err
	}
	fields := make([]field, 0, most)
	for form := body; len(form) > 0; {
		var f field
		f.name, f.value, form = nextField(form)
		for _, text := range []*[]byte{&f.name, &f.value} {
			clear := make([]byte, len(*text))
			n, err := unescape(clear, *text)
			if err != nil {
				return err
			}
			*text = clear[:n]
		}
		fields = append(fields, f)
	}
	slices.SortFunc(fields, byName)
	if err := verify(fields); err != nil {
		return err
	}

	answer := reply{fields: len(fields)}
	text := make([]byte, blockSize+canonicalSize(fields))
	canonical(text[blockSize:], fields)
	answer.digest = sha256.Sum256(text[blockSize:])
	answer.signature = sign(text, key)
	answer.largest = largest(fields)
	_, err = w.Write(appendReply(make([]byte, 0, answer.size()), &answer))
	return err
}
