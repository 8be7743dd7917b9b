package transform

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/duck"
)

// tally is what a model has cost in this run.
type tally struct {
	rows int64
	took time.Duration
}

// shapes computes the facts of nobody, so that each has its table, of the right types, before and between the batches:
// populations and sums over several kinds of entities can be made while one kind is in hand.
func (r *run) shapes(ctx context.Context) error {
	for _, kind := range r.kinds {
		tables := r.cutTables(kind, r.models[kind])
		for _, s := range tables {
			if err := r.show(ctx, s.Table, r.scan(withoutFiles(s))); err != nil {
				return err
			}
		}
		for _, m := range r.models[kind] {
			if err := r.create(ctx, m); err != nil {
				return err
			}
			if m.isFact() {
				if err := r.db.Exec(ctx, "create or replace table work."+duck.Ident("empty_"+m.Name)+" as select * from "+duck.Ident(m.Name)); err != nil {
					return err
				}
			}
		}
		if err := r.drop(ctx, r.models[kind]); err != nil {
			return err
		}
	}
	for _, name := range r.names {
		if r.madeEarly(name) {
			if err := r.make(ctx, name); err != nil {
				return err
			}
		}
	}
	for _, s := range r.sums {
		if err := s.begin(ctx, r.db); err != nil {
			return err
		}
	}
	return nil
}

func withoutFiles(s warehouse.Snapshot) warehouse.Snapshot {
	s.Files = nil
	return s
}

// kind brings the facts of one kind of entities up to date, and the sums with what they add.
func (r *run) kind(ctx context.Context, kind string) error {
	r.tallies = map[string]*tally{}
	for _, m := range r.models[kind] {
		r.tallies[m.Name] = &tally{}
	}
	var err error
	if r.full[kind] != "" {
		err = r.rebuild(ctx, kind)
	} else {
		err = r.increment(ctx, kind)
	}
	if err != nil {
		return err
	}
	if r.full[kind] == "" {
		if err := r.merge(ctx, kind); err != nil {
			return err
		}
	}
	if err := r.sumAnew(ctx, kind); err != nil {
		return err
	}
	for _, m := range r.models[kind] {
		t := r.tallies[m.Name]
		r.step++
		r.result.Models = append(r.result.Models, ModelRun{Name: m.Name, Layer: m.Layer.String(), Kind: m.Kind, Rows: t.rows, Duration: t.took})
		r.Logger.Info("model", "model", m.Name, "rows", t.rows, "took", t.took)
		if !m.isFact() {
			continue
		}
		for _, s := range r.segments[kind] {
			r.parts[m.Name] = append(r.parts[m.Name], s.Parts[m.Name])
		}
	}
	for _, s := range r.segments[kind] {
		r.parts["ids_"+kind] = append(r.parts["ids_"+kind], s.IDs)
	}
	return r.empty(ctx, kind)
}

// empty leaves the facts of a kind without rows, for what reads several kinds.
func (r *run) empty(ctx context.Context, kind string) error {
	return r.hand(ctx, kind, func(m *Model) string { return "select * from work." + duck.Ident("empty_"+m.Name) })
}

// hand makes the facts of a kind the results of queries.
func (r *run) hand(ctx context.Context, kind string, query func(*Model) string) error {
	for _, m := range r.facts(kind) {
		if err := r.db.Exec(ctx, "create or replace table "+duck.Ident(m.Name)+" as "+query(m)); err != nil {
			return fmt.Errorf("read %s: %w", m.Name, err)
		}
	}
	return nil
}

