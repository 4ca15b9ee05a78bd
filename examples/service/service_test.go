package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc"
	"github.com/stackalloc/stackalloc/noalloc"
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
			text.WriteString(name + "=" + value + "\n")
		}
		digest := sha256.Sum256([]byte(text.String()))
		mac := hmac.New(sha256.New, testKey[:])
		mac.Write([]byte(text.String()))
		assert.Equal(t, hex.EncodeToString(digest[:]), reply.Digest)
		assert.Equal(t, hex.EncodeToString(mac.Sum(nil)), reply.Signature)
	}
}

func TestWhatIsRefused(t *testing.T) {
	for form, want := range map[string]error{
		"a=1&b=2&a=3": errDuplicate,
		"a=%4":        errEscape,
		"a=%xy":       errEscape,
		"%zz=1":       errEscape,
		"a=1&&b=2":    errName,
		"=1":          errName,
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
	for _, path := range []string{"/debug/vars", "/debug/memory?gc"} {
		response, err := http.Get(server.URL + path)
		require.NoError(t, err)
		var vars map[string]any
		require.NoError(t, json.NewDecoder(response.Body).Decode(&vars))
		require.NoError(t, response.Body.Close())
	}
}

// A request allocates nothing of its own, and no block of it comes from the heap.
func TestNothingIsAllocated(t *testing.T) {
	form := randomForm(rand.New(rand.NewPCG(3, 4)), 40, 60).Encode()
	var out bytes.Buffer
	out.Grow(2 * replySize)
	r := strings.NewReader(form)
	before := stackalloc.ReadStats()
	noalloc.Check(t, func() {
		out.Reset()
		r.Reset(form)
		if err := signStack(&out, r, len(form), &testKey); err != nil {
			t.Error(err)
		}
	})
	assert.Equal(t, before.Heap, stackalloc.ReadStats().Heap)
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
