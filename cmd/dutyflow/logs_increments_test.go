package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dutyflow/dutyflow/sql"
	"github.com/dutyflow/dutyflow/transform"
	"github.com/dutyflow/dutyflow/transform/transformtest"
	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/duck"
)

// A log that comes in ten parts, each event in one of them by chance, gives the figures of its oracle after the tenth: no
// part knows of the others, so nearly every case is computed again and again.
//
// It takes many minutes, so it runs where DUTYFLOW_LONG is set, with a -timeout that fits.
func TestTransform_PublicLogsInTenIncrements(t *testing.T) {
	if os.Getenv("DUTYFLOW_LONG") == "" {
		t.Skip("SKIPPED: fifty runs of the transform; set DUTYFLOW_LONG")
	}
	data := logsDir(t)
	for _, log := range []struct{ file, oracle, view, mapping string }{
		{"wabo_receipt.xes.gz", "wabo_receipt", "all", "wabo_receipt.yaml"},
		{"bpic2013_incidents.xes.gz", "bpic2013_incidents", "all", "bpic2013_incidents.yaml"},
		{"bpic2013_incidents.xes.gz", "bpic2013_incidents", "act+lifecycle", "bpic2013_incidents_lifecycle.yaml"},
		{"bpic2013_closed_problems.xes.gz", "bpic2013_closed_problems", "all", "bpic2013_closed_problems.yaml"},
		{"bpic15_municipality1_full.csv.gz", "bpic15_municipality1_full", "all", "bpic15.yaml"},
	} {
		t.Run(log.oracle+" "+log.view, func(t *testing.T) {
			want := readOracle(t, filepath.Join(data, log.oracle+".oracle.json"), log.view)
			p := loadLog(t, filepath.Join(data, log.file), log.mapping)
			transformInTen(t, p)
			compareWithOracle(t, p, want)
		})
	}
}

// transformInTen makes the warehouse of a program anew, from a lake into which its records come in ten parts.
func transformInTen(t *testing.T, p *program) {
	t.Helper()
	cfg := warehouse.DefaultConfig()
	cfg.Dir = p.dir
	lake, err := warehouse.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	pinned, err := lake.Pin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := lake.Close(); err != nil {
		t.Fatal(err)
	}
	project, err := transform.Load(t.Context(), sql.Project())
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(p.dir, "warehouse")
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	const parts = 10
	in := transformtest.NewLake(t, sql.Project(), lake.Zone().String())
	columns := func(table string) string {
		var list []string
		for _, c := range project.Sources[table] {
			list = append(list, duck.Ident(c.Name))
		}
		return strings.Join(list, ", ")
	}
	increments := 0
	for part := range parts {
		for _, s := range pinned {
			if len(s.Files) == 0 || project.Sources[s.Table] == nil {
				continue
			}
			query := "select " + columns(s.Table) + " from (" + duck.ScanSQL(s) + ")"
			if s.Table == "step" {
				// the offsets follow the parts, as if they had come in this order
				query = fmt.Sprintf("select %s from (select * replace (row_number() over (order by part, _offset) as _offset) from "+
					"(select *, hash(_offset) %% %d as part from (%s))) where part = %d", columns(s.Table), parts, duck.ScanSQL(s), part)
			} else if part > 0 {
				continue
			}
			in.AddQuery(t, s.Table, query, rowsOf(t, query))
		}
		result, err := transform.Run(t.Context(), transform.Options{Lake: in, Dir: dir, Project: sql.Project()})
		if err != nil {
			t.Fatal(err)
		}
		if result.Kind == "increment" {
			increments++
		}
	}
	if increments < parts-4 { // early on, a part may hold the last event that its load counts by
		t.Errorf("%d of %d runs were increments", increments, parts)
	}
}

func rowsOf(t *testing.T, query string) (n int64) {
	t.Helper()
	db, err := duck.Open("", duck.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Scalar(t.Context(), "select count(*) from ("+query+")", &n); err != nil {
		t.Fatal(err)
	}
	return n
}
