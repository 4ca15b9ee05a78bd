package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc"
)

var testKey = [32]byte{5, 4, 3, 2, 1}

func signed(t *testing.T, s signer, form string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := s(&out, strings.NewReader(form), len(form), &testKey)
	return out.String(), err
}

// randomForm is a form of n fields with values of up to size bytes.
func randomForm(r *rand.Rand, n, size int) url.Values {
	form := url.Values{}
	for i := range n {
		value := make([]byte, r.IntN(size+1))
		for j := range value {
			value[j] = byte(r.IntN(128))
		}
		form.Set(fmt.Sprintf("name %d", i), string(value))
	}
	return form
}

// The three ways answer alike, and as the standard library says they must.
func TestReplies(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 3, 4, 10, 60, 300} {
		form := randomForm(r, n, 100)
		want, err := signed(t, signMake, form.Encode())
		require.NoError(t, err)
		for name, s := range signers {
			got, err := signed(t, s, form.Encode())
			require.NoError(t, err)
			assert.Equal(t, want, got, name)
		}

		var reply struct {
			Fields            int
			Largest           []string
			Digest, Signature string
		}
		require.NoError(t, json.Unmarshal([]byte(want), &reply))
		assert.Equal(t, n, reply.Fields)
		assert.Len(t, reply.Largest, min(n, 3))
		for i, name := range reply.Largest {
			larger := 0
			for _, values := range form {
				if len(values[0]) > len(form.Get(name)) {
					larger++
				}
			}
			assert.LessOrEqual(t, larger, i)
		}
		var text strings.Builder
		fields := strings.Split(form.Encode(), "&") // sorted by name
		for _, f := range fields {
			name, value, _ := strings.Cut(f, "=")
			name, err = url.QueryUnescape(name)
			require.NoError(t, err)
			value, err = url.QueryUnescape(value)
			require.NoError(t, err)
			for _, part := range []string{name, value} {
				require.NoError(t, binary.Write(&text, binary.BigEndian, uint32(len(part))))
				text.WriteString(part)
			}
		}
		digest := sha256.Sum256([]byte(text.String()))
		mac := hmac.New(sha256.New, testKey[:])
		mac.Write([]byte(text.String()))
		assert.Equal(t, hex.EncodeToString(digest[:]), reply.Digest)
		assert.Equal(t, hex.EncodeToString(mac.Sum(nil)), reply.Signature)
	}
}

// A client cannot make one form of another's signature, by what divides names and values.
func TestOtherFieldsAreSignedOtherwise(t *testing.T) {
	for name, s := range signers {
		seen := map[string]string{}
		for _, form := range []string{"a=1&b=2", "a=1%0Ab%3D2", "a%3D1=%0Ab%3D2", "a=b%3Dc", "a%3Db=c", "a=1&b=", "a=1%0Ab=", "a=%00%00%00%01b%00%00%00%002", "a=", ""} {
			text, err := signed(t, s, form)
			require.NoError(t, err)
			var reply struct{ Signature string }
			require.NoError(t, json.Unmarshal([]byte(text), &reply))
			assert.Empty(t, seen[reply.Signature], "%s: %q is signed as %q is", name, form, seen[reply.Signature])
			seen[reply.Signature] = strconv.Quote(form)
		}
	}
}

