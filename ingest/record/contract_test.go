package record_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/dutyflow/dutyflow/ingest/record"
)

var update = flag.Bool("update", false, "write docs/records.md")

// docs/records.md says what the declarations say.
func TestDocument(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "records.md")
	want := record.Document()
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, want) {
		t.Error("docs/records.md is not what the declarations say; go test ./ingest/record -update")
	}
}

// A declaration holds together: the entity and the date are fields, rules name fields and codes, every field and code
// is described in both languages, and the envelope comes first in the same order everywhere.
func TestContracts(t *testing.T) {
	names := map[string]bool{}
	for _, c := range record.Contracts() {
		if names[c.Name] {
			t.Errorf("%s is declared twice", c.Name)
		}
		names[c.Name] = true
		if c.ZH == "" || c.EN == "" {
			t.Errorf("%s is not described", c.Name)
		}
		entity, date := c.Index(c.EntityID), c.Index(c.EventDate)
		if entity < 0 || !c.Fields[entity].Required || date < 0 || !c.Fields[date].Required {
			t.Errorf("%s: %s or %s is no required field", c.Name, c.EntityID, c.EventDate)
		}
		for i, name := range []string{"schema", "event_id", "event_time", "source", "op", "rev", "seq"} {
			if c.Fields[i].Name != name {
				t.Errorf("%s: field %d is %s, want %s", c.Name, i, c.Fields[i].Name, name)
			}
		}
		for _, f := range c.Fields {
			if f.ZH == "" || f.EN == "" {
				t.Errorf("%s.%s is not described", c.Name, f.Name)
			}
			sized := f.Kind == record.String || f.Kind == record.Region
			coded := f.Kind == record.Enum || f.Kind == record.EnumSet
			if sized != (f.MaxLen > 0) || coded != (len(f.Codes) > 0) || f.Kind == record.Int && f.Min >= f.Max {
				t.Errorf("%s.%s: limits do not fit its kind %s", c.Name, f.Name, f.Kind)
			}
			for _, code := range f.Codes {
				if code.Code == "" || code.ZH == "" || code.EN == "" {
					t.Errorf("%s.%s: code %+v is not described", c.Name, f.Name, code)
				}
			}
		}
		checkRules(t, c)
	}
}

func checkRules(t *testing.T, c *record.Contract) {
	t.Helper()
	for _, r := range c.Rules {
		for _, name := range append([]string{r.Field}, r.Need...) {
			if c.Index(name) < 0 {
				t.Errorf("%s: a rule names %s", c.Name, name)
			}
		}
		if r.If == "" {
			continue
		}
		codes := map[string]bool{}
		for _, code := range c.Fields[c.Index(r.If)].Codes {
			codes[code.Code] = true
		}
		for _, code := range r.In {
			if !codes[code] {
				t.Errorf("%s: a rule names the code %s of %s", c.Name, code, r.If)
			}
		}
	}
}

// Messages are routed by their schema and keyed by their entity, in whatever order and spelling they come.
func TestIdentify(t *testing.T) {
	for msg, want := range map[string][2]string{
		`{"schema":"duty.step.v1","case_id":"C-1"}`:              {"duty.step", "C-1"},
		`{ "record_id" : "R\u002d1" , "schema":"duty.work.v9" }`: {"duty.work", "R-1"},
		`{"schema":"duty.step.v1","case_id":1}`:                  {"duty.step", ""},
		`{"schema":"duty.tickets.v1"}`:                           {"", ""},
		`{"schema":"duty.step.v1","case_id":"C-1"`:               {"duty.step", "C-1"},
		`{"schema":1}`: {"", ""},
		`nonsense`:     {"", ""},
		``:             {"", ""},
	} {
		var name, id string
		if c, ok := record.Identify([]byte(msg)); ok {
			name, id = c.Name, string(record.EntityID([]byte(msg), c))
		}
		if name != want[0] || id != want[1] {
			t.Errorf("%s: %s %s, want %v", msg, name, id, want)
		}
	}
}
