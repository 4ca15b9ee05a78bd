package stackalloc_test

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"net"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"
	"unsafe"

	"github.com/stackalloc/stackalloc"
)

// sumOf is a function the compiler knows the whole of, as are those below.
func sumOf(b []byte) (sum int) {
	for _, c := range b {
		sum += int(c)
	}
	return sum
}

//go:noinline
func sumUnseen(b []byte) int { return sumOf(b) }

//go:noinline
func bump(p *byte) { *p++ }

//go:noinline
func lastOf(b []byte) *byte { return &b[len(b)-1] }

//go:noinline
func halves(b []byte) (l, r []byte) { return b[:len(b)/2], b[len(b)/2:] }

// nests is the smallest block within which calls are made: the callback of a
// smaller one is inlined, and the compiler inlines nothing into the closures of
// that copy. (cleansUnproven tells of it.)
const nests = 2*stackalloc.SmallBlock + 4

// view is a local structure over a block.
type view struct {
	b   []byte
	pos int
}

func (v *view) put(c byte) { v.b[v.pos] = c; v.pos++ }
func (v view) sum() int    { return sumOf(v.b) }

type stack[T any] struct {
	s []T
	n int
}

func (s *stack[T]) push(v T) { s.s[s.n] = v; s.n++ }
func (s *stack[T]) pop() T   { s.n--; return s.s[s.n] }

func sumGeneric[T int | byte](s []T) (sum T) {
	for _, v := range s {
		sum += v
	}
	return sum
}

