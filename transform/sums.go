package transform

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/dutyflow/dutyflow/warehouse/duck"
)

// sum is a model of kind sums under way. What some entities add to it now, less what they added before, is its change.
type sum struct {
	m        *Model
	kinds    []string // of the entities whose facts it reads
	why      string   // for which it is computed from nothing; empty: it is carried on
	measures []column
	queries  map[string]string // by kind of entities: what they add
	rows     int64
}

type column struct{ name, kind string }

// begin finds the measures and makes the table of changes.
func (s *sum) begin(ctx context.Context, db *duck.DB) error {
	rows, err := db.Query(ctx, "describe "+s.m.SQL)
	if err != nil {
		return fmt.Errorf("%s: %w", s.m.Path, err)
	}
	defer rows.Close()
	var found, columns []string
	for rows.Next() {
		name, _ := rows.Text(0)
		kind, _ := rows.Text(1)
		found = append(found, name)
		columns = append(columns, duck.Ident(name)+" "+kind)
		if slices.Contains(s.m.Grain, name) {
			continue
		}
		if !addable(kind) {
			return fmt.Errorf("%s: column %s is %s; what a model of kind sums has beside its grain is integer or decimal, and adds up",
				s.m.Path, name, kind)
		}
		s.measures = append(s.measures, column{name, kind})
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("%s: %w", s.m.Path, err)
	}
	for _, key := range s.m.Grain {
		if !slices.Contains(found, key) {
			return fmt.Errorf("%s: the grain names %s, which is no column", s.m.Path, key)
		}
	}
	if len(s.measures) == 0 {
		return fmt.Errorf("%s: kind sums without a measure", s.m.Path)
	}
	return db.Exec(ctx, "create table "+s.changes()+" ("+strings.Join(columns, ", ")+")")
}

func addable(kind string) bool {
	return slices.Contains([]string{"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"}, kind) || strings.HasPrefix(kind, "DECIMAL")
}

func (s *sum) changes() string { return "work." + duck.Ident("change_"+s.m.Name) }

func (s *sum) keys() string {
	keys := make([]string, len(s.m.Grain))
	for i, k := range s.m.Grain {
		keys[i] = duck.Ident(k)
	}
	return strings.Join(keys, ", ")
}

// foldRows is how many rows of changes are kept before they are added up.
const foldRows = 2_000_000

// newSum finds what the entities of each kind add. Most metrics are about one kind, and planning a query of all of them
// costs more than most runs have to compute.
func (p *Project) newSum(m *Model) *sum {
	s := &sum{m: m, kinds: p.entities(m.refs), queries: map[string]string{}}
	for _, kind := range s.kinds {
		s.queries[kind] = m.SQL
		if len(m.metrics) == 0 {
			continue
		}
		var own []*Metric
		for _, metric := range m.metrics {
			if slices.Contains(p.entities(metric.refs), kind) {
				own = append(own, metric)
			}
		}
		s.queries[kind] = metricSQL(own, "month")
	}
	return s
}

// add notes what the entities of a kind whose facts are in hand add (sign +) or take away (sign -).
func (s *sum) add(ctx context.Context, db *duck.DB, kind, sign string) error {
	columns := s.keys()
	for _, c := range s.measures {
		columns += ", " + sign + "coalesce(" + duck.Ident(c.name) + ", 0)"
	}
	names := s.keys()
	for _, c := range s.measures {
		names += ", " + duck.Ident(c.name)
	}
	if err := db.Exec(ctx, "insert into "+s.changes()+" ("+names+") select "+columns+" from (\n"+s.queries[kind]+"\n)"); err != nil {
		return fmt.Errorf("%s: %w", s.m.Path, err)
	}
	var rows int64
	if err := db.Scalar(ctx, "select count(*) from "+s.changes(), &rows); err != nil {
		return fmt.Errorf("%s: %w", s.m.Path, err)
	}
	if rows-s.rows < foldRows {
		return nil
	}
	if err := db.Exec(ctx, "create or replace table "+s.changes()+" as "+s.added(s.changes())); err != nil {
		return fmt.Errorf("%s: add up: %w", s.m.Path, err)
	}
	return db.Scalar(ctx, "select count(*) from "+s.changes(), &s.rows)
}

// added is the query that adds rows up by their keys. Rows that come to nothing vanish, as they would if those who made
// them had never been.
func (s *sum) added(from string) string {
	columns := s.keys()
	var some []string
	for _, c := range s.measures {
		total := "sum(" + duck.Ident(c.name) + ")"
		columns += ", " + total + "::" + c.kind + " as " + duck.Ident(c.name)
		some = append(some, total+" <> 0")
	}
	return "select " + columns + " from " + from + " group by " + s.keys() + " having " + strings.Join(some, " or ")
}

// finishSums makes the tables of the sums: what was there and what changed.
func (r *run) finishSums(ctx context.Context) error {
	for _, s := range r.sums {
		start := r.Now()
		if err := r.finishSum(ctx, s); err != nil {
			return fmt.Errorf("%s: add up: %w", s.m.Path, err)
		}
		if err := r.db.Exec(ctx, "drop table "+s.changes()); err != nil {
			return fmt.Errorf("%s: %w", s.m.Path, err)
		}
		if err := r.ran(ctx, s.m, r.Now().Sub(start)); err != nil {
			return err
		}
	}
	return nil
}

// old is a table of the published version.
func old(name string) string { return "old.main." + duck.Ident(name) }

// oldKept is a table that the published version keeps for this run.
func oldKept(name string) string { return "old.kept." + duck.Ident(name) }
