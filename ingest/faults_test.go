package ingest_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/ingest/ingesttest"
	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
)

// disk is what the files of a lake lie on.
type disk struct {
	room  atomic.Int64  // how many files more it takes; negative: as many as come
	why   error         // what it says when there is no room
	late  atomic.Int64  // for how long the next manifest waits, once
	stuck chan struct{} // nil, or: the next file waits until it is closed
}

func (d *disk) write(path string) error {
	if strings.Contains(path, "/step/metadata/") {
		<-time.After(time.Duration(d.late.Swap(0)))
	}
	if d.stuck != nil {
		<-d.stuck
	}
	switch left := d.room.Load(); {
	case left < 0:
		return nil
	case left == 0:
		return &os.PathError{Op: "write", Path: "the disk of the test", Err: d.why}
	default:
		d.room.Store(left - 1)
		return nil
	}
}

// lines is a log that a test may read while it grows.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// underway is an ingester that runs in fake time over a lake that a test breaks and mends.
type underway struct {
	t    *testing.T
	cfg  ingest.Config
	log  *ingesttest.Log
	lake *warehousetest.Lake
	disk *disk
	in   *ingest.Ingester
	reg  *prometheus.Registry
	said *lines // warnings and worse
	stop context.CancelFunc
	done chan error // what Run returned; closed when it has
}

// partition is where all records go.
func (u *underway) partition() warehouse.Partition { return u.log.Partition("duty.step", 0) }

// inTrouble runs an ingester that has taken up its partitions. The test breaks the lake, and has mended it when it ends.
func inTrouble(t *testing.T, change func(*ingest.Config), test func(*underway)) {
	t.Helper()
	warehousetest.Bubble(t, func(t *testing.T) {
		u := &underway{t: t, cfg: ingesttest.Config(), disk: &disk{why: syscall.ENOSPC}}
		u.disk.room.Store(-1)
		u.cfg.UntilCaughtUp, u.cfg.BatchRows = false, 1<<20 // batches close with age
		if change != nil {
			change(&u.cfg)
		}
		u.log = ingesttest.NewLog(map[string]int32{"duty.step": 1, "duty.work": 1})
		u.lake = warehousetest.New(t, ingest.Tables(), func(c *warehouse.Config) { c.Faults.Write = u.disk.write })
		defer func() { // also when the test has failed
			u.stop()
			<-u.done
		}()
		u.start()
		test(u)
		u.stop()
		if err := <-u.done; err != nil {
			t.Error(err)
		}
	})
}

