package warehouse_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/iceberg-go/table"
	"github.com/parquet-go/parquet-go"

	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
)

// longAfter is a day on which every month of the rows of stepRow is closed.
var longAfter = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// fill appends n batches of 40 rows: with 10 of them the rows cover two months and a bit.
func fill(t testing.TB, l *warehouse.Lake, n int64) {
	t.Helper()
	for i := range n {
		must(t, put(t, l, p0, 40*i, 40*(i+1)))
	}
}

func compact(t testing.TB, l *warehouse.Lake, o warehouse.CompactOptions) warehouse.CompactResult {
	t.Helper()
	if o.Now.IsZero() {
		o.Now = longAfter
	}
	result, err := l.Compact(t.Context(), o)
	must(t, err)
	return result
}

// Compaction makes few files of many and changes nothing else: not a row, not the order, not the ledger nor any other
// property. To Iceberg it is a replace, which readers of changes leave out. The lake verifies itself at the end.
func TestLake_Compact(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step})
	fill(t, lake.Lake, 60)
	must(t, lake.AppendRejects(t.Context(), "step", moves(move(p1, warehouse.NoMark, 5)), rejectBatch(t, p1, 1)))
	before := icebergTable(t, lake, "step")
	files := len(filesOf(t, lake.Lake, "step"))

	plan := compact(t, lake.Lake, warehouse.CompactOptions{DryRun: true})
	if len(plan.Steps) == 0 || len(filesOf(t, lake.Lake, "step")) != files {
		t.Fatalf("a dry run planned %v and left %d of %d files", plan.Steps, len(filesOf(t, lake.Lake, "step")), files)
	}
	result := compact(t, lake.Lake, warehouse.CompactOptions{})
	months := 5 // of 2400 hours from 31 January on
	if got := len(filesOf(t, lake.Lake, "step")); got != months {
		t.Errorf("%d files became %d, want one for each of %d months: %+v", files, got, months, result.Steps)
	}
	requireOffsets(t, lake, "step", map[warehouse.Partition][]int64{p0: offsets(0, 2400)})
	requireLedger(t, lake.Lake, "step", warehouse.Ledger{p0: mark(2400)})
	after := icebergTable(t, lake, "step")
	if !maps.Equal(before.Properties(), after.Properties()) {
		t.Errorf("properties were %v and are %v", before.Properties(), after.Properties())
	}
	if op := after.CurrentSnapshot().Summary.Operation; op != table.OpReplace {
		t.Errorf("the snapshot is of kind %s, want %s", op, table.OpReplace)
	}
	if again := compact(t, lake.Lake, warehouse.CompactOptions{}); len(again.Steps) != 0 {
		t.Errorf("a second compaction did %+v", again.Steps)
	}
	must(t, put(t, lake.Lake, p0, 2400, 2440)) // and the writer goes on
}

// Values of every type, nulls among them, come out as they went in, over several row groups and files.
func TestLake_Compact_values(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step})
	var want []string
	for i := range int64(6) {
		var rows []warehousetest.Row
		for o := 50 * i; o < 50*(i+1); o++ {
			row := stepRow(p0, o)
			row["_event_date"] = time.Date(2024, 2, 1, 0, 0, 0, 0, time.UTC)
			if o%3 == 0 {
				row["seq"], row["quantity"], row["urgent"] = o, -1000*o, o%2 == 0
				row["due_date"], row["round"] = time.Date(2024, 5, int(1+o%28), 0, 0, 0, 0, time.UTC), int32(o)
				row["note"], row["ext"] = fmt.Sprintf("履职 %d", o), `{"a":1}`
			}
			rows = append(rows, row)
			want = append(want, fmt.Sprint(row))
		}
		from := 50 * i
		if i == 0 {
			from = warehouse.NoMark
		}
		must(t, lake.Append(t.Context(), "step", warehouse.Append{Files: stage(t, lake.Lake, rows...), Moves: moves(move(p0, from, 50*(i+1)))}))
	}
	rowsOf := func() []string {
		var got []string
		for _, r := range lake.Rows("step") {
			got = append(got, fmt.Sprint(r))
		}
		slices.Sort(got)
		return got
	}
	was := rowsOf()
	compact(t, lake.Lake, warehouse.CompactOptions{})
	if got := rowsOf(); len(want) != len(got) || !slices.Equal(got, was) {
		t.Errorf("%d rows became %d others", len(was), len(got))
	}
}

// Long texts end a row group early: what is held does not grow with them, and a column never exceeds what one array holds.
func TestLake_Compact_longTexts(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step})
	text := strings.Repeat("履职", 100_000) // 600 kB
	for i := range int64(3) {
		rows := stepRows(p0, 50*i, 50*(i+1))
		for _, row := range rows {
			row["_event_date"], row["ext"] = time.Date(2024, 2, 1, 0, 0, 0, 0, time.UTC), text
		}
		from := 50 * i
		if i == 0 {
			from = warehouse.NoMark
		}
		must(t, lake.Append(t.Context(), "step", warehouse.Append{Files: stage(t, lake.Lake, rows...), Moves: moves(move(p0, from, 50*(i+1)))}))
	}
	compact(t, lake.Lake, warehouse.CompactOptions{})
	files := filesOf(t, lake.Lake, "step")
	if len(files) != 1 {
		t.Fatalf("%d files", len(files))
	}
	f, err := os.Open(strings.TrimPrefix(files[0].FilePath(), "file://"))
	must(t, err)
	defer f.Close()
	info, err := f.Stat()
	must(t, err)
	parq, err := parquet.OpenFile(f, info.Size())
	must(t, err)
	if n := len(parq.RowGroups()); n < 2 || parq.NumRows() != 150 {
		t.Errorf("%d rows of 600 kB in %d row groups", parq.NumRows(), n)
	}
}

