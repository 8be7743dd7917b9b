package warehouse_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/iceberg-go/table"
	"github.com/twmb/avro/ocf"

	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
)

// forgetCase is how a case is forgotten in the tables of these tests.
var forgetCase = []warehouse.Erase{
	{Table: "step", Drop: []string{"case_id"}, Blank: []string{"note"}, Within: []string{"ext"}},
	{Table: "rejects", Blank: []string{"entity_id"}, Within: []string{"raw", "detail"}},
}

// requireNowhere reads every byte of every file of the lake. Parquet pages and Avro blocks are compressed, so rows and
// the bounds in every manifest are asked too.
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
		if err == nil && strings.HasSuffix(path, ".avro") {
			requireNotInAvro(t, path, content, strings.Trim(value, `"`))
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

// requireNotInAvro decodes a manifest or a manifest list, entries of removed files too.
func requireNotInAvro(t *testing.T, path string, content []byte, value string) {
	t.Helper()
	reader, err := ocf.NewReader(bytes.NewReader(content))
	must(t, err)
	defer func() { must(t, reader.Close()) }()
	var search func(v any)
	search = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, v := range v {
				search(v)
			}
		case []any:
			for _, v := range v {
				search(v)
			}
		case []byte:
			if string(v) == value {
				t.Errorf("%s has the bound %s", path, value)
			}
		}
	}
	for {
		var entry any
		err := reader.Decode(&entry)
		if errors.Is(err, io.EOF) {
			return
		}
		must(t, err)
		search(entry)
	}
}

