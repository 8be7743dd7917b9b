package warehouse_test

import (
	"maps"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"

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
