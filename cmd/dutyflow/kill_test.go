package main

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// start starts dutyflow as a process of its own in the program's directory.
func (p *program) start(ctx context.Context, args ...string) (*exec.Cmd, *bytes.Buffer) {
	p.t.Helper()
	var output bytes.Buffer
	cmd := exec.CommandContext(ctx, os.Args[0], append([]string{"--dir", p.dir}, args...)...)
	cmd.Env = append(append(os.Environ(), asProgram+"=1"), p.env...)
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	return cmd, &output
}

// killed starts a command and kills it with SIGKILL after a while; it reports whether the command had finished before.
func (p *program) killed(after time.Duration, args ...string) (finished bool) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), after)
	defer cancel()
	cmd, output := p.start(ctx, args...)
	err := cmd.Wait()
	if ctx.Err() == nil && err != nil {
		p.t.Fatalf("dutyflow %v: %v\n%s", args, err, output)
	}
	return err == nil
}

// figures are what must not change when a load is repeated, killed or taken back and restored.
func (p *program) figures() string {
	p.t.Helper()
	var all bytes.Buffer
	for _, sql := range []string{
		`select * from v_case order by all`,
		`select * from v_step_run order by all`,
		`select * from v_metric_month order by all`,
		`select reason, field, source, event_id, count(*) as n from v_reject group by all order by all`,
	} {
		all.WriteString(p.ok("query", "--format", "json", sql))
	}
	return all.String()
}

// generated writes n records of the simulated city, some of them invalid, and returns the file.
func generated(t *testing.T, n int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "records.ndjson.gz")
	newProgram(t).ok("generate", "--records", strconv.Itoa(n), "--seed", "7", "--out", path)
	return path
}

// A load that is killed with SIGKILL at any moment and started again ends with the figures of one that never was;
// loading once more changes nothing.
func TestLoad_KilledAtAnyMomentChangesNoFigure(t *testing.T) {
	file := generated(t, 30_000)
	whole := newProgram(t)
	whole.ok("load", file)
	want := whole.figures()

	killed := newProgram(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	kills := 0
	for kills < 12 {
		if killed.killed(time.Duration(50+random.IntN(1500))*time.Millisecond, "load", file) {
			break
		}
		kills++
	}
	t.Logf("killed %d times", kills)
	if kills == 0 {
		t.Error("the load was never killed: nothing was tested")
	}
	killed.ok("load", file)
	if got := killed.figures(); got != want {
		t.Error("the figures after being killed differ from those of a load in one go")
	}
	killed.ok("load", file)
	if got := killed.figures(); got != want {
		t.Error("loading the same file again changed the figures")
	}
	killed.requireEach(file, 30_000)
}

// requireEach checks that the lake holds each record of the load once: as a row or as a reject.
func (p *program) requireEach(_ string, n int) {
	p.t.Helper()
	var rows int
	for _, r := range p.jsonRows("lake", "status", "--format", "json") {
		switch r.text("table") {
		case "duty.step", "duty.work", "duty.rejects":
			rows += int(r.number("rows"))
		}
	}
	if rows != n {
		p.t.Errorf("the lake holds %d rows and rejects, want %d", rows, n)
	}
}

// A load that is voided leaves no trace in the figures; unvoided, it is back to the last digit.
func TestLoad_VoidAndUnvoidRestoreTheFigures(t *testing.T) {
	p := newProgram(t)
	first, second := generated(t, 4_000), filepath.Join(t.TempDir(), "second.ndjson")
	newProgram(t).ok("generate", "--records", "3000", "--seed", "8", "--out", second)
	p.ok("load", first)
	before := p.figures()
	p.ok("load", second)
	both := p.figures()
	if before == both {
		t.Fatal("the second load changed nothing: nothing can be tested")
	}
	id := p.loadOf("second.ndjson")
	p.ok("load", "--void", id, "--reason", "loaded by mistake")
	if p.figures() != before {
		t.Error("voiding the second load does not give the figures before it")
	}
	p.ok("load", "--unvoid", id)
	if p.figures() != both {
		t.Error("unvoiding does not give the figures of both loads")
	}
}

func (p *program) loadOf(file string) string {
	p.t.Helper()
	for _, r := range p.jsonRows("load", "--list", "--format", "json") {
		if filepath.Base(r.text("file")) == file {
			return r.text("load_id")
		}
	}
	p.t.Fatalf("no load of %s", file)
	return ""
}
