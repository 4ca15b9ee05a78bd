package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A server is a process with one core that says where it listens.
type server struct {
	cmd  *exec.Cmd
	addr string
}

// build compiles a package of this workspace.
func build(ctx context.Context, dir, name, pkg string) (binary string, err error) {
	return buildIn(ctx, nil, dir, name, pkg)
}

// buildIn is build with more of an environment, and flags.
func buildIn(ctx context.Context, env []string, dir, name, pkg string, flags ...string) (binary string, err error) {
	binary = filepath.Join(dir, name+".exe")
	cmd := exec.CommandContext(ctx, "go", append(append([]string{"build", "-o", binary}, flags...), pkg)...)
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s: %w\n%s", pkg, err, out)
	}
	return binary, nil
}

// start starts a server, which prints "listening at ADDRESS" first.
func start(ctx context.Context, binary string, args ...string) (*server, error) {
	s := &server{cmd: exec.CommandContext(ctx, binary, args...)}
	s.cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	s.cmd.Stderr = os.Stderr
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "listening at ")
	if err != nil || !ok {
		s.stop()
		return nil, fmt.Errorf("%s: %q, %v", filepath.Base(binary), line, err)
	}
	s.addr = addr
	return s, nil
}

func (s *server) stop() {
	s.cmd.Process.Kill()
	s.cmd.Wait()
}

// resident returns how much memory the process had at most, in MiB.
func (s *server) resident() (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if text, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			if f := strings.Fields(text); len(f) == 2 && f[1] == "kB" {
				kib, err := strconv.ParseFloat(f[0], 64)
				return kib / 1024, err
			}
		}
	}
	return 0, fmt.Errorf("the server's status has no resident memory: %s", status)
}

// cpu returns the CPU time that the process has used so far, in µs.
func (s *server) cpu() (float64, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	// The second field is the name, in parentheses; utime and stime are the 14th and 15th,
	// in hundredths of a second.
	_, rest, _ := strings.Cut(string(stat), ") ")
	f := strings.Fields(rest)
	if len(f) < 13 {
		return 0, fmt.Errorf("the server's times: %q", stat)
	}
	user, err1 := strconv.ParseFloat(f[11], 64)
	system, err2 := strconv.ParseFloat(f[12], 64)
	return 1e4 * (user + system), errors.Join(err1, err2)
}

// measure says what n requests took of the server, whose memory an address tells. The
// sample has no latencies.
func (s *server) measure(ctx context.Context, memory string, requests func() (n, rate float64, err error)) (x sample, err error) {
	before, err := memoryAt(ctx, memory)
	if err != nil {
		return x, err
	}
	began, err := s.cpu()
	if err != nil {
		return x, err
	}
	n, rate, err := requests()
	if err != nil {
		return x, err
	}
	ended, err := s.cpu()
	if err != nil {
		return x, err
	}
	after, err := memoryAt(ctx, memory)
	if err != nil {
		return x, err
	}
	used := after.since(before)
	x = sample{rate: rate, cpu: (ended - began) / n, collections: 1000 * used.Collections / n, pauses: used.Pauses / n, bytes: used.Bytes / n, objects: used.Objects / n}
	x.atMost, err = s.resident()
	return x, err
}

// memory is what a server says of its collector.
type memory struct {
	Collections, Pauses, Objects, Bytes, System float64
}

func (m memory) since(before memory) memory {
	return memory{m.Collections - before.Collections, m.Pauses - before.Pauses, m.Objects - before.Objects, m.Bytes - before.Bytes, m.System}
}

// memoryAt asks an HTTP address for it.
func memoryAt(ctx context.Context, addr string) (m memory, err error) {
	ctx, stop := context.WithTimeout(ctx, 10*time.Second)
	defer stop()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/debug/memory", nil)
	if err != nil {
		return m, err
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return m, err
	}
	defer response.Body.Close()
	return m, json.NewDecoder(response.Body).Decode(&m)
}
