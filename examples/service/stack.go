package main

import (
	"crypto/sha256"
	"io"
	"slices"

	"github.com/stackalloc/stackalloc"
	"github.com/stackalloc/stackalloc/arena"
	"github.com/stackalloc/stackalloc/scratch"
	"github.com/stackalloc/stackalloc/small"
)

// signStack takes its memory from this library: what meets an io.Reader or
// io.Writer from scratch, the texts of the fields from an arena in it, and what only
// code works on that the compiler sees into from the stack.
func signStack(w io.Writer, r io.Reader, size int, key *[32]byte) error {
	// The second half is for the texts, which are never longer than the body.
	return scratch.Call(2*size, func(memory []byte) error {
		body := memory[:size:size]
		if _, err := io.ReadFull(r, body); err != nil {
			return err
		}
		texts := arena.Over(memory[size:])
		answer, err := answerTo(body, &texts, key)
		if err != nil {
			return err
		}
		return scratch.Call(replySize, func(block []byte) error {
			_, err := w.Write(appendReply(block[:0], &answer))
			return err
		})
	})
}

// answerTo is not inlined, so that its callbacks stay what they are proven as.
//
//go:noinline
func answerTo(body []byte, texts *arena.Bump, key *[32]byte) (answer reply, err error) {
	stackalloc.Uninit(countFields(body), func(fields []field) {
		n := 0
		for form := body; len(form) > 0; n++ {
			var name, value []byte
			name, value, form = nextField(form)
			if fields[n].name, err = clearText(texts, name); err != nil {
				return
			}
			if fields[n].value, err = clearText(texts, value); err != nil {
				return
			}
		}
		fields = fields[:n]
		slices.SortFunc(fields, byName)
		if err = verify(fields); err == nil {
			answer.fields = n
			answer.digest, answer.signature = hash(fields, key)
			answer.largest = largest(fields)
		}
	})
	return answer, err
}

// clearText returns what text stands for, in memory of the arena.
func clearText(texts *arena.Bump, text []byte) ([]byte, error) {
	clear, _ := texts.Alloc(len(text), 1) // there is room for all
	n, err := unescape(clear, text)
	return clear[:n], err
}

func hash(fields []field, key *[32]byte) (digest, signature [32]byte) {
	stackalloc.Uninit(blockSize+canonicalSize(fields), func(text []byte) {
		canonical(text[blockSize:], fields)
		digest = sha256.Sum256(text[blockSize:])
		signature = sign(text, key)
	})
	return digest, signature
}

// largest returns the names of the largest values: a heap of as many as are asked for,
// with the smallest of them on top.
func largest(fields []field) (names [3][]byte) {
	var block [len(names) + 1]field
	top := small.HeapOver(block[:], func(a, b field) bool { return larger(a, b) > 0 })
	for _, f := range fields {
		top.Push(f)
		if top.Len() > len(names) {
			top.Pop()
		}
	}
	for i := top.Len() - 1; i >= 0; i-- {
		f, _ := top.Pop()
		names[i] = f.name
	}
	return names
}