var cleansPlain = []clean{
	{name: "write and read", run: func(n int) (on bool) {
		stackalloc.Do(n, func(s []byte) {
			s[0], s[n-1] = 1, 2
			on = stackalloc.OnStack(s)
			expect(len(s) == n && s[n-1] == 2)
		})
		return on
	}},
	{name: "zeroed", run: func(n int) (on bool) {
		stackalloc.Do(n, func(s []byte) {
			expect(sumOf(s) == 0)
			paint(s, noise, 0)
			on = stackalloc.OnStack(s)
		})
		return on
	}},
	{name: "functions", run: func(n int) (on bool) {
		stackalloc.Do(n, func(s []byte) {
			paint(s, text, seed)
			expect(sumOf(s) == sumUnseen(s))
			on = stackalloc.OnStack(s)
		})
		return on
	}},
	{name: "pointers passed down", run: func(n int) (on bool) {
		stackalloc.Do(n, func(s []byte) {
			bump(&s[0])
			bump(lastOf(s))
			expect(sumOf(s) == 2)
			on = stackalloc.OnStack(s)
		})
		return on
	}},
	{name: "results of functions", run: func(n int) (on bool) {
		stackalloc.Do(n, func(s []byte) {
			l, r := halves(s)
			for i := range l {
				l[i] = 1
			}
			expect(len(l)+len(r) == n && sumOf(s) == len(l))
			on = stackalloc.OnStack(r)
		})
		return on
	}},
	{name: "sub-slices", run: func(n int) (on bool) {
		stackalloc.Uninit(n, func(s []byte) {
			a, b := s[:n/2], s[n/2:]
			clear(a)
			copy(b, a)
			clear(b)
			expect(sumOf(s) == 0)
			on = stackalloc.OnStack(b)
		})
		return on
	}},
	{name: "local struct", run: func(n int) (on bool) {
		stackalloc.Do(n, func(s []byte) {
			v := view{b: s}
			for range n {
				v.put(1)
			}
			expect(v.sum() == n)
			on = stackalloc.OnStack(v.b)
		})
		return on
	}},
	{name: "pointer to a local struct", run: func(n int) (on bool) {
		stackalloc.Do(n, func(s []byte) {
			v := &view{b: s}
			v.put(3)
			w := &v
			(*w).b[0]++
			expect(v.sum() == 4)
			on = stackalloc.OnStack((*w).b)
		})
		return on
	}},
	{name: "generic structure", run: func(n int) (on bool) {
		stackalloc.Do(n, func(s []int) {
			st := stack[int]{s: s}
			for i := range n {
				st.push(i)
			}
			expect(st.pop() == n-1)
			on = stackalloc.OnStack(st.s)
		})
		return on
	}, size: 8},
	{name: "generic function", run: func(n int) (on bool) {
		stackalloc.Fill(n, 3, func(s []int) {
			expect(sumGeneric(s) == 3*n)
			on = stackalloc.OnStack(s)
		})
		return on
	}, size: 8},
	{name: "array of slices", run: func(n int) (on bool) {
		stackalloc.Do(n, func(s []byte) {
			parts := [2][]byte{s[:n/2], s[n/2:]}
			for _, p := range parts {
				for i := range p {
					p[i] = 1
				}
			}
			expect(sumOf(s) == n)
			on = stackalloc.OnStack(parts[1])
		})
		return on
	}},
	{name: "array pointer and array", run: func(n int) (on bool) {
		stackalloc.Do(n, func(s []byte) {
			p := (*[1]byte)(s)
			p[0] = 7
			a := [1]byte(s)
			expect(a[0] == 7 && s[0] == 7)
			on = stackalloc.OnStack(p[:])
		})
		return on
	}},
	{name: "unsafe", run: func(n int) (on bool) {
		stackalloc.Do(n, func(s []byte) {
			p := unsafe.Pointer(unsafe.SliceData(s))
			*(*byte)(unsafe.Add(p, n-1)) = 9
			str := unsafe.String(&s[0], n)
			expect(s[n-1] == 9 && strings.IndexByte(str, 9) == n-1)
			on = stackalloc.OnStack(unsafe.Slice((*byte)(p), n))
		})
		return on
	}},
	{name: "append within", run: func(n int) (on bool) {
		stackalloc.Uninit(n, func(s []byte) {
			b := s[:0]
			for i := range n {
				b = append(b, byte(i))
			}
			expect(len(b) == n && &b[0] == &s[0])
			on = stackalloc.OnStack(b)
		})
		return on
	}},
	{name: "append beyond", heap: true, run: func(n int) (on bool) {
		stackalloc.Do(n, func(s []byte) {
			on = stackalloc.OnStack(s)
			b := append(s, 'x')
			expect(len(b) == n+1 && cap(s) == n && &b[0] != &s[0])
		})
		return on
	}},
	{name: "a copy is kept", heap: true, run: func(n int) (on bool) {
		var a, c []byte
		var b string
		stackalloc.Uninit(n, func(s []byte) {
			paint(s, text, seed)
			a, b, c = bytes.Clone(s), string(s), append([]byte(nil), s...)
			on = stackalloc.OnStack(s)
		})
		disturb(n)
		expect(intact(a, n) && intact([]byte(b), n) && intact(c, n))
		return on
	}},
	{name: "copies of strings are kept", heap: true, run: func(n int) (on bool) {
		empty := string(text[:0])
		var a, b, c, d string
		m := map[string]int{}
		stackalloc.Uninit(n, func(s []byte) {
			paint(s, text, seed)
			a, b, c = empty+string(s), "<"+string(s), string(s)+empty+empty
			m[string(s)] = 1
			var sb strings.Builder
			sb.Write(s)
			d = sb.String()
			on = stackalloc.OnStack(s)
		})
		disturb(n)
		expect(intact([]byte(a), n) && intact([]byte(b[1:]), n) && intact([]byte(c), n) && intact([]byte(d), n) && m[a] == 1)
		return on
	}},
	{name: "the pointees are kept", size: 8, max: 128, heap: true, run: func(n int) (on bool) {
		var keep *record
		stackalloc.Do(n, func(s []*record) {
			for i := range s {
				s[i] = &record{a: int32(i)}
			}
			keep = s[n-1]
			on = stackalloc.OnStack(s)
		})
		disturb(n)
		expect(keep.a == int32(n-1))
		return on
	}},
	{name: "the address of a local is in the block", size: 8, max: 128, heap: true, run: func(n int) (on bool) {
		var keep *int
		stackalloc.Do(n, func(s []*int) {
			local := seed
			s[n-1] = &local
			keep = s[n-1]
			on = stackalloc.OnStack(s)
		})
		disturb(n)
		expect(*keep == seed)
		return on
	}},
	{name: "named callback", run: func(n int) bool {
		return stackalloc.Call(n, namedCallback)
	}},
	{name: "callback in a variable", run: func(n int) (on bool) {
		f := func(s []byte) { s[0] = 1; on = stackalloc.OnStack(s) }
		stackalloc.Do(n, f)
		return on
	}},
	{name: "callback made by a constructor", run: func(n int) (on bool) {
		stackalloc.Do(n, noteInto(&on))
		return on
	}},
	{name: "outer variables", run: func(n int) (on bool) {
		var sum int
		var first, last byte
		var digest [4]byte
		stackalloc.Do(n, func(s []byte) {
			s[0], s[n-1] = 3, 4
			sum, first, last = sumOf(s), s[0], s[n-1]
			copy(digest[:], s)
			on = stackalloc.OnStack(s)
		})
		expect(n == 1 || sum == 7 && first == 3 && last == 4 && digest[0] == 3)
		return on
	}},
}

func namedCallback(s []byte) bool { s[0] = 1; return stackalloc.OnStack(s) }

func noteInto(on *bool) func(s []byte) {
	return func(s []byte) { *on = stackalloc.OnStack(s) }
}

var (
	corpusFile = sync.OnceValue(func() *os.File {
		f, err := os.Open("go.mod")
		if err != nil {
			panic(err)
		}
		return f
	})
	corpusMap   = map[string]int{"a": 1, string(text[:100]): 2}
	corpusMutex sync.Mutex
	castagnoli  = crc32.MakeTable(crc32.Castagnoli)
)

