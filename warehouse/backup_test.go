package warehouse_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/iceberg-go"

	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
)

// furnished is a lake with some history: several commits, rejects, two partitions of Kafka.
func furnished(t *testing.T, opts ...warehousetest.Option) *warehousetest.Lake {
	t.Helper()
	lake := warehousetest.New(t, []warehouse.Table{step}, opts...)
	for from := int64(0); from < 60; from += 20 {
		must(t, put(t, lake.Lake, p0, from, from+20))
	}
	must(t, put(t, lake.Lake, p1, 0, 5))
	must(t, lake.AppendRejects(t.Context(), "step", moves(move(p0, 60, 62)), rejectBatch(t, p0, 60, 61)))
	return lake
}

// contents are what a lake must have kept whatever was done to it.
type contents struct {
	offsets map[warehouse.Partition][]int64
	rejects int64
	ledger  warehouse.Ledger
}

func contentsOf(t *testing.T, l *warehouse.Lake) contents {
	t.Helper()
	problems, err := l.Verify(t.Context())
	must(t, err)
	if len(problems) > 0 {
		t.Errorf("the lake is unsound: %v", problems)
	}
	c := contents{offsets: map[warehouse.Partition][]int64{}}
	pinned, err := l.Pin(t.Context(), "step", "rejects")
	must(t, err)
	c.rejects = pinned[1].Rows
	for _, r := range warehousetest.RowsOf(t, pinned[0]) {
		p := warehouse.Partition{Cluster: r["_cluster"].(string), Topic: r["_topic"].(string), ID: r["_partition"].(int32)}
		c.offsets[p] = append(c.offsets[p], r["_offset"].(int64))
	}
	for _, list := range c.offsets {
		slices.Sort(list)
	}
	c.ledger, err = l.Ledger(t.Context(), "step")
	must(t, err)
	return c
}

func requireSame(t *testing.T, got, want contents) {
	t.Helper()
	for p, list := range want.offsets {
		if !slices.Equal(got.offsets[p], list) {
			t.Errorf("%s has the offsets %v, want %v", p, got.offsets[p], list)
		}
	}
	if got.rejects != want.rejects || len(got.ledger) != len(want.ledger) {
		t.Errorf("rejects %d and ledger %v, want %d and %v", got.rejects, got.ledger, want.rejects, want.ledger)
	}
	for p, m := range want.ledger {
		if got.ledger[p] != m {
			t.Errorf("the ledger has %v for %s, want %v", got.ledger[p], p, m)
		}
	}
}

