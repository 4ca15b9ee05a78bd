package programs

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// answers are what a test of ours asks of each module that we change: by module, what the
// test's file begins with, and its body.
var answers = map[string]struct{ head, body string }{
	"github.com/mr-tron/base58": {"package base58", `
	for range 2000 {
		b := []byte(some(300))
		clear(b[:min(len(b), r.IntN(4))])
		say(Encode(b), EncodeAlphabet(b, FlickrAlphabet))
	}
	for n := range 700 {
		say(Encode(bytes.Repeat([]byte{255}, n)), Encode(append(make([]byte, n%7), bytes.Repeat([]byte{1}, n)...)))
	}
	say(Encode(bytes.Repeat([]byte{7}, 20000)))`},
	"github.com/agnivade/levenshtein": {"package levenshtein", `
	for range 10000 {
		a, b := some(70), some(70)
		if r.IntN(2) == 0 {
			p, s := some(20), some(20)
			a, b = p+a+s, p+b+s
		}
		say(ComputeDistance(a, b))
	}
	a, b := strings.Repeat("日x", 4000), strings.Repeat("y本", 3000)
	say(ComputeDistance(a, b), ComputeDistance(b, a))
	say(ComputeDistance("q"+strings.Repeat("a", 70000)+"w", strings.Repeat("b", 40)), ComputeDistance(strings.Repeat("b", 65536), "aca"))`},
	"github.com/adrg/strutil": {"package metrics", `
	for i := range 4000 {
		a, b := some(60), some(60)
		l, s := NewLevenshtein(), NewSmithWatermanGotoh()
		l.CaseSensitive, s.CaseSensitive = i%2 == 0, i%2 == 0
		l.InsertCost, l.ReplaceCost = i%3, 1+i%2
		if i%3 == 0 {
			s.Substitution = nil
		}
		say(l.Distance(a, b), l.Compare(a, b), s.Compare(a, b))
	}
	a, b := strings.Repeat("日İ", 1500), strings.Repeat("yİ本", 1000)
	say(NewLevenshtein().Distance(a, b), NewSmithWatermanGotoh().Compare(a, b))`},
	"github.com/ethereum/go-ethereum": {"package hexutil", `
	for range 2000 {
		say(Encode([]byte(some(1500))))
	}
	for _, n := range []int{0, 31, 32, 33, 1000, 1001, 32766, 32767, 32768, 100000} {
		say(Encode(make([]byte, n)))
	}`},
	"github.com/prometheus/common": {"package model", `
	for range 5000 {
		m := map[string]string{}
		for range r.IntN(14) {
			m[some(10)] = some(20)
		}
		say(LabelsToSignature(m))
	}
	large := map[string]string{}
	for i := range 5000 {
		large[fmt.Sprint(i)] = some(5)
	}
	say(LabelsToSignature(nil), LabelsToSignature(large))`},
	"github.com/prometheus/client_golang": {"package prometheus", `
	for i := range 100 {
		var labels ConstrainedLabels
		for j := range i % 10 {
			labels = append(labels, ConstrainedLabel{fmt.Sprint("l", j), []LabelConstraint{nil, strings.ToUpper, func(string) string { return "k" },
				func(s string) string {
					if s == "." {
						panic("a constraint")
					}
					return s
				}}[(i+j)%4]})
		}
		vec := V2.NewCounterVec(CounterVecOpts{CounterOpts: CounterOpts{Name: "x", Help: "h"}, VariableLabels: labels})
		curried := vec
		if i%10 > 2 {
			try(func() { curried = vec.MustCurryWith(Labels{"l1": "curried"}) })
		}
		for range 40 {
			n := i % 10
			if r.IntN(4) == 0 {
				n = r.IntN(12)
			}
			var values []string
			for range n {
				values = append(values, kinds[r.IntN(len(kinds))])
			}
			of := []*CounterVec{vec, curried}[r.IntN(2)]
			try(func() {
				c, err := of.GetMetricWithLabelValues(values...)
				if err == nil {
					c.Inc()
				}
				say(err)
			})
			if r.IntN(4) == 0 {
				try(func() { say(of.DeleteLabelValues(slices.Clone(values)...)) })
			}
		}
		reg := NewRegistry()
		reg.MustRegister(vec)
		families, err := reg.Gather()
		say(err)
		for _, f := range families {
			for _, m := range f.Metric {
				for _, l := range m.Label {
					say(l.GetName(), l.GetValue())
				}
				say(m.Counter.GetValue())
			}
		}
	}`},
	"github.com/miekg/dns": {"package dns", `
	for range 30000 {
		a, b := some(25), some(25)
		if r.IntN(2) == 0 {
			s := some(15)
			a, b = a+s, b+s
		}
		try(func() { say(CompareDomainName(a, b), IsSubDomain(a, b)) })
	}
	long := strings.Repeat("a.", 10000)
	say(CompareDomainName("b."+long, long), IsSubDomain(long, "x."+long), CompareDomainName(strings.Repeat(".", 9000), long))`},
	"github.com/lib/pq": {"package pq", `
	for range 2000 {
		var numbers Int64Array
		for range r.IntN(30) {
			numbers = append(numbers, int64(r.Uint64())>>r.IntN(64))
		}
		var texts ByteaArray
		for range r.IntN(8) {
			texts = append(texts, []byte(some(40)), nil)
		}
		v, err := numbers.Value()
		say(v, err)
		v, err = texts.Value()
		say(v, err)
	}
	for _, n := range []int{0, 1, 3120, 3121, 50000} {
		numbers := make(Int64Array, n)
		for i := range numbers {
			numbers[i] = -1 << 63
		}
		v, err := numbers.Value()
		say(v, err)
	}
	v, err := ByteaArray{make([]byte, 100000)}.Value()
	say(v, err)`},
	"github.com/vmihailenco/msgpack/v5": {"package msgpack", `
	var some2 func(depth int) map[string]interface{}
	some2 = func(depth int) map[string]interface{} {
		m := map[string]interface{}{}
		for range r.IntN(12) {
			m[some(10)] = []interface{}{some(10), r.IntN(1000), nil, true}[r.IntN(4)]
			if depth > 0 && r.IntN(3) == 0 {
				m[some(10)] = some2(depth - 1)
			}
			if r.IntN(300) == 0 {
				m[some(10)] = make(chan int)
			}
		}
		return m
	}
	var out bytes.Buffer
	e := NewEncoder(&out)
	e.SetSortMapKeys(true)
	encode := func(m map[string]interface{}) {
		err := e.Encode(m)
		say(out.String(), err)
		out.Reset()
	}
	deep, large := map[string]interface{}{}, map[string]interface{}{}
	for i := range 3000 {
		encode(some2(3))
		deep = map[string]interface{}{"z": 1, "a": deep}
		large[fmt.Sprint(i)] = i
	}
	encode(deep)
	encode(large)`},
	"github.com/tidwall/gjson": {"package gjson", `
	for range 10000 {
		say(Escape(some(80)))
	}
	for _, n := range []int{32767, 32768, 32769, 200000} {
		say(Escape(strings.Repeat("|", n)), Escape("a"+strings.Repeat(".", n)), Escape(strings.Repeat("a", n)+"é"))
	}`},
}

