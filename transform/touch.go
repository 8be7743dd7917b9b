package transform

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/duck"
)

// touch finds the entities of each kind whose facts are computed again: those that new records name, those of loads that
// count otherwise than before, those whose records lay ahead of the as-of time and do no more, those that are restated.
func (r *run) touch(ctx context.Context) error {
	if !slices.ContainsFunc(r.kinds, func(kind string) bool { return r.full[kind] == "" }) {
		return nil
	}
	if err := r.db.Exec(ctx, "attach "+duck.Literal(r.before.Path())+" as old (read_only)"); err != nil {
		return fmt.Errorf("open version %s: %w", r.before.Version, err)
	}
	clusters, err := r.touchedClusters(ctx)
	if err != nil {
		return err
	}
	r.recounted = len(clusters) > 0
	for _, kind := range r.kinds {
		if r.full[kind] != "" {
			continue
		}
		if err := r.touchKind(ctx, kind, clusters); err != nil {
			return fmt.Errorf("find what changed of %s: %w", kind, err)
		}
	}
	return nil
}

// touchedClusters are the values of _cluster whose rows count otherwise than in the version before.
func (r *run) touchedClusters(ctx context.Context) ([]string, error) {
	var found []string
	for _, name := range r.names {
		m, ok := r.project.byName[name]
		if !ok || m.Touches == "" || !r.comparable(m) { // what reads one of another SQL is computed from the start
			continue
		}
		column := duck.Ident(m.Touches)
		query := "(select " + column + " from " + duck.Ident(name) + " except select " + column + " from " + oldKept("touch_"+name) + ") union (select " +
			column + " from " + oldKept("touch_"+name) + " except select " + column + " from " + duck.Ident(name) + ") order by 1"
		list, err := r.texts(ctx, query)
		if err != nil {
			return nil, fmt.Errorf("compare %s with the version before: %w", name, err)
		}
		for _, value := range list {
			found = append(found, duck.Literal(value))
		}
	}
	return found, nil
}

func (r *run) texts(ctx context.Context, query string) ([]string, error) {
	rows, err := r.db.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		value, _ := rows.Text(0)
		list = append(list, value)
	}
	return list, rows.Err()
}

// touchKind fills work.touched_<kind> (id), work.hit_<kind> (segment, id: where it lives now), work.dead_<kind> and
// work.late_<kind>, and chooses the files that hold all records of the touched entities.
func (r *run) touchKind(ctx context.Context, kind string, clusters []string) error {
	touched, months := "work."+duck.Ident("touched_"+kind), "work."+duck.Ident("month_"+kind)
	late := "work." + duck.Ident("late_"+kind)
	asOf := instant(r.result.AsOf)
	if err := r.execAll(ctx,
		"create table "+months+" (id varchar, month varchar)",
		"create table "+late+" as select * from "+oldKept("late_"+kind)+" where event_time > "+asOf,
		"insert into "+months+" select id, null from "+oldKept("late_"+kind)+" where event_time <= "+asOf,
	); err != nil {
		return err
	}
	tables := r.cutTables(kind, r.models[kind])
	var fresh, all int64
	for _, s := range tables {
		n, err := r.newRows(ctx, kind, s)
		if err != nil {
			return err
		}
		if was := r.before.Lake[s.Table].Rows; was+n != s.Rows {
			r.full[kind] = fmt.Sprintf("duty.%s had %d rows, %d are new and %d are there", s.Table, was, n, s.Rows)
			return nil
		}
		fresh, all = fresh+n, all+s.Rows
		for _, where := range r.alsoTouched(s, clusters) {
			query := "insert into " + months + " select distinct " + duck.Ident(kind) + ", " + r.monthOf(s.Table) + " from (" + r.scan(s) + ") where " + where
			if err := r.db.Exec(ctx, query); err != nil {
				return err
			}
		}
	}
	if fresh > r.Config.PartRows && 2*fresh > all {
		r.full[kind] = fmt.Sprintf("%d of %d records are new", fresh, all)
		return nil
	}
	r.newRecords[kind] = fresh
	hit := "work." + duck.Ident("hit_"+kind)
	dead := "work." + duck.Ident("dead_"+kind)
	r.segments[kind] = slices.Clone(r.before.Segments[kind])
	for _, s := range r.segments[kind] {
		r.lastSegment[kind] = max(r.lastSegment[kind], s.No)
	}
	if err := r.execAll(ctx,
		"create table "+touched+" as select distinct id from "+months+" where id is not null",
		"create table "+dead+" as select * from "+oldKept("dead_"+kind),
		"create table "+hit+" as select held.segment, held.id, held.month from ("+r.ids(r.segments[kind])+") as held semi join "+touched+
			" as touched on held.id = touched.id anti join "+dead+" as dead on held.segment = dead.segment and held.id = dead.id",
		"insert into "+months+" select distinct id, month from "+hit,
	); err != nil {
		return err
	}
	n := int64(0)
	if err := r.db.Scalar(ctx, "select count(*) from "+touched, &n); err != nil {
		return err
	}
	r.touched[kind] = n
	list, err := r.texts(ctx, "select distinct month from "+months+" where month is not null order by month")
	if err != nil {
		return err
	}
	r.months[kind] = list
	return nil
}

