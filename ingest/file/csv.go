package file

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// csvSource reads rows of CSV by RFC 4180: the first line names the columns.
type csvSource struct {
	in     *input
	r      *csv.Reader
	header []string
	slot   []int // of column i; -1: not used by the mapping
}

func newCSV(in *input, m *Mapping, s *slots) (*csvSource, error) {
	c := &csvSource{in: in, r: csv.NewReader(in.r)}
	c.r.ReuseRecord = true
	if m.Separator != "" {
		c.r.Comma = rune(m.Separator[0])
	}
	header, err := c.r.Read()
	if err != nil {
		return nil, c.problem(err)
	}
	header[0] = strings.TrimPrefix(header[0], "\ufeff")
	seen := map[string]bool{}
	for _, name := range header {
		if m.Trim {
			name = strings.TrimSpace(name)
		}
		if seen[name] {
			return nil, in.fail(ErrFormat, 1, fmt.Sprintf("column %q occurs twice; give each its own name", name))
		}
		seen[name] = true
		slot, used := s.index[name]
		if !used {
			slot = -1
		}
		c.header = append(c.header, name)
		c.slot = append(c.slot, slot)
	}
	for _, name := range s.names {
		if !seen[name] {
			return nil, in.fail(ErrColumn, 1, fmt.Sprintf("mapping %s names %q; the file has %s", m.path, name, quoteAll(c.header)))
		}
	}
	return c, nil
}

func quoteAll(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = fmt.Sprintf("%q", name)
	}
	return strings.Join(quoted, ", ")
}

func (c *csvSource) next(r *row) error {
	fields, err := c.r.Read()
	if err != nil {
		return c.problem(err)
	}
	line, _ := c.r.FieldPos(0)
	r.pos = int64(line)
	r.others = r.others[:0]
	if r.values == nil {
		n := 0
		for _, slot := range c.slot {
			n = max(n, slot+1)
		}
		r.values = make([]string, n)
	}
	for i, v := range fields {
		if slot := c.slot[i]; slot >= 0 {
			r.values[slot] = v
		} else if v != "" {
			r.others = append(r.others, member{c.header[i], v})
		}
	}
	return nil
}

func (c *csvSource) problem(err error) error {
	var at *csv.ParseError
	switch {
	case errors.Is(err, csv.ErrFieldCount) && errors.As(err, &at):
		return c.in.fail(ErrFormat, int64(at.Line), fmt.Sprintf("the row has not the %d columns of the header; quote values that hold the separator or a line end", len(c.header)))
	case errors.As(err, &at):
		return c.in.fail(ErrFormat, int64(at.Line), fmt.Sprintf("column %d: %v", at.Column, at.Err))
	case errors.Is(err, io.EOF) && c.header == nil:
		return c.in.fail(ErrEmpty, 0, "there is no header")
	}
	line, _ := c.r.FieldPos(0)
	return c.in.readError(err, int64(line))
}
