package lists

import (
	"slices"
	"strings"
)

// checkReferences reports values that are not in the list that they refer to.
func (r *reader) checkReferences(l *list, all content) {
	for i := range l.decl.Refs {
		ref := &l.decl.Refs[i]
		target, ok := all[ref.List]
		if !ok {
			r.warnMissing(l, ref)
			continue
		}
		if target.broken {
			continue // what cannot be read cannot be missed
		}
		known := target.keys(ref.To)
		kinds := target.kinds(ref)
		many := l.decl.Fields[l.index(ref.Fields[0])].Type == Codes
		for _, x := range l.rows {
			for _, v := range l.referred(x, ref, many) {
				if slices.Contains(ref.Except, v.code) {
					continue
				}
				if known[v.key] {
					if k := kinds[v.key]; k != "" && !slices.Contains(ref.Kinds, k) {
						r.report(x.file, x.line, ref.Fields[0], "%s is a %s in the list %s; here stands a %s: correct the code", v.label, k, ref.List, ref.Kinds[0])
					}
					continue
				}
				r.report(x.file, x.line, ref.Fields[0], "%s is not in the list %s: add it there, or correct the code", v.label, ref.List)
			}
		}
	}
}

// warnMissing says once that a list is referred to that is not there.
func (r *reader) warnMissing(l *list, ref *Reference) {
	if !slices.ContainsFunc(l.rows, func(x row) bool { return len(l.referred(x, ref, false)) > 0 }) {
		return
	}
	file := ref.List + ".csv"
	if slices.ContainsFunc(r.problems, func(p Problem) bool { return p.File == file && p.Line == 0 }) {
		return
	}
	r.warn(file, 0, "", "is missing, but %s refers to it (%s): add it, unless the lake has this list already", l.rows[0].file, ref.Fields[0])
}

// kinds returns the kind of each row that a reference may lead to; nothing when any kind will do.
func (l *list) kinds(ref *Reference) map[string]string {
	if len(ref.Kinds) == 0 {
		return nil
	}
	kind, to := l.index("kind"), l.index(ref.To[0])
	out := map[string]string{}
	for _, x := range l.rows {
		if !x.bad[kind] {
			out[x.values[to]] = x.values[kind]
		}
	}
	return out
}

// value is what a row refers to.
type value struct {
	code  string // the first field
	key   string // all fields, joined
	label string
}

// referred returns what a row refers to by ref; nothing when the field is empty or had a problem.
func (l *list) referred(x row, ref *Reference, many bool) []value {
	if ref.If != "" && x.values[l.index(ref.If)] != ref.Is {
		return nil
	}
	var rest []string
	for i, name := range ref.Fields {
		at := l.index(name)
		if x.bad[at] || x.values[at] == "" {
			return nil
		}
		if i > 0 {
			rest = append(rest, x.values[at])
		}
	}
	first := x.values[l.index(ref.Fields[0])]
	codes := []string{first}
	if many {
		codes = strings.Split(first, ";")
	}
	var out []value
	for _, c := range codes {
		parts := append([]string{c}, rest...)
		out = append(out, value{code: c, key: strings.Join(parts, "\x1f"), label: strings.Join(parts, " ")})
	}
	return out
}

// keys returns the values that the fields take, joined.
func (l *list) keys(fields []string) map[string]bool {
	at := make([]int, len(fields))
	for i, name := range fields {
		at[i] = l.index(name)
	}
	out := make(map[string]bool, len(l.rows))
	parts := make([]string, len(fields))
	for _, x := range l.rows {
		for i, j := range at {
			parts[i] = x.values[j]
		}
		out[strings.Join(parts, "\x1f")] = true
	}
	return out
}

// edge leads from a row's key to the key that it refers to.
type edge struct {
	row  row
	from string
	to   []value
}

// checkCycles reports references that come back to where they began.
func (r *reader) checkCycles(l *list) {
	for i := range l.decl.Refs {
		ref := &l.decl.Refs[i]
		if !ref.Acyclic {
			continue
		}
		many := l.decl.Fields[l.index(ref.Fields[0])].Type == Codes
		var edges []edge
		for _, x := range l.rows {
			to := l.referred(x, ref, many)
			if len(to) == 0 {
				continue
			}
			var from []string
			for _, name := range ref.To {
				from = append(from, x.values[l.index(name)])
			}
			edges = append(edges, edge{row: x, from: strings.Join(from, "\x1f"), to: to})
		}
		if len(findCycle(edges)) == 0 {
			continue
		}
		// A loop over all times need not exist at any one of them: A under B last year, B under A this year.
		for _, day := range l.startDays() {
			for {
				loop := findCycle(slices.DeleteFunc(slices.Clone(edges), func(e edge) bool { return !l.holds(e.row, day) }))
				if len(loop) == 0 {
					break
				}
				r.reportCycle(ref, loop)
				edges = slices.DeleteFunc(edges, func(e edge) bool {
					return slices.ContainsFunc(loop, func(p edge) bool { return p.row.line == e.row.line })
				})
			}
		}
	}
}

func (r *reader) reportCycle(ref *Reference, loop []edge) {
	slices.SortFunc(loop, func(a, b edge) int { return a.row.line - b.row.line })
	var names []string
	for _, e := range loop {
		names = append(names, strings.ReplaceAll(e.from, "\x1f", " "))
	}
	for _, e := range loop {
		r.report(e.row.file, e.row.line, ref.Fields[0], "leads back to itself through %s: correct one of these rows", strings.Join(names, ", "))
	}
}

// startDays returns the days on which a row begins to hold. What is true of all times is true on one of them.
func (l *list) startDays() []string {
	var days []string
	for _, x := range l.rows {
		from, _ := l.validity(x)
		days = append(days, from)
	}
	slices.Sort(days)
	return slices.Compact(days)
}

// findCycle returns the edges of one loop, or nothing.
func findCycle(edges []edge) []edge {
	const (
		unseen = iota
		open
		done
	)
	next := map[string][]edge{}
	for _, e := range edges {
		next[e.from] = append(next[e.from], e)
	}
	state := map[string]int{}
	var path []edge
	var visit func(node string) []edge
	visit = func(node string) []edge {
		state[node] = open
		for _, e := range next[node] {
			for _, to := range e.to {
				path = append(path, e)
				switch state[to.key] {
				case open:
					start := slices.IndexFunc(path, func(p edge) bool { return p.from == to.key })
					return slices.Clone(path[start:])
				case unseen:
					if loop := visit(to.key); loop != nil {
						return loop
					}
				}
				path = path[:len(path)-1]
			}
		}
		state[node] = done
		return nil
	}
	for _, e := range edges {
		if state[e.from] == unseen {
			if loop := visit(e.from); loop != nil {
				return loop
			}
		}
	}
	return nil
}