// udpPair is two sockets that are connected, nil where there is no network.
var udpPair = sync.OnceValue(func() *[2]*net.UDPConn {
	a, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil
	}
	b, err := net.DialUDP("udp4", nil, a.LocalAddr().(*net.UDPAddr))
	if err != nil {
		return nil
	}
	return &[2]*net.UDPConn{a, b}
})

// What the standard library does with a slice without keeping it.
var cleansStandard = []clean{
	{name: "strconv", min: 40, run: func(n int) (on bool) {
		stackalloc.Uninit(n, func(s []byte) {
			b := strconv.AppendInt(s[:0], -12345, 10)
			b = strconv.AppendFloat(b, 1.5, 'g', -1, 64)
			b = strconv.AppendBool(b, true)
			b = strconv.AppendQuote(b, "q")
			expect(string(b) == `-123451.5true"q"`)
			on = stackalloc.OnStack(b)
		})
		return on
	}},
	{name: "hex", min: nests, run: func(n int) (on bool) {
		stackalloc.Uninit(2*(n/2)+2, func(s []byte) {
			stackalloc.Uninit(n/2+1, func(raw []byte) {
				paint(raw, text, seed)
				hex.Encode(s, raw)
				stackalloc.Uninit(len(raw), func(back []byte) {
					_, err := hex.Decode(back, s)
					expect(err == nil && bytes.Equal(back, raw))
				})
			})
			on = stackalloc.OnStack(s)
		})
		return on
	}, max: 30 << 10},
	{name: "base64", min: nests, run: func(n int) (on bool) {
		stackalloc.Uninit(base64.StdEncoding.EncodedLen(n), func(s []byte) {
			stackalloc.Uninit(n, func(raw []byte) {
				paint(raw, text, seed)
				base64.StdEncoding.Encode(s, raw)
				k, err := base64.StdEncoding.Decode(raw, s)
				expect(err == nil && k == n && raw[0] == text[seed])
			})
			on = stackalloc.OnStack(s)
		})
		return on
	}, max: 40 << 10},
	{name: "sha256", run: func(n int) (on bool) {
		var sum [32]byte
		stackalloc.Do(n, func(s []byte) {
			sum = sha256.Sum256(s)
			expect(sum == sha256.Sum256(s))
			on = stackalloc.OnStack(s)
		})
		expect(sum != [32]byte{})
		return on
	}},
	{name: "md5", run: func(n int) (on bool) {
		stackalloc.Do(n, func(s []byte) {
			a := md5.Sum(s)
			s[0]++
			expect(a != md5.Sum(s))
			on = stackalloc.OnStack(s)
		})
		return on
	}},
	{name: "varints", min: 10, run: func(n int) (on bool) {
		stackalloc.Uninit(n, func(s []byte) {
			k := binary.PutUvarint(s, math.MaxUint64)
			v, m := binary.Uvarint(s)
			expect(k == 10 && m == 10 && v == math.MaxUint64)
			binary.LittleEndian.PutUint64(s, 0x0102030405060708)
			expect(binary.BigEndian.Uint64(s) == 0x0807060504030201)
			on = stackalloc.OnStack(binary.AppendUvarint(s[:0], 300))
		})
		return on
	}},
	{name: "utf8", min: 8, run: func(n int) (on bool) {
		stackalloc.Do(n, func(s []byte) {
			b := utf8.AppendRune(s[:0], 'é')
			r, k := utf8.DecodeRune(s)
			expect(r == 'é' && k == 2 && utf8.Valid(s) && utf8.FullRune(s))
			on = stackalloc.OnStack(b)
		})
		return on
	}},
	{name: "bytes", min: 8, run: func(n int) (on bool) {
		stackalloc.Do(n, func(s []byte) {
			copy(s, " a=b  ")
			k, v, ok := bytes.Cut(s, []byte("="))
			expect(ok && string(bytes.TrimSpace(k)) == "a" && v[0] == 'b')
			expect(bytes.Index(s, []byte("=b")) == 2 && bytes.Count(s, []byte{'='}) == 1 && bytes.HasPrefix(s, []byte(" a")))
			expect(bytes.Equal(s[1:2], []byte("a")) && bytes.Compare(s, s[1:]) != 0 && bytes.ContainsRune(s, 'b'))
			on = stackalloc.OnStack(v)
		})
		return on
	}},
	{name: "slices", run: func(n int) (on bool) {
		stackalloc.Init(n, func(i int) int { return (i * 7919) % n }, func(s []int) {
			slices.Sort(s)
			_, found := slices.BinarySearch(s, s[n/2])
			expect(found && slices.IsSorted(s) && slices.Max(s) == s[n-1])
			slices.Reverse(s)
			expect(slices.Index(s, s[n-1]) >= 0 && len(slices.Compact(s)) <= n)
			on = stackalloc.OnStack(s)
		})
		return on
	}, size: 8},
	{name: "slices with functions", run: func(n int) (on bool) {
		stackalloc.Init(n, func(i int) record { return record{a: int32(-i)} }, func(s []record) {
			slices.SortFunc(s, func(a, b record) int { return int(a.a - b.a) })
			expect(s[0].a == int32(1-n) && slices.ContainsFunc(s, func(r record) bool { return r.a == 0 }))
			on = stackalloc.OnStack(s)
		})
		return on
	}, size: 16},
	{name: "sort.Search", run: func(n int) (on bool) {
		stackalloc.Init(n, func(i int) int { return i }, func(s []int) {
			expect(sort.Search(n, func(i int) bool { return s[i] >= n-1 }) == n-1 && sort.SearchInts(s, 0) == 0)
			on = stackalloc.OnStack(s)
		})
		return on
	}, size: 8},
	{name: "slices of strings", run: func(n int) (on bool) {
		stackalloc.Fill(n, "x", func(s []string) {
			s[0] = "y"
			slices.Sort(s)
			expect(s[n-1] == "y")
			on = stackalloc.OnStack(s)
		})
		return on
	}, size: 16, max: 128},
	{name: "fmt.Appendf", race: true, min: 40, run: func(n int) (on bool) {
		stackalloc.Uninit(n, func(s []byte) {
			b := fmt.Appendf(s[:0], "%d-%s-%x", 42, "str", 255)
			expect(string(b) == "42-str-ff")
			on = stackalloc.OnStack(b)
		})
		return on
	}},
	{name: "File.ReadAt", race: true, heap: true, run: func(n int) (on bool) {
		f := corpusFile()
		stackalloc.Uninit(n, func(s []byte) {
			k, _ := f.ReadAt(s, 0)
			expect(k > 0 && s[0] == 'm')
			on = stackalloc.OnStack(s)
		})
		return on
	}},
	{name: "File.Read", race: true, heap: runtime.GOOS == "js", run: func(n int) (on bool) {
		f := corpusFile()
		if _, err := f.Seek(0, 0); err != nil {
			return false
		}
		stackalloc.Uninit(n, func(s []byte) {
			k, err := f.Read(s)
			expect(k > 0 && err == nil && s[0] == 'm')
			on = stackalloc.OnStack(s)
		})
		return on
	}},
	{name: "UDPConn", race: true, heap: runtime.GOARCH == "wasm", run: func(n int) (on bool) {
		pair := udpPair()
		if pair == nil {
			return stackalloc.Call(n, func(s []byte) bool { return stackalloc.OnStack(s) })
		}
		stackalloc.Uninit(n, func(s []byte) {
			paint(s, text, seed)
			var from netip.AddrPort
			m := min(n, 1400)
			_, err := pair[1].Write(s[:m])
			expect(err == nil)
			clear(s)
			pair[0].SetReadDeadline(time.Now().Add(10 * time.Second))
			k, from, err := pair[0].ReadFromUDPAddrPort(s)
			expect(err == nil && k == m && from.IsValid() && intact(s[:k], m))
			on = stackalloc.OnStack(s)
		})
		return on
	}},
	{name: "map lookup", run: func(n int) (on bool) {
		stackalloc.Do(n, func(s []byte) {
			s[0] = 'a'
			expect(corpusMap[string(s[:1])] == 1)
			switch string(s) {
			case "a", "a\x00":
				s[0] = 'b'
			}
			expect(string(s) != "a")
			on = stackalloc.OnStack(s)
		})
		return on
	}},
	{name: "strings over a block", min: 8, run: func(n int) (on bool) {
		stackalloc.Do(n, func(s []byte) {
			copy(s, "12345")
			expect(strings.Contains(unsafe.String(&s[0], n), "345") && unsafe.String(&s[0], 5) == "12345")
			on = stackalloc.OnStack(s)
		})
		return on
	}},
	{name: "subtle", run: func(n int) (on bool) {
		stackalloc.Do(n, func(s []byte) {
			subtle.XORBytes(s, s, s)
			expect(subtle.ConstantTimeCompare(s, s) == 1)
			on = stackalloc.OnStack(s)
		})
		return on
	}},
	{name: "time and netip", min: 64, run: func(n int) (on bool) {
		at := time.Unix(0, 0).UTC()
		stackalloc.Uninit(n, func(s []byte) {
			b := at.AppendFormat(s[:0], time.RFC3339)
			expect(string(b) == "1970-01-01T00:00:00Z")
			b = netip.AddrFrom4([4]byte{1, 2, 3, 4}).AppendTo(s[:0])
			expect(string(b) == "1.2.3.4")
			on = stackalloc.OnStack(b)
		})
		return on
	}},
	{name: "bytes.Buffer and Reader", run: func(n int) (on bool) {
		stackalloc.Do(n, func(s []byte) {
			c, err := bytes.NewReader(s).ReadByte()
			w := bytes.NewBuffer(s[:0])
			w.WriteByte(5)
			expect(c == 0 && err == nil && s[0] == 5)
			on = stackalloc.OnStack(w.Bytes())
		})
		return on
	}},
	{name: "atomics", run: func(n int) (on bool) {
		// Not Int64: on 32-bit machines its alignment is too much for a stack.
		stackalloc.Do(n, func(s []atomic.Uintptr) {
			s[n-1].Add(3)
			expect(s[n-1].Load() == 3 && atomic.LoadUintptr((*uintptr)(unsafe.Pointer(&s[n-1]))) == 3)
			on = stackalloc.OnStack(s)
		})
		return on
	}, size: 8},
	{name: "slices.Values and Backward", run: func(n int) (on bool) {
		stackalloc.Do(n, func(s []byte) {
			sum := 0
			for v := range slices.Values(s) {
				sum += int(v)
			}
			for i, v := range slices.Backward(s) {
				sum += int(v) * i
			}
			expect(sum == 0)
			on = stackalloc.OnStack(s)
		})
		return on
	}},
}

