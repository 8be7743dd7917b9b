package warehouse

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/apache/iceberg-go"
)

// eraser takes a value out of chunks of rows, and counts.
type eraser struct {
	shape               *shape
	value               string
	drop, blank, within []int // by index in Columns
	rows, cells         int64
}

func newEraser(s *shape, e Erase, value string) (*eraser, error) {
	er := &eraser{shape: s, value: value}
	for _, set := range []struct {
		names []string
		to    *[]int
		drops bool
	}{{e.Drop, &er.drop, true}, {e.Blank, &er.blank, false}, {e.Within, &er.within, false}} {
		for _, name := range set.names {
			i := s.Index(name)
			if i < 0 || (s.Columns[i].Type != String && s.Columns[i].Type != Binary) {
				return nil, fmt.Errorf("column %s: there is no such column of text: %w", name, ErrSchema)
			}
			if !set.drops && (s.Columns[i].Required || name == s.PartitionBy || slices.Contains(s.SortBy, name)) {
				return nil, fmt.Errorf("column %s: it is required or decides the order, and cannot become null: %w", name, ErrSchema)
			}
			*set.to = append(*set.to, i)
		}
	}
	return er, nil
}

// in says how many rows would go and how many cells become null in a file. It reads only the columns in which the value
// may be, unless it is there.
func (er *eraser) in(ctx context.Context, l *Lake, f iceberg.DataFile) (rows, cells int64, err error) {
	ids := map[int]bool{}
	for _, i := range slices.Concat(er.drop, er.blank) {
		if mayHold(f, er.shape.ids[i], er.value) {
			ids[er.shape.ids[i]] = true
		}
	}
	for _, i := range er.within {
		if nulls, ok := f.NullValueCounts()[er.shape.ids[i]]; !ok || nulls < f.Count() {
			ids[er.shape.ids[i]] = true
		}
	}
	if len(ids) == 0 {
		return 0, 0, nil
	}
	name, err := pathOf(f.FilePath())
	if err != nil {
		return 0, 0, err
	}
	path, err := l.store.local(ctx, name, f.FileSizeBytes())
	if err != nil {
		return 0, 0, err
	}
	held, err := anyValue(ctx, path, ids, er.mentions)
	if err != nil {
		return 0, 0, fmt.Errorf("read %s: %w", name, err)
	}
	if !held {
		return 0, 0, nil
	}
	// Whether what was found is what is meant is a matter of the column.
	wasRows, wasCells := er.rows, er.cells
	defer func() { er.rows, er.cells = wasRows, wasCells }()
	st, err := openStream(ctx, er.shape, name, path, er.edit)
	if err != nil {
		return 0, 0, err
	}
	defer st.close()
	for st.rows != nil {
		if err := st.next(ctx); err != nil {
			return 0, 0, err
		}
	}
	return er.rows - wasRows, er.cells - wasCells, nil
}

// mayHold asks the bounds of a file.
func mayHold(f iceberg.DataFile, id int, value string) bool {
	if nulls, ok := f.NullValueCounts()[id]; ok && nulls == f.Count() {
		return false
	}
	if lower, ok := f.LowerBoundValues()[id]; ok && strings.Compare(value, string(lower)) < 0 {
		return false
	}
	upper, ok := f.UpperBoundValues()[id]
	return !ok || strings.Compare(value, string(upper)) <= 0
}

// anyValue reads columns of a file until one value pleases.
func anyValue(ctx context.Context, path string, ids map[int]bool, pleases func([]byte) bool) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, rootOf(err)
	}
	parq, err := file.NewParquetReader(f, file.WithReadProps(streamProperties()))
	if err != nil {
		return false, errors.Join(err, f.Close())
	}
	defer parq.Close() // it was only read
	in, err := pqarrow.NewFileReader(parq, pqarrow.ArrowReadProperties{BatchSize: mergeChunk}, memory.DefaultAllocator)
	if err != nil {
		return false, err
	}
	schema, err := in.Schema()
	if err != nil {
		return false, err
	}
	var columns []int
	for i, c := range schema.Fields() {
		if id, err := strconv.Atoi(c.Metadata.ToMap()[parquetFieldID]); err == nil && ids[id] {
			columns = append(columns, i)
		}
	}
	if len(columns) == 0 {
		return false, nil
	}
	rows, err := in.GetRecordReader(ctx, columns, nil)
	if err != nil {
		return false, err
	}
	defer rows.Release()
	for rows.Next() {
		for _, c := range rows.RecordBatch().Columns() {
			for i := range c.Len() {
				if c.IsValid(i) && pleases(textAt(c, i)) {
					return true, nil
				}
			}
		}
	}
	return false, rows.Err()
}

// textAt is a value of a string or binary column.
func textAt(a arrow.Array, i int) []byte {
	switch a := a.(type) {
	case *array.String:
		return []byte(a.Value(i))
	case *array.Binary:
		return a.Value(i)
	}
	return nil
}

