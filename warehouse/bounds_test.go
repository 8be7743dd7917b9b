package warehouse_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"

	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
)

// nastyStrings are values around every edge of a string bound.
var nastyStrings = []string{
	"", "a", "履职", strings.Repeat("a", 16), strings.Repeat("a", 17), strings.Repeat("履", 16) + "职", strings.Repeat("z", 40),
	strings.Repeat(string(utf8.MaxRune), 16), strings.Repeat(string(utf8.MaxRune), 17),
	"abcdefghijklmno" + string(utf8.MaxRune) + "x", strings.Repeat("a", 15) + "\uD7FFx", strings.Repeat("a", 15) + "\U0010FFFFy",
	"\x00", "\x00\x00", strings.Repeat("\x7f", 17), "\uE000", "\U00010000", "\uFFFF" + strings.Repeat("b", 20),
	strings.Repeat("\uFFFF", 17), strings.Repeat("é", 17),
}

func randomString(r *rand.Rand) string {
	if r.IntN(3) > 0 {
		return nastyStrings[r.IntN(len(nastyStrings))]
	}
	var b strings.Builder
	for range r.IntN(24) {
		b.WriteRune([]rune{'a', 'b', 'é', '职', '\uD7FF', '\uE000', utf8.MaxRune}[r.IntN(7)])
	}
	return b.String()
}

func randomRow(r *rand.Rand, offset int64) warehousetest.Row {
	row := stepRow(p0, offset)
	at := time.Date(1990+r.IntN(40), time.Month(1+r.IntN(12)), 1+r.IntN(28), r.IntN(24), 0, 0, r.IntN(1e6)*1000, time.UTC)
	row["event_time"], row["_event_date"] = at, time.Date(2024, time.Month(1+r.IntN(3)), 1+r.IntN(28), 0, 0, 0, 0, time.UTC)
	row["case_id"] = randomString(r)
	maybe := func(name string, v any) {
		if r.IntN(3) > 0 {
			row[name] = v
		}
	}
	maybe("seq", r.Int64()-r.Int64())
	maybe("quantity", (r.Int64N(2e18)-1e18)/max(1, r.Int64N(1e9)))
	maybe("urgent", r.IntN(2) == 0)
	maybe("due_date", time.Date(1900+r.IntN(300), 1, 1+r.IntN(28), 0, 0, 0, 0, time.UTC))
	maybe("round", int32(r.Uint32()))
	maybe("note", randomString(r))
	maybe("ext", "{}")
	return row
}

func randomLake(t *testing.T, seed uint64, commits int) (*warehousetest.Lake, []warehousetest.Row) {
	t.Helper()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	lake := warehousetest.New(t, []warehouse.Table{step})
	var rows []warehousetest.Row
	next := int64(0)
	for range commits {
		var batch []warehousetest.Row
		from := next
		for range 1 + r.IntN(12) {
			batch = append(batch, randomRow(r, next))
			next++
		}
		if from == 0 {
			from = warehouse.NoMark
		}
		must(t, lake.Append(t.Context(), "step", warehouse.Append{Files: stage(t, lake.Lake, batch...), Moves: moves(move(p0, from, next))}))
		rows = append(rows, batch...)
	}
	return lake, rows
}

// Bounds contain every value: the lake verifies itself when the test ends, and reads back what was written.
func TestStage_boundsContainEveryValue(t *testing.T) {
	for seed := range uint64(8) {
		lake, rows := randomLake(t, seed, 6)
		if got := len(lake.Rows("step")); got != len(rows) {
			t.Errorf("read %d rows, wrote %d", got, len(rows))
		}
	}
}

