package lists

import (
	"io/fs"
	"slices"
	"strings"
)

// Check returns everything that is wrong with the lists of a directory, sorted by place; nothing when all is well.
// References to a list that the directory does not hold are a warning: Load knows the version before, which may have it.
func Check(dir fs.FS) []Problem {
	_, problems := check(dir, content{})
	return problems
}

// check reads the directory, completes it with the lists of base that it lacks, and checks the whole.
func check(dir fs.FS, base content) (content, []Problem) {
	var r reader
	all := r.readDir(dir)
	for name, l := range base {
		if _, ok := all[name]; !ok {
			all[name] = l
		}
	}
	for _, d := range Declarations() {
		if l, ok := all[d.Name]; ok {
			r.checkRows(l)
			r.dropSuperseded(l)
			r.checkKeys(l)
		}
	}
	for _, d := range Declarations() {
		if l, ok := all[d.Name]; ok {
			r.checkReferences(l, all)
			r.checkCycles(l)
		}
	}
	r.checkRelations(all)
	return all, sortProblems(r.problems)
}

// checkRows checks what the values of one row require of each other.
func (r *reader) checkRows(l *list) {
	from, to := l.index("valid_from"), l.index("valid_to")
	for _, x := range l.rows {
		if a, b := x.values[from], x.values[to]; a != "" && b != "" && a >= b && !x.bad[from] && !x.bad[to] {
			r.report(x.file, x.line, "valid_to", "%s is not after valid_from %s: valid_to is the first day on which the row no longer holds", b, a)
		}
		for i := range l.decl.Fields {
			with := l.decl.Fields[i].With
			if with == "" {
				continue
			}
			if j := l.index(with); x.values[i] == "" && x.values[j] != "" {
				r.report(x.file, x.line, l.decl.Fields[i].Name, "is empty, but %s is given: give both or neither", with)
			}
		}
	}
	switch l.decl.Name {
	case "calendar":
		r.checkCalendarRows(l)
	case "calendar_map":
		r.padRegions(l, "code")
	case "target":
		r.padRegions(l, "scope_code")
	}
}

// firstYear and lastYear bound the days of calendars: a year beyond them is a slip of the pen.
const (
	firstYear = "1990"
	lastYear  = "2099"
)

func (r *reader) checkCalendarRows(l *list) {
	date, kind, hours := l.index("date"), l.index("day_kind"), l.index("intervals")
	for _, x := range l.rows {
		if x.bad[date] || x.bad[kind] {
			continue
		}
		if day := x.values[date]; day != "" {
			from, to := l.validity(x)
			switch year := day[:4]; {
			case year < firstYear || year > lastYear:
				r.report(x.file, x.line, "date", "%s lies outside the years of calendars, %s to %s: correct the year", day, firstYear, lastYear)
			case day < from || day >= to:
				r.report(x.file, x.line, "date", "%s lies outside the validity of its row: correct it, or leave valid_from and valid_to empty", day)
			}
		}
		works := x.values[kind] == "work" || x.values[kind] == "makeup_work"
		switch {
		case x.values[date] == "" && x.values[kind] != "work":
			r.report(x.file, x.line, "day_kind", "is %s in a row without a date, which sets the hours of working days: write work, or give the date", x.values[kind])
		case x.values[date] == "" && x.values[hours] == "":
			r.report(x.file, x.line, "intervals", "is empty in a row without a date, which sets the hours of working days: fill it in, or give the date")
		case !works && x.values[hours] != "":
			r.report(x.file, x.line, "intervals", "is given for a day of kind %s: empty it, or make the day a working day", x.values[kind])
		}
	}
}

// padRegions brings the codes of regions to 12 digits: the column holds codes of organisations, too.
func (r *reader) padRegions(l *list, column string) {
	scope, code := l.index("scope"), l.index(column)
	for _, x := range l.rows {
		if x.values[scope] != "region" || x.values[code] == "" || x.bad[code] {
			continue
		}
		v, err := normaliseRegion(x.values[code])
		if err != nil {
			r.report(x.file, x.line, column, "%v", err)
			x.bad[code] = true
			continue
		}
		x.values[code] = v
	}
}

