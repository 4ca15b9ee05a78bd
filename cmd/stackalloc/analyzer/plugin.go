package analyzer

import (
	"context"

	"github.com/golangci/plugin-module-register/register"
	"golang.org/x/tools/go/analysis"
)

func init() { register.Plugin(Name, newPlugin) }

// plugin is what golangci-lint loads.
type plugin struct{ settings Settings }

func newPlugin(conf any) (register.LinterPlugin, error) {
	if conf == nil {
		return plugin{}, nil
	}
	s, err := register.DecodeSettings[Settings](conf)
	return plugin{s}, err
}

func (p plugin) BuildAnalyzers() ([]*analysis.Analyzer, error) {
	return []*analysis.Analyzer{New(context.Background(), p.settings)}, nil
}

func (plugin) GetLoadMode() string { return register.LoadModeTypesInfo }
