package warehouse_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"

	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
)

// reopen opens the lake of a test again with a changed configuration.
func reopen(t testing.TB, lake *warehousetest.Lake, change func(*warehouse.Config)) (*warehouse.Lake, error) {
	t.Helper()
	cfg := lake.Config
	change(&cfg)
	l, err := warehouse.Open(t.Context(), cfg)
	if err == nil {
		t.Cleanup(func() { _ = l.Close() })
	}
	return l, err
}

// requireMessage checks that an error says what a person needs.
func requireMessage(t testing.TB, err error, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if err == nil || !strings.Contains(err.Error(), p) {
			t.Errorf("error %q does not say %q", err, p)
		}
	}
	if err != nil && strings.Contains(err.Error(), "\n") {
		t.Errorf("error %q has more than one line", err)
	}
}

// Opening what does not exist says so, and leaves nothing behind that a later look would take for a lake.
func TestOpen_noLake(t *testing.T) {
	cfg := warehouse.DefaultConfig()
	cfg.Dir = filepath.Join(t.TempDir(), "nothing")
	_, err := warehouse.Open(t.Context(), cfg)
	wantErr(t, err, warehouse.ErrNoLake)
	requireMessage(t, err, cfg.Dir)
	if _, err := os.Stat(cfg.Dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("looking for a lake created %s", cfg.Dir)
	}
	// An empty SQLite file is no lake either.
	must(t, os.MkdirAll(cfg.Dir, 0o755))
	must(t, os.WriteFile(filepath.Join(cfg.Dir, "catalog.db"), nil, 0o644))
	_, err = warehouse.Open(t.Context(), cfg)
	wantErr(t, err, warehouse.ErrNoLake)
}

// The business zone decides the local date of every row: another one is refused.
func TestOpen_otherZone(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step})
	_, err := reopen(t, lake, func(c *warehouse.Config) { c.Zone = "Europe/Berlin" })
	wantErr(t, err, warehouse.ErrZone)
	requireMessage(t, err, "Asia/Shanghai", "Europe/Berlin")
}

// An older binary must not touch a lake that a newer one has written.
func TestOpen_newerFormat(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step})
	setProperty(t, lake, "step", "dutyflow.format", "2")
	_, err := reopen(t, lake, func(*warehouse.Config) {})
	wantErr(t, err, warehouse.ErrNewerFormat)
	requireMessage(t, err, "format 2", "up to 1")
	setProperty(t, lake, "step", "dutyflow.format", "1")
}

func setProperty(t testing.TB, lake *warehousetest.Lake, name, key, value string) {
	t.Helper()
	tx := icebergTable(t, lake, name).NewTransaction()
	must(t, tx.SetProperties(iceberg.Properties{key: value}))
	_, err := tx.Commit(t.Context())
	must(t, err)
}

// A lake that was moved says where it was and what to do; reached by another name for the same place, it opens.
func TestOpen_moved(t *testing.T) {
	root := t.TempDir()
	old, moved := filepath.Join(root, "old"), filepath.Join(root, "new")
	lake := warehousetest.New(t, []warehouse.Table{step}, func(c *warehouse.Config) { c.Dir = old })
	must(t, put(t, lake.Lake, p0, 0, 3))
	must(t, os.Rename(old, moved))

	_, err := reopen(t, lake, func(c *warehouse.Config) { c.Dir = moved })
	wantErr(t, err, warehouse.ErrMoved)
	requireMessage(t, err, old, moved, "move it back")

	must(t, os.Symlink(moved, old))
	l, err := reopen(t, lake, func(c *warehouse.Config) { c.Dir = moved })
	must(t, err)
	must(t, put(t, l, p0, 3, 5))
	must(t, os.Remove(old))
	must(t, os.Rename(moved, old))
}