func opened(t *testing.T, cfg warehouse.Config) *warehouse.Lake {
	t.Helper()
	l, err := warehouse.Open(t.Context(), cfg)
	must(t, err)
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func closed(t *testing.T, cfg warehouse.Config, use func(l *warehouse.Lake)) {
	t.Helper()
	l, err := warehouse.Open(t.Context(), cfg)
	must(t, err)
	use(l)
	must(t, l.Close())
}

// A backup is a lake: it holds what the lake held, opens by itself, and stays as it was while the lake goes on. The next
// one copies what is new only, and prunes what is gone when it is told to.
func TestLake_Backup(t *testing.T) {
	for name, option := range map[string]func(t *testing.T) warehousetest.Option{
		"local": func(*testing.T) warehousetest.Option { return func(*warehouse.Config) {} },
		"s3":    func(t *testing.T) warehousetest.Option { return warehousetest.OnS3(t) },
	} {
		t.Run(name, func(t *testing.T) {
			lake := furnished(t, option(t))
			want := contentsOf(t, lake.Lake)
			dir := filepath.Join(t.TempDir(), "备份 1")
			first, err := lake.Backup(t.Context(), dir, warehouse.BackupOptions{})
			must(t, err)
			if first.Copied == 0 || first.Present != 0 || len(first.Tables) != 3 {
				t.Errorf("the first backup did %+v", first)
			}
			must(t, put(t, lake.Lake, p1, 5, 9))
			closed(t, configAt(dir), func(l *warehouse.Lake) { requireSame(t, contentsOf(t, l), want) })

			want = contentsOf(t, lake.Lake)
			second, err := lake.Backup(t.Context(), dir, warehouse.BackupOptions{})
			must(t, err)
			if second.Copied == 0 || second.Copied >= first.Copied || second.Present != first.Copied {
				t.Errorf("the second backup did %+v after %+v", second, first)
			}
			v, err := lake.VerifyBackup(t.Context(), dir, warehouse.VerifyOptions{})
			must(t, err)
			if len(v.Problems) > 0 {
				t.Errorf("the backup is unsound: %v", v.Problems)
			}
			closed(t, configAt(dir), func(l *warehouse.Lake) { requireSame(t, contentsOf(t, l), want) })

			stray := filepath.Join(dir, "lake", "duty", "step", "data", "stray.parquet")
			must(t, os.WriteFile(stray, nil, 0o644))
			third, err := lake.Backup(t.Context(), dir, warehouse.BackupOptions{Prune: true})
			must(t, err)
			if _, err := os.Stat(stray); err == nil || third.Copied != 0 || third.Pruned == 0 {
				t.Errorf("the third backup did %+v, and the stray file: %v", third, err)
			}
			closed(t, configAt(dir), func(l *warehouse.Lake) { requireSame(t, contentsOf(t, l), want) })
			// The copy is a lake to go on with.
			closed(t, configAt(dir), func(l *warehouse.Lake) { must(t, put(t, l, p1, 9, 12)) })
			want = backupRefused(t, lake.Lake, dir)
			if len(want.offsets[p1]) != 12 {
				t.Errorf("what was written to the copy is gone: %v", want.offsets[p1])
			}
		})
	}
}

// backupRefused backs up over a lake that is not to be changed, and gives what is in it.
func backupRefused(t *testing.T, from *warehouse.Lake, dir string) contents {
	t.Helper()
	var before, after contents
	closed(t, configAt(dir), func(l *warehouse.Lake) { before = contentsOf(t, l) })
	_, err := from.Backup(t.Context(), dir, warehouse.BackupOptions{Prune: true})
	wantErr(t, err, warehouse.ErrNotBackup)
	requireMessage(t, err, "choose another directory")
	closed(t, configAt(dir), func(l *warehouse.Lake) { after = contentsOf(t, l) })
	requireSame(t, after, before)
	return after
}

// A backup never writes over what is no backup of this lake: another lake, a copy of this one made by hand, the backup of
// another lake, what is left of a lake without its catalog. One that was read, held or moved is a backup still.
func TestLake_Backup_refusesOtherLakes(t *testing.T) {
	lake, other := furnished(t), furnished(t)
	backupRefused(t, lake.Lake, other.Dir())

	dir := filepath.Join(t.TempDir(), "backup")
	_, err := other.Backup(t.Context(), dir, warehouse.BackupOptions{})
	must(t, err)
	backupRefused(t, lake.Lake, dir)

	closed(t, configAt(dir), func(l *warehouse.Lake) { must(t, l.Hold(t.Context(), "reader", pinnedOf(t, l))) })
	moved := filepath.Join(t.TempDir(), "moved")
	must(t, os.Rename(dir, moved))
	_, err = other.Backup(t.Context(), moved, warehouse.BackupOptions{})
	wantErr(t, err, warehouse.ErrMoved)
	_, err = warehouse.Relocate(t.Context(), configAt(moved), warehouse.RelocateOptions{})
	must(t, err)
	_, err = other.Backup(t.Context(), moved, warehouse.BackupOptions{Prune: true})
	must(t, err)
	closed(t, configAt(moved), func(l *warehouse.Lake) { requireSame(t, contentsOf(t, l), contentsOf(t, other.Lake)) })

	loseCatalog(t, moved)
	_, err = other.Backup(t.Context(), moved, warehouse.BackupOptions{Prune: true})
	wantErr(t, err, warehouse.ErrNotBackup)
	if _, err := os.Stat(filepath.Join(moved, "catalog.db")); err == nil {
		t.Error("a backup that was refused has begun a catalog")
	}
}

// A first backup that was broken off goes on.
func TestLake_Backup_firstBrokenOff(t *testing.T) {
	lake := furnished(t)
	dir := t.TempDir()
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stop")
	_, err := lake.Backup(ctx, dir, warehouse.BackupOptions{Progress: func(int64, int64) { cancel(stop) }})
	wantErr(t, err, stop)
	done, err := lake.Backup(t.Context(), dir, warehouse.BackupOptions{})
	must(t, err)
	if done.Present == 0 {
		t.Errorf("the second backup did %+v", done)
	}
}

// A backup that is broken off leaves the one before, and a directory inside of the lake's is refused.
func TestLake_Backup_brokenOff(t *testing.T) {
	lake := furnished(t)
	dir := t.TempDir()
	_, err := lake.Backup(t.Context(), dir, warehouse.BackupOptions{})
	must(t, err)
	want := contentsOf(t, lake.Lake)
	must(t, put(t, lake.Lake, p1, 5, 200))
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stop")
	_, err = lake.Backup(ctx, dir, warehouse.BackupOptions{Progress: func(int64, int64) { cancel(stop) }})
	wantErr(t, err, stop)
	closed(t, configAt(dir), func(l *warehouse.Lake) { requireSame(t, contentsOf(t, l), want) })
	_, err = lake.Backup(t.Context(), filepath.Join(lake.Dir(), "backup"), warehouse.BackupOptions{})
	requireMessage(t, err, "another disk")
}

// A lake whose directory was moved is refused, relocated, and goes on as if nothing had happened; the metadata of the old
// place is kept, so that a relocation that was broken off changes nothing.
func TestRelocate(t *testing.T) {
	lake := furnished(t)
	want := contentsOf(t, lake.Lake)
	must(t, lake.Hold(t.Context(), "reader", pinnedOf(t, lake.Lake)))
	before := describe(filesOf(t, lake.Lake, "step"))
	must(t, lake.Close())
	from, to := lake.Dir(), filepath.Join(t.TempDir(), "新 place")
	must(t, os.Rename(from, to))
	_, err := warehouse.Open(t.Context(), configAt(to))
	wantErr(t, err, warehouse.ErrMoved)

	_, err = warehouse.Relocate(t.Context(), configAt(to), warehouse.RelocateOptions{DryRun: true})
	must(t, err)
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stop")
	_, err = warehouse.Relocate(ctx, configAt(to), warehouse.RelocateOptions{Progress: func(string, int, int) { cancel(stop) }})
	wantErr(t, err, stop)
	must(t, os.Rename(to, from)) // back: it is as it was
	closed(t, configAt(from), func(l *warehouse.Lake) { requireSame(t, contentsOf(t, l), want) })
	must(t, os.Rename(from, to))

	done, err := warehouse.Relocate(t.Context(), configAt(to), warehouse.RelocateOptions{})
	must(t, err)
	if done.From != filepath.Join(from, "lake") || len(done.Tables) != 3 || done.Files == 0 {
		t.Errorf("relocated %+v", done)
	}
	moved := opened(t, configAt(to))
	requireSame(t, contentsOf(t, moved), want)
	if after := describe(filesOf(t, moved, "step")); !slices.Equal(after, before) {
		t.Errorf("the manifests say\n%v\nand said\n%v", after, before)
	}
	must(t, put(t, moved, p1, 5, 9))
	for _, f := range filesOf(t, moved, "step") {
		if strings.Contains(f.FilePath(), from) {
			t.Errorf("%s is named at its old place", f.FilePath())
		}
	}
	_, err = warehouse.Relocate(t.Context(), configAt(to), warehouse.RelocateOptions{})
	wantErr(t, err, warehouse.ErrNotRelocatable)

	// And once more: names do not grow.
	must(t, moved.Close())
	again := filepath.Join(t.TempDir(), "again")
	must(t, os.Rename(to, again))
	_, err = warehouse.Relocate(t.Context(), configAt(again), warehouse.RelocateOptions{})
	must(t, err)
	closed(t, configAt(again), func(l *warehouse.Lake) {
		if n := contentsOf(t, l); len(n.offsets[p1]) != 9 {
			t.Errorf("p1 has the offsets %v", n.offsets[p1])
		}
	})
	lists, err := filepath.Glob(filepath.Join(again, "lake", "duty", "step", "metadata", "at-*at-*"))
	must(t, err)
	if len(lists) > 0 {
		t.Errorf("names grow: %v", lists)
	}
	must(t, os.Rename(again, from)) // where the helper looks when the test ends
	_, err = warehouse.Relocate(t.Context(), configAt(from), warehouse.RelocateOptions{})
	must(t, err)
	lake.Reopen()
}

// describe is all that manifests say of files, but where they are.
func describe(files []iceberg.DataFile) []string {
	var all []string
	for _, f := range files {
		all = append(all, fmt.Sprint(filepath.Base(f.FilePath()), f.FileFormat(), f.Partition(), f.Count(), f.FileSizeBytes(), f.ColumnSizes(),
			f.ValueCounts(), f.NullValueCounts(), f.LowerBoundValues(), f.UpperBoundValues(), f.SplitOffsets(), *f.SortOrderID(), f.SpecID()))
	}
	slices.Sort(all)
	return all
}

func pinnedOf(t *testing.T, l *warehouse.Lake) []warehouse.Snapshot {
	t.Helper()
	pinned, err := l.Pin(t.Context())
	must(t, err)
	return pinned
}

// A lake in an S3 store is not relocated, and says so.
func TestRelocate_s3(t *testing.T) {
	lake := furnished(t, warehousetest.OnS3(t))
	_, err := warehouse.Relocate(t.Context(), lake.Config, warehouse.RelocateOptions{})
	wantErr(t, err, warehouse.ErrNotRelocatable)
	requireMessage(t, err, "S3")
}

// loseCatalog removes the SQLite catalog of a lake.
func loseCatalog(t *testing.T, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "catalog.db*"))
	must(t, err)
	if len(files) == 0 {
		t.Fatal("there is no catalog to lose")
	}
	for _, f := range files {
		must(t, os.Remove(f))
	}
}

