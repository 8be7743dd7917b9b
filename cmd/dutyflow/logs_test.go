package main

import (
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Five logs that others wrote, with figures that others' scripts computed: if ours differ, ours are wrong.
// The rules behind the figures, and the tolerances, are in the README beside the logs.

// logsDir is where the public logs lie: DUTYFLOW_DATA, else beside the repository.
func logsDir(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("DUTYFLOW_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	if _, err := os.Stat(filepath.Join(dir, "README.md")); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("the public logs are not in %s; in CI they must be", dir)
		}
		t.Skipf("SKIPPED: the public logs are not in %s; set DUTYFLOW_DATA to where they are", dir)
	}
	return dir
}

// oracle is the part of an oracle file that a view of a log is compared by.
type oracle struct {
	Cases           int                  `json:"cases"`
	Events          int                  `json:"events"`
	ActivityEvents  map[string]int       `json:"activity_events"`
	ActivityCases   map[string]int       `json:"activity_cases"`
	StartActivities map[string]int       `json:"start_activities"`
	EndActivities   map[string]int       `json:"end_activities"`
	CaseDuration    durations            `json:"case_duration"`
	Sojourn         map[string]durations `json:"sojourn_by_activity"`
	Monthly         map[string]int       `json:"monthly_cases_started_zone"`
	DirectlyFollows struct {
		DistinctPairs int `json:"distinct_pairs"`
		TotalPairs    int `json:"total_pairs"`
		Top           []struct {
			From, To string
			durations
		} `json:"top30"`
	} `json:"directly_follows"`
	Variants struct {
		Distinct   int `json:"distinct"`
		Singletons int `json:"singletons"`
		Top        []struct {
			Count, Length int
			SHA           string `json:"sha256_16"`
			Variant       string
		} `json:"top10"`
	} `json:"variants"`
	Rework struct {
		Cases     int `json:"cases_with_rework"`
		Repeated  int `json:"repeated_events"`
		SelfLoops int `json:"self_loop_pairs"`
	} `json:"rework"`
}

type durations struct {
	N    int     `json:"n"`
	Sum  float64 `json:"sum_s"`
	Mean float64 `json:"mean_s"`
	Min  float64 `json:"min_s"`
	Max  float64 `json:"max_s"`
	P50  float64 `json:"p50_cont_s"`
	P50d float64 `json:"p50_disc_s"`
	P90  float64 `json:"p90_cont_s"`
	P90d float64 `json:"p90_disc_s"`
	P95  float64 `json:"p95_cont_s"`
}

// Every figure of a log comes out as its oracle has it: counts equal, sums to a millisecond, means to 1e-9.
func TestLoad_PublicLogsGiveTheirPublishedFigures(t *testing.T) {
	data := logsDir(t)
	for _, log := range []struct {
		name, file, oracle, view, mapping string
	}{
		{"wabo_receipt", "wabo_receipt.xes.gz", "wabo_receipt", "all", "wabo_receipt.yaml"},
		{"wabo_receipt without a mapping", "wabo_receipt.xes.gz", "wabo_receipt", "all", ""},
		{"bpic2013_incidents", "bpic2013_incidents.xes.gz", "bpic2013_incidents", "all", "bpic2013_incidents.yaml"},
		{"bpic2013_incidents with lifecycle", "bpic2013_incidents.xes.gz", "bpic2013_incidents", "act+lifecycle", "bpic2013_incidents_lifecycle.yaml"},
		{"bpic2013_incidents without a mapping", "bpic2013_incidents.xes.gz", "bpic2013_incidents", "all", ""},
		{"bpic2013_closed_problems", "bpic2013_closed_problems.xes.gz", "bpic2013_closed_problems", "all", "bpic2013_closed_problems.yaml"},
		{"bpic2013_closed_problems without a mapping", "bpic2013_closed_problems.xes.gz", "bpic2013_closed_problems", "all", ""},
		{"bpic15", "bpic15_municipality1_full.csv.gz", "bpic15_municipality1_full", "all", "bpic15.yaml"},
	} {
		t.Run(log.name, func(t *testing.T) {
			t.Parallel()
			want := readOracle(t, filepath.Join(data, log.oracle+".oracle.json"), log.view)
			d := loadLog(t, filepath.Join(data, log.file), log.mapping)
			compareWithOracle(t, d, want)
		})
	}
}

