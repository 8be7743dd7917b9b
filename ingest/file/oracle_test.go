package file_test

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dutyflow/dutyflow/ingest/file"
	"github.com/dutyflow/dutyflow/ingest/record"
)

// data finds one of the real logs. They are not in the repository: where they are missing the test is skipped, except in
// CI, where that is a failure.
func data(t testing.TB, name string) string {
	t.Helper()
	dir := os.Getenv("DUTYFLOW_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("real log missing: %v; set DUTYFLOW_DATA", err)
		}
		t.Skipf("SKIPPED, NOT CHECKED: real log missing: %v; set DUTYFLOW_DATA", err)
	}
	return path
}

func oracle(t testing.TB, name string) map[string]any {
	t.Helper()
	b, err := os.ReadFile(data(t, name+".oracle.json"))
	if err != nil {
		t.Fatal(err)
	}
	var o map[string]any
	if err := json.Unmarshal(b, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

// dig follows keys into an oracle.
func dig(t testing.TB, o any, keys ...string) any {
	t.Helper()
	for _, k := range keys {
		m, ok := o.(map[string]any)
		if !ok || m[k] == nil {
			t.Fatalf("oracle has no %s", strings.Join(keys, "/"))
		}
		o = m[k]
	}
	return o
}

func counts(t testing.TB, o any) map[string]int {
	t.Helper()
	out := map[string]int{}
	for k, v := range o.(map[string]any) {
		out[k] = int(v.(float64))
	}
	return out
}

// event is what the tests look at of a message.
type event struct {
	at     int64
	seq    int64
	step   string // of a step event
	group  string
	values map[string]any // of any other: the message, decoded and encoded again
}

// read decodes a whole file by a mapping and returns its events by case. No message may be rejected, no event id twice.
func read(t testing.TB, path, mapping string) map[string][]event {
	t.Helper()
	var m *file.Mapping
	if mapping != "" {
		var err error
		if m, err = file.ReadMapping(filepath.Join("..", "..", "examples", "mappings", mapping)); err != nil {
			t.Fatal(err)
		}
	}
	r, err := file.Open(path, m)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	c, _ := record.Lookup("duty.step")
	d := record.NewDecoder(c, record.DefaultOptions())
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
	cases := map[string][]event{}
	ids := map[string]bool{}
	var rec file.Record
	var row record.Row
	for {
		err := r.Next(&rec)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if rej := d.Decode(rec.Value, now, &row); rej != nil {
			t.Fatalf("position %d: %v\n%s", rec.Pos, rej, rec.Value)
		}
		text := func(name string) string { return string(row.Values[c.Index(name)].S) }
		if text("case_id") != string(rec.Key) || rec.Topic != "duty.step" {
			t.Fatalf("key %s of topic %s, case %s", rec.Key, rec.Topic, text("case_id"))
		}
		if ids[text("event_id")] {
			t.Fatalf("event id %s twice", text("event_id"))
		}
		ids[text("event_id")] = true
		e := event{at: row.Values[c.Index("event_time")].I, seq: row.Values[c.Index("seq")].I, group: text("section_code")}
		if text("action") == "step_end" {
			e.step = text("step_code")
		} else if err := json.Unmarshal(record.AppendJSON(nil, c, &row), &e.values); err != nil {
			t.Fatal(err)
		}
		cases[text("case_id")] = append(cases[text("case_id")], e)
	}
	if got, total := r.Progress(); got != total || total == 0 {
		t.Errorf("progress ends at %d of %d", got, total)
	}
	return cases
}

// steps keeps the step events of each case, in time order; seq keeps the file's order of ties.
func steps(cases map[string][]event) map[string][]event {
	out := map[string][]event{}
	for id, events := range cases {
		var s []event
		for _, e := range events {
			if e.values == nil {
				s = append(s, e)
			}
		}
		slices.SortFunc(s, func(a, b event) int {
			if a.at != b.at {
				return int(min(max(a.at-b.at, -1), 1))
			}
			return int(a.seq - b.seq)
		})
		if len(s) > 0 {
			out[id] = s
		}
	}
	return out
}

// view computes from the events what the oracle has of a view, and compares it: cases, events, activities,
// directly-follows pairs, variants and rework.
func view(t *testing.T, cases map[string][]event, want any) {
	t.Helper()
	activity, activityCases, pairs, variants := map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}
	events, rework := 0, 0
	for _, s := range steps(cases) {
		seen := map[string]int{}
		var labels []string
		for i, e := range s {
			events++
			activity[e.step]++
			seen[e.step]++
			labels = append(labels, e.step)
			if i > 0 {
				pairs[s[i-1].step+" > "+e.step]++
			}
		}
		again := false
		for label, n := range seen {
			activityCases[label]++
			again = again || n > 1
		}
		if again {
			rework++
		}
		variants[strings.Join(labels, " > ")]++
	}
	equal := func(what string, got, want int) {
		if got != want {
			t.Errorf("%s: %d, want %d", what, got, want)
		}
	}
	number := func(keys ...string) int { return int(dig(t, want, keys...).(float64)) }
	equal("cases", len(steps(cases)), number("cases"))
	equal("events", events, number("events"))
	equal("activities", len(activity), number("distinct_activities"))
	if w := counts(t, dig(t, want, "activity_events")); !maps.Equal(activity, w) {
		t.Errorf("activities differ: %v, want %v", activity, w)
	}
	if w := counts(t, dig(t, want, "activity_cases")); !maps.Equal(activityCases, w) {
		t.Errorf("cases of activities differ")
	}
	compareShape(t, want, pairs, variants, rework)
}

func compareShape(t *testing.T, want any, pairs, variants map[string]int, rework int) {
	t.Helper()
	number := func(keys ...string) int { return int(dig(t, want, keys...).(float64)) }
	total := 0
	for _, n := range pairs {
		total += n
	}
	if len(pairs) != number("directly_follows", "distinct_pairs") || total != number("directly_follows", "total_pairs") {
		t.Errorf("%d pairs of %d kinds", total, len(pairs))
	}
	for _, p := range dig(t, want, "directly_follows", "top30").([]any) {
		name := dig(t, p, "from").(string) + " > " + dig(t, p, "to").(string)
		if n := int(dig(t, p, "n").(float64)); pairs[name] != n {
			t.Errorf("pair %s: %d, want %d", name, pairs[name], n)
		}
	}
	singletons := 0
	for _, n := range variants {
		if n == 1 {
			singletons++
		}
	}
	if len(variants) != number("variants", "distinct") || singletons != number("variants", "singletons") {
		t.Errorf("%d variants, %d of one case", len(variants), singletons)
	}
	for _, v := range dig(t, want, "variants", "top10").([]any) {
		name := dig(t, v, "variant").(string)
		if n := int(dig(t, v, "count").(float64)); variants[name] != n {
			t.Errorf("variant %s: %d, want %d", name, variants[name], n)
		}
	}
	if rework != number("rework", "cases_with_rework") {
		t.Errorf("rework in %d cases, want %d", rework, number("rework", "cases_with_rework"))
	}
}

// Each log, read by its example mapping and, where it is XES, without one, gives the figures that were computed from it
// independently.
func TestOpen_RealLogs(t *testing.T) {
	for _, tc := range []struct{ file, mapping, oracle, view string }{
		{"wabo_receipt.xes.gz", "wabo_receipt.yaml", "wabo_receipt", "all"},
		{"wabo_receipt.xes.gz", "", "wabo_receipt", "all"},
		{"bpic2013_incidents.xes.gz", "bpic2013_incidents.yaml", "bpic2013_incidents", "all"},
		{"bpic2013_incidents.xes.gz", "bpic2013_incidents_lifecycle.yaml", "bpic2013_incidents", "act+lifecycle"},
		{"bpic2013_incidents.xes.gz", "", "bpic2013_incidents", "all"},
		{"bpic2013_closed_problems.xes.gz", "bpic2013_closed_problems.yaml", "bpic2013_closed_problems", "all"},
		{"bpic2013_closed_problems.xes.gz", "", "bpic2013_closed_problems", "all"},
		{"bpic15_municipality1_full.csv.gz", "bpic15.yaml", "bpic15_municipality1_full", "all"},
	} {
		t.Run(tc.file+" by "+tc.mapping, func(t *testing.T) {
			view(t, read(t, data(t, tc.file), tc.mapping), dig(t, oracle(t, tc.oracle), "views", tc.view))
		})
	}
}

func instant(t testing.TB, v any) time.Time {
	t.Helper()
	s, _ := v.(string)
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// Acceptance, finish and due date of a permit come from attributes of its case and from nothing else.
func TestOpen_WaboCases(t *testing.T) {
	o := oracle(t, "wabo_receipt")
	cases := read(t, data(t, "wabo_receipt.xes.gz"), "wabo_receipt.yaml")
	got := map[string]int{}
	groups := map[string]int{}
	var sum, late time.Duration
	for _, events := range cases {
		var accept, finish map[string]any
		for _, e := range events {
			switch {
			case e.values == nil:
				groups[e.group]++
			case e.values["action"] == "accept":
				accept = e.values
			default:
				finish = e.values
			}
		}
		ext, _ := accept["ext"].(map[string]any)
		channel := map[any]string{"web": "Internet", "window": "Desk", "mail": "Post"}[accept["channel"]]
		if accept["channel"] == "other" {
			channel = ext["case:channel"].(string)
		}
		state := "open"
		if finish != nil {
			span := instant(t, finish["event_time"]).Sub(instant(t, accept["event_time"]))
			by := instant(t, finish["event_time"]).Sub(instant(t, accept["due_at"]))
			sum += span
			if state = "closed_on_time"; by > 0 {
				state = "closed_late"
				late += by
			}
		}
		got[accept["org_code"].(string)+"|"+state]++
		got[channel+"|"+state]++
	}
	want := counts(t, dig(t, o, "on_time", "by", "department"))
	maps.Copy(want, counts(t, dig(t, o, "on_time", "by", "channel")))
	if !maps.Equal(got, want) {
		t.Errorf("on time: %v\nwant %v", got, want)
	}
	if want := counts(t, dig(t, o, "views", "all", "events_by", "org:group")); !maps.Equal(groups, want) {
		t.Errorf("groups: %v, want %v", groups, want)
	}
	millis := func(keys ...string) int64 { return int64(dig(t, o, keys...).(float64)*1000 + 0.5) }
	if w := millis("on_time", "enddate_minus_startdate", "sum_s"); sum.Milliseconds() != w {
		t.Errorf("spans sum up to %d ms, want %d", sum.Milliseconds(), w)
	}
	if w := millis("on_time", "late_by", "sum_s"); late.Milliseconds() != w {
		t.Errorf("late by %d ms, want %d", late.Milliseconds(), w)
	}
}

// A request of Boston is accepted when it was opened, finished when it was closed, and due at its target; times are
// New York's, and on closed rows with a target the dates say what the city says.
func TestOpen_Boston(t *testing.T) {
	o := oracle(t, "boston311_2015H1")
	cases := read(t, data(t, "boston311_2015H1.csv.gz"), "boston311.yaml")
	var n, closed, before, unknown, sum int
	verdicts := map[string]int{}
	for id, events := range cases {
		accept := events[0].values
		ext := accept["ext"].(map[string]any)
		n += len(events)
		if accept["region_code"] == "~" {
			unknown++
		}
		verdict, _ := ext["OnTime_Status"].(string)
		due, hasDue := accept["due_at"]
		if len(events) == 1 {
			if ext["CASE_STATUS"] != "Open" {
				t.Errorf("case %s has no finish but is %s", id, ext["CASE_STATUS"])
			}
			continue
		}
		closed++
		finish := instant(t, events[1].values["event_time"])
		span := finish.Sub(instant(t, accept["event_time"]))
		sum += int(span.Seconds())
		if span < 0 {
			before++
		}
		if hasDue {
			relation := "closed<=target"
			if finish.After(instant(t, due)) {
				relation = "closed>target"
			}
			if verdict == "" {
				verdict = "(empty)"
			}
			verdicts[relation+" -> "+verdict]++
		}
	}
	equal := func(what string, got int, keys ...string) {
		if want := int(dig(t, o, keys...).(float64)); got != want {
			t.Errorf("%s: %d, want %d", what, got, want)
		}
	}
	equal("cases", len(cases), "rows_cases")
	equal("events", n, "event_count_if_open_close_log")
	equal("closed", closed, "counts", "with_closed_dt")
	equal("closed before open", before, "counts", "closed_before_open")
	equal("seconds open", sum, "open_to_closed_zoned_new_york", "sum_s")
	for relation, want := range counts(t, dig(t, o, "city_on_time_status_vs_dates")) {
		if strings.HasPrefix(relation, "closed") && verdicts[relation] != want {
			t.Errorf("%s: %d, want %d", relation, verdicts[relation], want)
		}
	}
	if unknown != 6365 {
		t.Errorf("%d rows without neighbourhood", unknown)
	}
	departments := map[string]int{}
	for _, events := range cases {
		departments[events[0].values["org_code"].(string)]++
	}
	departments["Transportation - Traffic Division"] = departments["Transportation - Traffic Div."]
	delete(departments, "Transportation - Traffic Div.")
	for name, of := range dig(t, o, "by", "SUBJECT").(map[string]any) {
		if want := int(dig(t, of, "n").(float64)); departments[name] != want {
			t.Errorf("%s: %d cases, want %d", name, departments[name], want)
		}
	}
}
