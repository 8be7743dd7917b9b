package file

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/dutyflow/dutyflow/ingest/record"
)

// Mapping says how the rows of a file become messages of a contract. examples/mappings/README.md describes it.
type Mapping struct {
	Format    string   `yaml:"format"`    // csv, xes or ndjson
	Record    string   `yaml:"record"`    // the contract; duty.step when empty
	Source    string   `yaml:"source"`    // the field source of every message
	Zone      string   `yaml:"zone"`      // how times without offset are read; it parses and does nothing else
	Times     []string `yaml:"times"`     // layouts of times, as package time writes them, tried before the usual ones
	Separator string   `yaml:"separator"` // CSV: one character, "," when empty
	Trim      bool     `yaml:"trim"`      // cut white space around values

	// ID names the columns that make event_id. Without it the id is derived from case, step, action, time and count.
	ID    []string    `yaml:"id"`
	Where []Condition `yaml:"where"`
	// Fields fill the fields of the contract, for all events of a row.
	Fields map[string]Expr `yaml:"fields"`
	// Events are the messages of one row; none means one message of Fields. One whose event_time is empty is left out.
	Events []Event `yaml:"events"`
	// CaseEvents are the messages of one XES trace, made from its attributes.
	CaseEvents []Event `yaml:"case_events"`
	// Ext names the columns that go to ext: all that are not used elsewhere when it is not given.
	Ext *[]string `yaml:"ext"`

	path       string
	raw        []byte
	contract   *record.Contract
	zone       *record.Zone
	positional bool // event_id is the position: XES without mapping
}

// Event is one message of a row: its fields come over those of the mapping.
type Event struct {
	Where  []Condition     `yaml:"where"`
	Fields map[string]Expr `yaml:"fields"`
	Ext    *[]string       `yaml:"ext"`
}

// Condition is one test of a row. All tests of a list must hold.
type Condition struct {
	From  string   `yaml:"from"`
	Is    *string  `yaml:"is"`
	Not   *string  `yaml:"not"`
	In    []string `yaml:"in"`
	NotIn []string `yaml:"not_in"`
	Empty *bool    `yaml:"empty"`
}

// Expr says where a field comes from. In YAML it may be the name of a column alone.
type Expr struct {
	From    []string // columns, joined by Join
	Join    string
	Const   string
	Map     map[string]string // value of the columns to value of the field
	Default string            // when the result is empty
	Prefix  string            // put in front of what came from the columns
	line    int
}

type exprYAML struct {
	From    nameList          `yaml:"from"`
	Join    string            `yaml:"join"`
	Const   string            `yaml:"const"`
	Map     map[string]string `yaml:"map"`
	Default string            `yaml:"default"`
	Prefix  string            `yaml:"prefix"`
}

type nameList []string

// UnmarshalYAML reads one name or a list of them.
func (l *nameList) UnmarshalYAML(node ast.Node) error {
	if node.Type() == ast.SequenceType {
		return yaml.NodeToValue(node, (*[]string)(l), yaml.Strict())
	}
	*l = make(nameList, 1)
	return yaml.NodeToValue(node, &(*l)[0], yaml.Strict())
}

// UnmarshalYAML reads the name of a column, or the parts of an expression.
func (e *Expr) UnmarshalYAML(node ast.Node) error {
	e.line = node.GetToken().Position.Line
	if t := node.Type(); t != ast.MappingType && t != ast.MappingValueType {
		e.From = make([]string, 1)
		return yaml.NodeToValue(node, &e.From[0], yaml.Strict())
	}
	var y exprYAML
	if err := yaml.NodeToValue(node, &y, yaml.Strict()); err != nil {
		return err
	}
	*e = Expr{From: y.From, Join: y.Join, Const: y.Const, Map: y.Map, Default: y.Default, Prefix: y.Prefix, line: e.line}
	return nil
}

// ReadMapping reads and checks a mapping file.
func ReadMapping(path string) (*Mapping, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return ParseMapping(path, raw)
}

// ParseMapping reads a mapping from the content of the file at path.
func ParseMapping(path string, raw []byte) (*Mapping, error) {
	m := &Mapping{path: path, raw: raw}
	if err := yaml.UnmarshalWithOptions(raw, m, yaml.Strict()); err != nil {
		line, detail := yamlProblem(err)
		return nil, &Error{Kind: ErrMapping, Path: path, Line: line, Detail: detail, Cause: err}
	}
	if line, detail := m.check(); detail != "" {
		return nil, &Error{Kind: ErrMapping, Path: path, Line: int64(line), Detail: detail}
	}
	return m, nil
}

// Bytes returns the mapping as it was read: a part of the identity of a load. A nil mapping has none.
func (m *Mapping) Bytes() []byte {
	if m == nil {
		return nil
	}
	return m.raw
}

// Path returns where the mapping was read from, "" for a nil one.
func (m *Mapping) Path() string {
	if m == nil {
		return ""
	}
	return m.path
}