// answersTest runs the body and writes what it says. The texts that it asks with are empty,
// long, not UTF-8, and such as have a meaning to some module.
const answersTest = `

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestAnswers(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	kinds := []string{"", "a", ".", "..", "\x00", "\xff", "\xff\xfe", "é", "日本語", "a\xc3", "\xed\xa0\x80", "www.miek.nl.", "a\\.b.nl", "|*?.@#!{}"}
	some := func(most int) string {
		if r.IntN(8) == 0 {
			return kinds[r.IntN(len(kinds))]
		}
		var b strings.Builder
		kind := r.IntN(5)
		for range r.IntN(most/(1+9*r.IntN(2)) + 1) {
			switch kind {
			case 0:
				b.WriteByte(byte(r.IntN(256)))
			case 1:
				b.WriteByte("ab.\\"[r.IntN(4)])
			case 2:
				b.WriteRune(rune(r.IntN(0x3000)))
			case 3:
				b.WriteByte(byte('a' + r.IntN(3)))
			default:
				b.WriteByte(byte(' ' + r.IntN(95)))
			}
		}
		return b.String()
	}
	var said bytes.Buffer
	say := func(what ...any) { fmt.Fprintf(&said, "%q\n", fmt.Sprint(what...)) }
	try := func(f func()) {
		defer func() {
			if p := recover(); p != nil {
				say("panic: ", p)
			}
		}()
		f()
	}
	_, _, _, _ = some, try, slices.Clone[[]int], strings.Repeat
BODY
	if err := os.WriteFile(os.Getenv("ANSWERS"), said.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}
`

