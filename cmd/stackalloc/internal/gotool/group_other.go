//go:build !unix

package gotool

import "os/exec"

// group leaves the interruption to the console, which tells all of its processes.
// One that has not ended after the delay is killed.
func group(cmd *exec.Cmd) { cmd.Cancel = func() error { return nil } }

func killGroup(*exec.Cmd) {}
