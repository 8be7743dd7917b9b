package record

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// explain makes a reject of a message that Decode could not accept. It reads the message again, from the outside in, so
// that the reason does not depend on where decoding happened to stop: bytes that are no JSON are not_json even if a
// field before the break was wrong too, and a message of another type is wrong_schema rather than a list of unknown codes.
func (d *Decoder) explain(value []byte) *Reject {
	first := d.fault
	r := &Reject{Reason: first.reason, Field: first.key, Detail: first.detail}
	if r.Field == "" && first.reason != "" && first.field >= 0 && first.field < len(d.fields) {
		r.Field = d.fields[first.field].Name
	} else if first.field == len(d.fields) {
		r.Field = "ext"
	}
	d.identify(value, r)
	if reason, detail := whole(value); reason != "" {
		r.Reason, r.Detail = reason, detail
		if reason != BadUTF8 || first.reason != BadUTF8 {
			r.Field = ""
		}
		return r
	}
	if r.Schema != "" {
		if _, ok := d.contract.schemaMinor(r.Schema); !ok {
			r.Reason, r.Field = WrongSchema, "schema"
			r.Detail = fmt.Sprintf("must be %s or %s.N: %q", d.contract.Schema(), d.contract.Schema(), r.Schema)
		}
	}
	return r
}

// whole checks a message as a JSON text, without regard to any contract.
func whole(value []byte) (Reason, string) {
	if value == nil {
		return NullValue, "the message has no value"
	}
	if !utf8.Valid(value) {
		return BadUTF8, fmt.Sprintf("byte %d is not UTF-8", firstInvalid(value))
	}
	if bytes.HasPrefix(value, []byte("\ufeff")) {
		return NotJSON, "begins with a byte order mark"
	}
	i := skipSpace(value, 0)
	if i == len(value) {
		return NotJSON, "is empty"
	}
	end, state := skipValue(value, i, 0)
	switch state {
	case scanBad:
		return NotJSON, fmt.Sprintf("breaks at byte %d of %d", end, len(value))
	case scanDeep:
		return TooDeep, fmt.Sprintf("more than %d levels at byte %d", maxDepth, end)
	}
	if rest := skipSpace(value, end); rest < len(value) {
		return NotJSON, fmt.Sprintf("something follows the value at byte %d", rest)
	}
	if state == scanLone {
		return BadUTF8, "holds a lone surrogate escape"
	}
	if value[i] != '{' {
		return NotObject, "must be an object"
	}
	return "", ""
}

func firstInvalid(b []byte) int {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return len(b)
}

// identify fills in what can be read of a message's identity, as far as it is JSON.
func (d *Decoder) identify(b []byte, r *Reject) {
	for name, to := range map[string]*string{
		"schema": &r.Schema, "source": &r.Source, "event_id": &r.EventID, d.contract.EntityID: &r.EntityID,
	} {
		if text, ok := topLevel(b, name); ok {
			valid := bytes.ToValidUTF8(text, []byte("\ufffd"))
			*to = string(cut(valid, d.contract.Fields[d.contract.Index(name)].MaxLen))
		}
	}
}
