package warehouse

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/iceberg-go"
	"github.com/google/uuid"
)

// File is a staged data file: written and synced, and part of no snapshot until it is appended.
type File struct {
	Path  string // absolute, on this host; or an s3:// URL
	Rows  int64
	Bytes int64

	table   string
	data    iceberg.DataFile
	offered *atomic.Bool // it was part of a commit whose outcome may be unknown: nobody may remove it any more
}

// Stage sorts the rows by Table.SortBy, splits them by partition value and writes one Parquet file for each value.
// Columns are found by name; an optional column that is missing is null. The caller keeps its reference to rows.
// On an error nothing stays behind.
func (l *Lake) Stage(ctx context.Context, table string, rows arrow.RecordBatch) ([]File, error) {
	s, err := l.shape(table)
	if err != nil {
		return nil, fmt.Errorf("stage: %w", err)
	}
	b, err := s.bind(rows)
	if err != nil {
		return nil, fmt.Errorf("stage %s.%s: %w", namespace, table, err)
	}
	order := b.order()
	var files []File
	for start := 0; start < len(order); {
		end := start + 1
		for end < len(order) && order[end].part == order[start].part {
			end++
		}
		if err := ctx.Err(); err != nil {
			l.Discard(files)
			return nil, fmt.Errorf("stage %s.%s: %w", namespace, table, context.Cause(ctx))
		}
		f, err := l.stageFile(ctx, b, order[start:end])
		if err != nil {
			l.Discard(files)
			return nil, fmt.Errorf("stage %s.%s: %w", namespace, table, err)
		}
		files = append(files, f)
		start = end
	}
	return files, nil
}

// Discard removes staged files that will not be appended, such as those of a batch whose partitions were taken away.
// Files that were part of a commit stay: that commit may yet turn out to have landed.
func (l *Lake) Discard(files []File) {
	for _, f := range files {
		if f.offered != nil && !f.offered.Load() {
			_ = l.store.remove(context.Background(), f.Path) // what stays behind is an orphan: harmless, and found by clean
		}
	}
}

// batch is a record batch whose columns are matched to those of a table; nil stands for a missing optional column.
type batch struct {
	*shape
	rows    int
	columns []arrow.Array
}

func (s *shape) bind(rows arrow.RecordBatch) (*batch, error) {
	b := &batch{shape: s, rows: int(rows.NumRows()), columns: make([]arrow.Array, len(s.Columns))}
	if rows.NumRows() > math.MaxInt32 {
		return nil, fmt.Errorf("batch of %d rows: more than %d: %w", rows.NumRows(), math.MaxInt32, ErrSchema)
	}
	for i, f := range rows.Schema().Fields() {
		at := s.Index(f.Name)
		if at < 0 {
			return nil, fmt.Errorf("column %s: the table has none of that name: %w", f.Name, ErrSchema)
		}
		if want := s.Columns[at].Type.Arrow(); !arrow.TypeEqual(f.Type, want) {
			return nil, fmt.Errorf("column %s: batch has %s, table takes %s: %w", f.Name, f.Type, want, ErrSchema)
		}
		b.columns[at] = rows.Column(i)
	}
	for i, c := range s.Columns {
		switch a := b.columns[i]; {
		case !c.Required:
		case a == nil:
			return nil, fmt.Errorf("column %s: required and not in the batch: %w", c.Name, ErrSchema)
		case a.NullN() > 0:
			return nil, fmt.Errorf("column %s: required and null in %d of %d rows: %w", c.Name, a.NullN(), a.Len(), ErrSchema)
		}
	}
	return b, nil
}

// rowKey places a row: by partition value, then by the first eight bytes of the first sort column, which decide most
// comparisons without touching the columns.
type rowKey struct {
	part   int32
	row    int32
	prefix uint64
}

