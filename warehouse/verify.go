package warehouse

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"strings"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
	"github.com/apache/iceberg-go"
	"github.com/parquet-go/parquet-go"
)

// Problem is one thing that Verify found wrong.
type Problem struct {
	Table string
	File  string // path, empty when it is not about one file
	What  string
}

// String is the problem in one line.
func (p Problem) String() string {
	if p.File == "" {
		return fmt.Sprintf("%s.%s: %s", namespace, p.Table, p.What)
	}
	return fmt.Sprintf("%s.%s: %s: %s", namespace, p.Table, p.File, p.What)
}

// Verify reads every file of every table and returns what is wrong: files that are missing or have another size, row
// counts, field ids, bounds and null counts that do not agree with the rows, rows in the wrong partition or out of
// order, and delivery keys that come twice, in one table or in a table and duty.rejects, or that lie beyond the ledger.
// The error is for what kept it from looking.
func (l *Lake) Verify(ctx context.Context) ([]Problem, error) {
	v := &verifier{keys: map[Partition]*roaring64.Bitmap{}, replayed: map[Partition]replay{}}
	for _, name := range l.names() {
		if err := v.replays(ctx, l, name); err != nil {
			return v.problems, fmt.Errorf("verify %s.%s: %w", namespace, name, err)
		}
	}
	for _, name := range l.names() {
		if err := v.table(ctx, l, name); err != nil {
			return v.problems, fmt.Errorf("verify %s.%s: %w", namespace, name, err)
		}
	}
	return v.problems, nil
}

// replay is the range of offsets that a ledger reset had read again: they may come twice.
type replay struct{ from, to int64 }

type verifier struct {
	problems []Problem
	// keys holds the offsets seen of each partition, over all tables: a topic belongs to one table, and what is not
	// there is in duty.rejects. A bitmap, since an offset costs it a fraction of a byte.
	keys     map[Partition]*roaring64.Bitmap
	replayed map[Partition]replay
}

func (v *verifier) report(table, file, format string, args ...any) {
	v.problems = append(v.problems, Problem{table, file, fmt.Sprintf(format, args...)})
}

func (v *verifier) replays(ctx context.Context, l *Lake, name string) error {
	t, _, err := l.pointers.load(ctx, name)
	if err != nil {
		return err
	}
	records, err := resetsOf(t)
	for _, r := range records {
		p := Partition{r.Cluster, r.Topic, r.Partition}
		this := replay{max(r.To, 0), r.Was}
		if was, ok := v.replayed[p]; ok {
			this = replay{min(was.from, this.from), max(was.to, this.to)}
		}
		v.replayed[p] = this
	}
	return err
}

func (v *verifier) table(ctx context.Context, l *Lake, name string) error {
	t, fs, err := l.pointers.load(ctx, name)
	if err != nil {
		return err
	}
	shape, err := shapeOf(t)
	if err != nil {
		return err
	}
	if err := checkHead(t); err != nil {
		v.report(name, "", "%v", err)
	}
	led, err := ledgerOf(t)
	if err != nil {
		return err
	}
	head := t.CurrentSnapshot()
	if head == nil {
		return nil
	}
	manifests, err := head.Manifests(fs)
	if err != nil {
		v.report(name, head.ManifestList, "manifest list: %v", err)
		return nil
	}
	var files, rows int64
	for _, m := range manifests {
		for e, err := range m.Entries(fs, true) {
			if err != nil {
				v.report(name, m.FilePath(), "manifest: %v", err)
				break
			}
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			f := e.DataFile()
			if f.ContentType() != iceberg.EntryContentData {
				v.report(name, f.FilePath(), "is a delete file, which another engine wrote and Dutyflow does not apply")
				continue
			}
			files, rows = files+1, rows+f.Count()
			v.file(ctx, l, shape, led, f)
		}
	}
	if want := total(head, "total-data-files"); files != want {
		v.report(name, "", "%d files in the manifests, %d in the snapshot's summary", files, want)
	}
	if want := total(head, "total-records"); rows != want {
		v.report(name, "", "%d rows in the manifests, %d in the snapshot's summary", rows, want)
	}
	return nil
}

