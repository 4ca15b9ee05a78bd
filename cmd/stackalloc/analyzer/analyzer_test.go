package analyzer

import (
	"testing"

	"github.com/golangci/plugin-module-register/register"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/analysis"
)

// What golangci-lint does with a module plugin, up to running the analyzer; go vet runs
// it in a test of the command.
func TestPlugin(t *testing.T) {
	create, err := register.GetPlugin("stackalloc")
	require.NoError(t, err)
	for _, conf := range []any{nil, map[string]any{"strict": true, "tags": "a,b"}} {
		p, err := create(conf)
		require.NoError(t, err)
		require.Equal(t, register.LoadModeTypesInfo, p.GetLoadMode())
		list, err := p.BuildAnalyzers()
		require.NoError(t, err)
		require.Len(t, list, 1)
		require.NoError(t, analysis.Validate(list))
		require.Equal(t, Name, list[0].Name)
	}
	_, err = create(map[string]any{"nosuch": 1})
	require.Error(t, err)
}
