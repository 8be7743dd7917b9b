package warehouse_test

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/parquet-go/parquet-go"

	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
	"github.com/dutyflow/dutyflow/warehouse/words"
)

// wide has a column of each type, and strings of each kind.
var wide = warehouse.Table{
	Name: "wide", Contract: "1.0", SortBy: []string{"entity", "at", "seq"},
	Columns: []warehouse.Column{
		{Name: "n", Type: warehouse.Int64, Required: true},
		{Name: "entity", Type: warehouse.String},
		{Name: "same", Type: warehouse.String, Required: true},
		{Name: "few", Type: warehouse.String},
		{Name: "many", Type: warehouse.String},
		{Name: "long", Type: warehouse.String, NoBounds: true},
		{Name: "never", Type: warehouse.String},
		{Name: "at", Type: warehouse.Timestamp},
		{Name: "seq", Type: warehouse.Int64},
		{Name: "small", Type: warehouse.Int32},
		{Name: "wild", Type: warehouse.Int32},
		{Name: "day", Type: warehouse.Date},
		{Name: "limit", Type: warehouse.Decimal},
		{Name: "amount", Type: warehouse.Decimal},
		{Name: "yes", Type: warehouse.Bool},
		{Name: "raw", Type: warehouse.Binary},
	},
}

// randomWide makes rows whose columns have shares of nulls and of repeated values that differ from batch to batch.
func randomWide(r *rand.Rand, n int) []warehousetest.Row {
	nulls := make([]int, len(wide.Columns))
	for i := range nulls {
		nulls[i] = []int{0, 0, 2, 5, 50, 100}[r.IntN(6)]
	}
	variety := []int{1, 3, 40, 700, 1 << 30}[r.IntN(5)]
	rows := make([]warehousetest.Row, n)
	for k := range rows {
		pick := func(limit int) int { return r.IntN(min(variety, limit)) }
		row := warehousetest.Row{"n": int64(k), "same": "duty.step.v1"}
		values := map[string]any{
			"entity": fmt.Sprintf("办件-%d", pick(n/3+1)),
			"few":    []string{"", "受理", "办结", strings.Repeat("很长的环节", 60)}[pick(4)],
			"many":   fmt.Sprintf("e%x", r.Uint64()>>r.IntN(60)),
			"long":   strings.Repeat("{}", r.IntN(200)),
			"at":     int64(pick(1<<20)) * 1e6,
			"seq":    []int64{math.MinInt64, -1, 0, 1, math.MaxInt64, r.Int64()}[r.IntN(6)],
			"small":  int32(pick(9)) - 4,
			"wild":   int32(r.Uint32()),
			"day":    int32(20000 + pick(400)),
			"limit":  int64(pick(20)) * 500,
			"amount": r.Int64N(1e18) - r.Int64N(1e18),
			"yes":    r.IntN(3) == 0,
			"raw":    []byte(strings.Repeat("\xff\x00", r.IntN(9))),
		}
		for i, c := range wide.Columns {
			if v, ok := values[c.Name]; ok && (nulls[i] == 0 || nulls[i] < 100 && r.IntN(nulls[i]) > 0) {
				row[c.Name] = v
			}
		}
		rows[k] = row
	}
	return rows
}

// wideBatch makes a record batch. With codes, strings come as dictionaries, as the loader hands them over: with words
// that no row has, and, which Arrow allows, words that stand there twice.
func wideBatch(t testing.TB, r *rand.Rand, rows []warehousetest.Row, codes bool) arrow.RecordBatch {
	t.Helper()
	fields := wide.ArrowSchema().Fields()
	arrays := make([]arrow.Array, len(fields))
	for i, c := range wide.Columns {
		if codes && c.Type == warehouse.String {
			fields[i].Type = words.Type
			arrays[i] = dictionaryOf(r, rows, c.Name)
			continue
		}
		arrays[i] = plainOf(t, c, rows)
	}
	batch := array.NewRecordBatch(arrow.NewSchema(fields, nil), arrays, int64(len(rows)))
	for _, a := range arrays {
		a.Release()
	}
	t.Cleanup(batch.Release)
	return batch
}

