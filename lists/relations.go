package lists

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// checkRelations reports what several rows, each of them in order, say that cannot be true together.
func (r *reader) checkRelations(all content) {
	r.checkUnits(all)
	r.checkVersions(all)
	r.checkPosts(all)
	r.checkDuties(all)
	r.checkBoundaries(all)
	r.checkTargets(all)
	r.checkWeights(all)
	r.checkOrphans(all)
}

// view reads a list by the names of its fields.
type view struct {
	*list
}

// view returns a list that was read to its end, or false: what a broken one lacks cannot be known.
func (c content) view(name string) (view, bool) {
	l, ok := c[name]
	return view{l}, ok && !l.broken
}

// get returns a value, empty when it had a problem.
func (v view) get(x row, field string) string {
	i := v.index(field)
	if x.bad[i] {
		return ""
	}
	return x.values[i]
}

func (v view) codes(x row, field string) []string {
	if s := v.get(x, field); s != "" {
		return strings.Split(s, ";")
	}
	return nil
}

// by groups the rows by a field.
func (v view) by(field string) map[string][]row {
	out := map[string][]row{}
	for _, x := range v.rows {
		if s := v.get(x, field); s != "" {
			out[s] = append(out[s], x)
		}
	}
	return out
}

// overlap tells whether two rows, of whatever lists, hold on a common day.
func overlap(a view, x row, b view, y row) bool {
	af, at := a.validity(x)
	bf, bt := b.validity(y)
	return af < bt && bf < at
}

// above are the kinds that an organisation of a kind may belong to.
var above = map[string][]string{
	"post":    {"section"},
	"section": {"department", "institution", "body", "section"},
}

// checkUnits reports posts that belong to no section and sections of no department, or of one in another region.
func (r *reader) checkUnits(all content) {
	org, ok := all.view("org")
	if !ok {
		return
	}
	byCode := org.by("org_code")
	for _, x := range org.rows {
		kind, parent := org.get(x, "kind"), org.get(x, "parent_org")
		want := above[kind]
		if len(want) == 0 || x.bad[org.index("parent_org")] {
			continue
		}
		if parent == "" {
			r.report(x.file, x.line, "parent_org", "is empty, but a %s belongs to a %s: name it", kind, want[0])
			continue
		}
		for _, p := range byCode[parent] {
			if !overlap(org, x, org, p) || parent == org.get(x, "org_code") {
				continue
			}
			if k := org.get(p, "kind"); k != "" && !slices.Contains(want, k) {
				r.report(x.file, x.line, "parent_org", "%s is a %s (line %d); a %s belongs to a %s", parent, k, p.line, kind, want[0])
				break
			}
			if a, b := org.get(x, "region_code"), org.get(p, "region_code"); a != "" && b != "" && a != b {
				r.report(x.file, x.line, "region_code", "is %s, but %s, to which it belongs, serves %s (line %d): a unit is in the region of its department", a, parent, b, p.line)
				break
			}
		}
	}
}

// checkVersions reports processes of which two versions hold on the same day.
func (r *reader) checkVersions(all content) {
	process, ok := all.view("process")
	if !ok {
		return
	}
	for _, rows := range sortedGroups(process.by("process_code")) {
		for i, x := range rows {
			for _, y := range rows[:i] {
				a, b := process.get(x, "ver"), process.get(y, "ver")
				if a == "" || b == "" || a == b || !overlap(process, x, process, y) || badValidity(process, x) || badValidity(process, y) {
					continue
				}
				newer, older := x, y
				if compareNumbers(a, b) < 0 {
					newer, older = y, x
				}
				r.report(newer.file, newer.line, "valid_from", "version %s of %s holds together with version %s (line %d): end that version with valid_to when this one begins",
					process.get(newer, "ver"), process.get(newer, "process_code"), process.get(older, "ver"), older.line)
				break
			}
		}
	}
}

func badValidity(v view, x row) bool {
	from, to := v.validity(x)
	return x.bad[v.index("valid_from")] || x.bad[v.index("valid_to")] || from >= to
}

