package transform_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dutyflow/dutyflow/transform"
	"github.com/dutyflow/dutyflow/transform/transformtest"
	"github.com/dutyflow/dutyflow/warehouse"
)

// timed is a project whose sum depends on time passing: a case is due a day after its last event.
func timed(change ...string) fs.FS {
	return small(append([]string{
		"marts/fact_case.sql", "-- model: fact_case\n-- grain: case_id\n-- kind: parts\n-- entity: case_id\n-- wakes: due_at\n-- order: case_id\n-- why: w\n" +
			"select case_id, count(*) as n, min(event_time) as first_at, max(event_time) + interval 1 day as due_at from stg_step group by all",
		"marts/agg_case.sql", "-- model: agg_case\n-- grain: n\n-- kind: sums\n-- order: n\n-- why: w\n" +
			"select n, count(*) as cases, count(*) filter (due_at <= as_of()) as due from fact_case group by all",
		"staging/stg_void.sql", "-- model: stg_void\n-- grain: cluster\n-- kind: table\n-- touches: cluster\n-- why: w\n" +
			"select 'load:' || load_id as cluster from lake.loads group by load_id having max_by(action, \"at\") = 'void'",
		"staging/stg_step.sql", "-- model: stg_step\n-- grain: event_id\n-- kind: table\n-- entity: case_id\n-- why: w\n" +
			"select case_id, event_id, event_time from lake.step where event_time <= as_of() and _cluster not in (select cluster from stg_void)",
		"views/v_case.sql", "-- model: v_case\n-- grain: case_id\n-- kind: view\n-- why: w\nselect * from fact_case",
	}, change...)...)
}

// step is one record of the step table.
func step(caseID, at string, more ...string) []byte {
	names, values := "case_id,event_time", caseID+","+at
	for i := 0; i < len(more); i += 2 {
		names, values = names+","+more[i], values+","+more[i+1]
	}
	return []byte(names + "\n" + values + "\n")
}

// A case that falls due by time passing alone counts as due from then on, though no record names it and its fact stays.
func TestIncrement_wakes(t *testing.T) {
	lake := transformtest.NewLake(t, timed(), "Asia/Shanghai")
	lake.Add(t, "step", step("a", "2026-03-02T09:00:00+08:00"))
	dir := t.TempDir()
	mustRun(t, options(lake, dir, timed()))
	lake.Add(t, "step", step("b", "2026-03-03T09:00:00+08:00")) // the very instant
	result := mustRun(t, options(lake, dir, timed()))
	if result.Kind != "increment" || result.Touched["case_id"] != 1 || result.Woken["case_id"] != 1 {
		t.Errorf("%s: touched %v, woken %v; want an increment of one that wakes another", result.Kind, result.Touched, result.Woken)
	}
	if got := text(t, dir, "select * from agg_case"); got != "n,cases,due\n1,2,1\n" {
		t.Errorf("got %s", got)
	}
}

// A revision moves its case from one group of a sum to another, and the group that nobody is left in is gone; the former
// fact is not seen any more, in its part beside others or alone.
func TestIncrement_moves(t *testing.T) {
	lake := transformtest.NewLake(t, timed(), "Asia/Shanghai")
	lake.Add(t, "step", []byte("case_id,event_time\na,2026-03-02T09:00:00+08:00\nb,2026-03-02T09:00:00+08:00\nb,2026-03-02T10:00:00+08:00\n"))
	dir := t.TempDir()
	mustRun(t, options(lake, dir, timed()))
	lake.Add(t, "step", step("a", "2026-03-02T11:00:00+08:00"))
	mustRun(t, options(lake, dir, timed()))
	if got := text(t, dir, "select n, cases from agg_case"); got != "n,cases\n2,2\n" {
		t.Errorf("got %s", got)
	}
	if got := text(t, dir, "select case_id, n from v_case order by all"); got != "case_id,n\na,2\nb,2\n" {
		t.Errorf("got %s", got)
	}
}

// A void takes back the rows of its load from the entities that they lie in, and an unvoid gives them back.
func TestIncrement_voids(t *testing.T) {
	lake := transformtest.NewLake(t, timed(), "Asia/Shanghai")
	lake.Add(t, "step", []byte("case_id,event_time,_cluster\na,2026-03-02T09:00:00+08:00,k\na,2026-03-02T10:00:00+08:00,load:L\nb,2026-03-02T11:00:00+08:00,k\n"))
	dir := t.TempDir()
	mustRun(t, options(lake, dir, timed()))
	for i, test := range []struct{ action, want string }{{"void", "n\n1\n1\n"}, {"unvoid", "n\n2\n1\n"}} {
		lake.Add(t, "loads", fmt.Appendf(nil, "load_id,action,at\nL,%s,2026-11-01T00:0%d:00+08:00\n", test.action, i))
		result := mustRun(t, options(lake, dir, timed()))
		if got := text(t, dir, "select n from v_case order by case_id"); got != test.want || result.Kind != "increment" || result.Touched["case_id"] != 1 {
			t.Errorf("%s: %s of %v gave %s", test.action, result.Kind, result.Touched, got)
		}
	}
}

