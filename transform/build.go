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

// build runs the models: first what has nothing to do with entities (lists, calendars); then, batch by batch, the facts of
// the entities that are touched, and what they add to the sums; then what is made of the sums. Only a batch holds many
// rows, and one of them at a time. A full build touches all entities and has nothing to begin with.
func (r *run) build(ctx context.Context) error {
	if err := r.prepareBuild(ctx); err != nil {
		return err
	}
	// Now it is known what the run does: should it be killed, the history says it.
	if err := r.noteUnderWay(); err != nil {
		return err
	}
	if err := r.shapes(ctx); err != nil {
		return err
	}
	for _, kind := range r.kinds {
		if err := r.kind(ctx, kind); err != nil {
			return err
		}
	}
	if err := r.showFacts(ctx); err != nil {
		return err
	}
	if err := r.finishSums(ctx); err != nil {
		return err
	}
	for _, name := range r.names {
		if m := r.project.byName[name]; r.project.above()[name] && !r.madeEarly(name) && (m == nil || m.Kind != Sums) {
			if err := r.make(ctx, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// prepareBuild makes all that does not depend on entities, and decides what is to be done.
func (r *run) prepareBuild(ctx context.Context) error {
	if err := r.attach(ctx); err != nil {
		return err
	}
	if err := r.context(ctx); err != nil {
		return err
	}
	r.names = r.wanted()
	r.steps = len(r.names)
	for _, name := range r.names {
		if m := r.project.byName[name]; !r.project.above()[name] && (m == nil || m.Entity == "") {
			if err := r.make(ctx, name); err != nil {
				return err
			}
		}
	}
	r.sort()
	if err := r.decide(ctx); err != nil {
		return err
	}
	if err := r.touch(ctx); err != nil {
		return err
	}
	r.decideKept()
	r.result.Touched, r.result.Woken = r.touched, r.woken
	r.result.Kind = "increment"
	if !r.From.IsZero() {
		r.result.Kind = "restate"
	}
	if !r.carriesLakeChecks() {
		r.result.Kind = "full"
	}
	return nil
}

// sort puts the models where they belong.
func (r *run) sort() {
	for _, name := range r.names {
		m, ok := r.project.byName[name]
		switch {
		case !ok:
		case m.Entity != "":
			if !slices.Contains(r.kinds, m.Entity) {
				r.kinds = append(r.kinds, m.Entity)
			}
			r.models[m.Entity] = append(r.models[m.Entity], m)
		case m.Kind == Sums:
			r.sums = append(r.sums, r.project.newSum(m))
		}
	}
	slices.Sort(r.kinds)
	for _, c := range r.project.Checks {
		if r.project.addsUp(c.refs) && r.buildable(c.refs) {
			r.factChecks = append(r.factChecks, &factCheck{Check: c, kinds: r.project.entities(c.refs)})
		} else if r.project.readsLake(c.refs) && r.buildable(c.refs) {
			r.lakeChecks = append(r.lakeChecks, &factCheck{Check: c})
		}
	}
}

// buildable says whether all models that a query reads are built in this run.
func (r *run) buildable(refs []string) bool {
	return !slices.ContainsFunc(r.project.reach(refs), func(ref string) bool {
		_, isModel := r.project.byName[ref]
		return isModel && !slices.Contains(r.names, ref)
	})
}

// madeEarly says whether the sums need it: views and macros over facts that read nothing made of all.
func (r *run) madeEarly(name string) bool {
	return r.project.above()[name] && r.project.addsUp(r.project.refsOf(name)) && !slices.ContainsFunc(r.sums, func(s *sum) bool { return s.m.Name == name })
}

// attach shows the lake, with null for the columns that it is too old to have.
func (r *run) attach(ctx context.Context) error {
	if err := r.execAll(ctx, "create schema lake", "create schema work"); err != nil {
		return err
	}
	for _, s := range r.snapshots {
		if err := r.show(ctx, s.Table, r.scan(s)); err != nil {
			return err
		}
	}
	return nil
}

// show makes lake.table the result of a query.
func (r *run) show(ctx context.Context, table, query string) error {
	if err := r.db.Exec(ctx, "create or replace view lake."+duck.Ident(table)+" as "+query); err != nil {
		return fmt.Errorf("attach lake table %s: %w", table, err)
	}
	return nil
}

// scan reads the files of a snapshot.
func (r *run) scan(s warehouse.Snapshot) string {
	query := "select *"
	for _, c := range r.project.Sources[s.Table] {
		has := slices.ContainsFunc(s.Columns, func(p warehouse.PinnedColumn) bool { return p.Name == c.Name })
		if !has {
			query += ", null::" + c.Type + " as " + duck.Ident(c.Name)
		}
	}
	return query + " from (" + duck.ScanSQL(s) + ")"
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
	return r.db.Exec(ctx, asOfMacro(asOf))
}

func asOfMacro(at time.Time) string {
	return "create or replace macro as_of() as timestamptz " + duck.Literal(at.UTC().Format("2006-01-02 15:04:05.999999+00"))
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
	carry := r.carriesLastEvent()
	for _, s := range r.snapshots {
		if r.project.has(s.Table, "event_time") {
			if carry {
				s = r.newFiles(s)
			}
			parts = append(parts, "select max(least(event_time, _kafka_ts)) as last from ("+r.scan(s)+")"+
				" where op is distinct from 'delete' and is_test is distinct from true and _cluster not in (select cluster from voided)")
		}
	}
	query := `with voided as (
	select 'load:' || load_id as cluster from lake.loads group by load_id
	having coalesce(max_by(action, (epoch_us("at"), action)) filter (action in ('void', 'unvoid')) = 'void', false)
		or (bool_or(action = 'start') and not bool_or(action = 'finish'))
) select max(last) from (` + strings.Join(parts, " union all ") + ")"
	if err := r.db.Scalar(ctx, query, &last); err != nil {
		return time.Time{}, fmt.Errorf("find the last event: %w", err)
	}
	if carry && (!last.Valid || last.Time.Before(r.before.LastEvent)) {
		return r.before.LastEvent, nil
	}
	if !last.Valid {
		// An empty lake has a warehouse too, with all its views, so that nothing has to know the difference.
		return time.Unix(0, 0).UTC(), nil
	}
	return last.Time.UTC(), nil
}

// carriesLastEvent says whether the last event of the version before still counts: it does while no load was finished,
// voided or unvoided and no row was changed.
func (r *run) carriesLastEvent() bool {
	if r.before == nil || r.before.Format != Format || r.before.AsOfAsked != lastEvent || r.before.LastEvent.IsZero() || r.Full {
		return false
	}
	for _, s := range r.snapshots {
		was, ok := r.before.Lake[s.Table]
		if !ok || whyReread(was, s) != "" || (s.Table == "loads" && r.before.Snapshots[s.Table] != s.ID) {
			return false
		}
	}
	return true
}

// has says whether the models rely on the column of a lake table.
func (p *Project) has(table, column string) bool {
	return slices.ContainsFunc(p.Sources[table], func(c Source) bool { return c.Name == column })
}

// make creates one macro, table, view or set of parts.
func (r *run) make(ctx context.Context, name string) error {
	r.step++
	r.Progress(Progress{Step: name, Done: r.step, Total: r.steps})
	if macro, ok := r.project.macros[name]; ok {
		if err := r.db.Exec(ctx, macro.create()); err != nil {
			return fmt.Errorf("%s: %w", macro.Path, err)
		}
		return nil
	}
	m := r.project.byName[name]
	start := r.Now()
	if err := r.create(ctx, m); err != nil {
		return err
	}
	if err := r.checkGrain(ctx, m); err != nil {
		return err
	}
	if m.Kind == Parts {
		part, err := r.export(ctx, m.Name, "select * from "+duck.Ident(m.Name)+" order by "+m.Order, "")
		if err != nil {
			return err
		}
		r.parts[m.Name] = append(r.parts[m.Name], part)
		if err := r.showParts(ctx, m, r.readParts(m)); err != nil {
			return err
		}
	}
	return r.ran(ctx, m, r.Now().Sub(start))
}

func (m *Macro) create() string {
	table := ""
	if m.Table {
		table = "table "
	}
	return "create macro " + m.Signature + " as " + table + m.SQL
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
	return nil
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
