package warehouse_test

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
	"github.com/parquet-go/parquet-go"

	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
)

// Verify finds each kind of damage. The lake of each case is made outside the self-checking helper, since it ends
// unsound.
func TestLake_Verify(t *testing.T) {
	for name, c := range map[string]struct {
		damage func(t *testing.T, l *warehouse.Lake)
		want   string
	}{
		"nothing": {func(*testing.T, *warehouse.Lake) {}, ""},
		"file missing": {func(t *testing.T, l *warehouse.Lake) {
			must(t, os.Remove(firstFile(t, l)))
		}, "no such file"},
		"file cut": {func(t *testing.T, l *warehouse.Lake) {
			must(t, os.Truncate(firstFile(t, l), 100))
		}, "bytes, its manifest says"},
		"file replaced": {func(t *testing.T, l *warehouse.Lake) {
			path := firstFile(t, l)
			content, err := os.ReadFile(path)
			must(t, err)
			clear(content[len(content)-8:])
			must(t, os.WriteFile(path, content, 0o644))
		}, "read footer"},
		"offset twice": {func(t *testing.T, l *warehouse.Lake) {
			addFile(t, l, func(*iceberg.DataFileBuilder) {}, 0)
		}, "in the lake twice"},
		"offset in rejects too": {func(t *testing.T, l *warehouse.Lake) {
			must(t, l.AppendRejects(t.Context(), "step", moves(move(p0, 5, 6)), rejectBatch(t, p0, 2)))
		}, "in the lake twice"},
		"offset beyond the ledger": {func(t *testing.T, l *warehouse.Lake) {
			addFile(t, l, func(*iceberg.DataFileBuilder) {}, 77)
		}, "not below the ledger"},
		"lower bound too high": {func(t *testing.T, l *warehouse.Lake) {
			addFile(t, l, func(b *iceberg.DataFileBuilder) { b.LowerBoundValues(map[int][]byte{1: []byte("z")}) }, 77)
		}, "below the lower bound"},
		"upper bound too low": {func(t *testing.T, l *warehouse.Lake) {
			addFile(t, l, func(b *iceberg.DataFileBuilder) { b.UpperBoundValues(map[int][]byte{1: []byte("a")}) }, 77)
		}, "above the upper bound"},
		"rows added past the protocol": {func(t *testing.T, l *warehouse.Lake) {
			again := filesOf(t, l, "step")
			tx := icebergTable(t, &warehousetest.Lake{Lake: l}, "step").NewTransaction()
			must(t, tx.AddDataFiles(t.Context(), again[:1], nil, table.WithoutDuplicateCheck(), table.WithoutAutoNameMapping()))
			_, err := tx.Commit(t.Context())
			must(t, err)
		}, "in the lake twice"},
		"manifest missing": {func(t *testing.T, l *warehouse.Lake) {
			head := icebergTable(t, &warehousetest.Lake{Lake: l}, "step").CurrentSnapshot()
			must(t, os.Remove(strings.TrimPrefix(head.ManifestList, "file://")))
		}, "manifest list"},
		"file of an older snapshot missing": {func(t *testing.T, l *warehouse.Lake) {
			gone := filesOf(t, l, "step")
			tx := icebergTable(t, &warehousetest.Lake{Lake: l}, "step").NewTransaction()
			must(t, tx.ReplaceDataFiles(t.Context(), []string{gone[0].FilePath()}, nil, nil))
			_, err := tx.Commit(t.Context())
			must(t, err)
			must(t, os.Remove(strings.TrimPrefix(gone[0].FilePath(), "file://")))
		}, "no such file"},
		"null count": {func(t *testing.T, l *warehouse.Lake) {
			addFile(t, l, func(b *iceberg.DataFileBuilder) { b.NullValueCounts(map[int]int64{3: 0}) }, 77)
		}, "nulls, its manifest says"},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := warehouse.Create(t.Context(), configAt(t.TempDir()), []warehouse.Table{step})
			must(t, err)
			defer l.Close()
			must(t, put(t, l, p0, 0, 5))
			c.damage(t, l)
			problems, err := l.Verify(t.Context())
			must(t, err)
			if c.want == "" {
				if len(problems) > 0 {
					t.Errorf("found %v in a sound lake", problems)
				}
				return
			}
			for _, p := range problems {
				if strings.Contains(p.String(), c.want) {
					return
				}
			}
			t.Errorf("found %v, want a problem that says %q", problems, c.want)
		})
	}
}