// A directory name may hold anything: metadata names files by URL, and a name must survive that both ways.
func TestCreate_anyDirectoryName(t *testing.T) {
	for _, name := range []string{"履职 数据", "50% #1", "a?b&c=d", "x+y"} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), name)
			lake := warehousetest.New(t, []warehouse.Table{step}, func(c *warehouse.Config) { c.Dir = dir })
			must(t, put(t, lake.Lake, p0, 0, 3))
			requireOffsets(t, lake, "step", map[warehouse.Partition][]int64{p0: offsets(0, 3)})
			requireLedger(t, lake.Another(), "step", warehouse.Ledger{p0: mark(3)})
			pinned, err := lake.Pin(t.Context(), "step")
			must(t, err)
			if path := pinned[0].Files[0].Path; !strings.HasPrefix(path, dir) {
				t.Errorf("data file lies at %s, not below %s", path, dir)
			}
		})
	}
}

// Two processes that start on an empty directory at the same time both get the lake.
func TestCreate_concurrently(t *testing.T) {
	cfg := warehouse.DefaultConfig()
	cfg.Dir = t.TempDir()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			l, err := warehouse.Create(context.Background(), cfg, []warehouse.Table{step})
			if err != nil {
				t.Errorf("create: %v", err)
				return
			}
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	l, err := warehouse.Open(t.Context(), cfg)
	must(t, err)
	defer l.Close()
	all, err := l.Tables(t.Context())
	must(t, err)
	var names []string
	for _, s := range all {
		names = append(names, s.Name)
	}
	if want := []string{"loads", "rejects", "step"}; !slices.Equal(names, want) {
		t.Errorf("tables are %v, want %v", names, want)
	}
}

// wider is step with one more optional column.
func wider() warehouse.Table {
	w := step
	w.Columns = slices.Insert(slices.Clone(step.Columns), 10, warehouse.Column{Name: "remark", Type: warehouse.String})
	w.Contract = "1.1"
	return w
}

// A new optional column is added at the end with an id of its own; older rows have none of it, and the older release
// is refused from then on.
func TestCreate_addsOptionalColumn(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step})
	must(t, put(t, lake.Lake, p0, 0, 3))
	l, err := warehouse.Create(t.Context(), lake.Config, []warehouse.Table{wider()})
	must(t, err)
	defer l.Close()
	got, err := l.Table("step")
	must(t, err)
	if last := got.Columns[len(got.Columns)-1]; last.Name != "remark" || got.Contract != "1.1" {
		t.Errorf("the last column is %s, the contract %s", last.Name, got.Contract)
	}
	row := stepRow(p0, 3)
	row["remark"] = "new"
	files, err := l.Stage(t.Context(), "step", warehousetest.Batch(t, wider(), row))
	must(t, err)
	must(t, l.Append(t.Context(), "step", warehouse.Append{Files: files, Moves: moves(move(p0, 3, 4))}))
	// A writer that was open before goes on; its files lack the column.
	must(t, put(t, lake.Lake, p0, 4, 6))
	remarks := map[int64]any{}
	for _, r := range lake.Rows("step") {
		remarks[r["_offset"].(int64)] = r["remark"]
	}
	if len(remarks) != 6 || remarks[3] != "new" || remarks[0] != nil || remarks[5] != nil {
		t.Errorf("remarks by offset are %v", remarks)
	}

	_, err = warehouse.Create(t.Context(), lake.Config, []warehouse.Table{step})
	wantErr(t, err, warehouse.ErrSchema)
	codes := wider()
	codes.Contract = "1.0"
	_, err = warehouse.Create(t.Context(), lake.Config, []warehouse.Table{codes})
	wantErr(t, err, warehouse.ErrNewerFormat)
}

// What would make old files unreadable is refused by name.
func TestCreate_refused(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step})
	for name, change := range map[string]func(*warehouse.Table){
		"retyped":         func(t *warehouse.Table) { t.Columns[2].Type = warehouse.String },
		"removed":         func(t *warehouse.Table) { t.Columns = slices.Delete(t.Columns, 8, 9) },
		"now required":    func(t *warehouse.Table) { t.Columns[8].Required = true },
		"new required":    func(t *warehouse.Table) { t.Columns = append(t.Columns, warehouse.Column{Name: "x", Required: true}) },
		"partitioned":     func(t *warehouse.Table) { t.ByMonth = false },
		"sorted":          func(t *warehouse.Table) { t.SortBy = t.SortBy[:1] },
		"declared twice":  func(t *warehouse.Table) { t.Columns[8].Name = "case_id" },
		"sort by nothing": func(t *warehouse.Table) { t.SortBy = []string{"nope"} },
	} {
		want := step
		want.Columns = slices.Clone(step.Columns)
		change(&want)
		_, err := warehouse.Create(t.Context(), lake.Config, []warehouse.Table{want})
		if !errors.Is(err, warehouse.ErrSchema) {
			t.Errorf("%s: got %v, want %v", name, err, warehouse.ErrSchema)
		}
	}
}

