package warehouse

import (
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
)

const (
	// RowGroupRows is what a reader gets at once and works on with one thread: small enough for two of them to be
	// busy on one file, large enough that a dictionary pays.
	RowGroupRows = 128 << 10
	// ZstdLevel is the level of compression of data files, by zstd's own count: where it begins to cost more than the
	// bytes are worth.
	ZstdLevel = 3
	// dictionaryBytes ends a dictionary that does not pay, such as that of event ids; plain values follow.
	dictionaryBytes = 512 << 10
	// valueChunk bounds what is turned into parquet Values at a time.
	valueChunk = 1024
)

// written is what the encoder knows of a file when it is done.
type written struct {
	bytes   int64
	columns map[int]int64 // compressed size by field id
	groups  []int64       // offset of each row group
}

// layout is what all files of a table share. The codec keeps compressors for the next file: making one takes longer
// than writing a small file.
type layout struct {
	schema *parquet.Schema
	codec  *zstd.Codec
}

func (s *shape) newLayout() layout {
	return layout{s.parquetSchema(), &zstd.Codec{Level: zstd.SpeedDefault}}
}

// encode writes the given rows, in this order, as one Parquet file. It is the only place that knows how: a faster one
// must write the same rows, ids and types.
func encode(out io.Writer, b *batch, rows []rowKey) (written, error) {
	count := &countingWriter{w: out}
	w := parquet.NewGenericWriter[any](count,
		b.layout.schema,
		parquet.Compression(b.layout.codec),
		parquet.DictionaryMaxBytes(dictionaryBytes),
		parquet.DataPageStatistics(true),
		parquet.CreatedBy("dutyflow", fmt.Sprint(Format), ""),
	)
	for start := 0; start < len(rows); start += RowGroupRows {
		group := rows[start:min(start+RowGroupRows, len(rows))]
		for i, column := range w.ColumnWriters() {
			if err := writeColumn(column, i, b.columns[i], b.Columns[i], group); err != nil {
				return written{}, fmt.Errorf("column %s: %w", b.Columns[i].Name, err)
			}
		}
		if err := w.Flush(); err != nil {
			return written{}, err
		}
	}
	if err := w.Close(); err != nil {
		return written{}, err
	}
	done := written{bytes: count.n, columns: map[int]int64{}}
	for _, g := range w.File().Metadata().RowGroups {
		done.groups = append(done.groups, g.Columns[0].MetaData.DataPageOffset)
		if d := g.Columns[0].MetaData.DictionaryPageOffset; d > 0 {
			done.groups[len(done.groups)-1] = d
		}
		for i, c := range g.Columns {
			done.columns[b.ids[i]] += c.MetaData.TotalCompressedSize
		}
	}
	return done, nil
}

// writeColumn writes one column of one row group. a is nil for a column that the batch does not have.
func writeColumn(w *parquet.ColumnWriter, index int, a arrow.Array, c Column, rows []rowKey) error {
	get, err := valueGetter(a, c)
	if err != nil {
		return err
	}
	null := parquet.Value{}.Level(0, 0, index)
	present := 0 // definition level of a value that is there
	if !c.Required {
		present = 1
	}
	var chunk [valueChunk]parquet.Value
	for start := 0; start < len(rows); start += valueChunk {
		part := rows[start:min(start+valueChunk, len(rows))]
		for k, r := range part {
			if i := int(r.row); a == nil || a.IsNull(i) {
				chunk[k] = null
			} else {
				chunk[k] = get(i).Level(0, present, index)
			}
		}
		if _, err := w.WriteRowValues(chunk[:len(part)]); err != nil {
			return err
		}
	}
	return nil
}

func valueGetter(a arrow.Array, c Column) (func(i int) parquet.Value, error) {
	switch a := a.(type) {
	case nil:
		return nil, nil
	case *array.String:
		// The value points into the Arrow buffer; the writer copies it.
		return func(i int) parquet.Value { return parquet.ByteArrayValue([]byte(a.Value(i))) }, nil
	case *array.Binary:
		return func(i int) parquet.Value { return parquet.ByteArrayValue(a.Value(i)) }, nil
	case *array.Int32:
		return func(i int) parquet.Value { return parquet.Int32Value(a.Value(i)) }, nil
	case *array.Int64:
		return func(i int) parquet.Value { return parquet.Int64Value(a.Value(i)) }, nil
	case *array.Boolean:
		return func(i int) parquet.Value { return parquet.BooleanValue(a.Value(i)) }, nil
	case *array.Timestamp:
		return func(i int) parquet.Value { return parquet.Int64Value(int64(a.Value(i))) }, nil
	case *array.Date32:
		return func(i int) parquet.Value { return parquet.Int32Value(int32(a.Value(i))) }, nil
	case *array.Decimal128:
		for i := range a.Len() {
			if a.IsValid(i) && !a.Value(i).FitsInPrecision(DecimalPrecision) {
				return nil, fmt.Errorf("row %d: %s does not fit decimal(%d,%d): %w",
					i, a.Value(i).ToString(DecimalScale), DecimalPrecision, DecimalScale, ErrSchema)
			}
		}
		return func(i int) parquet.Value { return parquet.Int64Value(int64(a.Value(i).LowBits())) }, nil
	}
	return nil, fmt.Errorf("type %s: %w", a.DataType(), ErrSchema)
}

// parquetSchema gives each column the field id of the table: readers match by id, so that a column that is added later
// is null in older files.
func (s *shape) parquetSchema() *parquet.Schema {
	g := orderedGroup{Group: parquet.Group{}, names: make([]string, len(s.Columns))}
	for i, c := range s.Columns {
		node := c.Type.parquetNode()
		if !c.Required {
			node = parquet.Optional(node)
		}
		g.Group[c.Name] = parquet.FieldID(node, s.ids[i])
		g.names[i] = c.Name
	}
	return parquet.NewSchema(s.Name, g)
}

func (t ColumnType) parquetNode() parquet.Node {
	switch t {
	case Int32:
		return parquet.Leaf(parquet.Int32Type)
	case Int64:
		return parquet.Encoded(parquet.Leaf(parquet.Int64Type), &parquet.DeltaBinaryPacked)
	case Bool:
		return parquet.Leaf(parquet.BooleanType)
	case Timestamp:
		return parquet.Encoded(parquet.TimestampAdjusted(parquet.Microsecond, true), &parquet.DeltaBinaryPacked)
	case Date:
		return parquet.Date()
	case Decimal:
		return parquet.Decimal(DecimalScale, DecimalPrecision, parquet.Int64Type)
	case Binary:
		return parquet.Leaf(parquet.ByteArrayType)
	default:
		return parquet.Encoded(parquet.String(), &parquet.RLEDictionary)
	}
}

// orderedGroup keeps the columns of a file in the table's order; parquet.Group alone sorts them by name.
type orderedGroup struct {
	parquet.Group
	names []string
}

func (g orderedGroup) Fields() []parquet.Field {
	fields := g.Group.Fields()
	slices.SortFunc(fields, func(a, b parquet.Field) int {
		return slices.Index(g.names, a.Name()) - slices.Index(g.names, b.Name())
	})
	return fields
}

type countingWriter struct {
	w io.Writer
	n int64
}

func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
