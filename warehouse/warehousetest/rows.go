package warehousetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/parquet-go/parquet-go"

	"github.com/dutyflow/dutyflow/warehouse"
)

// Row is a row by column name; a missing column is null. Values: string, int, int32, int64, bool, []byte, and
// time.Time for Timestamp and Date. A Decimal is an int64 in thousandths.
type Row map[string]any

// Batch makes a record batch with every column of the table. It is released when the test ends.
func Batch(t testing.TB, table warehouse.Table, rows ...Row) arrow.RecordBatch {
	t.Helper()
	b := array.NewRecordBuilder(memory.DefaultAllocator, table.ArrowSchema())
	defer b.Release()
	for n, row := range rows {
		for name := range row {
			if table.Index(name) < 0 {
				t.Fatalf("row %d: table %s has no column %s", n, table.Name, name)
			}
		}
		for i, c := range table.Columns {
			if err := appendValue(b.Field(i), row[c.Name]); err != nil {
				t.Fatalf("row %d: column %s: %v", n, c.Name, err)
			}
		}
	}
	batch := b.NewRecordBatch()
	t.Cleanup(batch.Release)
	return batch
}

func appendValue(b array.Builder, v any) error {
	if v == nil {
		b.AppendNull()
		return nil
	}
	if n, ok := v.(int); ok {
		v = int64(n)
	}
	switch b := b.(type) {
	case *array.StringBuilder:
		if v, ok := v.(string); ok {
			b.Append(v)
			return nil
		}
	case *array.BinaryBuilder:
		if v, ok := v.([]byte); ok {
			b.Append(v)
			return nil
		}
	case *array.BooleanBuilder:
		if v, ok := v.(bool); ok {
			b.Append(v)
			return nil
		}
	case *array.Int32Builder:
		switch v := v.(type) {
		case int32:
			b.Append(v)
			return nil
		case int64:
			b.Append(int32(v))
			return nil
		}
	case *array.Int64Builder:
		if v, ok := v.(int64); ok {
			b.Append(v)
			return nil
		}
	case *array.TimestampBuilder:
		if v, ok := v.(time.Time); ok {
			b.Append(arrow.Timestamp(v.UnixMicro()))
			return nil
		}
	case *array.Date32Builder:
		if v, ok := v.(time.Time); ok {
			b.Append(arrow.Date32FromTime(v))
			return nil
		}
	case *array.Decimal128Builder:
		if v, ok := v.(int64); ok {
			b.Append(decimal128.FromI64(v))
			return nil
		}
	}
	return fmt.Errorf("cannot put %T into %s", v, b.Type())
}

// Rows reads a table at its current snapshot, file by file in the order in which the rows lie there. Integers come
// back as int32 and int64, timestamps and dates as time.Time in UTC, decimals as int64 in thousandths.
func (l *Lake) Rows(table string) []Row {
	l.t.Helper()
	pinned, err := l.Pin(context.Background(), table)
	if err != nil {
		l.t.Fatalf("read %s: %v", table, err)
	}
	return RowsOf(l.t, pinned[0])
}

// RowsOf is Rows for the files that a pin names.
func RowsOf(t testing.TB, pinned warehouse.Snapshot) []Row {
	t.Helper()
	var rows []Row
	for _, f := range pinned.Files {
		var err error
		if rows, err = readFile(rows, f.Path, pinned.Columns); err != nil {
			t.Fatalf("read %s: %v", f.Path, err)
		}
	}
	return rows
}

func readFile(rows []Row, path string, columns []warehouse.PinnedColumn) ([]Row, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	p, err := parquet.OpenFile(f, info.Size())
	if err != nil {
		return nil, err
	}
	byIndex := make([]warehouse.PinnedColumn, len(p.Root().Columns()))
	for i, c := range p.Root().Columns() {
		for _, want := range columns {
			if want.FieldID == c.ID() {
				byIndex[i] = want
			}
		}
	}
	buffer := make([]parquet.Row, 256)
	for _, g := range p.RowGroups() {
		r := g.Rows()
		for {
			n, err := r.ReadRows(buffer)
			for _, values := range buffer[:n] {
				row := Row{}
				for _, v := range values {
					if c := byIndex[v.Column()]; c.Name != "" && !v.IsNull() {
						row[c.Name] = goValue(c.Type, v)
					}
				}
				rows = append(rows, row)
			}
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return nil, errors.Join(err, r.Close())
			}
		}
		if err := r.Close(); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

func goValue(t warehouse.ColumnType, v parquet.Value) any {
	switch t {
	case warehouse.Int32:
		return v.Int32()
	case warehouse.Int64, warehouse.Decimal:
		return v.Int64()
	case warehouse.Bool:
		return v.Boolean()
	case warehouse.Timestamp:
		return time.UnixMicro(v.Int64()).UTC()
	case warehouse.Date:
		return time.Unix(int64(v.Int32())*86400, 0).UTC()
	case warehouse.Binary:
		return append([]byte{}, v.ByteArray()...)
	default:
		return string(v.ByteArray())
	}
}
