package load_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/ingest/file"
	"github.com/dutyflow/dutyflow/ingest/load"
	"github.com/dutyflow/dutyflow/ingest/record"
	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
)

// batchRows is small enough that the file of these tests makes several commits.
const batchRows = 100

// messages writes an NDJSON file of n lines, steps and reports mixed, every tenth of them broken in one way or another.
func messages(t testing.TB, n int) string {
	t.Helper()
	var b strings.Builder
	for i := range n {
		switch {
		case i%10 == 3:
			fmt.Fprintf(&b, `{"schema":"duty.step.v1","event_id":"bad-%d","case_id":"C-%d"`+"\n", i, i)
		case i%10 == 7:
			fmt.Fprintf(&b, `{"schema":"duty.work.v1","event_id":"w-%d","event_time":"2026-02-13T17:20:00+08:00","source":"s","region_code":"371300","org_code":"O","section_code":"S","post_code":"P","actor_id":"a","record_id":"R-%d","work_date":"2026-02-%02d","task_code":"T","phase":"submit"}`+"\n", i, i, i%28+1)
		default:
			fmt.Fprintf(&b, `{"schema":"duty.step.v1","event_id":"e-%d","event_time":"2026-0%d-12T09:05:00+08:00","source":"s","region_code":"371300","org_code":"O","case_id":"C-%d","action":"step_end","task_code":"T","process_code":"P","step_code":"S%d","note":"中文 %d"}`+"\n", i, i%3+1, i%50, i%4, i)
		}
	}
	return write(t, "messages.ndjson", b.String())
}

func write(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func tables() []warehouse.Table {
	return append(ingest.Tables(), warehouse.Loads)
}

func config(lake *warehouse.Lake) load.Config {
	c := load.Config{Lake: lake, Ingest: ingest.DefaultConfig()}
	c.Ingest.BatchRows = batchRows
	c.Ingest.MaxFailures = 1
	return c
}

func run(t testing.TB, lake *warehouse.Lake, path string, m *file.Mapping) load.Result {
	t.Helper()
	result, err := load.New(config(lake)).Run(t.Context(), path, m)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// content is what the tables hold, but for the times at which it came.
func content(lake *warehousetest.Lake) []string {
	var out []string
	for _, table := range []string{"step", "work", "rejects"} {
		for _, row := range lake.Rows(table) {
			var cells []string
			for _, name := range slices.Sorted(maps.Keys(row)) {
				if name != "_ingest_ts" && name != "_ingest_date" && name != "_kafka_ts" {
					cells = append(cells, fmt.Sprintf("%s=%v", name, row[name]))
				}
			}
			out = append(out, table+" "+strings.Join(cells, " "))
		}
	}
	slices.Sort(out)
	return out
}

func same(t testing.TB, what string, got, want []string) {
	t.Helper()
	if slices.Equal(got, want) {
		return
	}
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Fatalf("%s: row %d of %d, want %d rows\n%s\nwant\n%s", what, i, len(got), len(want), got[i], want[i])
		}
	}
	t.Fatalf("%s: %d rows, want %d", what, len(got), len(want))
}

// A load brings every line of its file into the lake, as a row or as a reject with its bytes, under its own cluster and
// with its position in the file. Loading it again does nothing and says so.
func TestLoader_Run(t *testing.T) {
	const n = 1000
	lake := warehousetest.New(t, tables())
	path := messages(t, n)
	first := run(t, lake.Lake, path, nil)
	if first.AlreadyLoaded || first.State != load.Loaded || first.Records != n*9/10 || first.Rejects != n/10 || first.File != "messages.ndjson" {
		t.Errorf("%+v", first)
	}
	seen := map[string]bool{}
	for _, table := range []string{"step", "work", "rejects"} {
		for _, row := range lake.Rows(table) {
			if row["_cluster"] != "load:"+first.ID || row["_source_file"] != "messages.ndjson" {
				t.Fatalf("%v", row)
			}
			seen[fmt.Sprint(row["_source_pos"])] = true
			if table == "rejects" && (row["reason"] != "not_json" || !strings.Contains(string(row["raw"].([]byte)), "bad-")) {
				t.Fatalf("%v", row)
			}
		}
	}
	if len(seen) != n || !seen["1"] || !seen[fmt.Sprint(n)] {
		t.Errorf("%d lines are in the lake", len(seen))
	}
	before := content(lake)
	again := run(t, lake.Lake, path, nil)
	if !again.AlreadyLoaded || again.ID != first.ID || again.Records != first.Records || !again.StartedAt.Equal(first.StartedAt) {
		t.Errorf("%+v", again)
	}
	same(t, "loaded twice", content(lake), before)
}

