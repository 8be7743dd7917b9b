package warehouse_test

import (
	"crypto/rand"
	"encoding/base64"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
)

// The protocol holds in an S3-compatible store as it does in a directory: rows and ledger move together, a lost answer
// is recognised, a crash leaves orphans only, and a second worker on the same offsets is fenced.
func TestLake_s3(t *testing.T) {
	var other func()
	lake := warehousetest.New(t, []warehouse.Table{step}, warehousetest.OnS3(t),
		warehousetest.BeforeCommit(2, func() { other() }), warehousetest.LoseAnswer(1))
	second := lake.Another()
	other = func() {
		must(t, put(t, second, p1, 0, 4))
		must(t, put(t, second, p0, 5, 7))
	}
	must(t, put(t, lake.Lake, p0, 0, 5))
	wantErr(t, put(t, lake.Lake, p0, 5, 9), warehouse.ErrFenced)
	must(t, put(t, lake.Lake, p0, 7, 12))
	must(t, lake.AppendRejects(t.Context(), "step", moves(move(p0, 12, 15)), rejectBatch(t, p0, 13)))
	requireLedger(t, lake.Another(), "step", warehouse.Ledger{p0: mark(12), p1: mark(4)})
	requireOffsets(t, lake, "step", map[warehouse.Partition][]int64{p0: offsets(0, 12), p1: offsets(0, 4)})

	if _, err := os.Stat(filepath.Join(lake.Config.Dir, "lake")); err == nil {
		t.Error("files were written below --dir too")
	}
	elsewhere := lake.Config
	elsewhere.Location = "s3://lake/other"
	_, err := warehouse.Open(t.Context(), elsewhere)
	wantErr(t, err, warehouse.ErrMoved)
}

// A file that is larger than what is sent in one request arrives whole, and one that is given up leaves nothing.
func TestLake_s3_largeFile(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step}, warehousetest.OnS3(t))
	row := stepRow(p0, 0)
	noise := make([]byte, 10<<20) // does not compress
	_, err := rand.Read(noise)
	must(t, err)
	row["ext"] = base64.StdEncoding.EncodeToString(noise)
	files := stage(t, lake.Lake, row)
	if files[0].Bytes < 10<<20 {
		t.Fatalf("the file has only %d bytes", files[0].Bytes)
	}
	must(t, lake.Append(t.Context(), "step", warehouse.Append{Files: files, Moves: moves(move(p0, warehouse.NoMark, 1))}))
	if got := lake.Rows("step"); len(got) != 1 || got[0]["ext"] != row["ext"] {
		t.Error("the row came back otherwise")
	}
}

// A backup copies a file piece by piece, however large it is.
func TestLake_s3_backupOfALargeFile(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step}, warehousetest.OnS3(t))
	row := stepRow(p0, 0)
	noise := make([]byte, 12<<20) // does not compress
	_, err := rand.Read(noise)
	must(t, err)
	row["ext"] = base64.StdEncoding.EncodeToString(noise)
	files := stage(t, lake.Lake, row)
	must(t, lake.Append(t.Context(), "step", warehouse.Append{Files: files, Moves: moves(move(p0, warehouse.NoMark, 1))}))
	dir := t.TempDir()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	done, err := lake.Backup(t.Context(), dir, warehouse.BackupOptions{})
	must(t, err)
	runtime.ReadMemStats(&after)
	if taken := int64(after.TotalAlloc - before.TotalAlloc); taken > files[0].Bytes {
		t.Errorf("a backup of %d bytes took %d bytes of memory", done.Bytes, taken)
	}
	closed(t, configAt(dir), func(l *warehouse.Lake) {
		if pinned := pinnedOf(t, l); warehousetest.RowsOf(t, pinned[len(pinned)-1])[0]["ext"] != row["ext"] {
			t.Error("the row came back otherwise")
		}
	})
}

// What was fetched is read from this host the next time, a file that was cut is fetched again, and readers that want
// the same file at the same time all get it.
func TestLake_s3_cache(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step}, warehousetest.OnS3(t))
	must(t, put(t, lake.Lake, p0, 0, 20))
	pin := func() warehouse.PinnedFile {
		pinned, err := lake.Pin(t.Context(), "step")
		must(t, err)
		return pinned[0].Files[0]
	}
	first := pin()
	if !strings.HasPrefix(first.Name, "s3://lake/city/duty/step/data/") || !strings.HasPrefix(first.Path, filepath.Join(lake.Config.Dir, "cache")) {
		t.Errorf("the file is %s at %s", first.Name, first.Path)
	}
	must(t, os.Truncate(first.Path, 100))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if again := pin(); again != first {
				t.Errorf("the second time it is %v", again)
			}
		})
	}
	wg.Wait()
	info, err := os.Stat(first.Path)
	must(t, err)
	if info.Size() != first.Bytes {
		t.Errorf("the file has %d bytes on this host, want %d", info.Size(), first.Bytes)
	}
	entries, err := os.ReadDir(filepath.Dir(first.Path))
	must(t, err)
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".part") {
			t.Errorf("%s was left behind", e.Name())
		}
	}
}