// Planning with a filter, which prunes files by their bounds, keeps every file that has a matching row. The planned
// files are read without the filter: iceberg-go 0.7.0 also skips row groups, and takes one with as many nulls as values
// for one of nulls only.
func TestStage_filteredPlanEqualsFullScan(t *testing.T) {
	lake, rows := randomLake(t, 42, 12)
	tbl := icebergTable(t, lake, "step")
	r := rand.New(rand.NewPCG(7, 7))
	pruned := 0
	total := len(filesOf(t, lake.Lake, "step"))
	for range 60 {
		probe := rows[r.IntN(len(rows))]
		name, value := "case_id", probe["case_id"]
		var expr iceberg.BooleanExpression
		var holds func(row warehousetest.Row) bool
		switch r.IntN(4) {
		case 0:
			v := value.(string)
			expr = iceberg.EqualTo(iceberg.Reference(name), v)
			holds = func(row warehousetest.Row) bool { return row[name] == v }
		case 1:
			v := value.(string)
			expr = iceberg.GreaterThan(iceberg.Reference(name), v)
			holds = func(row warehousetest.Row) bool { return row[name].(string) > v }
		case 2:
			v := r.Int64() - r.Int64()
			expr = iceberg.LessThan(iceberg.Reference("seq"), v)
			holds = func(row warehousetest.Row) bool { s, ok := row["seq"].(int64); return ok && s < v }
		default:
			v := probe["event_time"].(time.Time)
			expr = iceberg.LessThanEqual(iceberg.Reference("event_time"), iceberg.Timestamp(v.UnixMicro()))
			holds = func(row warehousetest.Row) bool { return !row["event_time"].(time.Time).After(v) }
		}
		var want []int64
		for _, row := range rows {
			if holds(row) {
				want = append(want, row["_offset"].(int64))
			}
		}
		tasks, err := tbl.Scan(table.WithRowFilter(expr)).PlanFiles(t.Context())
		must(t, err)
		if len(tasks) < total {
			pruned++
		}
		got := slices.DeleteFunc(readOffsets(t, tbl, tasks), func(o int64) bool { return !holds(rows[o]) })
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: the planned files hold offsets %v, want %v", expr, got, want)
		}
	}
	if pruned == 0 {
		t.Error("no filter pruned a file: the bounds are of no use, and this test shows nothing")
	}
}

func readOffsets(t *testing.T, tbl *table.Table, tasks []table.FileScanTask) []int64 {
	t.Helper()
	_, batches, err := tbl.Scan(table.WithSelectedFields("_offset")).ReadTasks(t.Context(), tasks)
	must(t, err)
	got := []int64{}
	for batch, err := range batches {
		must(t, err)
		got = append(got, batch.Column(0).(*array.Int64).Int64Values()...)
		batch.Release()
	}
	slices.Sort(got)
	return got
}

// iceberg-go's own writer comes to the same partition, null counts and bounds for the same rows.
func TestStage_statisticsAgreeWithIcebergWriter(t *testing.T) {
	for seed := range uint64(5) {
		r := rand.New(rand.NewPCG(seed, 99))
		lake := warehousetest.New(t, []warehouse.Table{step})
		var rows []warehousetest.Row
		for o := range int64(20) {
			row := randomRow(r, o)
			row["_event_date"] = time.Date(2024, 2, 3, 0, 0, 0, 0, time.UTC) // one partition, so one file each
			rows = append(rows, row)
		}
		batch := warehousetest.Batch(t, step, rows...)
		files, err := lake.Stage(t.Context(), "step", batch)
		must(t, err)
		must(t, lake.Append(t.Context(), "step", warehouse.Append{Files: files, Moves: moves(move(p0, warehouse.NoMark, 20))}))
		ours := filesOf(t, lake.Lake, "step")[0]

		tbl := icebergTable(t, lake, "step")
		schema, err := table.SchemaToArrowSchema(tbl.Schema(), nil, true, false)
		must(t, err)
		theirs := writeWithIceberg(t, tbl, schema, batch)
		if !equalCounts(ours.NullValueCounts(), theirs.NullValueCounts()) {
			t.Errorf("seed %d: null counts %v, iceberg-go has %v", seed, ours.NullValueCounts(), theirs.NullValueCounts())
		}
		for _, f := range tbl.Schema().Fields() {
			compareBounds(t, seed, f, ours, theirs)
		}
		if fmt.Sprint(ours.Partition()) != fmt.Sprint(theirs.Partition()) {
			t.Errorf("seed %d: partition %v, iceberg-go has %v", seed, ours.Partition(), theirs.Partition())
		}
	}
}

func compareBounds(t *testing.T, seed uint64, f iceberg.NestedField, ours, theirs iceberg.DataFile) {
	t.Helper()
	for side, b := range map[string][2]map[int][]byte{
		"lower": {ours.LowerBoundValues(), theirs.LowerBoundValues()},
		"upper": {ours.UpperBoundValues(), theirs.UpperBoundValues()},
	} {
		got, has := b[0][f.ID]
		want, theyHave := b[1][f.ID]
		if has != theyHave || string(got) != string(want) {
			t.Errorf("seed %d: %s bound of %s is %q (%t), iceberg-go has %q (%t)", seed, side, f.Name, got, has, want, theyHave)
		}
	}
}

