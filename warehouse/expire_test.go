package warehouse_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
)

// later expires, on a day long after, whatever nothing holds.
func later(keep int) warehouse.ExpireOptions {
	return warehouse.ExpireOptions{Now: time.Now().AddDate(1, 0, 0), KeepLast: keep}
}

func expire(t testing.TB, l *warehouse.Lake, o warehouse.ExpireOptions) map[string]warehouse.ExpireStep {
	t.Helper()
	steps, err := l.Expire(t.Context(), o)
	must(t, err)
	byTable := map[string]warehouse.ExpireStep{}
	for _, s := range steps {
		byTable[s.Table] = s
	}
	return byTable
}

// filesBelow lists the files of a kind below the lake.
func filesBelow(t testing.TB, l *warehouse.Lake, table, pattern string) []string {
	t.Helper()
	var found []string
	must(t, filepath.WalkDir(filepath.Join(l.Location(), "duty", table), func(path string, d fs.DirEntry, err error) error {
		if ok, _ := filepath.Match(pattern, d.Name()); ok && !d.IsDir() {
			found = append(found, path)
		}
		return err
	}))
	return found
}

// Expiry after compaction gives the disk back: the merged files, and the manifests and lists that named them, are gone;
// what the last snapshots need stays, and the writer goes on.
func TestLake_Expire(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step})
	fill(t, lake.Lake, 12)
	compact(t, lake.Lake, warehouse.CompactOptions{})
	old := filesBelow(t, lake.Lake, "step", "*.parquet")

	dry := later(1)
	dry.DryRun = true
	plan := expire(t, lake.Lake, dry)
	if plan["step"].Snapshots == 0 || len(filesBelow(t, lake.Lake, "step", "*.parquet")) != len(old) {
		t.Fatalf("a dry run planned %+v", plan["step"])
	}
	done := expire(t, lake.Lake, later(1))
	if done["step"].Files != plan["step"].Files || done["step"].Left != 0 {
		t.Errorf("did %+v, planned %+v", done["step"], plan["step"])
	}
	live := filesOf(t, lake.Lake, "step")
	if got := filesBelow(t, lake.Lake, "step", "*.parquet"); len(got) != len(live) {
		t.Errorf("%d data files are on disk, the table has %d", len(got), len(live))
	}
	if got := filesBelow(t, lake.Lake, "step", "snap-*.avro"); len(got) != 1 {
		t.Errorf("%d manifest lists are on disk, want 1", len(got))
	}
	if n := snapshots(t, lake.Lake, "step"); n != 1 {
		t.Errorf("%d snapshots are left, want 1", n)
	}
	requireOffsets(t, lake, "step", map[warehouse.Partition][]int64{p0: offsets(0, 480)})
	must(t, put(t, lake.Lake, p0, 480, 500))
	if again := expire(t, lake.Lake, warehouse.ExpireOptions{}); again["step"].Snapshots != 0 {
		t.Errorf("young snapshots were expired: %+v", again["step"])
	}
}

// A held snapshot and its files stay until it is released; then they go.
func TestLake_Hold(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step})
	fill(t, lake.Lake, 10)
	pinned, err := lake.Pin(t.Context())
	must(t, err)
	must(t, lake.Hold(t.Context(), "transform-1", pinned))
	must(t, lake.Hold(t.Context(), "transform-1", pinned)) // again is no error
	compact(t, lake.Lake, warehouse.CompactOptions{})
	must(t, put(t, lake.Lake, p0, 400, 410))

	exist := func() bool {
		return !slices.ContainsFunc(pinned, func(s warehouse.Snapshot) bool {
			return slices.ContainsFunc(s.Files, func(f warehouse.PinnedFile) bool {
				_, err := os.Stat(f.Path)
				return err != nil
			})
		})
	}
	expire(t, lake.Lake, later(1))
	if !exist() {
		t.Fatal("files of a held snapshot were removed")
	}
	must(t, lake.Release(t.Context(), func(name string) bool { return name == "transform-1" }))
	expire(t, lake.Lake, later(1))
	if !exist() {
		t.Fatal("files of a snapshot that is wanted still were removed")
	}
	must(t, lake.Release(t.Context(), func(string) bool { return false }))
	expire(t, lake.Lake, later(1))
	if exist() {
		t.Error("files of a released snapshot are still there")
	}
	if err := lake.Hold(t.Context(), "transform-1", pinned); err == nil {
		t.Error("an expired snapshot was held")
	}
}

// A hold that comes between the choice of snapshots and their removal is not lost: the expiry chooses again.
func TestLake_Expire_besideHold(t *testing.T) {
	var other func()
	lake := warehousetest.New(t, []warehouse.Table{step}, warehousetest.BeforeCommit(4, func() { other() }))
	second := lake.Another()
	fill(t, lake.Lake, 2)
	pinned, err := lake.Pin(t.Context(), "step")
	must(t, err)
	must(t, put(t, lake.Lake, p0, 80, 120))
	other = func() { must(t, second.Hold(t.Context(), "run", pinned)) }
	expire(t, lake.Lake, later(1))
	if md := icebergTable(t, lake, "step").Metadata(); md.SnapshotByID(pinned[0].ID) == nil {
		t.Error("a snapshot that was held meanwhile was expired")
	}
}

// Holding and expiring beside writers: each is a commit of its own, and none undoes another.
func TestLake_Hold_besideAppend(t *testing.T) {
	var other func()
	lake := warehousetest.New(t, []warehouse.Table{step}, warehousetest.BeforeCommit(4, func() { other() }))
	second := lake.Another()
	fill(t, lake.Lake, 3)
	pinned, err := lake.Pin(t.Context(), "step")
	must(t, err)
	other = func() { must(t, put(t, second, p1, 0, 5)) }
	must(t, lake.Hold(t.Context(), "run", pinned)) // its first attempt loses the race
	refs := map[string]int64{}
	for name, ref := range icebergTable(t, lake, "step").Metadata().Refs() {
		refs[name] = ref.SnapshotID
	}
	if refs["dutyflow-run"] != pinned[0].ID || refs["main"] == pinned[0].ID {
		t.Errorf("the references are %v, want dutyflow-run at %d and main beyond", refs, pinned[0].ID)
	}
	requireOffsets(t, lake, "step", map[warehouse.Partition][]int64{p0: offsets(0, 120), p1: offsets(0, 5)})
}

// A process that dies before its expiry is in the catalog has removed nothing; one whose answer is lost has expired.
func TestLake_Expire_faults(t *testing.T) {
	for name, fault := range map[string]warehousetest.Option{
		"dies": warehousetest.Crash(11), "answer lost": warehousetest.LoseAnswer(11),
	} {
		t.Run(name, func(t *testing.T) {
			lake := warehousetest.New(t, []warehouse.Table{step}, fault)
			fill(t, lake.Lake, 10)
			_, err := lake.Expire(t.Context(), later(1))
			if name == "dies" {
				wantErr(t, err, warehousetest.ErrInjected)
			} else {
				must(t, err)
			}
			requireOffsets(t, lake, "step", map[warehouse.Partition][]int64{p0: offsets(0, 400)})
			expire(t, lake.Another(), later(1))
			if n := snapshots(t, lake.Lake, "step"); n != 1 {
				t.Errorf("%d snapshots are left, want 1", n)
			}
		})
	}
}
