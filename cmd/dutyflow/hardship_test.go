package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/warehouse"
)

// process runs dutyflow as a process of its own to its end.
func (p *program) process(prepare func(*exec.Cmd), args ...string) (code int, output string) {
	p.t.Helper()
	cmd := exec.Command(os.Args[0], append([]string{"--dir", p.dir}, args...)...)
	cmd.Env = append(append(os.Environ(), asProgram+"=1"), p.env...)
	var printed bytes.Buffer
	cmd.Stdout, cmd.Stderr = &printed, &printed
	if prepare != nil {
		prepare(cmd)
	}
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), printed.String()
}

// Two commands that would do the same work in one directory: the second says who is at it.
func TestRun_AnotherProcessAtWork(t *testing.T) {
	for role, args := range map[string][]string{
		"load":  {"load", write(t, "x.ndjson", goodStep)},
		"lists": {"lists", "load", filepath.Join("..", "..", "city", "lists")},
		"demo":  {"demo", "--records", "10"},
	} {
		t.Run(role, func(t *testing.T) {
			p := newProgram(t)
			unlock, err := warehouse.Lock(p.dir, role, "dutyflow "+role+" other.ndjson", false)
			if err != nil {
				t.Fatal(err)
			}
			defer unlock()
			code, _, stderr := p.run(args...)
			if code != exitBusy {
				t.Errorf("exit code %d, want %d", code, exitBusy)
			}
			requireOneLine(t, stderr, "dutyflow "+role+" other.ndjson")
		})
	}
}

// A lake or a warehouse that a newer release wrote is not touched.
func TestRun_NewerFormatsAreRefused(t *testing.T) {
	p := newProgram(t)
	p.ok("load", write(t, "x.ndjson", goodStep))
	t.Run("warehouse", func(t *testing.T) {
		raiseFormat(t, filepath.Join(p.dir, "warehouse", "versions", "*.json"), `"format": 2`, `"format": 99`)
		for _, args := range [][]string{{"query", "select 1"}, {"transform"}, {"report", "--period", "2026-02"}} {
			code, _, stderr := p.run(args...)
			if code != exitFailed {
				t.Errorf("%v: exit code %d, want %d", args, code, exitFailed)
			}
			requireOneLine(t, stderr, "newer")
		}
	})
	t.Run("lake", func(t *testing.T) {
		raiseFormat(t, filepath.Join(p.dir, "lake", "*", "*", "metadata", "*.metadata.json"), `"dutyflow.format":"1"`, `"dutyflow.format":"99"`)
		for _, args := range [][]string{{"lake", "status"}, {"load", write(t, "y.ndjson", goodStep)}, {"transform"}} {
			code, _, stderr := p.run(args...)
			if code != exitFailed {
				t.Errorf("%v: exit code %d, want %d", args, code, exitFailed)
			}
			requireOneLine(t, stderr, "newer")
		}
	})
}

func raiseFormat(t *testing.T, pattern, from, to string) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no file %s (%v)", pattern, err)
	}
	changed := false
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		raised := bytes.ReplaceAll(text, []byte(from), []byte(to))
		changed = changed || !bytes.Equal(text, raised)
		if err := os.WriteFile(file, raised, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if !changed {
		t.Fatalf("no file %s says %s", pattern, from)
	}
}

