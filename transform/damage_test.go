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

// Whatever of the published version is lost or cut short, the next run computes it from the lake again, and says why;
// damage to another version is nobody's concern. A version that was never published is not kept in place of one that was.
func TestRun_damagedVersions(t *testing.T) {
	cut := func(t *testing.T, path string) {
		info, err := os.Stat(path)
		if err == nil {
			err = os.Truncate(path, info.Size()/2)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		name, kind string
		damage     func(t *testing.T, dir string, m, old *transform.Manifest)
	}{
		{"part cut", "full", func(t *testing.T, dir string, m, _ *transform.Manifest) {
			cut(t, filepath.Join(dir, m.Segments["case_id"][0].Parts["fact_case"].File))
		}},
		{"database cut", "full", func(t *testing.T, _ string, m, _ *transform.Manifest) { cut(t, m.Path()) }},
		{"manifest cut", "full", func(t *testing.T, _ string, m, _ *transform.Manifest) { cut(t, manifestOf(m)) }},
		{"manifest of another", "full", func(t *testing.T, _ string, m, old *transform.Manifest) {
			if err := os.Rename(manifestOf(old), manifestOf(m)); err != nil {
				t.Fatal(err)
			}
		}},
		{"former manifest cut", "increment", func(t *testing.T, _ string, _, old *transform.Manifest) { cut(t, manifestOf(old)) }},
		{"link leads nowhere", "full", func(t *testing.T, dir string, _, _ *transform.Manifest) {
			link := filepath.Join(dir, "current.duckdb")
			if err := errors.Join(os.Remove(link), os.Symlink("versions/v000099-x.duckdb", link)); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		lake := transformtest.NewLake(t, timed(), "Asia/Shanghai")
		lake.Add(t, "step", []byte(fewEvents))
		dir := t.TempDir()
		var made [2]*transform.Manifest
		for i := range made {
			lake.Add(t, "step", step("d", "2026-03-05T09:00:00+08:00"))
			mustRun(t, options(lake, dir, timed()))
			m, err := transform.Current(dir)
			if err != nil {
				t.Fatal(err)
			}
			made[i] = m
		}
		test.damage(t, dir, made[1], made[0])
		lake.Add(t, "step", step("a", "2026-03-06T09:00:00+08:00"))
		result := mustRun(t, options(lake, dir, timed()))
		if got := text(t, dir, "select case_id, n from v_case order by all"); got != "case_id,n\na,3\nb,1\nc,1\nd,2\n" || result.Kind != test.kind {
			t.Errorf("%s: %s gave %s", test.name, result.Kind, got)
		}
		if m, err := transform.Current(dir); err != nil || m.Number <= made[1].Number || m.Missing() != "" {
			t.Errorf("%s: published is %v (%v)", test.name, m, err)
		}
	}
}

func manifestOf(m *transform.Manifest) string {
	return filepath.Join(m.Dir, "versions", m.Version+".json")
}

// A run that died before it moved the link leaves a version that nobody has seen: it does not stand for one of those kept.
func TestRun_neverPublished(t *testing.T) {
	lake := transformtest.NewLake(t, timed(), "Asia/Shanghai")
	dir := t.TempDir()
	var seen []string
	for i, fail := range []string{"", "", "version", "version", ""} {
		lake.Add(t, "step", step("a", "2026-03-02T09:00:00+08:00"))
		o := options(lake, dir, timed())
		o.Faults = func(what string) error {
			if what == fail {
				return errors.New("the power is gone")
			}
			return nil
		}
		result, err := transform.Run(t.Context(), o)
		if (err != nil) != (fail != "") {
			t.Fatalf("run %d: %v", i, err)
		}
		if err == nil {
			seen = append(seen, result.Path)
		}
	}
	for _, path := range seen[1:] {
		if _, err := os.Stat(path); err != nil {
			t.Errorf("a version that readers had is gone: %v", err)
		}
	}
}
