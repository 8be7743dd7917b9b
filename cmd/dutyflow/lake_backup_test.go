package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dutyflow/dutyflow/warehouse"
)

// A directory that is lost comes back from its backup with every figure, and goes on: what was loaded before is known,
// what is loaded after counts.
func TestLakeBackup_RestoresEveryFigure(t *testing.T) {
	p := newProgram(t)
	file := generated(t, 3_000)
	p.ok("load", file)
	want := p.figures()
	backup := filepath.Join(t.TempDir(), "backup")
	p.ok("lake", "backup", backup)
	p.ok("lake", "backup", backup, "--prune", "--verify")

	for role, at := range map[string]string{"ingest": backup, "transform": filepath.Join(backup, "warehouse")} {
		unlock, err := warehouse.Lock(at, role, "dutyflow "+role, true)
		if err != nil {
			t.Fatal(err)
		}
		if code, _, stderr := p.run("lake", "backup", backup); code != exitBusy {
			t.Errorf("over a backup in which %s is at work: exit code %d, %s", role, code, stderr)
		}
		unlock()
	}

	used := &program{t: t, dir: backup} // as it lies there
	used.ok("transform")
	if used.figures() != want {
		t.Error("the backup, used where it is, has other figures")
	}

	if err := os.RemoveAll(p.dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(backup, p.dir); err != nil {
		t.Fatal(err)
	}
	p.ok("lake", "relocate", "--apply")
	p.ok("lake", "verify")
	p.ok("transform")
	if p.figures() != want {
		t.Error("the restored lake has other figures")
	}
	if _, _, stderr := p.run("load", file); !strings.Contains(stderr, "nothing to do") {
		t.Errorf("the restored lake does not know what was loaded:\n%s", stderr)
	}
	p.ok("load", write(t, "x.ndjson", goodStep))
	p.requireEach(3_001)

	code, _, stderr := p.run("lake", "backup", filepath.Join(p.dir, "inside"))
	if code != exitFailed {
		t.Errorf("a backup in the lake's own directory: exit code %d", code)
	}
	requireOneLine(t, stderr, "another disk")
	if _, err := os.Stat(filepath.Join(p.dir, "inside")); err == nil {
		t.Error("a backup that was refused has made its directory")
	}
}

// A catalog that is gone is made again: shown first, written when that is asked for, refused when there is nothing to do
// or somebody is at work.
func TestLakeRecover(t *testing.T) {
	p := newProgram(t)
	file := generated(t, 2_000)
	p.ok("load", file)
	want := p.figures()
	catalogs, err := filepath.Glob(filepath.Join(p.dir, "catalog.db*"))
	if err != nil || len(catalogs) == 0 {
		t.Fatalf("no catalog (%v)", err)
	}
	for _, c := range catalogs {
		if err := os.Remove(c); err != nil {
			t.Fatal(err)
		}
	}
	code, _, stderr := p.run("load", write(t, "y.ndjson", goodStep))
	if code != exitFailed {
		t.Errorf("loading without the catalog: exit code %d", code)
	}
	requireOneLine(t, stderr, "dutyflow lake recover")
	for _, c := range catalogs { // the refused load has begun one; with no table in it
		_ = os.Remove(c)
	}

	unlock, err := warehouse.Lock(p.dir, "ingest", "dutyflow ingest", true)
	if err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := p.run("lake", "recover", "--apply"); code != exitBusy {
		t.Errorf("beside an ingest: exit code %d, %s", code, stderr)
	}
	unlock()

	if out := p.ok("lake", "recover"); !strings.Contains(out, "to be registered") {
		t.Errorf("it shows:\n%s", out)
	}
	if code, _, _ := p.run("lake", "status"); code != exitFailed {
		t.Error("showing what would be done has done it")
	}
	if out := p.ok("lake", "recover", "--apply"); !strings.Contains(out, "registered") {
		t.Errorf("it says:\n%s", out)
	}
	p.ok("lake", "verify")
	p.ok("transform", "--full")
	if p.figures() != want {
		t.Error("the figures differ after the catalog was recovered")
	}
	p.ok("load", file)
	p.requireEach(2_000)
	code, _, stderr = p.run("lake", "recover", "--apply")
	if code != exitFailed {
		t.Errorf("recovering what is not lost: exit code %d", code)
	}
	requireOneLine(t, stderr, "has all tables")
}

// A directory that was moved is usable after relocate, and not changed by a dry run.
func TestLakeRelocate(t *testing.T) {
	p := newProgram(t)
	file := generated(t, 2_000)
	p.ok("load", file)
	want := p.figures()
	to := filepath.Join(t.TempDir(), "moved")
	if err := os.Rename(p.dir, to); err != nil {
		t.Fatal(err)
	}
	p.dir = to
	if _, _, stderr := p.run("lake", "relocate"); !strings.Contains(stderr, "Nothing was changed") || !strings.Contains(stderr, "would write") {
		t.Errorf("a dry run says:\n%s", stderr)
	}
	code, _, stderr := p.run("lake", "status")
	if code != exitFailed {
		t.Errorf("exit code %d: the dry run has moved it", code)
	}
	requireOneLine(t, stderr, "lake relocate --dir "+to)
	p.ok("lake", "relocate", "--apply")
	p.ok("transform")
	if p.figures() != want {
		t.Error("the figures differ after the move")
	}
	p.ok("load", file)
	p.requireEach(2_000)
}
