//go:build !unix

package cli

import (
	"os"
	"syscall"
)

// ending are the signals that ask a process to end.
var ending = []os.Signal{os.Interrupt, syscall.SIGTERM}

// closing are those that say that a pipe was closed: here a write fails alone.
var closing []os.Signal

func unread(error) bool { return false }
