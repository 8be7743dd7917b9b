package warehouse

import (
	"bytes"
	"cmp"
	"container/heap"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
)

const (
	// mergeChunk is how many rows of each file are held at a time, beside those that wait for their row group.
	mergeChunk = 4096
	// mergeBuffer is what is read of a column chunk at once.
	mergeBuffer = 64 << 10
	// parquetFieldID is under which name the reader gives the field id of a column.
	parquetFieldID = "PARQUET:field_id"
)

// edit changes the rows of one chunk: it returns its argument or a new batch of the same columns with fewer rows or
// other values, but in the same order. Both belong to the caller.
type edit func(ctx context.Context, rows arrow.RecordBatch) (arrow.RecordBatch, error)

// stream reads the rows of one data file in the order in which they lie there, with the columns of the table as it is
// now: a column that is younger than the file is null.
type stream struct {
	name   string
	shape  *shape
	edit   edit
	file   *os.File
	parq   *file.Reader
	reader pqarrow.RecordReader
	at     []int // for each column of the table: which of the file's it is, -1: none

	rows  arrow.RecordBatch   // the chunk in hand, nil at the end
	row   int                 // the next row in it
	begun int                 // the first row of it that is in no row group yet
	size  int64               // bytes of a row of it, on average
	queue []arrow.RecordBatch // slices that wait for their row group
	sort  []arrow.Array       // the sort columns of the chunk in hand
}

// streamProperties have pages read, and not whole column chunks.
func streamProperties() *parquet.ReaderProperties {
	props := parquet.NewReaderProperties(memory.DefaultAllocator)
	props.BufferedStreamEnabled, props.BufferSize = true, mergeBuffer
	return props
}

// openStream begins to read a file that lies at path on this host.
func openStream(ctx context.Context, s *shape, name, path string, change edit) (*stream, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, storageError("open", path, err)
	}
	st := &stream{name: name, shape: s, edit: change, file: f}
	st.parq, err = file.NewParquetReader(f, file.WithReadProps(streamProperties()))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read %s: %w", name, err), f.Close())
	}
	in, err := pqarrow.NewFileReader(st.parq, pqarrow.ArrowReadProperties{BatchSize: mergeChunk}, memory.DefaultAllocator)
	if err == nil {
		st.reader, err = in.GetRecordReader(ctx, nil, nil)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read %s: %w", name, err), st.parq.Close())
	}
	if err := st.match(st.reader.Schema()); err != nil {
		st.close()
		return nil, err
	}
	if err := st.next(ctx); err != nil {
		st.close()
		return nil, err
	}
	return st, nil
}

// match finds the table's columns among those of the file by field id. A column of the file that the table does not
// have would be lost without a word.
func (st *stream) match(schema *arrow.Schema) error {
	byID := map[int]int{}
	for i, f := range schema.Fields() {
		id, err := strconv.Atoi(f.Metadata.ToMap()[parquetFieldID])
		if err != nil {
			return fmt.Errorf("read %s: column %s has no field id: %w", st.name, f.Name, ErrSchema)
		}
		byID[id] = i
	}
	for i, c := range st.shape.Columns {
		at, ok := byID[st.shape.ids[i]]
		switch {
		case !ok && c.Required:
			return fmt.Errorf("read %s: it lacks the required column %s: %w", st.name, c.Name, ErrSchema)
		case !ok:
			at = -1
		case !arrow.TypeEqual(schema.Field(at).Type, c.Type.Arrow()):
			return fmt.Errorf("read %s: column %s is %s, the table has %s: %w", st.name, c.Name, schema.Field(at).Type, c.Type.Arrow(), ErrSchema)
		}
		delete(byID, st.shape.ids[i])
		st.at = append(st.at, at)
	}
	if len(byID) > 0 {
		return fmt.Errorf("read %s: it has %d columns that the table does not have: %w", st.name, len(byID), ErrSchema)
	}
	return nil
}