// A catalog that is lost is made again from the newest metadata, and every offset and the ledger are there. With the
// catalog in place nothing is done, and a dry run does nothing either.
func TestRecover(t *testing.T) {
	for name, option := range map[string]func(t *testing.T) warehousetest.Option{
		"local": func(*testing.T) warehousetest.Option { return func(*warehouse.Config) {} },
		"s3":    func(t *testing.T) warehousetest.Option { return warehousetest.OnS3(t) },
	} {
		t.Run(name, func(t *testing.T) {
			lake := furnished(t, option(t))
			want := contentsOf(t, lake.Lake)
			_, err := warehouse.Recover(t.Context(), lake.Config, warehouse.RecoverOptions{})
			wantErr(t, err, warehouse.ErrNotRecoverable)
			must(t, lake.Close())
			loseCatalog(t, lake.Dir())
			found, err := warehouse.Recover(t.Context(), lake.Config, warehouse.RecoverOptions{DryRun: true})
			must(t, err)
			if len(found.Tables) != 3 || found.Tables[2].Rows != 65 {
				t.Errorf("found %+v", found)
			}
			_, err = warehouse.Open(t.Context(), lake.Config)
			wantErr(t, err, warehouse.ErrNoLake)
			_, err = warehouse.Recover(t.Context(), lake.Config, warehouse.RecoverOptions{})
			must(t, err)
			lake.Reopen()
			requireSame(t, contentsOf(t, lake.Lake), want)
			must(t, put(t, lake.Lake, p1, 5, 9))
		})
	}
}

