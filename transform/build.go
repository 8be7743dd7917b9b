package transform

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/duck"
)

// build runs the models in three passes: what does not depend on entities (lists, calendars), then entity range by entity
// range what becomes facts, then what is made of all facts. Only the ranges hold many rows, and one of them at a time.
func (r *run) build(ctx context.Context) error {
	if err := r.attach(ctx); err != nil {
		return err
	}
	if err := r.context(ctx); err != nil {
		return err
	}
	names := r.wanted()
	r.steps = len(names)
	after := r.afterFacts(names)
	for _, name := range names {
		if m := r.project.byName[name]; !after[name] && (m == nil || m.Entity == "") {
			if err := r.make(ctx, name); err != nil {
				return err
			}
		}
	}
	if err := r.facts(ctx, names); err != nil {
		return err
	}
	for _, name := range names {
		if after[name] {
			if err := r.make(ctx, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// afterFacts are the models and macros that refer, at any distance, to a fact.
func (r *run) afterFacts(names []string) map[string]bool {
	after := map[string]bool{}
	for _, name := range names { // in order, so what a name refers to is decided before
		var refs []string
		if m, ok := r.project.byName[name]; ok {
			if m.Entity != "" {
				continue
			}
			refs = m.refs
		} else {
			refs = r.project.macros[name].refs
		}
		for _, ref := range refs {
			m := r.project.byName[ref]
			if after[ref] || (m != nil && m.Entity != "") {
				after[name] = true
			}
		}
	}
	return after
}

// attach shows the lake, with null for the columns that it is too old to have.
func (r *run) attach(ctx context.Context) error {
	if err := r.db.Exec(ctx, "create schema lake"); err != nil {
		return err
	}
	for _, s := range r.snapshots {
		if err := r.view(ctx, s, ""); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) view(ctx context.Context, s warehouse.Snapshot, where string) error {
	query := "select *"
	for _, c := range r.project.Sources[s.Table] {
		has := slices.ContainsFunc(s.Columns, func(p warehouse.PinnedColumn) bool { return p.Name == c.Name })
		if !has {
			query += ", null::" + c.Type + " as " + duck.Ident(c.Name)
		}
	}
	query += " from (" + duck.ScanSQL(s) + ")" + where
	if err := r.db.Exec(ctx, "create or replace view lake."+duck.Ident(s.Table)+" as "+query); err != nil {
		return fmt.Errorf("attach lake table %s at snapshot %d: %w", s.Table, s.ID, err)
	}
	return nil
}

// context gives the models the zone, the as-of time and the seeds.
func (r *run) context(ctx context.Context) error {
	zone := "create macro zone() as " + duck.Literal(r.Lake.Zone().String())
	if err := r.db.Exec(ctx, zone); err != nil {
		return err
	}
	for name, text := range r.project.Seeds {
		if err := r.seed(ctx, name, text); err != nil {
			return err
		}
	}
	asOf, err := r.asOf(ctx)
	if err != nil {
		return err
	}
	r.result.AsOf = asOf
	return r.db.Exec(ctx, asOfMacro("", asOf))
}

func asOfMacro(schema string, at time.Time) string {
	return "create macro " + schema + "as_of() as timestamptz " + duck.Literal(at.UTC().Format("2006-01-02 15:04:05.999999+00"))
}

// seed makes table seed_<name>, all text: a seed's types are the business of the model that reads it.
func (r *run) seed(ctx context.Context, name string, text []byte) error {
	file := filepath.Join(r.work, name+".csv")
	if err := os.WriteFile(file, text, 0o644); err != nil {
		return fmt.Errorf("write seed %s: %w", name, err)
	}
	stmt := "create table " + duck.Ident("seed_"+name) + " as select * from read_csv(" + duck.Literal(file) +
		", header = true, all_varchar = true, auto_detect = true)"
	if err := r.db.Exec(ctx, stmt); err != nil {
		return fmt.Errorf("load seed %s: %w", name, err)
	}
	return nil
}

// asOf is the asked time, else the last event time in the lake. An event time ahead of its delivery is a wrong clock and
// counts as its delivery; deletes, tests, voided and unfinished loads do not count, for they say nothing about when the data end.
func (r *run) asOf(ctx context.Context) (time.Time, error) {
	if !r.Options.AsOf.IsZero() {
		return r.Options.AsOf, nil
	}
	var last sql.NullTime
	var parts []string
	for table, columns := range r.project.Sources {
		if slices.ContainsFunc(columns, func(c Source) bool { return c.Name == "event_time" }) {
			parts = append(parts, "select max(least(event_time, _kafka_ts)) as last from lake."+duck.Ident(table)+
				" where op is distinct from 'delete' and is_test is distinct from true and _cluster not in (select cluster from voided)")
		}
	}
	slices.Sort(parts)
	query := `with voided as (
	select 'load:' || load_id as cluster from lake.loads group by load_id
	having coalesce(max_by(action, (epoch_us("at"), action)) filter (action in ('void', 'unvoid')) = 'void', false)
		or (bool_or(action = 'start') and not bool_or(action = 'finish'))
) select max(last) from (` + strings.Join(parts, " union all ") + ")"
	if err := r.db.Scalar(ctx, query, &last); err != nil {
		return time.Time{}, fmt.Errorf("find the last event: %w", err)
	}
	if !last.Valid {
		// An empty lake has a warehouse too, with all its views, so that nothing has to know the difference.
		return time.Unix(0, 0).UTC(), nil
	}
	return last.Time.UTC(), nil
}

// make creates one macro, table, view or set of parts.
func (r *run) make(ctx context.Context, name string) error {
	r.step++
	r.Progress(Progress{Step: name, Done: r.step, Total: r.steps})
	if macro, ok := r.project.macros[name]; ok {
		if err := r.db.Exec(ctx, macro.create("")); err != nil {
			return fmt.Errorf("%s: %w", macro.Path, err)
		}
		return nil
	}
	m := r.project.byName[name]
	start := r.Now()
	if err := r.create(ctx, m); err != nil {
		return err
	}
	if m.Kind == Parts {
		if err := r.export(ctx, m); err != nil {
			return err
		}
		if err := r.showParts(ctx, m); err != nil {
			return err
		}
	}
	return r.ran(ctx, m, r.Now().Sub(start))
}

func (m *Macro) create(schema string) string {
	table := ""
	if m.Table {
		table = "table "
	}
	return "create macro " + schema + m.Signature + " as " + table + m.SQL
}

// create makes the table or view of a model. Parts start as a table.
func (r *run) create(ctx context.Context, m *Model) error {
	kind := "table"
	if m.Kind == View {
		kind = "view"
	}
	if err := r.db.Exec(ctx, "create or replace "+kind+" "+duck.Ident(m.Name)+" as "+m.SQL); err != nil {
		return fmt.Errorf("%s: %w", m.Path, err)
	}
	return r.checkGrain(ctx, m)
}

func (r *run) ran(ctx context.Context, m *Model, took time.Duration) error {
	done := ModelRun{Name: m.Name, Layer: m.Layer.String(), Kind: m.Kind, Duration: took}
	if m.Kind != View {
		if err := r.db.Scalar(ctx, "select count(*) from "+duck.Ident(m.Name), &done.Rows); err != nil {
			return fmt.Errorf("count %s: %w", m.Name, err)
		}
	}
	r.result.Models = append(r.result.Models, done)
	r.Logger.Info("model", "model", m.Name, "rows", done.Rows, "took", took)
	return nil
}

// facts computes the models of each entity range by range.
func (r *run) facts(ctx context.Context, names []string) error {
	var entities []string
	models := map[string][]*Model{}
	for _, name := range names {
		if m, ok := r.project.byName[name]; ok && m.Entity != "" {
			if !slices.Contains(entities, m.Entity) {
				entities = append(entities, m.Entity)
			}
			models[m.Entity] = append(models[m.Entity], m)
		}
	}
	slices.Sort(entities)
	for _, entity := range entities {
		if err := r.entity(ctx, entity, models[entity]); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) entity(ctx context.Context, entity string, models []*Model) error {
	tables := r.cutTables(entity, models)
	ranges, err := r.ranges(ctx, entity, tables)
	if err != nil {
		return err
	}
	took := make([]time.Duration, len(models))
	rows := make([]int64, len(models))
	for n, span := range ranges {
		for _, s := range tables {
			if err := r.view(ctx, s, span.where(entity)); err != nil {
				return err
			}
		}
		for i, m := range models {
			r.Progress(Progress{Step: fmt.Sprintf("%s %d/%d", m.Name, n+1, len(ranges)), Done: r.step + i*(n+1)/len(ranges), Total: r.steps})
			start := r.Now()
			if err := r.create(ctx, m); err != nil {
				return err
			}
			var count int64
			if m.Kind != View {
				if err := r.db.Scalar(ctx, "select count(*) from "+duck.Ident(m.Name), &count); err != nil {
					return fmt.Errorf("count %s: %w", m.Name, err)
				}
			}
			if m.Kind == Parts {
				if err := r.export(ctx, m); err != nil {
					return err
				}
			}
			took[i] += r.Now().Sub(start)
			rows[i] += count
		}
		if err := r.dropRange(ctx, models); err != nil {
			return err
		}
	}
	for _, s := range tables {
		if err := r.view(ctx, s, ""); err != nil {
			return err
		}
	}
	for i, m := range models {
		r.step++
		r.result.Models = append(r.result.Models, ModelRun{Name: m.Name, Layer: m.Layer.String(), Kind: m.Kind, Rows: rows[i], Duration: took[i]})
		r.Logger.Info("model", "model", m.Name, "rows", rows[i], "ranges", len(ranges), "took", took[i])
		if m.Kind == Parts {
			if err := r.showParts(ctx, m); err != nil {
				return err
			}
		}
	}
	return nil
}

// dropRange gives back the memory of a range. The last model goes first, for views refer backwards.
func (r *run) dropRange(ctx context.Context, models []*Model) error {
	for _, m := range slices.Backward(models) {
		kind := "table"
		if m.Kind == View {
			kind = "view"
		}
		if err := r.db.Exec(ctx, "drop "+kind+" "+duck.Ident(m.Name)); err != nil {
			return fmt.Errorf("drop %s: %w", m.Name, err)
		}
	}
	return nil
}

// cutTables are the lake tables that the models of an entity read and that have its column.
func (r *run) cutTables(entity string, models []*Model) []warehouse.Snapshot {
	var tables []warehouse.Snapshot
	for _, s := range r.snapshots {
		reads := slices.ContainsFunc(models, func(m *Model) bool { return slices.Contains(m.refs, "lake."+s.Table) })
		has := slices.ContainsFunc(r.project.Sources[s.Table], func(c Source) bool { return c.Name == entity })
		if reads && has {
			tables = append(tables, s)
		}
	}
	return tables
}

// span is a range of entity ids, [from, to); empty bounds are open.
type span struct{ from, to string }

func (s span) where(entity string) string {
	var terms []string
	if s.from != "" {
		terms = append(terms, duck.Ident(entity)+" >= "+duck.Literal(s.from))
	}
	if s.to != "" {
		terms = append(terms, duck.Ident(entity)+" < "+duck.Literal(s.to))
	}
	if len(terms) == 0 {
		return ""
	}
	return " where " + strings.Join(terms, " and ")
}

// ranges cuts the entities so that each range holds about Config.PartRows records. The cuts follow from the records
// alone: equal inputs give equal parts.
func (r *run) ranges(ctx context.Context, entity string, tables []warehouse.Snapshot) ([]span, error) {
	var rows int64
	var reads []string
	for _, s := range tables {
		rows += s.Rows
		reads = append(reads, "select "+duck.Ident(entity)+" as id from lake."+duck.Ident(s.Table))
	}
	if rows <= r.Config.PartRows || len(reads) == 0 {
		return []span{{}}, nil
	}
	query := fmt.Sprintf(`
with counted as (select id, count(*) as n from (%s) group by id),
placed as (select id, (sum(n) over (order by id) - n) // %d as part from counted)
select min(id) as first from placed group by part order by part`, strings.Join(reads, " union all "), r.Config.PartRows)
	result, err := r.db.Query(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("cut %s into ranges: %w", entity, err)
	}
	defer result.Close()
	var cuts []string
	for result.Next() {
		id, _ := result.Text(0)
		cuts = append(cuts, id)
	}
	if err := result.Err(); err != nil {
		return nil, fmt.Errorf("cut %s into ranges: %w", entity, err)
	}
	spans := make([]span, len(cuts))
	for i := range cuts {
		if i > 0 {
			spans[i].from = cuts[i]
			spans[i-1].to = cuts[i]
		}
	}
	return spans, nil
}