// A budget ends the work between two groups: what was done stays, and the rest is left for the next time.
func TestLake_Compact_budget(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step})
	fill(t, lake.Lake, 40)
	first := compact(t, lake.Lake, warehouse.CompactOptions{MaxBytes: 1})
	if len(first.Steps) != 1 || first.Left == 0 {
		t.Fatalf("with a budget for one group it did %d and left %d", len(first.Steps), first.Left)
	}
	if rest := compact(t, lake.Lake, warehouse.CompactOptions{}); len(rest.Steps) != first.Left {
		t.Errorf("the next time it did %d groups, want %d", len(rest.Steps), first.Left)
	}
	requireOffsets(t, lake, "step", map[warehouse.Partition][]int64{p0: offsets(0, 1600)})
}

// A month that still grows is merged when many files have come; a month that is over, when there are two.
func TestLake_Compact_openMonth(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step})
	fill(t, lake.Lake, 3)
	during := time.Date(2024, 2, 3, 0, 0, 0, 0, time.UTC) // of the rows of February
	if result := compact(t, lake.Lake, warehouse.CompactOptions{Now: during}); len(result.Steps) != 0 {
		t.Errorf("two files of an open month were merged: %+v", result.Steps)
	}
	if result := compact(t, lake.Lake, warehouse.CompactOptions{}); len(result.Steps) != 1 || !result.Steps[0].Closed {
		t.Errorf("files of a closed month were not merged: %+v", result.Steps)
	}
}

// Rows that another worker appends within the commit of a compaction stay, and the compaction lands behind them.
func TestLake_Compact_besideAppend(t *testing.T) {
	var other func()
	lake := warehousetest.New(t, []warehouse.Table{step}, warehousetest.BeforeCommit(13, func() { other() }))
	second := lake.Another()
	fill(t, lake.Lake, 12)
	other = func() { must(t, put(t, second, p1, 0, 30)) }
	result := compact(t, lake.Lake, warehouse.CompactOptions{})
	for _, s := range result.Steps {
		if s.Skipped != "" {
			t.Errorf("%s was left: %s", s.Partition, s.Skipped)
		}
	}
	requireOffsets(t, lake, "step", map[warehouse.Partition][]int64{p0: offsets(0, 480), p1: offsets(0, 30)})
	requireLedger(t, lake.Lake, "step", warehouse.Ledger{p0: mark(480), p1: mark(30)})
}

// Of two compactions that chose the same files one replaces them and the other leaves that group, whole.
func TestLake_Compact_twice(t *testing.T) {
	var other func()
	lake := warehousetest.New(t, []warehouse.Table{step}, warehousetest.BeforeCommit(13, func() { other() }))
	second := lake.Another()
	fill(t, lake.Lake, 12)
	other = func() { compact(t, second, warehouse.CompactOptions{}) }
	result := compact(t, lake.Lake, warehouse.CompactOptions{})
	if len(result.Steps) == 0 || result.Steps[0].Skipped == "" {
		t.Errorf("the slower compaction did %+v", result.Steps)
	}
	requireOffsets(t, lake, "step", map[warehouse.Partition][]int64{p0: offsets(0, 480)})
}

// Wherever a compaction dies or an answer is lost, the lake is whole: old files or new ones, never both or neither.
func TestLake_Compact_faults(t *testing.T) {
	const batches = 10
	for name, fault := range map[string]warehousetest.Option{
		"dies before the first commit":  warehousetest.Crash(batches + 1),
		"dies before the second commit": warehousetest.Crash(batches + 2),
		"answer lost":                   warehousetest.LoseAnswer(batches + 1),
	} {
		t.Run(name, func(t *testing.T) {
			lake := warehousetest.New(t, []warehouse.Table{step}, fault)
			fill(t, lake.Lake, batches)
			_, err := lake.Compact(t.Context(), warehouse.CompactOptions{Now: longAfter})
			if err != nil && !errors.Is(err, warehousetest.ErrInjected) {
				t.Fatal(err)
			}
			requireOffsets(t, lake, "step", map[warehouse.Partition][]int64{p0: offsets(0, 40*batches)})
			compact(t, lake.Another(), warehouse.CompactOptions{})
			requireOffsets(t, lake, "step", map[warehouse.Partition][]int64{p0: offsets(0, 40*batches)})
			must(t, put(t, lake.Another(), p0, 40*batches, 40*batches+5))
		})
	}
	for n := int64(1); n <= 12; n++ {
		t.Run(fmt.Sprint("write ", n, " fails"), func(t *testing.T) {
			whole := warehousetest.New(t, []warehouse.Table{step})
			fill(t, whole.Lake, batches)
			broken := whole.Config
			warehousetest.FailWrite(n)(&broken)
			l, err := warehouse.Open(t.Context(), broken)
			must(t, err)
			defer l.Close()
			if _, err := l.Compact(t.Context(), warehouse.CompactOptions{Now: longAfter}); err != nil && !errors.Is(err, warehousetest.ErrInjected) {
				t.Fatal(err)
			}
			requireOffsets(t, whole, "step", map[warehouse.Partition][]int64{p0: offsets(0, 40*batches)})
			whole.RequireSound()
		})
	}
}
