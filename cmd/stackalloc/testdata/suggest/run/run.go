// Command run prints what the functions of package plain return.
package main

import (
	"fmt"
	"slices"

	"example.com/suggest/plain"
)

func main() {
	// The compiler knows instances of generic functions in code that it inlines
	// from another package only where the package has them too.
	slices.Sort([]int{1})
	slices.Reverse([]byte{slices.Max([]byte{byte(slices.Max([]int{1}))})})
	dst := make([]byte, 50)
	plain.Void(50, dst)
	fmt.Println(dst)
	fmt.Println(plain.Result(nil), plain.Result([]byte("some text that is longer than a small block")))
	fmt.Println(plain.TwoResults("0a0b"))
	fmt.Println(plain.TwoResults("xyz"))
	fmt.Println(plain.InnerBlock([]string{"a", "some text that is longer than a small block"}))
	fmt.Println(plain.ReturnFromInnerBlock([]string{"a", "bbb", "zzzz", "a"}), plain.ReturnFromInnerBlock(nil))
	fmt.Println(plain.Capacity(2), plain.Capacity(40))
	fmt.Println(plain.Named(3))
	fmt.Println(plain.Clone([]int{5, 4, 1, 2, 3}), plain.Append([]int{5, 4, 1, 2, 3}))
	plain.Convert("some text that is longer than a small block", dst)
	fmt.Println(string(dst))
	fmt.Println(plain.Second(3, []byte{1, 1, 1}), plain.Second(3, []byte{0, 0, 0}))
	fmt.Println(plain.Growth([]string{"a", "bb", "ccc"}), plain.Growth(nil))
}