// An event ahead of its delivery is not seen until the other records have caught up with it, and then it is, though it is
// not new any more.
func TestIncrement_eventsAhead(t *testing.T) {
	lake := transformtest.NewLake(t, timed(), "Asia/Shanghai")
	lake.Add(t, "step", []byte("case_id,event_time,_kafka_ts\na,2026-03-02T09:00:00+08:00,2026-03-02T09:00:00+08:00\na,2026-03-05T09:00:00+08:00,2026-03-02T10:00:00+08:00\n"))
	dir := t.TempDir()
	mustRun(t, options(lake, dir, timed()))
	lake.Add(t, "step", step("b", "2026-03-03T09:00:00+08:00", "_kafka_ts", "2026-03-03T09:00:00+08:00"))
	mustRun(t, options(lake, dir, timed()))
	if got := text(t, dir, "select n from v_case where case_id = 'a'"); got != "n\n1\n" {
		t.Errorf("on 3 March: %s", got)
	}
	lake.Add(t, "step", step("c", "2026-03-06T09:00:00+08:00"))
	if result := mustRun(t, options(lake, dir, timed())); result.Kind != "increment" {
		t.Errorf("the run was %s", result.Kind)
	}
	if got := text(t, dir, "select n from v_case where case_id = 'a'"); got != "n\n2\n" {
		t.Errorf("on 6 March: %s", got)
	}
}

// Compaction makes new files of old rows, and nothing is computed for it; what cannot be told from new rows is computed
// from the start, with the reason.
func TestIncrement_whatIsNew(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*warehouse.Snapshot)
		kind   string
	}{
		{"compacted", nil, "increment"},
		{"forgotten", func(s *warehouse.Snapshot) { s.Edited = "by forget" }, "full"},
		{"rolled back", func(s *warehouse.Snapshot) { s.Sequence = 0 }, "full"},
		{"ledger lost", func(s *warehouse.Snapshot) { s.Ledger = nil }, "full"},
		{"rows lost", func(s *warehouse.Snapshot) { s.Rows-- }, "full"},
	} {
		lake := transformtest.NewLake(t, timed(), "Asia/Shanghai")
		lake.Add(t, "step", []byte(fewEvents))
		dir := t.TempDir()
		mustRun(t, options(lake, dir, timed()))
		lake.Compact(t, "step")
		if test.change != nil {
			lake.Change("step", test.change)
		}
		result := mustRun(t, options(lake, dir, timed()))
		if result.Kind != test.kind || result.Touched["case_id"] != 0 {
			t.Errorf("%s: %s of %v, want %s of none", test.name, result.Kind, result.Touched, test.kind)
		}
		if got := text(t, dir, "select sum(cases) as n from agg_case"); got != "n\n3\n" {
			t.Errorf("%s: %s", test.name, got)
		}
	}
}

