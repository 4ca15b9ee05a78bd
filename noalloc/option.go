package noalloc

import (
	"fmt"
	"strings"
)

// An Option changes what Check, MeasureWith or VerifyTestMain count.
type Option func(*options)

type options struct {
	maxObjects int64 // -1: not given
	maxBytes   int64 // -1: not given
	warmUp     int
	repeat     int
	goroutines bool
	strict     bool
	ignored    []string
}

func collect(opts []Option) *options {
	o := &options{maxObjects: -1, maxBytes: -1, repeat: 1}
	for _, opt := range opts {
		opt(o)
	}
	return o
}

func mustNotBeNegative(option string, n int64, of string) {
	if n < 0 {
		panic(fmt.Sprintf("noalloc: %s(%d): the number of %s is negative", option, n, of))
	}
}

// MaxObjects lets a run allocate up to n objects. The default is none.
// It panics if n is negative.
func MaxObjects(n int64) Option {
	mustNotBeNegative("MaxObjects", n, "objects")
	return func(o *options) { o.maxObjects = n }
}

// MaxBytes lets a run allocate up to n bytes, in any number of objects unless
// MaxObjects is given too. Bytes count as the allocator rounds
// them up to its size classes: a new([17]byte) is 24 bytes.
// It panics if n is negative.
func MaxBytes(n int64) Option {
	mustNotBeNegative("MaxBytes", n, "bytes")
	return func(o *options) { o.maxBytes = n }
}

// WarmUp runs the function n times before it is measured, so that what it
// allocates once (a pool to fill, a table to build) is not counted.
// It panics if n is negative.
func WarmUp(n int) Option {
	mustNotBeNegative("WarmUp", int64(n), "runs")
	return func(o *options) { o.warmUp = n }
}

// Repeat measures n runs, each by itself, and takes the one that allocated the
// fewest objects. That is the right question for code whose allocations depend
// on chance, such as a sync.Pool that a collection has just emptied. It stops
// early at a run within the limits. Before each run but the first the function
// runs once unmeasured, because measuring takes a collection itself.
// It panics if n is less than 1.
func Repeat(n int) Option {
	if n < 1 {
		panic(fmt.Sprintf("noalloc: Repeat(%d): there must be at least one run", n))
	}
	return func(o *options) { o.repeat = n }
}

// Ignore leaves out allocations that have one of the named functions on their
// chain of calls. A name is written as %+v of a Report shows it
// ("example.com/pkg.(*T).Method"); one that ends in * stands for all functions
// that begin so ("example.com/pkg.*"). It panics on an empty name.
func Ignore(functions ...string) Option {
	for _, f := range functions {
		if f == "" || f == "*" {
			panic(fmt.Sprintf("noalloc: Ignore(%q): name a function, as %%+v of a Report does, or the beginning of one and a *", f))
		}
	}
	return func(o *options) { o.ignored = append(o.ignored, functions...) }
}

// Goroutines counts goroutines started during the run as well, and coroutines,
// up to the end of the run (wait for them in the function). The profile does not
// say who started a goroutine, so it is told by the function it was started with: see
// "Goroutines and coroutines" in the package's documentation. It costs a garbage
// collection before the run.
func Goroutines() Option {
	return func(o *options) { o.goroutines = true }
}

// Strict makes Check fail also for objects that nothing attributes to the run
// or to anyone else: Unattributed, TooDeep and Coroutines in the Report. Use it
// where the rest of the process is quiet; otherwise it fails for what others do.
func Strict() Option {
	return func(o *options) { o.strict = true }
}

// within says whether a run keeps to the limits.
func (o *options) within(r *Report) bool {
	n := r.total()
	if o.strict {
		n += r.unsure()
	}
	return o.affords(n, r.Bytes)
}

// affords says whether so much keeps to the limits. No limit at all means none
// allowed.
func (o *options) affords(objects, bytes int64) bool {
	if o.maxBytes < 0 {
		return objects <= max(0, o.maxObjects)
	}
	return bytes <= o.maxBytes && (o.maxObjects < 0 || objects <= o.maxObjects)
}

// limits words the limits given, or gives "".
func (o *options) limits() string {
	switch {
	case o.maxObjects >= 0 && o.maxBytes >= 0:
		return "at most " + amount(o.maxObjects, o.maxBytes)
	case o.maxObjects >= 0:
		return "at most " + objects(o.maxObjects)
	case o.maxBytes >= 0:
		return fmt.Sprintf("at most %d bytes", o.maxBytes)
	}
	return ""
}

func (o *options) ignores(chain []Frame) bool {
	for _, name := range o.ignored {
		prefix, many := strings.CutSuffix(name, "*")
		for _, f := range chain {
			if f.Func == name || many && strings.HasPrefix(f.Func, prefix) {
				return true
			}
		}
	}
	return false
}
