package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What special procedures and extensions decide is not in a log, nor which of the limits a due time came from.
const (
	caseColumnsNotPromised = "due_basis, promised_wd, statutory_wd, suspended_work_s, net_work_s, credited_wd, elapsed_wd, n_extensions"
	runColumnsNotPromised  = "due_at, on_time, overdue_work_s, suspended_s, suspended_work_s"
)

// A public log that is loaded as it is, exported and loaded again gives the same rows in every column.
func TestExport_XESGoesRoundWithoutMapping(t *testing.T) {
	t.Parallel()
	first := loadLog(t, filepath.Join(logsDir(t), "wabo_receipt.xes.gz"), "")
	file := filepath.Join(t.TempDir(), "wabo_receipt.xes.gz") // source and process are the name of the file
	first.ok("export", "--out", file)
	second := loadLog(t, file, "")
	for _, view := range []string{"v_case", "v_step_run", "v_variant", "v_dfg"} {
		sameRows(t, first, second, "select * from "+view)
	}
}

// A city with refused, returned, suspended, extended and open cases that is exported and loaded with the shipped mapping
// gives the same runs, variants, edges and cases, but for what special procedures and extensions decide.
func TestExport_XESGoesRoundWithMapping(t *testing.T) {
	t.Parallel()
	records := filepath.Join(t.TempDir(), "records.ndjson.gz")
	first, second := newProgram(t), newProgram(t)
	first.ok("generate", "--records", "2000", "--seed", "7", "--out", records)
	for _, p := range []*program{first, second} {
		p.ok("lists", "load", filepath.Join("..", "..", "city", "lists"))
	}
	first.ok("load", records)
	file := filepath.Join(t.TempDir(), "city.xes.gz")
	first.ok("export", "--out", file)
	second.ok("load", file, "--mapping", filepath.Join("..", "..", "examples", "mappings", "dutyflow_export.yaml"))

	var paused []string
	for _, r := range first.query("select case_id from v_case where n_extensions > 0 or case_id in (select case_id from fact_suspension)") {
		paused = append(paused, "'"+r.text("case_id")+"'")
	}
	kinds := first.query(`select count(*) filter (finish_kind is null and ended_at is not null) as refused,
	count(*) filter (is_open) as open, count(*) as n from v_case`)[0]
	if len(paused) == 0 || kinds.number("refused") == 0 || kinds.number("open") == 0 || kinds.number("n") <= float64(len(paused)) {
		t.Fatalf("%d paused cases, %v: not all kinds of cases are there", len(paused), kinds)
	}
	sameRows(t, first, second, "select * exclude ("+caseColumnsNotPromised+") from v_case")
	sameRows(t, first, second, "select * exclude ("+runColumnsNotPromised+") from v_step_run")
	sameRows(t, first, second, "select * from v_step_run where case_id not in ("+strings.Join(paused, ", ")+")")
	sameRows(t, first, second, "select * from v_variant")
	sameRows(t, first, second, "select * from v_dfg")
}

// sameRows requires that both warehouses answer alike, and that there is an answer.
func sameRows(t *testing.T, first, second *program, query string) {
	t.Helper()
	query += " order by all"
	want := strings.Split(first.ok("query", "--format", "csv", query), "\n")
	got := strings.Split(second.ok("query", "--format", "csv", query), "\n")
	if len(want) < 50 {
		t.Errorf("%s: %d rows prove little", query, len(want))
	}
	if len(got) != len(want) {
		t.Errorf("%s: %d rows, want %d", query, len(got), len(want))
		return
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%s: row %d\n got %s\nwant %s\n     %s", query, i, got[i], want[i], want[0])
			return
		}
	}
}

// PM4Py reads the three formats, and finds in each the cases, events, activities and variants of the warehouse.
func TestExport_PM4PyFindsTheSameFigures(t *testing.T) {
	t.Parallel()
	python := pm4py(t)
	p := loadLog(t, filepath.Join(logsDir(t), "wabo_receipt.xes.gz"), "")
	dir := t.TempDir()
	args := []string{filepath.Join("testdata", "pm4py_figures.py")}
	for format, name := range map[string]string{"xes": "log.xes.gz", "ocel-sqlite": "log.sqlite", "ocel-json": "log.json"} {
		file := filepath.Join(dir, name)
		p.ok("export", "--format", format, "--out", file)
		args = append(args, format, file)
	}
	want := strings.TrimSpace(p.ok("query", "--format", "json", `select (select count(*) from v_case) as cases,
	(select count(*) from v_step_run) as events, (select count(distinct step_code) from v_step_run) as activities,
	(select count(*) from v_variant) as variants`))
	want = strings.NewReplacer("[", "", "]", "", " ", "", "\n", "").Replace(want)
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), python, args...)
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	read := 0
	for line := range strings.Lines(string(output)) {
		if figures, ok := strings.CutPrefix(line, "figures "); ok {
			read++
			if got := strings.Join(strings.Fields(figures), ""); got != want {
				t.Errorf("PM4Py reads %s, want %s", got, want)
			}
		}
	}
	if read != 3 {
		t.Errorf("PM4Py read %d logs, want 3:\n%s", read, output)
	}
}

