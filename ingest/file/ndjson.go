package file

import (
	"bytes"
	"encoding/json"
	"io"
	"unicode/utf8"
)

// ndjsonSource reads rows of NDJSON: members of an object are columns, those of objects inside it are named with a dot.
type ndjsonSource struct {
	lines *lines
	slots *slots
	flat  []member
}

func newNDJSON(in *input, s *slots) *ndjsonSource {
	return &ndjsonSource{lines: newLines(in), slots: s}
}

func (n *ndjsonSource) next(r *row) error {
	line, pos, err := n.lines.next()
	if err != nil {
		return err
	}
	r.pos, r.raw, r.others = pos, nil, r.others[:0]
	if r.values == nil {
		r.values = make([]string, len(n.slots.names))
	}
	clear(r.values)
	n.flat = n.flat[:0]
	dec := json.NewDecoder(bytes.NewReader(line))
	if !utf8.Valid(line) || !n.object(dec, "") {
		r.raw = line // not an object: the contract says so
		return nil
	}
	for _, m := range n.flat {
		if slot, ok := n.slots.index[m.name]; ok {
			r.values[slot] = m.value
		} else if m.value != "" {
			r.others = append(r.others, m)
		}
	}
	return nil
}

// object reads one object and reports whether it is one. Members keep their order, so that ext does.
func (n *ndjsonSource) object(dec *json.Decoder, prefix string) bool {
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return false
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return false
		}
		name := prefix + key.(string)
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return false
		}
		switch raw[0] {
		case '{':
			if !n.object(json.NewDecoder(bytes.NewReader(raw)), name+".") {
				return false
			}
		case '"':
			var text string
			if err := json.Unmarshal(raw, &text); err != nil {
				return false
			}
			n.put(name, text)
		case 'n':
		default:
			n.put(name, string(raw)) // numbers as they are written, arrays as JSON
		}
	}
	t, err := dec.Token()
	if err != nil || t != json.Delim('}') {
		return false
	}
	if prefix == "" {
		_, err = dec.Token()
		return err == io.EOF
	}
	return true
}

// put notes a value; of a name that occurs twice both are kept, so that the message is rejected for it or keeps both.
func (n *ndjsonSource) put(name, value string) {
	n.flat = append(n.flat, member{name, value})
}
