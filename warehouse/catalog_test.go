package warehouse_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
)

// backend is a kind of catalog: both must behave alike.
type backend struct {
	// fresh gives the setting of a catalog of its own for a lake in dir.
	fresh func(t *testing.T, dir string) warehouse.Catalog
	// hasty is the same catalog, waiting for locks for a moment only.
	hasty func(c warehouse.Catalog) warehouse.Catalog
	// hold takes a lock that writers wait for, until release.
	hold func(t *testing.T, c warehouse.Catalog) (release func())
	// lose makes the catalog unreachable, until back.
	lose func(t *testing.T, c warehouse.Catalog) (back func())
}

func backends(t *testing.T) map[string]backend {
	t.Helper()
	all := map[string]backend{"sqlite": sqliteBackend()}
	if missing := missingPostgres(); missing != "" {
		t.Run("postgres", func(t *testing.T) { // a subtest, so that only this kind is skipped
			if os.Getenv("CI") != "" {
				t.Fatalf("%s is not in PATH; in CI it must be: .ci/setup installs it", missing)
			}
			t.Skipf("SKIPPED: %s is not in PATH, so the Postgres catalog is not tested; .ci/setup installs it", missing)
		})
		return all
	}
	all["postgres"] = postgresBackend(startPostgres(t))
	return all
}

func sqliteBackend() backend {
	file := func(c warehouse.Catalog) string { f, _, _ := strings.Cut(c.DSN, "?"); return f }
	return backend{
		fresh: func(_ *testing.T, dir string) warehouse.Catalog {
			return warehouse.Catalog{Type: warehouse.SQLite, DSN: filepath.Join(dir, "catalog.db")}
		},
		hasty: func(c warehouse.Catalog) warehouse.Catalog {
			return warehouse.Catalog{Type: c.Type, DSN: c.DSN + "?_pragma=busy_timeout(50)"}
		},
		hold: func(t *testing.T, c warehouse.Catalog) func() {
			return holdWith(t, "sqlite", "file:"+file(c), "begin immediate")
		},
		lose: func(t *testing.T, c warehouse.Catalog) func() {
			away := t.TempDir()
			move := func(from, to string) {
				files, err := filepath.Glob(filepath.Join(from, "catalog.db*"))
				must(t, err)
				for _, f := range files {
					must(t, os.Rename(f, filepath.Join(to, filepath.Base(f))))
				}
			}
			move(filepath.Dir(file(c)), away)
			return func() { move(away, filepath.Dir(file(c))) }
		},
	}
}

func postgresBackend(dsn string) backend {
	var n int
	return backend{
		fresh: func(t *testing.T, _ string) warehouse.Catalog {
			n++
			name := fmt.Sprintf("lake%d", n)
			db, err := sql.Open("pgx", dsn)
			must(t, err)
			_, err = db.ExecContext(t.Context(), "create database "+name)
			must(t, err)
			must(t, db.Close())
			return warehouse.Catalog{Type: warehouse.Postgres, DSN: strings.Replace(dsn, "dbname=postgres", "dbname="+name, 1)}
		},
		hasty: func(c warehouse.Catalog) warehouse.Catalog {
			return warehouse.Catalog{Type: c.Type, DSN: c.DSN + " lock_timeout=50"}
		},
		hold: func(t *testing.T, c warehouse.Catalog) func() {
			return holdWith(t, "pgx", c.DSN, "begin; lock table iceberg_tables in exclusive mode")
		},
		lose: func(t *testing.T, c warehouse.Catalog) func() {
			db, err := sql.Open("pgx", dsn)
			must(t, err)
			name := c.DSN[strings.LastIndex(c.DSN, "=")+1:]
			exec := func(format string) {
				_, err := db.ExecContext(context.Background(), fmt.Sprintf(format, name))
				must(t, err)
			}
			exec("alter database %s allow_connections false")
			exec("select pg_terminate_backend(pid) from pg_stat_activity where datname = '%s'")
			return func() {
				exec("alter database %s allow_connections true")
				must(t, db.Close())
			}
		},
	}
}

