package sql_test

import (
	"strings"
	"testing"
	"time"

	"github.com/dutyflow/dutyflow/sql"
	"github.com/dutyflow/dutyflow/transform/transformtest"
	"github.com/dutyflow/dutyflow/warehouse/duck"
)

// What the macros cannot answer exactly they refuse, and say what to ask instead: a wrong id or unit, and a part of a month
// of what is kept by month. Durations have an exact answer for any span.
func TestMetricMacros_refuse(t *testing.T) {
	lake := transformtest.NewLake(t, sql.Project(), "Asia/Shanghai")
	lake.Add(t, "step", []byte("case_id,action,event_time,finish_kind\n"+
		"a,accept,2026-03-02T09:00:00+08:00,\na,finish,2026-03-03T09:00:00+08:00,normal\n"))
	db := transformtest.Run(t, lake, sql.Project(), time.Time{})
	for _, c := range []struct{ query, want string }{
		{"from metric('M10', '2026-03-02', '2026-03-04')", ""},
		{"from metric('M21b', '2026-03-01', '2026-04-01')", ""},
		{"from metric('M21b', '2026-03-02', '2026-04-01')", "metric M21b is kept by month; since and until must be first days of months"},
		{"from metric_change('M21b', '2026-03-01', '2026-03-16')", "metric M21b is kept by month"},
		{"from metric('M0', '2026-03-01', '2026-04-01')", `metric M0 is not declared; "from dim_metric" lists those that are`},
		{"from metric_rank('M21b', '2026-03-01', '2026-04-01', unit := 'office')", "unit office: one of org, section, post, region, sector, process, step"},
	} {
		rows, err := db.Query(t.Context(), c.query)
		if err == nil {
			var b strings.Builder
			err = duck.Write(&b, rows, "csv")
		}
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.query, err, c.want)
		}
	}
}