// Names are JSON whatever they are.
func TestNamesAreJSON(t *testing.T) {
	for _, name := range []string{"a\x00\x1f\x7f\"\\/", "é日本語\U0001f600", "\xff", "a\xc3", "\xed\xa0\x80x", "\ufffd", "\xc0\x80\xf8b"} {
		form := url.QueryEscape(name) + "=1"
		for memory, s := range signers {
			text, err := signed(t, s, form)
			require.NoError(t, err)
			var reply struct{ Largest []string }
			require.NoError(t, json.Unmarshal([]byte(text), &reply), "%s: %q", memory, name)
			assert.True(t, utf8.ValidString(text), "%s: %q", memory, text)
			want, err := json.Marshal(name)
			require.NoError(t, err)
			var again string
			require.NoError(t, json.Unmarshal(want, &again))
			assert.Equal(t, []string{again}, reply.Largest, memory)
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	for form, want := range map[string]error{
		"a=1&b=2&a=3":                        errDuplicate,
		"a=%4":                               errEscape,
		"a=%xy":                              errEscape,
		"%zz=1":                              errEscape,
		"a=1&&b=2":                           errName,
		"=1":                                 errName,
		"a" + strings.Repeat("&", maxFields): errFields,
	} {
		for name, s := range signers {
			reply, err := signed(t, s, form)
			assert.ErrorIs(t, err, want, "%s: %q", name, form)
			assert.Empty(t, reply)
		}
	}
	for name, s := range signers {
		var out bytes.Buffer
		err := s(&out, strings.NewReader("a=1"), 4, &testKey)
		assert.ErrorIs(t, err, io.ErrUnexpectedEOF, name)
	}
}

func TestHTTP(t *testing.T) {
	server := httptest.NewServer(handler(signStack, &testKey))
	defer server.Close()
	for _, c := range []struct {
		path, body string
		status     int
		want       string
	}{
		{"/sign", "a=1&b=two+words", http.StatusOK, `"fields":2`},
		{"/sign", "", http.StatusOK, `"fields":0`},
		{"/sign", "a=1&a=2", http.StatusBadRequest, "stands twice"},
		{"/sign", strings.Repeat("a", maxBody+1), http.StatusRequestEntityTooLarge, "at most"},
		{"/other", "", http.StatusNotFound, ""},
	} {
		response, err := http.Post(server.URL+c.path, "application/x-www-form-urlencoded", strings.NewReader(c.body))
		require.NoError(t, err)
		text, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		assert.Equal(t, c.status, response.StatusCode)
		assert.Contains(t, string(text), c.want)
	}
	response, err := http.Post(server.URL+"/sign", "", struct{ io.Reader }{strings.NewReader("a=1")})
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, http.StatusLengthRequired, response.StatusCode)

	var memory struct{ Collections, Pauses, Objects, Bytes, System *uint64 }
	get(t, server.URL+"/debug/memory", &memory)
	for _, m := range []*uint64{memory.Collections, memory.Pauses, memory.Objects, memory.Bytes, memory.System} {
		assert.NotNil(t, m)
	}
}

func get(t *testing.T, url string, answer any) {
	t.Helper()
	response, err := http.Get(url)
	require.NoError(t, err)
	defer response.Body.Close()
	require.NoError(t, json.NewDecoder(response.Body).Decode(answer))
}

// The library's counters are published and move: a block too large for the stack is one
// that is kept for reuse. None is made for a request alone, of which Heap and the sites tell.
func TestCounters(t *testing.T) {
	server := httptest.NewServer(handler(signStack, &testKey))
	defer server.Close()
	defer stackalloc.TraceHeap(stackalloc.TraceHeap(true))
	vars := func() (all struct {
		Stackalloc     *stackalloc.Stats
		Implementation string            `json:"stackalloc.implementation"`
		Sites          []stackalloc.Site `json:"stackalloc.sites"`
	}) {
		get(t, server.URL+"/debug/vars", &all)
		require.NotNil(t, all.Stackalloc)
		return all
	}
	post := func(form string) {
		response, err := http.Post(server.URL+"/sign", "", strings.NewReader(form))
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, http.StatusOK, response.StatusCode)
	}
	before := vars()
	assert.Equal(t, stackalloc.Implementation(), before.Implementation)
	for range 10 {
		post("a=" + strings.Repeat("b", 200<<10))
	}
	after := vars()
	assert.GreaterOrEqual(t, after.Stackalloc.Recycled, before.Stackalloc.Recycled+10)
	assert.Equal(t, before.Stackalloc.Heap, after.Stackalloc.Heap)
	assert.False(t, slices.ContainsFunc(after.Sites, func(s stackalloc.Site) bool { return strings.Contains(s.Function, "/service.") }), "%+v", after.Sites)
}

// What has begun when the service is told to end is finished, and what takes too long is
// cut off.
func TestShutdown(t *testing.T) {
	for _, patience := range []time.Duration{time.Minute, time.Millisecond} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		ctx, stop := context.WithCancel(t.Context())
		served, reading := make(chan error, 1), make(chan bool)
		slow := func(w io.Writer, r io.Reader, size int, key *[32]byte) error {
			reading <- true
			return signStack(w, r, size, key)
		}
		go func() { served <- serve(ctx, l, handler(slow, &testKey), patience) }()
		c, err := net.Dial("tcp", l.Addr().String())
		require.NoError(t, err)
		_, err = io.WriteString(c, "POST /sign HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\n")
		require.NoError(t, err)
		<-reading
		stop()
		if patience == time.Millisecond {
			assert.ErrorContains(t, <-served, "cut off")
			_, err = http.ReadResponse(bufio.NewReader(c), nil)
			assert.Error(t, err)
			c.Close()
			continue
		}
		require.Eventually(t, func() bool { // nobody is let in any more
			other, err := net.Dial("tcp", l.Addr().String())
			if err == nil {
				other.Close()
			}
			return err != nil
		}, time.Minute, time.Millisecond)
		_, err = io.WriteString(c, "a=1")
		require.NoError(t, err)
		response, err := http.ReadResponse(bufio.NewReader(c), nil)
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, response.StatusCode)
		assert.NoError(t, <-served)
		c.Close()
	}
}

func BenchmarkSign(b *testing.B) {
	for _, n := range []int{5, 40} {
		form := randomForm(rand.New(rand.NewPCG(5, 6)), n, 60).Encode()
		for _, memory := range []string{"make", "pool", "stack"} {
			b.Run(fmt.Sprintf("fields=%d/memory=%s", n, memory), func(b *testing.B) {
				b.ReportAllocs()
				r := strings.NewReader(form)
				for b.Loop() {
					r.Reset(form)
					if err := signers[memory](io.Discard, r, len(form), &testKey); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
