package progress

import (
	"bytes"
	"os"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestTextFitsTheTerminal(t *testing.T) {
	b := &Bar{start: time.Now(), stop: make(chan struct{})}
	b.Phase("compiling")
	b.Step("example.com/a/rather/long/import/path/of/some/päckage", 12)
	for columns := -1; columns < 200; columns++ {
		got := b.text(columns)
		require.LessOrEqual(t, utf8.RuneCountInString(got), max(columns, 0))
		require.True(t, utf8.ValidString(got))
	}
	require.Equal(t, "compiling 1/12 example.com/a", b.text(28))
	require.Contains(t, b.text(60), "compiling [#...................] 1/12 example.com")
	b.Phase("listing")
	require.Equal(t, "listing, 0s", b.text(79))
}

func TestNothingWithoutATerminal(t *testing.T) {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	require.NoError(t, err)
	defer null.Close()
	buf := new(bytes.Buffer)
	for _, b := range []*Bar{New(buf), New(null)} {
		require.Nil(t, b.w)
		b.Phase("x")
		b.Step("y", 3)
		b.Done()
		b.Done()
	}
	require.Empty(t, buf.String())
}
