package warehouse

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
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
	staged  time.Time    // by the wall clock, see since
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
	order, spans := b.order()
	var files []File
	for _, span := range spans {
		if err := ctx.Err(); err != nil {
			l.Discard(files)
			return nil, fmt.Errorf("stage %s.%s: %w", namespace, table, context.Cause(ctx))
		}
		f, err := l.stageFile(ctx, b, span.part, order[span.from:span.to])
		if err != nil {
			l.Discard(files)
			return nil, fmt.Errorf("stage %s.%s: %w", namespace, table, err)
		}
		files = append(files, f)
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

// stageFile writes the rows of one partition value.
func (l *Lake) stageFile(ctx context.Context, b *batch, part int32, rows []int32) (File, error) {
	path := b.path(part, b.fileName(rows))
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
	data, err := b.dataFile(path, part, len(rows), written)
	if err != nil {
		return File{}, fmt.Errorf("describe %s: %w", path, err)
	}
	return File{
		Path: path, Rows: int64(len(rows)), Bytes: written.bytes,
		table: b.Name, data: data, staged: wallClock(), offered: new(atomic.Bool),
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
func (b *batch) fileName(rows []int32) string {
	var origin string
	ci, pi, oi := b.Index("_cluster"), b.Index("_partition"), b.Index("_offset")
	if ci >= 0 && pi >= 0 && oi >= 0 {
		partition, offset := b.columns[pi].i32, b.columns[oi].i64
		first, last := rows[0], rows[0]
		for _, r := range rows {
			switch p := partition[r]; {
			case p < partition[first], p == partition[first] && offset[r] < offset[first]:
				first = r
			case p > partition[last], p == partition[last] && offset[r] > offset[last]:
				last = r
			}
		}
		origin = fmt.Sprintf("%s-%d.%d-%d.%d-", safeName(string(b.columns[ci].word(first))),
			partition[first], offset[first], partition[last], offset[last])
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
func (s *shape) dataFile(path string, part int32, rows int, w written) (iceberg.DataFile, error) {
	values, logical := map[int]any{}, map[int]string{}
	for _, f := range s.spec.Fields() {
		if s.ByMonth {
			values[f.FieldID] = part
		} else {
			values[f.FieldID] = iceberg.Date(part)
			logical[f.FieldID] = "date"
		}
	}
	d, err := iceberg.NewDataFileBuilder(s.spec, iceberg.EntryContentData, uriOf(path), iceberg.ParquetFile,
		values, logical, nil, int64(rows), w.bytes)
	if err != nil {
		return nil, err
	}
	st := s.statistics(rows, w.extents)
	return d.ColumnSizes(w.columns).SplitOffsets(w.groups).SortOrderID(s.sortOrder).
		ValueCounts(st.values).NullValueCounts(st.nulls).
		LowerBoundValues(st.lower).UpperBoundValues(st.upper).Build(), nil
}
