package transform

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"sort"
	"strings"

	"github.com/dutyflow/dutyflow/warehouse/duck"
)

// Layer is a folder of models. A model refers to its own layer and those before.
type Layer uint8

// The layers, upwards.
const (
	Staging Layer = iota
	Intermediate
	Marts
	Views
)

var layers = []string{"staging", "intermediate", "marts", "views"}

// String is the folder's name.
func (l Layer) String() string { return layers[l] }

// Kind says what a model becomes.
type Kind string

// The kinds of models.
const (
	Table Kind = "table" // a table; in the marts it is published inside the version
	View  Kind = "view"  // a view
	Parts Kind = "parts" // Parquet parts beside the version
	Sums  Kind = "sums"  // a table whose measures add up over entities: keys are the grain, all else are measures
)

// Model is one file of a layer.
type Model struct {
	Name    string
	Layer   Layer
	Kind    Kind
	Grain   []string
	Entity  string   // computed entity range by entity range, cut by this column
	Touches string   // column with the _cluster values whose records count otherwise when a row comes or goes
	Wakes   []string // columns with the instant at which the row counts differently though no record came
	Order   string   // order of the published rows
	Why     string
	SQL     string
	Path    string
	metrics []*Metric // whose leaf rows it holds; for the two tables of metrics only
	refs    []string  // models, macros, seeds and lake tables, sorted
}

// Macro is one file of the macros: an expression, or a SELECT when Table.
type Macro struct {
	Name      string
	Signature string
	Table     bool
	Why       string
	SQL       string
	Path      string
	refs      []string
}

// Check is a query that returns offending rows.
type Check struct {
	Name     string
	Severity string // error blocks publishing, warn is kept
	Why      string
	SQL      string
	Path     string
	refs     []string
}

// Metric is a declaration with the query of its leaf rows.
type Metric struct {
	ID                         string
	NameZH, NameEN             string
	FormulaZH, FormulaEN       string
	PopulationZH, PopulationEN string
	Unit, Direction, MinN, Why string
	Derived                    bool // by period, of aggregates: what does not add up over months
	SQL                        string
	Path                       string
	refs                       []string
}

// Project is a loaded project of models.
type Project struct {
	Models     []*Model
	Macros     []*Macro
	Checks     []*Check
	Metrics    []*Metric
	Seeds      map[string][]byte
	Sources    map[string][]Source // lake table → columns that the models read
	Hash       string              // of all that decides the result
	byName     map[string]*Model
	macros     map[string]*Macro
	aboveFacts map[string]bool // see above

	oneSidedJoins []Problem
}

// Source is a column of the lake that the models rely on. A lake that is too old to have it gives null.
type Source struct {
	Name string
	Type string
}

// Load reads a project and finds the dependencies. Its errors match ErrBadProject and name the file.
func Load(ctx context.Context, fsys fs.FS) (*Project, error) {
	p := &Project{
		Seeds: map[string][]byte{}, Sources: map[string][]Source{},
		byName: map[string]*Model{}, macros: map[string]*Macro{},
	}
	if err := p.read(fsys); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadProject, err)
	}
	if err := p.link(ctx); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadProject, err)
	}
	return p, nil
}

// Model returns the model of that name.
func (p *Project) Model(name string) (*Model, bool) {
	m, ok := p.byName[name]
	return m, ok
}

