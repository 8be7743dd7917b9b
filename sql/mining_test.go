package sql_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/dutyflow/dutyflow/sql"
	"github.com/dutyflow/dutyflow/transform/transformtest"
	"github.com/dutyflow/dutyflow/warehouse/duck"
)

// The macros of process mining give the figures that the story tells, with bounds of the asker's choice.
func TestMiningMacros(t *testing.T) {
	db := openStory(t, "work_side_by_side")
	for _, c := range []struct{ query, want string }{
		{
			"select matter_id, n_cases, n_orgs, n_runs, total_s, union_s, at_a_time from concurrency(date '2026-03-01', date '2026-04-01')",
			"matter_id,n_cases,n_orgs,n_runs,total_s,union_s,at_a_time\nM,2,2,4,16200,10800,1.5\ns,1,2,2,7200,7200,1\n",
		},
		{
			"select matter_id from concurrency(date '2026-03-01', date '2026-04-01', least_cases := 2)",
			"matter_id\nM\n",
		},
		{
			"select actor_id, n, total_s, busy_s, at_a_time from multitasking(date '2026-03-02', date '2026-03-03') order by actor_id",
			"actor_id,n,total_s,busy_s,at_a_time\na1,3,12600,10800,1.1666666666666667\na2,1,3600,3600,1\n",
		},
		{
			"select actor_id, n, span_s from batches(date '2026-03-05', date '2026-03-06', within_s := 61, least_n := 6)",
			"actor_id,n,span_s\na9,6,241\n",
		},
		{
			"select process_code, step_code, n, waiting_share, not_pass_share, waiting_work_s from cut_candidates(least_n := 2)",
			"process_code,step_code,n,waiting_share,not_pass_share,waiting_work_s\nP3,W,2,0.9333333333333333,0,50400\n",
		},
	} {
		if got := ask(t, db, c.query); got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", c.query, got, c.want)
		}
	}
}

// A unit is asked about with variant_figures, and rarefied to any number: of 10 cases on 6, 2, 1 and 1, two drawn ones hold
// (1 − 6/45) + (1 − 28/45) + 2·(1 − 36/45) variants.
func TestVariantFigures(t *testing.T) {
	db := openStory(t, "variants_of_a_process")
	got := ask(t, db, `select n_cases, n_variants, top_1_share, top_5_share, cover_80, entropy_bits, rarefied
		from variant_figures(date '2026-01-01', date '2027-01-01', process := 'P1', org := 'O1', drawn := 2)`)
	want := "n_cases,n_variants,top_1_share,top_5_share,cover_80,entropy_bits,rarefied\n10,4,0.6,1,2,1.5709506,1.644445\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := ask(t, db, `select process_code from variant_figures(date '2026-01-01', date '2027-01-01', org := 'O2')`); got != "process_code\n" {
		t.Errorf("another unit has %q", got)
	}
}

// openStory transforms what a story gives and opens the version.
func openStory(t *testing.T, name string) *duck.DB {
	t.Helper()
	lake := transformtest.NewLake(t, sql.Project(), "Asia/Shanghai")
	for _, table := range []string{"step", "work", "rejects"} {
		if text, err := os.ReadFile(filepath.Join("cases", name, "given", table+".csv")); err == nil {
			lake.Add(t, table, text)
		}
	}
	lists := map[string][]byte{}
	files, err := filepath.Glob(filepath.Join("cases", name, "given", "lists", "*.csv"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if lists[filepath.Base(file[:len(file)-len(".csv")])], err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	}
	if len(lists) > 0 {
		lake.AddLists(t, lists)
	}
	return transformtest.Run(t, lake, sql.Project(), time.Time{})
}

// ask returns the rows of a query as CSV.
func ask(t *testing.T, db *duck.DB, query string) string {
	t.Helper()
	rows, err := db.Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := duck.Write(&out, rows, "csv"); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