// A release that is refused for one table has changed no other: neither columns nor metadata nor files.
func TestCreate_refusedAsAWhole(t *testing.T) {
	other := warehouse.Table{Name: "other", Columns: []warehouse.Column{{Name: "id", Type: warehouse.String, Required: true}, {Name: "n", Type: warehouse.Int64}}, Contract: "1.0"}
	lake := warehousetest.New(t, []warehouse.Table{step, other})
	must(t, put(t, lake.Lake, p0, 0, 3))
	before := icebergTable(t, lake, "step").MetadataLocation()
	renamed := other
	renamed.Columns = []warehouse.Column{other.Columns[0], {Name: "number", Type: warehouse.Int64}}
	third := warehouse.Table{Name: "third", Columns: other.Columns, Contract: "1.0"}
	_, err := warehouse.Create(t.Context(), lake.Config, []warehouse.Table{wider(), third, renamed})
	wantErr(t, err, warehouse.ErrSchema)
	requireMessage(t, err, "duty.other", "column n")
	if after := icebergTable(t, lake, "step").MetadataLocation(); after != before {
		t.Errorf("duty.step was changed: %s, was %s", after, before)
	}
	if _, err := os.Stat(filepath.Join(lake.Dir(), "lake", "duty", "third")); err == nil {
		t.Error("duty.third was made")
	}
}

// Upkeep by a process that was opened before a column came merges files with the column and without, and loses no value
// of it.
func TestCreate_addsOptionalColumn_upkeep(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step})
	must(t, put(t, lake.Lake, p0, 0, 2))
	l, err := warehouse.Create(t.Context(), lake.Config, []warehouse.Table{wider()})
	must(t, err)
	defer l.Close()
	for o := int64(2); o < 4; o++ {
		row := stepRow(p0, o)
		row["remark"] = fmt.Sprint("new ", o)
		files, err := l.Stage(t.Context(), "step", warehousetest.Batch(t, wider(), row))
		must(t, err)
		must(t, l.Append(t.Context(), "step", warehouse.Append{Files: files, Moves: moves(move(p0, o, o+1))}))
	}
	compact(t, lake.Lake, warehouse.CompactOptions{})
	if n := len(filesOf(t, lake.Lake, "step")); n != 1 {
		t.Errorf("the rows are in %d files", n)
	}
	remarks := map[int64]any{}
	for _, r := range lake.Rows("step") {
		remarks[r["_offset"].(int64)] = r["remark"]
	}
	if len(remarks) != 4 || remarks[0] != nil || remarks[2] != "new 2" || remarks[3] != "new 3" {
		t.Errorf("remarks by offset are %v", remarks)
	}
	steps, err := lake.Forget(t.Context(), warehouse.ForgetOptions{Value: "new 2", Erase: []warehouse.Erase{{Table: "step", Blank: []string{"remark"}}}})
	must(t, err)
	if steps[0].Cells != 1 {
		t.Errorf("forgetting a value of the new column did %+v", steps)
	}
}