// TestFormsAnswerAlike asks each module that we change the same before and after, with our
// patch, with fixed arrays, by hand and with a sync.Pool: its own tests ask for little that is empty, long or
// no text at all. It takes the modules that this machine has already.
func TestFormsAnswerAlike(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the tests of some large modules")
	}
	t.Setenv("GOPROXY", "off")
	t.Setenv("GOFLAGS", "-mod=mod")
	t.Setenv("GOWORK", "off")
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	ask := func(t *testing.T, p Program, edits []Edit) ([]byte, error) {
		dir := t.TempDir()
		defer os.RemoveAll(dir)
		if err := p.copyWith(edits, dir); err != nil {
			return nil, err
		}
		a := answers[p.Module]
		text := a.head + strings.Replace(answersTest, "BODY", a.body, 1)
		if err := os.WriteFile(filepath.Join(dir, p.Packages, "answers_test.go"), []byte(text), 0o644); err != nil {
			return nil, err
		}
		file := filepath.Join(dir, "answers")
		for _, args := range [][]string{
			{"mod", "edit", "-go=1.25.0", "-require=" + library + "@v0.1.0", "-replace=" + library + "=" + root},
			{"test", "-count=1", "-run=^TestAnswers$", p.Packages},
		} {
			cmd := exec.Command("go", args...)
			cmd.Dir, cmd.Env = dir, append(os.Environ(), "ANSWERS="+file)
			if out, err := cmd.CombinedOutput(); err != nil {
				return nil, fmt.Errorf("%w: %s", err, out)
			}
		}
		return os.ReadFile(file)
	}
	for _, p := range All {
		if p.Edits == nil && p.Arrays == nil {
			continue
		}
		t.Run(p.String(), func(t *testing.T) {
			if answers[p.Module].body == "" {
				t.Fatal("nothing is asked of it")
			}
			if _, err := p.fetch(); err != nil {
				t.Skip(err)
			}
			p.Added = ""
			forms := map[string][]Edit{"patch": p.Edits, "fixed arrays": p.Arrays}
			for _, s := range Studies {
				if first, _ := Find(s.Module); first.String() == p.String() {
					forms["by hand"] = s.Hand
				}
			}
			if p.Module == "github.com/miekg/dns" {
				forms["sync.Pool"] = pooledDNS
			}
			before, err := ask(t, p, nil)
			if err != nil && strings.Contains(err.Error(), "GOPROXY=off") {
				t.Skip(err) // it needs what is not here
			}
			if err != nil {
				t.Fatal(err)
			}
			was := strings.Split(string(before), "\n")
			if len(was) < 1000 {
				t.Errorf("%d answers", len(was))
			}
			for name, edits := range forms {
				if edits == nil {
					continue
				}
				after, err := ask(t, p, edits)
				if err != nil {
					t.Errorf("%s: %v", name, err)
				} else if is := strings.Split(string(after), "\n"); !slices.Equal(was, is) {
					i := 0
					for i < min(len(was), len(is)) && was[i] == is[i] {
						i++
					}
					t.Errorf("%s: answer %d of %d is another", name, i, len(was))
				}
			}
		})
	}
}