// A forgotten case is nowhere any more: its rows, its mentions elsewhere, the raw bytes of its rejects, the bounds in
// old manifests, and every older snapshot with its files, held ones too. All other rows stay, and the writer goes on.
func TestLake_Forget(t *testing.T) {
	var look func()
	lake := warehousetest.New(t, []warehouse.Table{step}, func(c *warehouse.Config) {
		c.Faults.Commit = func(string) error { look(); return nil }
	})
	look = func() {}
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
	begun := icebergTable(t, lake, "step").CurrentSnapshot().SnapshotID
	var overwritten bool
	look = func() {
		head := icebergTable(t, lake, "step").CurrentSnapshot()
		overwritten = overwritten || head.SnapshotID != begun && head.Summary.Operation != table.OpReplace
	}
	steps, err := lake.Forget(t.Context(), o)
	must(t, err)
	look = func() {}
	if dry[0].Rows != want || dry[0].Cells != 2 || dry[0].Removed != 0 {
		t.Errorf("a dry run found %+v, want %d rows and 2 cells", dry[0], want)
	}
	if steps[0].Rows != want || steps[0].Cells != 2 || steps[0].Removed == 0 || steps[0].Left != 0 || steps[1].Cells != 2 {
		t.Errorf("did %+v, want %d rows and 2 cells of step, 2 cells of rejects", steps, want)
	}
	after, err := lake.Pin(t.Context(), "step")
	must(t, err)
	if i := slices.IndexFunc(pinned, func(s warehouse.Snapshot) bool { return s.Table == "step" }); pinned[i].Edited == after[0].Edited {
		t.Error("a pin does not tell that rows were changed")
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
	if !overwritten {
		t.Error("rows went, and no snapshot says so")
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

// Wherever it dies or an answer is lost the lake is whole, and the same command again ends the work: at most a file that
// was written without the value, and never committed, is left for clean.
func TestLake_Forget_faults(t *testing.T) {
	gone := stepRow(p0, 7)["case_id"].(string)
	o := warehouse.ForgetOptions{Value: gone, Erase: forgetCase[:1]}
	for name, fault := range map[string]func(int64) warehousetest.Option{
		"dies before": warehousetest.Crash, "loses the answer of": warehousetest.LoseAnswer,
	} {
		for n := int64(1); n <= 5; n++ { // three rewritten files, their entries, the history
			t.Run(fmt.Sprint(name, " commit ", n), func(t *testing.T) {
				lake := warehousetest.New(t, []warehouse.Table{step}, fault(3+n))
				fill(t, lake.Lake, 3)
				steps, err := lake.Forget(t.Context(), o)
				lake.RequireSound()
				if err != nil {
					if did := n - 1; len(steps) != 1 || int64(steps[0].Files) != min(did, 3) || steps[0].Rows != min(did, 3) {
						t.Errorf("it failed and says that it did %+v", steps)
					}
					steps, err = lake.Another().Forget(t.Context(), o)
					must(t, err)
				}
				requireNowhere(t, lake, gone)
				requireOnlyLive(t, lake, steps[0].Young)
				if young := steps[0].Young; young > 1 || young > 0 && name != "dies before" {
					t.Errorf("%d files were left", young)
				}
			})
		}
	}
}

// requireOnlyLive finds nothing but the current snapshot, its files, and so many data files more.
func requireOnlyLive(t *testing.T, lake *warehousetest.Lake, more int) {
	t.Helper()
	if n := snapshots(t, lake.Lake, "step"); n != 1 {
		t.Errorf("%d snapshots are left, want 1", n)
	}
	if got, want := len(filesBelow(t, lake.Lake, "step", "*.parquet")), len(filesOf(t, lake.Lake, "step"))+more; got != want {
		t.Errorf("%d data files are on disk, want %d", got, want)
	}
	if got := filesBelow(t, lake.Lake, "step", "snap-*.avro"); len(got) != 1 {
		t.Errorf("%d manifest lists are on disk, want 1", len(got))
	}
}

// A process that died when its history was expired, and not removed, leaves work to the next run, even if so many commits
// came since that no metadata tells of it. What belongs to a commit under way stays.
func TestLake_Forget_again(t *testing.T) {
	kept := t.TempDir()
	var keep func()
	lake := warehousetest.New(t, []warehouse.Table{step}, warehousetest.BeforeCommit(7, func() { keep() }))
	fill(t, lake.Lake, 3)
	gone := stepRow(p0, 30)["case_id"].(string)
	o := warehouse.ForgetOptions{Value: gone, Erase: forgetCase[:1]}
	keep = func() {
		if n := snapshots(t, lake.Lake, "step"); n != 6 {
			t.Fatalf("it is about to commit on top of %d snapshots, want the last commit", n)
		}
		must(t, os.CopyFS(kept, os.DirFS(lake.Location())))
	}
	_, err := lake.Forget(t.Context(), o)
	must(t, err)
	for n := range int64(25) {
		must(t, put(t, lake.Lake, p1, n, n+1))
	}
	underway := stage(t, lake.Lake, stepRow(p2, 0))
	must(t, filepath.WalkDir(kept, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		must(t, err)
		rel, err := filepath.Rel(kept, path)
		must(t, err)
		to := filepath.Join(lake.Location(), rel)
		must(t, os.MkdirAll(filepath.Dir(to), 0o755))
		return os.WriteFile(to, content, 0o644)
	}))
	steps, err := lake.Forget(t.Context(), o)
	must(t, err)
	if steps[0].Removed == 0 || steps[0].Young != 1 {
		t.Errorf("a second run did %+v, want old files removed and the one under way kept", steps[0])
	}
	must(t, lake.Append(t.Context(), "step", warehouse.Append{Files: underway, Moves: moves(move(p2, warehouse.NoMark, 1))}))
	_, err = lake.Forget(t.Context(), o)
	must(t, err)
	requireNowhere(t, lake, gone)
	requireOnlyLive(t, lake, 0)
}

// A hold that another host sets while the history goes does not keep the value; it fails or is removed.
func TestLake_Forget_besideHold(t *testing.T) {
	gone := stepRow(p0, 7)["case_id"].(string)
	for n := int64(7); n <= 8; n++ {
		var other func()
		lake := warehousetest.New(t, []warehouse.Table{step}, warehousetest.BeforeCommit(n, func() { other() }))
		fill(t, lake.Lake, 3)
		pinned, err := lake.Pin(t.Context(), "step")
		must(t, err)
		second := lake.Another()
		held := false
		other = func() {
			held = true
			must(t, second.Hold(t.Context(), "other-host", pinned))
		}
		_, err = lake.Forget(t.Context(), warehouse.ForgetOptions{Value: gone, Erase: forgetCase[:1]})
		must(t, err)
		if !held {
			t.Fatalf("there was no commit %d", n)
		}
		requireNowhere(t, lake, gone)
		requireOnlyLive(t, lake, 0)
	}
}

// A clock that was ahead keeps no snapshot, and a table of which nothing stays is sound and goes on.
func TestLake_Forget_everything(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step})
	row := stepRow(p0, 0)
	must(t, lake.Append(t.Context(), "step", warehouse.Append{Files: stage(t, lake.Lake, row), Moves: moves(move(p0, warehouse.NoMark, 1))}))
	location, err := filepath.Glob(filepath.Join(lake.Location(), "duty", "step", "metadata", "00001-*.metadata.json"))
	must(t, err)
	must(t, lake.Close())
	content, err := os.ReadFile(location[0])
	must(t, err)
	at := regexp.MustCompile(`("snapshots":\[\{[^}]*"timestamp-ms":)\d+`)
	if !at.Match(content) {
		t.Fatalf("no snapshot in %s", content)
	}
	ahead := fmt.Sprint("${1}", time.Now().Add(2*time.Hour).UnixMilli())
	must(t, os.WriteFile(location[0], at.ReplaceAll(content, []byte(ahead)), 0o644))
	lake.Reopen()

	gone := row["case_id"].(string)
	steps, err := lake.Forget(t.Context(), warehouse.ForgetOptions{Value: gone, Erase: forgetCase[:1]})
	must(t, err)
	if steps[0].Rows != 1 {
		t.Errorf("did %+v, want one row", steps[0])
	}
	requireNowhere(t, lake, gone)
	requireOnlyLive(t, lake, 0)
	must(t, put(t, lake.Lake, p0, 1, 2))
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