// next brings the chunk behind the one in hand, which goes to the queue as far as it is not in a row group.
func (st *stream) next(ctx context.Context) error {
	st.shelve()
	if st.rows != nil {
		st.rows.Release()
		st.rows = nil
	}
	for st.rows == nil {
		rows, err := st.reader.Read()
		if errors.Is(err, io.EOF) || (err == nil && rows == nil) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", st.name, err)
		}
		// The reader takes its batch back at the next call; arrange holds what it needs.
		mine := st.arrange(rows)
		if st.edit != nil {
			changed, err := st.edit(ctx, mine)
			if err != nil {
				mine.Release()
				return fmt.Errorf("rewrite %s: %w", st.name, err)
			}
			if changed != mine {
				mine.Release()
				mine = changed
			}
		}
		if mine.NumRows() == 0 {
			mine.Release()
			continue
		}
		st.rows, st.row, st.begun = mine, 0, 0
		st.size = 0
		for _, a := range mine.Columns() {
			st.size += int64(a.Data().SizeInBytes())
		}
		st.size /= mine.NumRows()
	}
	st.sort = st.sort[:0]
	for _, name := range st.shape.SortBy {
		st.sort = append(st.sort, st.rows.Column(st.shape.Index(name)))
	}
	return nil
}

// arrange gives a chunk the columns of the table, in their order.
func (st *stream) arrange(rows arrow.RecordBatch) arrow.RecordBatch {
	columns := make([]arrow.Array, len(st.at))
	for i, at := range st.at {
		if at >= 0 {
			columns[i] = rows.Column(at)
			continue
		}
		null := array.MakeArrayOfNull(memory.DefaultAllocator, st.shape.Columns[i].Type.Arrow(), int(rows.NumRows()))
		defer null.Release() // the batch holds it
		columns[i] = null
	}
	return array.NewRecordBatch(st.shape.ArrowSchema(), columns, rows.NumRows())
}

// shelve puts the rows of the chunk in hand that were taken and are in no row group yet into the queue.
func (st *stream) shelve() {
	if st.rows != nil && st.row > st.begun {
		st.queue = append(st.queue, st.rows.NewSlice(int64(st.begun), int64(st.row)))
		st.begun = st.row
	}
}

func (st *stream) close() {
	for _, q := range st.queue {
		q.Release()
	}
	if st.rows != nil {
		st.rows.Release()
	}
	st.queue, st.rows = nil, nil
	st.reader.Release()
	_ = st.parq.Close() // it was only read; this closes the file too
}

func compareRows(x []arrow.Array, i int, y []arrow.Array, j int) int {
	for k := range x {
		if c := compareCells(x[k], i, y[k], j); c != 0 {
			return c
		}
	}
	return 0
}

// compareCells orders two values of one column, nulls last: the order of order in a batch.
func compareCells(x arrow.Array, i int, y arrow.Array, j int) int {
	switch a, b := x.IsNull(i), y.IsNull(j); {
	case a && b:
		return 0
	case a:
		return 1
	case b:
		return -1
	}
	switch x := x.(type) {
	case *array.String:
		return strings.Compare(x.Value(i), y.(*array.String).Value(j))
	case *array.Int32:
		return cmp.Compare(x.Value(i), y.(*array.Int32).Value(j))
	case *array.Int64:
		return cmp.Compare(x.Value(i), y.(*array.Int64).Value(j))
	case *array.Timestamp:
		return cmp.Compare(x.Value(i), y.(*array.Timestamp).Value(j))
	case *array.Date32:
		return cmp.Compare(x.Value(i), y.(*array.Date32).Value(j))
	case *array.Boolean:
		return b2i(x.Value(i)) - b2i(y.(*array.Boolean).Value(j))
	case *array.Decimal128:
		return x.Value(i).Cmp(y.(*array.Decimal128).Value(j))
	case *array.Binary:
		return bytes.Compare(x.Value(i), y.(*array.Binary).Value(j))
	}
	return 0
}

