package main

import (
	"crypto/sha256"
	"io"
	"slices"

	"github.com/stackalloc/stackalloc"
	"github.com/stackalloc/stackalloc/arena"
	"github.com/stackalloc/stackalloc/scratch"
)

// signStack takes its memory from this library. Each block is where it can be proven,
// or else promised, not to be kept:
//
//	the body       scratch       an io.Reader writes it, which no compiler sees into
//	the texts      arena         many, of sizes that are known one by one, dropped at once
//	the fields     stackalloc    only code works on them that the compiler sees into;
//	                             they have pointers, which are on the stack as well
//	what is hashed stackalloc    the same
//	the largest    small         in an array, since their number is a constant (largest)
//	the reply      scratch       an io.Writer reads it
func signStack(w io.Writer, r io.Reader, size int, key *[32]byte) (err error) {
	// The second half is for the texts, which together are never longer than the body.
	scratch.Uninit(2*size, func(memory []byte) {
		body := memory[:size:size]
		if _, err = io.ReadFull(r, body); err != nil {
			return
		}
		// The arena is over a block that is there anyhow, so it costs nothing to make.
		texts := arena.Over(memory[size:])
		var answer reply
		if answer, err = answerTo(body, &texts, key); err != nil {
			return
		}
		err = writeReply(w, &answer) // whose names are texts
	})
	return err
}

// answerTo is not inlined, so that its callback stays what it is proven as, and so are
// the other functions here with a callback of package stackalloc. What it returns
// points to texts only, never to the block.
//
//go:noinline
func answerTo(body []byte, texts *arena.Bump, key *[32]byte) (answer reply, err error) {
	most, err := countFields(body)
	if err != nil {
		return answer, err
	}
	stackalloc.Uninit(most, func(block []field) {
		var fields []field
		if fields, err = parse(block, body, texts); err != nil {
			return
		}
		answer.fields = len(fields)
		answer.digest, answer.signature = hash(fields, key)
		answer.largest = largest(fields)
	})
	return answer, err
}

// parse returns the fields of body, sorted and verified, in block.
func parse(block []field, body []byte, texts *arena.Bump) (fields []field, err error) {
	n := 0
	for form := body; len(form) > 0; n++ {
		var name, value []byte
		name, value, form = nextField(form)
		text, _ := texts.Alloc(len(name)+len(value), 1) // there is room for all
		if block[n].name, text, err = clearText(text, name); err != nil {
			return nil, err
		}
		if block[n].value, _, err = clearText(text, value); err != nil {
			return nil, err
		}
	}
	fields = block[:n]
	slices.SortFunc(fields, byName)
	return fields, verify(fields)
}

// clearText returns what text stands for, in memory at the beginning of dst, and the
// rest of dst.
func clearText(dst, text []byte) (clear, rest []byte, err error) {
	n, err := unescape(dst, text)
	return dst[:n:n], dst[n:], err
}

//go:noinline
func hash(fields []field, key *[32]byte) (digest, signature [32]byte) {
	stackalloc.Uninit(blockSize+canonicalSize(fields), func(text []byte) {
		canonical(text[blockSize:], fields)
		digest = sha256.Sum256(text[blockSize:])
		signature = sign(text, key)
	})
	return digest, signature
}

func writeReply(w io.Writer, answer *reply) (err error) {
	scratch.Uninit(answer.size(), func(block []byte) {
		_, err = w.Write(appendReply(block[:0], answer))
	})
	return err
}
