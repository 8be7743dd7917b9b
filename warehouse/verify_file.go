package warehouse

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/big"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
	"github.com/apache/iceberg-go"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// readBatch is how many values of a column are looked at together.
const readBatch = 1024

// plausible looks at what a footer says before anything is read by it: one flipped bit in a size or a codec would have
// the library ask for more memory than there is.
func plausible(p *parquet.File, size int64) error {
	for i, g := range p.Metadata().RowGroups {
		if g.NumRows < 0 || g.NumRows > p.NumRows() {
			return fmt.Errorf("row group %d has %d rows", i, g.NumRows)
		}
		for _, c := range g.Columns {
			m := c.MetaData
			switch {
			case m.Codec != format.Zstd && m.Codec != format.Uncompressed:
				return fmt.Errorf("column %v is packed by %s, which Dutyflow does not write", m.PathInSchema, m.Codec)
			case m.NumValues != g.NumRows:
				return fmt.Errorf("column %v has %d values in a row group of %d rows", m.PathInSchema, m.NumValues, g.NumRows)
			case m.TotalCompressedSize < 0 || m.DataPageOffset < 0 || m.DataPageOffset > size ||
				m.DictionaryPageOffset < 0 || m.DictionaryPageOffset > size || m.TotalCompressedSize > size:
				return fmt.Errorf("column %v lies outside of the file", m.PathInSchema)
			}
		}
	}
	return nil
}

// fileCheck holds one file against its manifest entry.
type fileCheck struct {
	*verifier
	*shape
	path   string
	data   iceberg.DataFile
	ledger Ledger
	at     []int // column of the table that each column of the file is, -1: none
	nulls  map[int]int64
}

func (c *fileCheck) problem(format string, args ...any) { c.report(c.Name, c.path, format, args...) }

func (c *fileCheck) columns(p *parquet.File) {
	for _, column := range p.Root().Columns() {
		at := -1
		for i, id := range c.ids {
			if id == column.ID() {
				at = i
			}
		}
		if at < 0 || c.Columns[at].Name != column.Name() {
			c.problem("column %s has field id %d, which the table does not have for it", column.Name(), column.ID())
			at = -1
		}
		c.at = append(c.at, at)
	}
}

// kept are the rows of a column that is looked at together with others. nil: the file is older than the column.
type kept struct {
	null  []bool
	ints  []int64
	texts []string
}

func (k *kept) add(t ColumnType, v parquet.Value) {
	k.null = append(k.null, v.IsNull())
	switch t {
	case String, Binary:
		if n := len(k.texts); n > 0 && k.texts[n-1] == string(v.ByteArray()) {
			k.texts = append(k.texts, k.texts[n-1]) // neighbours are mostly alike: rows are sorted
			return
		}
		k.texts = append(k.texts, string(v.ByteArray()))
	default:
		k.ints = append(k.ints, intOf(t, v))
	}
}

// intOf is the value of any column that is not text, in an order that is its own.
func intOf(t ColumnType, v parquet.Value) int64 {
	switch {
	case v.IsNull():
		return 0
	case t == Int32 || t == Date:
		return int64(v.Int32())
	case t == Bool:
		return int64(b2i(v.Boolean()))
	default:
		return v.Int64()
	}
}

// compare orders rows i and j as the table's sort order does: nulls last.
func (k *kept) compare(i, j int) int {
	switch {
	case k.null[i] || k.null[j]:
		return b2i(k.null[i]) - b2i(k.null[j])
	case k.texts != nil:
		return cmp.Compare(k.texts[i], k.texts[j])
	default:
		return cmp.Compare(k.ints[i], k.ints[j])
	}
}

func (c *fileCheck) rowGroup(g parquet.RowGroup, meta *format.RowGroup) error {
	columns := make([]*kept, len(c.Columns))
	for i, chunk := range g.ColumnChunks() {
		at := c.at[i]
		if at < 0 {
			continue
		}
		if c.wanted(at) {
			columns[at] = &kept{}
		}
		if err := c.chunk(at, chunk, meta, &meta.Columns[i].MetaData.Statistics, columns[at]); err != nil {
			return fmt.Errorf("column %s: %w", c.Columns[at].Name, err)
		}
	}
	c.partitionValues(columns)
	c.order(columns)
	c.keysOf(columns)
	c.loadsOf(columns)
	return nil
}

// wanted says whether the rows of a column are looked at together with those of others.
func (c *fileCheck) wanted(i int) bool {
	name := c.Columns[i].Name
	if name == c.PartitionBy {
		return true
	}
	others := []string{"_cluster", "_topic", "_partition", "_offset"}
	if c.Name == Rejects.Name {
		others = append(others, "reason")
	}
	if c.Name == Loads.Name {
		others = []string{"load_id", "action", "records", "rejects"}
	}
	for _, s := range append(others, c.SortBy...) {
		if s == name {
			return true
		}
	}
	return false
}

