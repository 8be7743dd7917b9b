package export

import (
	"slices"
	"strings"
)

// ocel turns cases and runs into the objects and events of OCEL 2.0 (https://www.ocel-standard.org). Objects are cases,
// their processes and items, and the units that did the work; an event is related to each of them under a qualifier.
type ocel struct {
	to       ocelWriter
	events   map[string]bool // event types
	kinds    map[string]bool // object types
	known    map[string]bool // ids of objects other than cases
	n        int64
	inCase   string
	caseRefs []relation // what every event of the case is related to
}

type ocelWriter interface {
	event(id, typ, at string, attributes []field, to []relation) error
	object(id, typ string, attributes []field, to []relation) error
	// close ends the log: types in order of their names.
	close(eventTypes, objectTypes []string) error
}

type relation struct{ object, qualifier string }

// eventAttributes and caseAttributes are what the types declare; every event type has the same.
func eventAttributes() []column {
	columns := []column{{"", "lifecycle", text}}
	for _, c := range runColumns {
		if _, _, isObject := unit(c.name); !isObject {
			columns = append(columns, column{"", attributeName(c.name), c.kind})
		}
	}
	return columns
}

func caseAttributes() []column {
	var columns []column
	for _, c := range caseColumns {
		columns = append(columns, column{"", c.name, c.kind})
	}
	return columns
}

func attributeName(name string) string { return strings.TrimPrefix(name, "org:") }

// unit says which fields of an event name an object: its type and the qualifier of the relation.
func unit(name string) (typ, qualifier string, ok bool) {
	switch name {
	case "org_code":
		return "org", "done by", true
	case "org:group":
		return "section", "done in", true
	case "org:role":
		return "post", "done at", true
	}
	return "", "", false
}

func newOCEL(to ocelWriter) *ocel {
	return &ocel{to: to, events: map[string]bool{}, kinds: map[string]bool{"case": true}, known: map[string]bool{}}
}

func (o *ocel) beginCase(c []field) error {
	o.inCase = "case:" + c[0].text
	o.caseRefs = o.caseRefs[:0]
	for _, f := range c[1:] {
		var err error
		switch f.name {
		case "process_code":
			err = o.relate(&o.caseRefs, "process", f.text, "runs by")
		case "item_code":
			err = o.relate(&o.caseRefs, "item", f.text, "about")
		case "owner_org":
			err = o.relate(&o.caseRefs, "org", f.text, "owned by")
		}
		if err != nil {
			return err
		}
	}
	o.n++
	return o.to.object(o.inCase, "case", c[1:], o.caseRefs)
}

func (o *ocel) event(e event) error {
	o.events[e.activity] = true
	attributes := []field{{"lifecycle", text, e.transition}}
	refs := []relation{{o.inCase, "case"}}
	for _, f := range e.fields {
		if typ, qualifier, ok := unit(f.name); ok {
			if err := o.relate(&refs, typ, f.text, qualifier); err != nil {
				return err
			}
			continue
		}
		f.name = attributeName(f.name)
		attributes = append(attributes, f)
	}
	for _, r := range o.caseRefs {
		if r.qualifier != "owned by" { // the case says that once
			refs = append(refs, r)
		}
	}
	return o.to.event(e.id, e.activity, e.at, attributes, refs)
}

// relate adds a relation to an object, which is written when it is met first.
func (o *ocel) relate(to *[]relation, typ, code, qualifier string) error {
	id := typ + ":" + code
	*to = append(*to, relation{id, qualifier})
	if o.known[id] {
		return nil
	}
	o.known[id], o.kinds[typ] = true, true
	o.n++
	return o.to.object(id, typ, nil, nil)
}

func (o *ocel) endCase() error { return nil }

func (o *ocel) objects() int64 { return o.n }

func (o *ocel) close() error { return o.to.close(sorted(o.events), sorted(o.kinds)) }

func sorted(set map[string]bool) []string {
	names := make([]string, 0, len(set))
	for name := range set {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