func (p *Project) read(fsys fs.FS) error {
	digest := sha256.New()
	for _, folder := range slices.Concat(layers, []string{"macros", "metrics", "checks", "seeds", "sources"}) {
		entries, err := fs.ReadDir(fsys, folder)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", folder, err)
		}
		for _, e := range entries {
			name := path.Join(folder, e.Name())
			text, err := fs.ReadFile(fsys, name)
			if err != nil {
				return fmt.Errorf("read %s: %w", name, err)
			}
			fmt.Fprintf(digest, "%s\x00%d\x00", name, len(text))
			digest.Write(text)
			if err := p.add(folder, name, text); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	p.Hash = hex.EncodeToString(digest.Sum(nil))
	if len(p.Metrics) > 0 {
		p.Models = append(p.Models, metricModels(p.Metrics)...)
	}
	for _, m := range p.Models {
		if _, twice := p.byName[m.Name]; twice {
			return fmt.Errorf("%s: a second model has this name", m.Path)
		}
		p.byName[m.Name] = m
	}
	return nil
}

func (p *Project) add(folder, name string, text []byte) error {
	base, ext := strings.TrimSuffix(path.Base(name), path.Ext(name)), path.Ext(name)
	switch {
	case folder == "seeds" && ext == ".csv":
		p.Seeds[base] = text
		return nil
	case folder == "sources" && ext == ".csv":
		columns, err := readSource(string(text))
		p.Sources[base] = columns
		return err
	case ext != ".sql":
		return nil
	}
	h, body, err := splitHeader(string(text))
	if err != nil {
		return err
	}
	switch folder {
	case "macros":
		return p.addMacro(base, name, h, body)
	case "metrics":
		return p.addMetric(base, name, h, body)
	case "checks":
		return p.addCheck(base, name, h, body)
	default:
		return p.addModel(Layer(slices.Index(layers, folder)), base, name, h, body)
	}
}

func (p *Project) addModel(layer Layer, base, file string, h header, body string) error {
	if err := h.require([]string{"model", "grain", "kind", "why"}, []string{"entity", "order", "wakes", "touches"}); err != nil {
		return err
	}
	m := &Model{
		Name: h["model"], Layer: layer, Kind: Kind(h["kind"]), Entity: h["entity"], Order: h["order"], Touches: h["touches"],
		Why: h["why"], SQL: body, Path: file,
	}
	for column := range strings.SplitSeq(h["grain"], ",") {
		m.Grain = append(m.Grain, strings.TrimSpace(column))
	}
	if h["wakes"] != "" {
		for column := range strings.SplitSeq(h["wakes"], ",") {
			m.Wakes = append(m.Wakes, strings.TrimSpace(column))
		}
	}
	published := layer == Marts && m.Kind != View
	switch {
	case m.Name != base:
		return fmt.Errorf("the header names model %s; a file is named for its model", m.Name)
	case !slices.Contains([]Kind{Table, View, Parts, Sums}, m.Kind):
		return fmt.Errorf("kind %q; one of table, view, parts, sums", m.Kind)
	case layer == Views && m.Kind != View:
		return fmt.Errorf("kind %q in views; analysts' views store nothing", m.Kind)
	case m.Kind == Parts && layer != Marts:
		return fmt.Errorf("kind parts outside the marts; only what is published lies in parts")
	case m.Kind == Sums && layer != Marts:
		return fmt.Errorf("kind sums outside the marts; only what is published is kept from run to run")
	case m.Touches != "" && (layer != Staging || m.Kind != Table || m.Entity != ""):
		return fmt.Errorf("touches needs a table of staging without entity, which is kept from run to run to see what changed")
	case len(m.Wakes) > 0 && (m.Kind != Parts || m.Entity == ""):
		return fmt.Errorf("wakes without kind parts and an entity; only a fact's rows are looked for by instant")
	case published && m.Order == "":
		return errors.New("header: order is missing; what is published has an order, or equal inputs give other bytes")
	}
	p.Models = append(p.Models, m)
	return nil
}

func (p *Project) addMacro(base, file string, h header, body string) error {
	if err := h.require([]string{"macro", "why"}, []string{"kind", "publish"}); err != nil {
		return err
	}
	m := &Macro{Signature: h["macro"], Table: h["kind"] == "table", Why: h["why"], SQL: body, Path: file}
	name, _, ok := strings.Cut(m.Signature, "(")
	if m.Name = strings.TrimSpace(name); !ok || m.Name != base {
		return fmt.Errorf("the header declares macro %q; a file is named for its macro", m.Signature)
	}
	p.Macros = append(p.Macros, m)
	p.macros[m.Name] = m
	return nil
}

func (p *Project) addCheck(base, file string, h header, body string) error {
	if err := h.require([]string{"check", "severity", "why"}, nil); err != nil {
		return err
	}
	c := &Check{Name: h["check"], Severity: h["severity"], Why: h["why"], SQL: body, Path: file}
	switch {
	case c.Name != base:
		return fmt.Errorf("the header names check %s; a file is named for its check", c.Name)
	case c.Severity != "error" && c.Severity != "warn":
		return fmt.Errorf("severity %q; one of error, warn", c.Severity)
	}
	p.Checks = append(p.Checks, c)
	return nil
}

func (p *Project) addMetric(base, file string, h header, body string) error {
	needed := []string{
		"metric", "name_zh", "name_en", "formula_zh", "formula_en", "population_zh", "population_en",
		"unit", "direction", "min_n", "why",
	}
	if err := h.require(needed, []string{"kind"}); err != nil {
		return err
	}
	if kind := h["kind"]; kind != "" && kind != "sums" && kind != "derived" {
		return fmt.Errorf("kind %q of a metric; one of sums, derived", kind)
	}
	m := &Metric{
		Derived: h["kind"] == "derived",
		ID:      h["metric"], NameZH: h["name_zh"], NameEN: h["name_en"], FormulaZH: h["formula_zh"], FormulaEN: h["formula_en"],
		PopulationZH: h["population_zh"], PopulationEN: h["population_en"], Unit: h["unit"], Direction: h["direction"],
		MinN: h["min_n"], Why: h["why"], SQL: body, Path: file,
	}
	if m.ID != base {
		return fmt.Errorf("the header names metric %s; a file is named for its metric", m.ID)
	}
	if err := m.validate(); err != nil {
		return err
	}
	p.Metrics = append(p.Metrics, m)
	return nil
}

func readSource(text string) ([]Source, error) {
	var columns []Source
	for n, line := range strings.Split(strings.TrimSpace(text), "\n") {
		name, kind, ok := strings.Cut(strings.TrimSpace(line), ",")
		if !ok {
			return nil, fmt.Errorf("line %d: want column,type", n+1)
		}
		if n > 0 {
			columns = append(columns, Source{Name: name, Type: strings.Trim(kind, `"`)})
		}
	}
	return columns, nil
}

// link finds what each query refers to and refuses references that are not there, go upwards or go round.
func (p *Project) link(ctx context.Context) error {
	db, err := duck.Open("", duck.Options{Threads: 1})
	if err != nil {
		return err
	}
	defer db.Close()
	for _, m := range p.Macros {
		query := m.SQL
		if !m.Table {
			query = "select " + query
		}
		if m.refs, err = p.references(ctx, db, m.Path, query); err != nil {
			return err
		}
	}
	for _, m := range p.Models {
		if m.refs, err = p.modelReferences(ctx, db, m); err != nil {
			return err
		}
		if err := p.checkRefs(m); err != nil {
			return fmt.Errorf("%s: %w", m.Path, err)
		}
	}
	for _, c := range p.Checks {
		if c.refs, err = p.references(ctx, db, c.Path, c.SQL); err != nil {
			return err
		}
	}
	if _, err = p.order(); err != nil {
		return err
	}
	return p.checkReach()
}

// modelReferences are those of the model's query; of a table of metrics, those of its metrics.
func (p *Project) modelReferences(ctx context.Context, db *duck.DB, m *Model) ([]string, error) {
	if len(m.metrics) == 0 {
		return p.references(ctx, db, m.Path, m.SQL)
	}
	var all []string
	for _, metric := range m.metrics {
		var err error
		if metric.refs, err = p.references(ctx, db, metric.Path, metric.SQL); err != nil {
			return nil, err
		}
		all = append(all, metric.refs...)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

func (p *Project) checkRefs(m *Model) error {
	for _, ref := range m.refs {
		other, isModel := p.byName[ref]
		switch {
		case strings.HasPrefix(ref, "lake.") && m.Layer != Staging:
			return fmt.Errorf("reads %s; only staging reads the lake", ref)
		case !isModel:
		case other.Layer > m.Layer:
			return fmt.Errorf("reads %s of %s; references only go downwards", ref, other.Layer)
		case m.Layer == Views && other.Layer < Marts:
			return fmt.Errorf("reads %s, which is not published; views read marts", ref)
		case other.Entity != "" && other.Kind != Parts && m.Entity != other.Entity:
			return fmt.Errorf("reads %s, which exists only while a range of %s is computed", ref, other.Entity)
		case m.Entity != "" && other.Kind == Parts && other.Entity != m.Entity:
			return fmt.Errorf("reads %s, which is not complete while a range of %s is computed", ref, m.Entity)
		}
	}
	return nil
}

// order returns the names of models and macros so that each comes after what it refers to; equals by name.
func (p *Project) order() ([]string, error) {
	refs := map[string][]string{}
	for _, m := range p.Macros {
		refs[m.Name] = m.refs
	}
	for _, m := range p.Models {
		refs[m.Name] = m.refs
	}
	names := make([]string, 0, len(refs))
	for name := range refs {
		names = append(names, name)
	}
	sort.Strings(names)
	var out []string
	state := map[string]int{} // 1 under way, 2 done
	var visit func(name string, path []string) error
	visit = func(name string, path []string) error {
		switch {
		case state[name] == 2:
			return nil
		case state[name] == 1:
			return fmt.Errorf("these refer to each other in a circle: %s", strings.Join(append(path, name), " -> "))
		}
		state[name] = 1
		for _, ref := range refs[name] {
			if _, ours := refs[ref]; ours && ref != name {
				if err := visit(ref, append(path, name)); err != nil {
					return err
				}
			}
		}
		state[name] = 2
		out = append(out, name)
		return nil
	}
	for _, name := range names {
		if err := visit(name, nil); err != nil {
			return nil, err
		}
	}
	return out, nil
}
