package report_test

import (
	"context"
	"database/sql"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dutyflow/dutyflow/report"
	"github.com/dutyflow/dutyflow/warehouse/duck"
)

var update = flag.Bool("update", false, "write the golden files anew")

// stamp is when the tests' reports are written.
var stamp = time.Date(2026, 11, 3, 1, 30, 0, 0, time.UTC)

// open returns the small published warehouse of testdata/warehouse, changed by the statements.
func open(t *testing.T, statements ...string) *sql.DB {
	t.Helper()
	db, err := duck.Open(filepath.Join(t.TempDir(), "warehouse.duckdb"), duck.Options{Zone: "Asia/Shanghai", Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	schema, err := os.ReadFile("testdata/warehouse/schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range append(strings.Split(string(schema), ";\n"), statements...) {
		if strings.TrimSpace(statement) == "" {
			continue
		}
		if err := db.Exec(context.Background(), statement); err != nil {
			t.Fatalf("%v in:\n%s", err, statement)
		}
	}
	return db.SQL()
}

// changed is db with changes; roll them back.
func changed(t *testing.T, db *sql.DB, changes []string) *sql.Tx {
	t.Helper()
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range changes {
		if _, err := tx.Exec(change); err != nil {
			t.Fatalf("%v in:\n%s", err, change)
		}
	}
	return tx
}

// write writes R1 for October 2026 and returns the files by their ending.
func write(t *testing.T, db report.Querier, change func(*report.Options)) map[string]string {
	t.Helper()
	o := report.Options{
		DB: db, Kind: "R1", Period: "2026-10", Lang: "zh", Formats: []string{"html", "json"}, Dir: t.TempDir(), Stamp: stamp,
	}
	if change != nil {
		change(&o)
	}
	paths, err := report.Write(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		out[strings.TrimPrefix(filepath.Ext(path), ".")] = string(text)
	}
	return out
}