// A lake whose catalog is gone is not begun anew: its rows and its ledger would be lost without a word.
func TestRun_LostCatalogIsRefused(t *testing.T) {
	p := newProgram(t)
	p.ok("load", "--no-transform", write(t, "x.ndjson", goodStep))
	catalogs, err := filepath.Glob(filepath.Join(p.dir, "catalog.db*"))
	if err != nil || len(catalogs) == 0 {
		t.Fatalf("no catalog in %s (%v)", p.dir, err)
	}
	for _, file := range catalogs {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	code, _, stderr := p.run("load", write(t, "y.ndjson", goodStep))
	if code != exitFailed {
		t.Errorf("exit code %d, want %d", code, exitFailed)
	}
	requireOneLine(t, stderr, "catalog", "backup")
}

// What people call their files and write as a reason need not be UTF-8; the lake stays readable.
func TestLoad_NamesThatAreNotUTF8(t *testing.T) {
	p := newProgram(t)
	p.ok("load", write(t, "\xd0\xc5\xb7\xc3.ndjson", goodStep))
	id := p.jsonRows("load", "--list", "--format", "json")[0].text("load_id")
	p.ok("load", "--void", id, "--reason", "r\xff")
	p.ok("load", "--unvoid", id)
	if n := p.query("select count(*) as n from v_case")[0].number("n"); n != 1 {
		t.Errorf("%v cases, want 1", n)
	}
}

// A part that is gone is found by check and mended by transform.
func TestTransform_MissingPartIsMadeAgain(t *testing.T) {
	p := newProgram(t)
	p.ok("load", write(t, "x.ndjson", goodStep))
	want := p.figures()
	parts, err := filepath.Glob(filepath.Join(p.dir, "warehouse", "parts", "fact_case", "*.parquet"))
	if err != nil || len(parts) == 0 {
		t.Fatalf("no part of fact_case (%v)", err)
	}
	if err := os.Remove(parts[0]); err != nil {
		t.Fatal(err)
	}
	if code, out, _ := p.run("check"); code != exitFailed || !strings.Contains(out, filepath.Base(parts[0])) {
		t.Errorf("check: exit code %d\n%s", code, out)
	}
	p.ok("transform")
	p.ok("check")
	if p.figures() != want {
		t.Error("the figures differ after the warehouse was made again")
	}
}

// A ledger entry that is reset lets a topic be read again; what is read twice counts once.
func TestLedgerReset_ReadAgainCountsOnce(t *testing.T) {
	const figures = "select * from v_metric_month order by all"
	p := newProgram(t)
	p.env = brokerEnvironment(cityBroker(t, 4_000))
	p.ok("ingest", "--until-caught-up")
	p.ok("transform")
	want := p.query(figures)
	reset := []string{"ledger", "reset", "--topic", "duty.step", "--partition", "1"}
	shown := p.ok("ledger", "show")
	code, out, _ := p.run(reset...)
	if code != exitUsage || !strings.Contains(out, "is forgotten") || p.ok("ledger", "show") != shown {
		t.Errorf("without --yes: exit code %d\n%s", code, out)
	}
	for to, says := range map[string]string{"10": "read again", "99999999": "NEVER read"} {
		if _, out, _ := p.run(append(reset, "--to", to)...); !strings.Contains(out, says) {
			t.Errorf("--to %s does not say %q:\n%s", to, says, out)
		}
	}
	p.ok(append(reset, "--yes")...)
	p.ok("ingest", "--until-caught-up")
	p.ok("transform")
	if got := p.query(figures); !reflect.DeepEqual(got, want) {
		t.Error("the figures changed although the same records were read again")
	}
	code, _, stderr := p.run("ledger", "reset", "--topic", "nonsense", "--yes")
	if code != exitFailed {
		t.Errorf("exit code %d, want %d", code, exitFailed)
	}
	requireOneLine(t, stderr, "nonsense", "ledger show")
}

// Iceberg's paths are absolute: a lake that was moved says so instead of missing its files one by one.
func TestRun_MovedLakeSaysSo(t *testing.T) {
	p := newProgram(t)
	p.ok("load", write(t, "x.ndjson", goodStep))
	from := p.dir
	p.dir = filepath.Join(t.TempDir(), "elsewhere")
	if err := os.Rename(from, p.dir); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"lake", "status"}, {"transform"}, {"load", write(t, "y.ndjson", goodStep)}} {
		code, _, stderr := p.run(args...)
		if code != exitFailed {
			t.Errorf("%v: exit code %d, want %d", args, code, exitFailed)
		}
		requireOneLine(t, stderr, from, p.dir)
	}
	if err := os.Rename(p.dir, from); err != nil {
		t.Fatal(err)
	}
	p.dir = from
	p.ok("lake", "status")
}

// A directory that may not be written is named, and what to do about it. Root may write everywhere, so the command runs
// as another user.
func TestRun_DirectoryNotWritable(t *testing.T) {
	p, shared, asNobody := sharedProgram(t)
	records := filepath.Join(shared, "x.ndjson")
	copyFile(t, write(t, "x.ndjson", goodStep), records, 0o644)
	code, output := p.process(asNobody, "load", records)
	if code != exitFailed {
		t.Errorf("exit code %d, want %d", code, exitFailed)
	}
	requireOneLine(t, output, p.dir, "permission denied")

	p.ok("load", records) // root can
	before := p.figures()
	second := filepath.Join(shared, "y.ndjson")
	copyFile(t, write(t, "y.ndjson", strings.ReplaceAll(goodStep, "e-1", "e-2")), second, 0o644)
	code, output = p.process(asNobody, "load", second)
	if code != exitFailed {
		t.Errorf("exit code %d, want %d", code, exitFailed)
	}
	requireOneLine(t, output, p.dir)
	if p.figures() != before {
		t.Error("a command that was refused changed the figures")
	}
}

