package transform_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dutyflow/dutyflow/transform"
	"github.com/dutyflow/dutyflow/transform/transformtest"
	"github.com/dutyflow/dutyflow/warehouse/duck"
)

const fewEvents = `case_id,event_id,event_time
a,1,2026-03-02T09:00:00+08:00
a,2,2026-03-02T10:00:00+08:00
b,3,2026-03-03T09:00:00+08:00
c,4,2026-03-04T09:00:00+08:00
`

// at is the clock of a run.
func at(minute int) func() time.Time {
	return func() time.Time { return time.Date(2026, 11, 1, 0, minute, 0, 0, time.UTC) }
}

func settings() transform.Config {
	return transform.Config{MemoryLimitMB: 512, Threads: 2, Keep: 2, Grace: time.Hour, PartRows: 1_000_000}
}

func options(lake transform.Lake, dir string, project fs.FS) transform.Options {
	return transform.Options{Lake: lake, Dir: dir, Project: project, Config: settings(), Now: at(0)}
}

func mustRun(t *testing.T, o transform.Options) transform.Result {
	t.Helper()
	result, err := transform.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// text is the result of a query on the published version, as CSV.
func text(t *testing.T, dir, query string) string {
	t.Helper()
	current, err := filepath.EvalSymlinks(filepath.Join(dir, "current.duckdb"))
	if err != nil {
		t.Fatal(err)
	}
	db := transformtest.OpenVersion(t, current, "Asia/Shanghai")
	rows, err := db.Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := duck.Write(&b, rows, "csv"); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A run publishes what the models say, as of the last event, and a second one finds nothing to do until an input changes.
func TestRun_publishesWhatChanged(t *testing.T) {
	lake := transformtest.NewLake(t, small(), "Asia/Shanghai")
	lake.Add(t, "step", []byte(fewEvents))
	dir := t.TempDir()

	first := mustRun(t, options(lake, dir, small()))
	if got, want := text(t, dir, "select * from v_case order by all"), "case_id,n,first_at,double_n\n"+
		"a,2,2026-03-02T09:00:00+08:00,4\nb,1,2026-03-03T09:00:00+08:00,2\nc,1,2026-03-04T09:00:00+08:00,2\n"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := text(t, dir, "select as_of, zone, snapshots from version"); got != "as_of,zone,snapshots\n2026-03-04T09:00:00+08:00,Asia/Shanghai,\"loads 0, step 1\"\n" {
		t.Errorf("version: %s", got)
	}
	again := mustRun(t, options(lake, dir, small()))
	if !again.UpToDate || again.Version != first.Version {
		t.Errorf("a second run did something: %+v", again)
	}

	o := options(lake, dir, small())
	o.AsOf = time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)
	if result := mustRun(t, o); result.UpToDate || text(t, dir, "select count(*) as n from v_case") != "n\n1\n" {
		t.Errorf("as of 3 March 08:00 one case had begun: %+v", result)
	}
	lake.Add(t, "step", []byte("case_id,event_id,event_time\nd,5,2026-03-05T09:00:00+08:00\n"))
	o = options(lake, dir, small())
	o.Plan = true
	plan := mustRun(t, o)
	if plan.UpToDate || !slices.ContainsFunc(plan.Inputs, func(s string) bool { return strings.HasPrefix(s, "step snapshot: 1 -> 2") }) {
		t.Errorf("plan: %+v", plan)
	}
	if text(t, dir, "select count(*) as n from v_case") != "n\n1\n" {
		t.Error("a plan changed the warehouse")
	}
	mustRun(t, options(lake, dir, small()))
	if text(t, dir, "select count(*) as n from v_case") != "n\n4\n" {
		t.Error("the new event is not there")
	}
}

// The same inputs give the same rows and the same parts: in every zone of the process, in every cut into threads, in
// another folder. Versions share the parts that did not change.
func TestRun_isReproducible(t *testing.T) {
	lake := transformtest.NewLake(t, small(), "Asia/Shanghai")
	var b strings.Builder
	b.WriteString("case_id,event_id,event_time\n")
	for i := range 500 {
		fmt.Fprintf(&b, "c%03d,e%d,2026-03-02T%02d:%02d:00+08:00\n", i*7%100, i, i%24, i%60)
	}
	lake.Add(t, "step", []byte(b.String()))
	parts := func(dir string) string {
		files, err := filepath.Glob(filepath.Join(dir, "parts", "*", "*.parquet"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no parts: %v", err)
		}
		for i := range files {
			files[i] = filepath.Base(files[i])
		}
		return strings.Join(files, " ")
	}
	var want string
	for i, zone := range []string{"Asia/Shanghai", "UTC", "America/New_York"} {
		t.Setenv("TZ", zone)
		o := options(lake, t.TempDir(), small())
		o.Config.Threads = 1 + i
		o.Config.PartRows = 100
		mustRun(t, o)
		got := parts(o.Dir) + text(t, o.Dir, "select * from v_case order by all") + text(t, o.Dir, "select * from agg_case")
		if want == "" {
			want = got
		}
		if got != want {
			t.Errorf("under TZ=%s the warehouse differs", zone)
		}
	}
}

// Cut into many ranges or computed as one, the rows are the same, and a change writes a part of its own and leaves the others.
func TestRun_rangesOfEntities(t *testing.T) {
	lake := transformtest.NewLake(t, small(), "Asia/Shanghai")
	var b strings.Builder
	b.WriteString("case_id,event_id,event_time\n")
	for i := range 600 {
		fmt.Fprintf(&b, "c%03d,e%d,2026-03-02T09:00:00+08:00\n", i/6, i)
	}
	lake.Add(t, "step", []byte(b.String()))
	whole := options(lake, t.TempDir(), small())
	mustRun(t, whole)
	cut := options(lake, t.TempDir(), small())
	cut.Config.PartRows = 100
	mustRun(t, cut)
	const query = "select * from v_case order by all"
	if a, b := text(t, whole.Dir, query), text(t, cut.Dir, query); a != b {
		t.Errorf("one range:\n%s\nsix ranges:\n%s", a, b)
	}
	before, err := transform.Current(cut.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(before.Parts["fact_case"]); n != 6 {
		t.Errorf("%d parts, want 6", n)
	}
	lake.Add(t, "step", []byte("case_id,event_id,event_time\nc099,e9999,2026-03-02T09:00:00+08:00\n"))
	mustRun(t, cut)
	after, err := transform.Current(cut.Dir)
	if err != nil {
		t.Fatal(err)
	}
	same := 0
	for _, part := range after.Parts["fact_case"] {
		if slices.Contains(before.Parts["fact_case"], part) {
			same++
		}
	}
	if same != 6 || len(after.Parts["fact_case"]) != 7 {
		t.Errorf("of %d parts %d are shared, want 6 of 7", len(after.Parts["fact_case"]), same)
	}
	mustRun(t, whole)
	if a, b := text(t, whole.Dir, query), text(t, cut.Dir, query); a != b {
		t.Errorf("one range:\n%s\nafter an increment:\n%s", a, b)
	}
}

// A check of severity error keeps the version before; one of severity warn is told and kept in the version.
func TestRun_checks(t *testing.T) {
	lake := transformtest.NewLake(t, small(), "Asia/Shanghai")
	lake.Add(t, "step", []byte(fewEvents+"three,5,2026-03-02T09:00:00+08:00\nthree,6,2026-03-02T09:00:00+08:00\nthree,7,2026-03-02T09:00:00+08:00\n"))
	dir := t.TempDir()
	first := mustRun(t, options(lake, dir, small()))
	if got := text(t, dir, "select check_name, severity, rows, example from version_check where rows > 0"); got != "check_name,severity,rows,example\nodd_case,warn,1,case_id=three\n" {
		t.Errorf("checks: %s", got)
	}
	lake.Add(t, "step", []byte("case_id,event_id,event_time\nbad,8,2026-03-05T09:00:00+08:00\n"))
	_, err := transform.Run(t.Context(), options(lake, dir, small()))
	if !errors.Is(err, transform.ErrChecksFailed) || !strings.Contains(err.Error(), "case_id=bad") {
		t.Errorf("got %v, want ErrChecksFailed naming the row", err)
	}
	if m, err := transform.Current(dir); err != nil || m.Version != first.Version {
		t.Errorf("published is %v (%v), want the version before", m, err)
	}
	// rows that share the grain are an error without anybody writing a check
	twice := small("marts/fact_case.sql", "-- model: fact_case\n-- grain: case_id\n-- kind: parts\n-- entity: case_id\n-- order: case_id\n-- why: w\n"+
		"select case_id, 1 as n, event_time as first_at from stg_step")
	if _, err := transform.Run(t.Context(), options(lake, dir, twice)); !errors.Is(err, transform.ErrChecksFailed) || !strings.Contains(err.Error(), "grain_fact_case") {
		t.Errorf("got %v, want a finding on the grain", err)
	}
}

// What a killed run leaves behind changes nothing for readers and is swept away by the next run; versions beyond those
// kept go, and their parts after the grace.
func TestRun_leftovers(t *testing.T) {
	lake := transformtest.NewLake(t, small(), "Asia/Shanghai")
	lake.Add(t, "step", []byte(fewEvents))
	dir := t.TempDir()
	mustRun(t, options(lake, dir, small()))
	want := text(t, dir, "select * from v_case order by all")
	leftovers := []string{"build/half.parquet", "versions/v000099-dead.duckdb", "parts/fact_case/orphan.parquet"}
	for _, name := range leftovers {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte("half"), 0o644)); err != nil {
			t.Fatal(err)
		}
		old := at(0)().Add(-48 * time.Hour)
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	}
	if got := text(t, dir, "select * from v_case order by all"); got != want {
		t.Error("leftovers changed what readers see")
	}
	for i := range 4 {
		lake.Add(t, "step", fmt.Appendf(nil, "case_id,event_id,event_time\nn%d,n%d,2026-03-05T09:00:00+08:00\n", i, i))
		o := options(lake, dir, small())
		o.Now = func() time.Time { return time.Now().Add(time.Duration(i) * 2 * time.Hour) } // parts get the file system's time
		mustRun(t, o)
	}
	for _, name := range leftovers {
		if _, err := os.Stat(filepath.Join(dir, name)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is still there", name)
		}
	}
	versions, _ := filepath.Glob(filepath.Join(dir, "versions", "*.duckdb"))
	if len(versions) != 2 {
		t.Errorf("versions %v, want the last 2", versions)
	}
	if got := text(t, dir, "select count(*) as n from v_case"); got != "n\n7\n" {
		t.Errorf("after sweeping: %s", got)
	}
}

// An older binary does not touch what a newer one made.
func TestRun_newerFormat(t *testing.T) {
	lake := transformtest.NewLake(t, small(), "Asia/Shanghai")
	lake.Add(t, "step", []byte(fewEvents))
	dir := t.TempDir()
	result := mustRun(t, options(lake, dir, small()))
	manifest := strings.TrimSuffix(result.Path, ".duckdb") + ".json"
	body, err := os.ReadFile(manifest)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(manifest, []byte(strings.Replace(string(body), `"format": 2`, `"format": 3`, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := transform.Run(t.Context(), options(lake, dir, small())); !errors.Is(err, transform.ErrNewerFormat) {
		t.Errorf("got %v, want ErrNewerFormat", err)
	}
}

// A lake that is too old to have a column gives null for it; an empty lake gives a warehouse with all its views.
func TestRun_oldAndEmptyLakes(t *testing.T) {
	project := small("staging/stg_step.sql", "-- model: stg_step\n-- grain: event_id\n-- kind: table\n-- entity: case_id\n-- why: w\n"+
		"select case_id || coalesce(seq::varchar, '-') as case_id, event_id, event_time from lake.step where event_time <= as_of()")
	lake := transformtest.NewLake(t, project, "Asia/Shanghai")
	dir := t.TempDir()
	mustRun(t, options(lake, dir, project))
	if got := text(t, dir, "select count(*) as n from v_case"); got != "n\n0\n" {
		t.Errorf("empty lake: %s", got)
	}
	lake.DropColumn("step", "seq")
	lake.Add(t, "step", []byte(fewEvents))
	mustRun(t, options(lake, dir, project))
	if got := text(t, dir, "select min(case_id) as id from v_case"); got != "id\na-\n" {
		t.Errorf("old lake: %s", got)
	}
}

// A run that is told to stop leaves the version before.
func TestRun_cancelled(t *testing.T) {
	lake := transformtest.NewLake(t, small(), "Asia/Shanghai")
	lake.Add(t, "step", []byte(fewEvents))
	dir := t.TempDir()
	first := mustRun(t, options(lake, dir, small()))
	ctx, cancel := context.WithCancel(t.Context())
	o := options(lake, dir, small())
	o.Full = true
	o.Progress = func(p transform.Progress) {
		if strings.HasPrefix(p.Step, "fact_case") {
			cancel()
		}
	}
	if _, err := transform.Run(ctx, o); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	if m, err := transform.Current(dir); err != nil || m.Version != first.Version {
		t.Errorf("published is %v (%v), want the version before", m, err)
	}
}

// Settings that cannot work are refused by name.
func TestConfig_Validate(t *testing.T) {
	if err := transform.DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
	for field, change := range map[string]func(*transform.Config){
		"memory_limit_mb": func(c *transform.Config) { c.MemoryLimitMB = 1 },
		"threads":         func(c *transform.Config) { c.Threads = -1 },
		"keep":            func(c *transform.Config) { c.Keep = 0 },
		"grace":           func(c *transform.Config) { c.Grace = -1 },
		"part_rows":       func(c *transform.Config) { c.PartRows = 0 },
	} {
		c := transform.DefaultConfig()
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: got %v", field, err)
		}
	}
}