func holdWith(t *testing.T, driver, dsn, statement string) func() {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	must(t, err)
	conn, err := db.Conn(t.Context())
	must(t, err)
	for _, s := range strings.Split(statement, "; ") {
		_, err = conn.ExecContext(t.Context(), s)
		must(t, err)
	}
	return func() {
		_, err := conn.ExecContext(context.Background(), "rollback")
		must(t, err)
		must(t, conn.Close())
		must(t, db.Close())
	}
}

// behaviour is one thing that a catalog must do, whichever it is.
type behaviour struct {
	name string
	test func(t *testing.T, b backend, dir string, at func(*warehouse.Config))
}

// Whatever the catalog is, the lake keeps its promises: one suite for all. Each lake is verified when its test ends.
func TestCatalog(t *testing.T) {
	for kind, b := range backends(t) {
		for _, c := range catalogBehaviours {
			t.Run(kind+"/"+c.name, func(t *testing.T) {
				dir := t.TempDir()
				catalog := b.fresh(t, dir)
				c.test(t, b, dir, func(cfg *warehouse.Config) { cfg.Dir, cfg.Catalog = dir, catalog })
			})
		}
	}
}

func with(at func(*warehouse.Config), dir string) warehouse.Config {
	cfg := configAt(dir)
	at(&cfg)
	return cfg
}

