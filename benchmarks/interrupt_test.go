package main

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// The programs that run are told to end when the user interrupts, and have the time to
// clean up; none is begun after that.
func TestInterrupted(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell and interrupts")
	}
	old := interrupted
	defer func() { interrupted = old }()
	var stop context.CancelFunc
	interrupted, stop = context.WithCancel(t.Context())
	file := filepath.Join(t.TempDir(), "made")
	began := time.Now()
	err := unlessInterrupted(func() error {
		cmd := program("/bin/sh", "-c", `trap 'rm "$0"; exit 1' INT; touch "$0"; echo ready; while :; do sleep 0.05; done`, file)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := out.Read(make([]byte, 6)); err != nil {
			t.Error(err)
		}
		stop()
		return cmd.Wait()
	})
	if !errors.Is(err, errInterrupted) {
		t.Error(err)
	}
	if made, _ := filepath.Glob(file); made != nil {
		t.Error("the program was not told, or not waited for")
	}
	if time.Since(began) > toEnd {
		t.Errorf("it took %v to end", time.Since(began))
	}
	if err := program("/bin/true").Run(); !errors.Is(err, context.Canceled) {
		t.Errorf("a program was begun: %v", err)
	}
	if err := (&survey{results: file}).keep(surveyRow{Module: "example.com/a"}); !errors.Is(err, errInterrupted) {
		t.Errorf("half a module was kept: %v", err)
	}
	interrupted = t.Context()
	failed := &exec.Error{}
	if err := unlessInterrupted(func() error { return failed }); err != failed {
		t.Error(err)
	}
}