func equalCounts(a, b map[int]int64) bool {
	for id, n := range a {
		if m, ok := b[id]; ok && m != n {
			return false
		}
	}
	return true
}

func writeWithIceberg(t *testing.T, tbl *table.Table, schema *arrow.Schema, batch arrow.RecordBatch) iceberg.DataFile {
	t.Helper()
	var columns []arrow.Array
	for _, f := range schema.Fields() {
		columns = append(columns, batch.Column(batch.Schema().FieldIndices(f.Name)[0]))
	}
	typed := array.NewRecordBatch(schema, columns, batch.NumRows())
	defer typed.Release()
	one := func(yield func(arrow.RecordBatch, error) bool) { yield(typed, nil) }
	for d, err := range table.WriteRecords(t.Context(), tbl, schema, one) {
		must(t, err)
		return d
	}
	t.Fatal("iceberg-go wrote no file")
	return nil
}

// Rows lie in the declared order, nulls last, and rows that compare equal in the order in which they came.
func TestStage_sortsAndSplits(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step})
	at := time.Date(2024, 1, 31, 12, 0, 0, 0, time.UTC)
	row := func(offset int64, caseID string, seq any, date time.Time) warehousetest.Row {
		r := stepRow(p0, offset)
		r["case_id"], r["event_time"], r["event_id"], r["_event_date"] = caseID, at, "same", date
		if seq != nil {
			r["seq"] = seq
		}
		return r
	}
	january, february := time.Date(2024, 1, 31, 0, 0, 0, 0, time.UTC), time.Date(2024, 2, 1, 0, 0, 0, 0, time.UTC)
	files := stage(t, lake.Lake,
		row(0, "case-longer-than-8-b", int64(2), january),
		row(1, "case-longer-than-8-a", nil, january),
		row(2, "case-longer-than-8-a", int64(-5), january),
		row(3, "a", int64(1), february),
		row(4, "case-longer-than-8-a", int64(1), january),
		row(5, "case-longer-than-8-a", int64(1), january),
	)
	if len(files) != 2 || files[0].Rows != 5 || files[1].Rows != 1 {
		t.Fatalf("staged %+v, want 5 rows of January and 1 of February", files)
	}
	for i, month := range []string{"_event_date_month=2024-01", "_event_date_month=2024-02"} {
		if dir := filepath.Base(filepath.Dir(files[i].Path)); dir != month {
			t.Errorf("file %d lies in %s, want %s", i, dir, month)
		}
	}
	if name := filepath.Base(files[0].Path); !strings.HasPrefix(name, "step-c1-0.0-0.5-") {
		t.Errorf("file is called %s: nobody can tell whose it is", name)
	}
	must(t, lake.Append(t.Context(), "step", warehouse.Append{Files: files, Moves: moves(move(p0, warehouse.NoMark, 6))}))
	var got []int64
	for _, r := range lake.Rows("step") {
		got = append(got, r["_offset"].(int64))
	}
	if want := []int64{2, 4, 5, 1, 0, 3}; !slices.Equal(got, want) {
		t.Errorf("rows lie in order %v, want %v", got, want)
	}
}

// A batch that does not fit its table is refused as a whole, by name, before a file exists.
func TestStage_refused(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step})
	other := step
	other.Columns = slices.Clone(step.Columns)
	for name, change := range map[string]func(){
		"unknown column":        func() { other.Columns[4].Name = "amount" },
		"other type":            func() { other.Columns[4].Type = warehouse.Int64 },
		"required and missing":  func() { other.Columns = other.Columns[1:] },
		"required and null":     func() { other.Columns[0].Required = false },
		"decimal out of range":  func() {},
		"no such table at all":  func() { other.Name = "steps" },
		"provenance is missing": func() { other.Columns = other.Columns[:10] },
	} {
		other.Columns, other.Name = slices.Clone(step.Columns), step.Name
		change()
		row := stepRow(p0, 0)
		if name == "decimal out of range" {
			row["quantity"] = int64(1e18)
		}
		if name == "required and null" {
			delete(row, "case_id")
		}
		for c := range row {
			if other.Index(c) < 0 {
				delete(row, c)
			}
		}
		if files, err := lake.Stage(t.Context(), other.Name, warehousetest.Batch(t, other, row)); err == nil {
			t.Errorf("%s: was accepted as %v", name, files)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(lake.Dir(), "lake", "duty", "step", "data", "*", "*")); len(left) > 0 {
		t.Errorf("refused batches left %v", left)
	}
}