func (v *verifier) file(ctx context.Context, l *Lake, s *shape, led Ledger, d iceberg.DataFile) {
	path, err := pathOf(d.FilePath())
	if err != nil {
		v.report(s.Name, d.FilePath(), "%v", err)
		return
	}
	info, err := l.store.stat(ctx, path)
	if err != nil {
		v.report(s.Name, path, "%v", errors.Unwrap(err))
		return
	}
	if info.bytes != d.FileSizeBytes() {
		v.report(s.Name, path, "has %d bytes, its manifest says %d", info.bytes, d.FileSizeBytes())
		return
	}
	here, err := l.store.local(ctx, path, info.bytes)
	if err != nil {
		v.report(s.Name, path, "%v", err)
		return
	}
	f, err := os.Open(here)
	if err != nil {
		v.report(s.Name, path, "%v", rootOf(err))
		return
	}
	defer f.Close()
	p, err := parquet.OpenFile(f, info.bytes)
	if err != nil {
		v.report(s.Name, path, "read footer: %v", err)
		return
	}
	if p.NumRows() != d.Count() {
		v.report(s.Name, path, "footer says %d rows, manifest %d", p.NumRows(), d.Count())
	}
	c := &fileCheck{verifier: v, shape: s, path: path, data: d, ledger: led, nulls: map[int]int64{}}
	c.columns(p)
	for _, g := range p.RowGroups() {
		if err := c.rowGroup(g); err != nil {
			v.report(s.Name, path, "read rows: %v", err)
			return
		}
	}
	c.counts()
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

func (c *fileCheck) rowGroup(g parquet.RowGroup) error {
	columns := make([][]parquet.Value, len(c.Columns))
	for i, chunk := range g.ColumnChunks() {
		if c.at[i] < 0 {
			continue
		}
		values, err := readChunk(chunk)
		if err != nil {
			return fmt.Errorf("column %s: %w", c.Columns[c.at[i]].Name, err)
		}
		c.bounds(c.at[i], values)
		if c.wanted(c.at[i]) {
			columns[c.at[i]] = values
		}
	}
	c.partitionValues(columns)
	c.order(columns)
	c.keysOf(columns)
	return nil
}

// wanted says whether the rows of a column are looked at together with those of others.
func (c *fileCheck) wanted(i int) bool {
	name := c.Columns[i].Name
	if name == c.PartitionBy {
		return true
	}
	for _, s := range append([]string{"_cluster", "_topic", "_partition", "_offset"}, c.SortBy...) {
		if s == name {
			return true
		}
	}
	return false
}

func readChunk(chunk parquet.ColumnChunk) ([]parquet.Value, error) {
	pages := chunk.Pages()
	defer pages.Close()
	var all []parquet.Value
	for {
		page, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		values := make([]parquet.Value, page.NumValues())
		n, err := page.Values().ReadValues(values)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		for _, v := range values[:n] {
			all = append(all, v.Clone()) // the page's buffer goes back to a pool
		}
		parquet.Release(page)
	}
}

func (c *fileCheck) bounds(i int, values []parquet.Value) {
	id, column := c.ids[i], c.Columns[i]
	lower, hasLower := c.data.LowerBoundValues()[id]
	upper, hasUpper := c.data.UpperBoundValues()[id]
	if column.NoBounds && (hasLower || hasUpper) {
		c.problem("column %s has bounds and should have none", column.Name)
	}
	for row, v := range values {
		if v.IsNull() {
			c.nulls[id]++
			if column.Required {
				c.problem("row %d: required column %s is null", row, column.Name)
			}
			continue
		}
		if hasLower && compareBound(column.Type, v, lower) < 0 {
			c.problem("row %d: %s = %v is below the lower bound", row, column.Name, v)
			return
		}
		if hasUpper && compareBound(column.Type, v, upper) > 0 {
			c.problem("row %d: %s = %v is above the upper bound", row, column.Name, v)
			return
		}
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

// compareBound compares a value with a bound in Iceberg's single-value serialization.
func compareBound(t ColumnType, v parquet.Value, bound []byte) int {
	cmp := func(x, y int64) int {
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	}
	switch t {
	case Int32, Date:
		return cmp(int64(v.Int32()), int64(int32(binary.LittleEndian.Uint32(bound))))
	case Int64, Timestamp:
		return cmp(v.Int64(), int64(binary.LittleEndian.Uint64(bound)))
	case Bool:
		return cmp(int64(b2i(v.Boolean())), int64(bound[0]))
	case Decimal:
		n := new(big.Int).SetBytes(bound)
		if bound[0]&0x80 != 0 {
			n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(bound))))
		}
		return big.NewInt(v.Int64()).Cmp(n)
	default:
		return strings.Compare(string(v.ByteArray()), string(bound))
	}
}

