package warehouse_test

import (
	"database/sql"
	"errors"
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

// linked is the configuration of a lake that is named through a symbolic link.
func linked(t *testing.T, lake *warehousetest.Lake) warehouse.Config {
	t.Helper()
	link := filepath.Join(t.TempDir(), "link")
	must(t, os.Symlink(lake.Config.Dir, link))
	cfg := lake.Config
	cfg.Dir = link
	return cfg
}

// A lake that is opened through a symbolic link is the same lake: its files go by the names that its metadata has, none of
// them is an orphan, it cannot be relocated to itself, and a backup into it is one into it.
func TestLake_Clean_throughALink(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step})
	fill(t, lake.Lake, 2)
	cfg := linked(t, lake)
	other := opened(t, cfg)
	if other.Location() != lake.Location() {
		t.Errorf("the files of the lake are at %s, want %s", other.Location(), lake.Location())
	}
	if done := clean(t, other, warehouse.CleanOptions{Apply: true}); len(done.Orphans) != 0 {
		t.Fatalf("removed %+v", done.Orphans)
	}
	must(t, put(t, other, p0, 80, 90))
	requireOffsets(t, lake, "step", map[warehouse.Partition][]int64{p0: offsets(0, 90)})

	_, err := warehouse.Relocate(t.Context(), cfg, warehouse.RelocateOptions{})
	wantErr(t, err, warehouse.ErrNotRelocatable)
	requireMessage(t, err, "not moved", "link")
	around := t.TempDir()
	must(t, os.Symlink(lake.Location(), filepath.Join(around, "lake")))
	for _, dir := range []string{around, filepath.Join(cfg.Dir, "backup"), filepath.Join(cfg.Dir, "not", "yet"), cfg.Dir} {
		_, err = lake.Backup(t.Context(), dir, warehouse.BackupOptions{})
		requireMessage(t, err, "another disk")
	}
	if _, err := os.Stat(filepath.Join(lake.Dir(), "not")); err == nil {
		t.Error("a backup that was refused has made its directory")
	}
}

// Where a table's files are not among those that are listed nothing is removed, and the orphans of a lake that is whole
// are those of its tables: what lies in other directories is somebody's own.
func TestLake_Clean_refusesWhatItDoesNotSee(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step})
	fill(t, lake.Lake, 2)
	tables := filepath.Join(lake.Location(), "duty")
	own := filepath.Join(tables, "own", "notes.txt")
	must(t, os.MkdirAll(filepath.Join(tables, "own", "data", "empty"), 0o755))
	must(t, os.WriteFile(own, nil, 0o644))
	data, err := filepath.Glob(filepath.Join(tables, "step", "data", "*", "*.parquet"))
	must(t, err)
	refused := func(want ...string) {
		t.Helper()
		done, err := lake.Another().Clean(t.Context(), warehouse.CleanOptions{Apply: true, Now: afterGrace()})
		requireMessage(t, err, append(want, "nothing is removed", "lake verify")...)
		if done.Folders > 0 {
			t.Errorf("removed %+v", done)
		}
	}

	aside := filepath.Join(t.TempDir(), "aside")
	must(t, os.Rename(data[0], aside))
	refused(data[0])
	must(t, os.Rename(aside, data[0]))

	must(t, os.Rename(tables, aside)) // a link in its place, which a listing does not follow
	must(t, os.Symlink(aside, tables))
	refused("as it is now")
	must(t, os.Remove(tables))
	must(t, os.Rename(aside, tables))

	clean(t, lake.Lake, warehouse.CleanOptions{Apply: true})
	for _, name := range []string{own, filepath.Join(tables, "own", "data", "empty"), data[0]} {
		if _, err := os.Stat(name); err != nil {
			t.Error(err)
		}
	}
}

// Tables that name their files by another name of the lake's directory are found unsound, and not cleaned.
func TestLake_Clean_namesOfTwoPlaces(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(t.TempDir(), "link")
	must(t, os.Symlink(dir, link))
	l, err := warehouse.Create(t.Context(), configAt(link), []warehouse.Table{step})
	must(t, err)
	must(t, put(t, l, p0, 0, 5))
	must(t, l.Close())
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "catalog.db"))
	must(t, err)
	_, err = db.ExecContext(t.Context(), `UPDATE iceberg_namespace_properties SET property_value = ? WHERE property_key = 'location'`,
		"file://"+filepath.Join(dir, "lake", "duty"))
	must(t, errors.Join(err, db.Close()))

	l = opened(t, configAt(dir))
	_, err = l.Clean(t.Context(), warehouse.CleanOptions{Apply: true, Now: afterGrace()})
	requireMessage(t, err, "nothing is removed", link)
	problems, err := l.Verify(t.Context())
	must(t, err)
	if len(problems) == 0 || !strings.Contains(problems[0].What, "outside") {
		t.Errorf("verify finds %v", problems)
	}
	if rows := pinnedOf(t, l); rows[len(rows)-1].Rows != 5 {
		t.Errorf("pinned %+v", rows)
	}
}
