package noalloc_test

import (
	"testing"

	"github.com/stackalloc/stackalloc/noalloc"
)

var sinkInt8 *int8

func TestCheckQuiet(t *testing.T) {
	n := 0
	noalloc.Check(t, func() { n++ })
}

func TestMeasureCounts(t *testing.T) {
	r := noalloc.Measure(func() { sinkInt8 = new(int8) })
	if r.Objects != 1 || len(r.Sites) != 1 {
		t.Fatalf("%+v", r)
	}
}