// key returns the key of a row, or false when a value of it had a problem.
func (l *list) key(x row) (string, bool) {
	var b strings.Builder
	for _, name := range l.decl.Key {
		i := l.index(name)
		if x.bad[i] {
			return "", false
		}
		b.WriteString(x.values[i])
		b.WriteByte(0x1f)
	}
	return b.String(), true
}

// label returns the key of a row for people.
func (l *list) label(x row) string {
	var parts []string
	for _, name := range l.decl.Key {
		if v := x.values[l.index(name)]; v != "" {
			parts = append(parts, v)
		}
	}
	return strings.Join(parts, " ")
}

// dropSuperseded keeps, of rows with equal key and valid_from, the one with the highest rev. Two with the same rev
// contradict each other.
func (r *reader) dropSuperseded(l *list) {
	type place struct {
		at  int
		rev string
	}
	from, rev := l.index("valid_from"), l.index("rev")
	newest := make(map[string]place, len(l.rows))
	kept := make([]bool, len(l.rows))
	for i, x := range l.rows {
		kept[i] = true
		k, ok := l.key(x)
		if !ok || x.bad[from] || x.bad[rev] {
			continue
		}
		k += x.values[from]
		old, seen := newest[k]
		switch c := compareNumbers(x.values[rev], old.rev); {
		case seen && c == 0:
			r.report(x.file, x.line, l.decl.Key[0], "%s is in line %d as well, with the same validity and revision: remove one of the rows", l.label(x), l.rows[old.at].line)
		case seen && c < 0:
			kept[i] = false
		case seen:
			kept[old.at] = false
			newest[k] = place{i, x.values[rev]}
		default:
			newest[k] = place{i, x.values[rev]}
		}
	}
	rows := l.rows[:0:0]
	for i, x := range l.rows {
		if kept[i] {
			rows = append(rows, x)
		}
	}
	l.rows = rows
}

// compareNumbers compares normalised whole numbers; empty is 0.
func compareNumbers(a, b string) int {
	if a == "" {
		a = "0"
	}
	if b == "" {
		b = "0"
	}
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

// forever sorts after every date: the end of a row that is still valid.
const forever = "9999-99-99"

func (l *list) validity(x row) (from, to string) {
	from, to = x.values[l.index("valid_from")], x.values[l.index("valid_to")]
	if to == "" {
		to = forever
	}
	return from, to
}

func (l *list) holds(x row, day string) bool {
	from, to := l.validity(x)
	return from <= day && day < to
}

// checkKeys reports rows of one key that hold at the same time.
func (r *reader) checkKeys(l *list) {
	fromAt, toAt := l.index("valid_from"), l.index("valid_to")
	byKey := map[string][]row{}
	var order []string
	for _, x := range l.rows {
		k, ok := l.key(x)
		if !ok || x.bad[fromAt] || x.bad[toAt] {
			continue
		}
		if byKey[k] == nil {
			order = append(order, k)
		}
		byKey[k] = append(byKey[k], x)
	}
	for _, k := range order {
		rows := byKey[k]
		slices.SortStableFunc(rows, func(a, b row) int {
			fa, _ := l.validity(a)
			fb, _ := l.validity(b)
			return strings.Compare(fa, fb)
		})
		for i := 1; i < len(rows); i++ {
			from, _ := l.validity(rows[i])
			before, to := l.validity(rows[i-1])
			if from < to && from != before { // equal starts were reported as duplicates
				r.report(rows[i].file, rows[i].line, "valid_from", "%s overlaps line %d: end that row with valid_to %s or earlier", l.label(rows[i]), rows[i-1].line, from)
			}
		}
	}
}
