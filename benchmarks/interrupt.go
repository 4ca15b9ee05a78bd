package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"time"
)

// interrupted is done once the user wants no more. Then no program is begun any more, and
// those that run are told to end, so that they remove what they have made.
var interrupted = context.Background()

var errInterrupted = errors.New("interrupted")

// program is a program to be run that ends with this one.
func program(name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(interrupted, name, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = toEnd
	return cmd
}

// toEnd is how long a program may take to end when it is told to.
const toEnd = 10 * time.Second

// unlessInterrupted returns what measure does, or errInterrupted: when the programs that
// it runs have ended, or at once where it runs none and would go on for minutes.
func unlessInterrupted(measure func() error) error {
	done := make(chan error, 1)
	go func() { done <- measure() }()
	select {
	case err := <-done:
		if interrupted.Err() == nil {
			return err
		}
	case <-interrupted.Done():
		select {
		case <-done:
		case <-time.After(toEnd + time.Second):
		}
	}
	return errInterrupted
}