func (er *eraser) edit(ctx context.Context, rows arrow.RecordBatch) (arrow.RecordBatch, error) {
	n := int(rows.NumRows())
	keep, dropped := make([]bool, n), int64(0)
	for i := range keep {
		keep[i] = !slices.ContainsFunc(er.drop, func(c int) bool { return er.is(rows.Column(c), i) })
		if !keep[i] {
			dropped++
		}
	}
	columns := slices.Clone(rows.Columns())
	var made []arrow.Array
	defer func() {
		for _, a := range made {
			a.Release() // the batch holds it
		}
	}()
	for c := range columns {
		hit := func(i int) bool {
			return (slices.Contains(er.blank, c) && er.is(columns[c], i)) ||
				(slices.Contains(er.within, c) && columns[c].IsValid(i) && er.mentions(textAt(columns[c], i)))
		}
		if !slices.Contains(er.blank, c) && !slices.Contains(er.within, c) {
			continue
		}
		blanked, cells := withoutCells(columns[c], func(i int) bool { return keep[i] && hit(i) })
		if cells > 0 {
			columns[c], made = blanked, append(made, blanked)
			er.cells += cells
		}
	}
	er.rows += dropped
	if len(made) == 0 && dropped == 0 {
		return rows, nil
	}
	changed := array.NewRecordBatch(rows.Schema(), columns, int64(n))
	if dropped == 0 {
		return changed, nil
	}
	defer changed.Release()
	return filter(ctx, changed, keep)
}

// mentions says whether a text holds the value as a word of its own: C-1 is not in C-12, nor in AC-1. JSON may write any
// character as an escape, and a string may hold JSON in turn, so what the text stands for is looked at too.
func (er *eraser) mentions(text []byte) bool {
	for range escapeDepth {
		if holdsWord(text, er.value) {
			return true
		}
		plain, changed := unescape(text)
		if !changed {
			return false
		}
		text = plain
	}
	return holdsWord(text, er.value)
}

// escapeDepth bounds how often JSON within JSON is unpacked: a text may be made so that each time uncovers one escape more.
const escapeDepth = 8

func holdsWord(text []byte, value string) bool {
	for at := 0; ; at++ {
		i := bytes.Index(text[at:], []byte(value))
		if i < 0 {
			return false
		}
		at += i
		end := at + len(value)
		joined := at > 0 && joins(value[0], text[at-1]) || end < len(text) && joins(value[len(value)-1], text[end])
		if !joined {
			return true
		}
	}
}

// joins says that a byte continues the word at whose edge it stands. Chinese is written without spaces, so only letters,
// digits, - and _ of ASCII do, and only beside one of their own kind: a text that is emptied in vain is the smaller harm.
func joins(edge, neighbour byte) bool { return wordByte(edge) && wordByte(neighbour) }

func wordByte(c byte) bool {
	return c == '-' || c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// unescape replaces the escapes of JSON strings wherever they stand. The text need not be JSON: rejects often are not.
func unescape(text []byte) (_ []byte, changed bool) {
	if bytes.IndexByte(text, '\\') < 0 {
		return text, false
	}
	plain := make([]byte, 0, len(text))
	for i := 0; i < len(text); {
		if text[i] != '\\' || i+1 == len(text) {
			plain = append(plain, text[i])
			i++
			continue
		}
		if at := strings.IndexByte(`"\/bfnrt`, text[i+1]); at >= 0 {
			plain, i, changed = append(plain, "\"\\/\b\f\n\r\t"[at]), i+2, true
			continue
		}
		r, n := escapedRune(text[i:])
		if n == 0 {
			plain = append(plain, text[i])
			i++
			continue
		}
		plain, i, changed = utf8.AppendRune(plain, r), i+n, true
	}
	return plain, changed
}

// escapedRune reads \uXXXX, or two of them that are one character; 0: there is none.
func escapedRune(text []byte) (r rune, length int) {
	unit := func(text []byte) (rune, bool) {
		if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
			return 0, false
		}
		n, err := strconv.ParseUint(string(text[2:6]), 16, 16)
		return rune(n), err == nil
	}
	first, ok := unit(text)
	if !ok {
		return 0, 0
	}
	if second, ok := unit(text[6:]); ok && utf16.IsSurrogate(first) {
		if r := utf16.DecodeRune(first, second); r != utf8.RuneError {
			return r, 12
		}
	}
	return first, 6
}

func (er *eraser) is(a arrow.Array, i int) bool {
	return a.IsValid(i) && string(textAt(a, i)) == er.value
}

// withoutCells copies a column of text without some of its values; none of their bytes stays in it.
func withoutCells(a arrow.Array, blank func(i int) bool) (arrow.Array, int64) {
	cells := int64(0)
	b := array.NewBuilder(memory.DefaultAllocator, a.DataType())
	defer b.Release()
	for i := range a.Len() {
		if a.IsValid(i) && !blank(i) {
			switch b := b.(type) {
			case *array.StringBuilder:
				b.Append(a.(*array.String).Value(i))
			case *array.BinaryBuilder:
				b.Append(a.(*array.Binary).Value(i))
			}
			continue
		}
		if a.IsValid(i) {
			cells++
		}
		b.AppendNull()
	}
	return b.NewArray(), cells
}