// sortedGroups returns the groups in the order of their first rows, so that what is reported does not depend on a map.
func sortedGroups(groups map[string][]row) [][]row {
	out := make([][]row, 0, len(groups))
	for _, rows := range groups {
		out = append(out, rows)
	}
	slices.SortFunc(out, func(a, b []row) int { return a[0].line - b[0].line })
	return out
}

// checkPosts reports posts of a task that belong to another section than the task.
func (r *reader) checkPosts(all content) {
	org, ok := all.view("org")
	task, ok2 := all.view("task")
	if !ok || !ok2 {
		return
	}
	byCode := org.by("org_code")
	for _, x := range task.rows {
		section := task.get(x, "section_code")
		if section == "" || len(byCode[section]) == 0 {
			continue
		}
		for _, post := range task.codes(x, "post_codes") {
			rows := byCode[post]
			if len(rows) == 0 || org.get(rows[0], "kind") != "post" {
				continue // reported as a reference
			}
			if slices.ContainsFunc(rows, func(p row) bool {
				parent := org.get(p, "parent_org")
				return parent == section || parent == ""
			}) {
				continue
			}
			r.report(x.file, x.line, "post_codes", "%s is a post of %s, not of the section %s: correct one of them", post, org.get(rows[0], "parent_org"), section)
		}
	}
}

// checkDuties reports tasks whose section lies outside the department that has the duty.
func (r *reader) checkDuties(all content) {
	org, ok := all.view("org")
	duty, ok2 := all.view("duty")
	task, ok3 := all.view("task")
	if !ok || !ok2 || !ok3 {
		return
	}
	byCode, duties := org.by("org_code"), duty.by("duty_code")
	top := func(code string) string {
		for range 10 {
			rows := byCode[code]
			if len(rows) == 0 {
				return ""
			}
			last := rows[len(rows)-1]
			if kind := org.get(last, "kind"); kind != "post" && kind != "section" {
				return code
			}
			code = org.get(last, "parent_org")
		}
		return ""
	}
	for _, x := range task.rows {
		for _, d := range duties[task.get(x, "duty_code")] {
			section, owner := task.get(x, "section_code"), duty.get(d, "org_code")
			a, b := top(section), top(owner)
			if a == "" || b == "" || a == b {
				continue
			}
			r.report(x.file, x.line, "section_code", "%s belongs to %s, but the duty %s is of %s (duty.csv line %d): a task stays in the department of its duty",
				section, a, duty.get(d, "duty_code"), b, d.line)
			break
		}
	}
}

func (r *reader) checkBoundaries(all content) {
	boundary, ok := all.view("boundary")
	if !ok {
		return
	}
	for _, x := range boundary.rows {
		if lead := boundary.get(x, "lead"); lead != "" && slices.Contains(boundary.codes(x, "peers"), lead) {
			r.report(x.file, x.line, "peers", "%s leads and helps: remove it from one side", lead)
		}
	}
}

func (r *reader) checkTargets(all content) {
	target, ok := all.view("target")
	if !ok {
		return
	}
	for _, x := range target.rows {
		scope, code := target.get(x, "scope"), target.get(x, "scope_code")
		switch {
		case scope == "all" && code != "":
			r.report(x.file, x.line, "scope_code", "is given, but the scope is all: empty it, or say what it is the code of")
		case scope != "all" && scope != "" && code == "" && !x.bad[target.index("scope_code")]:
			r.report(x.file, x.line, "scope_code", "is empty, but the scope is %s: say which", scope)
		}
		floor, goal := target.get(x, "floor"), target.get(x, "target")
		if floor == "" || goal == "" {
			continue
		}
		switch c, direction := points(goal).Cmp(points(floor)), target.get(x, "direction"); {
		case c < 0 && direction == "up", c > 0 && direction == "down":
			r.report(x.file, x.line, "floor", "%s is better than the target %s: exchange them, or correct the direction", floor, goal)
		}
	}
}

// points reads a normalised number exactly; empty is 0.
func points(s string) *big.Rat {
	n, ok := new(big.Rat).SetString(s)
	if !ok {
		return new(big.Rat)
	}
	return n
}