// chunk reads a column of a row group: every value is held against the bounds in the manifest and against the statistics
// in the footer, which some readers prune by, nulls are counted, and keep, if it is not nil, gets a copy.
func (c *fileCheck) chunk(i int, chunk parquet.ColumnChunk, g *format.RowGroup, stats *format.Statistics, keep *kept) error {
	b, err := c.boundsOf(i)
	if err != nil {
		return err
	}
	s, err := statisticsOf(c.Columns[i], stats)
	if err != nil {
		return fmt.Errorf("statistics: %w", err)
	}
	rows, nulls := g.NumRows, c.nulls[b.id]
	pages := chunk.Pages()
	defer pages.Close()
	buffer := make([]parquet.Value, readBatch)
	var row int64
	for {
		page, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			if row != rows {
				return fmt.Errorf("%d values for %d rows", row, rows)
			}
			if got := c.nulls[b.id] - nulls; (s.hasLower || s.hasUpper) && stats.NullCount != got {
				c.problem("column %s has %d nulls in a row group, its footer says %d", b.name, got, stats.NullCount)
			}
			return nil
		}
		if err != nil {
			return err
		}
		if page.NumValues() < 0 || page.NumValues() > rows-row {
			return fmt.Errorf("a page of %d values where %d rows are left", page.NumValues(), rows-row)
		}
		if n := page.NumValues(); page.NumNulls() == n && keep == nil && !b.required { // most columns of most rows
			c.nulls[b.id] += n
			row += n
			parquet.Release(page)
			continue
		}
		values := page.Values()
		for left := page.NumValues(); left > 0; {
			n, err := values.ReadValues(buffer[:min(left, readBatch)])
			for _, v := range buffer[:n] {
				b.check(c, row, v)
				s.compare(c, row, v)
				if keep != nil {
					keep.add(b.kind, v)
				}
				row++
			}
			left -= int64(n)
			if left > 0 && (err != nil || n == 0) {
				return fmt.Errorf("a page lacks %d values: %w", left, cmp.Or(err, io.ErrUnexpectedEOF))
			}
		}
		parquet.Release(page)
	}
}

// bounds are the bounds of a column, ready to be compared with.
type bounds struct {
	name               string
	kind               ColumnType
	id                 int
	required           bool
	lower, upper       []byte
	low, high          int64
	hasLower, hasUpper bool
	of                 string // where it is written: "bound", or "statistics in the footer"
	told               bool   // one problem a column and row group is enough
}

func (c *fileCheck) boundsOf(i int) (*bounds, error) {
	id, column := c.ids[i], c.Columns[i]
	b := &bounds{name: column.Name, kind: column.Type, id: id, required: column.Required, of: "bound"}
	b.lower, b.hasLower = c.data.LowerBoundValues()[id]
	b.upper, b.hasUpper = c.data.UpperBoundValues()[id]
	if column.NoBounds && (b.hasLower || b.hasUpper) {
		c.problem("column %s has bounds and should have none", column.Name)
	}
	if column.Type == String || column.Type == Binary {
		return b, nil
	}
	var err, err2 error
	if b.hasLower {
		b.low, err = boundInt(column.Type, b.lower)
	}
	if b.hasUpper {
		b.high, err2 = boundInt(column.Type, b.upper)
	}
	return b, errors.Join(err, err2)
}

// statisticsOf reads the statistics of a column in a row group, in Parquet's plain encoding.
func statisticsOf(column Column, stats *format.Statistics) (*bounds, error) {
	b := &bounds{name: column.Name, kind: column.Type, of: "statistics in the footer"}
	b.lower, b.upper = stats.MinValue, stats.MaxValue
	b.hasLower, b.hasUpper = b.lower != nil, b.upper != nil
	if column.Type == String || column.Type == Binary {
		return b, nil
	}
	kind := column.Type
	if kind == Decimal {
		kind = Int64 // stored as such
	}
	var err, err2 error
	if b.hasLower {
		b.low, err = boundInt(kind, b.lower)
	}
	if b.hasUpper {
		b.high, err2 = boundInt(kind, b.upper)
	}
	return b, errors.Join(err, err2)
}

// boundInt reads a bound in Iceberg's single-value serialization.
func boundInt(t ColumnType, bound []byte) (int64, error) {
	switch {
	case (t == Int32 || t == Date) && len(bound) == 4:
		return int64(int32(binary.LittleEndian.Uint32(bound))), nil
	case (t == Int64 || t == Timestamp) && len(bound) == 8:
		return int64(binary.LittleEndian.Uint64(bound)), nil
	case t == Bool && len(bound) == 1:
		return int64(bound[0]), nil
	case t == Decimal && len(bound) > 0:
		n := new(big.Int).SetBytes(bound)
		if bound[0]&0x80 != 0 {
			n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(bound))))
		}
		return n.Int64(), nil
	}
	return 0, fmt.Errorf("a bound of %d bytes", len(bound))
}

func (b *bounds) check(c *fileCheck, row int64, v parquet.Value) {
	if v.IsNull() {
		c.nulls[b.id]++
		if b.required && !b.told {
			b.told = true
			c.problem("row %d: required column %s is null", row, b.name)
		}
		return
	}
	b.compare(c, row, v)
}

