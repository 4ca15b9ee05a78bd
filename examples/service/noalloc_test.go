package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc"
	"github.com/stackalloc/stackalloc/arena"
	"github.com/stackalloc/stackalloc/noalloc"
)

// eachSize runs f with forms of none to all fields, and of few long ones, of which the last
// is too large for the stack.
func eachSize(t *testing.T, f func(t *testing.T, form string)) {
	for _, c := range []struct{ fields, size int }{{0, 0}, {1, 10}, {5, 60}, {40, 60}, {300, 100}, {maxFields, 40}, {3, 15000}, {3, 200000}} {
		form := randomForm(rand.New(rand.NewPCG(3, 4)), c.fields, c.size).Encode()
		t.Run(fmt.Sprintf("fields=%d/bytes=%d", c.fields, len(form)), func(t *testing.T) { f(t, form) })
	}
}

// parsed is a form with memory of the test's own for it.
type parsed struct {
	body, memory []byte
	block        []field
	fields       []field
	texts        arena.Bump
}

func parsedForm(t *testing.T, form string) *parsed {
	p := &parsed{body: []byte(form), memory: make([]byte, len(form))}
	most, err := countFields(p.body)
	require.NoError(t, err)
	p.block = make([]field, most)
	p.texts = arena.Over(p.memory)
	p.fields, err = parse(p.block, p.body, &p.texts)
	require.NoError(t, err)
	return p
}

func TestParseDoesNotAllocate(t *testing.T) {
	eachSize(t, func(t *testing.T, form string) {
		p := parsedForm(t, form)
		var err error
		noalloc.Check(t, func() {
			p.texts.Reset()
			p.fields, err = parse(p.block, p.body, &p.texts)
		})
		require.NoError(t, err)
	})
}

// An error costs nothing either: a client cannot make garbage with wrong forms.
func TestErrorsDoNotAllocate(t *testing.T) {
	for _, form := range []string{"a=%4", "a=1&a=2", "=1", strings.Repeat("&", maxFields)} {
		r := strings.NewReader(form)
		var err error
		noalloc.Check(t, func() { err = signStack(io.Discard, r, len(form), &testKey) })
		assert.Error(t, err)
	}
}

func TestHashDoesNotAllocate(t *testing.T) {
	eachSize(t, func(t *testing.T, form string) {
		p := parsedForm(t, form)
		noalloc.Check(t, func() { hash(p.fields, &testKey) })
	})
}

func TestSignDoesNotAllocate(t *testing.T) {
	eachSize(t, func(t *testing.T, form string) {
		text := append(make([]byte, blockSize), form...)
		noalloc.Check(t, func() { sign(text, &testKey) })
	})
}

func TestLargestDoesNotAllocate(t *testing.T) {
	eachSize(t, func(t *testing.T, form string) {
		p := parsedForm(t, form)
		noalloc.Check(t, func() { largest(p.fields) })
	})
}

func TestEncodeDoesNotAllocate(t *testing.T) {
	for _, n := range []int{0, 10, 1000, 20000} {
		// Each of these bytes takes six, the most there is.
		answer := reply{fields: maxFields}
		for i := range answer.largest {
			answer.largest[i] = bytes.Repeat([]byte{1}, n)
		}
		assert.LessOrEqual(t, len(appendReply(nil, &answer)), answer.size())
		var err error
		noalloc.Check(t, func() { err = writeReply(io.Discard, &answer) })
		require.NoError(t, err)
	}
}

// Signing as a whole allocates nothing, keeps nothing, and has no block from the heap.
func TestSigningDoesNotAllocate(t *testing.T) {
	eachSize(t, func(t *testing.T, form string) {
		r := strings.NewReader(form)
		var err error
		f := func() {
			r.Reset(form)
			err = signStack(io.Discard, r, len(form), &testKey)
		}
		before := stackalloc.ReadStats()
		noalloc.Check(t, f)
		require.NoError(t, err)
		assert.Equal(t, before.Heap, stackalloc.ReadStats().Heap)
		noalloc.CheckRetained(t, f)
	})
}

// What a request takes is net/http's, whatever the form: this names the places. The one
// in this package is the first entry of a reply's header, whose map is net/http's.
func TestWhatARequestTakes(t *testing.T) {
	server := httptest.NewServer(handler(signStack, &testKey))
	defer server.Close()
	eachSize(t, func(t *testing.T, form string) {
		request := fmt.Sprintf("POST /sign HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s", len(form), form)
		// Each run has a connection of its own, whose goroutine counts once that of the
		// connection before has ended. The difference between many requests and few is
		// what a request takes.
		taken := func(n int) map[string]float64 {
			places := map[string]float64{}
			for len(places) == 0 {
				report := noalloc.MeasureWith(func() { ask(t, server.Listener.Addr(), request, n) }, noalloc.Goroutines())
				for _, site := range report.Sites {
					if isServer(site) {
						places[place(site)] += float64(site.Objects)
					}
				}
			}
			return places
		}
		const few, many = 10, 110
		taken(few) // what is made once
		less, more := taken(few), taken(many)
		sum := 0.0
		for _, name := range slices.Sorted(maps.Keys(more)) {
			each := (more[name] - less[name]) / (many - few)
			sum += each
			if each < 0.1 {
				continue // what collections emptied
			}
			t.Logf("%5.1f %s", each, name)
			if strings.Contains(name, "examples/service.") {
				assert.Contains(t, name, "service.handler.func1")
				assert.InDelta(t, 1, each, 0.1)
			}
		}
		t.Logf("%5.1f objects in all", sum)
		assert.Positive(t, sum)
		assert.Less(t, sum, 35.0)
	})
}

// isServer reports whether it is the server that allocates, not the test's client.
func isServer(s noalloc.Site) bool {
	return slices.ContainsFunc(s.Chain, func(f noalloc.Frame) bool { return f.Func == "net/http.(*conn).serve" })
}

// place names the function that allocates by way of the runtime.
func place(s noalloc.Site) string {
	for _, f := range s.Chain {
		if !strings.HasPrefix(f.Func, "runtime.") && !strings.HasPrefix(f.Func, "internal/runtime/") {
			return f.Func
		}
	}
	return s.Func
}

// ask sends a request n times on a connection of its own.
func ask(t *testing.T, addr net.Addr, request string, n int) {
	c, err := net.Dial("tcp", addr.String())
	require.NoError(t, err)
	defer c.Close()
	answers := bufio.NewReader(c)
	for range n {
		_, err := io.WriteString(c, request)
		require.NoError(t, err)
		response, err := http.ReadResponse(answers, nil)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, response.StatusCode)
		_, err = io.Copy(io.Discard, response.Body)
		require.NoError(t, err)
	}
}
