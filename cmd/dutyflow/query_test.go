package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A query comes from the command line or a file, goes out with or without a byte order mark, from the current version or
// a kept one; it reads other files only where it is let, never changes anything, and does not run for ever.
func TestQuery(t *testing.T) {
	p := newProgram(t)
	records := filepath.Join(t.TempDir(), "one.ndjson")
	line := `{"schema":"duty.step.v1","event_id":"1","event_time":"2026-03-02T09:00:00+08:00","source":"s","region_code":"371300","org_code":"A","case_id":"c","action":"accept","process_code":"P","item_code":"I"}` + "\n"
	if err := os.WriteFile(records, []byte(line), 0o644); err != nil {
		t.Fatal(err)
	}
	p.ok("load", records)
	p.ok("transform")
	other := t.TempDir()
	file, question := filepath.Join(other, "other.csv"), filepath.Join(other, "q.sql")
	for name, text := range map[string]string{file: "a\n7\n", question: "select case_id from v_case"} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got := p.ok("query", "--format", "csv", "--bom", "--file", question); got != "\ufeffcase_id\nc\n" {
		t.Errorf("--file --bom: %q", got)
	}
	tables := p.ok("query", "--tables", "--format", "csv")
	for _, want := range []string{"v_case,view,case_id,", "fact_case,view,case_id,", "dim_org,table,", "metric,macro,,", "v_run,view,started_at,"} {
		if !strings.Contains(tables, "\n"+want) {
			t.Errorf("--tables does not list %s: %s", want, tables)
		}
	}
	if got := p.ok("query", "--format", "csv", `select name from (
		select table_name as name from information_schema.tables where table_schema = 'main' and table_name <> 'version_run'
		union all select function_name from duckdb_functions() where function_type in ('macro', 'table_macro') and not internal and function_name not in ('zone', 'as_of')
	) where name not in (select name from dim_model)`); got != "name\n" {
		t.Errorf("published and not described: %s", got)
	}
	in, err := os.Open(question)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	terminal := os.Stdin
	os.Stdin = in
	got := p.ok("query", "--format", "csv", "-")
	os.Stdin = terminal
	if got != "case_id\nc\n" {
		t.Errorf("-: %q", got)
	}
	if got := p.ok("query", "--format", "csv", "--version", "v000001", "select count(*) as n from v_case"); got != "n\n1\n" {
		t.Errorf("--version: %q", got)
	}
	if code, _, said := p.run("query", "--version", "v9", "select 1"); code != exitFailed || !strings.Contains(said, "kept are v000001") {
		t.Errorf("--version v9: %d %s", code, said)
	}
	read := "select a from read_csv('" + file + "')"
	if code, _, _ := p.run("query", read); code != exitFailed {
		t.Errorf("a file outside was read without being allowed: %d", code)
	}
	if got := p.ok("query", "--format", "csv", "--allow-dir", other, read); got != "a\n7\n" {
		t.Errorf("--allow-dir: %q", got)
	}
	for _, sql := range []string{
		"copy (select 1) to '" + file + "'", "attach '" + filepath.Join(other, "x.duckdb") + "'", "install httpfs", "set threads = 1",
		"pragma enable_profiling", "select 1; select 2", "select 1; drop table version", "create table x as select 1", "export database '" + other + "'",
		"load httpfs", "call pragma_version()", "delete from version", "drop view v_case", "use memory", "checkpoint", "", ";",
		"select * from read_text('/etc/hostname')", "select getenv('HOME')", "select * from glob('/*')",
	} {
		if code, stdout, _ := p.run("query", "--allow-dir", other, sql); code != exitFailed || stdout != "" {
			t.Errorf("%s: exit code %d, %q", sql, code, stdout)
		}
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "a\n7\n" {
		t.Errorf("the other file is %q, %v", text, err)
	}
	if code, _, said := p.run("query", "--memory", "64", "select count(distinct hash(range)) from range(50000000)"); code != exitFailed || !strings.Contains(said, "emory") {
		t.Errorf("--memory: %d %s", code, said)
	}
	for _, args := range [][]string{{"--bom", "select 1"}, {"--timeout", "-1s", "select 1"}, {"--format", "parquet", "select 1"}, {"--allow-dir", file, "select 1"}, {"--tables", "select 1"}, {}} {
		if code, _, _ := p.run(append([]string{"query"}, args...)...); code != exitUsage {
			t.Errorf("query %q: exit code %d", args, code)
		}
	}
	code, _, said := p.run("query", "--timeout", "50ms", "select sum(a.range * b.range % 7) from range(3000000) as a, range(3000000) as b")
	if code != exitFailed || !strings.Contains(said, "stopped after "+(50*time.Millisecond).String()+"; give it longer with --timeout") {
		t.Errorf("--timeout: %d %s", code, said)
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs strings.Builder
	if code := run(stopped, []string{"--dir", p.dir, "query", "select 1"}, nil, &out, &errs); code != exitInterrupted {
		t.Errorf("a stopped query: %d %s", code, errs.String())
	}
}