// compare holds a value against the two.
func (b *bounds) compare(c *fileCheck, row int64, v parquet.Value) {
	if b.told || (!b.hasLower && !b.hasUpper) || v.IsNull() {
		return
	}
	var below, above bool
	if b.kind == String || b.kind == Binary {
		text := v.ByteArray()
		below, above = bytes.Compare(text, b.lower) < 0, bytes.Compare(text, b.upper) > 0
	} else {
		n := intOf(b.kind, v)
		below, above = n < b.low, n > b.high
	}
	switch {
	case b.hasLower && below:
		b.told = true
		c.problem("row %d: %s = %v is below the lower %s", row, b.name, v, b.of)
	case b.hasUpper && above:
		b.told = true
		c.problem("row %d: %s = %v is above the upper %s", row, b.name, v, b.of)
	}
}

func (c *fileCheck) counts() {
	for i, column := range c.Columns {
		id := c.ids[i]
		if want, ok := c.data.NullValueCounts()[id]; ok && c.hasColumn(i) && want != c.nulls[id] {
			c.problem("column %s has %d nulls, its manifest says %d", column.Name, c.nulls[id], want)
		}
		if want, ok := c.data.ValueCounts()[id]; ok && want != c.data.Count() {
			c.problem("column %s has %d values in the manifest, the file has %d rows", column.Name, want, c.data.Count())
		}
	}
}

func (c *fileCheck) hasColumn(i int) bool {
	for _, at := range c.at {
		if at == i {
			return true
		}
	}
	return false
}

func (c *fileCheck) partitionValues(columns []*kept) {
	if c.PartitionBy == "" {
		return
	}
	var want int32
	for _, value := range c.data.Partition() {
		switch value := value.(type) {
		case int32:
			want = value
		case int:
			want = int32(value)
		case iceberg.Date:
			want = int32(value)
		default:
			c.problem("partition value has type %T", value)
			return
		}
	}
	for row, v := range columns[c.Index(c.PartitionBy)].ints {
		if got := c.partition(int32(v)); got != want {
			c.problem("row %d: %s lies in partition %s, the file in %s", row, c.PartitionBy, c.partitionDir(got), c.partitionDir(want))
			return
		}
	}
}

func (c *fileCheck) order(columns []*kept) {
	var by []*kept
	for _, name := range c.SortBy {
		if k := columns[c.Index(name)]; k != nil { // else older than the column
			by = append(by, k)
		}
	}
	if len(by) == 0 {
		return
	}
	for row := 1; row < len(by[0].null); row++ {
		for _, k := range by {
			d := k.compare(row-1, row)
			if d > 0 {
				c.problem("row %d: is out of the order %v", row, c.SortBy)
				return
			}
			if d < 0 {
				break
			}
		}
	}
}

func (c *fileCheck) keysOf(columns []*kept) {
	for _, name := range []string{"_cluster", "_topic", "_partition", "_offset"} {
		if i := c.Index(name); i < 0 || columns[i] == nil {
			return // a table without provenance, such as loads
		}
	}
	cluster, topic := columns[c.Index("_cluster")].texts, columns[c.Index("_topic")].texts
	partition, offset := columns[c.Index("_partition")].ints, columns[c.Index("_offset")].ints
	var reason []string
	if c.Name == Rejects.Name {
		reason = columns[c.Index("reason")].texts
	}
	c.mu.Lock()
	var twice, beyond []string
	var p Partition
	var seen *roaring64.Bitmap
	for row, n := range offset {
		if this := (Partition{cluster[row], topic[row], int32(partition[row])}); this != p || seen == nil {
			p = this
			if seen = c.keys[p]; seen == nil {
				seen = roaring64.New()
				c.keys[p] = seen
			}
		}
		replay := c.replayed[p] // empty when there was no reset
		// A gap may begin where a reject had been recorded before the records were lost.
		gap := reason != nil && reason[row] == OffsetGap
		if !gap && !seen.CheckedAdd(uint64(n)) && (n < replay.from || n >= replay.to) && len(twice) < maxTold {
			twice = append(twice, fmt.Sprintf("row %d: offset %d of %s is in the lake twice", row, n, p))
		}
		if mark, ok := c.ledger[p]; (!ok || n >= mark.Next) && n >= replay.to && len(beyond) < maxTold {
			beyond = append(beyond, fmt.Sprintf("row %d: offset %d of %s is not below the ledger, which is at %d", row, n, p, mark.Next))
		}
	}
	c.mu.Unlock()
	for _, what := range append(twice, beyond...) {
		c.problem("%s", what)
	}
}

// maxTold bounds how many rows of a row group are named for one reason: a file that came twice would fill the screen.
const maxTold = 3

// loadsOf collects what the log of loads says of the finished ones.
func (c *fileCheck) loadsOf(columns []*kept) {
	if c.Name != Loads.Name {
		return
	}
	id, action := columns[c.Index("load_id")].texts, columns[c.Index("action")].texts
	records, rejects := columns[c.Index("records")].ints, columns[c.Index("rejects")].ints
	c.mu.Lock()
	defer c.mu.Unlock()
	for row := range id {
		if action[row] == "finish" {
			c.loads["load:"+id[row]] = records[row] + rejects[row]
		}
	}
}