// What keeps nothing either, and is not proven because the standard library
// hides it from the compiler. It must be right, and which of it is proven is
// only told.
var cleansUnproven = []clean{
	{name: "crc32, which calls through a variable", run: func(n int) (on bool) {
		stackalloc.Do(n, func(s []byte) {
			a := crc32.ChecksumIEEE(s) ^ crc32.Update(1, castagnoli, s)
			s[n-1]++
			expect(a != crc32.ChecksumIEEE(s)^crc32.Update(1, castagnoli, s))
			on = stackalloc.OnStack(s)
		})
		return on
	}},
	{name: "bytes.Reader.Reset, which stores through a pointer", run: func(n int) (on bool) {
		stackalloc.Do(n, func(s []byte) {
			var r bytes.Reader
			r.Reset(s)
			c, err := r.ReadByte()
			expect(c == 0 && err == nil)
			on = stackalloc.OnStack(s)
		})
		return on
	}},
	{name: "slices.Chunk, which is not inlined", run: func(n int) (on bool) {
		stackalloc.Do(n, func(s []byte) {
			for c := range slices.Chunk(s, 7) {
				expect(c[0] == 0)
			}
			on = stackalloc.OnStack(s)
		})
		return on
	}},
	{name: "sort.Slice, which takes any", run: func(n int) (on bool) {
		stackalloc.Init(n, func(i int) int { return -i }, func(s []int) {
			sort.Slice(s, func(i, j int) bool { return s[i] < s[j] })
			expect(sort.IntsAreSorted(s))
			on = stackalloc.OnStack(s)
		})
		return on
	}, size: 8},
	{name: "fmt.Sprint, which takes any", run: func(n int) (on bool) {
		stackalloc.Do(n, func(s []byte) {
			expect(len(fmt.Sprint(s[:1])) == 3)
			on = stackalloc.OnStack(s)
		})
		return on
	}},
	{name: "io.ReadFull, which takes an interface", run: func(n int) (on bool) {
		r := strings.NewReader(string(text[:1]))
		stackalloc.Do(n, func(s []byte) {
			k, _ := io.ReadFull(r, s[:1])
			expect(k == 1 && s[0] == text[0])
			on = stackalloc.OnStack(s)
		})
		return on
	}},
	{name: "hash.Hash, which is an interface", run: func(n int) (on bool) {
		h := sha256.New()
		stackalloc.Do(n, func(s []byte) {
			h.Write(s)
			expect(len(h.Sum(nil)) == 32)
			on = stackalloc.OnStack(s)
		})
		return on
	}},
	{name: "strconv.Atoi of a string over a block", min: 5, run: func(n int) (on bool) {
		stackalloc.Do(n, func(s []byte) {
			copy(s, "12345")
			v, err := strconv.Atoi(unsafe.String(&s[0], 5))
			expect(v == 12345 && err == nil)
			on = stackalloc.OnStack(s)
		})
		return on
	}},
	{name: "a call nested in a small block's callback", run: func(n int) (on bool) {
		stackalloc.Do(16, func(a []byte) {
			stackalloc.Do(n, func(b []byte) { b[0] = a[0]; on = stackalloc.OnStack(b) })
		})
		return on
	}},
	{name: "a call in a closure made by an inlined function", run: func(n int) bool {
		corpusHandler = madeByConstructor(n)
		return corpusHandler()
	}},
}