// yamlProblem makes one line of the library's several.
func yamlProblem(err error) (int64, string) {
	var at interface {
		GetToken() *token.Token
		GetMessage() string
	}
	if errors.As(err, &at) && at.GetToken() != nil {
		return int64(at.GetToken().Position.Line), at.GetMessage()
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return 0, first
}

// check finishes a mapping, or says what is wrong with it and on which line.
func (m *Mapping) check() (line int, problem string) {
	if !slices.Contains([]string{formatCSV, formatXES, formatNDJSON}, m.Format) {
		return 0, fmt.Sprintf("format must be csv, xes or ndjson, not %q", m.Format)
	}
	if m.Record == "" {
		m.Record = "duty.step"
	}
	c, ok := record.Lookup(m.Record)
	if !ok {
		var names []string
		for _, c := range record.Contracts() {
			names = append(names, c.Name)
		}
		return 0, fmt.Sprintf("record must be one of %s, not %q", strings.Join(names, ", "), m.Record)
	}
	m.contract = c
	if m.Source == "" {
		return 0, "source is missing; name the system that the file comes from"
	}
	if m.Zone != "" {
		loc, err := time.LoadLocation(m.Zone)
		if err != nil {
			return 0, fmt.Sprintf("zone %q is unknown; use a name like Asia/Shanghai", m.Zone)
		}
		m.zone = record.NewZone(loc)
	}
	for _, layout := range m.Times {
		if !strings.Contains(layout, "06") {
			return 0, fmt.Sprintf("times: %q is no layout; write how 2006-01-02 15:04:05 would look", layout)
		}
	}
	if m.Separator != "" && (len(m.Separator) != 1 || strings.Contains("\"\r\n", m.Separator)) {
		return 0, fmt.Sprintf("separator must be one ASCII character such as \";\" or \"\\t\", not %q", m.Separator)
	}
	if len(m.CaseEvents) > 0 && m.Format != formatXES {
		return 0, "case_events are for xes: other formats have no case apart from its rows; use events"
	}
	if line, problem := m.checkConditions(m.Where); problem != "" {
		return line, problem
	}
	if line, problem := m.checkFields(m.Fields); problem != "" {
		return line, problem
	}
	for _, events := range [][]Event{m.Events, m.CaseEvents} {
		for _, e := range events {
			if line, problem := m.checkFields(e.Fields); problem != "" {
				return line, problem
			}
			if line, problem := m.checkConditions(e.Where); problem != "" {
				return line, problem
			}
			if _, own := e.Fields["event_time"]; !own {
				return 0, "each of events and case_events needs its own event_time: one that is empty leaves the event out"
			}
		}
	}
	return 0, ""
}

func (m *Mapping) checkFields(fields map[string]Expr) (line int, problem string) {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		e := fields[name]
		switch {
		case name == "schema" || name == "source":
			return e.line, name + " is not a field to map: record and source at the top say it"
		case name == "event_id":
			return e.line, "event_id is not a field to map: name the columns that make it under id"
		case name == "ext":
			return e.line, "ext is not a field to map: name the columns that go there under ext at the top"
		case m.contract.Index(name) < 0:
			return e.line, fmt.Sprintf("%s has no field %q; docs/records.md lists them", m.contract.Name, name)
		case len(e.From) == 0 && e.Const == "" && e.Default == "":
			return e.line, name + " needs from or const"
		case len(e.From) > 0 && e.Const != "":
			return e.line, name + " has both from and const; use default for when from is empty"
		case slices.Contains(e.From, ""):
			return e.line, name + " names an empty column"
		case len(e.From) == 0 && (len(e.Map) > 0 || e.Prefix != ""):
			return e.line, name + " has a map or a prefix but no from"
		}
		if line, problem := m.checkCodes(name, e); problem != "" {
			return line, problem
		}
	}
	return 0, ""
}

// checkCodes makes sure that what the mapping itself writes into an enum is one of its codes.
func (m *Mapping) checkCodes(name string, e Expr) (line int, problem string) {
	f := &m.contract.Fields[m.contract.Index(name)]
	if f.Kind != record.Enum {
		return 0, ""
	}
	values := []string{e.Const, e.Default}
	for _, k := range slices.Sorted(maps.Keys(e.Map)) {
		values = append(values, e.Map[k])
	}
	for _, v := range values {
		if v != "" && !hasCode(f, v) {
			var codes []string
			for _, c := range f.Codes {
				codes = append(codes, c.Code)
			}
			return e.line, fmt.Sprintf("%s has no code %q; it has %s", name, v, strings.Join(codes, " "))
		}
	}
	return 0, ""
}

func (m *Mapping) checkConditions(conditions []Condition) (line int, problem string) {
	for _, c := range conditions {
		if c.From == "" {
			return 0, "a condition under where needs from"
		}
		if c.Is == nil && c.Not == nil && c.In == nil && c.NotIn == nil && c.Empty == nil {
			return 0, fmt.Sprintf("the condition on %q under where needs is, not, in, not_in or empty", c.From)
		}
	}
	return 0, ""
}

func hasCode(f *record.Field, code string) bool {
	return slices.ContainsFunc(f.Codes, func(c record.Code) bool { return c.Code == code })
}

// xesDefaults is how a process-mining log is read that has no mapping: domain.md 6.1.11.
func xesDefaults(name string) *Mapping {
	from := func(column, otherwise string) Expr { return Expr{From: []string{column}, Default: otherwise} }
	constant := func(v string) Expr { return Expr{Const: v} }
	c, _ := record.Lookup("duty.step")
	return &Mapping{
		Format: formatXES, Record: c.Name, Source: name, contract: c, positional: true,
		Fields: map[string]Expr{
			"action":       constant("step_end"),
			"case_id":      from("case:concept:name", ""),
			"step_code":    from("concept:name", "-"),
			"event_time":   from("time:timestamp", ""),
			"process_code": constant(name),
			"task_code":    constant("-"),
			"org_code":     constant("-"),
			"region_code":  constant("000000000000"),
			"section_code": from("org:group", ""),
			"post_code":    from("org:role", ""),
			"actor_id":     from("org:resource", ""),
		},
	}
}
