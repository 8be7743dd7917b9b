package lists

import (
	"cmp"
	"math/big"
	"slices"
	"strings"
)

// Cut is a number of a process or item that differs between two editions: what reform offices count.
type Cut struct {
	Kind    string `json:"kind"` // process, item
	Code    string `json:"code"`
	Name    string `json:"name"`
	Measure string `json:"measure"`
	Metric  string `json:"metric"` // M60 to M64
	Before  string `json:"before"` // with its unit, where it has one; empty: not told
	After   string `json:"after"`
	Cut     string `json:"cut"`   // before − after; empty when the units differ or a side is not told
	Share   string `json:"share"` // of the number before, in percent with one digit; empty when that is 0 or the cut is not known
}

// Total is a measure summed over the processes or items that both editions have and that tell it, in the same unit.
type Total struct {
	Measure string `json:"measure"`
	Metric  string `json:"metric"`
	N       int    `json:"n"` // processes or items
	Before  string `json:"before"`
	After   string `json:"after"`
	Cut     string `json:"cut"`
	Share   string `json:"share"`
}

// measure is something that reforms cut; field is a column of the list power, unit the column of its unit.
type measure struct{ name, metric, field, unit string }

// measures returns what is compared, in the order of reports.
func measures() []measure {
	return []measure{
		{"steps", "M60", "", ""},
		{"materials", "M61", "materials_n", ""},
		{"formalities", "M61", "formalities_n", ""},
		{"promised limit", "M63", "promised_limit", "promised_unit"},
		{"statutory limit", "M63", "statutory_limit", "statutory_unit"},
		{"certificates", "M64", "certificates_n", ""},
		{"windows", "M64", "windows_n", ""},
		{"visits", "M64", "visits_n", ""},
		{"executing level", "M64", "executing_level", ""},
	}
}

// amount is a number with its unit.
type amount struct {
	number *big.Rat
	unit   string
}

func (a amount) String() string {
	if a.number == nil {
		return ""
	}
	return strings.TrimSpace(decimal(a.number) + " " + a.unit)
}

func decimal(n *big.Rat) string {
	s := n.FloatString(3)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// subject is a process or item that is compared.
type subject struct{ kind, code string }

// told are the amounts of an edition.
type told struct {
	names   map[subject]string
	amounts map[subject]map[string]amount
}

func (t told) set(s subject, name, measure string, a amount) {
	if t.amounts[s] == nil {
		t.amounts[s] = map[string]amount{}
	}
	t.names[s] = name
	t.amounts[s][measure] = a
}

// cuts compares what the editions tell of each process and item that both have.
func cuts(a, b *Edition) ([]Cut, []Total) {
	before, after := a.tell(), b.tell()
	var subjects []subject
	for s := range before.amounts {
		if after.amounts[s] != nil {
			subjects = append(subjects, s)
		}
	}
	slices.SortFunc(subjects, func(x, y subject) int {
		return cmp.Or(strings.Compare(y.kind, x.kind), strings.Compare(x.code, y.code)) // processes first
	})
	var out []Cut
	var totals []Total
	for _, m := range measures() {
		total := Total{Measure: m.name, Metric: m.metric}
		sumBefore, sumAfter := new(big.Rat), new(big.Rat)
		for _, s := range subjects {
			x, y := before.amounts[s][m.name], after.amounts[s][m.name]
			known := x.number != nil && y.number != nil && x.unit == y.unit
			if known {
				total.N++
				sumBefore.Add(sumBefore, x.number)
				sumAfter.Add(sumAfter, y.number)
			}
			if x.String() == y.String() {
				continue
			}
			c := Cut{Kind: s.kind, Code: s.code, Name: after.names[s], Measure: m.name, Metric: m.metric, Before: x.String(), After: y.String()}
			if known {
				c.Cut, c.Share = difference(x.number, y.number)
			}
			out = append(out, c)
		}
		if total.N == 0 || m.field == "executing_level" { // levels do not add up
			continue
		}
		total.Before, total.After = decimal(sumBefore), decimal(sumAfter)
		total.Cut, total.Share = difference(sumBefore, sumAfter)
		totals = append(totals, total)
	}
	return out, totals
}

// difference returns before − after, and its share of before in percent.
func difference(before, after *big.Rat) (cut, share string) {
	d := new(big.Rat).Sub(before, after)
	if before.Sign() == 0 {
		return decimal(d), ""
	}
	return decimal(d), new(big.Rat).Mul(new(big.Rat).Quo(d, before), big.NewRat(100, 1)).FloatString(1)
}

// tell reads the amounts of an edition: of every process and item the row that holds, which without a day is the newest.
func (e *Edition) tell() told {
	t := told{names: map[subject]string{}, amounts: map[subject]map[string]amount{}}
	if power, ok := e.content.view("power"); ok {
		for code, rows := range power.by("item_code") {
			x := newest(power, rows, "")
			for _, m := range measures() {
				if m.field == "" {
					continue
				}
				a := amount{}
				if v := power.get(x, m.field); v != "" {
					a.number = points(v)
					if m.unit != "" {
						a.unit = power.get(x, m.unit)
					}
				}
				t.set(subject{"item", code}, power.get(x, "name"), m.name, a)
			}
		}
	}
	process, ok := e.content.view("process")
	step, ok2 := e.content.view("step")
	if !ok || !ok2 {
		return t
	}
	steps := step.by("process_code")
	for code, rows := range process.by("process_code") {
		x := newest(process, rows, "ver")
		if n := countSteps(step, steps[code], process.get(x, "ver")); n > 0 {
			t.set(subject{"process", code}, process.get(x, "name"), "steps", amount{number: big.NewRat(int64(n), 1)})
		}
	}
	return t
}

// newest returns the row that begins last; of several the one with the highest number in the given field.
func newest(v view, rows []row, number string) row {
	return slices.MaxFunc(rows, func(x, y row) int {
		a, _ := v.validity(x)
		b, _ := v.validity(y)
		if c := strings.Compare(a, b); c != 0 || number == "" {
			return c
		}
		return compareNumbers(v.get(x, number), v.get(y, number))
	})
}

// countSteps counts the steps of a version that are done; a procedure that only holds steps is not one of them.
func countSteps(step view, rows []row, ver string) int {
	codes, holds := map[string]bool{}, map[string]bool{}
	for _, x := range rows {
		if step.get(x, "ver") == ver {
			codes[step.get(x, "step_code")] = true
			holds[step.get(x, "parent_step")] = true
		}
	}
	n := 0
	for code := range codes {
		if !holds[code] {
			n++
		}
	}
	return n
}
