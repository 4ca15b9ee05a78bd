package sarif

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// The places are relative to the root where they are below it, and columns are left out
// where they are not known. The whole is held against the schema in a test of the command.
func TestLog(t *testing.T) {
	root := filepath.Join(t.TempDir(), "a b")
	l := New(root)
	l.Add(Finding{Place: Place{filepath.Join(root, "sub", "ä#.go"), 3, 5}, Text: "one", Related: []Related{{Place{filepath.Join(root, "x.go"), 0, -1}, "there"}}})
	l.Add(Finding{Rule: "stale", Place: Place{filepath.Join(filepath.Dir(root), "other.go"), 7, 0}, Text: "two", Suppressed: true})
	l.Add(Finding{Rule: "inlinable", Place: Place{filepath.Join(root, "c:d.go"), 1, 1}, Text: "three"})
	var b bytes.Buffer
	require.NoError(t, l.Write(&b))
	var d document
	require.NoError(t, json.Unmarshal(b.Bytes(), &d))
	require.Len(t, d.Runs, 1)
	run := d.Runs[0]
	require.Equal(t, "utf16CodeUnits", run.ColumnKind)
	require.Equal(t, fileURI(root)+"/", run.OriginalURIBaseIDs["SRCROOT"].URI)
	require.Contains(t, fileURI(root), "a%20b")
	require.Len(t, run.Results, 3)
	for i, rule := range []string{"unproven", "stale", "inlinable"} {
		r := run.Results[i]
		require.Equal(t, rule, r.RuleID)
		require.Equal(t, rule, run.Tool.Driver.Rules[r.RuleIndex].ID)
		require.Equal(t, i == 1, len(r.Suppressions) == 1)
	}
	at := func(l location) physical { return l.PhysicalLocation }
	require.Equal(t, physical{artifact{"sub/%C3%A4%23.go", "SRCROOT"}, region{3, 5}}, at(run.Results[0].Locations[0]))
	require.Equal(t, physical{artifact{"x.go", "SRCROOT"}, region{1, 0}}, at(run.Results[0].RelatedLocations[0]))
	require.Equal(t, "there", run.Results[0].RelatedLocations[0].Message.Text)
	require.Equal(t, physical{artifact{fileURI(filepath.Join(filepath.Dir(root), "other.go")), ""}, region{7, 0}}, at(run.Results[1].Locations[0]))
	require.Equal(t, "./c:d.go", run.Results[2].Locations[0].PhysicalLocation.ArtifactLocation.URI)
}

// A document without findings has a list of them all the same.
func TestEmptyLog(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, New("/r").Write(&b))
	require.Contains(t, b.String(), `"results": []`)
}
