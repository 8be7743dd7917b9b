package duck_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/dutyflow/dutyflow/warehouse/duck"
)

// A confined session reads its own files and does nothing else: no statement but one SELECT runs, no file outside can be
// read, and none can be written but the one that was allowed, by Export.
func TestOpen_ConfinedSessionOnlySelects(t *testing.T) {
	dir := t.TempDir()
	part := filepath.Join(dir, "part.csv")
	if err := os.WriteFile(part, []byte("a\n1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "w.duckdb")
	made, err := duck.Open(path, duck.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(made.Exec(t.Context(), "create table t as select 1 as n"), made.Close()); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out.parquet")
	db, err := duck.Open(path, duck.Options{ReadOnly: true, AllowedDirs: []string{dir}, AllowedFile: out})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, query := range []string{
		"copy (select 2 as a) to " + duck.Literal(part),
		"select 1; copy (select 2 as a) to " + duck.Literal(part),
		"explain analyze copy (select 2 as a) to " + duck.Literal(part),
		"/* select */ copy (select 2 as a) to " + duck.Literal(part),
		"export database " + duck.Literal(filepath.Join(dir, "export")),
		"attach " + duck.Literal(filepath.Join(dir, "other.duckdb")),
		"set threads = 1", "install httpfs", "load json", "checkpoint", "create table x as select 1",
	} {
		rows, err := db.Query(t.Context(), query)
		if err == nil {
			rows.Close()
		}
		if !errors.Is(err, duck.ErrNotSelect) {
			t.Errorf("%s: %v, want %v", query, err, duck.ErrNotSelect)
		}
		if err := db.Export(t.Context(), query, out); !errors.Is(err, duck.ErrNotSelect) {
			t.Errorf("export %s: %v, want %v", query, err, duck.ErrNotSelect)
		}
	}
	for _, query := range []string{"from read_csv('/etc/passwd')", "from glob('/etc/*')", "from read_text('/etc/hostname')"} {
		rows, err := db.Query(t.Context(), query)
		if err == nil {
			for rows.Next() {
				t.Errorf("%s gave %v", query, rows.Values())
			}
			err = errors.Join(rows.Err(), rows.Close())
		}
		if err == nil {
			t.Errorf("%s was not refused", query)
		}
	}
	if text, err := os.ReadFile(part); err != nil || string(text) != "a\n1\n" {
		t.Errorf("the part is %q, %v", text, err)
	}
	if err := db.Export(t.Context(), "select n from t -- all", out); err != nil {
		t.Error(err)
	}
	if err := db.Export(t.Context(), "select n from t", filepath.Join(filepath.Dir(out), "another.parquet")); err == nil {
		t.Error("a file that was not allowed was written")
	}
}
