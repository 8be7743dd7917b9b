package warehouse_test

import (
	"testing"
	"time"

	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
)

// A pin holds a table still: what is committed afterwards is not in it, and its columns carry the ids of the files.
func TestLake_Pin(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step})
	empty, err := lake.Pin(t.Context())
	must(t, err)
	if len(empty) != 3 || empty[2].Table != "step" || empty[2].ID != 0 || len(empty[2].Files) != 0 {
		t.Fatalf("pinned %+v, want three empty tables", empty)
	}
	must(t, put(t, lake.Lake, p0, 0, 20))
	pinned, err := lake.Pin(t.Context(), "step")
	must(t, err)
	must(t, put(t, lake.Lake, p0, 20, 30))
	s := pinned[0]
	if s.Rows != 20 || s.ID == 0 || time.Since(s.At).Abs() > time.Hour {
		t.Errorf("pinned %d rows of snapshot %d at %s", s.Rows, s.ID, s.At)
	}
	var rows int64
	for _, f := range s.Files {
		rows += f.Rows
		if f.Bytes == 0 {
			t.Errorf("%s has no size", f.Path)
		}
	}
	if rows != 20 {
		t.Errorf("the files hold %d rows, want 20", rows)
	}
	if at := s.Ledger[p0].Next; at != 20 || s.Sequence == 0 {
		t.Errorf("the ledger of the pin is at %d, sequence number %d; want 20 and more than 0", at, s.Sequence)
	}
	ids := map[int]bool{}
	for i, c := range s.Columns {
		if c.Name != step.Columns[i].Name || c.Type != step.Columns[i].Type || c.Required != step.Columns[i].Required || c.NoBounds != step.Columns[i].NoBounds {
			t.Errorf("column %d is %+v, want %+v", i, c.Column, step.Columns[i])
		}
		ids[c.FieldID] = true
	}
	if len(ids) != len(step.Columns) || ids[0] {
		t.Errorf("field ids are %v", ids)
	}
	_, err = lake.Pin(t.Context(), "steps")
	wantErr(t, err, warehouse.ErrNoTable)
}

// A table with deletes of another engine is refused rather than read with rows that are gone.
func TestLake_Pin_deletes(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step})
	must(t, put(t, lake.Lake, p0, 0, 20))
	setProperty(t, lake, "step", "write.delete.mode", "merge-on-read")
	tx := icebergTable(t, lake, "step").NewTransaction()
	must(t, tx.Delete(t.Context(), equals("_offset", 3), nil))
	_, err := tx.Commit(t.Context())
	must(t, err)
	_, err = lake.Pin(t.Context(), "step")
	requireMessage(t, err, "delete files")
	problems, err := lake.Verify(t.Context())
	must(t, err)
	if len(problems) == 0 {
		t.Error("verify took a table with deletes for sound")
	}
	tx = icebergTable(t, lake, "step").NewTransaction()
	must(t, tx.RollbackToSnapshot(parent(t, lake)))
	_, err = tx.Commit(t.Context())
	must(t, err)
}

func parent(t *testing.T, lake *warehousetest.Lake) int64 {
	t.Helper()
	head := icebergTable(t, lake, "step").CurrentSnapshot()
	if head.ParentSnapshotID == nil {
		t.Fatal("no parent")
	}
	return *head.ParentSnapshotID
}

// The status adds up without reading a data file.
func TestLake_Tables(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step})
	must(t, put(t, lake.Lake, p0, 0, 20))
	must(t, put(t, lake.Lake, p0, 20, 30))
	pinned, err := lake.Pin(t.Context(), "step")
	must(t, err)
	var bytes int64
	for _, f := range pinned[0].Files {
		bytes += f.Bytes
	}
	all, err := lake.Tables(t.Context())
	must(t, err)
	got := all[2]
	want := warehouse.TableStatus{
		Name: "step", Rows: 30, Files: int64(len(pinned[0].Files)), Bytes: bytes, Snapshots: 2, LastCommit: pinned[0].At, Contract: "1.0",
	}
	if got != want {
		t.Errorf("status is %+v, want %+v", got, want)
	}
	if all[0].Name != "loads" || !all[0].LastCommit.IsZero() {
		t.Errorf("an empty table shows %+v", all[0])
	}
}
