package warehouse_test

import (
	"fmt"
	"testing"

	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
)

// A pin for a value has every file in which a row with the value lies, says which snapshot brought it, and leaves out files
// whose bounds exclude the value.
func TestLake_PinValue(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step})
	none, err := lake.PinValue(t.Context(), "step", "case_id", "case-001")
	must(t, err)
	if len(none.Files) != 0 || len(none.Columns) != len(step.Columns) {
		t.Fatalf("an empty table gives %+v", none)
	}
	snapshots := map[int64]bool{}
	for from := int64(0); from < 60; from += 4 { // few cases a file, so that bounds exclude some
		must(t, put(t, lake.Lake, p0, from, from+4))
		pinned, err := lake.Pin(t.Context(), "step")
		must(t, err)
		snapshots[pinned[0].ID] = true
	}
	whole, err := lake.Pin(t.Context(), "step")
	must(t, err)
	rows, pruned := lake.Rows("step"), 0
	for n := range 52 {
		id := fmt.Sprintf("case-%03d", n)
		narrowed, err := lake.PinValue(t.Context(), "step", "case_id", id)
		must(t, err)
		pruned += len(whole[0].Files) - len(narrowed.Files)
		want := 0
		for _, r := range rows {
			if r["case_id"] == id {
				want++
			}
		}
		got := 0
		for _, r := range warehousetest.RowsOf(t, narrowed) {
			if r["case_id"] == id {
				got++
			}
		}
		if got != want {
			t.Errorf("%s: the narrowed pin has %d of its %d rows", id, got, want)
		}
		for _, f := range narrowed.Files {
			if !snapshots[f.Added] {
				t.Errorf("%s: snapshot %d never was", f.Path, f.Added)
			}
		}
	}
	if pruned == 0 {
		t.Error("no file was ever left out")
	}
	_, err = lake.PinValue(t.Context(), "step", "_offset", "1")
	wantErr(t, err, warehouse.ErrSchema)
}
