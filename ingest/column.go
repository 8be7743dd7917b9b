package ingest

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/words"
)

const (
	// reserved is how many rows a batch has room for at least before its columns grow. Growing copies, so a batch begins
	// with room for as many rows as the one before had; the first must not take megabytes for a few rows.
	reserved = 1 << 12
	// keptWords is how many words a column may take along into the next batch: those of departments, steps and sources
	// are the same all day, those of cases are not.
	keptWords = 1 << 12
	// keptBytes is how much memory they may take: there are hundreds of columns, and any may hold long texts for a while.
	keptBytes = 256 << 10
	// firstLook is after how many values a column of strings is asked for the first time whether codes pay. It is asked
	// again whenever they have doubled.
	firstLook = 1 << 10
)

// column collects one column of the open batch, by row. A row that gets no value is null and costs nothing: most fields
// of a record are missing. A column without any value is not in the batch at all.
//
// Strings get codes as they come, so that a value is hashed once and from then on is a number: for sorting, for the
// dictionary of the Parquet file, for its bounds. Where most values differ, as event ids do, they are kept as they are.
type column struct {
	kind   warehouse.ColumnType
	mem    memory.Allocator
	never  bool // no row is null: there is no bitmap to keep
	values int  // rows that are not null
	room   int  // rows that fit

	valid *memory.Buffer // bit i: row i is not null
	bits  []byte

	fixed *memory.Buffer // numbers, codes, booleans, or the offsets of plain strings
	i32   []int32
	i64   []int64
	dec   []decimal128.Num
	yes   []byte

	set  words.Set // of strings that have codes
	kept int64     // what the set took when the batch began
	look int       // values at which to look whether codes pay

	plain bool // strings without codes
	text  *memory.Buffer
	used  int // bytes in text
	ended int // rows whose end is in the offsets
}

func newColumn(mem memory.Allocator, kind warehouse.ColumnType, never bool) column {
	return column{mem: mem, kind: kind, never: never, look: firstLook}
}

// grow makes room for rows. Only columns that have a value have memory.
func (c *column) grow(rows int) {
	c.room = rows
	if !c.never {
		c.valid, c.bits = resize(c.mem, c.valid, (rows+7)/8)
	}
	var b []byte
	switch {
	case c.kind == warehouse.Bool:
		c.fixed, c.yes = resize(c.mem, c.fixed, (rows+7)/8)
	case c.kind == warehouse.Decimal:
		c.fixed, b = resize(c.mem, c.fixed, rows*arrow.Decimal128SizeBytes)
		c.dec = arrow.Decimal128Traits.CastFromBytes(b)
	case c.kind == warehouse.Int64, c.kind == warehouse.Timestamp:
		c.fixed, b = resize(c.mem, c.fixed, rows*arrow.Int64SizeBytes)
		c.i64 = arrow.Int64Traits.CastFromBytes(b)
	default: // one more: offsets have an end
		c.fixed, b = resize(c.mem, c.fixed, (rows+1)*arrow.Int32SizeBytes)
		c.i32 = arrow.Int32Traits.CastFromBytes(b)
	}
}

func resize(mem memory.Allocator, b *memory.Buffer, bytes int) (*memory.Buffer, []byte) {
	if b == nil {
		b = memory.NewResizableBuffer(mem)
	}
	b.Resize(bytes)
	return b, b.Bytes()
}

// set marks a row as not null. room is how many rows the batch has room for.
func (c *column) mark(row, room int) {
	if row >= c.room {
		c.grow(room)
	}
	c.values++
	if !c.never {
		c.bits[row>>3] |= 1 << (row & 7)
	}
}

func (c *column) setInt32(row, room int, v int32) {
	c.mark(row, room)
	c.i32[row] = v
}

func (c *column) setInt64(row, room int, v int64) {
	c.mark(row, room)
	c.i64[row] = v
}

func (c *column) setDecimal(row, room int, v int64) {
	c.mark(row, room)
	c.dec[row] = decimal128.FromI64(v)
}

func (c *column) setBool(row, room int, v bool) {
	c.mark(row, room)
	if v {
		c.yes[row>>3] |= 1 << (row & 7)
	}
}

// setText copies v.
func (c *column) setText(row, room int, v []byte) {
	c.mark(row, room)
	if c.plain {
		c.append(row, v)
		return
	}
	code := c.set.Code(v)
	c.i32[row] = code
	if c.values >= c.look || code < 0 {
		c.reconsider(row, v)
	}
}

// reconsider gives up codes if half of the values differ.
func (c *column) reconsider(row int, v []byte) {
	c.look *= 2
	if c.i32[row] >= 0 && 2*c.set.Len() <= c.values {
		return
	}
	codes := make([]int32, row)
	copy(codes, c.i32)
	c.plain, c.used, c.ended = true, 0, 0
	c.i32[0] = 0
	for r, code := range codes {
		if c.never || c.bits[r>>3]>>(r&7)&1 != 0 {
			c.append(r, c.set.Word(code))
		}
	}
	c.append(row, v)
	c.set.Forget()
}

// append writes a string behind those of the rows before.
func (c *column) append(row int, v []byte) {
	for ; c.ended < row; c.ended++ { // nulls are empty
		c.i32[c.ended+1] = int32(c.used)
	}
	if c.text == nil {
		c.text = memory.NewResizableBuffer(c.mem)
	}
	if need := c.used + len(v); need > c.text.Len() {
		c.text.Resize(max(need, 2*c.text.Len(), 16*c.room))
	}
	c.used += copy(c.text.Bytes()[c.used:], v)
	c.i32[row+1] = int32(c.used)
	c.ended = row + 1
}

// words is what the words take in memory, and how much of that came with this batch; everything else is the allocator's.
func (c *column) words() (all, own int64) {
	all = c.set.Bytes()
	return all, max(0, all-c.kept)
}

// take returns the column as an array of that many rows, which the caller releases, and starts over. It returns nil if
// there is no value.
func (c *column) take(rows int) arrow.Array {
	if c.values == 0 {
		c.reset()
		return nil
	}
	defer c.reset()
	if rows > c.room { // the rows after its last value were never asked for
		c.grow(rows)
	}
	nulls := rows - c.values
	var valid *memory.Buffer
	if nulls > 0 {
		valid = c.valid
	}
	var d *array.Data
	switch {
	case c.plain:
		for ; c.ended < rows; c.ended++ {
			c.i32[c.ended+1] = int32(c.used)
		}
		d = array.NewData(arrow.BinaryTypes.String, rows, []*memory.Buffer{valid, c.fixed, c.text}, nil, nulls, 0)
	case c.kind == warehouse.String:
		set := c.set.Arrow()
		defer set.Release()
		d = array.NewDataWithDictionary(words.Type, rows, []*memory.Buffer{valid, c.fixed}, nulls, 0, set.Data().(*array.Data))
	default:
		d = array.NewData(c.kind.Arrow(), rows, []*memory.Buffer{valid, c.fixed}, nil, nulls, 0)
	}
	defer d.Release()
	return array.MakeFromData(d)
}

// reset gives the memory back, or leaves it to the array that was made of it. A set keeps the words that are likely to
// come again.
func (c *column) reset() {
	for _, b := range []*memory.Buffer{c.valid, c.fixed, c.text} {
		if b != nil {
			b.Release()
		}
	}
	if c.set.Len() > keptWords || c.set.Bytes() > keptBytes {
		c.set.Forget()
	}
	*c = column{mem: c.mem, kind: c.kind, never: c.never, look: firstLook, set: c.set, kept: c.set.Bytes()}
}
