package scratch_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/stackalloc/stackalloc"
	"github.com/stackalloc/stackalloc/scratch"
)

// A copy through a buffer of any size. Read and Write are interface calls, of
// which the compiler knows nothing: package scratch is for those.
func Example() {
	copyWithBuffer := func(dst io.Writer, src io.Reader, size int) (total int64, err error) {
		scratch.Uninit(size, func(buf []byte) {
			for err == nil {
				var n int
				n, err = src.Read(buf)
				if n > 0 {
					if _, writeErr := dst.Write(buf[:n]); writeErr != nil {
						err = writeErr
						return
					}
					total += int64(n)
				}
			}
			if err == io.EOF {
				err = nil
			}
		})
		return total, err
	}

	n, err := copyWithBuffer(os.Stdout, strings.NewReader("through 8 bytes at a time\n"), 8)
	fmt.Println(n, err)
	// Output:
	// through 8 bytes at a time
	// 26 <nil>
}

// A callback that the compiler sees into is for the root package, whose slice is
// on the stack. Both have the same functions.
func Example_whichPackage() {
	id := []byte("stack")

	// These are functions of which the compiler knows that they keep nothing.
	var sum [32]byte
	stackalloc.Uninit(hex.EncodedLen(len(id)), func(buf []byte) {
		hex.Encode(buf, id)
		sum = sha256.Sum256(buf)
	})
	fmt.Printf("%x\n", sum[:4])

	// What is behind an io.Writer, it cannot know.
	var w io.Writer = os.Stdout
	scratch.Uninit(hex.EncodedLen(len(id))+1, func(buf []byte) {
		hex.Encode(buf, id)
		buf[len(buf)-1] = '\n'
		w.Write(buf)
	})
	// Output:
	// 4c5c7aac
	// 737461636b
}

func ExampleDo() {
	// Counters by letter, for words that come out of an interface.
	words := bufio.NewScanner(strings.NewReader("to be or not to be"))
	words.Split(bufio.ScanWords)
	scratch.Do(26, func(count []int) {
		for words.Scan() {
			for _, c := range words.Bytes() {
				count[c-'a']++
			}
		}
		fmt.Println(count['o'-'a'], count['b'-'a'], count['z'-'a'])
	})
	// Output: 4 2 0
}

func ExampleUninit() {
	var r io.Reader = strings.NewReader("header: body")
	scratch.Uninit(6, func(buf []byte) {
		io.ReadFull(r, buf)
		fmt.Printf("%s\n", buf)
	})
	// Output: header
}

func ExampleCall() {
	var r io.Reader = strings.NewReader("a\nb\nc\n")
	lines := scratch.Call(1<<10, func(buf []byte) int {
		n, _ := io.ReadFull(r, buf)
		return bytes.Count(buf[:n], []byte("\n"))
	})
	fmt.Println(lines)
	// Output: 3
}

func ExampleCall2() {
	var r io.Reader = strings.NewReader("12345")
	n, err := scratch.Call2(8, func(buf []byte) (int, error) {
		return io.ReadFull(r, buf)
	})
	fmt.Println(n, err)
	// Output: 5 unexpected EOF
}

// Output whose length nobody knows before, here that of an encoder. What is to stay
// is copied: the string.
func ExampleBuffer() {
	line := func(v any) (s string, err error) {
		scratch.Buffer(0, func(b *bytes.Buffer) {
			if err = json.NewEncoder(b).Encode(v); err == nil {
				s = b.String()
			}
		})
		return s, err
	}
	s, err := line(map[string]int{"one": 1, "two": 2})
	fmt.Print(s, err)
	// Output:
	// {"one":1,"two":2}
	// <nil>
}