// rebuild computes all entities of a kind.
func (r *run) rebuild(ctx context.Context, kind string) error {
	r.Logger.Info("facts are computed from the start", "entity", kind, "because", r.full[kind])
	r.segments[kind], r.lastSegment[kind] = nil, 0
	late := "work." + duck.Ident("late_"+kind)
	if err := r.execAll(ctx,
		"create or replace table work."+duck.Ident("dead_"+kind)+" (segment integer, id varchar)",
		"create or replace table "+late+" (id varchar, event_time timestamptz)",
	); err != nil {
		return err
	}
	tables := r.cutTables(kind, r.models[kind])
	for _, s := range tables {
		if err := r.show(ctx, s.Table, r.scan(s)); err != nil {
			return err
		}
		if r.AsOf.IsZero() && r.project.has(s.Table, "event_time") {
			stmt := "insert into " + late + " select " + duck.Ident(kind) + ", event_time from lake." + duck.Ident(s.Table) +
				" where event_time > " + instant(r.result.AsOf)
			if err := r.db.Exec(ctx, stmt); err != nil {
				return fmt.Errorf("find events ahead of the as-of time: %w", err)
			}
		}
	}
	if !slices.ContainsFunc(tables, func(s warehouse.Snapshot) bool { return s.Rows > 0 }) {
		return r.nobody(ctx, kind)
	}
	spans, err := r.ranges(ctx, kind, tables)
	if err != nil {
		return err
	}
	source := func(s warehouse.Snapshot) string { return r.scan(s) }
	for i, at := range spans {
		if err := r.batch(ctx, kind, tables, source, at, fmt.Sprintf("%d/%d", i+1, len(spans))); err != nil {
			return err
		}
	}
	return nil
}

// nobody writes the segment of a kind that has no records, so that its facts have a part to be read from.
func (r *run) nobody(ctx context.Context, kind string) error {
	if err := r.empty(ctx, kind); err != nil {
		return err
	}
	s, err := r.newSegment(ctx, kind, "select null::varchar as id, null::varchar as month where false")
	if err != nil {
		return err
	}
	r.segments[kind] = append(r.segments[kind], s)
	return nil
}

// increment computes the touched entities of a kind, and lets those wake whose time has come.
func (r *run) increment(ctx context.Context, kind string) error {
	dead, hit := "work."+duck.Ident("dead_"+kind), "work."+duck.Ident("hit_"+kind)
	was := r.segments[kind]
	if err := r.db.Exec(ctx, "insert into "+dead+" select distinct segment, id from "+hit); err != nil {
		return err
	}
	if err := r.bury(ctx, kind); err != nil {
		return err
	}
	if r.touched[kind] > 0 {
		if err := r.recompute(ctx, kind, was); err != nil {
			return err
		}
	}
	return r.wake(ctx, kind)
}

// recompute takes away what the touched entities added before, computes them, and adds what they add now. was are the
// segments of the version before.
func (r *run) recompute(ctx context.Context, kind string, was []Segment) error {
	tables := r.cutTables(kind, r.models[kind])
	touched := "work." + duck.Ident("touched_"+kind)
	// All records of the touched entities, once: the models read them several times.
	source := func(s warehouse.Snapshot) string { return "select * from work." + duck.Ident("record_"+s.Table) }
	for _, s := range tables {
		query := "select record.* from (" + r.scan(r.inMonths(s, r.months[kind])) + ") as record semi join " + touched +
			" as touched on record." + duck.Ident(kind) + " = touched.id"
		if err := r.db.Exec(ctx, "create table work."+duck.Ident("record_"+s.Table)+" as "+query); err != nil {
			return fmt.Errorf("read the records of what is touched: %w", err)
		}
		if err := r.show(ctx, s.Table, source(s)); err != nil {
			return err
		}
	}
	spans, err := r.ranges(ctx, kind, tables)
	if err != nil {
		return err
	}
	where, err := r.hitSegments(ctx, kind, was)
	if err != nil {
		return err
	}
	for i, at := range spans {
		if err := r.takeOld(ctx, kind, where, at); err != nil {
			return err
		}
		if err := r.batch(ctx, kind, tables, source, at, fmt.Sprintf("%d/%d", i+1, len(spans))); err != nil {
			return err
		}
	}
	for _, s := range tables {
		if err := r.db.Exec(ctx, "drop table work."+duck.Ident("record_"+s.Table)+" cascade"); err != nil {
			return err
		}
	}
	return nil
}

// hitSegments are the segments in which touched entities lived.
func (r *run) hitSegments(ctx context.Context, kind string, was []Segment) ([]Segment, error) {
	numbers, err := r.texts(ctx, "select distinct segment from work."+duck.Ident("hit_"+kind))
	if err != nil {
		return nil, err
	}
	var out []Segment
	for _, s := range was {
		if slices.Contains(numbers, fmt.Sprint(s.No)) {
			out = append(out, s)
		}
	}
	return out, nil
}

