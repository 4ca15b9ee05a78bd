package noalloc_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"math/big"
	"math/bits"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"
)

// A snippet is one piece of code of which it is known whether it allocates.
type snippet struct {
	name   string
	allocs bool
	// optimised: without optimisation (-N -l) it allocates though it need not.
	optimised bool
	// pooled: it takes memory from a sync.Pool.
	pooled bool
	// setup runs before, unmeasured.
	setup func()
	f     func()
}

type point struct{ x, y int }

func (p point) String() string { return "point" }
func (p *point) add(d int)     { p.x += d }

type node struct {
	next *node
	v    int
}

type shape interface{ area() int }
type square struct{ side, pad int }

func (s square) area() int { return s.side * s.side }

// Variables that the compiler cannot know the value of, or must not forget.
var (
	three           = 3
	forty           = 40
	hundredThousand = 100_000
	text            = "the quick brown fox jumps over the lazy dog"
	word            = "fox"
	textBytes       = []byte(text)
	numbers         = []int{5, 2, 8, 1, 9, 3, 7, 4, 6, 0}
	table           = map[string]int{"fox": 1, "dog": 2}
	intTable        = map[int]int{1: 1, 2: 2, 3: 3}
	scratchBuf      = make([]byte, 0, 256)
	scratchInts     = make([]int, 64)
	builder         strings.Builder
	buffer          = bytes.NewBuffer(make([]byte, 0, 1024))
	mutex           sync.Mutex
	rwmutex         sync.RWMutex
	once            sync.Once
	counter         atomic.Int64
	channel               = make(chan int, 4)
	unbuffered            = make(chan int)
	wakeUp                = make(chan struct{})
	pool                  = sync.Pool{New: func() any { return new([64]byte) }}
	errSome               = errors.New("some error")
	anything        any   = 7
	aShape          shape = square{3, 0}
	pattern               = regexp.MustCompile(`qu[a-z]+k`)
	syncMap         sync.Map

	sinkAny    any
	sinkString string
	sinkBytes  []byte
	sinkInts   []int
	sinkInt    int
	sinkBool   bool
	sinkByte   *byte
	sinkI32    *int32
	sinkI64    *int64
	sinkPoint  *point
	sinkNode   *node
	sinkMap    map[int]int
	sinkFunc   func() int
	sinkErr    error
	sinkShape  shape
	sinkChan   chan int
	sinkArray  *[1 << 17]byte
	sinkPtrs   []*int
	sinkRunes  []rune
	sinkValue  reflect.Value
)

//go:noinline
func variadic(args ...any) int { return len(args) }

//go:noinline
func keepAll(args ...any) { sinkAny = args }

//go:noinline
func sumOf(s []int) (n int) {
	for _, v := range s {
		n += v
	}
	return n
}

//go:noinline
func callIt(f func() int) int { return f() }

//go:noinline
func descend(n int, f func()) {
	if n == 0 {
		f()
		return
	}
	descend(n-1, f)
}

//go:noinline
func fail() error { return fmt.Errorf("wrapped: %w", errSome) }

func generic[T any](v T) any { return v }

func yield3(yield func(int) bool) { _ = yield(1) && yield(2) && yield(3) }