// merger is a heap of streams, the one with the smallest row on top.
type merger struct {
	streams []*stream
	place   map[*stream]int // for ties: the order of rows must not depend on the heap
}

func (m *merger) Len() int { return len(m.streams) }
func (m *merger) Less(i, j int) bool {
	a, b := m.streams[i], m.streams[j]
	if c := compareRows(a.sort, a.row, b.sort, b.row); c != 0 {
		return c < 0
	}
	return m.place[a] < m.place[b]
}
func (m *merger) Swap(i, j int) { m.streams[i], m.streams[j] = m.streams[j], m.streams[i] }
func (m *merger) Push(x any)    { m.streams = append(m.streams, x.(*stream)) }
func (m *merger) Pop() any {
	last := m.streams[len(m.streams)-1]
	m.streams = m.streams[:len(m.streams)-1]
	return last
}

// mergeBytes ends a row group before it has all its rows: rows with long texts, such as raw rejects, would take
// gigabytes, and a column of more than two cannot be put together at all.
const mergeBytes = 64 << 20

// merge reads streams in common order and hands out their rows in row groups: a batch, and the order of its rows. It
// holds one row group and a chunk of each stream, however long they are. The batch is released after emit.
func merge(ctx context.Context, s *shape, streams []*stream, emit func(rows arrow.RecordBatch, order []int32) error) error {
	m := &merger{place: map[*stream]int{}}
	for i, st := range streams {
		m.place[st] = i
		if st.rows != nil {
			m.streams = append(m.streams, st)
		}
	}
	heap.Init(m)
	taken := make([]int32, 0, RowGroupRows) // of which stream each row is
	held := int64(0)
	flush := func() error {
		if len(taken) == 0 {
			return nil
		}
		rows, order, err := gather(s, streams, taken)
		if err != nil {
			return err
		}
		defer rows.Release()
		taken, held = taken[:0], 0
		return emit(rows, order)
	}
	for len(m.streams) > 0 {
		st := m.streams[0]
		taken, held = append(taken, int32(m.place[st])), held+st.size
		st.row++
		if st.row < int(st.rows.NumRows()) {
			if compareRows(st.sort, st.row-1, st.sort, st.row) > 0 {
				return fmt.Errorf("read %s: row %d of a chunk is out of order: another writer wrote it; run `dutyflow lake verify`", st.name, st.row)
			}
			heap.Fix(m, 0)
		} else if err := st.next(ctx); err != nil {
			return err
		} else if st.rows == nil {
			heap.Pop(m)
		} else {
			heap.Fix(m, 0)
		}
		if len(taken) == RowGroupRows || held >= mergeBytes {
			if err := flush(); err != nil {
				return err
			}
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
		}
	}
	return flush()
}

// gather puts what was taken of each stream one behind the other, and says where each row of the common order is there.
func gather(s *shape, streams []*stream, taken []int32) (arrow.RecordBatch, []int32, error) {
	var parts []arrow.RecordBatch
	defer func() {
		for _, p := range parts {
			p.Release()
		}
	}()
	starts, at := make([]int32, len(streams)), int32(0)
	for i, st := range streams {
		st.shelve()
		starts[i] = at
		for _, q := range st.queue {
			at += int32(q.NumRows())
		}
		parts, st.queue = append(parts, st.queue...), st.queue[:0]
	}
	order := make([]int32, len(taken))
	for k, i := range taken {
		order[k] = starts[i]
		starts[i]++
	}
	columns := make([]arrow.Array, len(s.Columns))
	pieces := make([]arrow.Array, len(parts))
	for c := range columns {
		for k, p := range parts {
			pieces[k] = p.Column(c)
		}
		whole, err := array.Concatenate(pieces, memory.DefaultAllocator)
		if err != nil {
			return nil, nil, fmt.Errorf("column %s: %w", s.Columns[c].Name, err)
		}
		defer whole.Release() // the batch holds it
		columns[c] = whole
	}
	return array.NewRecordBatch(s.ArrowSchema(), columns, int64(len(taken))), order, nil
}