// start begins a run, and waits until it reads.
func (u *underway) start() {
	u.reg, u.done = prometheus.NewRegistry(), make(chan error, 1)
	u.said = new(lines)
	src := u.log.Source()
	src.Assign(u.log.Partitions())
	u.in = ingest.New(u.cfg, src, u.lake.Lake, ingest.Options{
		Registerer: u.reg, Logger: slog.New(slog.NewTextHandler(u.said, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	var ctx context.Context
	ctx, u.stop = context.WithCancel(u.t.Context())
	go func() { // ended by stop
		defer close(u.done)
		u.done <- u.in.Run(ctx)
	}()
	synctest.Wait()
	if err := u.in.Ready(); err != nil {
		u.t.Fatal(err)
	}
}

// give appends n records, of which one breaks its contract, and lets them grow old enough to be committed.
func (u *underway) give(n int) {
	u.t.Helper()
	var records []ingest.Record
	for _, m := range made(u.t, "duty.step", n, n/2) {
		records = append(records, ingest.Record{Key: m.Key, Value: m.Value, Timestamp: m.Time.UnixMilli(), SourcePos: -1})
	}
	u.log.Append(u.partition(), false, records...)
	after(u.cfg.BatchAge)
}

// failures counts the commits that were not done at the first attempt.
func (u *underway) failures() float64 {
	return count(u.t, u.reg, "dutyflow_ingest_failures_total", "commit")
}

// requireTrouble requires that at least one commit has failed, that the log names the cause and what to do, and that
// nothing of it is in the lake.
func (u *underway) requireTrouble(rows int64, says ...string) {
	u.t.Helper()
	if s := u.in.Status(); s.Rows != rows || u.failures() < 1 {
		u.t.Errorf("%+v, %v failures", s, u.failures())
	}
	for _, text := range says {
		if !strings.Contains(u.said.String(), text) {
			u.t.Errorf("the log does not say %q:\n%s", text, u.said.String())
		}
	}
}

// requireExact requires that the run has gone on, and that each offset is in the lake once.
func (u *underway) requireExact() {
	u.t.Helper()
	_, end := u.log.Bounds(u.partition())
	seen := make(map[int64]int)
	for _, table := range []string{"step", "rejects"} {
		for _, row := range u.lake.Rows(table) {
			seen[row["_offset"].(int64)]++
		}
	}
	for offset := range end {
		if seen[offset] != 1 {
			u.t.Errorf("offset %d is in the lake %d times; it holds %d offsets of %d", offset, seen[offset], len(seen), end)
			return
		}
	}
}

// requireEnd requires that the run has ended by itself, with an error of these kinds that says what to do. Then the
// lake is mended, and another run does the rest.
func (u *underway) requireEnd(mend func(), kinds []error, says ...string) {
	u.t.Helper()
	var err error
	select {
	case err = <-u.done:
	default:
		u.t.Fatalf("the run goes on after %v failures", u.failures())
	}
	for _, kind := range kinds {
		if !errors.Is(err, kind) {
			u.t.Errorf("err = %v, which is not %q", err, kind)
		}
	}
	for _, text := range says {
		if !strings.Contains(fmt.Sprint(err), text) {
			u.t.Errorf("err = %v, which does not say %q", err, text)
		}
	}
	mend()
	u.start()
	after(u.cfg.BatchAge)
	u.requireExact()
}

// longestPause is longer than any pause before another attempt.
const longestPause = 15 * time.Second

// A disk that is full at whichever file of a batch: the batch is tried again until there is room, each failure counts,
// and nothing is lost or doubled. It is no stall before it has lasted.
func TestIngester_DiskFull(t *testing.T) {
	inTrouble(t, nil, func(u *underway) {
		files := 0
		for rows := int64(0); ; files++ {
			before := u.failures()
			u.disk.room.Store(int64(files))
			u.give(40)
			if u.failures() == before {
				break // there was room for all of it
			}
			u.requireTrouble(rows, "disk full", "free space")
			if err := u.in.Health(); err != nil {
				t.Error(err)
			}
			u.disk.room.Store(-1)
			after(longestPause)
			rows += 39
			if s := u.in.Status(); s.Rows != rows {
				t.Fatalf("with room again after %d files: %+v", files, s)
			}
		}
		u.disk.room.Store(-1)
		if files < 8 { // a data file, manifest, manifest list and metadata of two tables
			t.Errorf("a batch had only %d files", files)
		}
		u.requireExact()
	})
}

// A disk that stays full ends the run after max_failures attempts, with what to do. The next run does the rest.
func TestIngester_DiskFullForEver(t *testing.T) {
	inTrouble(t, func(c *ingest.Config) { c.MaxFailures = 3 }, func(u *underway) {
		u.disk.room.Store(2)
		u.give(40)
		after(longestPause)
		if n := u.failures(); n != 3 {
			t.Errorf("%v failures", n)
		}
		u.requireEnd(func() { u.disk.room.Store(-1) }, []error{ingest.ErrFailing, warehouse.ErrDiskFull}, "3 times in a row", "disk full", "free space", "run again")
	})
}

// A lake that may not be written is nothing that time heals: the run ends at once and says whom to give which right.
func TestIngester_LakeNotWritable(t *testing.T) {
	for _, why := range []error{syscall.EROFS, syscall.EACCES} {
		inTrouble(t, nil, func(u *underway) {
			u.disk.why = why
			u.disk.room.Store(1)
			u.give(40)
			if n := u.failures(); n != 0 {
				t.Errorf("%v: tried again %v times", why, n)
			}
			u.requireEnd(func() { u.disk.room.Store(-1) }, []error{warehouse.ErrNotWritable, why}, "not writable", "write permission")
		})
	}
}

// lock holds the catalog as a tool does that has begun to write and does not end.
func (u *underway) lock() (unlock func()) {
	u.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(u.lake.Dir(), "catalog.db"))
	if err != nil {
		u.t.Fatal(err)
	}
	conn, err := db.Conn(u.t.Context())
	if err == nil {
		_, err = conn.ExecContext(u.t.Context(), "BEGIN IMMEDIATE")
	}
	if err != nil {
		u.t.Fatal(err)
	}
	return func() {
		_, err := conn.ExecContext(u.t.Context(), "ROLLBACK")
		if err := errors.Join(err, conn.Close(), db.Close()); err != nil {
			u.t.Error(err)
		}
	}
}

// How long a statement waits for a catalog that another process holds.
const busyTimeout = 10 * time.Second

// A catalog that another process holds for a while delays a batch and does nothing else.
func TestIngester_CatalogLocked(t *testing.T) {
	inTrouble(t, nil, func(u *underway) {
		unlock := u.lock()
		u.give(40)
		after(busyTimeout)
		u.requireTrouble(0, "catalog locked", "end it or wait")
		unlock()
		after(longestPause)
		u.requireExact()
	})
}

// A catalog that stays locked ends the run after max_failures attempts. The next run does the rest.
func TestIngester_CatalogLockedForEver(t *testing.T) {
	inTrouble(t, func(c *ingest.Config) { c.MaxFailures = 2 }, func(u *underway) {
		unlock := u.lock()
		u.give(40)
		after(2*busyTimeout + longestPause)
		u.requireEnd(unlock, []error{ingest.ErrFailing, warehouse.ErrCatalogLocked}, "2 times in a row", "catalog.db")
	})
}

// moveCatalog moves the catalog with what SQLite keeps beside it.
func (u *underway) moveCatalog(from, to string) {
	u.t.Helper()
	files, err := filepath.Glob(filepath.Join(from, "catalog.db*"))
	if err != nil || len(files) == 0 {
		u.t.Fatalf("no catalog in %s: %v", from, err)
	}
	for _, file := range files {
		if err := os.Rename(file, filepath.Join(to, filepath.Base(file))); err != nil {
			u.t.Fatal(err)
		}
	}
}

// A catalog that is taken away under a running worker is missed at the next commit, although the open file could still
// be written: what went there would be lost with it. When it is back the worker goes on, and nothing is doubled.
func TestIngester_CatalogLostAndBack(t *testing.T) {
	inTrouble(t, nil, func(u *underway) {
		u.give(40)
		away := t.TempDir()
		u.moveCatalog(u.lake.Dir(), away)
		u.give(40)
		after(longestPause) // the lake looks for it a dozen times in an attempt
		u.requireTrouble(39, "the catalog is not that of the lake", "catalog.db", "put it back")
		if left, err := filepath.Glob(filepath.Join(u.lake.Dir(), "catalog.db*")); err != nil || len(left) != 0 {
			t.Errorf("a new catalog was begun: %v, %v", left, err)
		}
		u.moveCatalog(away, u.lake.Dir())
		after(longestPause)
		u.requireExact()
	})
}

// Another catalog in its place, such as an older copy, is not written either; and when the right one does not come back
// the run ends after max_failures attempts.
func TestIngester_CatalogReplaced(t *testing.T) {
	inTrouble(t, func(c *ingest.Config) { c.MaxFailures = 3 }, func(u *underway) {
		file := filepath.Join(u.lake.Dir(), "catalog.db")
		older, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		u.give(40)
		away := t.TempDir()
		u.moveCatalog(u.lake.Dir(), away)
		if err := os.WriteFile(file, older, 0o644); err != nil {
			t.Fatal(err)
		}
		u.give(40)
		after(3 * longestPause)
		u.requireEnd(func() {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
			u.moveCatalog(away, u.lake.Dir())
		}, []error{ingest.ErrFailing, warehouse.ErrLostCatalog}, "3 times in a row", "dutyflow lake recover")
	})
}

// A disk that hangs cannot be interrupted. While it does, the partition stands still: in Health, the metrics and the
// log. When it answers after commit_timeout the attempt counts as failed, and the next one is exact.
func TestIngester_CommitHangs(t *testing.T) {
	inTrouble(t, func(c *ingest.Config) { c.StallAfter = time.Minute }, func(u *underway) {
		u.disk.stuck = make(chan struct{})
		u.give(40)
		if err := u.in.Health(); err != nil {
			t.Error(err)
		}
		after(u.cfg.CommitTimeout)
		if err := u.in.Health(); !errors.Is(err, ingest.ErrStalled) || !strings.Contains(err.Error(), "duty.step[0]: nothing committed for 5m") {
			t.Errorf("health: %v", err)
		}
		if n := count(t, u.reg, "dutyflow_ingest_stalled_partitions"); n != 1 || !strings.Contains(u.said.String(), "level=ERROR") {
			t.Errorf("%v partitions stalled; the log:\n%s", n, u.said.String())
		}
		close(u.disk.stuck)
		after(longestPause)
		u.requireTrouble(39, "deadline exceeded")
		if err := u.in.Health(); err != nil {
			t.Errorf("when it goes on: %v", err)
		}
		u.requireExact()
	})
}

// A store that takes a request and does not answer is left after commit_timeout, and asked again.
func TestIngester_StoreHangs(t *testing.T) {
	var hung atomic.Bool
	lake := warehousetest.New(t, ingest.Tables(), warehousetest.OnS3(t), func(c *warehouse.Config) {
		store, err := url.Parse(c.S3.Endpoint)
		if err != nil {
			t.Fatal(err)
		}
		pass := httputil.NewSingleHostReverseProxy(store)
		proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, ".parquet") && hung.CompareAndSwap(false, true) {
				_, _ = io.Copy(io.Discard, r.Body)
				<-r.Context().Done() // until the client has left
				return
			}
			pass.ServeHTTP(w, r)
		}))
		t.Cleanup(proxy.Close)
		c.S3.Endpoint = proxy.URL
	})
	log := ingesttest.NewLog(map[string]int32{"duty.step": 1, "duty.work": 1})
	give(t, log, log.Partition("duty.step", 0), 40)
	src := log.Source()
	src.Assign(log.Partitions())
	cfg := ingesttest.Config()
	cfg.CommitTimeout = 2 * time.Second
	reg := prometheus.NewRegistry()
	in := ingest.New(cfg, src, lake.Lake, ingest.Options{Registerer: reg})
	if err := in.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := count(t, reg, "dutyflow_ingest_failures_total", "commit"); n < 1 || !hung.Load() {
		t.Errorf("%v failures, hung: %v", n, hung.Load())
	}
	offsets := make(map[int64]bool)
	if led, err := lake.Ledger(t.Context(), "step"); err != nil || led[log.Partition("duty.step", 0)].Next != 40 {
		t.Errorf("ledger: %v, %v", led, err)
	}
	rows := lake.Rows("step")
	for _, row := range rows {
		offsets[row["_offset"].(int64)] = true
	}
	if len(rows) != 40 || len(offsets) != 40 {
		t.Errorf("%d rows of %d offsets", len(rows), len(offsets))
	}
}

// A disk, or a whole machine, that stands still for longer than staged files are safe from clean: the batch is staged again and lands once.
func TestIngester_StagedTooLongAgo(t *testing.T) {
	inTrouble(t, func(c *ingest.Config) { c.MaxFailures, c.CommitTimeout = 1000, time.Hour }, func(u *underway) {
		u.disk.late.Store(int64(40 * time.Minute))
		u.give(40)
		after(time.Hour)
		if u.failures() != 1 || !strings.Contains(u.said.String(), "stage its rows again") {
			t.Errorf("%v failures: %s", u.failures(), u.said.String())
		}
		u.requireExact()
	})
}