// takeOld takes away what the entities of a span added as of the version before.
func (r *run) takeOld(ctx context.Context, kind string, where []Segment, at span) error {
	if !r.carriesOn(kind) {
		return nil
	}
	hit := "(select distinct id from work." + duck.Ident("hit_"+kind) + at.where("id") + ")"
	if err := r.hand(ctx, kind, func(m *Model) string {
		return "select held.* from (" + r.live(m, where, oldKept("dead_"+kind)) + ") as held semi join " + hit + " as hit on held." + duck.Ident(kind) + " = hit.id"
	}); err != nil {
		return err
	}
	return r.take(ctx, kind)
}

// take takes away, as of the version before, what the facts in hand add to all that is carried on.
func (r *run) take(ctx context.Context, kind string) error {
	if err := r.db.Exec(ctx, asOfMacro(r.before.AsOf)); err != nil {
		return err
	}
	for _, s := range r.sums {
		if s.why == "" && slices.Contains(s.kinds, kind) {
			if err := s.add(ctx, r.db, kind, "-"); err != nil {
				return err
			}
		}
	}
	for _, c := range r.factChecks {
		if c.why == "" && slices.Contains(c.kinds, kind) {
			if err := c.look(ctx, r.db, -1); err != nil {
				return err
			}
		}
	}
	return r.db.Exec(ctx, asOfMacro(r.result.AsOf))
}

// give adds what the facts in hand add to the sums and checks that are wanted, by the reason for computing them anew.
func (r *run) give(ctx context.Context, kind string, wanted func(why string) bool) error {
	for _, s := range r.sums {
		if wanted(s.why) && slices.Contains(s.kinds, kind) {
			if err := s.add(ctx, r.db, kind, "+"); err != nil {
				return err
			}
		}
	}
	for _, c := range r.factChecks {
		if wanted(c.why) && slices.Contains(c.kinds, kind) {
			if err := c.look(ctx, r.db, 1); err != nil {
				return err
			}
		}
	}
	return nil
}

func carried(why string) bool { return why == "" }
func anew(why string) bool    { return why != "" }
func all(string) bool         { return true }

// carriesOn says whether any sum or check of the kind is carried on.
func (r *run) carriesOn(kind string) bool {
	return slices.ContainsFunc(r.sums, func(s *sum) bool { return s.why == "" && slices.Contains(s.kinds, kind) }) ||
		slices.ContainsFunc(r.factChecks, func(c *factCheck) bool { return c.why == "" && slices.Contains(c.kinds, kind) })
}

// batch computes the facts of the entities of a span from their records, writes them as a segment and adds what they add.
func (r *run) batch(ctx context.Context, kind string, tables []warehouse.Snapshot, source func(warehouse.Snapshot) string, at span, name string) error {
	var ids []string
	for _, s := range tables {
		if err := r.show(ctx, s.Table, "select * from ("+source(s)+")"+at.where(kind)); err != nil {
			return err
		}
		ids = append(ids, "select "+duck.Ident(kind)+" as id, "+r.monthOf(s.Table)+" as month from lake."+duck.Ident(s.Table))
	}
	models := r.models[kind]
	for i, m := range models {
		r.Progress(Progress{Step: m.Name + " " + name, Done: r.step + i, Total: r.steps})
		start := r.Now()
		if err := r.create(ctx, m); err != nil {
			return err
		}
		if err := r.checkGrain(ctx, m); err != nil {
			return err
		}
		t := r.tallies[m.Name]
		if m.Kind != View {
			var rows int64
			if err := r.db.Scalar(ctx, "select count(*) from "+duck.Ident(m.Name), &rows); err != nil {
				return fmt.Errorf("count %s: %w", m.Name, err)
			}
			t.rows += rows
		}
		t.took += r.Now().Sub(start)
	}
	s, err := r.newSegment(ctx, kind, strings.Join(ids, " union all "))
	if err != nil {
		return err
	}
	r.segments[kind] = append(r.segments[kind], s)
	if err := r.drop(ctx, models); err != nil {
		return err
	}
	if r.full[kind] != "" {
		return r.give(ctx, kind, all)
	}
	return r.give(ctx, kind, carried)
}

// drop gives back the memory of a batch. The last model goes first, for views refer backwards. The facts stay.
func (r *run) drop(ctx context.Context, models []*Model) error {
	for _, m := range slices.Backward(models) {
		kind := "table"
		if m.Kind == View {
			kind = "view"
		}
		if m.isFact() {
			continue
		}
		if err := r.db.Exec(ctx, "drop "+kind+" "+duck.Ident(m.Name)); err != nil {
			return fmt.Errorf("drop %s: %w", m.Name, err)
		}
	}
	return nil
}

