package warehouse_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
)

// afterGrace is a day on which no file of the test is young.
func afterGrace() time.Time { return time.Now().AddDate(0, 0, 2) }

func clean(t testing.TB, l *warehouse.Lake, o warehouse.CleanOptions) warehouse.CleanResult {
	t.Helper()
	if o.Now.IsZero() {
		o.Now = afterGrace()
	}
	result, err := l.Clean(t.Context(), o)
	must(t, err)
	if result.Left > 0 {
		t.Errorf("%d orphans were left: %v", result.Left, result.LeftErr)
	}
	return result
}

// What crashes left is shown first and removed only when asked for; it goes when it is older than the grace time, with
// the directories that were its alone. What any snapshot names stays: the lake verifies itself at the end.
func TestLake_Clean(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step}, warehousetest.Crash(3))
	fill(t, lake.Lake, 2)
	lost := stage(t, lake.Lake, stepRows(p0, 3000, 3010)...) // in a month of its own; its commit dies
	wantErr(t, lake.Append(t.Context(), "step", warehouse.Append{Files: lost, Moves: moves(move(p0, 80, 3010))}), warehousetest.ErrInjected)
	fill := lake.Another()
	must(t, put(t, fill, p0, 80, 120)) // so that the crashed attempt's metadata is certain to have lost

	if young := clean(t, lake.Lake, warehouse.CleanOptions{Apply: true, Now: time.Now()}); len(young.Orphans) != 0 || young.Young == 0 {
		t.Errorf("young files were taken for orphans: %+v", young)
	}
	dry := clean(t, lake.Lake, warehouse.CleanOptions{})
	if _, err := os.Stat(lost[0].Path); err != nil || len(dry.Orphans) < 3 {
		t.Errorf("a dry run found %+v (%v), want the data file, its manifest, list and metadata", dry.Orphans, err)
	}
	done := clean(t, lake.Lake, warehouse.CleanOptions{Apply: true})
	if len(done.Orphans) != len(dry.Orphans) || done.Bytes == 0 || done.Folders != 1 {
		t.Errorf("removed %d files and %d folders, found %d", len(done.Orphans), done.Folders, len(dry.Orphans))
	}
	if _, err := os.Stat(filepath.Dir(lost[0].Path)); err == nil {
		t.Error("the directory of the orphan is still there")
	}
	if again := clean(t, lake.Lake, warehouse.CleanOptions{}); len(again.Orphans) != 0 {
		t.Errorf("a second time it found %+v", again.Orphans)
	}
	requireOffsets(t, lake, "step", map[warehouse.Partition][]int64{p0: offsets(0, 120)})
}

// With an old copy of the catalog in its place the newer snapshots' files look like orphans: clean refuses, and when the
// copy is one commit old, which looks like a crash, it keeps what that commit wrote.
func TestLake_Clean_oldCatalog(t *testing.T) {
	for name, commits := range map[string]int64{"one commit old": 1, "three commits old": 3} {
		t.Run(name, func(t *testing.T) {
			lake := warehousetest.New(t, []warehouse.Table{step})
			fill(t, lake.Lake, 2)
			old := copyCatalog(t, lake)
			for i := range commits {
				must(t, put(t, lake.Lake, p0, 80+10*i, 90+10*i))
			}
			restored := lake.Config
			restored.Catalog.DSN = old
			l, err := warehouse.Open(t.Context(), restored)
			must(t, err)
			defer l.Close()
			result, err := l.Clean(t.Context(), warehouse.CleanOptions{Apply: true, Now: afterGrace()})
			if commits > 1 {
				wantErr(t, err, warehouse.ErrLostCatalog)
				requireMessage(t, err, "recover", old)
			} else {
				must(t, err)
			}
			if len(result.Orphans) != 0 {
				t.Errorf("it removed %+v", result.Orphans)
			}
			requireOffsets(t, lake, "step", map[warehouse.Partition][]int64{p0: offsets(0, 80+10*commits)})
		})
	}
}

// copyCatalog copies the catalog as a backup would.
func copyCatalog(t *testing.T, lake *warehousetest.Lake) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "catalog.db")
	for _, suffix := range []string{"", "-wal"} {
		content, err := os.ReadFile(filepath.Join(lake.Config.Dir, "catalog.db"+suffix))
		if os.IsNotExist(err) {
			continue
		}
		must(t, err)
		must(t, os.WriteFile(to+suffix, content, 0o644))
	}
	return to
}

// In an S3 store orphans go too, and so do copies on this host of files that the lake does not need any more.
func TestLake_s3_upkeep(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step}, warehousetest.OnS3(t), warehousetest.Crash(11))
	fill(t, lake.Lake, 10)
	lake.Rows("step") // brings copies
	_, err := lake.Compact(t.Context(), warehouse.CompactOptions{Now: longAfter})
	wantErr(t, err, warehousetest.ErrInjected)
	other := lake.Another()
	compact(t, other, warehouse.CompactOptions{})
	expire(t, other, later(1))
	left := filesInCache(t, lake)
	pinned, err := lake.Pin(t.Context(), "step")
	must(t, err)
	for _, path := range left {
		if !slices.ContainsFunc(pinned[0].Files, func(f warehouse.PinnedFile) bool { return f.Path == path }) {
			t.Errorf("a copy of an expired file is left: %s", path)
		}
	}
	done := clean(t, other, warehouse.CleanOptions{Apply: true})
	if len(done.Orphans) == 0 {
		t.Error("the crashed compaction left no orphan")
	}
	if again := clean(t, other, warehouse.CleanOptions{}); len(again.Orphans) != 0 {
		t.Errorf("a second time it found %+v", again.Orphans)
	}
	requireOffsets(t, lake, "step", map[warehouse.Partition][]int64{p0: offsets(0, 400)})
}

func filesInCache(t *testing.T, lake *warehousetest.Lake) []string {
	t.Helper()
	var found []string
	must(t, filepath.Walk(filepath.Join(lake.Config.Dir, "cache"), func(path string, info os.FileInfo, err error) error {
		if err == nil && strings.HasSuffix(path, ".parquet") {
			found = append(found, path)
		}
		return err
	}))
	return found
}