// A sum whose SQL changed is computed from the facts that are there, a fact whose SQL changed from the lake, and a view is
// only published anew.
func TestIncrement_changedSQL(t *testing.T) {
	const agg = "-- model: agg_case\n-- grain: n\n-- kind: sums\n-- order: n\n-- why: w\nselect n, count(*) as cases, sum(n) as events from fact_case group by all"
	const fact = "-- model: fact_case\n-- grain: case_id\n-- kind: parts\n-- entity: case_id\n-- order: case_id\n-- why: w\n" +
		"select case_id, 2 * count(*) as n, min(event_time) as first_at, max(event_time) as due_at from stg_step group by all"
	lake := transformtest.NewLake(t, timed(), "Asia/Shanghai")
	lake.Add(t, "step", []byte(fewEvents))
	dir := t.TempDir()
	o := options(lake, dir, timed())
	o.Config.PartRows = 2
	mustRun(t, o)
	for _, test := range []struct {
		project           fs.FS
		kind, facts, want string
	}{
		{timed("views/v_new.sql", "-- model: v_new\n-- grain: n\n-- kind: view\n-- why: w\nselect n from agg_case"), "increment", "0", "n\n1\n2\n"},
		{timed("marts/agg_case.sql", agg), "increment", "0", "n\n1\n2\n"},
		{timed("marts/agg_case.sql", agg, "marts/fact_case.sql", fact), "full", "3", "n\n2\n4\n"},
	} {
		o.Project = test.project
		result := mustRun(t, o)
		facts := ""
		for _, m := range result.Models {
			if m.Name == "fact_case" {
				facts = fmt.Sprint(m.Rows)
			}
		}
		if result.Kind != test.kind || facts != test.facts {
			t.Errorf("%s with %s facts, want %s with %s", result.Kind, facts, test.kind, test.facts)
		}
		if got := text(t, dir, "select n from agg_case order by n"); got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
	if got := text(t, dir, "select kind, outcome, touched from v_run order by started_at"); strings.Count(got, "\n") != 5 || !strings.HasSuffix(got, "full,published,0\n") {
		t.Errorf("the history says\n%s", got)
	}
}

// A check of the lake that is new, or whose SQL changed, is asked of all records and not of the new ones only; one that
// stays carries on what it found.
func TestIncrement_lakeChecks(t *testing.T) {
	check := func(severity, cond string) fs.FS {
		return timed("checks/lk.sql", "-- check: lk\n-- severity: "+severity+"\n-- why: w\nselect case_id from lake.step where "+cond)
	}
	lake := transformtest.NewLake(t, timed(), "Asia/Shanghai")
	lake.Add(t, "step", []byte(fewEvents))
	dir := t.TempDir()
	mustRun(t, options(lake, dir, timed()))
	for _, test := range []struct {
		project fs.FS
		want    string
	}{
		{check("warn", "case_id = 'a'"), "2,case_id=a\n"},
		{check("warn", "case_id = 'a'"), "2,case_id=a\n"},
		{check("warn", "case_id in ('b', 'z')"), "4,case_id=b\n"},
		{check("warn", "case_id in ('b', 'z')"), "5,case_id=z\n"},
	} {
		lake.Add(t, "step", step("z", "2026-03-06T09:00:00+08:00"))
		result := mustRun(t, options(lake, dir, test.project))
		if got := text(t, dir, "select rows, example from version_check where check_name = 'lk'"); got != "rows,example\n"+test.want || result.Kind != "increment" {
			t.Errorf("%s: %s, want %s", result.Kind, got, test.want)
		}
	}
	if _, err := transform.Run(t.Context(), options(lake, dir, check("error", "case_id = 'c'"))); !errors.Is(err, transform.ErrChecksFailed) {
		t.Errorf("got %v, want ErrChecksFailed for a record that is not new", err)
	}
}

// A model that touches and that the version before had not, or had as other SQL, cannot be compared with what was kept of
// it: what reads it is computed from the start, and what does not is not.
func TestIncrement_newTouches(t *testing.T) {
	const bad = "-- model: stg_bad\n-- grain: cluster\n-- kind: table\n-- touches: cluster\n-- why: w\n" +
		"select 'load:' || load_id as cluster from lake.loads group by load_id having max_by(action, \"at\") = 'bad'"
	const reads = "-- model: stg_step\n-- grain: event_id\n-- kind: table\n-- entity: case_id\n-- why: w\n" +
		"select case_id, event_id, event_time from lake.step where event_time <= as_of() and _cluster not in (select cluster from stg_bad)" +
		" and _cluster not in (select cluster from stg_void)"
	lake := transformtest.NewLake(t, timed(), "Asia/Shanghai")
	lake.Add(t, "step", []byte(fewEvents))
	dir := t.TempDir()
	mustRun(t, options(lake, dir, timed()))
	for i, test := range []struct {
		project fs.FS
		kind    string
	}{
		{timed("staging/stg_bad.sql", bad), "increment"},
		{timed("staging/stg_bad.sql", bad, "staging/stg_step.sql", reads), "full"},
		{timed("staging/stg_bad.sql", bad, "staging/stg_step.sql", reads), "increment"},
		{timed("staging/stg_bad.sql", strings.Replace(bad, "'bad'", "'awful'", 1), "staging/stg_step.sql", reads), "full"},
	} {
		lake.Add(t, "step", step("new", "2026-03-06T09:00:00+08:00"))
		if result := mustRun(t, options(lake, dir, test.project)); result.Kind != test.kind {
			t.Errorf("run %d was %s, want %s", i, result.Kind, test.kind)
		}
	}
}

// busyLake is a lake in which a load goes on while its tables are pinned, one after another.
type busyLake struct {
	*transformtest.Lake
	meanwhile func() // after duty.loads is pinned
}

func (l *busyLake) Pin(ctx context.Context, tables ...string) ([]warehouse.Snapshot, error) {
	var list []warehouse.Snapshot
	for _, table := range tables {
		s, err := l.Lake.Pin(ctx, table)
		if err != nil {
			return nil, err
		}
		if list = append(list, s...); table == "loads" && l.meanwhile != nil {
			l.meanwhile()
		}
	}
	return list, nil
}

// A load that begins while the tables are pinned is seen with its start or not at all; loads that never stop are an error.
func TestRun_pinsLoadsWithRecords(t *testing.T) {
	lake := &busyLake{Lake: transformtest.NewLake(t, timed(), "Asia/Shanghai")}
	lake.Add(t, "step", []byte(fewEvents))
	begun := 0
	begin := func() {
		begun++
		lake.Add(t, "loads", fmt.Appendf(nil, "load_id,action,at\nH%d,start,2026-11-01T00:00:00+08:00\n", begun))
	}
	lake.meanwhile = func() {
		if begun == 0 {
			begin()
			lake.Add(t, "step", step("half", "2026-03-09T09:00:00+08:00", "_cluster", "load:H1"))
		}
	}
	result := mustRun(t, options(lake, t.TempDir(), timed()))
	if want := time.Date(2026, 3, 4, 1, 0, 0, 0, time.UTC); !result.AsOf.Equal(want) {
		t.Errorf("as of %s, want %s: the load is under way", result.AsOf, want)
	}
	lake.meanwhile = begin
	if _, err := transform.Run(t.Context(), options(lake, t.TempDir(), timed())); err == nil || !strings.Contains(err.Error(), "duty.loads") {
		t.Errorf("got %v, want an error of the loads that never stop", err)
	}
}

// Many small increments do not leave many small parts, and what is merged keeps its rows.
func TestIncrement_merges(t *testing.T) {
	lake := transformtest.NewLake(t, timed(), "Asia/Shanghai")
	lake.Add(t, "step", []byte(fewEvents))
	dir := t.TempDir()
	const runs = 14
	for i := range runs {
		lake.Add(t, "step", []byte(fmt.Sprintf("case_id,event_time\nn%02d,2026-03-05T09:00:00+08:00\nn%02d,2026-03-05T09:%02d:00+08:00\n", i, i/2, i)))
		mustRun(t, options(lake, dir, timed()))
	}
	m, err := transform.Current(dir)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(m.Segments["case_id"]); n > 8 {
		t.Errorf("%d segments after %d runs", n, runs)
	}
	other := t.TempDir()
	mustRun(t, options(lake, other, timed()))
	for _, query := range []string{"select * from v_case order by all", "select * from agg_case order by all"} {
		if a, b := text(t, dir, query), text(t, other, query); a != b {
			t.Errorf("%s:\n%s\nat once:\n%s", query, a, b)
		}
	}
}

// A connection that was opened before goes on reading its version while three runs publish.
func TestIncrement_openReader(t *testing.T) {
	lake := transformtest.NewLake(t, timed(), "Asia/Shanghai")
	lake.Add(t, "step", []byte(fewEvents))
	dir := t.TempDir()
	first := mustRun(t, options(lake, dir, timed()))
	db := transformtest.OpenVersion(t, first.Path, "Asia/Shanghai")
	for i := range 3 {
		lake.Add(t, "step", step(fmt.Sprint("n", i), "2026-03-05T09:00:00+08:00"))
		mustRun(t, options(lake, dir, timed()))
		var cases, sums int64
		if err := db.Scalar(t.Context(), "select (select count(*) from v_case), (select sum(cases) from agg_case)", &cases, &sums); err != nil || cases != 3 || sums != 3 {
			t.Errorf("after run %d: %d cases, %d in the sum (%v); want those of the version that was opened", i, cases, sums, err)
		}
	}
}

// Whatever step a run fails at, the version before stands and the next run gives what a run that never failed gives.
func TestIncrement_failsAnywhere(t *testing.T) {
	var steps []string
	for n := 0; ; n++ {
		lake := transformtest.NewLake(t, timed(), "Asia/Shanghai")
		lake.Add(t, "step", []byte(fewEvents))
		dir := t.TempDir()
		first := mustRun(t, options(lake, dir, timed()))
		lake.Add(t, "step", step("a", "2026-03-06T09:00:00+08:00"))
		o := options(lake, dir, timed())
		at := 0
		o.Faults = func(what string) error {
			if at++; at == n+1 {
				steps = append(steps, what)
				return errors.New("the disk is gone")
			}
			return nil
		}
		if _, err := transform.Run(t.Context(), o); err == nil {
			break
		}
		m, err := transform.Current(dir)
		published := steps[n] == "published"
		if err != nil || (m.Version == first.Version) == published {
			t.Fatalf("%s: published is %v (%v)", steps[n], m, err)
		}
		mustRun(t, options(lake, dir, timed()))
		if got := text(t, dir, "select case_id, n from v_case order by all"); got != "case_id,n\na,3\nb,1\nc,1\n" {
			t.Errorf("after failing at %s: %s", steps[n], got)
		}
		if got := text(t, dir, "select n, cases from agg_case order by all"); got != "n,cases\n1,2\n3,1\n" {
			t.Errorf("after failing at %s: %s", steps[n], got)
		}
		if got := text(t, dir, "select count(*) as n from v_run where outcome = 'failed'"); got != "n\n1\n" && !published { // nothing is left to do then
			t.Errorf("after failing at %s the history has %s", steps[n], got)
		}
	}
	if want := []string{"part", "database", "manifest", "version", "published"}; len(slices.Compact(slices.Clone(steps))) < len(want) {
		t.Errorf("failed at %v, want at least at %v", steps, want)
	}
}

// Restating computes what has records in the period, and nothing else.
func TestIncrement_restate(t *testing.T) {
	lake := transformtest.NewLake(t, timed("sources/step.csv", stepSource+"_event_date,DATE\n"), "Asia/Shanghai")
	lake.Add(t, "step", []byte(fewEvents))
	o := options(lake, t.TempDir(), timed("sources/step.csv", stepSource+"_event_date,DATE\n"))
	mustRun(t, o)
	o.From = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	o.To = time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)
	if result := mustRun(t, o); result.Kind != "restate" || result.Touched["case_id"] != 2 {
		t.Errorf("%s of %v, want to restate two cases", result.Kind, result.Touched)
	}
	if got := text(t, o.Dir, "select sum(cases) as n from agg_case"); got != "n\n3\n" {
		t.Errorf("got %s", got)
	}
}

