package file

import (
	"errors"
	"io"
	"slices"
	"strconv"
)

// maxTrace bounds what is held of one trace, in bytes of names and values. Attributes of a trace may stand behind its
// events, so a trace is held until it ends; a longer one is handed out in parts and must have its attributes in front.
const maxTrace = 64 << 20

// xesSource reads the events of a XES log (IEEE 1849), and each trace as a whole where the mapping wants it.
//
// The attributes of an event are named by their keys, those of its trace with "case:" in front. An attribute inside
// another is "outer/inner", so are the members of lists and containers; a key that comes again in the same place is
// "key#2". Extensions, globals and classifiers are passed over: a global declares an attribute and a value for tools that
// make events, and reading that value into events that lack it would invent ends of cases that are open.
type xesSource struct {
	x     *xmlReader
	slots *slots
	name  string // of the file, for traces without a name
	cases bool   // hand out traces as a whole

	inLog, inTrace, inParts bool
	traces, events          int64 // read so far
	prefixed                map[string]string

	attrs   []member   // of the trace
	held    [][]member // its events that are not handed out yet
	size    int
	head    int   // the next of held
	first   int64 // ordinal in the file of held[0]
	inCase  int64 // ordinal in the trace of held[0]
	caseRow bool  // the trace as a whole is still to be handed out
	spare   [][]member
}

func newXES(in *input, s *slots, name string, cases bool) *xesSource {
	return &xesSource{x: newXML(in), slots: s, name: name, cases: cases, prefixed: map[string]string{}}
}

func (s *xesSource) next(r *row) error {
	for {
		if s.caseRow {
			s.caseRow = false
			s.fill(r, nil, s.first, s.inCase)
			r.perCase = true
			return nil
		}
		if s.head < len(s.held) {
			s.fill(r, s.held[s.head], s.first+int64(s.head), s.inCase+int64(s.head))
			s.head++
			return nil
		}
		if err := s.more(); err != nil {
			return err
		}
	}
}

// fill makes a row of an event, or of the trace alone.
func (s *xesSource) fill(r *row, event []member, ordinal, inCase int64) {
	r.pos, r.perCase = ordinal, false
	r.id = strconv.FormatInt(s.traces, 10) + "." + strconv.FormatInt(inCase, 10)
	r.others = r.others[:0]
	if r.values == nil {
		r.values = make([]string, len(s.slots.names))
	}
	clear(r.values)
	for _, m := range event {
		s.put(r, m.name, m.value)
	}
	named := false
	for _, m := range s.attrs {
		named = named || m.name == "case:concept:name" && m.value != ""
		s.put(r, m.name, m.value)
	}
	if !named {
		s.put(r, "case:concept:name", s.name+"#"+strconv.FormatInt(s.traces, 10))
	}
}

func (s *xesSource) put(r *row, name, value string) {
	if value == "" {
		return
	}
	if slot, ok := s.slots.index[name]; ok {
		r.values[slot] = value
		return
	}
	r.others = append(r.others, member{name, value})
}

// more reads the next trace, or the next part of a long one, into held.
func (s *xesSource) more() error {
	s.spare = append(s.spare, s.held...)
	s.inCase += int64(len(s.held))
	s.held, s.head, s.size, s.first = s.held[:0], 0, 0, s.events+1
	for !s.inTrace {
		t, err := s.x.next()
		if err != nil {
			if errors.Is(err, io.EOF) && !s.inLog {
				return s.x.bad("there is no <log>")
			}
			return err
		}
		switch {
		case !s.inLog:
			if t.name != "log" {
				return s.x.in.fail(ErrFormat, s.x.line, "a XES file begins with <log>, this one with <"+t.name+">")
			}
			s.inLog = true
		case t.end:
		case t.name == "trace":
			s.begin()
			s.inTrace, s.caseRow = !t.empty, t.empty && s.cases
			if t.empty {
				return nil
			}
		case t.name == "event": // outside of any trace: a case of its own
			s.begin()
			return s.event(t)
		default:
			if err := s.x.skip(); err != nil {
				return err
			}
		}
	}
	return s.trace()
}

func (s *xesSource) begin() {
	s.traces++
	s.attrs, s.inCase, s.inParts = s.attrs[:0], 1, false
}

// trace reads on inside a trace, until it ends or is too long to be held.
func (s *xesSource) trace() error {
	for s.size < maxTrace {
		t, err := s.x.next()
		if err != nil {
			return err
		}
		switch {
		case t.end:
			s.inTrace = false
			s.caseRow = s.cases && !s.inParts
			return nil
		case t.name == "event":
			if err := s.event(t); err != nil {
				return err
			}
		case !isAttribute(t.name):
			if err := s.x.skip(); err != nil {
				return err
			}
		case s.inParts:
			return s.x.in.fail(ErrFormat, s.x.line, "a trace of more than 64 MiB has an attribute behind its events; put it in front of them")
		default:
			if s.attrs, err = s.attribute(t, "case:", s.attrs); err != nil {
				return err
			}
		}
	}
	s.caseRow = s.cases && !s.inParts
	s.inParts = true
	return nil
}

func (s *xesSource) event(t *tag) error {
	var e []member
	if n := len(s.spare); n > 0 {
		e, s.spare = s.spare[n-1][:0], s.spare[:n-1]
	}
	if !t.empty {
		for {
			t, err := s.x.next()
			if err != nil {
				return err
			}
			if t.end {
				break
			}
			if !isAttribute(t.name) {
				err = s.x.skip()
			} else {
				e, err = s.attribute(t, "", e)
			}
			if err != nil {
				return err
			}
		}
	}
	s.events++
	s.held = append(s.held, e)
	return nil
}

func isAttribute(name string) bool {
	switch name {
	case "string", "date", "int", "float", "boolean", "id", "list", "container":
		return true
	}
	return false
}

// attribute appends the attribute whose start tag is t, and those inside it.
func (s *xesSource) attribute(t *tag, prefix string, to []member) ([]member, error) {
	key, value, empty := t.key, t.value, t.empty
	if prefix != "" {
		key = s.join(prefix, key)
	}
	if t.name != "list" && t.name != "container" {
		to = append(to, member{again(to, key), value})
		s.size += len(key) + len(value) + 32 // and the two string headers
	}
	for !empty {
		t, err := s.x.next()
		switch {
		case err != nil:
			return to, err
		case t.end && t.name == "values":
		case t.end:
			return to, nil
		case t.name == "values": // of a list: what is inside is a member of the list
		case isAttribute(t.name):
			if to, err = s.attribute(t, key+"/", to); err != nil {
				return to, err
			}
		default:
			if err := s.x.skip(); err != nil {
				return to, err
			}
		}
	}
	return to, nil
}

// join puts a prefix in front of a key; the result is one string for each key of the traces.
func (s *xesSource) join(prefix, key string) string {
	if prefix != "case:" {
		return prefix + key
	}
	name, ok := s.prefixed[key]
	if !ok {
		name = prefix + key
		if len(s.prefixed) < 10_000 {
			s.prefixed[key] = name
		}
	}
	return name
}

// again tells a key that occurs again in the same place from the first.
func again(members []member, key string) string {
	has := func(name string) bool {
		return slices.ContainsFunc(members, func(m member) bool { return m.name == name })
	}
	if !has(key) {
		return key
	}
	for n := 2; ; n++ {
		if name := key + "#" + strconv.Itoa(n); !has(name) {
			return name
		}
	}
}
