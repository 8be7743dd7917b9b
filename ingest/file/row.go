package file

import (
	"maps"
	"slices"

	"github.com/dutyflow/dutyflow/ingest/record"
)

// row is what a source hands over: the values of the names that the mapping uses, and the others.
type row struct {
	values  []string // by slot; "" is empty
	others  []member // columns that the mapping does not use, those with a value
	pos     int64
	id      string // position as an event id, for XES without mapping
	perCase bool   // a XES trace as a whole
	raw     []byte // the row as it is, when it cannot be taken apart
}

type member struct{ name, value string }

// source reads rows of one format.
type source interface {
	next(r *row) error // io.EOF at the end
}

// slots numbers the names that a mapping uses.
type slots struct {
	names []string
	index map[string]int
	used  []bool // by a field or the id: such a column is not put into ext by itself
}

func (s *slots) of(name string, used bool) int {
	i, ok := s.index[name]
	if !ok {
		i = len(s.names)
		s.index[name] = i
		s.names = append(s.names, name)
		s.used = append(s.used, false)
	}
	s.used[i] = s.used[i] || used
	return i
}

func (s *slots) all(names []string, used bool) []int {
	out := make([]int, len(names))
	for i, name := range names {
		out[i] = s.of(name, used)
	}
	return out
}

// event is an Event made ready.
type event struct {
	perCase bool
	where   []condition
	exprs   []expr // in the order of the contract's fields
	time    int    // index in exprs of event_time, -1 when it has none
	ext     []int  // slots; nil: all that are not used
}

type expr struct {
	field  int
	kind   record.Kind
	codes  map[string]bool // Enum, EnumSet
	from   []int
	join   string
	konst  string
	mapped map[string]string
	deflt  string
	prefix string
}

type condition struct {
	slot int
	Condition
}

func (c *condition) holds(r *row) bool {
	v := r.values[c.slot]
	return (c.Is == nil || v == *c.Is) &&
		(c.Not == nil || v != *c.Not) &&
		(c.In == nil || slices.Contains(c.In, v)) &&
		(c.NotIn == nil || !slices.Contains(c.NotIn, v)) &&
		(c.Empty == nil || (v == "") == *c.Empty)
}

func allHold(conditions []condition, r *row) bool {
	for i := range conditions {
		if !conditions[i].holds(r) {
			return false
		}
	}
	return true
}

func compileConditions(s *slots, conditions []Condition) []condition {
	var out []condition
	for _, c := range conditions {
		out = append(out, condition{slot: s.of(c.From, false), Condition: c})
	}
	return out
}

func compileEvent(m *Mapping, s *slots, e Event, perCase bool) event {
	fields := maps.Clone(m.Fields)
	if fields == nil {
		fields = map[string]Expr{}
	}
	maps.Copy(fields, e.Fields)
	out := event{perCase: perCase, where: compileConditions(s, e.Where), time: -1}
	for i := range m.contract.Fields {
		f := &m.contract.Fields[i]
		x, ok := fields[f.Name]
		if !ok {
			continue
		}
		if f.Name == "event_time" {
			out.time = len(out.exprs)
		}
		c := expr{field: i, kind: f.Kind, from: s.all(x.From, true), join: x.Join, konst: x.Const, mapped: x.Map, deflt: x.Default, prefix: x.Prefix}
		if f.Codes != nil {
			c.codes = map[string]bool{}
			for _, code := range f.Codes {
				c.codes[code.Code] = true
			}
		}
		out.exprs = append(out.exprs, c)
	}
	ext := m.Ext
	if e.Ext != nil {
		ext = e.Ext
	}
	if ext != nil {
		out.ext = s.all(*ext, false)
		if out.ext == nil {
			out.ext = []int{}
		}
	}
	return out
}