// killed is a process that dies at the nth of some moments: from then on nothing that it tries has an effect.
type killed struct {
	armed atomic.Bool // the creation of the lake passes
	n     int64
	calls atomic.Int64
	die   context.CancelFunc
}

func (k *killed) at(string) error {
	if !k.armed.Load() || k.calls.Add(1) < k.n {
		return nil
	}
	k.die()
	return warehousetest.ErrInjected
}

// Wherever a load is killed, running it again ends with the same rows as a load that nobody disturbed: before each file
// is written, when all is written and nothing points to it, and when a commit has landed and nobody heard of it.
func TestLoader_KilledAtAnyMoment(t *testing.T) {
	const n = 240
	path := messages(t, n)
	whole := warehousetest.New(t, tables())
	run(t, whole.Lake, path, nil)
	want := content(whole)

	moments := map[string]func(*warehouse.Faults, func(string) error){
		"write":  func(f *warehouse.Faults, at func(string) error) { f.Write = at },
		"commit": func(f *warehouse.Faults, at func(string) error) { f.Commit = at },
		"answer": func(f *warehouse.Faults, at func(string) error) { f.Answer = at },
	}
	for _, name := range slices.Sorted(maps.Keys(moments)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			step := int64(1)
			if name == "write" {
				step = 11 // there are many, and their neighbours are alike
			}
			for at := int64(1); ; at += step {
				ctx, die := context.WithCancel(t.Context())
				k := &killed{n: at, die: die}
				lake := warehousetest.New(t, tables(), func(c *warehouse.Config) { moments[name](&c.Faults, k.at) })
				k.armed.Store(true)
				_, err := load.New(config(lake.Lake)).Run(ctx, path, nil)
				die()
				if err == nil {
					if at < 8 {
						t.Errorf("only %d moments", at)
					}
					t.Logf("%d moments", at)
					return // the load has no more of them
				}
				other := lake.Another()
				result := run(t, other, path, nil)
				if result.Records != n*9/10 || result.Rejects != n/10 {
					t.Fatalf("killed at %s %d: %+v", name, at, result)
				}
				same(t, fmt.Sprintf("killed at %s %d", name, at), content(lake), want)
				entries, err := load.List(t.Context(), other)
				if err != nil || len(entries) != 1 || entries[0].State != load.Loaded {
					t.Fatalf("killed at %s %d: %+v, %v", name, at, entries, err)
				}
			}
		})
	}
}

// A message far larger than any that is accepted arrives all the same, and is rejected with its bytes.
func TestLoader_LargeMessage(t *testing.T) {
	lake := warehousetest.New(t, tables())
	line := `{"schema":"duty.step.v1","x":"` + strings.Repeat("x", 7<<20) + `"}`
	r := run(t, lake.Lake, write(t, "a.ndjson", line+"\n{}\n"), nil)
	if r.Records != 0 || r.Rejects != 2 {
		t.Errorf("%+v", r)
	}
	for _, row := range lake.Rows("rejects") {
		if row["reason"] == "ext_too_large" && string(row["raw"].([]byte)) == line {
			return
		}
	}
	t.Error("the message is not among the rejects")
}

