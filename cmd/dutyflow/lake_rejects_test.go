package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dutyflow/dutyflow/ingest/broker"
)

// The filters of the list choose, and the message is shown when it is asked for only.
func TestLakeRejects_List(t *testing.T) {
	p := newProgram(t)
	p.ok("load", "--no-transform", write(t, "x.ndjson", stepOf("e-1", "C-1", "2026-02-12T09:05:00+08:00")+
		stepOf("e-2", "C-2", "yesterday")+"{not json\n"+`{"schema":"duty.work.v1","event_id":"w-1"}`+"\n"))
	for _, c := range []struct {
		args []string
		want int
	}{
		{nil, 3},
		{[]string{"--reason", "bad_time"}, 1},
		{[]string{"--reason", "nonsense"}, 0},
		{[]string{"--table", "work"}, 1},
		{[]string{"--table", "duty.step"}, 2},
		{[]string{"--since", "1h"}, 3},
		{[]string{"--since", "2100-01-01"}, 0},
		{[]string{"--limit", "2"}, 2},
	} {
		rows := p.jsonRows(append([]string{"lake", "rejects", "--format", "json"}, c.args...)...)
		if len(rows) != c.want {
			t.Errorf("%v: %d rejects, want %d", c.args, len(rows), c.want)
		}
		for _, r := range rows {
			if _, shown := r["raw"]; shown {
				t.Errorf("%v shows the message without being asked", c.args)
			}
		}
	}
	if out := p.ok("lake", "rejects", "--raw", "--reason", "not_json"); !strings.Contains(out, "{not json") {
		t.Errorf("--raw does not show the message:\n%s", out)
	}
	for _, args := range [][]string{{"--since", "lately"}, {"--table", "nonsense"}} {
		code, _, stderr := p.run(append([]string{"lake", "rejects"}, args...)...)
		if code != exitUsage {
			t.Errorf("%v: exit code %d, want %d", args, code, exitUsage)
		}
		requireOneLine(t, stderr, args[1])
	}
}

// What was refused leaves byte for byte as it came, is corrected, sent again with the key that it had, and arrives.
func TestLakeRejects_ExportCorrectProduce(t *testing.T) {
	b, err := broker.Start(broker.Config{ClusterID: "test", MaxUnread: -1, Topics: map[string]int32{"duty.step": 4, "duty.work": 1}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	p := newProgram(t)
	p.env = brokerEnvironment(b)
	wrong := stepOf("e-2", "C-1", "2026-02-31T09:05:00+08:00")
	notUTF8 := strings.Replace(stepOf("e-3", "C-3", "2026-02-12T09:05:00+08:00"), "P-0421", "P-\xff", 1)
	p.ok("produce", write(t, "x.ndjson", stepOf("e-1", "C-1", "2026-02-12T09:05:00+08:00")+wrong+notUTF8))
	p.ok("ingest", "--until-caught-up")

	out := filepath.Join(t.TempDir(), "rejects.ndjson")
	p.ok("lake", "rejects", "--export", out)
	if code, _, stderr := p.run("lake", "rejects", "--export", out); code != exitUsage || !strings.Contains(stderr, "there is such a file") {
		t.Errorf("exporting over a file: exit code %d, %s", code, stderr)
	}
	if info, err := os.Stat(out); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the export is readable by others: %v (%v)", info.Mode(), err)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	var corrected bytes.Buffer
	seen := map[string]bool{}
	for _, line := range bytes.Split(bytes.TrimSpace(text), []byte("\n")) {
		var r rejectRow
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		raw := string(r.RawBase64)
		if r.Raw != nil {
			raw = *r.Raw
		}
		seen[raw+"\n"] = true
		raw = strings.NewReplacer("2026-02-31", "2026-02-28", "\xff", "0421").Replace(raw)
		r.Raw, r.RawBase64 = &raw, nil
		if err := json.NewEncoder(&corrected).Encode(r); err != nil {
			t.Fatal(err)
		}
	}
	if len(seen) != 2 || !seen[wrong] || !seen[notUTF8] {
		t.Errorf("the export does not hold the bytes that came: %v", seen)
	}

	code, _, stderr := p.run("produce", "--from-rejects", out)
	if code != exitFailed {
		t.Errorf("sending them uncorrected: exit code %d, want %d", code, exitFailed)
	}
	requireOneLine(t, stderr, out, "line 1", "would be rejected again")
	p.ok("ingest", "--until-caught-up")
	if n := len(p.jsonRows("lake", "rejects", "--format", "json")); n != 2 {
		t.Errorf("%d rejects: something was sent although one was still wrong", n)
	}

	p.ok("produce", "--from-rejects", write(t, "corrected.ndjson", corrected.String()))
	p.ok("ingest", "--until-caught-up")
	rows := p.jsonRows("lake", "trace", "C-1", "--format", "json")
	if len(rows) != 3 || rows[1].text("event_id") != "e-2" || rows[1].text("action") != "accept" {
		t.Fatalf("C-1 has %v, want its two records and the reject", rows)
	}
	if rows[0].text("partition") != rows[1].text("partition") {
		t.Errorf("the corrected record went to partition %s, its case lies in %s", rows[1].text("partition"), rows[0].text("partition"))
	}
	p.ok("check", "--files")
}
