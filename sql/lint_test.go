package sql_test

import (
	"testing"

	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/sql"
	"github.com/dutyflow/dutyflow/transform"
	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/duck"
)

// The project holds to its own rules.
func TestLint(t *testing.T) {
	p := load(t)
	for _, problem := range p.Lint() {
		t.Error(problem)
	}
}

// What the models read of the lake is what ingest writes: the same columns with the same types.
func TestSources(t *testing.T) {
	p := load(t)
	tables := map[string]warehouse.Table{"rejects": warehouse.Rejects, "loads": warehouse.Loads}
	for _, table := range ingest.Tables() {
		tables[table.Name] = table
	}
	for name, columns := range p.Sources {
		table, ok := tables[name]
		if !ok {
			continue // lists: declared in package lists
		}
		types := map[string]string{}
		for _, c := range table.Columns {
			types[c.Name] = duck.TypeName(c.Type)
		}
		for _, c := range columns {
			want := c.Type
			if want == "TIMESTAMPTZ" {
				want = "TIMESTAMP WITH TIME ZONE"
			}
			if got := types[c.Name]; got != want {
				t.Errorf("sources/%s.csv says %s is %s; the lake has %q", name, c.Name, c.Type, got)
			}
		}
	}
}

func load(t *testing.T) *transform.Project {
	t.Helper()
	p, err := transform.Load(t.Context(), sql.Project())
	if err != nil {
		t.Fatal(err)
	}
	return p
}
