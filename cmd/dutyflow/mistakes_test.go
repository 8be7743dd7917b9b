package main

import (
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// write puts a file into a directory of its own and returns its path.
func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func gzipped(t *testing.T, content string) string {
	t.Helper()
	var packed strings.Builder
	w := gzip.NewWriter(&packed)
	if _, err := w.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.String()
}

const goodStep = `{"schema":"duty.step.v1","event_id":"e-1","event_time":"2026-02-12T09:05:00+08:00","source":"spj","region_code":"371300","org_code":"LY-SPJ","case_id":"C-1","action":"accept","item_code":"I-0421","process_code":"P-0421"}` + "\n"

const csvMapping = `format: csv
source: test
zone: Asia/Shanghai
times: [2006-01-02 15:04:05]
fields:
  case_id: id
  step_code: step
  event_time: time
  action: {const: step_end}
  process_code: {const: P}
  task_code: {const: T}
  org_code: {const: O}
  region_code: {const: "371300"}
`

// A mistake gives one line that says what, where and what to do, an exit code that is not 0, and loses nothing.
func TestRun_MistakesGetOneClearLine(t *testing.T) {
	absent := filepath.Join(t.TempDir(), "absent.ndjson")
	for _, mistake := range []struct {
		name string
		args []string
		env  []string
		yaml string // content of the configuration file
		code int
		says []string
	}{
		{name: "unknown command", args: []string{"lod"}, code: exitUsage, says: []string{`unknown command "lod"`, "did you mean load"}},
		{name: "unknown flag", args: []string{"load", "--maping", "x"}, code: exitUsage, says: []string{"--maping", "--help"}},
		{name: "no file named", args: []string{"load"}, code: exitUsage, says: []string{"--help"}},
		{name: "no query", args: []string{"query"}, code: exitUsage, says: []string{"one SQL query"}},
		{name: "unknown format", args: []string{"query", "--format", "xml", "select 1"}, code: exitUsage, says: []string{"xml", "table, csv, json, parquet"}},
		{name: "unknown log level", args: []string{"lake", "status", "--log-level", "loud"}, code: exitUsage, says: []string{"loud", "debug, info, warn or error"}},
		{name: "missing file", args: []string{"load", absent}, code: exitFailed, says: []string{absent, "no such file"}},
		{name: "a directory", args: []string{"load", t.TempDir()}, code: exitFailed, says: []string{"directory"}},
		{name: "not gzip", args: []string{"load", write(t, "x.ndjson.gz", goodStep)}, code: exitFailed, says: []string{"x.ndjson.gz", "gzip"}},
		{name: "gzip cut short", args: []string{"load", write(t, "x.ndjson.gz", gzipped(t, strings.Repeat(goodStep, 99))[:60])}, code: exitFailed, says: []string{"x.ndjson.gz"}},
		{name: "empty file", args: []string{"load", write(t, "x.ndjson", "")}, code: exitFailed, says: []string{"x.ndjson", "empty"}},
		{name: "csv without a mapping", args: []string{"load", write(t, "x.csv", "a,b\n1,2\n")}, code: exitUsage, says: []string{"x.csv", "--mapping"}},
		{name: "missing mapping", args: []string{"load", write(t, "x.csv", "a,b\n1,2\n"), "--mapping", absent}, code: exitUsage, says: []string{absent}},
		{name: "broken XML", args: []string{"load", write(t, "x.xes", "<log><trace></log>")}, code: exitFailed, says: []string{"x.xes"}},
		{name: "unknown file kind", args: []string{"load", write(t, "x.bin", "\x00\x01")}, code: exitUsage, says: []string{"x.bin"}},
		{name: "no lake", args: []string{"lake", "status"}, code: exitFailed, says: []string{"no lake", "dutyflow load"}},
		{name: "no warehouse", args: []string{"query", "select 1"}, code: exitFailed, says: []string{"no warehouse", "dutyflow transform"}},
		{name: "report without a warehouse", args: []string{"report", "--kind", "R1", "--period", "2026-10"}, code: exitFailed, says: []string{"no warehouse", "dutyflow transform"}},
		{name: "configuration is missing", args: []string{"--config", absent, "lake", "status"}, code: exitUsage, says: []string{absent, "no such file"}},
		{name: "configuration has an unknown key", yaml: "kafak: {}\n", args: []string{"lake", "status"}, code: exitUsage, says: []string{"kafak"}},
		{name: "configuration has a wrong type", yaml: "ingest: 7\n", args: []string{"lake", "status"}, code: exitUsage, says: []string{"dutyflow.yaml"}},
		{name: "configuration names no zone", yaml: "lake: {zone: Asia/Linyi}\n", args: []string{"lake", "status"}, code: exitUsage, says: []string{"Asia/Linyi", "Asia/Shanghai"}},
		{name: "variable names no setting", env: []string{"DUTYFLOW_KAFKA_BROKER=x"}, args: []string{"lake", "status"}, code: exitUsage, says: []string{"DUTYFLOW_KAFKA_BROKER", "docs/configuration.md"}},
		{name: "no broker configured", args: []string{"ingest"}, code: exitUsage, says: []string{"brokers"}},
		{name: "no broker answers", yaml: "kafka: {brokers: ['127.0.0.1:1']}\ningest: {topics: [duty.step], start: earliest}\n", args: []string{"ingest", "--until-caught-up"}, code: exitFailed, says: []string{"127.0.0.1:1"}},
		{name: "void an unknown load", args: []string{"load", "--void", "nonsense"}, code: exitFailed, says: []string{"no lake"}},
		{name: "lists directory is missing", args: []string{"lists", "load", absent}, code: exitFailed, says: []string{absent}},
	} {
		t.Run(mistake.name, func(t *testing.T) {
			p := newProgram(t)
			p.env = mistake.env
			args := mistake.args
			if mistake.yaml != "" {
				args = append([]string{"--config", write(t, "dutyflow.yaml", mistake.yaml)}, args...)
			}
			code, _, stderr := p.run(args...)
			if code != mistake.code {
				t.Errorf("exit code %d, want %d", code, mistake.code)
			}
			requireOneLine(t, stderr, mistake.says...)
		})
	}
}

// An empty configuration, or one of comments only, means the defaults.
func TestRun_EmptyConfigurationMeansDefaults(t *testing.T) {
	for _, text := range []string{"", "\n", "# nothing yet\n"} {
		p := newProgram(t)
		p.ok("--config", write(t, "dutyflow.yaml", text), "load", "--no-transform", write(t, "x.ndjson", goodStep))
	}
}

// A load that brings nothing but rejects is a mistake, and says the first reason.
func TestLoad_NothingButRejectsIsAMistake(t *testing.T) {
	p := newProgram(t)
	code, _, stderr := p.run("load", write(t, "x.ndjson", "{}\n{}\n"))
	if code != exitFailed {
		t.Errorf("exit code %d, want %d", code, exitFailed)
	}
	requireOneLine(t, stderr, "all 2 records were rejected", "missing_field", "--dry-run")
	p.requireEach(2)
}

// The same file under another mapping is another load, and would count twice: it says so.
func TestLoad_SameFileUnderAnotherMappingSaysSo(t *testing.T) {
	p := newProgram(t)
	csv := write(t, "x.csv", "id,step,time\nC-1,S1,2026-02-12 09:05:00\n")
	p.ok("load", csv, "--mapping", write(t, "a.yaml", csvMapping))
	code, _, stderr := p.run("load", csv, "--mapping", write(t, "b.yaml", csvMapping+"# other\n"))
	if code != exitDone || !strings.Contains(stderr, "counts already as load") || !strings.Contains(stderr, "--void") {
		t.Errorf("exit code %d, stderr:\n%s", code, stderr)
	}
}

// A mapping that is wrong says where, before anything is written.
func TestLoad_WrongMappingsSayWhere(t *testing.T) {
	table := "id,step,time,state\nC-1,S1,2026-02-12 09:05:00,open\n"
	for _, mistake := range []struct {
		name, mapping string
		says          []string
	}{
		{"unknown key", csvMapping + "colums: {}\n", []string{"colums"}},
		{"column that is not there", strings.Replace(csvMapping, "step_code: step", "step_code: stage", 1), []string{"stage", "id", "step", "time"}},
		{"field that no contract has", csvMapping + "  colour: state\n", []string{"colour"}},
		{"zone that nobody knows", strings.Replace(csvMapping, "Asia/Shanghai", "Europe/Linyi", 1), []string{"Europe/Linyi"}},
		{"not YAML", "format: [csv\n", nil},
	} {
		t.Run(mistake.name, func(t *testing.T) {
			p := newProgram(t)
			code, _, stderr := p.run("load", write(t, "x.csv", table), "--mapping", write(t, "m.yaml", mistake.mapping))
			if code != exitUsage {
				t.Errorf("exit code %d, want %d", code, exitUsage)
			}
			requireOneLine(t, stderr, append(mistake.says, "m.yaml")...)
			if _, err := os.Stat(filepath.Join(p.dir, "lake")); err == nil {
				t.Error("a wrong mapping created a lake")
			}
		})
	}
}

// requireOneLine checks that the message is one line for a person; log lines of stages may stand before it.
func requireOneLine(t *testing.T, stderr string, says ...string) {
	t.Helper()
	var messages []string
	for _, line := range strings.Split(strings.TrimSpace(stderr), "\n") {
		if strings.HasPrefix(line, "dutyflow: ") {
			messages = append(messages, line)
		}
	}
	if len(messages) != 1 || !strings.HasSuffix(strings.TrimSpace(stderr), messages[0]) {
		t.Errorf("want one message as the last line, got:\n%s", stderr)
		return
	}
	for _, part := range says {
		if !strings.Contains(messages[0], part) {
			t.Errorf("the message does not say %q: %s", part, messages[0])
		}
	}
	for _, noise := range []string{"panic", "goroutine", "failed to", "%!"} {
		if strings.Contains(messages[0], noise) {
			t.Errorf("the message says %q: %s", noise, messages[0])
		}
	}
}