// sharedProgram gives a program in a directory that other users may read, and what makes a command run as one of them.
func sharedProgram(t *testing.T) (p *program, shared string, asNobody func(*exec.Cmd)) {
	t.Helper()
	if os.Getuid() != 0 {
		if os.Getenv("CI") != "" {
			t.Fatal("needs root, to start a process under another user; in CI it must be")
		}
		t.Skip("SKIPPED: needs root, to start a process under another user")
	}
	p = newProgram(t)
	// The test's own directories and its binary are closed to other users.
	shared, err := os.MkdirTemp("", "dutyflow-shared-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(shared) })
	if err := os.Chmod(shared, 0o755); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(shared, "dutyflow")
	copyFile(t, os.Args[0], binary, 0o755)
	p.dir = filepath.Join(shared, "data")
	return p, shared, func(cmd *exec.Cmd) {
		cmd.Path, cmd.Args[0], cmd.Dir = binary, binary, shared
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
}

// Who may read the directory and not write it can ask everything: with nobody at work there, and beside a writer.
func TestRun_ReadingNeedsNoWritePermission(t *testing.T) {
	p, shared, asNobody := sharedProgram(t)
	p.ok("load", write(t, "x.ndjson", goodStep))
	reports := filepath.Join(shared, "reports")
	if err := errors.Join(os.Mkdir(reports, 0o777), os.Chmod(reports, 0o777)); err != nil {
		t.Fatal(err)
	}
	readAll := func(t *testing.T) {
		t.Helper()
		for _, args := range [][]string{
			{"lake", "status"}, {"lake", "trace", "C-1"}, {"lake", "rejects"}, {"lake", "verify"}, {"lake", "verify", "--quick"},
			{"ledger", "show"}, {"load", "--list"}, {"query", "select * from v_case"}, {"report", "--period", "2026-02", "--out", reports},
		} {
			if code, output := p.process(asNobody, args...); code != exitDone {
				t.Errorf("%v: exit code %d\n%s", args, code, output)
			}
		}
	}
	t.Run("nobody at work", readAll)
	t.Run("beside a writer", func(t *testing.T) {
		cfg := warehouse.DefaultConfig()
		cfg.Dir = p.dir
		writer, err := warehouse.Create(context.Background(), cfg, ingest.Tables())
		if err != nil {
			t.Fatal(err)
		}
		defer writer.Close()
		p.ok("load", "--no-transform", write(t, "y.ndjson", strings.ReplaceAll(goodStep, "e-1", "e-2")))
		if _, err := os.Stat(filepath.Join(p.dir, "catalog.db-wal")); err != nil {
			t.Fatalf("nobody writes: %v", err)
		}
		readAll(t)
		if _, output := p.process(asNobody, "lake", "trace", "C-1"); !strings.Contains(output, "e-2") {
			t.Errorf("the reader does not see what the writer has committed:\n%s", output)
		}
	})
}

func copyFile(t *testing.T, from, to string, mode os.FileMode) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, mode)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(out.Chmod(mode), out.Close()); err != nil {
		t.Fatal(err)
	}
}

// A full disk, for which a limit on the size of a file stands here, ends the command with one line and loses nothing:
// with room again the same command goes on to the figures of an undisturbed one.
func TestLoad_DiskFull(t *testing.T) {
	file := generated(t, 20_000)
	whole := newProgram(t)
	whole.ok("load", file)

	p := newProgram(t)
	for _, blocks := range []string{"64", "512", "1500"} {
		code, output := p.process(func(cmd *exec.Cmd) {
			cmd.Args = append([]string{"sh", "-c", "ulimit -f " + blocks + `; exec "$@"`, "sh", cmd.Path}, cmd.Args[1:]...)
			sh, err := exec.LookPath("sh")
			if err != nil {
				t.Fatal(err)
			}
			cmd.Path = sh
		}, "load", file)
		if code == exitDone && blocks == "64" {
			t.Errorf("the load succeeded with files of at most %s blocks: nothing was tested", blocks)
		}
		if code != exitDone {
			requireOneLine(t, output, "disk full")
		}
	}
	p.ok("load", file)
	if p.figures() != whole.figures() {
		t.Error("the figures after a full disk differ from those of a load in one go")
	}
}

// The figures do not change with the time zone or the language of the process.
func TestLoad_FiguresDoNotDependOnTheProcessEnvironment(t *testing.T) {
	file := generated(t, 5_000)
	var want string
	for _, env := range [][]string{
		{"TZ=Asia/Shanghai", "LC_ALL=zh_CN.UTF-8"},
		{"TZ=America/New_York", "LC_ALL=C"},
		{"TZ=Pacific/Kiritimati", "LC_ALL=de_DE.UTF-8", "LANG=de_DE.UTF-8"},
	} {
		p := newProgram(t)
		p.env = env
		if code, output := p.process(nil, "load", file); code != exitDone {
			t.Fatalf("%v: %s", env, output)
		}
		var got strings.Builder
		for _, sql := range []string{
			"select * from v_case order by all", "select * from v_metric_month order by all",
			"select *, month::varchar, month::timestamp::varchar from v_metric_month order by all",
			"select case_id, accepted_at::varchar, accepted_at::date::varchar from v_case order by all",
		} {
			code, output := p.process(nil, "query", "--format", "json", sql)
			if code != exitDone {
				t.Fatalf("%v: %s", env, output)
			}
			got.WriteString(output)
		}
		if want == "" {
			want = got.String()
		}
		if got.String() != want {
			t.Errorf("%v: the figures differ from those under Asia/Shanghai", env)
		}
	}
}
