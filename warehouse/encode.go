package warehouse

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

const (
	// RowGroupRows is what a reader gets at once and works on with one thread: small enough for two of them to be
	// busy on one file, large enough that a dictionary pays.
	RowGroupRows = 128 << 10
	// ZstdLevel is the level of compression of data files, by zstd's own count: columns of codes in the order of their
	// entity leave little for a slower one to find.
	ZstdLevel = 1

	// parquetMagic begins and ends a Parquet file.
	parquetMagic = "PAR1"
)

// written is what the encoder knows of a file when it is done.
type written struct {
	bytes   int64
	columns map[int]int64 // compressed size by field id
	groups  []int64       // offset of each row group
	extents []extent      // by index in Columns, over all row groups
}

// layout is what all files of a table share.
type layout struct {
	schema   []format.SchemaElement
	orders   []format.ColumnOrder
	encoders *sync.Pool // of *encoder: their buffers are warm, and making a compressor takes longer than a small file
}

func (s *shape) newLayout() (layout, error) {
	// The library says how a schema is spelled out: an empty file of it is the model of all others.
	w := parquet.NewGenericWriter[any](io.Discard, s.parquetSchema())
	if err := w.Close(); err != nil {
		return layout{}, fmt.Errorf("lay out files of %s: %w", s.Name, err)
	}
	model := w.File().Metadata()
	codec := &zstd.Codec{Level: zstd.SpeedFastest}
	return layout{
		schema: model.Schema, orders: model.ColumnOrders,
		encoders: &sync.Pool{New: func() any { return newEncoder(codec) }},
	}, nil
}

// encode writes the given rows, in this order, as one Parquet file.
func encode(out io.Writer, b *batch, rows []int32) (written, error) {
	f := newFileEncoder(out, b.shape)
	for start := 0; start < len(rows); start += RowGroupRows {
		if err := f.group(b, rows[start:min(start+RowGroupRows, len(rows))]); err != nil {
			f.abandon()
			return written{}, err
		}
	}
	return f.finish()
}

// fileEncoder writes one Parquet file, a row group at a time. It is the only place that knows how: a faster one must
// write the same rows, ids and types. Either finish or abandon ends it.
//
// Column chunks are made here, from the codes and numbers of the batch, with the encodings, the compressor and the
// footer of parquet-go. Its own writer takes a Value for each value of each row, which was four fifths of an ingest.
type fileEncoder struct {
	shape *shape
	enc   *encoder
	meta  format.FileMetaData
	done  written
	parts []*chunk // of the row group before
}

func newFileEncoder(out io.Writer, s *shape) *fileEncoder {
	f := &fileEncoder{
		shape: s, enc: s.layout.encoders.Get().(*encoder), parts: make([]*chunk, len(s.Columns)),
		done: written{columns: map[int]int64{}, extents: make([]extent, len(s.Columns))},
		meta: format.FileMetaData{
			Version: 1, Schema: s.layout.schema, ColumnOrders: s.layout.orders,
			CreatedBy: fmt.Sprintf("dutyflow version %d (build )", Format),
		},
	}
	f.enc.begin(out)
	f.enc.write([]byte(parquetMagic))
	return f
}

// bytes is how many bytes there are so far.
func (f *fileEncoder) bytes() int64 { return f.enc.at }

// group writes rows of a batch, in this order, as the next row group. Nothing of the batch is needed afterwards.
func (f *fileEncoder) group(b *batch, rows []int32) error {
	e := f.enc
	group := format.RowGroup{
		FileOffset: e.at, Ordinal: int16(len(f.meta.RowGroups)),
		NumRows: int64(len(rows)), Columns: make([]format.ColumnChunk, len(b.Columns)),
	}
	for i := range b.Columns {
		part, err := e.chunk(&b.columns[i], &b.Columns[i], rows, f.parts[i])
		if err != nil {
			return fmt.Errorf("column %s: %w", b.Columns[i].Name, err)
		}
		f.parts[i] = part
		part.column = nil // the batch may go
		m := &part.meta
		m.Type = b.layout.schema[1+i].Type.V
		m.PathInSchema = []string{b.Columns[i].Name}
		m.Statistics.MinValue, m.Statistics.MaxValue = bytes.Clone(m.Statistics.MinValue), bytes.Clone(m.Statistics.MaxValue)
		group.Columns[i].MetaData = *m
		group.TotalByteSize += m.TotalUncompressedSize
		group.TotalCompressedSize += m.TotalCompressedSize
		f.done.columns[b.ids[i]] += m.TotalCompressedSize
		part.extent.low, part.extent.top = bytes.Clone(part.extent.low), bytes.Clone(part.extent.top)
		f.done.extents[i].join(part.extent)
	}
	f.meta.NumRows += int64(len(rows))
	f.done.groups = append(f.done.groups, group.FileOffset)
	f.meta.RowGroups = append(f.meta.RowGroups, group)
	return e.fault
}

// finish writes the footer.
func (f *fileEncoder) finish() (written, error) {
	e := f.enc
	defer f.shape.layout.encoders.Put(e)
	footer, err := thrift.Marshal(new(thrift.CompactProtocol), &f.meta)
	if err != nil {
		return written{}, fmt.Errorf("footer: %w", err)
	}
	e.write(footer)
	e.write(append(binary.LittleEndian.AppendUint32(nil, uint32(len(footer))), parquetMagic...))
	f.done.bytes = e.at
	return f.done, e.flush()
}

// abandon gives the buffers to the next file.
func (f *fileEncoder) abandon() {
	f.enc.out.Reset(nil)
	f.shape.layout.encoders.Put(f.enc)
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
		return parquet.Leaf(parquet.Int64Type)
	case Bool:
		return parquet.Leaf(parquet.BooleanType)
	case Timestamp:
		return parquet.TimestampAdjusted(parquet.Microsecond, true)
	case Date:
		return parquet.Date()
	case Decimal:
		return parquet.Decimal(DecimalScale, DecimalPrecision, parquet.Int64Type)
	case Binary:
		return parquet.Leaf(parquet.ByteArrayType)
	default:
		return parquet.String()
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
