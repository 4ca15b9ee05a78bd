package noalloc

import (
	"bytes"
	"compress/gzip"
	"io"

	"github.com/stackalloc/stackalloc/internal/build"
)

// Armed is the number of open windows.
func Armed() int { return int(armed.Load()) }

// Verify is VerifyTestMain without the exit.
func Verify(m interface{ Run() int }, out io.Writer, opts ...Option) int {
	return verify(m, out, collect(opts))
}

// RaceEnabled says whether the race detector is on.
const RaceEnabled = build.Race

// Decode reads an uncompressed profile as readDeep does.
func Decode(data []byte) error {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(data); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	p := profileState{calls: make(map[Frame]*call)}
	long, err := p.decode(&b)
	if err != nil {
		return err
	}
	for i := range long.samples {
		if _, err := long.sample(i); err != nil {
			return err
		}
	}
	return nil
}

// Undecoded says whether the profile of runtime/pprof could not be read, or did
// not fit the records.
func Undecoded() bool {
	profile.Lock()
	defer profile.Unlock()
	return profile.undecoded
}
