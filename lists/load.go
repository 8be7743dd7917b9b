package lists

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/parquet-go/parquet-go"

	"github.com/dutyflow/dutyflow/warehouse"
)

// Load checks the lists of a directory and makes them the current version of the lake's lists, in one commit. Lists
// that the directory does not hold are carried over from the version before. It returns the version that now counts
// and how many rows were written: none when the content is that of the current version, which then stays.
// Lists with problems return an *Invalid and change nothing.
func Load(ctx context.Context, lake *warehouse.Lake, dir fs.FS) (version int64, n int, err error) {
	// Two loads at a time would both make version n+1, and the reader would see a mixture.
	unlock, err := warehouse.Lock(lake.Dir(), "lists", "lists load", false)
	if err != nil {
		return 0, 0, fmt.Errorf("load lists: %w", err)
	}
	defer unlock()

	version, base, err := stand(ctx, lake, 0)
	if err != nil {
		return 0, 0, fmt.Errorf("load lists: read the current version: %w", err)
	}
	next, problems := check(dir, base)
	if faults := Faults(problems); len(faults) > 0 {
		return 0, 0, &Invalid{Problems: faults}
	}
	rows := encode(next)
	if slices.EqualFunc(rows, encode(base), stored.same) || len(rows) == 0 {
		return version, 0, nil
	}
	batch := build(rows, version+1, time.Now())
	defer batch.Release()
	if err := lake.AppendRows(ctx, TableName, batch); err != nil {
		return 0, 0, fmt.Errorf("load lists: version %d: %w", version+1, err)
	}
	return version + 1, len(rows), nil
}

// stored is a row of duty.lists.
type stored struct {
	Version int64  `parquet:"list_version"`
	List    string `parquet:"list"`
	File    string `parquet:"file"`
	Line    int32  `parquet:"line"`
	Fields  string `parquet:"fields"`
}

// same tells whether two rows say the same. Where they stood in which file does not matter.
func (s stored) same(o stored) bool {
	return s.List == o.List && s.Fields == o.Fields
}

// encode returns the rows of all lists, ordered by list and content.
func encode(c content) []stored {
	var out []stored
	for name, l := range c {
		for _, x := range l.rows {
			out = append(out, stored{List: name, File: x.file, Line: int32(x.line), Fields: l.decl.encode(x.values)})
		}
	}
	slices.SortFunc(out, func(a, b stored) int {
		if c := strings.Compare(a.List, b.List); c != 0 {
			return c
		}
		return strings.Compare(a.Fields, b.Fields)
	})
	return out
}

// encode writes the values that are not empty as a JSON object, in declared order, so that equal rows are equal bytes.
func (d *Declaration) encode(values []string) string {
	var b strings.Builder
	b.WriteByte('{')
	for i, v := range values {
		if v == "" {
			continue
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%q:", d.Fields[i].Name)
		b.Write(quote(v))
	}
	b.WriteByte('}')
	return b.String()
}

func quote(s string) []byte {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string that was checked to be UTF-8 cannot fail
	return []byte(strings.TrimSuffix(b.String(), "\n"))
}

// build returns a batch of duty.lists; the caller releases it.
func build(rows []stored, version int64, at time.Time) arrow.RecordBatch {
	t := Table()
	b := array.NewRecordBuilder(memory.DefaultAllocator, t.ArrowSchema())
	defer b.Release()
	for _, s := range rows {
		b.Field(t.Index("list_version")).(*array.Int64Builder).Append(version)
		b.Field(t.Index("list")).(*array.StringBuilder).Append(s.List)
		b.Field(t.Index("file")).(*array.StringBuilder).Append(s.File)
		b.Field(t.Index("line")).(*array.Int32Builder).Append(s.Line)
		b.Field(t.Index("fields")).(*array.StringBuilder).Append(s.Fields)
		b.Field(t.Index("loaded_at")).(*array.TimestampBuilder).Append(arrow.Timestamp(at.UnixMicro()))
	}
	return b.NewRecordBatch()
}

// stand reads a version, or with 0 the one that counts. A lake without lists has version 0 and no rows.
func stand(ctx context.Context, lake *warehouse.Lake, want int64) (version int64, c content, err error) {
	snapshots, err := lake.Pin(ctx, TableName)
	if err != nil {
		return 0, nil, err
	}
	var rows []stored
	for _, s := range snapshots {
		for _, f := range s.Files {
			err := eachStored(f.Path, func(r stored) {
				if r.Version > version && (want == 0 || r.Version == want) {
					version, rows = r.Version, rows[:0]
				}
				if r.Version == version {
					rows = append(rows, r)
				}
			})
			if err != nil {
				return 0, nil, fmt.Errorf("%s: %w", f.Path, err)
			}
		}
	}
	c = content{}
	for _, d := range Declarations() {
		c[d.Name] = &list{decl: d}
	}
	for _, r := range rows {
		l, ok := c[r.List]
		if !ok {
			return 0, nil, fmt.Errorf("version %d has a list %q, which this release does not know: use the release that loaded it, or a newer one", version, r.List)
		}
		x, err := l.decl.decode(r)
		if err != nil {
			return 0, nil, fmt.Errorf("version %d, %s line %d: %w", version, r.File, r.Line, err)
		}
		l.rows = append(l.rows, x)
	}
	maps.DeleteFunc(c, func(_ string, l *list) bool { return len(l.rows) == 0 })
	return version, c, nil
}

func eachStored(path string, do func(stored)) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	r := parquet.NewGenericReader[stored](f)
	defer r.Close()
	page := make([]stored, 1024)
	for {
		n, err := r.Read(page)
		for _, s := range page[:n] {
			do(s)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (d *Declaration) decode(s stored) (row, error) {
	var fields map[string]string
	if err := json.Unmarshal([]byte(s.Fields), &fields); err != nil {
		return row{}, err
	}
	x := row{file: s.File, line: int(s.Line), values: make([]string, len(d.Fields)), bad: make([]bool, len(d.Fields))}
	for i := range d.Fields {
		x.values[i] = fields[d.Fields[i].Name]
		delete(fields, d.Fields[i].Name)
	}
	for name := range fields {
		return row{}, fmt.Errorf("has a column %q, which this release does not know: use the release that loaded it, or a newer one", name)
	}
	return x, nil
}
