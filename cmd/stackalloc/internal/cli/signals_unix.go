//go:build unix

package cli

import (
	"os"
	"syscall"
)

// ending are the signals that ask a process to end.
var ending = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT}