// pm4py is the Python of the environment that .ci/setup makes.
func pm4py(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	python := filepath.Join(cache, "dutyflow", "pm4py", "bin", "python")
	if _, err := os.Stat(python); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("PM4Py is not in %s; in CI it must be, see .ci/setup", python)
		}
		t.Skipf("SKIPPED: PM4Py is not in %s; .ci/setup installs it", python)
	}
	return python
}

// The command selects what its flags say, says what it wrote, and answers a mistake with one line, exit code 2 and no file.
func TestExport_SelectsAndRefuses(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.ok("load", write(t, "steps.ndjson", exportSteps))
	dir := t.TempDir()
	for _, selected := range []struct {
		args  []string
		cases int
	}{
		{nil, 3},
		{[]string{"--process", "P-1"}, 2},
		{[]string{"--region", "371302"}, 1},
		{[]string{"--since", "2026-02-13"}, 2},
		{[]string{"--until", "2026-02-13"}, 1},
		{[]string{"--since", "2026-02-13", "--until", "2026-02-14", "--process", "P-1"}, 1},
		{[]string{"--where", "not is_open -- the finished ones"}, 1},
	} {
		file := filepath.Join(dir, "selected.xes")
		p.ok(append([]string{"export", "--overwrite", "--out", file}, selected.args...)...)
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), "<trace>"); n != selected.cases {
			t.Errorf("%v: %d cases, want %d", selected.args, n, selected.cases)
		}
	}
	existing := filepath.Join(dir, "selected.xes")
	for _, mistake := range []struct {
		args []string
		says string
	}{
		{nil, "--out"},
		{[]string{"--out", existing}, "exists"},
		{[]string{"--out", filepath.Join(dir, "x"), "--format", "csv"}, "xes, ocel-sqlite, ocel-json"},
		{[]string{"--out", filepath.Join(dir, "x"), "--since", "13.2.2026"}, "2026-01-31"},
		{[]string{"--out", filepath.Join(dir, "x"), "--process", "P-9"}, "no case"},
		{[]string{"--out", filepath.Join(dir, "x"), "--where", "no_such_column = 1"}, "no_such_column"},
	} {
		code, _, stderr := p.run(append([]string{"export"}, mistake.args...)...)
		if code != exitUsage || !strings.Contains(stderr, mistake.says) {
			t.Errorf("%v: exit code %d, want %d; %q should say %q", mistake.args, code, exitUsage, stderr, mistake.says)
		}
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if names := slices.Collect(func(yield func(string) bool) {
		for _, f := range files {
			yield(f.Name())
		}
	}); !slices.Equal(names, []string{"selected.xes"}) {
		t.Errorf("files %v were left", names)
	}
}

const exportSteps = `{"schema":"duty.step.v1","event_id":"1","event_time":"2026-02-12T09:00:00+08:00","source":"s","region_code":"371302","org_code":"O","case_id":"C-1","action":"accept","item_code":"I","process_code":"P-1"}
{"schema":"duty.step.v1","event_id":"2","event_time":"2026-02-12T10:00:00+08:00","source":"s","region_code":"371302","org_code":"O","case_id":"C-1","action":"step_end","item_code":"I","process_code":"P-1","step_code":"S1"}
{"schema":"duty.step.v1","event_id":"3","event_time":"2026-02-12T11:00:00+08:00","source":"s","region_code":"371302","org_code":"O","case_id":"C-1","action":"finish","finish_kind":"normal","item_code":"I","process_code":"P-1"}
{"schema":"duty.step.v1","event_id":"4","event_time":"2026-02-13T00:00:00+08:00","source":"s","region_code":"371303","org_code":"O","case_id":"C-2","action":"accept","item_code":"I","process_code":"P-1"}
{"schema":"duty.step.v1","event_id":"5","event_time":"2026-02-13T09:00:00+08:00","source":"s","region_code":"371303","org_code":"O","case_id":"C-2","action":"step_arrive","item_code":"I","process_code":"P-1","step_code":"S1"}
{"schema":"duty.step.v1","event_id":"6","event_time":"2026-02-14T00:00:00+08:00","source":"s","region_code":"371303","org_code":"O","case_id":"C-3","action":"accept","item_code":"I","process_code":"P-2"}
`