func dictionaryOf(r *rand.Rand, rows []warehousetest.Row, name string) arrow.Array {
	dict := array.NewStringBuilder(memory.DefaultAllocator)
	index := array.NewInt32Builder(memory.DefaultAllocator)
	dict.Append("no row has this")
	codes := map[string]int32{}
	for _, row := range rows {
		v, ok := row[name].(string)
		if !ok {
			index.AppendNull()
			continue
		}
		code, known := codes[v]
		if !known || r.IntN(100) == 0 {
			code = int32(dict.Len())
			codes[v] = code
			dict.Append(v)
		}
		index.Append(code)
	}
	d, x := dict.NewArray(), index.NewArray()
	defer d.Release()
	defer x.Release()
	return array.NewDictionaryArray(words.Type, x, d)
}

func plainOf(t testing.TB, c warehouse.Column, rows []warehousetest.Row) arrow.Array {
	b := array.NewBuilder(memory.DefaultAllocator, c.Type.Arrow())
	defer b.Release()
	for _, row := range rows {
		switch v := row[c.Name].(type) {
		case nil:
			b.AppendNull()
		case string:
			b.(*array.StringBuilder).Append(v)
		case []byte:
			b.(*array.BinaryBuilder).Append(v)
		case bool:
			b.(*array.BooleanBuilder).Append(v)
		case int32:
			if c.Type == warehouse.Date {
				b.(*array.Date32Builder).Append(arrow.Date32(v))
			} else {
				b.(*array.Int32Builder).Append(v)
			}
		case int64:
			switch b := b.(type) {
			case *array.Int64Builder:
				b.Append(v)
			case *array.TimestampBuilder:
				b.Append(arrow.Timestamp(v))
			case *array.Decimal128Builder:
				b.Append(decimal128.FromI64(v))
			default:
				t.Fatalf("column %s: no test for %s", c.Name, c.Type)
			}
		}
	}
	return b.NewArray()
}

// show writes rows in a form in which those of every reader are compared.
func show(rows []warehousetest.Row) []string {
	out := make([]string, len(rows))
	for i, row := range rows {
		var b strings.Builder
		for _, c := range wide.Columns {
			if v, ok := row[c.Name]; ok {
				fmt.Fprintf(&b, "%s=%v ", c.Name, v)
			}
		}
		out[i] = b.String()
	}
	return out
}

func sortWide(rows []warehousetest.Row) []warehousetest.Row {
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(x, y warehousetest.Row) int {
		return cmp.Or(
			nullsLast(x["entity"], y["entity"], func(a, b any) int { return strings.Compare(a.(string), b.(string)) }),
			nullsLast(x["at"], y["at"], func(a, b any) int { return cmp.Compare(a.(int64), b.(int64)) }),
			nullsLast(x["seq"], y["seq"], func(a, b any) int { return cmp.Compare(a.(int64), b.(int64)) }),
		)
	})
	return rows
}

func nullsLast(x, y any, compare func(a, b any) int) int {
	switch {
	case x == nil && y == nil:
		return 0
	case x == nil:
		return 1
	case y == nil:
		return -1
	}
	return compare(x, y)
}

// What Stage writes, other readers read: the same rows, in the order of the table, whether strings came plain or with
// codes, however many are null, different, long or empty.
func TestStage_otherReadersSeeTheSameRows(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{wide})
	sizes := []int{1, 2, 7, 8, 9, 100, 1023, 1025, 5000}
	for seed := range uint64(24) {
		r := rand.New(rand.NewPCG(seed, 9))
		n := sizes[r.IntN(len(sizes))]
		if seed == 0 {
			n = 132_000 // more than a row group
		}
		rows := randomWide(r, n)
		want := show(sortWide(rows))
		for _, codes := range []bool{true, false} {
			if seed == 0 && !codes {
				break
			}
			files, err := lake.Stage(t.Context(), "wide", wideBatch(t, r, rows, codes))
			must(t, err)
			if len(files) != 1 || files[0].Rows != int64(n) {
				t.Fatalf("seed %d: %d files, %d rows: %+v", seed, len(files), n, files)
			}
			for reader, read := range map[string]func(*testing.T, string) []warehousetest.Row{
				"parquet-go": readParquetGo, "arrow": readArrow,
			} {
				if got := show(read(t, files[0].Path)); !slices.Equal(got, want) {
					t.Fatalf("seed %d, codes %v: %s read\n%s\nwant\n%s", seed, codes, reader, firstDifferent(got, want), firstDifferent(want, got))
				}
			}
			lake.Discard(files)
		}
	}
}

func firstDifferent(x, y []string) string {
	for i := range x {
		if i >= len(y) || x[i] != y[i] {
			return fmt.Sprintf("row %d of %d: %.2000s", i, len(x), x[i])
		}
	}
	return fmt.Sprintf("%d rows", len(x))
}

