package main

import (
	"os"
	"strings"
	"testing"
)

// stepOf is a message about a case.
func stepOf(event, caseID, at string) string {
	return `{"schema":"duty.step.v1","event_id":"` + event + `","event_time":"` + at + `","source":"spj","region_code":"371300",` +
		`"org_code":"LY-SPJ","case_id":"` + caseID + `","action":"accept","item_code":"I-0421","process_code":"P-0421"}` + "\n"
}

// A case is traced to where each of its records came from, rejects among them, through the files that can hold it only.
func TestLakeTrace(t *testing.T) {
	p := newProgram(t)
	first := stepOf("e-1", "C-1", "2026-02-12T09:05:00+08:00") + stepOf("e-2", "C-2", "2026-02-12T10:00:00+08:00") +
		stepOf("e-3", "C-1", "not a time") + stepOf("e-4", "C-1", "2026-03-01T10:00:00+08:00")
	p.ok("load", "--no-transform", write(t, "first.ndjson", first))
	p.ok("load", "--no-transform", write(t, "second.ndjson", stepOf("e-5", "C-1", "2026-02-13T08:00:00+08:00")))

	rows := p.jsonRows("lake", "trace", "C-1", "--format", "json")
	want := [][]string{ // event id, table, action, position in the file
		{"e-1", "duty.step", "accept", "first.ndjson:1"},
		{"e-5", "duty.step", "accept", "second.ndjson:1"},
		{"e-4", "duty.step", "accept", "first.ndjson:4"},
		{"e-3", "duty.rejects", "rejected: bad_time event_time", "first.ndjson:3"},
	}
	if len(rows) != len(want) {
		t.Fatalf("%d records, want %d: %v", len(rows), len(want), rows)
	}
	offsets := map[string]bool{}
	for i, r := range rows {
		if got := []string{r.text("event_id"), r.text("table"), r.text("action"), r.text("source")}; strings.Join(got, "|") != strings.Join(want[i], "|") {
			t.Errorf("record %d is %v, want %v", i, got, want[i])
		}
		if _, err := os.Stat(r.text("file")); err != nil {
			t.Errorf("record %d: %v", i, err)
		}
		if r.text("snapshot") == "0" || !strings.HasPrefix(r.text("cluster"), "load:") || r.text("topic") != "duty.step" {
			t.Errorf("record %d came from nowhere: %v", i, r)
		}
		offsets[r.text("cluster")+r.text("partition")+"/"+r.text("offset")] = true
	}
	if len(offsets) != len(want) {
		t.Errorf("%d places in Kafka for %d records", len(offsets), len(want))
	}

	table := p.ok("lake", "trace", "C-1")
	for _, part := range []string{"first.ndjson:4", "second.ndjson:1", "rejected: bad_time", "lake/duty/step/data/", "snapshot"} {
		if !strings.Contains(table, part) {
			t.Errorf("the table does not say %q:\n%s", part, table)
		}
	}
	code, _, stderr := p.run("lake", "trace", "C-3")
	if code != exitFailed {
		t.Errorf("exit code %d, want %d", code, exitFailed)
	}
	requireOneLine(t, stderr, "C-3", "no record")
}
