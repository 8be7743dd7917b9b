package warehouse

import (
	"fmt"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/dutyflow/dutyflow/warehouse/words"
)

// batch is a record batch whose columns are matched to those of a table.
type batch struct {
	*shape
	rows    int
	columns []column // by index in Columns
}

// column is one column of a batch, taken out of Arrow: sorting and encoding look at millions of values, and ask no
// interface for one of them.
type column struct {
	nulls   int
	valid   []byte // bit validAt+i: row i is not null; nil when all are null, or none is
	validAt int

	// By type of the column, by row. What stands in a null row means nothing.
	i32    []int32 // Int32, Date
	i64    []int64 // Int64, Timestamp, Decimal in thousandths
	bits   []byte  // Bool: bit bitsAt+i
	bitsAt int
	text   text    // String, Binary: text i is row i, unless codes says otherwise
	codes  []int32 // String whose texts lie in text once each: which of them row i is
}

// text is strings one behind the other: string i is data[offsets[i]:offsets[i+1]].
type text struct {
	offsets []int32
	data    []byte
}

func (t text) at(i int32) []byte { return t.data[t.offsets[i]:t.offsets[i+1]] }
func (t text) len() int          { return max(0, len(t.offsets)-1) }

func (c *column) isNull(i int32) bool {
	if c.valid == nil {
		return c.nulls > 0
	}
	at := c.validAt + int(i)
	return c.valid[at>>3]>>(at&7)&1 == 0
}

// word is the text of a row of a String or Binary column.
func (c *column) word(i int32) []byte {
	if c.codes != nil {
		i = c.codes[i]
	}
	return c.text.at(i)
}

func (c *column) bit(i int32) int64 {
	at := c.bitsAt + int(i)
	return int64(c.bits[at>>3] >> (at & 7) & 1)
}

// bind matches the columns of a batch to those of the table, by name.
func (s *shape) bind(rows arrow.RecordBatch) (*batch, error) {
	if rows.NumRows() > math.MaxInt32 {
		return nil, fmt.Errorf("batch of %d rows: more than %d: %w", rows.NumRows(), math.MaxInt32, ErrSchema)
	}
	b := &batch{shape: s, rows: int(rows.NumRows()), columns: make([]column, len(s.Columns))}
	there := make([]bool, len(s.Columns))
	for i := range b.columns {
		b.columns[i].nulls = b.rows
	}
	for i, f := range rows.Schema().Fields() {
		at := s.Index(f.Name)
		if at < 0 {
			return nil, fmt.Errorf("column %s: the table has none of that name: %w", f.Name, ErrSchema)
		}
		want := s.Columns[at].Type
		if !arrow.TypeEqual(f.Type, want.Arrow()) && (want != String || !arrow.TypeEqual(f.Type, words.Type)) {
			return nil, fmt.Errorf("column %s: batch has %s, table takes %s: %w", f.Name, f.Type, want.Arrow(), ErrSchema)
		}
		c, err := newColumn(rows.Column(i))
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", f.Name, err)
		}
		b.columns[at], there[at] = c, true
	}
	for i, c := range s.Columns {
		switch n := b.columns[i].nulls; {
		case !c.Required:
		case !there[i]:
			return nil, fmt.Errorf("column %s: required and not in the batch: %w", c.Name, ErrSchema)
		case n > 0:
			return nil, fmt.Errorf("column %s: required and null in %d of %d rows: %w", c.Name, n, b.rows, ErrSchema)
		}
	}
	return b, nil
}

func newColumn(a arrow.Array) (column, error) {
	c := column{nulls: a.NullN()}
	if c.nulls > 0 && c.nulls < a.Len() {
		c.valid, c.validAt = a.NullBitmapBytes(), a.Data().Offset()
	}
	if c.nulls == a.Len() {
		return c, nil
	}
	switch a := a.(type) {
	case *array.Int32:
		c.i32 = a.Int32Values()
	case *array.Date32:
		c.i32 = arrow.Int32Traits.CastFromBytes(arrow.Date32Traits.CastToBytes(a.Date32Values()))
	case *array.Int64:
		c.i64 = a.Int64Values()
	case *array.Timestamp:
		c.i64 = arrow.Int64Traits.CastFromBytes(arrow.TimestampTraits.CastToBytes(a.TimestampValues()))
	case *array.Boolean:
		c.bits, c.bitsAt = a.Data().Buffers()[1].Bytes(), a.Data().Offset()
	case *array.Decimal128:
		return c, c.decimals(a)
	case *array.String:
		c.text = textOf(a.ValueOffsets(), a.Data())
		c.intern(a.Len())
	case *array.Binary:
		c.text = textOf(a.ValueOffsets(), a.Data())
	case *array.Dictionary:
		return c, c.dictionary(a)
	default:
		return c, fmt.Errorf("type %s: %w", a.DataType(), ErrSchema)
	}
	return c, nil
}

// textOf needs no copy: the offsets of a slice point into the buffer of the whole.
func textOf(offsets []int32, d arrow.ArrayData) text {
	t := text{offsets: offsets}
	if data := d.Buffers()[2]; data != nil {
		t.data = data.Bytes()
	}
	return t
}

func (c *column) decimals(a *array.Decimal128) error {
	c.i64 = make([]int64, a.Len())
	for i, v := range a.Values() {
		if a.IsNull(i) {
			continue
		}
		if !v.FitsInPrecision(DecimalPrecision) {
			return fmt.Errorf("row %d: %s does not fit decimal(%d,%d): %w",
				i, v.ToString(DecimalScale), DecimalPrecision, DecimalScale, ErrSchema)
		}
		c.i64[i] = int64(v.LowBits())
	}
	return nil
}

// dictionary takes codes as they come. A code without a word would be read out of somebody else's memory.
func (c *column) dictionary(a *array.Dictionary) error {
	values := a.Dictionary().(*array.String)
	if values.NullN() > 0 {
		return fmt.Errorf("dictionary holds null: %w", ErrSchema)
	}
	c.text = textOf(values.ValueOffsets(), values.Data())
	c.codes = a.Indices().(*array.Int32).Int32Values()
	most := uint32(c.text.len())
	for i, code := range c.codes {
		if uint32(code) >= most && !c.isNull(int32(i)) {
			return fmt.Errorf("row %d: code %d, the dictionary has %d words: %w", i, code, most, ErrSchema)
		}
	}
	return nil
}

const (
	// Few rows are coded without asking whether it pays.
	internSample = 1024
	// More words than this share of the values are no dictionary.
	internShare = 0.5
)

// intern gives plain strings codes, unless so many differ that codes are no gain: sorting and encoding are quicker by
// code. It looks again whenever the rows have doubled, since a column that begins alike may go on otherwise.
func (c *column) intern(rows int) {
	var set words.Set
	codes := make([]int32, rows)
	look, present := internSample, 0
	for i := range int32(rows) {
		if c.isNull(i) {
			continue
		}
		if codes[i] = set.Code(c.text.at(i)); codes[i] < 0 {
			return
		}
		if present++; present == look {
			if float64(set.Len()) > internShare*float64(present) {
				return
			}
			look *= 2
		}
	}
	values := set.Arrow()
	defer values.Release() // the memory is the set's, which Go looks after
	c.codes, c.text = codes, textOf(values.ValueOffsets(), values.Data())
}
