package report

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"sort"
	"strings"

	"github.com/goccy/go-yaml"
)

//go:embed reports/*.yaml queries/*.sql texts/*.yaml templates/*
var files embed.FS

// spec declares one report: what it reads and what it prints, in order.
type spec struct {
	ID       string         `yaml:"id"`
	File     string         `yaml:"file"`    // the part of the file name that says what it is
	Periods  []string       `yaml:"periods"` // lengths it is written for: month
	Minimum  map[string]int `yaml:"minimum"` // smallest samples, by the name that figures use in min
	Data     []source       `yaml:"data"`
	Headline []rule         `yaml:"headline"`
	Cards    []figure       `yaml:"cards"`
	Sections []section      `yaml:"sections"`
}

// source is a data set of a report: a named query with its arguments.
type source struct {
	Name  string            `yaml:"name"`
	Query string            `yaml:"query"`
	With  map[string]string `yaml:"with"` // extra arguments: $by and the like
	Key   string            `yaml:"key"`  // column that name[key].field looks up
}

// reference is how a figure names the query that made it.
func (s source) reference() string {
	parts := []string{s.Query}
	for _, name := range sortedKeys(s.With) {
		parts = append(parts, s.With[name])
	}
	return strings.Join(parts, "-")
}

// figure declares how a value is taken from the data and how it is printed. Table columns, cards, chart series and the
// values of sentences are all figures, so that one number looks the same wherever it stands.
type figure struct {
	Name     string `yaml:"name"`
	Of       string `yaml:"of"`        // where the value is; the name when empty
	Against  string `yaml:"against"`   // the value of the earlier period
	Base     string `yaml:"base"`      // which earlier period that is: previous (default) or year
	Year     string `yaml:"year"`      // cards: the value of a year before
	Kind     string `yaml:"kind"`      // see kinds in number.go
	Show     string `yaml:"show"`      // value (default), previous, change, phrase
	N        string `yaml:"n"`         // sample behind the value
	NAgainst string `yaml:"n_against"` // sample behind the earlier value
	NYear    string `yaml:"n_year"`    // sample behind the value of a year before
	Min      string `yaml:"min"`       // which minimum the samples must reach; rate when empty
	Better   string `yaml:"better"`    // up or down: which direction is good news
	Bar      bool   `yaml:"bar"`       // tables: draw the value as a bar beside the number
	Own      string `yaml:"own"`       // names: column that is true where the name stands for the unit's own share
}

func (f figure) of() string {
	if f.Of != "" {
		return f.Of
	}
	return f.Name
}

// rule declares a sentence: it is printed when all conditions hold.
type rule struct {
	ID     string   `yaml:"id"`
	Each   string   `yaml:"each"`   // one sentence for each row of this data set
	Choice string   `yaml:"choice"` // of the rules with the same choice the first that holds is printed
	When   []string `yaml:"when"`
	Values []figure `yaml:"values"`
	Advice bool     `yaml:"advice"` // findings: the catalogue has an advice text beside the finding
}

type section struct {
	ID       string    `yaml:"id"`
	Appendix bool      `yaml:"appendix"` // counted apart, on a page of its own
	Blocks   []block   `yaml:"blocks"`
	Sections []section `yaml:"sections"`
}

// block is one part of a section; exactly one field is set.
type block struct {
	Paragraph   []rule     `yaml:"paragraph"`
	Findings    []rule     `yaml:"findings"`
	Table       *tableSpec `yaml:"table"`
	Chart       *chartSpec `yaml:"chart"`
	Heat        *heatSpec  `yaml:"heat"`
	Note        string     `yaml:"note"`        // a fixed text
	Definitions string     `yaml:"definitions"` // data set of metric definitions
	Queries     bool       `yaml:"queries"`     // the named queries of this report
}

type tableSpec struct {
	ID      string   `yaml:"id"`
	Data    string   `yaml:"data"`
	Columns []figure `yaml:"columns"`
	Group   string   `yaml:"group"` // column whose values head groups of rows, where there is more than one
	Total   string   `yaml:"total"` // column with the number of rows that there would be without a limit
	Rest    string   `yaml:"rest"`  // what rows are, for the note on those left out: cases or units
	Foot    string   `yaml:"foot"`  // column that is true on the row of totals
}

type chartSpec struct {
	ID     string   `yaml:"id"`
	Type   string   `yaml:"type"` // columns, line, rank
	Data   string   `yaml:"data"`
	Label  figure   `yaml:"label"`
	Series []figure `yaml:"series"`
	Need   string   `yaml:"need"` // rank: rows without a value in this column are left out
}

type heatSpec struct {
	ID     string `yaml:"id"`
	Data   string `yaml:"data"`
	Row    string `yaml:"row"`
	Own    string `yaml:"own"` // column that is true where the row stands for the unit's own share
	Column string `yaml:"column"`
	Value  figure `yaml:"value"`
}

