package warehouse_test

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
)

// formatTable reads the table of FORMAT.md whose first column has the given heading.
func formatTable(t *testing.T, heading string) [][]string {
	t.Helper()
	page, err := os.ReadFile("FORMAT.md")
	must(t, err)
	_, rest, ok := strings.Cut(string(page), "\n| "+heading+" |")
	if !ok {
		t.Fatalf("FORMAT.md has no table %q", heading)
	}
	var rows [][]string
	for i, line := range strings.Split(rest, "\n") {
		if i < 2 {
			continue // the rest of the heading, and the rule
		}
		if !strings.HasPrefix(line, "|") {
			break
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		rows = append(rows, cells)
	}
	return rows
}

// FORMAT.md lists the columns that the code declares, in order.
func TestFormat_columns(t *testing.T) {
	for heading, columns := range map[string][]warehouse.Column{
		"provenance": warehouse.Provenance(), "rejects": warehouse.Rejects.Columns, "loads": warehouse.Loads.Columns,
		"audit": warehouse.Audit.Columns,
	} {
		var want [][]string
		for _, c := range columns {
			required := ""
			if c.Required {
				required = "required"
			}
			want = append(want, []string{c.Name, c.Type.String(), required})
		}
		if got := formatTable(t, heading); !slices.EqualFunc(got, want, slices.Equal[[]string]) {
			t.Errorf("FORMAT.md has for %s\n%v\nand the code\n%v", heading, got, want)
		}
	}
}

// FORMAT.md lists the properties of a table that has seen everything, with their values.
func TestFormat_properties(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step})
	must(t, put(t, lake.Lake, p0, 0, 3))
	must(t, lake.ResetLedger(t.Context(), "step", warehouse.Reset{Partition: p0}))
	_, err := lake.Forget(t.Context(), warehouse.ForgetOptions{
		Value: stepRow(p0, 0)["case_id"].(string), Erase: []warehouse.Erase{{Table: "step", Drop: []string{"case_id"}}},
	})
	must(t, err)
	want := icebergTable(t, lake, "step").Properties()
	for _, row := range formatTable(t, "table property") {
		value, ok := want[row[0]]
		delete(want, row[0])
		if !ok {
			t.Errorf("FORMAT.md has property %s, the table has not", row[0])
		}
		if row[1] != "JSON" && row[1] != "number" && row[1] != "text" && row[1] != value {
			t.Errorf("FORMAT.md has %s = %s, the table %s", row[0], row[1], value)
		}
	}
	// An empty append leaves the library's name mapping behind; it is Iceberg's own and nobody here reads it.
	delete(want, "schema.name-mapping.default")
	if len(want) > 0 {
		t.Errorf("FORMAT.md misses properties %v", want)
	}
	if n := formatTable(t, "table property")[0]; n[1] != strconv.Itoa(warehouse.Format) {
		t.Errorf("FORMAT.md describes format %s, the code writes %d", n[1], warehouse.Format)
	}
}

// FORMAT.md says how each type lies in Parquet, in the words of the Parquet schema.
func TestFormat_types(t *testing.T) {
	every := warehouse.Table{Name: "every", Columns: []warehouse.Column{
		{Name: "String", Type: warehouse.String}, {Name: "Int32", Type: warehouse.Int32}, {Name: "Int64", Type: warehouse.Int64},
		{Name: "Bool", Type: warehouse.Bool}, {Name: "Timestamp", Type: warehouse.Timestamp}, {Name: "Date", Type: warehouse.Date},
		{Name: "Decimal", Type: warehouse.Decimal}, {Name: "Binary", Type: warehouse.Binary},
	}, Contract: "1.0"}
	lake := warehousetest.New(t, []warehouse.Table{every})
	files, err := lake.Stage(t.Context(), "every", warehousetest.Batch(t, every, warehousetest.Row{}))
	must(t, err)
	defer lake.Discard(files)
	f, err := os.Open(files[0].Path)
	must(t, err)
	defer f.Close()
	p, err := parquet.OpenFile(f, files[0].Bytes)
	must(t, err)
	rows := formatTable(t, "type")
	if len(rows) != len(every.Columns) {
		t.Fatalf("FORMAT.md has %d types, the code %d", len(rows), len(every.Columns))
	}
	for i, c := range every.Columns {
		node := p.Root().Column(c.Name)
		got := node.Type().Kind().String()
		if l := node.Type().LogicalType(); l != nil {
			got += ", " + l.String()
		}
		if want := []string{c.Name, c.Type.String(), got}; !slices.Equal(rows[i], want) {
			t.Errorf("FORMAT.md has %v, the code writes %v", rows[i], want)
		}
	}
}

// FORMAT.md knows the largest row group.
func TestFormat_rowGroup(t *testing.T) {
	page, err := os.ReadFile("FORMAT.md")
	must(t, err)
	at := regexp.MustCompile(`most (\d+) rows`).FindSubmatch(page)
	if at == nil {
		t.Fatal("FORMAT.md does not say how large a row group is")
	}
	most, err := strconv.Atoi(string(at[1]))
	must(t, err)
	lake := warehousetest.New(t, []warehouse.Table{warehouse.Loads})
	rows := make([]warehousetest.Row, most+1)
	for i := range rows {
		rows[i] = warehousetest.Row{"load_id": "x", "action": "start", "at": stepRow(p0, 0)["event_time"]}
	}
	must(t, lake.AppendRows(t.Context(), "loads", warehousetest.Batch(t, warehouse.Loads, rows...)))
	if groups := len(filesOf(t, lake.Lake, "loads")[0].SplitOffsets()); groups != 2 {
		t.Errorf("%d rows lie in %d row groups, want 2", len(rows), groups)
	}
}