// corpus holds one func literal for each snippet; the table in testdata finds
// the compiler's escape output by the lines of the literal, so each snippet
// has lines of its own.
var corpus = []snippet{
	// Those that allocate.
	{name: "new(byte), kept", allocs: true, f: func() {
		sinkByte = new(byte)
	}},
	{name: "new(int32), kept", allocs: true, f: func() {
		sinkI32 = new(int32)
	}},
	{name: "two new(int64), kept", allocs: true, f: func() {
		sinkI64 = new(int64)
		sinkI64 = new(int64)
	}},
	{name: "address of a struct, kept", allocs: true, f: func() {
		sinkPoint = &point{1, 2}
	}},
	{name: "local moved to the heap", allocs: true, f: func() {
		var p point
		p.add(three)
		sinkPoint = &p
	}},
	{name: "list node with pointer", allocs: true, f: func() {
		sinkNode = &node{next: nil, v: 1}
	}},
	{name: "make([]byte, variable 40)", allocs: true, f: func() {
		b := make([]byte, forty)
		b[0] = 1
		sinkInt = len(b)
	}},
	{name: "make([]byte, variable 40), kept", allocs: true, f: func() {
		sinkBytes = make([]byte, forty)
	}},
	{name: "make([]byte, constant 100000)", allocs: true, f: func() {
		b := make([]byte, 100_000)
		b[three] = 1
		sinkInt = int(b[0])
	}},
	{name: "make([]byte, variable 100000), kept", allocs: true, f: func() {
		sinkBytes = make([]byte, hundredThousand)
	}},
	{name: "new array of 128 KiB, kept", allocs: true, f: func() {
		sinkArray = new([1 << 17]byte)
	}},
	{name: "make([]byte, 1), kept", allocs: true, f: func() {
		sinkBytes = make([]byte, 1)
	}},
	{name: "make([]int, 0, variable)", allocs: true, f: func() {
		s := make([]int, 0, forty)
		sinkInt = cap(append(s, 1))
	}},
	{name: "append beyond capacity", allocs: true, f: func() {
		sinkInts = append(numbers[:len(numbers):len(numbers)], 1)
	}},
	{name: "append in a loop", allocs: true, f: func() {
		var s []int
		for i := range forty {
			s = append(s, i)
		}
		sinkInts = s
	}},
	{name: "slices.Clone", allocs: true, f: func() {
		sinkInts = slices.Clone(numbers)
	}},
	{name: "bytes.Clone", allocs: true, f: func() {
		sinkBytes = bytes.Clone(textBytes)
	}},
	{name: "string concatenation", allocs: true, f: func() {
		sinkString = text + word
	}},
	{name: "string concatenation in a loop", allocs: true, f: func() {
		s := ""
		for range three {
			s += word
		}
		sinkString = s
	}},
	{name: "[]byte to string, kept", allocs: true, f: func() {
		sinkString = string(textBytes)
	}},
	{name: "string to []byte, kept", allocs: true, f: func() {
		sinkBytes = []byte(text)
	}},
	{name: "string to []rune, kept", allocs: true, f: func() {
		sinkRunes = []rune(text)
	}},
	{name: "strings.Repeat", allocs: true, f: func() {
		sinkString = strings.Repeat(word, three)
	}},
	{name: "strings.Split", allocs: true, f: func() {
		sinkInt = len(strings.Split(text, " "))
	}},
	{name: "strings.ToUpper", allocs: true, f: func() {
		sinkString = strings.ToUpper(text)
	}},
	{name: "strings.Builder from nothing", allocs: true, f: func() {
		var b strings.Builder
		b.WriteString(text)
		sinkString = b.String()
	}},
	{name: "strconv.Itoa of a large number", allocs: true, f: func() {
		sinkString = strconv.Itoa(hundredThousand)
	}},
	{name: "fmt.Sprintf", allocs: true, f: func() {
		sinkString = fmt.Sprintf("%d", hundredThousand)
	}},
	{name: "fmt.Errorf", allocs: true, f: func() {
		sinkErr = fail()
	}},
	{name: "errors.New", allocs: true, f: func() {
		sinkErr = errors.New(text)
	}},
	{name: "int to interface, kept", allocs: true, f: func() {
		sinkAny = hundredThousand
	}},
	{name: "string to interface, kept", allocs: true, f: func() {
		sinkAny = text[three:]
	}},
	{name: "struct to interface, kept", allocs: true, f: func() {
		sinkShape = square{three, forty}
	}},
	{name: "generic function boxing", allocs: true, f: func() {
		sinkAny = generic(hundredThousand)
	}},
	{name: "variadic ...any, kept", allocs: true, f: func() {
		keepAll(1, 2, 3)
	}},
	{name: "closure with a captured variable, kept", allocs: true, f: func() {
		n := three
		sinkFunc = func() int { return n }
	}},
	{name: "method value, kept", allocs: true, f: func() {
		sinkAny = sinkPointAdd(&point{1, three})
	}},
	{name: "map literal, kept", allocs: true, f: func() {
		sinkMap = map[int]int{1: 2}
	}},
	{name: "make(map) and fill", allocs: true, f: func() {
		m := make(map[int]int)
		for i := range forty {
			m[i] = i
		}
		sinkMap = m
	}},
	{name: "map growth in place", allocs: true, setup: func() { sinkMap = map[int]int{} }, f: func() {
		for i := range 10 * forty {
			sinkMap[i] = i
		}
	}},
	{name: "maps.Clone", allocs: true, f: func() {
		sinkMap = maps.Clone(intTable)
	}},
	{name: "make(chan)", allocs: true, f: func() {
		sinkChan = make(chan int, three)
	}},
	{name: "time.NewTimer", allocs: true, f: func() {
		time.NewTimer(time.Hour).Stop()
	}},
	{name: "go with a closure", allocs: true, f: func() {
		n := three
		go func() { channel <- n }()
		sinkInt = <-channel
	}},
	{name: "json.Marshal", allocs: true, f: func() {
		sinkBytes, _ = json.Marshal(numbers)
	}},
	{name: "regexp.Compile", allocs: true, f: func() {
		regexp.MustCompile("[a-z]+")
	}},
	{name: "big.Int addition", allocs: true, f: func() {
		sinkInt = new(big.Int).Add(big.NewInt(int64(forty)), big.NewInt(1<<62)).BitLen()
	}},
	{name: "reflect.New", allocs: true, f: func() {
		sinkValue = reflect.New(reflect.TypeFor[point]())
	}},
	{name: "reflect.Value.Interface of an int", allocs: true, f: func() {
		sinkAny = reflect.ValueOf(scratchInts).Index(0).Addr().Elem().Convert(reflect.TypeFor[int64]()).Interface()
		sinkAny = reflect.ValueOf(&hundredThousand).Elem().Interface()
	}},
	{name: "slice of pointers", allocs: true, f: func() {
		sinkPtrs = make([]*int, three)
	}},
	{name: "at the end of 40 calls", allocs: true, f: func() {
		descend(40, func() { sinkI32 = new(int32) })
	}},
	{name: "runtime.Stack into a new buffer", allocs: true, f: func() {
		sinkInt = runtime.Stack(make([]byte, hundredThousand), false)
	}},
	{name: "recovered panic with a boxed value", allocs: true, f: func() {
		defer func() { sinkAny = recover() }()
		panic(hundredThousand)
	}},
	{name: "sort.Slice", allocs: true, f: func() {
		sort.Slice(numbers, func(i, j int) bool { return numbers[i] < numbers[j] })
	}},

	// Those that do not.
	{name: "nothing", f: func() {}},
	{name: "arithmetic", f: func() {
		sinkInt = three*forty + bits.OnesCount(uint(hundredThousand))
	}},
	{name: "constant array", f: func() {
		var a [256]byte
		a[three] = 1
		sinkInt = int(a[forty])
	}},
	{name: "make([]byte, constant 64)", f: func() {
		b := make([]byte, 64)
		b[three] = 1
		sinkInt = int(b[forty])
	}},
	{name: "new(point), not kept", f: func() {
		p := new(point)
		p.x = three
		sinkInt = p.x
	}},
	{name: "address of a local, not kept", optimised: true, f: func() {
		p := point{1, 2}
		p.add(three)
		sinkInt = p.x
	}},
	{name: "append within capacity", f: func() {
		scratchBuf = append(scratchBuf[:0], text...)
	}},
	{name: "strconv.AppendInt", f: func() {
		scratchBuf = strconv.AppendInt(scratchBuf[:0], int64(hundredThousand), 10)
	}},
	{name: "strconv.Itoa of a small number", f: func() {
		sinkString = strconv.Itoa(three)
	}},
	{name: "strconv.Atoi", f: func() {
		sinkInt, _ = strconv.Atoi("12345")
	}},
	{name: "hex.Encode", f: func() {
		hex.Encode(scratchBuf[:100], textBytes)
	}},
	{name: "base64 AppendEncode", f: func() {
		scratchBuf = base64.StdEncoding.AppendEncode(scratchBuf[:0], textBytes)
	}},
	{name: "binary.LittleEndian", f: func() {
		sinkInt = int(binary.LittleEndian.Uint32(textBytes))
	}},
	{name: "crc32", setup: func() { crc32.ChecksumIEEE(nil) }, f: func() {
		sinkInt = int(crc32.ChecksumIEEE(textBytes))
	}},
	{name: "map lookup", f: func() {
		sinkInt = table[word]
	}},
	{name: "map lookup by converted bytes", f: func() {
		sinkInt = table[string(textBytes[:3])]
	}},
	{name: "map store of a present key", f: func() {
		intTable[2] = three
	}},
	{name: "map iteration", f: func() {
		for _, v := range intTable {
			sinkInt += v
		}
	}},
	{name: "string comparison with converted bytes", f: func() {
		sinkBool = string(textBytes) == text
	}},
	{name: "range over converted string", f: func() {
		for _, c := range []byte(text) {
			sinkInt += int(c)
		}
	}},
	{name: "substring", f: func() {
		sinkString = text[three : forty-1]
	}},
	{name: "strings.Contains", f: func() {
		sinkBool = strings.Contains(text, word)
	}},
	{name: "strings.Cut", f: func() {
		sinkString, _, _ = strings.Cut(text, " ")
	}},
	{name: "strings.Fields by iterator", optimised: true, f: func() {
		for s := range strings.SplitSeq(text, " ") {
			sinkInt += len(s)
		}
	}},
	{name: "utf8.DecodeRune", f: func() {
		_, sinkInt = utf8.DecodeRune(textBytes)
	}},
	{name: "bytes.Buffer within capacity", f: func() {
		buffer.Reset()
		buffer.WriteString(text)
	}},
	{name: "slices.Sort", f: func() {
		slices.Sort(numbers)
	}},
	{name: "slices.SortFunc", f: func() {
		slices.SortFunc(numbers, func(a, b int) int { return b - a })
	}},
	{name: "sort.Ints", f: func() {
		sort.Ints(numbers)
	}},
	{name: "slices.BinarySearch", f: func() {
		sinkInt, sinkBool = slices.BinarySearch(numbers, three)
	}},
	{name: "copy and clear", f: func() {
		copy(scratchInts, numbers)
		clear(scratchInts[len(numbers):])
	}},
	{name: "slice to a function", f: func() {
		sinkInt = sumOf(numbers)
	}},
	{name: "closure called, not kept", f: func() {
		n := three
		sinkInt = callIt(func() int { return n + 1 })
	}},
	{name: "closure over nothing, kept", f: func() {
		sinkFunc = func() int { return 3 }
	}},
	{name: "defer", f: func() {
		mutex.Lock()
		defer mutex.Unlock()
		sinkInt++
	}},
	{name: "defer in a loop", f: func() {
		for range three {
			defer func() { sinkInt++ }()
		}
	}},
	{name: "recovered panic with a constant", f: func() {
		defer func() { sinkBool = recover() != nil }()
		panic("constant")
	}},
	{name: "variadic ...any of constants, not kept", f: func() {
		sinkInt = variadic(1, "two", 3.0)
	}},
	{name: "small int to interface, kept", f: func() {
		sinkAny = uint8(three)
	}},
	{name: "pointer to interface, kept", f: func() {
		sinkAny = &hundredThousand
	}},
	{name: "constant to interface, kept", f: func() {
		sinkAny = 123456789
	}},
	{name: "type assertion", f: func() {
		sinkInt, sinkBool = anything.(int)
	}},
	{name: "type assertion to an interface, often", f: func() {
		for range 5000 {
			_, sinkBool = sinkAny.(fmt.Stringer)
		}
	}},
	{name: "type switch over interfaces, often", f: func() {
		for range 5000 {
			switch anything.(type) {
			case fmt.Stringer:
				sinkInt = 1
			case error:
				sinkInt = 2
			}
		}
	}},
	{name: "interface method call", f: func() {
		sinkInt = aShape.area()
	}},
	{name: "errors.Is", f: func() {
		sinkBool = errors.Is(errSome, errSome)
	}},
	{name: "mutex and rwmutex", f: func() {
		rwmutex.RLock()
		mutex.Lock()
		mutex.Unlock()
		rwmutex.RUnlock()
	}},
	{name: "sync.Once done before", f: func() {
		once.Do(func() { sinkInt = 1 })
	}},
	{name: "atomic add", f: func() {
		counter.Add(1)
	}},
	{name: "sync.Map load", setup: func() { syncMap.Store(word, 1) }, f: func() {
		_, sinkBool = syncMap.Load("a constant")
	}},
	{name: "buffered channel", f: func() {
		channel <- 1
		sinkInt = <-channel
	}},
	{name: "blocking on a channel", setup: func() {
		go func() {
			time.Sleep(time.Millisecond)
			unbuffered <- 1
		}()
	}, f: func() {
		sinkInt = <-unbuffered
	}},
	{name: "select with default", f: func() {
		select {
		case sinkInt = <-channel:
		default:
		}
	}},
	{name: "select that blocks on two", setup: func() {
		go func() {
			time.Sleep(time.Millisecond)
			unbuffered <- 1
		}()
	}, f: func() {
		select {
		case sinkInt = <-unbuffered:
		case <-wakeUp:
		}
	}},
	{name: "time.Now", f: func() {
		sinkInt = time.Now().Nanosecond()
	}},
	{name: "time.Sleep", f: func() {
		time.Sleep(10 * time.Microsecond)
	}},
	{name: "Time.AppendFormat", f: func() {
		scratchBuf = time.Unix(1, 0).UTC().AppendFormat(scratchBuf[:0], time.RFC3339)
	}},
	{name: "runtime.Gosched", f: func() {
		runtime.Gosched()
	}},
	{name: "runtime.GC", f: func() {
		runtime.GC()
	}},
	{name: "range over function", optimised: true, f: func() {
		for v := range yield3 {
			sinkInt += v
		}
	}},
	{name: "regexp match", pooled: true, setup: func() { pattern.Match(textBytes) }, f: func() {
		sinkBool = pattern.Match(textBytes)
	}},
	{name: "fmt.Appendf of a string", optimised: true, pooled: true, setup: func() { _ = fmt.Sprint() }, f: func() {
		scratchBuf = fmt.Appendf(scratchBuf[:0], "%s", "constant")
	}},
	{name: "at the end of 200 calls, nothing", f: func() {
		descend(200, func() { sinkInt++ })
	}},
	{name: "go without a closure", setup: func() { go send(); <-channel }, f: func() {
		go send()
		sinkInt = <-channel
	}},
}

// lastSnippet stands behind the last of them.
func lastSnippet() {}

func send() { channel <- 1 }

//go:noinline
func sinkPointAdd(p *point) any { return p.add }
