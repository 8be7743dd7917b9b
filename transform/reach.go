package transform

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// isFact says whether the model is a fact that is computed entity by entity.
func (m *Model) isFact() bool { return m.Kind == Parts && m.Entity != "" }

// isContext says whether the model has nothing to do with entities: lists, calendars, the state of loads.
func (p *Project) isContext(m *Model) bool {
	return m.Entity == "" && !p.above()[m.Name]
}

// above are the models and macros that refer, at any distance, to what is computed entity by entity.
func (p *Project) above() map[string]bool {
	if p.aboveFacts != nil {
		return p.aboveFacts
	}
	p.aboveFacts = map[string]bool{}
	order, _ := p.order() // Load refused a project without an order
	for _, name := range order {
		m := p.byName[name]
		if m != nil && m.Entity != "" {
			continue
		}
		for _, ref := range p.refsOf(name) {
			other := p.byName[ref]
			if p.aboveFacts[ref] || (other != nil && other.Entity != "") {
				p.aboveFacts[name] = true
			}
		}
	}
	return p.aboveFacts
}

func (p *Project) refsOf(name string) []string {
	if m, ok := p.byName[name]; ok {
		return m.refs
	}
	if m, ok := p.macros[name]; ok {
		return m.refs
	}
	return nil
}

// reach is what a query reads when it runs: its references, and through views and macros theirs. Tables, facts and sums
// are where it ends, for they are there already. The names are sorted.
func (p *Project) reach(refs []string) []string {
	seen := map[string]bool{}
	var walk func(refs []string)
	walk = func(refs []string) {
		for _, ref := range refs {
			if seen[ref] {
				continue
			}
			seen[ref] = true
			m, isModel := p.byName[ref]
			if _, isMacro := p.macros[ref]; isMacro || (isModel && m.Kind == View && m.Entity == "") {
				walk(p.refsOf(ref))
			}
		}
	}
	walk(refs)
	out := make([]string, 0, len(seen))
	for name := range seen {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// entities are the kinds of entities whose facts a query reads.
func (p *Project) entities(refs []string) []string {
	var out []string
	for _, name := range p.reach(refs) {
		if m, ok := p.byName[name]; ok && m.isFact() && !slices.Contains(out, m.Entity) {
			out = append(out, m.Entity)
		}
	}
	slices.Sort(out)
	return out
}

// addsUp says whether the query can be asked of some entities at a time: it reads facts, and nothing that is made of all.
func (p *Project) addsUp(refs []string) bool {
	facts := false
	for _, name := range p.reach(refs) {
		m, ok := p.byName[name]
		switch {
		case strings.HasPrefix(name, "lake."), ok && m.Kind == Sums, ok && m.Kind == Table && p.above()[name]:
			return false
		case ok && m.isFact():
			facts = true
		}
	}
	return facts
}

// checkReach refuses sums of what does not add up, and tables that would need all facts in each run.
func (p *Project) checkReach() error {
	for _, m := range p.Models {
		switch {
		case m.Kind == Sums && !p.addsUp(m.refs) && p.above()[m.Name]:
			return fmt.Errorf("%s: kind sums reads what is made of all entities (%s); sums read facts, populations, lists and dimensions of lists",
				m.Path, strings.Join(p.madeOfAll(m.refs), ", "))
		case m.Kind == Sums && !p.above()[m.Name] && m.Path != "metrics":
			return fmt.Errorf("%s: kind sums reads no fact", m.Path)
		case m.Kind == Table && m.Entity == "" && len(p.entities(m.refs)) > 0:
			return fmt.Errorf("%s: kind table reads the facts of %s, all of them in every run; make it kind sums, or read sums",
				m.Path, strings.Join(p.entities(m.refs), ", "))
		}
	}
	return nil
}

func (p *Project) madeOfAll(refs []string) []string {
	var out []string
	for _, name := range p.reach(refs) {
		if m, ok := p.byName[name]; ok && (m.Kind == Sums || (m.Kind == Table && p.above()[name])) {
			out = append(out, name)
		}
	}
	return out
}

// readsLake says whether a query reads records.
func (p *Project) readsLake(refs []string) bool {
	return slices.ContainsFunc(p.reach(refs), func(ref string) bool { return strings.HasPrefix(ref, "lake.") })
}

// contextOf are the tables without entity, and the seeds, that the queries read: if their content changes, what was
// computed with them has to be computed again. Those that touch are not among them, for they say themselves what changes.
func (p *Project) contextOf(refs []string) []string {
	var out []string
	for _, name := range p.reach(refs) {
		m, ok := p.byName[name]
		switch {
		case ok && p.isContext(m) && m.Kind != View && m.Touches == "":
			out = append(out, name)
		case !ok && strings.HasPrefix(name, "seed_"):
			out = append(out, name)
		}
	}
	return out
}

// codeHash names the SQL of a query and of all that it is made of, down to tables without entity, whose content is
// looked at instead, and to the facts, which have a hash of their own.
func (p *Project) codeHash(sql string, refs []string) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00", sql)
	for _, ref := range refs {
		m, isModel := p.byName[ref]
		macro, isMacro := p.macros[ref]
		switch {
		case isMacro:
			fmt.Fprintf(h, "macro %s %s\x00", macro.Signature, p.codeHash(macro.SQL, macro.refs))
		case isModel && m.Kind == View && m.Entity == "":
			fmt.Fprintf(h, "view %s %s\x00", ref, p.codeHash(m.SQL, m.refs))
		default:
			fmt.Fprintf(h, "table %s\x00", ref)
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:24]
}

// modelHash is codeHash of a model with what its header says of the work.
func (p *Project) modelHash(m *Model) string {
	return p.codeHash(strings.Join([]string{m.SQL, m.Order, strings.Join(m.Grain, ","), strings.Join(m.Wakes, ",")}, "\x00"), m.refs)
}