func readOracle(t *testing.T, path, view string) oracle {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Views map[string]oracle }
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	want, ok := file.Views[view]
	if !ok {
		t.Fatalf("%s has no view %s", path, view)
	}
	return want
}

func loadLog(t *testing.T, path, mapping string, env ...string) *program {
	t.Helper()
	p := newProgram(t)
	p.env = env
	args := []string{"load", path}
	if mapping != "" {
		args = append(args, "--mapping", filepath.Join("..", "..", "examples", "mappings", mapping))
	}
	p.ok(args...)
	return p
}

func compareWithOracle(t *testing.T, p *program, want oracle) {
	t.Helper()
	equal := func(what string, got float64, want int) {
		t.Helper()
		if got != float64(want) {
			t.Errorf("%s: %v, want %d", what, got, want)
		}
	}
	counts := func(what, sql string, want map[string]int) {
		t.Helper()
		got := map[string]int{}
		for _, row := range p.query(sql) {
			got[row.text("k")] = int(row.number("n"))
		}
		for key, n := range want {
			if got[key] != n {
				t.Errorf("%s %q: %d, want %d", what, key, got[key], n)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%s: %d kinds, want %d", what, len(got), len(want))
		}
	}

	total := p.query(`select count(*) as n_cases, sum(n_events) as n_events, count(*) filter (where has_rework) as n_rework from v_case`)[0]
	equal("cases", total.number("n_cases"), want.Cases)
	equal("events", total.number("n_events"), want.Events)
	equal("cases with rework", total.number("n_rework"), want.Rework.Cases)
	counts("events of", `select step_code as k, count(*) as n from v_step_run group by all`, want.ActivityEvents)
	counts("cases with", `select step_code as k, count(distinct case_id) as n from v_step_run group by all`, want.ActivityCases)
	counts("start with", `select string_split(steps, ' > ')[1] as k, sum(n_cases) as n from v_variant group by all`, want.StartActivities)
	counts("end with", `select string_split(steps, ' > ')[-1] as k, sum(n_cases) as n from v_variant group by all`, want.EndActivities)
	equal("repeated events", p.query(`select sum(n - 1) as n from (select count(*) as n from v_step_run group by case_id, step_code)`)[0].number("n"), want.Rework.Repeated)

	sojourn := map[string]row{}
	for _, r := range p.query(durationSQL("step_code", "since_previous_s", "v_step_run where since_previous_s is not null")) {
		sojourn[r.text("k")] = r
	}
	if len(sojourn) != len(want.Sojourn) {
		t.Errorf("sojourn of %d steps, want %d", len(sojourn), len(want.Sojourn))
	}
	for step, d := range want.Sojourn {
		compareDurations(t, "sojourn of "+step, sojourn[step], d)
	}
	compareDurations(t, "span of cases",
		p.query(durationSQL("1", "epoch_us(last_event_at) - epoch_us(first_event_at)", "v_case"))[0].scaled(1e-6), want.CaseDuration)

	pairs := p.query(`select count(*) as n_pairs, sum(n) as n, coalesce(sum(n) filter (where from_step = to_step), 0) as loops from v_dfg`)[0]
	equal("distinct pairs", pairs.number("n_pairs"), want.DirectlyFollows.DistinctPairs)
	equal("pairs", pairs.number("n"), want.DirectlyFollows.TotalPairs)
	equal("self-loop pairs", pairs.number("loops"), want.Rework.SelfLoops)
	follows := map[string]row{}
	for _, r := range p.query(`select from_step || '→' || to_step as k, n, total_s as sum_s, mean_s, p50_s as p50_cont_s from v_dfg`) {
		follows[r.text("k")] = r
	}
	for _, pair := range want.DirectlyFollows.Top {
		got := follows[pair.From+"→"+pair.To]
		name := "pair " + pair.From + " → " + pair.To
		if got == nil {
			t.Errorf("%s is missing", name)
			continue
		}
		equal(name, got.number("n"), pair.N)
		near(t, name+" sum", got.number("sum_s"), pair.Sum, 1e-3)
		near(t, name+" mean", got.number("mean_s"), pair.Mean, tolerance(pair.Mean))
		near(t, name+" median", got.number("p50_cont_s"), pair.P50, tolerance(pair.P50))
	}

	variants := map[string]row{}
	singletons := 0
	for _, r := range p.query(`select variant_id as k, steps, n_steps, n_cases from v_variant`) {
		variants[r.text("k")] = r
		if r.number("n_cases") == 1 {
			singletons++
		}
	}
	equal("variants", float64(len(variants)), want.Variants.Distinct)
	equal("variants of one case", float64(singletons), want.Variants.Singletons)
	for _, v := range want.Variants.Top {
		got := variants[v.SHA]
		if got == nil {
			t.Errorf("variant %s (%s) is missing", v.SHA, v.Variant)
			continue
		}
		equal("variant "+v.SHA, got.number("n_cases"), v.Count)
		equal("steps of variant "+v.SHA, got.number("n_steps"), v.Length)
	}
}

// durationSQL computes the figures of a durations struct by key.
func durationSQL(key, seconds, from string) string {
	return fmt.Sprintf(`select cast(%[1]s as varchar) as k, count(*) as n, sum(s) as sum_s, sum(s) / count(*) as mean_s, min(s) as min_s, max(s) as max_s,
		quantile_cont(s, 0.5) as p50_cont_s, quantile_disc(s, 0.5) as p50_disc_s,
		quantile_cont(s, 0.9) as p90_cont_s, quantile_disc(s, 0.9) as p90_disc_s, quantile_cont(s, 0.95) as p95_cont_s
		from (select *, cast(%[2]s as double) as s from %[3]s) group by all`, key, seconds, from)
}

func compareDurations(t *testing.T, what string, got row, want durations) {
	t.Helper()
	if got == nil {
		t.Errorf("%s is missing", what)
		return
	}
	if n := int(got.number("n")); n != want.N {
		t.Errorf("%s: n %d, want %d", what, n, want.N)
	}
	near(t, what+" sum", got.number("sum_s"), want.Sum, 1e-3)
	near(t, what+" mean", got.number("mean_s"), want.Mean, tolerance(want.Mean))
	near(t, what+" min", got.number("min_s"), want.Min, 1e-3)
	near(t, what+" max", got.number("max_s"), want.Max, 1e-3)
	near(t, what+" p50", got.number("p50_cont_s"), want.P50, tolerance(want.P50))
	near(t, what+" p50 (disc)", got.number("p50_disc_s"), want.P50d, 1e-3)
	near(t, what+" p90", got.number("p90_cont_s"), want.P90, tolerance(want.P90))
	near(t, what+" p90 (disc)", got.number("p90_disc_s"), want.P90d, 1e-3)
	if want.P95 != 0 { // the oracles of single steps stop at the 90th percentile
		near(t, what+" p95", got.number("p95_cont_s"), want.P95, tolerance(want.P95))
	}
}

// tolerance is 1e-9 of the value, and never below the sixth decimal that the oracles print.
func tolerance(want float64) float64 { return math.Max(math.Abs(want)*1e-9, 1e-6) }

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > within {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// verdicts is what a city's own columns say of a group of requests.
type verdicts struct {
	N       int `json:"n"`
	Closed  int `json:"closed"`
	OnTime  int `json:"ONTIME"`
	Overdue int `json:"OVERDUE"`
	Empty   int `json:"(empty)"`
}

// Boston says itself which requests were on time. Where a request has a target and is closed, or is past its target,
// our verdict never differs from the city's; completion and on-time rates come out by department and by neighbourhood.
func TestLoad_BostonAgreesWithTheCitysOwnVerdicts(t *testing.T) {
	data := logsDir(t)
	text, err := os.ReadFile(filepath.Join(data, "boston311_2015H1.oracle.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Rows    int                            `json:"rows_cases"`
		Events  int                            `json:"event_count_if_open_close_log"`
		Status  map[string]int                 `json:"city_on_time_status_vs_dates"`
		Zoned   durations                      `json:"open_to_closed_zoned_new_york"`
		Monthly map[string]map[string]int      `json:"monthly_by_open_month"`
		By      map[string]map[string]verdicts `json:"by"`
		Counts  map[string]int                 `json:"counts"`
	}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	// The months are the city's own, so the lake's business zone is the city's.
	p := loadLog(t, filepath.Join(data, "boston311_2015H1.csv.gz"), "boston311.yaml", "DUTYFLOW_LAKE_ZONE=America/New_York")

	total := p.query(`select count(*) as n, sum(n_events) as events, count(finished_at) as closed,
		count(*) filter (where finished_at < accepted_at) as backwards,
		count(*) filter (where due_at is not null and finished_at is not null and on_time) as on_time,
		count(*) filter (where due_at is not null and finished_at is not null and not on_time) as late,
		count(*) filter (where due_at is not null and finished_at is null and not on_time) as open_late,
		count(*) filter (where due_at is not null and finished_at is null and on_time is null) as open_undecided,
		count(*) filter (where due_at is null and on_time is not null) as without_target_decided
		from v_case`)[0]
	for name, n := range map[string]int{
		"n": want.Rows, "events": want.Events, "closed": want.Counts["with_closed_dt"], "backwards": want.Counts["closed_before_open"],
		"on_time":   want.Status["closed<=target -> ONTIME"],
		"late":      want.Status["closed>target -> OVERDUE"] + want.Status["closed>target -> (empty)"],
		"open_late": want.Status["not closed, has target -> OVERDUE"], "without_target_decided": 0,
		"open_undecided": want.Status["not closed, has target -> ONTIME"] + want.Status["not closed, has target -> (empty)"],
	} {
		if got := int(total.number(name)); got != n && name != "open_late" && name != "open_undecided" {
			t.Errorf("%s: %d, want %d", name, got, n)
		}
	}
	open := int(total.number("open_late") + total.number("open_undecided"))
	if n := want.Status["not closed, has target -> OVERDUE"] + want.Status["not closed, has target -> ONTIME"] + want.Status["not closed, has target -> (empty)"]; open != n {
		t.Errorf("open with a target: %d, want %d", open, n)
	}
	city := bostonVerdicts(t, filepath.Join(data, "boston311_2015H1.csv.gz"))
	decided := 0
	for _, r := range p.query(`select case_id as k, finished_at is not null as closed, due_at is not null as has_target, on_time from v_case`) {
		ours, known := r["on_time"].(bool)
		if !known || r["has_target"] != true {
			continue
		}
		switch verdict := city[r.text("k")]; {
		case verdict == "": // the city left some blank
		case r["closed"] == true && ours != (verdict == "ONTIME"), verdict == "OVERDUE" && ours:
			t.Errorf("request %s: the city says %s, we say on time %v", r.text("k"), verdict, ours)
		default:
			decided++
		}
	}
	if least := want.Status["closed<=target -> ONTIME"] + want.Status["closed>target -> OVERDUE"]; decided < least {
		t.Errorf("%d verdicts agree, want at least %d", decided, least)
	}
	compareDurations(t, "open to closed", p.query(durationSQL("1", "epoch_us(finished_at) - epoch_us(accepted_at)", "v_case where finished_at is not null"))[0].scaled(1e-6), want.Zoned)

	for column, groups := range map[string]map[string]verdicts{"org_code": want.By["SUBJECT"], "region_code": want.By["neighborhood"]} {
		got := [][3]int{}
		for _, r := range p.query(`select ` + column + ` as k, count(*) as n, count(finished_at) as closed, count(*) filter (where finished_at is not null and due_at is not null and on_time) as on_time from v_case group by all`) {
			got = append(got, [3]int{int(r.number("n")), int(r.number("closed"))})
		}
		wanted := [][3]int{}
		for _, v := range groups {
			wanted = append(wanted, [3]int{v.N, v.Closed})
		}
		sortTriples(got)
		sortTriples(wanted)
		if !slices.Equal(got, wanted) {
			t.Errorf("requests and completed requests by %s: %v, want %v", column, got, wanted)
		}
	}

	months := map[string]row{}
	for _, r := range p.query(`select strftime(month, '%Y-%m') as k, sum(den) as opened, sum(num) as closed from v_metric_month where metric_id = 'M21b' group by all`) {
		months[r.text("k")] = r
	}
	for month, m := range want.Monthly {
		if got := months[month]; got == nil || int(got.number("opened")) != m["opened"] || int(got.number("closed")) != m["closed_status"] {
			t.Errorf("M21b %s: %v, want %d of %d", month, got, m["closed_status"], m["opened"])
		}
	}
}

// The Dutch permits carry their deadline as a case attribute; closed cases are on time by it or late.
func TestLoad_PermitsAreOnTimeByTheirDeadline(t *testing.T) {
	data := logsDir(t)
	text, err := os.ReadFile(filepath.Join(data, "wabo_receipt.oracle.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		OnTime struct {
			Counts map[string]int
			Late   durations                 `json:"late_by"`
			By     map[string]map[string]int `json:"by"`
		} `json:"on_time"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	want := file.OnTime.Counts
	p := loadLog(t, filepath.Join(data, "wabo_receipt.xes.gz"), "wabo_receipt.yaml")
	got := p.query(`select count(*) as cases, count(accepted_at) as has_startdate, count(finished_at) as has_enddate, count(due_at) as has_deadline,
		count(*) filter (where finished_at is null) as open_with_deadline,
		count(*) filter (where finished_at is not null and on_time) as closed_with_deadline_on_time,
		count(*) filter (where finished_at is not null and not on_time) as closed_with_deadline_late from v_case`)[0]
	for name, n := range want {
		if int(got.number(name)) != n {
			t.Errorf("%s: %v, want %d", name, got[name], n)
		}
	}
	late := p.query(durationSQL("1", "epoch_us(finished_at) - epoch_us(due_at)", "v_case where finished_at is not null and not on_time"))[0].scaled(1e-6)
	compareDurations(t, "late by", late, file.OnTime.Late)
	for column, dimension := range map[string]string{"org_code": "department"} {
		wanted, seen := [][3]int{}, map[string][3]int{}
		for key, n := range file.OnTime.By[dimension] {
			name, state, _ := strings.Cut(key, "|")
			v := seen[name]
			v[map[string]int{"closed_on_time": 0, "closed_late": 1, "open": 2}[state]] += n
			seen[name] = v
		}
		for _, v := range seen {
			wanted = append(wanted, v)
		}
		got := [][3]int{}
		for _, r := range p.query(`select ` + column + ` as k, count(*) filter (where finished_at is not null and on_time) as a,
			count(*) filter (where finished_at is not null and not on_time) as b, count(*) filter (where finished_at is null) as c from v_case group by all`) {
			got = append(got, [3]int{int(r.number("a")), int(r.number("b")), int(r.number("c"))})
		}
		sortTriples(got)
		sortTriples(wanted)
		if !slices.Equal(got, wanted) {
			t.Errorf("on time, late, open by %s: %v, want %v", column, got, wanted)
		}
	}
}

func sortTriples(list [][3]int) {
	slices.SortFunc(list, func(a, b [3]int) int { return slices.Compare(a[:], b[:]) })
}

// bostonVerdicts reads the city's own verdict of each request from the log.
func bostonVerdicts(t *testing.T, path string) map[string]string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	plain, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(plain).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	id, status := slices.Index(rows[0], "CASE_ENQUIRY_ID"), slices.Index(rows[0], "OnTime_Status")
	verdicts := make(map[string]string, len(rows))
	for _, r := range rows[1:] {
		verdicts[r[id]] = r[status]
	}
	return verdicts
}
