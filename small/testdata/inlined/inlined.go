// Command inlined calls what is written so that the compiler inlines it.
package main

import "github.com/stackalloc/stackalloc/small"

func main() {
	var v small.Vec[string]
	v.Push("")
	v.TryPush("")
	v.Pop()
	var d small.Deque[string]
	d.PushBack("")
	d.PushFront("")
	d.TryPushBack("")
	d.TryPushFront("")
	d.PopBack()
	d.PopFront()
	var s small.Set[string]
	s.Add("")
	s.Has("")
	var m small.Map[string, int]
	m.Put("", 1)
	m.Get("")
	small.Add(&m, "", 1)
}
