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
	cmd := program(argv[0], argv[1:]...)
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
	return []string{bin}, output(program("cc", "-std=c99", "-O2", "-Wall", "-o", bin, filepath.Join("child", "vla", "vla.c")))
}

func buildThreshold(size int) func(dir string) ([]string, error) {
	return func(dir string) ([]string, error) {
		bin := filepath.Join(dir, fmt.Sprintf("threshold-%d.exe", size))
		return []string{bin}, output(program("go", "build", fmt.Sprintf("-gcflags=-d=variablemakethreshold=%d", size), "-o", bin, "./child/threshold"))
	}
}

func buildArenas(dir string) ([]string, error) {
	bin := filepath.Join(dir, "arenas.exe")
	cmd := program("go", "build", "-o", bin, "./child/arenas")
	cmd.Env = append(os.Environ(), "GOEXPERIMENT=arenas")
	return []string{bin}, output(cmd)
}

// crateFolder is where the user has the source of the Rust crate stackalloc, if at all.
var crateFolder string

// errNotGiven is of a way that is measured only if the user has what it takes.
var errNotGiven = errors.New("not given")

// buildRust builds the program in Rust on code of the crate's shape.
func buildRust(dir string) ([]string, error) {
	in := filepath.Join("child", "rust")
	return rust(dir, "shape", filepath.Join(in, "shape.rs"), filepath.Join(in, "shape.c"))
}

// buildCrate builds it on the crate itself, without cargo, which would ask for what
// builds the crate.
func buildCrate(dir string) ([]string, error) {
	if crateFolder == "" {
		return nil, errNotGiven
	}
	c, err := filepath.Glob(filepath.Join(crateFolder, "*.c"))
	if err == nil && len(c) == 0 {
		err = fmt.Errorf("%s has no C file: it is to be the folder of the crate's Cargo.toml", crateFolder)
	}
	if err != nil {
		return nil, err
	}
	return rust(dir, "crate", filepath.Join(crateFolder, "src", "lib.rs"), c...)
}

// rust builds child/rust/main.rs with a crate stackalloc of one file in Rust and some
// in C, optimised as cargo and the crate's build script do.
func rust(dir, name, crate string, c ...string) ([]string, error) {
	dir = filepath.Join(dir, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	bin, lib := filepath.Join(dir, "rust.exe"), filepath.Join(dir, "libstackalloc.rlib")
	link := []string{"-C", "opt-level=3", "--edition", "2021", "--extern", "stackalloc=" + lib, "-o", bin, filepath.Join("child", "rust", "main.rs")}
	for i, file := range c {
		object := filepath.Join(dir, fmt.Sprintf("%d.o", i))
		if err := output(program("cc", "-std=c99", "-O3", "-c", "-o", object, file)); err != nil {
			return nil, err
		}
		link = append(link, "-C", "link-arg="+object)
	}
	if err := output(program("rustc", "-C", "opt-level=3", "--edition", "2018", "--cap-lints", "allow", "--crate-type", "rlib", "--crate-name", "stackalloc", "-o", lib, crate)); err != nil {
		return nil, err
	}
	return []string{bin}, output(program("rustc", link...))
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
