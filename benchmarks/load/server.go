package main

import (
	"bufio"
	"context"
	"encoding/json"
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
func build(ctx context.Context, dir, name, pkg string, flags ...string) (binary string, err error) {
	binary = filepath.Join(dir, name+".exe")
	cmd := exec.CommandContext(ctx, "go", append(append([]string{"build", "-o", binary}, flags...), pkg)...)
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
func (s *server) resident() float64 {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	for line := range strings.Lines(string(status)) {
		if text, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, _ := strconv.ParseFloat(strings.Fields(text)[0], 64)
			return kib / 1024
		}
	}
	return 0
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
