package transform_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/dutyflow/dutyflow/transform"
	"github.com/dutyflow/dutyflow/transform/transformtest"
)

// A warehouse may lie in a folder of any name: nothing in it is taken for a pattern or for SQL.
func TestRun_namesOfFolders(t *testing.T) {
	for _, name := range []string{"x[1]", "it's", "from work.d", "s*"} {
		lake := transformtest.NewLake(t, timed(), "Asia/Shanghai")
		lake.Add(t, "step", []byte(fewEvents))
		dir := filepath.Join(t.TempDir(), name)
		mustRun(t, options(lake, dir, timed()))
		for i := range 3 {
			lake.Add(t, "step", step("a", "2026-06-02T09:00:00+08:00"))
			if result := mustRun(t, options(lake, dir, timed())); result.Kind != "increment" {
				t.Errorf("%s: run %d was %s", name, i, result.Kind)
			}
		}
		if m, err := transform.Current(dir); err != nil || m.Missing() != "" {
			t.Fatalf("%s: published is %v (%v)", name, m, err)
		}
		if got := text(t, dir, "select case_id, n from v_case order by all"); got != "case_id,n\na,5\nb,1\nc,1\n" {
			t.Errorf("%s: %s", name, got)
		}
		kept := 0
		for _, file := range listing(t, dir) {
			if filepath.Ext(file) == ".json" && filepath.Base(filepath.Dir(file)) == "versions" {
				kept++
			}
		}
		if kept != settings().Keep {
			t.Errorf("%s: %d versions are kept, want %d", name, kept, settings().Keep)
		}
	}
}

// A line of the history that no run wrote, however long, costs its own run and no other.
func TestRun_damagedHistory(t *testing.T) {
	lake := transformtest.NewLake(t, timed(), "Asia/Shanghai")
	lake.Add(t, "step", []byte(fewEvents))
	dir := t.TempDir()
	mustRun(t, options(lake, dir, timed()))
	f, err := os.OpenFile(filepath.Join(dir, "runs.ndjson"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Write(bytes.Repeat([]byte{0}, 2<<20))
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		lake.Add(t, "step", step("a", "2026-03-06T09:00:00+08:00"))
		mustRun(t, options(lake, dir, timed()))
	}
	if got := text(t, dir, "select count(*) as n from v_run"); got != "n\n3\n" {
		t.Errorf("runs: %s", got)
	}
}