var corpusHandler func() bool

// madeByConstructor is inlined, and the compiler inlines nothing into the copy of
// the closure that this makes.
func madeByConstructor(n int) func() bool {
	return func() (on bool) {
		stackalloc.Do(n, func(s []byte) { s[0] = 1; on = stackalloc.OnStack(s) })
		return on
	}
}

//go:noinline
func recurseClean(depth, n int) (on bool) {
	stackalloc.Uninit(n, func(s []byte) {
		paint(s, text, seed+depth)
		on = stackalloc.OnStack(s)
		if depth > 0 {
			on = recurseClean(depth-1, n) && on
		}
		expect(n < 1 || s[0] == text[(seed+depth)%len(text)])
	})
	return on
}

// Control flow within the callback.
var cleansFlow = []clean{
	{name: "closures", run: func(n int) (on bool) {
		stackalloc.Do(n, func(s []byte) {
			put := func(i int, c byte) { s[i] = c }
			get := func(i int) byte { return s[i] }
			put(n-1, 8)
			func() { func() { expect(get(n-1) == 8) }() }()
			on = stackalloc.OnStack(s)
		})
		return on
	}},
	{name: "closure passed down", run: func(n int) (on bool) {
		stackalloc.Do(n, func(s []byte) {
			each(n, func(i int) { s[i] = byte(i) })
			expect(s[n-1] == byte(n-1))
			on = stackalloc.OnStack(s)
		})
		return on
	}},
	{name: "defer", run: func(n int) (on bool) {
		stackalloc.Do(n, func(s []byte) {
			defer func() { expect(s[0] == 2); on = stackalloc.OnStack(s) }()
			defer func(b []byte) { b[0]++ }(s)
			defer bump(&s[0])
		})
		return on
	}},
	{name: "recover", run: func(n int) (on bool) {
		stackalloc.Do(n, func(s []byte) {
			defer func() { expect(recover() != nil); on = stackalloc.OnStack(s) }()
			_ = s[n:][n] // out of range
		})
		return on
	}, heap: true},
	{name: "select", run: func(n int) (on bool) {
		ch := make(chan byte, 1)
		stackalloc.Do(n, func(s []byte) {
			s[0] = 4
			select {
			case ch <- s[0]:
			default:
				expect(false)
			}
			select {
			case s[n-1] = <-ch:
			default:
				expect(false)
			}
			expect(s[n-1] == 4)
			on = stackalloc.OnStack(s)
		})
		return on
	}, heap: true},
	{name: "switch", run: func(n int) (on bool) {
		stackalloc.Do(n, func(s []byte) {
			switch {
			case len(s) > 1000:
				s[0] = 1
				fallthrough
			case len(s) > 100:
				s[0]++
			default:
				s[0] = 9
			}
			expect(s[0] > 0)
			on = stackalloc.OnStack(s)
		})
		return on
	}},
	{name: "goto and labels", run: func(n int) (on bool) {
		stackalloc.Do(n, func(s []byte) {
			i := 0
		again:
			s[i] = byte(i)
			if i++; i < n && i < 100 {
				goto again
			}
		outer:
			for a := range s {
				for b := range s[:a] {
					if s[b] > 50 {
						break outer
					}
					continue outer
				}
			}
			on = stackalloc.OnStack(s)
		})
		return on
	}},
	{name: "early return", run: func(n int) (on bool) {
		stackalloc.Do(n, func(s []byte) {
			on = stackalloc.OnStack(s)
			if n%2 == 1 {
				return
			}
			s[0] = 1
		})
		return on
	}},
	{name: "type switch on a value", run: func(n int) (on bool) {
		stackalloc.Do(n, func(s []byte) {
			var v any = len(s)
			switch v := v.(type) {
			case int:
				s[v-1] = 1
			case string:
				expect(false)
			}
			on = stackalloc.OnStack(s)
		})
		return on
	}},
	{name: "loop around the call", run: func(n int) bool {
		all := true
		total := 0
		for i := range 4 {
			stackalloc.Do(n, func(s []byte) {
				s[0] = byte(i)
				total += sumOf(s)
				all = all && stackalloc.OnStack(s)
			})
		}
		expect(total == 6)
		return all
	}},
	{name: "goto around the call", run: func(n int) bool {
		i, all := 0, true
	again:
		stackalloc.Uninit(n, func(s []byte) { s[0] = 1; all = all && stackalloc.OnStack(s) })
		if i++; i < 3 {
			goto again
		}
		return all
	}},
	{name: "nested", min: nests, max: 20 << 10, run: func(n int) (on bool) {
		stackalloc.Do(n, func(a []byte) {
			paint(a, text, 1)
			stackalloc.Do(n, func(b []byte) {
				paint(b, text, 2)
				stackalloc.Do(n, func(c []byte) {
					paint(c, text, 3)
					expect(a[0] == text[1] && b[0] == text[2] && c[0] == text[3])
					copy(a, c)
					on = stackalloc.OnStack(a) && stackalloc.OnStack(b) && stackalloc.OnStack(c)
				})
			})
			expect(a[0] == text[3])
		})
		return on
	}},
	{name: "siblings", min: nests, max: 30 << 10, run: func(n int) (on bool) {
		stackalloc.Do(n, func(a []byte) {
			for range 2 {
				stackalloc.Do(n+1, func(b []byte) { expect(sumOf(b) == 0); copy(b, a); b[n] = 1 })
			}
			on = stackalloc.OnStack(a)
		})
		return on
	}},
	{name: "the enclosing block's elements", min: nests, size: 16, max: 128, run: func(n int) (on bool) {
		stackalloc.Do(n, func(o []string) {
			stackalloc.Do(n, func(s []string) {
				s[n-1] = "inner"
				copy(o, s)
				on = stackalloc.OnStack(s) && stackalloc.OnStack(o)
			})
			expect(o[n-1] == "inner")
		})
		return on
	}},
	{name: "recursion", max: 8 << 10, run: func(n int) bool { return recurseClean(5, n) }},
	{name: "the stack moves", heap: true, run: func(n int) (on bool) {
		stackalloc.Do(n, func(s []byte) {
			paint(s, text, seed)
			p, v := &s[n-1], view{b: s}
			overwrite(turns % 500)
			expect(intact(s, n) && intact(v.b, n) && *p == s[n-1])
			on = stackalloc.OnStack(s)
		})
		return on
	}},
	{name: "a receive blocks", heap: true, run: func(n int) (on bool) {
		ch, ready := make(chan byte), make(chan bool)
		go func() { <-ready; ch <- 77 }()
		stackalloc.Do(n, func(s []byte) {
			close(ready)
			s[n-1] = <-ch
			expect(s[n-1] == 77)
			on = stackalloc.OnStack(s)
		})
		return on
	}},
	{name: "mutex", run: func(n int) (on bool) {
		mu := &corpusMutex
		stackalloc.Do(n, func(s []byte) {
			mu.Lock()
			defer mu.Unlock()
			s[0] = 1
			on = stackalloc.OnStack(s)
		})
		return on
	}},
}

