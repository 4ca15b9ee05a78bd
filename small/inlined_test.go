package small_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Pushing with a call takes twice as long. What the compiler inlines is a matter of its
// version, and some of these are at the limit in those that there are.
func TestWhatTheCompilerInlines(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the compiler")
	}
	tool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("no go command")
	}
	out, err := exec.Command(tool, "build", "-gcflags=-m", "-o", os.DevNull, "./testdata/inlined").CombinedOutput()
	require.NoError(t, err, "%s", out)
	for _, method := range []string{
		"(*Vec[go.shape.string]).Push", "(*Vec[go.shape.string]).TryPush", "(*Vec[go.shape.string]).Pop",
		"(*Deque[go.shape.string]).PushBack", "(*Deque[go.shape.string]).PushFront",
		"(*Deque[go.shape.string]).TryPushBack", "(*Deque[go.shape.string]).TryPushFront",
		"(*Deque[go.shape.string]).PopBack", "(*Deque[go.shape.string]).PopFront",
		"(*Set[go.shape.string]).Add", "(*Set[go.shape.string]).Has",
		"(*Map[go.shape.string,go.shape.int]).Put", "(*Map[go.shape.string,go.shape.int]).Get",
		"Add[go.shape.string,go.shape.int]",
	} {
		if !strings.Contains(string(out), "inlining call to small."+method+"\n") {
			t.Errorf("%s is not inlined", method)
		}
	}
}
