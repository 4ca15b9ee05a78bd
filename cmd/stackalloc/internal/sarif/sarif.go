// Package sarif writes findings in the Static Analysis Results Interchange
// Format 2.1.0, which code hosts show beside the source.
package sarif

import (
	"encoding/json"
	"io"
	"net/url"
	"path/filepath"
	"runtime/debug"
	"strings"
)

// Finding is one unproven call.
type Finding struct {
	File       string // absolute
	Line, Col  int
	Text       string
	Suppressed bool // accepted in the source
	Related    []Related
}

// Related is another place that a finding tells of.
type Related struct {
	File      string // absolute
	Line, Col int
	Text      string
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

const ruleID = "unproven"

// New returns a document without findings. Files below root are named relative
// to it.
func New(root string) *Log {
	var r run
	r.Tool.Driver = driver{
		Name:           "stackalloc check",
		InformationURI: "https://github.com/stackalloc/stackalloc",
		Rules: []rule{{
			ID:                   ruleID,
			Name:                 "UnprovenCall",
			ShortDescription:     message{"The block comes from the heap"},
			FullDescription:      message{"The compiler does not prove that the callback keeps nothing of its slice, so the call takes its block from make."},
			Help:                 message{"Keep the slice from reaching anything that outlives the callback, or accept the call with the comment // stackalloc:heap on its line."},
			DefaultConfiguration: configuration{"warning"},
		}},
	}
	if info, ok := debug.ReadBuildInfo(); ok && strings.HasPrefix(info.Main.Version, "v") {
		r.Tool.Driver.Version = info.Main.Version
		r.Tool.Driver.SemanticVersion = strings.TrimPrefix(info.Main.Version, "v")
	}
	// The compiler counts columns in bytes; for what is left of a call that is
	// the same as UTF-16 code units nearly always.
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
	r := result{RuleID: ruleID, Level: "warning", Message: message{f.Text}}
	r.Locations = []location{l.at(f.File, f.Line, f.Col, "")}
	for _, x := range f.Related {
		r.RelatedLocations = append(r.RelatedLocations, l.at(x.File, x.Line, x.Col, x.Text))
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

func (l *Log) at(file string, line, col int, text string) location {
	x := location{PhysicalLocation: physical{Region: region{StartLine: max(line, 1), StartColumn: max(col, 0)}}}
	rel, err := filepath.Rel(l.root, file)
	if err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		x.PhysicalLocation.ArtifactLocation = artifact{URI: (&url.URL{Path: filepath.ToSlash(rel)}).String(), URIBaseID: "SRCROOT"}
	} else {
		x.PhysicalLocation.ArtifactLocation = artifact{URI: fileURI(file)}
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
