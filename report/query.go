package report

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"math/big"
	"regexp"
	"strings"
	"time"
)

// Querier runs a query on the published warehouse. *sql.DB and *sql.Conn are Queriers.
type Querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// query is one file of queries/: a single SELECT that runs as it stands once its $arguments are given.
type query struct {
	name string
	text string
	args []string // names of the arguments that it uses
}

var argument = regexp.MustCompile(`\$([a-z_]+)`)

func readQuery(name string) (query, error) {
	text, err := files.ReadFile("queries/" + name + ".sql")
	if err != nil {
		return query{}, fmt.Errorf("query %q is not declared", name)
	}
	q := query{name: name, text: string(text)}
	seen := map[string]bool{}
	for _, match := range argument.FindAllStringSubmatch(withoutComments(q.text), -1) {
		if !seen[match[1]] {
			seen[match[1]] = true
			q.args = append(q.args, match[1])
		}
	}
	return q, nil
}

func withoutComments(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		code, _, _ := strings.Cut(line, "--")
		out.WriteString(code + "\n")
	}
	return out.String()
}

// value is nil, bool, int64, float64, string or time.Time.
type value = any

type row map[string]value

// dataset is the answer of a query, held whole: a report prints what fits on paper, so its queries return little.
type dataset struct {
	source
	columns []string
	rows    []row
}

func (d *dataset) has(column string) bool {
	for _, c := range d.columns {
		if c == column {
			return true
		}
	}
	return column == "rows"
}

// first is the first row, or an empty one: a query without a row makes every field missing.
func (d *dataset) first() row {
	if len(d.rows) == 0 {
		return row{}
	}
	return d.rows[0]
}

func (d *dataset) byKey(key string) row {
	for _, r := range d.rows {
		if text, ok := r[d.Key].(string); ok && text == key {
			return r
		}
	}
	return row{}
}

// runQuery asks q with those of args that it uses.
func runQuery(ctx context.Context, db Querier, s source, args map[string]any) (*dataset, error) {
	q, err := readQuery(s.Query)
	if err != nil {
		return nil, err
	}
	var named []any
	for _, name := range q.args {
		if text, ok := s.With[name]; ok {
			named = append(named, sql.Named(name, text))
		} else if v, ok := args[name]; ok {
			named = append(named, sql.Named(name, v))
		} else {
			return nil, fmt.Errorf("query %s: nothing is known about $%s", q.name, name)
		}
	}
	rows, err := db.QueryContext(ctx, q.text, named...)
	if ctx.Err() != nil {
		return nil, fmt.Errorf("query %s: %w", q.name, ctx.Err())
	}
	if err != nil {
		return nil, fmt.Errorf("query %s: %s", q.name, firstLine(err))
	}
	defer rows.Close()
	d := &dataset{source: s}
	if d.columns, err = rows.Columns(); err != nil {
		return nil, fmt.Errorf("query %s: %w", q.name, err)
	}
	for rows.Next() {
		values := make([]any, len(d.columns))
		into := make([]any, len(d.columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, fmt.Errorf("query %s: %w", q.name, err)
		}
		r := row{}
		for i, name := range d.columns {
			if r[name], err = plain(values[i]); err != nil {
				return nil, fmt.Errorf("query %s column %s: %w", q.name, name, err)
			}
		}
		d.rows = append(d.rows, r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("query %s: %w", q.name, err)
	}
	return d, nil
}

// plain brings what the driver returns down to the few types that reports know. A 128-bit sum beyond int64 is refused
// rather than rounded: a query must divide before it returns one.
func plain(v any) (value, error) {
	switch v := v.(type) {
	case nil, bool, int64, string, time.Time:
		return v, nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, nil
		}
		return v, nil
	case float32:
		return plain(float64(v))
	case int8:
		return int64(v), nil
	case int16:
		return int64(v), nil
	case int32:
		return int64(v), nil
	case uint8:
		return int64(v), nil
	case uint16:
		return int64(v), nil
	case uint32:
		return int64(v), nil
	case []byte:
		return string(v), nil
	case *big.Int:
		if !v.IsInt64() {
			return nil, fmt.Errorf("the sum %s is out of range", v)
		}
		return v.Int64(), nil
	default:
		return nil, fmt.Errorf("the type %T cannot be printed; cast it in the query", v)
	}
}