var catalogBehaviours = []behaviour{
	{"a lake that is not there is not begun by opening it", func(t *testing.T, _ backend, dir string, at func(*warehouse.Config)) {
		_, err := warehouse.Open(t.Context(), with(at, dir))
		wantErr(t, err, warehouse.ErrNoLake)
	}},
	{"workers that create at once all get one lake", func(t *testing.T, _ backend, dir string, at func(*warehouse.Config)) {
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				l, err := warehouse.Create(context.Background(), with(at, dir), []warehouse.Table{step})
				if err != nil {
					t.Errorf("create: %v", err)
					return
				}
				_ = l.Close()
			})
		}
		wg.Wait()
		lake := warehousetest.New(t, []warehouse.Table{step}, at)
		must(t, put(t, lake.Lake, p0, 0, 5))
	}},
	{"what is appended is there for the next who opens it", func(t *testing.T, _ backend, _ string, at func(*warehouse.Config)) {
		lake := warehousetest.New(t, []warehouse.Table{step}, at)
		must(t, put(t, lake.Lake, p0, 0, 5))
		must(t, put(t, lake.Lake, p0, 5, 9))
		requireLedger(t, lake.Another(), "step", warehouse.Ledger{p0: mark(9)})
		requireOffsets(t, lake, "step", map[warehouse.Partition][]int64{p0: offsets(0, 9)})
		tables, err := lake.Another().Tables(t.Context())
		must(t, err)
		if len(tables) != 3 || tables[2].Name != "step" || tables[2].Rows != 9 || tables[2].Snapshots != 2 {
			t.Errorf("tables %+v", tables)
		}
	}},
	{"a worker that lost its partition is fenced", func(t *testing.T, _ backend, _ string, at func(*warehouse.Config)) {
		lake := warehousetest.New(t, []warehouse.Table{step}, at)
		must(t, put(t, lake.Lake, p0, 0, 5))
		must(t, put(t, lake.Another(), p0, 5, 7))
		wantErr(t, put(t, lake.Lake, p0, 5, 9), warehouse.ErrFenced)
		must(t, put(t, lake.Lake, p0, 7, 12))
		requireOffsets(t, lake, "step", map[warehouse.Partition][]int64{p0: offsets(0, 12)})
	}},
	{"a lost answer is not repeated", func(t *testing.T, _ backend, _ string, at func(*warehouse.Config)) {
		lake := warehousetest.New(t, []warehouse.Table{step}, at, warehousetest.LoseAnswer(1))
		must(t, put(t, lake.Lake, p0, 0, 5))
		requireOffsets(t, lake, "step", map[warehouse.Partition][]int64{p0: offsets(0, 5)})
	}},
	{"a writer in between costs a round and nothing else", func(t *testing.T, _ backend, _ string, at func(*warehouse.Config)) {
		var other func()
		lake := warehousetest.New(t, []warehouse.Table{step}, at, warehousetest.BeforeCommit(1, func() { other() }))
		second := lake.Another()
		other = func() { must(t, put(t, second, p1, 0, 4)) }
		must(t, put(t, lake.Lake, p0, 0, 5))
		requireOffsets(t, lake, "step", map[warehouse.Partition][]int64{p0: offsets(0, 5), p1: offsets(0, 4)})
	}},
	{"workers that commit at once all get through", func(t *testing.T, _ backend, _ string, at func(*warehouse.Config)) {
		lake := warehousetest.New(t, []warehouse.Table{step}, at)
		var wg sync.WaitGroup
		for _, p := range []warehouse.Partition{p0, p1, p2} {
			l := lake.Another()
			wg.Go(func() {
				for from := int64(0); from < 12; from += 3 {
					if err := put(t, l, p, from, from+3); err != nil {
						t.Errorf("%s: %v", p, err)
					}
				}
			})
		}
		wg.Wait()
		requireOffsets(t, lake, "step", map[warehouse.Partition][]int64{p0: offsets(0, 12), p1: offsets(0, 12), p2: offsets(0, 12)})
	}},
	{"a death in front of the catalog leaves nothing to be seen", func(t *testing.T, _ backend, _ string, at func(*warehouse.Config)) {
		lake := warehousetest.New(t, []warehouse.Table{step}, at, warehousetest.Crash(2))
		must(t, put(t, lake.Lake, p0, 0, 5))
		wantErr(t, put(t, lake.Lake, p0, 5, 9), warehousetest.ErrInjected)
		next := lake.Another()
		requireLedger(t, next, "step", warehouse.Ledger{p0: mark(5)})
		must(t, put(t, next, p0, 5, 9))
		requireOffsets(t, lake, "step", map[warehouse.Partition][]int64{p0: offsets(0, 9)})
	}},
	{"a ledger that is reset has its offsets read again", func(t *testing.T, _ backend, _ string, at func(*warehouse.Config)) {
		lake := warehousetest.New(t, []warehouse.Table{step}, at)
		must(t, put(t, lake.Lake, p0, 0, 5))
		to := mark(2)
		must(t, lake.ResetLedger(t.Context(), "step", warehouse.Reset{Partition: p0, To: &to}))
		must(t, put(t, lake.Another(), p0, 2, 6))
		requireLedger(t, lake.Lake, "step", warehouse.Ledger{p0: mark(6)})
	}},
	{"rejects are written once, however often they are offered", func(t *testing.T, _ backend, _ string, at func(*warehouse.Config)) {
		lake := warehousetest.New(t, []warehouse.Table{step}, at)
		batch := rejectBatch(t, p0, 1, 3)
		for range 2 {
			must(t, lake.AppendRejects(t.Context(), "step", moves(move(p0, warehouse.NoMark, 5)), batch))
		}
		must(t, lake.Append(t.Context(), "step", warehouse.Append{
			Files: stage(t, lake.Lake, stepRow(p0, 0), stepRow(p0, 2), stepRow(p0, 4)), Moves: moves(move(p0, warehouse.NoMark, 5)),
		}))
		must(t, lake.Another().AppendRejects(t.Context(), "step", moves(move(p0, warehouse.NoMark, 5)), batch))
		if rows := lake.Rows("rejects"); len(rows) != 2 {
			t.Errorf("%d rejects, want 2", len(rows))
		}
	}},
	{"a new optional column comes at the end, and a changed one is refused", func(t *testing.T, _ backend, dir string, at func(*warehouse.Config)) {
		lake := warehousetest.New(t, []warehouse.Table{step}, at)
		must(t, put(t, lake.Lake, p0, 0, 5))
		wider := step
		wider.Columns = append(slices.Clone(step.Columns), warehouse.Column{Name: "later", Type: warehouse.String})
		wider.Contract = "1.1"
		l, err := warehouse.Create(t.Context(), with(at, dir), []warehouse.Table{wider})
		must(t, err)
		must(t, l.Close())
		declared, err := lake.Another().Table("step")
		must(t, err)
		if declared.Contract != "1.1" || declared.Columns[len(declared.Columns)-1].Name != "later" {
			t.Errorf("the table is %+v", declared)
		}
		wrong := wider
		wrong.Columns = slices.Clone(wider.Columns)
		wrong.Columns[0].Type = warehouse.Int64
		_, err = warehouse.Create(t.Context(), with(at, dir), []warehouse.Table{wrong})
		wantErr(t, err, warehouse.ErrSchema)
	}},
	{"a catalog that somebody holds is waited for, and then says so", func(t *testing.T, b backend, _ string, at func(*warehouse.Config)) {
		lake := warehousetest.New(t, []warehouse.Table{step}, at, func(c *warehouse.Config) { c.Catalog = b.hasty(c.Catalog) })
		must(t, put(t, lake.Lake, p0, 0, 5))
		release := b.hold(t, lake.Config.Catalog)
		wantErr(t, put(t, lake.Lake, p0, 5, 9), warehouse.ErrCatalogLocked)
		release()
		must(t, put(t, lake.Lake, p0, 5, 9))
		requireOffsets(t, lake, "step", map[warehouse.Partition][]int64{p0: offsets(0, 9)})
	}},
	{"a catalog that is lost and comes back has lost nothing", func(t *testing.T, b backend, dir string, at func(*warehouse.Config)) {
		lake := warehousetest.New(t, []warehouse.Table{step}, at)
		must(t, put(t, lake.Lake, p0, 0, 5))
		must(t, lake.Close())
		back := b.lose(t, lake.Config.Catalog)
		if l, err := warehouse.Open(t.Context(), with(at, dir)); err == nil {
			t.Error("a lake without its catalog was opened")
			_ = l.Close()
		}
		back()
		lake.Reopen()
		must(t, put(t, lake.Lake, p0, 5, 9))
		requireOffsets(t, lake, "step", map[warehouse.Partition][]int64{p0: offsets(0, 9)})
	}},
	{"a commit during which the catalog is lost is offered again and is there once", func(t *testing.T, b backend, _ string, at func(*warehouse.Config)) {
		lake := warehousetest.New(t, []warehouse.Table{step}, at)
		must(t, put(t, lake.Lake, p0, 0, 5))
		back := b.lose(t, lake.Config.Catalog)
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		batch := warehouse.Append{Files: stage(t, lake.Lake, stepRows(p0, 5, 9)...), Moves: moves(move(p0, 5, 9))}
		// A database that is a file stays usable for those who have it open; what they write there may never be seen again.
		if err := lake.Append(ctx, "step", batch); err == nil {
			t.Error("a commit landed in a catalog that was lost")
		}
		back()
		must(t, lake.Append(t.Context(), "step", batch))
		requireOffsets(t, lake, "step", map[warehouse.Partition][]int64{p0: offsets(0, 9)})
	}},
	{"a lake is backed up, moved and recovered", func(t *testing.T, b backend, dir string, at func(*warehouse.Config)) {
		lake := warehousetest.New(t, []warehouse.Table{step}, at)
		must(t, put(t, lake.Lake, p0, 0, 9))
		want := contentsOf(t, lake.Lake)
		copied := t.TempDir()
		_, err := lake.Backup(t.Context(), copied, warehouse.BackupOptions{})
		must(t, err)
		closed(t, configAt(copied), func(l *warehouse.Lake) { requireSame(t, contentsOf(t, l), want) })

		must(t, lake.Close())
		moved := configAt(filepath.Join(t.TempDir(), "moved"))
		must(t, os.Rename(dir, moved.Dir))
		if moved.Catalog = lake.Config.Catalog; moved.Catalog.Type == warehouse.SQLite {
			moved.Catalog = b.fresh(t, moved.Dir) // it lies in the directory
		}
		_, err = warehouse.Relocate(t.Context(), moved, warehouse.RelocateOptions{})
		must(t, err)
		closed(t, moved, func(l *warehouse.Lake) { requireSame(t, contentsOf(t, l), want) })

		other := moved
		other.Catalog = b.fresh(t, t.TempDir()) // the old one is lost
		_, err = warehouse.Recover(t.Context(), other, warehouse.RecoverOptions{})
		must(t, err)
		closed(t, other, func(l *warehouse.Lake) { requireSame(t, contentsOf(t, l), want) })

		must(t, os.Rename(moved.Dir, dir))
		_, err = warehouse.Relocate(t.Context(), lake.Config, warehouse.RelocateOptions{})
		must(t, err)
		lake.Reopen()
	}},
}
