// Package sarif writes findings in the Static Analysis Results Interchange
// Format 2.1.0, which code hosts show beside the source.
package sarif

import (
	"encoding/json"
	"io"
	"net/url"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/position"
)

// Finding is an unproven call, or a warning.
type Finding struct {
	Rule string // of a warning; empty for an unproven call
	Place
	Text       string
	Suppressed bool // accepted in the source
	Related    []Related
}

// Place is where something is. Col is in UTF-16 code units, from 1; 0 for the line.
type Place struct {
	File      string // absolute
	Line, Col int
}

// Related is another place that a finding tells of.
type Related struct {
	Place
	Text string
}

// Log is a document with one run.
type Log struct {
	root string
	doc  document
}

type document struct {
	Schema  string `json:"$schema"`
	Version string `json:"version"`
	Runs    []run  `json:"runs"`
}

type run struct {
	Tool struct {
		Driver driver `json:"driver"`
	} `json:"tool"`
	OriginalURIBaseIDs map[string]artifact `json:"originalUriBaseIds"`
	ColumnKind         string              `json:"columnKind"`
	Results            []result            `json:"results"`
}

type driver struct {
	Name            string `json:"name"`
	Version         string `json:"version,omitempty"`
	SemanticVersion string `json:"semanticVersion,omitempty"`
	InformationURI  string `json:"informationUri"`
	Rules           []rule `json:"rules"`
}

type rule struct {
	ID                   string        `json:"id"`
	Name                 string        `json:"name"`
	ShortDescription     message       `json:"shortDescription"`
	FullDescription      message       `json:"fullDescription"`
	Help                 message       `json:"help"`
	DefaultConfiguration configuration `json:"defaultConfiguration"`
}

type configuration struct {
	Level string `json:"level"`
}

type message struct {
	Text string `json:"text"`
}

type result struct {
	RuleID           string        `json:"ruleId"`
	RuleIndex        int           `json:"ruleIndex"`
	Level            string        `json:"level"`
	Message          message       `json:"message"`
	Locations        []location    `json:"locations"`
	RelatedLocations []location    `json:"relatedLocations,omitempty"`
	Suppressions     []suppression `json:"suppressions,omitempty"`
}

type suppression struct {
	Kind string `json:"kind"`
}

type location struct {
	PhysicalLocation physical `json:"physicalLocation"`
	Message          *message `json:"message,omitempty"`
}

type physical struct {
	ArtifactLocation artifact `json:"artifactLocation"`
	Region           region   `json:"region"`
}

type artifact struct {
	URI       string `json:"uri"`
	URIBaseID string `json:"uriBaseId,omitempty"`
}

type region struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn,omitempty"`
}

var rules = []rule{{
	ID:                   "unproven",
	Name:                 "UnprovenCall",
	ShortDescription:     message{"The block comes from the heap"},
	FullDescription:      message{"The compiler does not prove that the callback keeps nothing of its slice, so the call takes its block from make."},
	Help:                 message{"Keep the slice from reaching anything that outlives the callback, or accept the call with the comment // stackalloc:heap on its line."},
	DefaultConfiguration: configuration{"warning"},
}, {
	ID:                   "inlinable",
	Name:                 "ProofLostElsewhere",
	ShortDescription:     message{"Other packages would get the block from the heap"},
	FullDescription:      message{"The function can be inlined into other packages. The callback is made anew there, where the compiler does not prove it."},
	Help:                 message{"Put //go:noinline on the function."},
	DefaultConfiguration: configuration{"warning"},
}, {
	ID:                   "stale",
	Name:                 "StaleAcceptance",
	ShortDescription:     message{"The comment accepts nothing"},
	FullDescription:      message{"No call that the comment // stackalloc:heap stands at is unproven."},
	Help:                 message{"Remove the comment."},
	DefaultConfiguration: configuration{"warning"},
}}

// New returns a document without findings. Files below root are named relative
// to it.
func New(root string) *Log {
	var r run
	r.Tool.Driver = driver{
		Name:           "stackalloc check",
		InformationURI: "https://github.com/stackalloc/stackalloc",
		Rules:          rules,
	}
	if info, ok := debug.ReadBuildInfo(); ok && strings.HasPrefix(info.Main.Version, "v") {
		r.Tool.Driver.Version = info.Main.Version
		r.Tool.Driver.SemanticVersion = strings.TrimPrefix(info.Main.Version, "v")
	}
	r.ColumnKind = "utf16CodeUnits"
	r.OriginalURIBaseIDs = map[string]artifact{"SRCROOT": {URI: fileURI(root) + "/"}}
	r.Results = []result{}
	return &Log{root: root, doc: document{
		Schema:  "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
		Version: "2.1.0",
		Runs:    []run{r},
	}}
}

// Add adds a finding.
func (l *Log) Add(f Finding) {
	i := max(slices.IndexFunc(rules, func(r rule) bool { return r.ID == f.Rule }), 0)
	r := result{RuleID: rules[i].ID, RuleIndex: i, Level: "warning", Message: message{f.Text}}
	r.Locations = []location{l.at(f.Place, "")}
	for _, x := range f.Related {
		r.RelatedLocations = append(r.RelatedLocations, l.at(x.Place, x.Text))
	}
	if f.Suppressed {
		r.Suppressions = []suppression{{Kind: "inSource"}}
	}
	l.doc.Runs[0].Results = append(l.doc.Runs[0].Results, r)
}

// Write writes the document.
func (l *Log) Write(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "\t")
	e.SetEscapeHTML(false)
	return e.Encode(l.doc)
}

func (l *Log) at(p Place, text string) location {
	x := location{PhysicalLocation: physical{Region: region{StartLine: max(p.Line, 1), StartColumn: max(p.Col, 0)}}}
	if rel := position.Rel(l.root, p.File); !filepath.IsAbs(rel) {
		x.PhysicalLocation.ArtifactLocation = artifact{URI: (&url.URL{Path: filepath.ToSlash(rel)}).String(), URIBaseID: "SRCROOT"}
	} else {
		x.PhysicalLocation.ArtifactLocation = artifact{URI: fileURI(p.File)}
	}
	if text != "" {
		x.Message = &message{text}
	}
	return x
}

func fileURI(path string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return (&url.URL{Scheme: "file", Path: path}).String()
}
