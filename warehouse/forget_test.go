package warehouse_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/iceberg-go/table"

	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
)

// forgetCase is how a case is forgotten in the tables of these tests.
var forgetCase = []warehouse.Erase{
	{Table: "step", Drop: []string{"case_id"}, Blank: []string{"note"}, Within: []string{"ext"}},
	{Table: "rejects", Blank: []string{"entity_id"}, Within: []string{"raw", "detail"}},
}

// requireNowhere reads every byte of every file of the lake. Parquet pages are compressed, so rows are asked too.
func requireNowhere(t *testing.T, lake *warehousetest.Lake, value string) {
	t.Helper()
	must(t, filepath.WalkDir(lake.Location(), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if bytes.Contains(content, []byte(value)) {
			t.Errorf("%s still holds %s", path, value)
		}
		return err
	}))
	for _, name := range []string{"step", "rejects"} {
		for _, row := range lake.Rows(name) {
			for column, v := range row {
				if b, ok := v.([]byte); ok {
					v = string(b)
				}
				if strings.Contains(fmt.Sprint(v), value) {
					t.Errorf("%s still has it in column %s: %v", name, column, v)
				}
			}
		}
	}
}

// A forgotten case is nowhere any more: its rows, its mentions elsewhere, the raw bytes of its rejects, the bounds in
// old manifests, and every older snapshot with its files, held ones too. All other rows stay, and the writer goes on.
func TestLake_Forget(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step})
	fill(t, lake.Lake, 5)
	pinned, err := lake.Pin(t.Context())
	must(t, err)
	must(t, lake.Hold(t.Context(), "transform-1", pinned))
	gone := "case-007"
	other := stepRow(p1, 0)
	other["case_id"], other["note"], other["ext"] = "case-0071", gone, `{"see":"`+gone+`"}`
	other2 := stepRow(p1, 1)
	other2["case_id"], other2["ext"] = "case-006", `{"see":"case-0077"}`
	must(t, lake.Append(t.Context(), "step", warehouse.Append{Files: stage(t, lake.Lake, other, other2), Moves: moves(move(p1, warehouse.NoMark, 2))}))
	bad, good := rejectRow(p2, 0), rejectRow(p2, 1)
	bad["entity_id"], bad["raw"] = gone, []byte(`{"case_id":"`+gone+`"`)
	good["raw"] = []byte(`{"case_id":"case-0078"`)
	must(t, lake.AppendRejects(t.Context(), "step", moves(move(p2, warehouse.NoMark, 2)), warehousetest.Batch(t, warehouse.Rejects, bad, good)))

	var want int64
	var kept []int64
	for o := range int64(200) {
		if stepRow(p0, o)["case_id"] == gone {
			want++
		} else {
			kept = append(kept, o)
		}
	}
	o := warehouse.ForgetOptions{Value: gone, Erase: forgetCase, DryRun: true}
	dry, err := lake.Forget(t.Context(), o)
	must(t, err)
	o.DryRun = false
	steps, err := lake.Forget(t.Context(), o)
	must(t, err)
	if dry[0].Rows != want || dry[0].Cells != 2 || dry[0].Removed != 0 {
		t.Errorf("a dry run found %+v, want %d rows and 2 cells", dry[0], want)
	}
	if steps[0].Rows != want || steps[0].Cells != 2 || steps[0].Removed == 0 || steps[0].Left != 0 || steps[1].Cells != 2 {
		t.Errorf("did %+v, want %d rows and 2 cells of step, 2 cells of rejects", steps, want)
	}
	requireNowhere(t, lake, `"`+gone+`"`)
	for _, row := range lake.Rows("step") {
		if row["case_id"] == gone || row["note"] == gone {
			t.Errorf("row %v is still there", row)
		}
	}
	requireOffsets(t, lake, "step", map[warehouse.Partition][]int64{p0: kept, p1: {0, 1}})
	requireOffsets(t, lake, "rejects", map[warehouse.Partition][]int64{p2: {0, 1}})
	for _, row := range lake.Rows("rejects") {
		if has := row["raw"] != nil; has != (row["_offset"] == int64(1)) {
			t.Errorf("reject %v: raw bytes there: %t", row["_offset"], has)
		}
	}
	if n := snapshots(t, lake.Lake, "step"); n != 1 {
		t.Errorf("%d snapshots are left, want 1", n)
	}
	if op := icebergTable(t, lake, "step").CurrentSnapshot().Summary.Operation; op == table.OpReplace {
		t.Errorf("rows went, and the snapshot is of kind %s", op)
	}
	must(t, put(t, lake.Lake, p0, 200, 220))
}

