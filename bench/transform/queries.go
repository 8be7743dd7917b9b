package main

import (
	"context"
	stdsql "database/sql"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/dutyflow/dutyflow/report"
	"github.com/dutyflow/dutyflow/warehouse/duck"
)

// queryTime is how long a query of the reports took on the published warehouse.
type queryTime struct {
	Name string
	MS   float64
}

// answers are the times of all of them, and what a question on the raw records needs to be the same one.
type answers struct {
	Queries []queryTime
	Month   string
	AsOf    string
	Bytes   int64 // the warehouse: the version and its parts
}

// runQueries writes every report once, with the parameters of a user, then asks each of its queries again, as often as
// told, and prints the medians.
func runQueries(ctx context.Context, args []string) (err error) {
	flags := flag.NewFlagSet("queries", flag.ExitOnError)
	version := flags.String("version", "", "file of the version")
	rounds := flags.Int("rounds", 5, "how often each is asked")
	_ = flags.Parse(args) // exits on an error
	db, err := duck.Open(*version, duck.Options{ReadOnly: true, Zone: zoneName, MemoryLimit: 1 << 30})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	dir, err := os.MkdirTemp("", "bench-reports-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	var a answers
	// The last month that is over, so that it holds a whole month's cases.
	if err := db.Scalar(ctx, "select strftime(date_trunc('month', local_date(as_of())) - interval 1 month, '%Y-%m'), "+
		"strftime(timezone('UTC', as_of()), '%Y-%m-%d %H:%M:%S.%f+00')", &a.Month, &a.AsOf); err != nil {
		return err
	}
	seen := &recorder{db: db.SQL(), name: map[string]bool{}}
	for _, kind := range report.Kinds() {
		if _, err := report.Write(ctx, report.Options{DB: seen, Kind: kind, Period: a.Month, Dir: dir, Stamp: time.Unix(0, 0)}); err != nil {
			return fmt.Errorf("write report %s of %s: %w", kind, a.Month, err)
		}
	}
	for _, q := range seen.asked {
		var took []float64
		for range *rounds {
			began := time.Now()
			if err := drain(ctx, db.SQL(), q); err != nil {
				return fmt.Errorf("query %s: %w", q.name, err)
			}
			took = append(took, float64(time.Since(began).Microseconds())/1000)
		}
		slices.Sort(took)
		a.Queries = append(a.Queries, queryTime{q.name, took[len(took)/2]})
	}
	slices.SortFunc(a.Queries, func(x, y queryTime) int { return int(y.MS*1000) - int(x.MS*1000) })
	if a.Bytes, err = warehouseBytes(ctx, db, *version); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(a)
}

// recorder notes the queries that pass through it.
type recorder struct {
	db    *stdsql.DB
	asked []question
	name  map[string]bool
}

type question struct {
	name, text string
	args       []any
}

// QueryContext makes it a report.Querier.
func (r *recorder) QueryContext(ctx context.Context, text string, args ...any) (*stdsql.Rows, error) {
	name := "query"
	if first, _, _ := strings.Cut(text, "\n"); strings.HasPrefix(first, "-- query:") {
		name = strings.TrimSpace(strings.TrimPrefix(first, "-- query:"))
	}
	for _, a := range args { // ranking is asked by region, by sector and by organisation
		if named, ok := a.(stdsql.NamedArg); ok && named.Name == "by" {
			name += fmt.Sprintf(" by %v", named.Value)
		}
	}
	if !r.name[name] {
		r.name[name] = true
		r.asked = append(r.asked, question{name, text, args})
	}
	return r.db.QueryContext(ctx, text, args...)
}

func drain(ctx context.Context, db *stdsql.DB, q question) error {
	rows, err := db.QueryContext(ctx, q.text, q.args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
	}
	return rows.Err()
}

// warehouseBytes is the size of a version with the parts that it names.
func warehouseBytes(ctx context.Context, db *duck.DB, version string) (int64, error) {
	info, err := os.Stat(version)
	if err != nil {
		return 0, err
	}
	total := info.Size()
	var parts []string
	rows, err := db.SQL().QueryContext(ctx, "select sql from duckdb_views() where not internal")
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return 0, err
		}
		for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == '\'' }) {
			if filepath.Ext(word) == ".parquet" && !slices.Contains(parts, word) {
				parts = append(parts, word)
			}
		}
	}
	if err := rows.Err(); err != nil {
		return 0, err
	}
	for _, part := range parts {
		info, err := os.Stat(part)
		if err != nil {
			return 0, err
		}
		total += info.Size()
	}
	return total, nil
}
