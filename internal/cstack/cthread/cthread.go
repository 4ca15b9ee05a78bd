//go:build cgo && !windows

// Package cthread runs Go code on threads that C made, with stacks of a given
// size. It serves the tests of package cstack: a package's own tests cannot
// contain C.
package cthread

/*
#cgo LDFLAGS: -lpthread
#include <stddef.h>
#include <stdint.h>
int cthread_run(size_t stack, uintptr_t callback);
*/
import "C"

import (
	"fmt"
	"runtime/cgo"
)

// Run runs f on a new thread with a stack of the given size in bytes and waits
// for it.
func Run(stack int, f func()) error {
	h := cgo.NewHandle(f)
	defer h.Delete()
	if e := C.cthread_run(C.size_t(stack), C.uintptr_t(h)); e != 0 {
		return fmt.Errorf("no thread with a stack of %d bytes: error %d", stack, int(e))
	}
	return nil
}

//export cthreadCallback
func cthreadCallback(callback C.uintptr_t) { cgo.Handle(callback).Value().(func())() }
