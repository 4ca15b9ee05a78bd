//go:build unix

package cli

import (
	"errors"
	"os"
	"syscall"
)

// ending are the signals that ask a process to end.
var ending = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT}

// closing are those that say that a pipe was closed.
var closing = []os.Signal{syscall.SIGPIPE}

// unread reports whether a write failed since nobody reads the pipe.
func unread(err error) bool { return errors.Is(err, syscall.EPIPE) }
