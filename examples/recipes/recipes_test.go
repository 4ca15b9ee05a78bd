package recipes_test

import (
	"fmt"
	"os"
	"strings"

	"github.com/stackalloc/stackalloc/examples/recipes"
)

func ExampleFingerprint() {
	fmt.Printf("%x\n", recipes.Fingerprint("users", 42))
	// Output: b054e64ae215f0533ef79d7e30387f37cedc6ffce43ad7f5e45d8d8d34f4e034
}

func ExampleChecksum() {
	fmt.Println(recipes.Checksum(strings.Repeat("0a01", 20)))
	fmt.Println(recipes.Checksum("123"))
	_, err := recipes.Checksum(strings.Repeat("xx", 20))
	fmt.Println(err)
	// Output:
	// 220 <nil>
	// 0 recipes: odd number of digits
	// encoding/hex: invalid byte: U+0078 'x'
}

func ExampleDuplicate() {
	b, ok := recipes.Duplicate("stackalloc")
	fmt.Printf("%c %t\n", b, ok)
	_, ok = recipes.Duplicate("stack")
	fmt.Println(ok)
	// Output:
	// a true
	// false
}

func ExampleDistance() {
	fmt.Println(recipes.Distance("kitten on the roof", "sitting in the room"))
	// Output: 5
}

func ExampleAnagrams() {
	fmt.Println(recipes.Anagrams("a block of memory on the stack, for as long as it lasts", "as long as it lasts: on the stack, for a block of memory"))
	fmt.Println(recipes.Anagrams("listen", "silent"))
	// Output:
	// false
	// true
}

func ExamplePaths() {
	fmt.Println(recipes.Paths(8, 8))
	// Output: 3432
}

func ExampleLogline() {
	recipes.Logline(os.Stdout, "load", []float64{0.25, 1, 3.5})
	// Output: load 0.25 1 3.5
}

func ExampleWidth() {
	fmt.Println(recipes.Width([]string{"name", "size\n"}))
	// Output: 16
}

func ExampleLabel() {
	fmt.Println(recipes.Label("LOCALHOST", 8080))
	// Output: localhost:8080
}

func ExampleLookup() {
	m := map[string]int{"fruit/pears": 3}
	fmt.Println(recipes.Lookup(m, "fruit", "pears"))
	fmt.Println(recipes.Lookup(m, "fruit", "plums"))
	// Output:
	// 3 true
	// 0 false
}

func ExampleMedian() {
	fmt.Println(recipes.Median([]float64{9, -1, 1, 5, -7, 7, 3}))
	// Output: 5 true
}

func ExampleLines() {
	fmt.Println(recipes.Lines(strings.NewReader("one\ntwo\nthree\n")))
	// Output: 3 <nil>
}

func ExampleUnescape() {
	fmt.Printf("%s\n", recipes.Unescape([]byte("text: "), []byte(`a \"block\" of memory on the stack`)))
	// Output: text: a "block" of memory on the stack
}

func ExampleZeros() {
	fmt.Println(recipes.Zeros([]byte("a block of memory on the stack\n")))
	// Output: 7
}

func ExampleDigits() {
	fmt.Println(recipes.Digits(2026))
	// Output: 10
}