// checkWeights reports sets of indicators whose weights do not add up to 100, on any day on which a row of them begins.
func (r *reader) checkWeights(all content) {
	indicator, ok := all.view("indicator")
	if !ok {
		return
	}
	for _, rows := range sortedGroups(indicator.by("set")) {
		r.checkSet(indicator, rows)
	}
}

func (r *reader) checkSet(indicator view, rows []row) {
	for _, x := range rows {
		class, parent := indicator.get(x, "class"), indicator.get(x, "parent")
		if parent != "" && class == "" && !x.bad[indicator.index("class")] {
			r.report(x.file, x.line, "class", "is empty, but a second-level indicator is core, corroborating or negative: choose one")
		}
		if indicator.get(x, "cap") != "" && class != "negative" {
			r.report(x.file, x.line, "cap", "is given, but only a negative indicator deducts: empty it, or make the class negative")
		}
		if x.bad[indicator.index("weight")] || x.bad[indicator.index("class")] || badValidity(indicator, x) {
			return // a wrong weight makes every sum wrong
		}
	}
	days := view{&list{decl: indicator.decl, rows: rows}}.startDays()
	for _, day := range days {
		total, weighted := new(big.Rat), false
		under := map[string]*big.Rat{}
		var in []row
		for _, x := range rows {
			if !indicator.holds(x, day) {
				continue
			}
			in = append(in, x)
			parent := indicator.get(x, "parent")
			if parent == "" || indicator.get(x, "class") == "negative" {
				continue
			}
			w := indicator.get(x, "weight")
			weighted = weighted || w != ""
			total.Add(total, points(w))
			if under[parent] == nil {
				under[parent] = new(big.Rat)
			}
			under[parent].Add(under[parent], points(w))
		}
		if !weighted {
			continue
		}
		if total.Cmp(big.NewRat(100, 1)) != 0 {
			x := in[0]
			r.report(x.file, x.line, "weight", "weights of the core and corroborating indicators of %s add up to %s%s; they must be 100", indicator.get(x, "set"), total.FloatString(decimals(total)), since(day))
			return
		}
		for _, x := range in {
			code, w := indicator.get(x, "code"), indicator.get(x, "weight")
			if indicator.get(x, "parent") != "" || w == "" || under[code] == nil || under[code].Cmp(points(w)) == 0 {
				continue
			}
			r.report(x.file, x.line, "weight", "is %s, but the indicators below %s add up to %s%s: make them equal", w, code, under[code].FloatString(decimals(under[code])), since(day))
		}
	}
}

func since(day string) string {
	if day == "" {
		return ""
	}
	return fmt.Sprintf(" on %s", day)
}

// decimals is how many digits a sum of list numbers needs after the point.
func decimals(n *big.Rat) int {
	if n.IsInt() {
		return 0
	}
	return 3
}

// checkOrphans warns of what is no fault of the lists, but of the work that they describe.
func (r *reader) checkOrphans(all content) {
	duty, hasDuties := all.view("duty")
	task, hasTasks := all.view("task")
	if hasDuties && hasTasks {
		byDuty := task.by("duty_code")
		for _, x := range duty.rows {
			if code := duty.get(x, "duty_code"); code != "" && len(byDuty[code]) == 0 {
				r.warn(x.file, x.line, "duty_code", "%s has no task: decompose it into tasks in task.csv; until then it counts in M07", code)
			}
		}
	}
	if hasTasks {
		for _, x := range task.rows {
			if i := task.index("post_codes"); x.values[i] == "" {
				r.warn(x.file, x.line, "post_codes", "is empty: name the posts that carry the task out; until then it counts in M07")
			}
		}
	}
	process, hasProcesses := all.view("process")
	step, hasSteps := all.view("step")
	if hasProcesses && hasSteps {
		known := step.keys([]string{"process_code", "ver"})
		for _, x := range process.rows {
			code, ver := process.get(x, "process_code"), process.get(x, "ver")
			if code != "" && ver != "" && !known[code+"\x1f"+ver] {
				r.warn(x.file, x.line, "process_code", "%s %s has no step: add its steps to step.csv; until then its cases are not held against a process", code, ver)
			}
		}
	}
}
