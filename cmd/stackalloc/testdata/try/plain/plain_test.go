package plain

import (
	"strings"
	"testing"
)

func TestHex(t *testing.T) {
	if got := Hex([]byte("stack")); got != "737461636b" {
		t.Fatal(got)
	}
}

func TestReverse(t *testing.T) {
	if got := Reverse("abc"); got != "cba" {
		t.Fatal(got)
	}
}

func TestMedian(t *testing.T) {
	if got := Median([]int{3, 1, 2}); got != 2 {
		t.Fatal(got)
	}
}

var text = strings.Repeat("stackalloc ", 20)

func BenchmarkHex(b *testing.B) {
	for _, n := range []int{16, 100} {
		b.Run("size="+itoa(n), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; i < b.N; i++ {
				Hex([]byte(text[:n]))
			}
		})
	}
}

func itoa(n int) string {
	if n < 10 {
		return digits[n : n+1]
	}
	return itoa(n/10) + itoa(n%10)
}

func BenchmarkReverse(b *testing.B) {
	for i := 0; i < b.N; i++ {
		Reverse(text)
	}
}

func BenchmarkSum(b *testing.B) {
	of := make([]int, 100)
	for i := 0; i < b.N; i++ {
		Sum(of)
	}
}