// newRows adds the entities of the rows that came since the version before, and says how many rows came. They lie in
// files that it had not, at or above the ledger that it saw: a compaction makes new files of old rows.
func (r *run) newRows(ctx context.Context, kind string, s warehouse.Snapshot) (int64, error) {
	fresh := r.newFiles(s)
	key := "work." + duck.Ident("new_"+s.Table)
	columns := duck.Ident(kind) + " as id, " + r.monthOf(s.Table) + " as month"
	timed := r.project.has(s.Table, "event_time")
	if timed {
		columns += ", event_time"
	}
	named := r.project.has(s.Table, "source") && r.project.has(s.Table, "event_id")
	if named {
		columns += ", source, event_id"
	}
	var marks []string
	for _, m := range r.before.Lake[s.Table].Ledger {
		marks = append(marks, fmt.Sprintf("(%s, %s, %d, %d)", duck.Literal(m.Cluster), duck.Literal(m.Topic), m.Partition, m.Next))
	}
	query := "select " + columns + " from (" + r.scan(fresh) + ") as record"
	if len(marks) > 0 {
		query += " left join (values " + strings.Join(marks, ", ") + ") as mark(cluster, topic, part, next)" +
			" on record._cluster = mark.cluster and record._topic = mark.topic and record._partition = mark.part" +
			" where mark.next is null or record._offset >= mark.next"
	}
	if err := r.db.Exec(ctx, "create or replace table "+key+" as "+query); err != nil {
		return 0, err
	}
	if timed {
		stmt := "insert into work." + duck.Ident("late_"+kind) + " select id, event_time from " + key + " where event_time > " + instant(r.result.AsOf)
		if err := r.db.Exec(ctx, stmt); err != nil {
			return 0, err
		}
	}
	if err := r.db.Exec(ctx, "insert into work."+duck.Ident("month_"+kind)+" select distinct id, month from "+key); err != nil {
		return 0, err
	}
	var n int64
	return n, r.db.Scalar(ctx, "select count(*) from "+key, &n)
}

// alsoTouched are the conditions on a table's rows whose entities are computed again although no record came.
func (r *run) alsoTouched(s warehouse.Snapshot, clusters []string) []string {
	var where []string
	if len(clusters) > 0 {
		where = append(where, "_cluster in ("+strings.Join(clusters, ", ")+")")
	}
	if !r.From.IsZero() && r.project.has(s.Table, "_event_date") {
		where = append(where, fmt.Sprintf("_event_date between date '%s' and date '%s'", r.From.Format(time.DateOnly), r.To.Format(time.DateOnly)))
	}
	return where
}

// newFiles narrows a snapshot to the files that the version before had not.
func (r *run) newFiles(s warehouse.Snapshot) warehouse.Snapshot {
	had := map[string]bool{}
	for _, f := range r.before.Lake[s.Table].Files {
		had[f] = true
	}
	files := []warehouse.PinnedFile{}
	for _, f := range s.Files {
		if !had[fileName(f)] {
			files = append(files, f)
		}
	}
	s.Files = files
	return s
}

// inMonth finds the month of a data file in its path, where the table's partitions are folders.
var inMonth = regexp.MustCompile(`/_event_date_month=(\d{4}-\d{2})/`)

// inMonths narrows a snapshot to the files that may hold rows of the months.
func (r *run) inMonths(s warehouse.Snapshot, months []string) warehouse.Snapshot {
	if !r.project.has(s.Table, "_event_date") {
		return s
	}
	files := []warehouse.PinnedFile{}
	for _, f := range s.Files {
		month := inMonth.FindStringSubmatch(fileName(f))
		if month == nil || slices.Contains(months, month[1]) {
			files = append(files, f)
		}
	}
	s.Files = files
	return s
}

// monthOf is the month of a row, as the folders name it.
func (r *run) monthOf(table string) string {
	if r.project.has(table, "_event_date") {
		return "strftime(_event_date, '%Y-%m')"
	}
	return "null::varchar"
}

func instant(at time.Time) string {
	return "timestamptz " + duck.Literal(at.UTC().Format("2006-01-02 15:04:05.999999+00"))
}

func (r *run) execAll(ctx context.Context, statements ...string) error {
	for _, s := range statements {
		if err := r.db.Exec(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// cutTables are the lake tables that the models of a kind of entities read and that have its column.
func (r *run) cutTables(kind string, models []*Model) []warehouse.Snapshot {
	var tables []warehouse.Snapshot
	for _, s := range r.snapshots {
		reads := slices.ContainsFunc(models, func(m *Model) bool { return slices.Contains(m.refs, "lake."+s.Table) })
		if reads && r.project.has(s.Table, kind) {
			tables = append(tables, s)
		}
	}
	return tables
}