// kindsDeclared lists the reports there are.
func kindsDeclared() []string {
	entries, _ := fs.ReadDir(files, "reports")
	var kinds []string
	for _, entry := range entries {
		kinds = append(kinds, strings.TrimSuffix(entry.Name(), ".yaml"))
	}
	return kinds
}

func readSpec(kind string) (*spec, error) {
	if !slices.Contains(kindsDeclared(), kind) {
		return nil, fmt.Errorf("write report %q: %w; there are: %s", kind, ErrUnknownKind, strings.Join(kindsDeclared(), ", "))
	}
	text, err := files.ReadFile("reports/" + kind + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("read report %s: %w", kind, err)
	}
	return parseSpec(kind, text)
}

func parseSpec(kind string, text []byte) (*spec, error) {
	var s spec
	if err := yaml.UnmarshalWithOptions(text, &s, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("read report %s: %w", kind, err)
	}
	if err := s.validate(); err != nil {
		return nil, fmt.Errorf("read report %s: %w", kind, err)
	}
	return &s, nil
}

// validate finds what would otherwise only show when the report is printed for a month that reaches the faulty part.
func (s *spec) validate() error {
	sources := map[string]bool{}
	for _, d := range s.Data {
		if _, err := readQuery(d.Query); err != nil {
			return err
		}
		if sources[d.Name] {
			return fmt.Errorf("data set %s is declared twice", d.Name)
		}
		sources[d.Name] = true
	}
	return s.walk(walker{
		figure: func(f figure) error {
			if _, ok := kinds[f.Kind]; !ok {
				return fmt.Errorf("figure %s: unknown kind %q", f.Name, f.Kind)
			}
			if f.Min != "" && s.Minimum[f.Min] == 0 {
				return fmt.Errorf("figure %s: minimum %q is not declared", f.Name, f.Min)
			}
			return nil
		},
		rule: func(r rule) error {
			for _, text := range r.When {
				if _, err := parseCondition(text); err != nil {
					return fmt.Errorf("rule %s: %w", r.ID, err)
				}
			}
			return nil
		},
		data: func(name string) error {
			if !sources[name] {
				return fmt.Errorf("data set %q is not declared", name)
			}
			return nil
		},
		text: func(string) error { return nil },
	})
}

// walker visits the parts of a declaration; the validation of specs and of catalogues share the one way through.
type walker struct {
	figure func(figure) error
	rule   func(rule) error
	data   func(name string) error
	text   func(key string) error // every catalogue key that the report prints
}

func (s *spec) walk(w walker) error {
	if err := w.text(s.ID + ".title"); err != nil {
		return err
	}
	if err := s.walkRules(w, s.Headline); err != nil {
		return err
	}
	for _, card := range s.Cards {
		if err := firstError(w.figure(card), w.text(s.ID+".card."+card.Name)); err != nil {
			return err
		}
	}
	return s.walkSections(w, s.Sections)
}

func (s *spec) walkRules(w walker, rules []rule) error {
	for _, r := range rules {
		if err := firstError(w.rule(r), w.text(s.ID+".rule."+r.ID)); err != nil {
			return err
		}
		if r.Advice {
			if err := w.text(s.ID + ".advice." + r.ID); err != nil {
				return err
			}
		}
		if r.Each != "" {
			if err := w.data(r.Each); err != nil {
				return err
			}
		}
		for _, f := range r.Values {
			if err := w.figure(f); err != nil {
				return fmt.Errorf("rule %s: %w", r.ID, err)
			}
		}
	}
	return nil
}

func (s *spec) walkSections(w walker, sections []section) error {
	for _, part := range sections {
		if err := w.text(s.ID + ".section." + part.ID); err != nil {
			return err
		}
		for _, b := range part.Blocks {
			if err := s.walkBlock(w, b); err != nil {
				return fmt.Errorf("section %s: %w", part.ID, err)
			}
		}
		if err := s.walkSections(w, part.Sections); err != nil {
			return err
		}
	}
	return nil
}

func (s *spec) walkBlock(w walker, b block) error {
	switch {
	case b.Table != nil:
		err := firstError(w.data(b.Table.Data), w.text(s.ID+".table."+b.Table.ID))
		for _, c := range b.Table.Columns {
			err = firstError(err, w.figure(c), w.text("column."+c.Name))
		}
		return err
	case b.Chart != nil:
		err := firstError(w.data(b.Chart.Data), w.figure(b.Chart.Label), w.text(s.ID+".chart."+b.Chart.ID))
		for _, c := range b.Chart.Series {
			err = firstError(err, w.figure(c), w.text("column."+c.Name))
		}
		return err
	case b.Heat != nil:
		return firstError(w.data(b.Heat.Data), w.figure(b.Heat.Value), w.text(s.ID+".table."+b.Heat.ID),
			w.text("column."+b.Heat.Row))
	case b.Note != "":
		return w.text(s.ID + ".note." + b.Note)
	case b.Definitions != "":
		return w.data(b.Definitions)
	default:
		return firstError(s.walkRules(w, b.Paragraph), s.walkRules(w, b.Findings))
	}
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}
