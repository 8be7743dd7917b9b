package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
)

// loadDays loads a file a day, so that the month is in many small files.
func (p *program) loadDays(days int) {
	p.t.Helper()
	for day := 1; day <= days; day++ {
		at := fmt.Sprintf("2026-02-%02dT09:00:00+08:00", day)
		text := stepOf(fmt.Sprint("e-", day), fmt.Sprint("C-", day%4), at) + stepOf(fmt.Sprint("x-", day), fmt.Sprint("C-", day%4), "not a time")
		p.ok("load", "--no-transform", write(p.t, fmt.Sprint(day, ".ndjson"), text))
	}
}

func (p *program) count(table string) (rows, files float64) {
	p.t.Helper()
	for _, r := range p.jsonRows("lake", "status", "--format", "json") {
		if r.text("table") == "duty."+table {
			return r.number("rows"), r.number("files")
		}
	}
	return 0, 0
}

// requireUpkeep compacts, expires and cleans, each first as a plan, and looks that the lake is sound after each.
func (p *program) requireUpkeep(days float64) {
	p.t.Helper()
	plan := p.jsonRows("lake", "compact", "--dry-run", "--format", "json")
	if _, files := p.count("step"); len(plan) == 0 || files != days {
		p.t.Fatalf("a plan of %d groups left %v files of %v", len(plan), files, days)
	}
	for _, row := range plan {
		if row["files_after"] != nil || row["bytes_after"] != nil {
			p.t.Errorf("a plan knows what will come of it: %v", row)
		}
	}
	p.ok("lake", "compact")
	if rows, files := p.count("step"); rows != days || files != 1 {
		p.t.Errorf("after compaction %v rows are in %v files, want %v in 1", rows, files, days)
	}
	p.ok("lake", "verify")
	p.ok("lake", "expire", "--dry-run")
	p.ok("lake", "expire", "--older-than", "1h", "--keep", "1") // all are younger: nothing goes
	p.ok("lake", "clean")
	p.ok("lake", "clean", "--apply")
	p.ok("lake", "verify")
}

// The lake of many loads is kept in order without a row lost, and then a case is forgotten: no command knows it any
// more, the audit trail says that something went and not what, and the lake is sound although loads miss records now.
func TestLakeUpkeep(t *testing.T) {
	p := newProgram(t)
	p.loadDays(12)
	p.requireUpkeep(12)

	dry := p.ok("lake", "forget", "--case", "C-1")
	if rows, _ := p.count("step"); rows != 12 {
		t.Fatalf("without --apply it removed rows:\n%s", dry)
	}
	_, out, told := p.run("lake", "forget", "--case", "C-1", "--apply", "--reason", "request 17", "--format", "json")
	if rows, _ := p.count("step"); rows != 9 {
		t.Errorf("%v rows are left, want 9: %s", rows, out)
	}
	for _, part := range []string{"removed 3 rows", "Backups", "transform --full"} {
		if !strings.Contains(told, part) {
			t.Errorf("it did not say %q:\n%s", part, told)
		}
	}
	if code, _, _ := p.run("lake", "trace", "C-1"); code != exitFailed {
		t.Error("the case can still be traced")
	}
	if rows := p.jsonRows("lake", "trace", "C-2", "--format", "json"); len(rows) != 6 {
		t.Errorf("another case has %d records and rejects, want 6", len(rows))
	}
	p.ok("lake", "verify")
	if rows, _ := p.count("audit"); rows < 2 {
		t.Errorf("the audit trail has %v rows", rows)
	}
	err := filepath.WalkDir(filepath.Join(p.dir, "lake"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if strings.Contains(string(content), "C-1\x00") || strings.Contains(string(content), `"C-1"`) {
			t.Errorf("%s still holds the case", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	p.ok("transform", "--full")
	if rows := p.query("select count(*) as n from v_case"); rows[0].number("n") != 3 {
		t.Errorf("the warehouse has %v cases, want 3", rows[0]["n"])
	}
}

// Mistakes with commands that remove are told before anything is touched.
func TestLakeUpkeep_Mistakes(t *testing.T) {
	p := newProgram(t)
	p.loadDays(1)
	for _, c := range []struct{ says, args string }{
		{"--actor or --case", "lake forget"}, {"--actor or --case", "lake forget --actor a --case b"},
		{"--reason", "lake forget --case C-1 --reason for-C-1"}, {"an hour", "lake expire --older-than 5m"},
		{"keep 1", "lake expire --keep 0"}, {"an hour", "lake clean --grace 1m"}, {"--max-bytes", "lake compact --max-bytes much"},
		{"--max-time", "lake compact --max-time -5m"}, {"rejects, step", "lake compact --table stepp"}, {"rejects, step", "lake expire --table stepp"},
		{"--holds", "lake expire --release transform-00000000"},
	} {
		code, _, stderr := p.run(strings.Fields(c.args)...)
		if code != exitUsage {
			t.Errorf("%s: exit code %d, want %d", c.args, code, exitUsage)
		}
		requireOneLine(t, stderr, c.says)
	}
	unlock, err := warehouse.Lock(p.dir, "lake", "dutyflow lake compact", false)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	for _, args := range []string{"lake compact", "lake expire", "lake clean --apply", "lake forget --case C-1 --apply"} {
		if code, _, _ := p.run(strings.Fields(args)...); code != exitBusy {
			t.Errorf("%s beside another: exit code %d, want %d", args, code, exitBusy)
		}
	}
}

// A lake in an S3-compatible store goes the whole way: loads, transform, queries, verify and upkeep, with nothing of it
// below --dir but the cache.
func TestLake_S3(t *testing.T) {
	cfg := warehouse.DefaultConfig()
	warehousetest.OnS3(t)(&cfg)
	p := newProgram(t)
	p.env = []string{
		"DUTYFLOW_LAKE_LOCATION=" + cfg.Location, "DUTYFLOW_LAKE_S3_ENDPOINT=" + cfg.S3.Endpoint,
		"DUTYFLOW_LAKE_S3_REGION=" + cfg.S3.Region, "DUTYFLOW_LAKE_S3_PATH_STYLE=true",
	}
	p.loadDays(9)
	p.ok("transform")
	if rows := p.query("select count(*) as n from v_case"); rows[0].number("n") != 4 {
		t.Errorf("the warehouse has %v cases, want 4", rows[0]["n"])
	}
	p.requireUpkeep(9)
	p.ok("transform")
	if rows := p.jsonRows("lake", "trace", "C-2", "--format", "json"); len(rows) != 4 {
		t.Errorf("a case has %d records and rejects, want 4", len(rows))
	}
	p.ok("lake", "forget", "--case", "C-1", "--apply")
	p.ok("lake", "verify")
	p.ok("transform", "--full")
	if _, err := os.Stat(filepath.Join(p.dir, "lake")); err == nil {
		t.Error("the lake lies below --dir too")
	}
}
