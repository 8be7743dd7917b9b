package warehouse_test

import (
	"os"
	"testing"
	"time"

	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
)

// cleanAway lets a clean remove everything that no snapshot names, as happens to a process that sleeps for two days.
func cleanAway(t testing.TB, l *warehouse.Lake) {
	t.Helper()
	if r := clean(t, l, warehouse.CleanOptions{Apply: true}); len(r.Orphans) == 0 {
		t.Error("clean found nothing to remove")
	}
}

// removeAll removes files as a clean does that began when no metadata named them.
func removeAll(t testing.TB, paths []string) {
	t.Helper()
	if len(paths) == 0 {
		t.Error("there is nothing to remove")
	}
	for _, path := range paths {
		must(t, os.Remove(path))
	}
}

// Files that a clean removed before their commit, or within it, are not committed: the ledger stays, and the batch lands
// once it is staged again.
func TestLake_Append_fileGone(t *testing.T) {
	for name, commit := range map[string]int64{"before the commit": 0, "within the commit": 2} {
		t.Run(name, func(t *testing.T) {
			var other func()
			lake := warehousetest.New(t, []warehouse.Table{step}, warehousetest.BeforeCommit(commit, func() { other() }))
			fill(t, lake.Lake, 1)
			files := stage(t, lake.Lake, stepRows(p1, 0, 3)...)
			other = func() { removeAll(t, []string{files[0].Path}) }
			if commit == 0 {
				cleanAway(t, lake.Another())
			}
			again := warehouse.Append{Files: files, Moves: moves(move(p1, warehouse.NoMark, 3))}
			wantErr(t, lake.Append(t.Context(), "step", again), warehouse.ErrFileGone)
			requireLedger(t, lake.Lake, "step", warehouse.Ledger{p0: mark(40)})
			again.Files = stage(t, lake.Lake, stepRows(p1, 0, 3)...)
			must(t, lake.Append(t.Context(), "step", again))
			requireOffsets(t, lake, "step", map[warehouse.Partition][]int64{p0: offsets(0, 40), p1: offsets(0, 3)})
		})
	}
}

// Files that were staged so long ago that a clean may be about to remove them are refused although they are
// there; what was committed before is recognised all the same.
func TestLake_Append_oldFile(t *testing.T) {
	warehousetest.Bubble(t, func(t *testing.T) {
		lake := warehousetest.New(t, []warehouse.Table{step})
		first := warehouse.Append{Files: stage(t, lake.Lake, stepRows(p0, 0, 3)...), Moves: moves(move(p0, warehouse.NoMark, 3))}
		<-time.After(29 * time.Minute)
		must(t, lake.Append(t.Context(), "step", first))
		second := warehouse.Append{Files: stage(t, lake.Lake, stepRows(p0, 3, 5)...), Moves: moves(move(p0, 3, 5))}
		<-time.After(31 * time.Minute)
		wantErr(t, lake.Append(t.Context(), "step", second), warehouse.ErrFileGone)
		if _, err := os.Stat(second.Files[0].Path); err == nil {
			t.Error("the refused file is still there")
		}
		must(t, lake.Append(t.Context(), "step", first)) // it has landed
		requireLedger(t, lake.Lake, "step", warehouse.Ledger{p0: mark(3)})
	})
}

// A compaction whose new files a clean removes replaces nothing. One that was stopped for long in the middle of its
// commit writes its manifests again and lands.
func TestLake_Compact_fileGone(t *testing.T) {
	var other func()
	lake := warehousetest.New(t, []warehouse.Table{step}, warehousetest.BeforeCommit(11, func() { other() }))
	fill(t, lake.Lake, 10)
	other = func() { removeAll(t, filesBelow(t, lake.Lake, "step", "step-merged-*")) }
	_, err := lake.Compact(t.Context(), warehouse.CompactOptions{Now: longAfter})
	wantErr(t, err, warehouse.ErrFileGone)
	requireOffsets(t, lake, "step", map[warehouse.Partition][]int64{p0: offsets(0, 400)})
	warehousetest.Bubble(t, func(t *testing.T) {
		slow := warehousetest.New(t, []warehouse.Table{step}, warehousetest.BeforeCommit(11, func() { <-time.After(time.Hour) }))
		fill(t, slow.Lake, 10)
		compact(t, slow.Lake, warehouse.CompactOptions{})
		requireOffsets(t, slow, "step", map[warehouse.Partition][]int64{p0: offsets(0, 400)})
	})
}