// A file that breaks off leaves its load unfinished, with the error; the whole file is another load.
func TestLoader_BrokenFile(t *testing.T) {
	lake := warehousetest.New(t, tables())
	path := write(t, "log.xes", `<log><trace><string key="concept:name" value="C"/><event><string key="concept:name" value="A"/><date key="time:timestamp" value="2026-01-01T00:00:00Z"/></event></trace><trace>`)
	_, err := load.New(config(lake.Lake)).Run(t.Context(), path, nil)
	if !errors.Is(err, file.ErrTruncated) {
		t.Fatal(err)
	}
	entries, err := load.List(t.Context(), lake.Lake)
	if err != nil || len(entries) != 1 || entries[0].State != load.Unfinished {
		t.Fatalf("%+v, %v", entries, err)
	}
}

// The same file with another mapping is another load; both are there, apart.
func TestLoader_Mappings(t *testing.T) {
	lake := warehousetest.New(t, tables())
	path := write(t, "a.csv", "c,t,x\n1,2026-01-01 08:00:00,y\n2,,y\n")
	parse := func(name, zone string) *file.Mapping {
		m, err := file.ParseMapping(name, []byte("{format: csv, source: s, zone: "+zone+`, fields: {case_id: c, event_time: t, action: {const: submit},
			task_code: {const: "-"}, process_code: {const: p}, region_code: {const: "~"}, org_code: {const: o}}}`))
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	a := run(t, lake.Lake, path, parse("a.yaml", "Asia/Shanghai"))
	b := run(t, lake.Lake, path, parse("b.yaml", "UTC"))
	if a.ID == b.ID || a.Records != 1 || a.Rejects != 1 || b.AlreadyLoaded || b.Mapping != "b.yaml" {
		t.Errorf("%+v, %+v", a, b)
	}
	times := map[string]bool{}
	for _, row := range lake.Rows("step") {
		times[fmt.Sprint(row["event_time"])] = true
	}
	if len(times) != 2 {
		t.Errorf("times %v", times)
	}
	// The latest load comes first.
	entries, err := load.List(t.Context(), lake.Lake)
	if err != nil || len(entries) != 2 || cmp.Compare(entries[0].StartedAt.UnixNano(), entries[1].StartedAt.UnixNano()) < 0 {
		t.Errorf("%+v, %v", entries, err)
	}
}

// A load is voided and brought back by any beginning of its id that is its own; doing so twice is said to be nothing.
func TestVoid(t *testing.T) {
	ctx := t.Context()
	lake := warehousetest.New(t, tables())
	r := run(t, lake.Lake, messages(t, 50), nil)
	before := content(lake)
	if _, err := load.Void(ctx, lake.Lake, "nonsense", ""); !errors.Is(err, load.ErrUnknownLoad) {
		t.Error(err)
	}
	if _, err := load.Unvoid(ctx, lake.Lake, r.ID, ""); !errors.Is(err, load.ErrNothingToDo) {
		t.Error(err)
	}
	e, err := load.Void(ctx, lake.Lake, r.ID[:8], "wrong year")
	if err != nil || e.State != load.Voided || e.Reason != "wrong year" {
		t.Errorf("%+v, %v", e, err)
	}
	if _, err := load.Void(ctx, lake.Lake, r.ID, ""); !errors.Is(err, load.ErrNothingToDo) {
		t.Error(err)
	}
	if e, err = load.Unvoid(ctx, lake.Lake, r.ID, "right after all"); err != nil || e.State != load.Loaded {
		t.Errorf("%+v, %v", e, err)
	}
	if found, err := load.Find(ctx, lake.Lake, r.ID); err != nil || found.State != load.Loaded || found.Reason != "right after all" {
		t.Errorf("%+v, %v", found, err)
	}
	same(t, "after voiding", content(lake), before)
}

// A dry run shows what a load would do, with the same counts, and needs no lake.
func TestDryRun(t *testing.T) {
	p, err := load.DryRun(messages(t, 100), nil, record.DefaultOptions(), 5)
	if err != nil || p.Records != 100 || p.Rejected["not_json"] != 10 || len(p.Rows) != 5 || len(p.Rejects) != 5 || p.Rejects[0].Pos != 4 {
		t.Errorf("%+v, %v", p, err)
	}
}
