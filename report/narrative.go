package report

import (
	"fmt"
	"slices"
)

// narrator turns rules into sentences. A sentence is printed only when all its conditions hold and each value that it
// prints is known and rests on a large enough sample; a sentence never says "no data" by accident.
type narrator struct {
	*printer
	id      string            // of the report, the prefix of its texts
	globals map[string]string // {period}, {place} and the like
	fired   []firedRule
}

// firedRule is what the machine summary says of a sentence.
type firedRule struct {
	Rule   string           `json:"rule"`
	Values map[string]value `json:"values"`
}

// tell returns the sentences of rules, in order. Of the rules with the same choice only the first that holds speaks.
func (n *narrator) tell(rules []rule) ([]finding, error) {
	var out []finding
	chosen := map[string]bool{}
	for _, r := range rules {
		if r.Choice != "" && chosen[r.Choice] {
			continue
		}
		told, err := n.tellRule(r)
		if err != nil {
			return nil, fmt.Errorf("rule %s: %w", r.ID, err)
		}
		if len(told) > 0 && r.Choice != "" {
			chosen[r.Choice] = true
		}
		out = append(out, told...)
	}
	return out, nil
}

func (n *narrator) tellRule(r rule) ([]finding, error) {
	if r.Each == "" {
		f, ok, err := n.tellOnce(r, nil, nil)
		if err != nil || !ok {
			return nil, err
		}
		return []finding{f}, nil
	}
	var out []finding
	in := n.data.data[r.Each]
	for _, current := range in.rows {
		f, ok, err := n.tellOnce(r, in, current)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, f)
		}
	}
	return out, nil
}

func (n *narrator) tellOnce(r rule, in *dataset, current row) (finding, bool, error) {
	for _, when := range r.When {
		if ok, err := n.data.holds(when, in, current); err != nil || !ok {
			return finding{}, false, err
		}
	}
	values := map[string]printed{}
	fired := firedRule{Rule: r.ID, Values: map[string]value{}}
	for _, f := range withComparisons(r.Values) {
		v, err := n.print(f, in, current)
		if err != nil {
			return finding{}, false, err
		}
		if !v.known && f.Show != "phrase" {
			return finding{}, false, nil
		}
		values[f.Name] = v
		fired.Values[f.Name] = machine(v.value)
	}
	text, err := n.sentence(n.id+".rule."+r.ID, values)
	if err != nil {
		return finding{}, false, err
	}
	out := finding{Text: text}
	if r.Advice {
		if out.Advice, err = n.sentence(n.id+".advice."+r.ID, values); err != nil {
			return finding{}, false, err
		}
	}
	n.fired = append(n.fired, fired)
	return out, true, nil
}

// withComparisons gives a value the comparison of the change that stands in the same sentence, so that both are printed
// with the same digits (M98).
func withComparisons(figures []figure) []figure {
	out := slices.Clone(figures)
	for i, f := range out {
		for _, other := range figures {
			if f.Against == "" && other.of() == f.of() && other.Kind == f.Kind && other.Against != "" {
				out[i].Against, out[i].NAgainst = other.Against, other.NAgainst
				break
			}
		}
	}
	return out
}

// sentence fills the text of key; each figure becomes a span of its own that names its query.
func (n *narrator) sentence(key string, values map[string]printed) (sentence, error) {
	text, ok := n.texts.texts[key]
	if !ok {
		return nil, fmt.Errorf("texts %s: there is no %q", n.texts.lang, key)
	}
	var out sentence
	add := func(s span) {
		if s.Text == "" {
			return
		}
		if last := len(out) - 1; last >= 0 && out[last].Query == "" && s.Query == "" && !out[last].Foreign && !s.Foreign {
			out[last].Text += s.Text
			return
		}
		out = append(out, s)
	}
	end := 0
	for _, at := range placeholder.FindAllStringSubmatchIndex(text, -1) {
		add(span{Text: text[end:at[0]]})
		end = at[1]
		name := text[at[2]:at[3]]
		v, isValue := values[name]
		global, isGlobal := n.globals[name]
		switch {
		case !isValue && !isGlobal:
			return nil, fmt.Errorf("texts %s: %s: nothing is known about {%s}", n.texts.lang, key, name)
		case at[4] >= 0:
			add(span{Text: plural(v.text, text[at[4]:at[5]], text[at[6]:at[7]])})
		case isValue:
			add(span{Text: v.text, Query: v.query, Foreign: v.foreign, Words: v.words})
		default:
			add(span{Text: global, Foreign: n.texts.lang != "zh" && hasHan(global)})
		}
	}
	add(span{Text: text[end:]})
	return out, nil
}

// sentences drops the advice of findings.
func sentences(found []finding) []sentence {
	var out []sentence
	for _, f := range found {
		out = append(out, f.Text)
	}
	return out
}
