package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A process is a program that measures itself on request, so that it takes turns
// with the ways that are measured here.
type process struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func start(argv []string) (*process, error) {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &process{cmd, in, bufio.NewReader(out)}, nil
}

// run returns how long times blocks of n bytes took.
func (p *process) run(kind string, n, times int) (time.Duration, error) {
	if _, err := fmt.Fprintf(p.in, "%s %d %d\n", kind, n, times); err != nil {
		return 0, err
	}
	line, err := p.out.ReadString('\n')
	if err != nil {
		return 0, fmt.Errorf("%s: %w", p.cmd.Path, err)
	}
	ns, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
	return time.Duration(ns), err
}

func (p *process) stop() {
	p.in.Close()
	p.cmd.Wait()
}

func buildC(dir string) ([]string, error) {
	bin := filepath.Join(dir, "vla.exe")
	return []string{bin}, output(exec.Command("cc", "-std=c99", "-O2", "-Wall", "-o", bin, filepath.Join("child", "vla", "vla.c")))
}

func buildThreshold(size int) func(dir string) ([]string, error) {
	return func(dir string) ([]string, error) {
		bin := filepath.Join(dir, fmt.Sprintf("threshold-%d.exe", size))
		return []string{bin}, output(exec.Command("go", "build", fmt.Sprintf("-gcflags=-d=variablemakethreshold=%d", size), "-o", bin, "./child/threshold"))
	}
}

func buildArenas(dir string) ([]string, error) {
	bin := filepath.Join(dir, "arenas.exe")
	cmd := exec.Command("go", "build", "-o", bin, "./child/arenas")
	cmd.Env = append(os.Environ(), "GOEXPERIMENT=arenas")
	return []string{bin}, output(cmd)
}

// output runs cmd and returns what it printed, if it failed, as an error.
func output(cmd *exec.Cmd) error {
	out, err := cmd.CombinedOutput()
	if err == nil {
		return nil
	}
	if text := strings.TrimSpace(string(out)); text != "" {
		return errors.New(text)
	}
	return err
}