func (c *fileCheck) partitionValues(columns [][]parquet.Value) {
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
	for row, v := range columns[c.Index(c.PartitionBy)] {
		if got := c.partition(v.Int32()); got != want {
			c.problem("row %d: %s lies in partition %s, the file in %s", row, c.PartitionBy, c.partitionDir(got), c.partitionDir(want))
			return
		}
	}
}

func (c *fileCheck) order(columns [][]parquet.Value) {
	for row := 1; len(c.SortBy) > 0 && row < len(columns[c.Index(c.SortBy[0])]); row++ {
		for _, name := range c.SortBy {
			i := c.Index(name)
			if columns[i] == nil {
				continue // older than the column
			}
			d := compareValues(c.Columns[i].Type, columns[i][row-1], columns[i][row])
			if d > 0 {
				c.problem("row %d: %s is out of order", row, name)
				return
			}
			if d < 0 {
				break
			}
		}
	}
}

func compareValues(t ColumnType, x, y parquet.Value) int {
	switch {
	case x.IsNull() && y.IsNull():
		return 0
	case x.IsNull():
		return 1
	case y.IsNull():
		return -1
	}
	switch t {
	case Int32, Date:
		return int(min(1, max(-1, int64(x.Int32())-int64(y.Int32()))))
	case Int64, Timestamp, Decimal:
		return big.NewInt(x.Int64()).Cmp(big.NewInt(y.Int64()))
	case Bool:
		return b2i(x.Boolean()) - b2i(y.Boolean())
	default:
		return strings.Compare(string(x.ByteArray()), string(y.ByteArray()))
	}
}

func (c *fileCheck) keysOf(columns [][]parquet.Value) {
	for _, name := range []string{"_cluster", "_topic", "_partition", "_offset"} {
		if i := c.Index(name); i < 0 || columns[i] == nil {
			return // a table without provenance, such as loads
		}
	}
	cluster, topic := columns[c.Index("_cluster")], columns[c.Index("_topic")]
	partition, offset := columns[c.Index("_partition")], columns[c.Index("_offset")]
	for row := range offset {
		p := Partition{string(cluster[row].ByteArray()), string(topic[row].ByteArray()), partition[row].Int32()}
		n := offset[row].Int64()
		replay := c.replayed[p] // empty when there was no reset
		seen, ok := c.keys[p]
		if !ok {
			seen = roaring64.New()
			c.keys[p] = seen
		}
		if !seen.CheckedAdd(uint64(n)) && (n < replay.from || n >= replay.to) {
			c.problem("row %d: offset %d of %s is in the lake twice", row, n, p)
		}
		if mark, ok := c.ledger[p]; (!ok || n >= mark.Next) && n >= replay.to {
			c.problem("row %d: offset %d of %s is not below the ledger, which is at %d", row, n, p, mark.Next)
		}
	}
}