// A plan names what changed and how much would be computed, and leaves nothing behind.
func TestPlan(t *testing.T) {
	lake := transformtest.NewLake(t, timed(), "Asia/Shanghai")
	lake.Add(t, "step", []byte(fewEvents))
	dir := t.TempDir()
	mustRun(t, options(lake, dir, timed()))
	files := listing(t, dir)
	lake.Add(t, "step", step("a", "2026-03-06T09:00:00+08:00"))
	o := options(lake, dir, timed("marts/agg_case.sql", "-- model: agg_case\n-- grain: n\n-- kind: sums\n-- order: n\n-- why: w\nselect n, count(*) as cases from fact_case group by all"))
	o.Plan = true
	plan := mustRun(t, o)
	why := map[string]string{}
	for _, m := range plan.Models {
		why[m.Name] = m.Why
	}
	if plan.Touched["case_id"] != 1 || why["fact_case"] != "1 touched by 1 new records" || why["agg_case"] != "from all facts: its SQL changed" {
		t.Errorf("touched %v, because %v", plan.Touched, why)
	}
	if after := listing(t, dir); !slices.Equal(files, after) {
		t.Errorf("a plan left %v, before there was %v", after, files)
	}
}

func listing(t *testing.T, dir string) []string {
	t.Helper()
	var files []string
	if err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		files = append(files, path)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return files
}

