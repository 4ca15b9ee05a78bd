// Package noalloc asserts that code does not allocate on the heap, and says
// where it does.
//
//	func TestEncode(t *testing.T) {
//		buf := make([]byte, 0, 64)
//		noalloc.Check(t, func() {
//			buf = Encode(buf[:0], 42)
//		})
//	}
package noalloc