//go:noinline
func each(n int, f func(i int)) {
	for i := range n {
		f(i)
	}
}

func scopeReturn(n int) (int, bool) {
	for s := range stackalloc.Scope[byte](n) {
		s[n-1] = 6
		return int(s[n-1]), stackalloc.OnStack(s)
	}
	return 0, false
}

type pairResult struct {
	sum int
	on  bool
}

// What is particular to one public function.
var cleansLibrary = []clean{
	{name: "Scope", run: func(n int) (on bool) {
		for s := range stackalloc.Scope[byte](n) {
			expect(sumOf(s) == 0 && len(s) == n && cap(s) == n)
			s[0] = 1
			on = stackalloc.OnStack(s)
		}
		return on
	}},
	{name: "Scope with break", run: func(n int) (on bool) {
		for s := range stackalloc.Scope[byte](n) {
			on = stackalloc.OnStack(s)
			if s[0] == 0 {
				break
			}
			expect(false)
		}
		return on
	}},
	{name: "Scope with continue", run: func(n int) (on bool) {
		for s := range stackalloc.Scope[byte](n) {
			on = stackalloc.OnStack(s)
			if s[0] == 0 {
				continue
			}
			expect(false)
		}
		return on
	}},
	{name: "Scope with return", run: func(n int) bool {
		v, on := scopeReturn(n)
		expect(v == 6)
		return on
	}},
	{name: "Scope with labels", run: func(n int) (on bool) {
		rounds := 0
	outer:
		for i := range 5 {
			for s := range stackalloc.Scope[byte](n) {
				rounds++
				on = stackalloc.OnStack(s)
				if i == 2 {
					break outer
				}
				s[0] = 1
				continue outer
			}
			expect(false)
		}
		expect(rounds == 3)
		return on
	}},
	{name: "Scope in Scope", max: 30 << 10, run: func(n int) (on bool) {
		for a := range stackalloc.Scope[byte](n) {
			for b := range stackalloc.Scope[byte](n) {
				b[0] = 3
				copy(a, b)
				on = stackalloc.OnStack(a) && stackalloc.OnStack(b)
			}
			expect(a[0] == 3)
		}
		return on
	}},
	{name: "Scope in Do", max: 30 << 10, run: func(n int) (on bool) {
		stackalloc.Do(n, func(a []byte) {
			for b := range stackalloc.Scope[byte](n) {
				b[n-1] = 3
				copy(a, b)
				on = stackalloc.OnStack(a) && stackalloc.OnStack(b)
			}
			expect(a[n-1] == 3)
		})
		return on
	}},
	{name: "Do in Scope", max: 30 << 10, run: func(n int) (on bool) {
		for a := range stackalloc.Scope[byte](n) {
			stackalloc.Do(n, func(b []byte) {
				b[n-1] = 3
				copy(a, b)
				on = stackalloc.OnStack(a) && stackalloc.OnStack(b)
			})
			expect(a[n-1] == 3)
		}
		return on
	}},
	{name: "Scope called with a function", run: func(n int) (on bool) {
		stackalloc.Scope[byte](n)(func(s []byte) bool { s[0] = 1; on = stackalloc.OnStack(s); return true })
		return on
	}},
	{name: "Call with a number", run: func(n int) (on bool) {
		sum := stackalloc.Call(n, func(s []byte) int { s[0] = 5; on = stackalloc.OnStack(s); return sumOf(s) })
		expect(sum == 5)
		return on
	}},
	{name: "Call with a struct", run: func(n int) bool {
		r := stackalloc.Call(n, func(s []byte) pairResult { s[n-1] = 5; return pairResult{sumOf(s), stackalloc.OnStack(s)} })
		expect(r.sum == 5)
		return r.on
	}},
	{name: "Call with an array", run: func(n int) bool {
		on := false
		sum := stackalloc.Call(n, func(s []byte) [32]byte { on = stackalloc.OnStack(s); return sha256.Sum256(s) })
		expect(sum != [32]byte{})
		return on
	}},
	{name: "Call with an error", run: func(n int) (on bool) {
		err := stackalloc.Call(n, func(s []byte) error {
			on = stackalloc.OnStack(s)
			if s[0] != 0 {
				return os.ErrInvalid
			}
			return nil
		})
		expect(err == nil)
		return on
	}},
	{name: "Call's result is returned", run: func(n int) bool {
		return stackalloc.Call(n, func(s []byte) bool { return stackalloc.OnStack(s) })
	}},
	{name: "Call in an expression", run: func(n int) (on bool) {
		if stackalloc.Call(n, func(s []byte) int { return len(s) })+stackalloc.Call(n, func(s []byte) int {
			on = stackalloc.OnStack(s)
			return cap(s)
		}) != 2*n {
			expect(false)
		}
		return on
	}},
	{name: "Call2 with an error", run: func(n int) (on bool) {
		k, err := stackalloc.Call2(n, func(s []byte) (int, error) {
			on = stackalloc.OnStack(s)
			return copy(s, "abc"), nil
		})
		expect(k == min(n, 3) && err == nil)
		return on
	}},
	{name: "Fill with a captured value", run: func(n int) (on bool) {
		v := byte(turns)
		stackalloc.Fill(n, v, func(s []byte) {
			on = stackalloc.OnStack(s)
			expect(s[0] == v && s[n-1] == v)
		})
		return on
	}},
	{name: "Init from a slice", run: func(n int) (on bool) {
		from := text[seed:]
		stackalloc.Init(n, func(i int) byte { return from[i%len(from)] }, func(s []byte) {
			on = stackalloc.OnStack(s)
			expect(s[0] == from[0])
		})
		return on
	}},
	{name: "Init reads the enclosing block", max: 30 << 10, run: func(n int) (on bool) {
		stackalloc.Do(n, func(a []byte) {
			a[n-1] = 8
			stackalloc.Init(n, func(i int) byte { return a[i] + 1 }, func(b []byte) {
				on = stackalloc.OnStack(a) && stackalloc.OnStack(b)
				expect(b[n-1] == 9)
			})
		})
		return on
	}},
	{name: "Collect of slices.Values", run: func(n int) (on bool) {
		stackalloc.Collect(n, slices.Values(text), func(s []byte) {
			m := min(n, len(text))
			on = stackalloc.OnStack(s)
			expect(len(s) == m && cap(s) == m && bytes.Equal(s, text[:m]))
		})
		return on
	}},
	{name: "Collect of a literal", run: func(n int) (on bool) {
		stackalloc.Collect(n, func(yield func(byte) bool) {
			for i := 0; yield(byte(i)); i++ {
			}
		}, func(s []byte) {
			on = stackalloc.OnStack(s)
			expect(len(s) == n && s[n-1] == byte(n-1))
		})
		return on
	}},
	{name: "Copy", max: 30 << 10, run: func(n int) (on bool) {
		stackalloc.Do(n, func(a []byte) {
			a[n-1] = 8
			stackalloc.Copy(a, func(b []byte) {
				b[n-1]++
				on = stackalloc.OnStack(a) && stackalloc.OnStack(b)
				expect(a[n-1] == 8 && b[n-1] == 9)
			})
		})
		return on
	}},
	{name: "Aligned", max: 64<<10 - 1024, run: func(n int) (on bool) {
		stackalloc.Aligned(n, 1024, func(s []byte) {
			expect(uintptr(unsafe.Pointer(&s[0]))%1024 == 0 && cap(s) == n)
			s[n-1] = 1
			overwrite(4)
			expect(uintptr(unsafe.Pointer(&s[0]))%1024 == 0 && s[n-1] == 1)
			on = stackalloc.OnStack(s)
		})
		return on
	}},
	{name: "a wrapper", run: func(n int) (on bool) {
		with4(n, func(s []byte) { s[0] = 1; on = stackalloc.OnStack(s) })
		return on
	}},
	{name: "a generic wrapper", run: func(n int) (on bool) {
		withGeneric2(n, func(s []byte) { s[0] = 1; on = stackalloc.OnStack(s) })
		return on
	}},
}