func readParquetGo(t *testing.T, path string) []warehousetest.Row {
	content, err := os.ReadFile(path)
	must(t, err)
	f, err := parquet.OpenFile(bytes.NewReader(content), int64(len(content)))
	must(t, err)
	var rows []warehousetest.Row
	for _, group := range f.RowGroups() {
		reader := group.Rows()
		buf := make([]parquet.Row, 64)
		for {
			n, err := reader.ReadRows(buf)
			for _, in := range buf[:n] {
				row := warehousetest.Row{}
				for _, v := range in {
					if v.IsNull() {
						continue
					}
					c := wide.Columns[v.Column()]
					switch c.Type {
					case warehouse.String:
						row[c.Name] = string(v.ByteArray())
					case warehouse.Binary:
						row[c.Name] = slices.Clone(v.ByteArray())
					case warehouse.Bool:
						row[c.Name] = v.Boolean()
					case warehouse.Int32, warehouse.Date:
						row[c.Name] = v.Int32()
					default:
						row[c.Name] = v.Int64()
					}
				}
				rows = append(rows, row)
			}
			if errors.Is(err, io.EOF) {
				break
			}
			must(t, err)
		}
		must(t, reader.Close())
	}
	return rows
}

// readArrow reads as iceberg-go does.
func readArrow(t *testing.T, path string) []warehousetest.Row {
	f, err := file.OpenParquetFile(path, false)
	must(t, err)
	defer f.Close()
	reader, err := pqarrow.NewFileReader(f, pqarrow.ArrowReadProperties{}, memory.DefaultAllocator)
	must(t, err)
	all, err := reader.ReadTable(t.Context())
	must(t, err)
	defer all.Release()
	rows := make([]warehousetest.Row, all.NumRows())
	for i := range rows {
		rows[i] = warehousetest.Row{}
	}
	for i, c := range wide.Columns {
		at := 0
		for _, a := range all.Column(i).Data().Chunks() {
			for k := range a.Len() {
				if a.IsValid(k) {
					rows[at][c.Name] = arrowValue(a, k)
				}
				at++
			}
		}
	}
	return rows
}

func arrowValue(a arrow.Array, i int) any {
	switch a := a.(type) {
	case *array.String:
		return a.Value(i)
	case *array.Binary:
		return slices.Clone(a.Value(i))
	case *array.Boolean:
		return a.Value(i)
	case *array.Int32:
		return a.Value(i)
	case *array.Date32:
		return int32(a.Value(i))
	case *array.Int64:
		return a.Value(i)
	case *array.Timestamp:
		return int64(a.Value(i))
	case *array.Decimal128:
		return int64(a.Value(i).LowBits())
	}
	return fmt.Errorf("type %s", a.DataType())
}

// A slice of a batch is staged as what it shows, not as what lies before and behind it in memory.
func TestStage_sliceOfABatch(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{wide})
	r := rand.New(rand.NewPCG(5, 5))
	rows := randomWide(r, 300)
	for _, codes := range []bool{false, true} {
		part := wideBatch(t, r, rows, codes).NewSlice(101, 203)
		defer part.Release()
		files, err := lake.Stage(t.Context(), "wide", part)
		must(t, err)
		if got, want := show(readParquetGo(t, files[0].Path)), show(sortWide(rows[101:203])); !slices.Equal(got, want) {
			t.Errorf("codes %v: read\n%s\nwant\n%s", codes, firstDifferent(got, want), firstDifferent(want, got))
		}
		lake.Discard(files)
	}
}

// A code without a word is an error of the caller, and reads nothing that is not the batch's.
func TestStage_codeWithoutWord(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{wide})
	rows := randomWide(rand.New(rand.NewPCG(1, 1)), 3)
	batch := wideBatch(t, rand.New(rand.NewPCG(1, 1)), rows, true)
	index := array.NewInt32Builder(memory.DefaultAllocator)
	index.AppendValues([]int32{0, 7, 0}, nil)
	d := array.NewStringBuilder(memory.DefaultAllocator)
	d.Append("one")
	at := wide.Index("same")
	bad := array.NewDictionaryArray(words.Type, index.NewArray(), d.NewArray())
	columns := slices.Clone(batch.Columns())
	columns[at] = bad
	_, err := lake.Stage(t.Context(), "wide", array.NewRecordBatch(batch.Schema(), columns, 3))
	if !errors.Is(err, warehouse.ErrSchema) || !strings.Contains(err.Error(), "same") {
		t.Errorf("got %v, want a schema error that names the column", err)
	}
}