// order returns the rows in the order in which they are written. It is stable.
func (b *batch) order() []rowKey {
	keys := make([]rowKey, b.rows)
	for i := range keys {
		keys[i].row = int32(i)
	}
	if b.PartitionBy != "" {
		dates := b.columns[b.Index(b.PartitionBy)].(*array.Date32)
		for i := range keys {
			keys[i].part = b.partition(dates.Value(i))
		}
	}
	var compare []func(i, j int) int
	for n, name := range b.SortBy {
		a := b.columns[b.Index(name)]
		if a == nil {
			continue // all null: decides nothing
		}
		if n == 0 {
			prefix := prefixOf(a)
			for i := range keys {
				keys[i].prefix = prefix(i)
			}
		}
		compare = append(compare, comparer(a))
	}
	slices.SortFunc(keys, func(x, y rowKey) int {
		if c := cmp.Compare(x.part, y.part); c != 0 {
			return c
		}
		if c := cmp.Compare(x.prefix, y.prefix); c != 0 {
			return c
		}
		for _, by := range compare {
			if c := by(int(x.row), int(y.row)); c != 0 {
				return c
			}
		}
		return cmp.Compare(x.row, y.row)
	})
	return keys
}

// partition returns the value of Iceberg's month or day transform of a date: months or days since 1970.
func (s *shape) partition(d arrow.Date32) int32 {
	if !s.ByMonth {
		return int32(d)
	}
	t := time.Unix(int64(d)*86400, 0).UTC()
	return int32((t.Year()-1970)*12 + int(t.Month()) - 1)
}

// prefixOf orders rows as comparer does, as far as 64 bits can tell; equal prefixes decide nothing. Nulls come last.
func prefixOf(a arrow.Array) func(i int) uint64 {
	signed := func(v int64) uint64 { return uint64(v) ^ 1<<63 }
	value := func(int) uint64 { return 0 }
	switch a := a.(type) {
	case *array.String:
		value = func(i int) uint64 {
			var p [8]byte
			copy(p[:], a.Value(i))
			return binary.BigEndian.Uint64(p[:])
		}
	case *array.Int32:
		value = func(i int) uint64 { return signed(int64(a.Value(i))) }
	case *array.Int64:
		value = func(i int) uint64 { return signed(a.Value(i)) }
	case *array.Timestamp:
		value = func(i int) uint64 { return signed(int64(a.Value(i))) }
	case *array.Date32:
		value = func(i int) uint64 { return signed(int64(a.Value(i))) }
	}
	if a.NullN() == 0 {
		return value
	}
	return func(i int) uint64 {
		if a.IsNull(i) {
			return math.MaxUint64
		}
		return value(i)
	}
}