func firstFile(t *testing.T, l *warehouse.Lake) string {
	t.Helper()
	pinned, err := l.Pin(t.Context(), "step")
	must(t, err)
	return pinned[0].Files[0].Path
}

// addFile adds the row of an offset past the protocol, described as change has it.
func addFile(t *testing.T, l *warehouse.Lake, change func(*iceberg.DataFileBuilder), offset int64) {
	t.Helper()
	f := stage(t, l, stepRow(p0, offset))[0]
	tbl := icebergTable(t, &warehousetest.Lake{Lake: l}, "step")
	at := stepRow(p0, offset)["_event_date"].(time.Time)
	partition := maps.Clone(filesOf(t, l, "step")[0].Partition())
	for id := range partition {
		partition[id] = int32((at.Year()-1970)*12 + int(at.Month()) - 1)
	}
	spec := tbl.Spec()
	b, err := iceberg.NewDataFileBuilder(spec, iceberg.EntryContentData, "file://"+f.Path, iceberg.ParquetFile, partition, nil, nil, f.Rows, f.Bytes)
	must(t, err)
	change(b)
	tx := tbl.NewTransaction()
	must(t, tx.AddDataFiles(t.Context(), []iceberg.DataFile{b.Build()}, nil, table.WithoutAutoNameMapping()))
	_, err = tx.Commit(t.Context())
	must(t, err)
}

// One bit that turned within the values of a column is found, wherever it is.
func TestLake_Verify_flippedBit(t *testing.T) {
	l, err := warehouse.Create(t.Context(), configAt(t.TempDir()), []warehouse.Table{step})
	must(t, err)
	defer l.Close()
	must(t, put(t, l, p0, 0, 744+28*24))
	pinned, err := l.Pin(t.Context(), "step")
	must(t, err)
	path := slices.MaxFunc(pinned[0].Files, func(a, b warehouse.PinnedFile) int { return int(a.Bytes - b.Bytes) }).Path
	content, err := os.ReadFile(path)
	must(t, err)
	file, err := parquet.OpenFile(bytes.NewReader(content), int64(len(content)))
	must(t, err)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	columns := file.Metadata().RowGroups[0].Columns
	for tested := 0; tested < 100; {
		c := columns[random.IntN(len(columns))].MetaData
		if c.TotalCompressedSize < 500 {
			continue // hardly more than page headers, whose own statistics nobody here reads
		}
		start := c.DataPageOffset
		if c.DictionaryPageOffset > 0 {
			start = c.DictionaryPageOffset
		}
		header := c.DataPageOffset - start // behind the dictionary comes the header of the data page
		at := start + 100 + random.Int64N(c.TotalCompressedSize-100)
		if at > start+header-1 && at < start+header+100 {
			continue
		}
		tested++
		bad := bytes.Clone(content)
		bad[at] ^= 1 << random.IntN(8)
		must(t, os.WriteFile(path, bad, 0o644))
		problems, err := l.Verify(t.Context())
		must(t, err)
		if len(problems) == 0 {
			t.Errorf("a bit of byte %d turned, %d into the pages of %v, and nobody saw it", at, at-start, c.PathInSchema)
		}
	}
}

// The quick look reads no rows: it sees that a file is gone, not that it lies twice.
func TestLake_VerifyWith_quick(t *testing.T) {
	l, err := warehouse.Create(t.Context(), configAt(t.TempDir()), []warehouse.Table{step})
	must(t, err)
	defer l.Close()
	must(t, put(t, l, p0, 0, 50))
	addFile(t, l, func(*iceberg.DataFileBuilder) {}, 0)
	var done, total int64
	v, err := l.VerifyWith(t.Context(), warehouse.VerifyOptions{Quick: true, Progress: func(d, n int64) { done, total = max(done, d), n }})
	must(t, err)
	if len(v.Problems) > 0 || v.Rows != 51 || v.Bytes == 0 || done != total || total != v.Bytes {
		t.Errorf("found %+v, told %d of %d", v, done, total)
	}
	must(t, os.Remove(firstFile(t, l)))
	v, err = l.VerifyWith(t.Context(), warehouse.VerifyOptions{Quick: true})
	must(t, err)
	if len(v.Problems) == 0 {
		t.Errorf("found %v", v.Problems)
	}
}
