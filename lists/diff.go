package lists

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/dutyflow/dutyflow/warehouse"
)

// Edition is what lists say, as a whole or on one day.
type Edition struct {
	Version int64  // in the lake; 0 when it was read from a directory
	Day     string // YYYY-MM-DD: only the rows that hold on that day; empty: all rows
	content content
}

// ReadEdition reads the lists of a directory, on a day unless that is empty. Lists with faults return an *Invalid.
func ReadEdition(dir fs.FS, day string) (*Edition, error) {
	c, problems := check(dir, content{})
	if faults := Faults(problems); len(faults) > 0 {
		return nil, &Invalid{Problems: faults}
	}
	return newEdition(0, c, day)
}

// LoadedEdition reads a version from the lake, or with 0 the one that counts.
func LoadedEdition(ctx context.Context, lake *warehouse.Lake, version int64, day string) (*Edition, error) {
	n, c, err := stand(ctx, lake, version)
	if err != nil {
		return nil, fmt.Errorf("read lists of the lake: %w", err)
	}
	if version > 0 && n != version {
		return nil, fmt.Errorf("read version %d of the lists: the lake has no such version; load lists first, or name one that it has", version)
	}
	return newEdition(n, c, day)
}

func newEdition(version int64, c content, day string) (*Edition, error) {
	if day != "" {
		d, err := normaliseDay(day)
		if err != nil {
			return nil, fmt.Errorf("read lists on a day: %w", err)
		}
		day = d
		for _, l := range c {
			l.rows = slices.DeleteFunc(slices.Clone(l.rows), func(x row) bool { return !l.holds(x, day) })
		}
	}
	return &Edition{Version: version, Day: day, content: c}, nil
}

// FieldChange is a field whose value differs.
type FieldChange struct {
	Field  string `json:"field"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// Change is a row that one edition has and the other has not, or has otherwise.
type Change struct {
	List   string        `json:"list"`
	Key    string        `json:"key"`
	Kind   string        `json:"kind"` // added, removed, changed
	Name   string        `json:"name,omitempty"`
	Fields []FieldChange `json:"fields,omitempty"` // of a changed row
}

// Diff is what differs between two editions.
type Diff struct {
	Changes []Change `json:"changes"` // by list in declared order, then by key
	Cuts    []Cut    `json:"cuts"`    // by process and item
	Totals  []Total  `json:"totals"`
}

// Compare returns what changed from a to b. Rows are the same row when their keys and first days are, else when the
// key has one row left on either side; on a day, validity is not compared.
func Compare(a, b *Edition) *Diff {
	d := &Diff{}
	days := a.Day != "" || b.Day != ""
	for _, decl := range Declarations() {
		la, lb := a.content[decl.Name], b.content[decl.Name]
		if la == nil {
			la = &list{decl: decl}
		}
		if lb == nil {
			lb = &list{decl: decl}
		}
		d.Changes = append(d.Changes, compareList(la, lb, days)...)
	}
	d.Cuts, d.Totals = cuts(a, b)
	return d
}

func compareList(a, b *list, days bool) []Change {
	ignored := []string{"rev"}
	if days {
		ignored = append(ignored, "valid_from", "valid_to")
	}
	before, after := a.byLabel(), b.byLabel()
	keys := make([]string, 0, len(before)+len(after))
	for k := range before {
		keys = append(keys, k)
	}
	for k := range after {
		if before[k] == nil {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	var out []Change
	for _, k := range keys {
		out = append(out, compareKey(a, k, before[k], after[k], ignored)...)
	}
	return out
}

// byLabel groups the rows of a list by key, in the order of their first days.
func (l *list) byLabel() map[string][]row {
	out := map[string][]row{}
	for _, x := range l.rows {
		k := l.label(x)
		out[k] = append(out[k], x)
	}
	from := l.index("valid_from")
	for _, rows := range out {
		slices.SortStableFunc(rows, func(x, y row) int { return strings.Compare(x.values[from], y.values[from]) })
	}
	return out
}

func compareKey(l *list, key string, before, after []row, ignored []string) []Change {
	from := l.index("valid_from")
	var out []Change
	pair := func(x, y row) {
		if fields := l.changed(x, y, ignored); len(fields) > 0 {
			out = append(out, Change{List: l.decl.Name, Key: key, Kind: "changed", Name: l.name(y), Fields: fields})
		}
	}
	var gone []row
	left := slices.Clone(after)
	for _, x := range before {
		i := slices.IndexFunc(left, func(y row) bool { return y.values[from] == x.values[from] })
		if i < 0 {
			gone = append(gone, x)
			continue
		}
		pair(x, left[i])
		left = slices.Delete(left, i, i+1)
	}
	if len(gone) == 1 && len(left) == 1 {
		pair(gone[0], left[0])
		return out
	}
	for _, x := range gone {
		out = append(out, Change{List: l.decl.Name, Key: key, Kind: "removed", Name: l.name(x)})
	}
	for _, y := range left {
		out = append(out, Change{List: l.decl.Name, Key: key, Kind: "added", Name: l.name(y)})
	}
	return out
}

func (l *list) changed(x, y row, ignored []string) []FieldChange {
	var out []FieldChange
	for i := range l.decl.Fields {
		name := l.decl.Fields[i].Name
		if x.values[i] != y.values[i] && !slices.Contains(ignored, name) {
			out = append(out, FieldChange{Field: name, Before: x.values[i], After: y.values[i]})
		}
	}
	return out
}

// name is what people call the row; empty when the list has no names.
func (l *list) name(x row) string {
	for _, field := range []string{"name", "text", "label_zh"} {
		if i := l.index(field); i >= 0 {
			return x.values[i]
		}
	}
	return ""
}