// A second transform says who is at work, or waits until the first one ends.
func TestRun_twoAtOnce(t *testing.T) {
	lake := transformtest.NewLake(t, timed(), "Asia/Shanghai")
	lake.Add(t, "step", []byte(fewEvents))
	dir := t.TempDir()
	unlock, err := warehouse.Lock(dir, "transform", "dutyflow transform", false)
	if err != nil {
		t.Fatal(err)
	}
	o := options(lake, dir, timed())
	if _, err := transform.Run(t.Context(), o); !errors.Is(err, warehouse.ErrLocked) || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
		t.Errorf("got %v, want ErrLocked that names this process", err)
	}
	o.Wait = true
	waiting := make(chan struct{})
	o.Logger = logger(func(message string) {
		if strings.HasPrefix(message, "waiting") {
			close(waiting)
		}
	})
	done := make(chan error)
	go func() { _, err := transform.Run(t.Context(), o); done <- err }()
	<-waiting
	unlock()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// logger calls a function with each message.
func logger(look func(message string)) *slog.Logger { return slog.New(lookHandler(look)) }

type lookHandler func(string)

func (h lookHandler) Enabled(context.Context, slog.Level) bool { return true }
func (h lookHandler) Handle(_ context.Context, r slog.Record) error {
	h(r.Message)
	return nil
}
func (h lookHandler) WithAttrs([]slog.Attr) slog.Handler { return h }
func (h lookHandler) WithGroup(string) slog.Handler      { return h }
