package export

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// jsonLog writes OCEL 2.0 in JSON. Events go out as they come; objects wait in a file of their own, because the two are
// separate arrays.
type jsonLog struct {
	w       *bufio.Writer
	spool   *os.File
	objects *bufio.Writer
	events  int64
	count   int64
}

type jsonAttribute struct {
	Name  string `json:"name"`
	Time  string `json:"time,omitempty"` // of objects: since when the value holds
	Value any    `json:"value"`
}

type jsonRelation struct {
	ObjectID  string `json:"objectId"`
	Qualifier string `json:"qualifier"`
}

type jsonType struct {
	Name       string          `json:"name"`
	Attributes []jsonTypeField `json:"attributes"`
}

type jsonTypeField struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// always is the time of values that never change, by the standard.
const always = "1970-01-01T00:00:00Z"

func newJSON(w io.Writer, name string) (*ocel, error) {
	spool, err := os.Create(name + ".objects")
	if err != nil {
		return nil, fmt.Errorf("create a file for the objects: %w", err)
	}
	j := &jsonLog{w: bufio.NewWriterSize(w, 1<<20), spool: spool, objects: bufio.NewWriterSize(spool, 1<<20)}
	_, err = j.w.WriteString("{\"events\":[")
	return newOCEL(j), err
}

func (j *jsonLog) event(id, typ, at string, attributes []field, to []relation) error {
	return put(j.w, &j.events, struct {
		ID            string          `json:"id"`
		Type          string          `json:"type"`
		Time          string          `json:"time"`
		Attributes    []jsonAttribute `json:"attributes"`
		Relationships []jsonRelation  `json:"relationships"`
	}{id, typ, at, jsonAttributes(attributes, ""), jsonRelations(to)})
}

func (j *jsonLog) object(id, typ string, attributes []field, to []relation) error {
	return put(j.objects, &j.count, struct {
		ID            string          `json:"id"`
		Type          string          `json:"type"`
		Attributes    []jsonAttribute `json:"attributes"`
		Relationships []jsonRelation  `json:"relationships"`
	}{id, typ, jsonAttributes(attributes, always), jsonRelations(to)})
}

func put(w *bufio.Writer, n *int64, v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	if *n > 0 {
		_ = w.WriteByte(',') // a bufio.Writer keeps its error
	}
	*n++
	_ = w.WriteByte('\n')
	_, err = w.Write(line)
	return err
}

func jsonAttributes(fields []field, time string) []jsonAttribute {
	out := make([]jsonAttribute, len(fields))
	for i, f := range fields {
		out[i] = jsonAttribute{f.name, time, f.value()}
	}
	return out
}

// value is the value as JSON and SQLite take it.
func (f field) value() any {
	switch f.kind {
	case integer, float:
		return json.Number(f.text)
	case boolean:
		return f.text == "true"
	default:
		return f.text
	}
}

func jsonRelations(to []relation) []jsonRelation {
	out := make([]jsonRelation, len(to))
	for i, r := range to {
		out[i] = jsonRelation{r.object, r.qualifier}
	}
	return out
}

var ocelTypes = [...]string{text: "string", instant: "time", integer: "integer", float: "float", boolean: "boolean"}

func jsonTypes(names []string, attributes func(name string) []column) []jsonType {
	out := make([]jsonType, len(names))
	for i, name := range names {
		out[i] = jsonType{name, []jsonTypeField{}}
		for _, c := range attributes(name) {
			out[i].Attributes = append(out[i].Attributes, jsonTypeField{c.name, ocelTypes[c.kind]})
		}
	}
	return out
}

func (j *jsonLog) close(eventTypes, objectTypes []string) (err error) {
	defer func() { err = errors.Join(err, j.spool.Close(), os.Remove(j.spool.Name())) }()
	if err := j.objects.Flush(); err != nil {
		return err
	}
	if _, err := j.spool.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read the objects again: %w", err)
	}
	_, _ = j.w.WriteString("],\n\"objects\":[")
	if _, err := io.Copy(j.w, j.spool); err != nil {
		return err
	}
	types, err := json.Marshal(jsonTypes(eventTypes, func(string) []column { return eventAttributes() }))
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	kinds, err := json.Marshal(jsonTypes(objectTypes, objectAttributes))
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	_, _ = fmt.Fprintf(j.w, "],\n\"eventTypes\":%s,\n\"objectTypes\":%s}\n", types, kinds)
	return j.w.Flush()
}

// objectAttributes of a type: only cases have any.
func objectAttributes(typ string) []column {
	if typ == "case" {
		return caseAttributes()
	}
	return nil
}