// comparer orders two rows by one column, nulls last.
func comparer(a arrow.Array) func(i, j int) int {
	value := func(i, j int) int { return 0 }
	switch a := a.(type) {
	case *array.String:
		value = func(i, j int) int { return strings.Compare(a.Value(i), a.Value(j)) }
	case *array.Int32:
		value = func(i, j int) int { return cmp.Compare(a.Value(i), a.Value(j)) }
	case *array.Int64:
		value = func(i, j int) int { return cmp.Compare(a.Value(i), a.Value(j)) }
	case *array.Timestamp:
		value = func(i, j int) int { return cmp.Compare(a.Value(i), a.Value(j)) }
	case *array.Date32:
		value = func(i, j int) int { return cmp.Compare(a.Value(i), a.Value(j)) }
	case *array.Decimal128:
		value = func(i, j int) int { return a.Value(i).Cmp(a.Value(j)) }
	case *array.Boolean:
		value = func(i, j int) int { return cmp.Compare(b2i(a.Value(i)), b2i(a.Value(j))) }
	case *array.Binary:
		value = func(i, j int) int { return slices.Compare(a.Value(i), a.Value(j)) }
	}
	if a.NullN() == 0 {
		return value
	}
	return func(i, j int) int {
		switch x, y := a.IsNull(i), a.IsNull(j); {
		case x && y:
			return 0
		case x:
			return 1
		case y:
			return -1
		}
		return value(i, j)
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// stageFile writes the rows of one partition value.
func (l *Lake) stageFile(ctx context.Context, b *batch, rows []rowKey) (File, error) {
	path := b.path(rows[0].part, b.fileName(rows))
	if w := l.cfg.Faults.Write; w != nil {
		if err := w(path); err != nil {
			return File{}, storageError("write", path, err)
		}
	}
	out, err := l.store.create(ctx, path)
	if err != nil {
		return File{}, err
	}
	defer out.discard() // nothing, once it was closed
	written, err := encode(out, b, rows)
	if err != nil {
		return File{}, storageError("write", path, err)
	}
	if err := out.Close(); err != nil {
		return File{}, err
	}
	if err := l.store.settle(dirOf(path)); err != nil {
		return File{}, err
	}
	data, err := b.dataFile(path, rows, written)
	if err != nil {
		return File{}, fmt.Errorf("describe %s: %w", path, err)
	}
	return File{
		Path: path, Rows: int64(len(rows)), Bytes: written.bytes,
		table: b.Name, data: data, offered: new(atomic.Bool),
	}, nil
}

// path is where a data file of a partition lies.
func (s *shape) path(partition int32, file string) string {
	if dir := s.partitionDir(partition); dir != "" {
		return s.data + "/" + dir + "/" + file
	}
	return s.data + "/" + file
}

func (s *shape) partitionDir(value int32) string {
	switch {
	case s.PartitionBy == "":
		return ""
	case s.ByMonth:
		return fmt.Sprintf("%s_month=%04d-%02d", s.PartitionBy, 1970+floorDiv(value, 12), value-12*floorDiv(value, 12)+1)
	default:
		return fmt.Sprintf("%s_day=%s", s.PartitionBy, time.Unix(int64(value)*86400, 0).UTC().Format(time.DateOnly))
	}
}

func floorDiv(a, b int32) int32 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// fileName says of which cluster and offsets a file is, so that a person who finds an orphan can tell whose it was:
// <table>-<cluster>-<first partition>.<first offset>-<last partition>.<last offset>-<random>.parquet
func (b *batch) fileName(rows []rowKey) string {
	var origin string
	ci, pi, oi := b.Index("_cluster"), b.Index("_partition"), b.Index("_offset")
	if ci >= 0 && pi >= 0 && oi >= 0 {
		cluster := b.columns[ci].(*array.String)
		partition := b.columns[pi].(*array.Int32)
		offset := b.columns[oi].(*array.Int64)
		first, last := int(rows[0].row), int(rows[0].row)
		before := func(i, j int) bool {
			return cmp.Or(cmp.Compare(partition.Value(i), partition.Value(j)), cmp.Compare(offset.Value(i), offset.Value(j))) < 0
		}
		for _, r := range rows {
			if i := int(r.row); before(i, first) {
				first = i
			} else if before(last, i) {
				last = i
			}
		}
		origin = fmt.Sprintf("%s-%d.%d-%d.%d-", safeName(cluster.Value(first)),
			partition.Value(first), offset.Value(first), partition.Value(last), offset.Value(last))
	}
	return b.Name + "-" + origin + uuid.NewString() + ".parquet"
}

// safeName keeps letters, digits and a few signs of a cluster id; it is for people to read, not to be read back.
func safeName(s string) string {
	safe := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '_':
			return r
		}
		return '_'
	}, s)
	return safe[:min(len(safe), 24)]
}

// dataFile describes a written file to Iceberg.
func (b *batch) dataFile(path string, rows []rowKey, w written) (iceberg.DataFile, error) {
	values, logical := map[int]any{}, map[int]string{}
	for _, f := range b.spec.Fields() {
		if b.ByMonth {
			values[f.FieldID] = rows[0].part
		} else {
			values[f.FieldID] = iceberg.Date(rows[0].part)
			logical[f.FieldID] = "date"
		}
	}
	d, err := iceberg.NewDataFileBuilder(b.spec, iceberg.EntryContentData, uriOf(path), iceberg.ParquetFile,
		values, logical, nil, int64(len(rows)), w.bytes)
	if err != nil {
		return nil, err
	}
	st := b.statistics(rows)
	return d.ColumnSizes(w.columns).SplitOffsets(w.groups).SortOrderID(b.sortOrder).
		ValueCounts(st.values).NullValueCounts(st.nulls).
		LowerBoundValues(st.lower).UpperBoundValues(st.upper).Build(), nil
}
