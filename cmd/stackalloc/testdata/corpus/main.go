// Command corpus prints what functions of all shapes return. It must print the same
// with the changes of suggest -diff made, on 64 and on 32 bits. A comment "want" on the
// line of a place says what the change uses, "keep" why there is none, as -why puts it.
package main

import (
	"fmt"
	"runtime"
)

type entry struct {
	name string
	f    func() any
}

var entries []entry

func add(name string, f func() any) { entries = append(entries, entry{name, f}) }

// run calls f and says what it panicked with.
func run(f func() any) (out string) {
	defer func() {
		if p := recover(); p != nil {
			_, isRuntime := p.(runtime.Error)
			out = fmt.Sprintf("panic: %v, a runtime error: %v", p, isRuntime)
		}
	}()
	return fmt.Sprintf("%v", f())
}

func main() {
	for _, e := range entries {
		fmt.Printf("%s: %s\n", e.name, run(e.f))
	}
}