// Rows that come while a value is forgotten are looked at too, and a second run finds nothing.
func TestLake_Forget_besideAppend(t *testing.T) {
	var other func()
	lake := warehousetest.New(t, []warehouse.Table{step}, warehousetest.BeforeCommit(3, func() { other() }))
	second := lake.Another()
	fill(t, lake.Lake, 2)
	gone := stepRow(p0, 7)["case_id"].(string)
	again := stepRow(p1, 0)
	again["case_id"] = gone
	other = func() {
		must(t, second.Append(t.Context(), "step", warehouse.Append{Files: stage(t, second, again), Moves: moves(move(p1, warehouse.NoMark, 1))}))
	}
	o := warehouse.ForgetOptions{Value: gone, Erase: forgetCase[:1]}
	_, err := lake.Forget(t.Context(), o)
	must(t, err)
	requireNowhere(t, lake, gone)
	steps, err := lake.Forget(t.Context(), o)
	must(t, err)
	if steps[0].Files != 0 {
		t.Errorf("a second run found %+v", steps[0])
	}
}

// A column that decides the order of rows, or that no row may lack, is not blanked: the table would be unsound.
func TestLake_Forget_refused(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step})
	for _, e := range []warehouse.Erase{
		{Table: "step", Blank: []string{"case_id"}}, {Table: "step", Blank: []string{"seq"}},
		{Table: "step", Drop: []string{"nothing"}}, {Table: "step", Within: []string{"event_id"}},
	} {
		_, err := lake.Forget(t.Context(), warehouse.ForgetOptions{Value: "x", Erase: []warehouse.Erase{e}})
		wantErr(t, err, warehouse.ErrSchema)
	}
	if _, err := lake.Forget(t.Context(), warehouse.ForgetOptions{Erase: forgetCase}); err == nil {
		t.Error("an empty value was forgotten")
	}
}

// Wherever it dies the lake is whole, and the same command again ends the work.
func TestLake_Forget_faults(t *testing.T) {
	gone := stepRow(p0, 7)["case_id"].(string)
	for n := int64(1); n <= 4; n++ {
		t.Run(fmt.Sprint("dies before commit ", n), func(t *testing.T) {
			lake := warehousetest.New(t, []warehouse.Table{step}, warehousetest.Crash(3+n))
			fill(t, lake.Lake, 3)
			_, _ = lake.Forget(t.Context(), warehouse.ForgetOptions{Value: gone, Erase: forgetCase[:1]})
			lake.RequireSound()
			_, err := lake.Another().Forget(t.Context(), warehouse.ForgetOptions{Value: gone, Erase: forgetCase[:1]})
			must(t, err)
			clean(t, lake.Another(), warehouse.CleanOptions{Apply: true})
			requireNowhere(t, lake, gone)
		})
	}
}

// Raw bytes of old rejects go, those of young ones stay, and the rest of the row says what it said.
func TestLake_BlankRaw(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step})
	young := rejectRow(p0, 1)
	young["_ingest_date"] = time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC)
	must(t, lake.AppendRejects(t.Context(), "step", moves(move(p0, warehouse.NoMark, 2)),
		warehousetest.Batch(t, warehouse.Rejects, rejectRow(p0, 0), young)))
	before := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	dry, err := lake.BlankRaw(t.Context(), before, true)
	must(t, err)
	done, err := lake.BlankRaw(t.Context(), before, false)
	must(t, err)
	if dry != done || done.Files != 1 || done.Cells != 1 {
		t.Errorf("did %+v, planned %+v, want one cell of one file", done, dry)
	}
	for _, row := range lake.Rows("rejects") {
		if has := row["raw"] != nil; has != (row["_offset"] == int64(1)) || row["reason"] != "not_json" {
			t.Errorf("reject %v", row)
		}
	}
	if again, err := lake.BlankRaw(t.Context(), before, false); err != nil || again.Files != 0 {
		t.Errorf("a second time it did %+v (%v)", again, err)
	}
}

// The audit trail is made with its first row, and holds what it was told.
func TestLake_WriteAudit(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step})
	row := warehouse.AuditRow{At: time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC), Action: "forget-end", Kind: "case", Table: "step", Rows: 3}
	must(t, lake.WriteAudit(t.Context(), row))
	must(t, lake.WriteAudit(t.Context(), row))
	if rows := lake.Rows("audit"); len(rows) != 2 || rows[0]["kind"] != "case" || rows[0]["rows"] != int64(3) || rows[0]["reason"] != nil {
		t.Errorf("the audit trail is %v", rows)
	}
}