// wake lets the rows count as of now whose instants have passed since the version before, although no record came.
func (r *run) wake(ctx context.Context, kind string) error {
	if !r.carriesOn(kind) || !r.result.AsOf.After(r.before.AsOf) {
		return nil
	}
	held := slices.DeleteFunc(slices.Clone(r.segments[kind]), func(s Segment) bool {
		return !slices.ContainsFunc(r.before.Segments[kind], func(old Segment) bool { return old.No == s.No })
	})
	dead := "work." + duck.Ident("dead_"+kind)
	var woken []string
	for _, m := range r.facts(kind) {
		for _, column := range m.Wakes {
			woken = append(woken, "select "+duck.Ident(kind)+" as id from ("+r.live(m, held, dead)+") where "+duck.Ident(column)+" >= "+
				instant(r.before.AsOf)+" and "+duck.Ident(column)+" <= "+instant(r.result.AsOf))
		}
	}
	if len(woken) == 0 || len(held) == 0 {
		return nil
	}
	table := "work." + duck.Ident("woken_"+kind)
	size := max(1, r.Config.PartRows/8) // an entity has about so many records
	query := fmt.Sprintf("create table %s as select id, (row_number() over (order by id) - 1) // %d as batch from (select distinct id from (%s))",
		table, size, strings.Join(woken, " union all "))
	if err := r.db.Exec(ctx, query); err != nil {
		return fmt.Errorf("find %s whose time has come: %w", kind, err)
	}
	var n int64
	if err := r.db.Scalar(ctx, "select count(*) from "+table, &n); err != nil {
		return err
	}
	r.woken[kind] = n
	for batch := int64(0); batch*size < n; batch++ {
		if err := r.hand(ctx, kind, func(m *Model) string {
			return fmt.Sprintf("select held.* from (%s) as held semi join (select id from %s where batch = %d) as woken on held.%s = woken.id",
				r.live(m, held, dead), table, batch, duck.Ident(kind))
		}); err != nil {
			return err
		}
		if err := r.take(ctx, kind); err != nil {
			return err
		}
		if err := r.give(ctx, kind, carried); err != nil {
			return err
		}
	}
	return nil
}

// sumAnew asks those sums and checks that cannot be carried on of all facts that are kept, a segment at a time.
func (r *run) sumAnew(ctx context.Context, kind string) error {
	if r.full[kind] != "" { // the batches were all
		return nil
	}
	if !slices.ContainsFunc(r.sums, func(s *sum) bool { return s.why != "" && slices.Contains(s.kinds, kind) }) &&
		!slices.ContainsFunc(r.factChecks, func(c *factCheck) bool { return c.why != "" && slices.Contains(c.kinds, kind) }) {
		return nil
	}
	for _, s := range r.segments[kind] {
		if err := r.hand(ctx, kind, func(m *Model) string { return r.live(m, []Segment{s}, "work."+duck.Ident("dead_"+kind)) }); err != nil {
			return err
		}
		if err := r.give(ctx, kind, anew); err != nil {
			return err
		}
	}
	return nil
}

// lakeForChecks shows the lake to the checks that read it: all of it, or the records that may have to do with new ones,
// that is, those with the id of one, in the months of new ones.
func (r *run) lakeForChecks(ctx context.Context, whole bool) error {
	for _, kind := range r.kinds {
		for _, s := range r.cutTables(kind, r.models[kind]) {
			if whole || !r.project.has(s.Table, "source") || !r.project.has(s.Table, "event_id") {
				if err := r.show(ctx, s.Table, r.scan(s)); err != nil {
					return err
				}
				continue
			}
			fresh := "work." + duck.Ident("new_"+s.Table)
			months, err := r.texts(ctx, "select distinct month from "+fresh+" where month is not null")
			if err != nil {
				return err
			}
			query := "select record.* from (" + r.scan(r.inMonths(s, months)) + ") as record semi join " + fresh +
				" as fresh on record.source = fresh.source and record.event_id = fresh.event_id"
			if err := r.show(ctx, s.Table, query); err != nil {
				return err
			}
		}
	}
	return nil
}

// carriesLakeChecks says whether what checks of the lake have found is kept, and only new records are looked at.
func (r *run) carriesLakeChecks() bool {
	return !slices.ContainsFunc(r.kinds, func(kind string) bool { return r.full[kind] != "" })
}