// A table that somebody rolled back behind its ledger is refused: the offsets in between would be skipped for ever.
// A reset of the ledger makes it usable again.
func TestLake_rolledBack(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step})
	must(t, put(t, lake.Lake, p0, 0, 3))
	tbl := icebergTable(t, lake, "step")
	first := tbl.CurrentSnapshot().SnapshotID
	must(t, put(t, lake.Lake, p0, 3, 6))
	tx := icebergTable(t, lake, "step").NewTransaction()
	must(t, tx.RollbackToSnapshot(first))
	_, err := tx.Commit(t.Context())
	must(t, err)

	_, err = lake.Ledger(t.Context(), "step")
	wantErr(t, err, warehouse.ErrRolledBack)
	requireMessage(t, err, "duty.step", "ledger reset")
	wantErr(t, put(t, lake.Lake, p0, 6, 9), warehouse.ErrRolledBack)
	wantErr(t, lake.AppendRejects(t.Context(), "step", moves(move(p0, 6, 9)), rejectBatch(t, p0, 6)), warehouse.ErrRolledBack)

	back := mark(3)
	must(t, lake.ResetLedger(t.Context(), "step", warehouse.Reset{Partition: p0, To: &back}))
	must(t, put(t, lake.Lake, p0, 3, 6))
	requireOffsets(t, lake, "step", map[warehouse.Partition][]int64{p0: offsets(0, 6)})
}

// Snapshots may expire without harm to the ledger, which does not live in them.
func TestLake_expired(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step})
	must(t, put(t, lake.Lake, p0, 0, 3))
	must(t, put(t, lake.Lake, p0, 3, 6))
	tx := icebergTable(t, lake, "step").NewTransaction()
	must(t, tx.ExpireSnapshots(table.WithRetainLast(1), table.WithOlderThan(0)))
	_, err := tx.Commit(t.Context())
	must(t, err)
	if n := snapshots(t, lake.Lake, "step"); n != 1 {
		t.Errorf("%d snapshots are left, want 1", n)
	}
	must(t, put(t, lake.Lake, p0, 6, 9))
	requireLedger(t, lake.Another(), "step", warehouse.Ledger{p0: mark(9)})
}

// A reset sets both tables back, so that what is read again is written again, rejects included, and is remembered as
// the reason why offsets come twice.
func TestLake_ResetLedger(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step})
	batch := func(from int64) {
		m := moves(move(p0, from, 4), move(p1, from, 4))
		must(t, lake.AppendRejects(t.Context(), "step", m, rejectBatch(t, p0, 1)))
		must(t, lake.Append(t.Context(), "step", warehouse.Append{Moves: m, Files: stage(t, lake.Lake, stepRow(p0, 0), stepRow(p0, 2))}))
	}
	batch(warehouse.NoMark)
	to := mark(9)
	must(t, lake.ResetLedger(t.Context(), "step", warehouse.Reset{Partition: p0}, warehouse.Reset{Partition: p2, To: &to}))
	for _, name := range []string{"step", "rejects"} {
		requireLedger(t, lake.Lake, name, warehouse.Ledger{p1: mark(4), p2: mark(9)})
	}
	must(t, lake.ResetLedger(t.Context(), "step", warehouse.Reset{Partition: p1}))
	batch(warehouse.NoMark)
	requireOffsets(t, lake, "step", map[warehouse.Partition][]int64{p0: {0, 0, 2, 2}})
	requireOffsets(t, lake, "rejects", map[warehouse.Partition][]int64{p0: {1, 1}})
}

// A catalog that another process holds is named as such, nothing is committed, and the call can be repeated.
func TestLake_catalogLocked(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step}, func(c *warehouse.Config) {
		c.Catalog.DSN = filepath.Join(c.Dir, "catalog.db") + "?_pragma=busy_timeout(50)"
	})
	db, err := sql.Open("sqlite", "file:"+filepath.Join(lake.Dir(), "catalog.db"))
	must(t, err)
	defer db.Close()
	holder, err := db.Conn(t.Context())
	must(t, err)
	defer holder.Close()
	_, err = holder.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	must(t, err)

	a := warehouse.Append{Files: stage(t, lake.Lake, stepRow(p0, 0)), Moves: moves(move(p0, warehouse.NoMark, 1))}
	err = lake.Append(t.Context(), "step", a)
	wantErr(t, err, warehouse.ErrCatalogLocked)
	requireMessage(t, err, "catalog.db", "another process")

	_, err = holder.ExecContext(t.Context(), "ROLLBACK")
	must(t, err)
	must(t, lake.Append(t.Context(), "step", a))
	requireOffsets(t, lake, "step", map[warehouse.Partition][]int64{p0: {0}})
}
