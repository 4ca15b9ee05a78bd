package version

import (
	"bytes"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestText(t *testing.T) {
	vcs := []debug.BuildSetting{{Key: "vcs.revision", Value: "0123456789abcdef"}, {Key: "vcs.modified", Value: "true"}}
	for _, c := range []struct {
		version  string
		settings []debug.BuildSetting
		want     string
	}{
		{"v1.2.3", nil, "v1.2.3"},
		{"", nil, "(devel)"},
		{"(devel)", vcs, "(devel) (0123456789ab, modified)"},
		{"v0.0.0-20260101000000-0123456789ab+dirty", vcs, "v0.0.0-20260101000000-0123456789ab+dirty"},
		{"(devel)", vcs[:1], "(devel) (0123456789ab)"},
	} {
		require.Equal(t, c.want, text(&debug.BuildInfo{Main: debug.Module{Version: c.version}, Settings: c.settings}))
	}
}

func TestRun(t *testing.T) {
	var out, diag bytes.Buffer
	require.Equal(t, 0, Run(nil, &out, &diag))
	require.Regexp(t, `^stackalloc \S.* go1\.\d+.* \w+/\w+\n$`, out.String())
	require.Equal(t, 2, Run([]string{"x"}, &out, &diag))
	require.Contains(t, diag.String(), `unexpected argument "x"`)
}
