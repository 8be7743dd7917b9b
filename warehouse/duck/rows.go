package duck

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	duckdb "github.com/duckdb/duckdb-go/v2"
)

// Column is a column of a result.
type Column struct {
	Name string
	Type string // DuckDB's name, e.g. "DECIMAL(18,3)"
}

// Rows streams a result. Close it.
type Rows struct {
	Columns []Column
	rows    *sql.Rows
	values  []any
	targets []any
	zone    *time.Location
	err     error
}

// Query runs a query and streams its rows. A confined session runs one SELECT and nothing else: DuckDB lets whoever may
// read a folder write there too, and a COPY over a part of the warehouse would change everybody's figures.
func (db *DB) Query(ctx context.Context, query string, args ...any) (*Rows, error) {
	if err := db.allowed(ctx, query); err != nil {
		return nil, err
	}
	rows, err := db.sql.QueryContext(ctx, query, args...) //nolint:rowserrcheck // Rows tells their error
	if err != nil {
		return nil, Classify(err)
	}
	types, err := rows.ColumnTypes()
	if err != nil {
		_ = rows.Close() //nolint:sqlclosecheck // on success they stay open: Rows closes them
		return nil, fmt.Errorf("read column types: %w", err)
	}
	r := &Rows{rows: rows, zone: db.zone, values: make([]any, len(types)), targets: make([]any, len(types))}
	for i, t := range types {
		r.Columns = append(r.Columns, Column{Name: t.Name(), Type: t.DatabaseTypeName()})
		r.targets[i] = &r.values[i]
	}
	return r, nil
}

// Next reads the next row; false at the end or on an error, which Err tells.
func (r *Rows) Next() bool {
	if !r.rows.Next() {
		return false
	}
	r.err = r.rows.Scan(r.targets...)
	return r.err == nil
}

// Values are the values of the row, as the driver gives them. They are overwritten by Next.
func (r *Rows) Values() []any { return r.values }

// Err is the error that ended the rows, if any.
func (r *Rows) Err() error { return errors.Join(r.err, r.rows.Err()) }

// Close ends the query.
func (r *Rows) Close() error { return r.rows.Close() }

// Text renders value i of the row for people and CSV. ok is false for null, which NaN is too: a figure that is not a
// number has no text that every reader of a CSV takes for one.
func (r *Rows) Text(i int) (text string, ok bool) {
	switch v := r.values[i].(type) {
	case nil:
		return "", false
	case string:
		return v, true
	case []byte:
		return string(v), true
	case bool:
		return strconv.FormatBool(v), true
	case time.Time:
		return r.timeText(i, v), true
	case float64:
		return floatText(v, 64)
	case float32:
		return floatText(float64(v), 32)
	case *big.Int:
		return v.String(), true
	case duckdb.Decimal:
		return decimalText(v), true
	case duckdb.UUID:
		return v.String(), true
	case duckdb.Interval:
		return fmt.Sprintf("P%dM%dDT%sS", v.Months, v.Days, microText(v.Micros)), true
	default:
		return fmt.Sprint(v), true
	}
}

// timeText: instants carry the lake's offset, a local date none.
func (r *Rows) timeText(i int, t time.Time) string {
	switch r.Columns[i].Type {
	case "DATE":
		return t.UTC().Format("2006-01-02")
	case "TIME":
		return t.UTC().Format("15:04:05.999999")
	case "TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE":
		return t.In(r.zone).Format("2006-01-02T15:04:05.999999Z07:00")
	default: // a local time
		return t.UTC().Format("2006-01-02T15:04:05.999999")
	}
}

func floatText(f float64, bits int) (string, bool) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return "", false
	}
	return strconv.FormatFloat(f, 'f', -1, bits), true
}

// decimalText keeps all digits of the scale: 3.500 stays 3.500.
func decimalText(d duckdb.Decimal) string {
	digits := new(big.Int).Abs(d.Value).String()
	scale := int(d.Scale)
	if pad := scale + 1 - len(digits); pad > 0 {
		digits = strings.Repeat("0", pad) + digits
	}
	if scale > 0 {
		digits = digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
	}
	if d.Value.Sign() < 0 {
		digits = "-" + digits
	}
	return digits
}

func microText(us int64) string {
	return strconv.FormatFloat(float64(us)/1e6, 'f', -1, 64)
}