// What a commit that died in front of the catalog left behind is taken as landed: its ledger is its own, so the offsets are
// there exactly once when its worker goes on.
func TestRecover_afterACrash(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step}, warehousetest.Crash(2))
	must(t, put(t, lake.Lake, p0, 0, 20))
	if err := put(t, lake.Lake, p0, 20, 40); err == nil {
		t.Fatal("the commit did not die")
	}
	must(t, lake.Close())
	loseCatalog(t, lake.Dir())
	_, err := warehouse.Recover(t.Context(), lake.Config, warehouse.RecoverOptions{})
	must(t, err)
	lake.Reopen()
	led, err := lake.Ledger(t.Context(), "step")
	must(t, err)
	must(t, put(t, lake.Lake, p0, led[p0].Next, 60))
	if got := contentsOf(t, lake.Lake).offsets[p0]; !slices.Equal(got, offsets(0, 60)) {
		t.Errorf("offsets %v", got)
	}
}

// Where it cannot be told which metadata is right, or that is not whole, nothing is written.
func TestRecover_refuses(t *testing.T) {
	for name, c := range map[string]struct {
		damage func(t *testing.T, newest string)
		want   string
	}{
		"two of one age": {func(t *testing.T, newest string) {
			content, err := os.ReadFile(newest)
			must(t, err)
			version, _, _ := strings.Cut(filepath.Base(newest), "-")
			must(t, os.WriteFile(filepath.Join(filepath.Dir(newest), version+"-11111111-1111-1111-1111-111111111111.metadata.json"), content, 0o644))
		}, "--choose"},
		"cut short": {func(t *testing.T, newest string) { must(t, os.Truncate(newest, 100)) }, "cut short"},
		"a file gone": {func(t *testing.T, newest string) {
			files, err := filepath.Glob(filepath.Join(filepath.Dir(filepath.Dir(newest)), "data", "*", "*.parquet"))
			must(t, err)
			must(t, os.Remove(files[0]))
		}, "is missing"},
		"a manifest list gone": {func(t *testing.T, newest string) {
			files, err := filepath.Glob(filepath.Join(filepath.Dir(newest), "snap-*.avro"))
			must(t, err)
			for _, f := range files {
				must(t, os.Remove(f))
			}
		}, "manifest list"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := configAt(t.TempDir())
			l, err := warehouse.Create(t.Context(), cfg, []warehouse.Table{step})
			must(t, err)
			must(t, put(t, l, p0, 0, 5))
			must(t, put(t, l, p0, 5, 9))
			must(t, l.Close())
			loseCatalog(t, cfg.Dir)
			newest, err := filepath.Glob(filepath.Join(cfg.Dir, "lake", "duty", "step", "metadata", "00002-*.metadata.json"))
			must(t, err)
			c.damage(t, newest[0])
			_, err = warehouse.Recover(t.Context(), cfg, warehouse.RecoverOptions{})
			wantErr(t, err, warehouse.ErrNotRecoverable)
			requireMessage(t, err, c.want)
			if _, err := os.Stat(filepath.Join(cfg.Dir, "catalog.db")); err == nil {
				t.Error("a catalog was written")
			}
			if name == "two of one age" {
				_, err = warehouse.Recover(t.Context(), cfg, warehouse.RecoverOptions{Choose: map[string]string{"step": filepath.Base(newest[0])}})
				must(t, err)
				closed(t, cfg, func(l *warehouse.Lake) { _ = contentsOf(t, l) })
			}
		})
	}
}

// A directory that was moved and whose catalog is lost besides is recovered first and relocated then.
func TestRecover_thenRelocate(t *testing.T) {
	lake := furnished(t)
	want := contentsOf(t, lake.Lake)
	must(t, lake.Close())
	to := filepath.Join(t.TempDir(), "to")
	must(t, os.Rename(lake.Dir(), to))
	loseCatalog(t, to)
	found, err := warehouse.Recover(t.Context(), configAt(to), warehouse.RecoverOptions{})
	must(t, err)
	if found.Location != filepath.Join(lake.Dir(), "lake") {
		t.Errorf("recovered %+v", found)
	}
	_, err = warehouse.Open(t.Context(), configAt(to))
	wantErr(t, err, warehouse.ErrMoved)
	_, err = warehouse.Relocate(t.Context(), configAt(to), warehouse.RelocateOptions{})
	must(t, err)
	closed(t, configAt(to), func(l *warehouse.Lake) { requireSame(t, contentsOf(t, l), want) })
	must(t, os.Rename(to, lake.Dir()))
	_, err = warehouse.Relocate(t.Context(), configAt(lake.Dir()), warehouse.RelocateOptions{})
	must(t, err)
	lake.Reopen()
}
