package machine

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/position"
)

// The listings of a large package have hundreds of megabytes, of which nearly nothing
// is kept. Where the go command runs the compiler through this command, by -toolexec, it
// gets to see what is kept alone; else it holds all of it in memory, writes it to its
// cache, and reads it from there each time. And the compiler, which writes line by line,
// writes to a file instead of a pipe, whose reader would have to run for each line.

// ToolCommand is the subcommand of [RunTool].
const ToolCommand = "toolexec"

// command is the executable that has ToolCommand; empty if there is none.
var command string

// UseTool says that the running executable has ToolCommand.
func UseTool() { command, _ = os.Executable() }

// toolFlag is the beginning of a compiler flag that changes nothing, and tells RunTool to
// read the listing. It ends with a sum of the executable, so that what another one left
// in the build cache is not taken for its own.
const toolFlag = "-I=stackalloc-listing-"

// Tool returns the value of -toolexec and the compiler flag to go with it; nothing where
// the listings are to be read as they are, and have to be those of [Flags].
var Tool = sync.OnceValues(func() (toolexec, flag string) {
	quote := ""
	switch {
	case command == "" || strings.ContainsRune(command, '\''):
		return "", ""
	case strings.ContainsAny(command, " \t\"\\"):
		quote = "'"
	}
	f, err := os.Open(command)
	if err != nil {
		return "", ""
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", ""
	}
	return quote + command + quote + " " + ToolCommand, fmt.Sprintf("%s%x", toolFlag, sum.Sum(nil)[:8])
})

// unitHead begins the line that stands for a listing that RunTool read.
var unitHead = []byte("stackalloc listing ")

// RunTool runs a tool for the go command and returns its exit status. In place of a
// compiler's listing it prints what [Reader.Read] keeps of that, in one line.
func RunTool(library string, args []string) int {
	if len(args) == 0 {
		fmt.Fprintln(os.Stderr, "stackalloc: "+ToolCommand+" is for the go command's -toolexec")
		return 2
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	compiles := strings.TrimSuffix(filepath.Base(args[0]), ".exe") == "compile" &&
		!slices.Contains(args, "-V=full") && slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(a, toolFlag) })
	var err error
	if compiles {
		err = runCompiler(cmd, library)
	} else {
		err = cmd.Run()
	}
	if _, exited := err.(*exec.ExitError); exited {
		return max(cmd.ProcessState.ExitCode(), 1)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "stackalloc:", err)
		return 2
	}
	return 0
}

// needsTables reports whether the sources are such that lines do not tell where a call is:
// those with line directives, which the object file follows, those of cgo and for coverage
// among them.
func needsTables(args []string) bool {
	return slices.ContainsFunc(args, func(a string) bool {
		if !strings.HasSuffix(a, ".go") {
			return false
		}
		text, err := os.ReadFile(a)
		return err == nil && position.HasDirectives(text)
	})
}

func runCompiler(cmd *exec.Cmd, library string) error {
	alone := !slices.Contains(cmd.Args, tables)
	if alone && needsTables(cmd.Args) {
		cmd.Args = slices.Insert(cmd.Args, 1, tables)
		alone = false
	}
	out, err := os.CreateTemp(os.Getenv("GOTMPDIR"), "listing")
	if err != nil {
		return err
	}
	defer os.Remove(out.Name())
	defer out.Close()
	in, err := os.Open(out.Name())
	if err != nil {
		return err
	}
	defer in.Close()
	cmd.Stdout = out
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	follow := &follower{file: in, end: make(chan bool)}
	go func() {
		ended <- cmd.Wait()
		close(follow.end)
	}()
	var unit *Unit
	r := &Reader{Library: library, alone: alone}
	failed := r.Read(io.MultiReader(strings.NewReader("# \n"), follow), func(u *Unit) { unit = u })
	if err := <-ended; err != nil {
		if _, err := in.Seek(0, io.SeekStart); err == nil {
			io.Copy(os.Stdout, in)
		}
		return err
	}
	if failed != nil {
		return failed
	}
	if alone {
		unit.addInlining(cmd.Args)
	}
	text, err := json.Marshal(unit)
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(slices.Concat(unitHead, text, []byte("\n")))
	return err
}

// addInlining reads what was inlined from the object file that the compiler wrote.
func (u *Unit) addInlining(args []string) {
	u.Lines = true
	object := ""
	if i := slices.Index(args, "-o"); i >= 0 && i+1 < len(args) {
		object = args[i+1]
	}
	text, err := os.ReadFile(object)
	if err == nil {
		// The compiler is GOROOT/pkg/tool/GOOS_GOARCH/compile.
		err = u.inline(text, filepath.Join(filepath.Dir(args[0]), "..", "..", ".."))
	}
	if err != nil {
		u.Unread, u.Funcs, u.Refs = err.Error(), nil, nil
	}
}

// follower reads a file that is being written, until end is closed.
type follower struct {
	file *os.File
	end  chan bool
}

func (f *follower) Read(p []byte) (int, error) {
	for {
		if n, err := f.file.Read(p); n > 0 || err != io.EOF {
			return n, err
		}
		select {
		case <-f.end:
			return f.file.Read(p)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// readUnit takes the line that RunTool printed for a package.
func (r *Reader) readUnit(l []byte) error {
	if err := json.Unmarshal(bytes.TrimPrefix(l, unitHead), r.unit); err != nil {
		return fmt.Errorf("%s: what was kept of the compiler's listing cannot be read: %w", r.unit.ImportPath, err)
	}
	return nil
}
