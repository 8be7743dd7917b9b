package warehouse_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
)

// postgres starts a server for one test, on a socket in a temporary directory, and returns its connection string.
func postgres(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"initdb", "postgres"} {
		if _, err := exec.LookPath(name); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatalf("%s is not in PATH; in CI it must be: .ci/setup installs it", name)
			}
			t.Skipf("SKIPPED: %s is not in PATH, so the Postgres catalog is not tested; .ci/setup installs it", name)
		}
	}
	// Short, because a socket's path may have 107 bytes, and outside of t.TempDir, which is root's alone if root tests.
	dir, err := os.MkdirTemp("", "dutypg")
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	var as *syscall.SysProcAttr
	if os.Getuid() == 0 { // the server refuses to run as root
		must(t, os.Chown(dir, 65534, 65534))
		as = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	run := func(name string, args ...string) *exec.Cmd {
		cmd := exec.Command(name, args...)
		cmd.SysProcAttr, cmd.Dir = as, dir
		cmd.Env = append(os.Environ(), "LC_ALL=C")
		return cmd
	}
	data := filepath.Join(dir, "data")
	if out, err := run("initdb", "-D", data, "-U", "duty", "-A", "trust", "-N").CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	server := run("postgres", "-D", data, "-k", dir, "-c", "listen_addresses=", "-F")
	must(t, server.Start())
	t.Cleanup(func() {
		_ = server.Process.Signal(os.Interrupt)
		_ = server.Wait()
	})
	dsn := fmt.Sprintf("host=%s user=duty dbname=postgres", dir)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for run("psql", "-h", dir, "-U", "duty", "-c", "select 1", "postgres").Run() != nil {
		select {
		case <-ctx.Done():
			t.Fatal("the server does not answer")
		case <-tick.C:
		}
	}
	return dsn
}

// Several hosts share a lake through Postgres; the protocol holds there as it does on SQLite.
func TestLake_postgres(t *testing.T) {
	dsn := postgres(t)
	database := func(c *warehouse.Config) { c.Catalog = warehouse.Catalog{Type: warehouse.Postgres, DSN: dsn} }

	missing := configAt(t.TempDir())
	database(&missing)
	_, err := warehouse.Open(t.Context(), missing)
	wantErr(t, err, warehouse.ErrNoLake)

	dir := t.TempDir()
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			cfg := configAt(dir)
			database(&cfg)
			l, err := warehouse.Create(context.Background(), cfg, []warehouse.Table{step})
			if err != nil {
				t.Errorf("create: %v", err)
				return
			}
			_ = l.Close()
		})
	}
	wg.Wait()

	var other func()
	lake := warehousetest.New(t, []warehouse.Table{step}, database, func(c *warehouse.Config) { c.Dir = dir },
		warehousetest.BeforeCommit(2, func() { other() }), warehousetest.LoseAnswer(1))
	second := lake.Another()
	other = func() {
		must(t, put(t, second, p1, 0, 4))
		must(t, put(t, second, p0, 5, 7))
	}
	must(t, put(t, lake.Lake, p0, 0, 5))                         // its answer is lost
	wantErr(t, put(t, lake.Lake, p0, 5, 9), warehouse.ErrFenced) // the second worker was faster
	must(t, put(t, lake.Lake, p0, 7, 12))                        // and this one goes on behind it
	must(t, lake.AppendRejects(t.Context(), "step", moves(move(p0, 12, 15)), rejectBatch(t, p0, 13)))
	requireLedger(t, lake.Another(), "step", warehouse.Ledger{p0: mark(12), p1: mark(4)})
	requireOffsets(t, lake, "step", map[warehouse.Partition][]int64{p0: offsets(0, 12), p1: offsets(0, 4)})
}
