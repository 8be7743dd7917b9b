package sql_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/dutyflow/dutyflow/sql"
	"github.com/dutyflow/dutyflow/transform/transformtest"
	"github.com/dutyflow/dutyflow/warehouse/duck"
)

func query(t *testing.T, db *duck.DB, text string) string {
	t.Helper()
	rows, err := db.Query(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := duck.Write(&b, rows, "csv"); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A percentile from the histogram is within 1 % of the order statistic, for every duration that has one, from no time at
// all to years.
func TestMetricApprox_isWithinOnePercent(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 5))
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.FixedZone("", 8*3600))
	var text strings.Builder
	text.WriteString("case_id,action,event_time,step_code,arrived_at,started_at,process_code,finish_kind\n")
	for i := range 300 {
		// log-uniform from a microsecond to a month, and some of no length
		stay := time.Duration(float64(time.Microsecond) * pow10(r.Float64()*12.4))
		if i%17 == 0 {
			stay = 0
		}
		at := func(d time.Duration) string { return start.Add(d).Format("2006-01-02T15:04:05.000000Z07:00") }
		fmt.Fprintf(&text, "c%d,accept,%s,,,,P%d,\n", i, at(0), i%3)
		fmt.Fprintf(&text, "c%d,step_end,%s,A,%s,%s,P%d,\n", i, at(stay), at(0), at(stay/3), i%3)
		fmt.Fprintf(&text, "c%d,finish,%s,,,,P%d,normal\n", i, at(stay), i%3)
	}
	lake := transformtest.NewLake(t, sql.Project(), "Asia/Shanghai")
	lake.Add(t, "step", []byte(text.String()))
	db := transformtest.Run(t, lake, sql.Project(), time.Time{})
	for _, id := range []string{"M10", "M12", "M12b", "M13"} {
		for _, process := range []string{"*", "P1"} {
			wrong := query(t, db, fmt.Sprintf(`
with single as (
    select clock, us / 1e6 as s, row_number() over (partition by clock order by us) as rank, count(*) over (partition by clock) as n
    from pop_duration
    where metric_id = '%[1]s' and ('%[2]s' = '*' or process_code = '%[2]s')
), exact as (
    select clock, 'p' || p || '_approx' as stat, s, n
    from single, (values (50), (90), (95)) as asked(p)
    where rank = (p * n + 99) // 100
)
select count(*) as rows, count(*) filter (abs(told.value - exact.s) > 0.01 * exact.s) as wrong, count(*) filter (told.n <> exact.n) as miscounted
from exact join metric_approx('%[1]s', '2026-01-01', '2030-01-01', process := '%[2]s') as told using (clock, stat)`, id, process))
			if wrong != "rows,wrong,miscounted\n6,0,0\n" {
				t.Errorf("%s of process %s: %s", id, process, wrong)
			}
		}
	}
}

func pow10(x float64) float64 {
	p := 1.0
	for ; x >= 1; x-- {
		p *= 10
	}
	return p * (1 + 9*x)
}

// Open cases and abnormal ends are neither left out of a cohort's duration nor taken for finished ones. Of four cases
// accepted at 09:00 one finishes after a day, one is withdrawn after two, one finishes after three, one is open on the
// fourth: a quarter, then half of the half that is left, have finished, and nine tenths are not reached.
func TestCohortSurvival(t *testing.T) {
	lake := transformtest.NewLake(t, sql.Project(), "Asia/Shanghai")
	lake.Add(t, "step", []byte(`case_id,action,event_time,finish_kind
a,accept,2026-03-02T09:00:00+08:00,
b,accept,2026-03-02T09:00:00+08:00,
c,accept,2026-03-02T09:00:00+08:00,
d,accept,2026-03-02T09:00:00+08:00,
a,finish,2026-03-03T09:00:00+08:00,normal
b,finish,2026-03-04T09:00:00+08:00,withdrawn
c,finish,2026-03-05T09:00:00+08:00,normal
other,accept,2026-04-02T09:00:00+08:00,
`))
	asOf, err := time.Parse(time.RFC3339, "2026-03-06T09:00:00+08:00")
	if err != nil {
		t.Fatal(err)
	}
	db := transformtest.Run(t, lake, sql.Project(), asOf)
	got := query(t, db, "from cohort_survival('2026-03-01', '2026-04-01')")
	want := `clock,stat,value,more_than,n,n_finished,n_abnormal
wall,p50,259200,,4,2,1
wall,p90,,345600,4,2,1
work,p50,75600,,4,2,1
work,p90,,100800,4,2,1
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// The frequency of a step is told per case that entered it and per working day that has passed.
func TestStepFrequency(t *testing.T) {
	lake := transformtest.NewLake(t, sql.Project(), "Asia/Shanghai")
	lake.Add(t, "step", []byte(`case_id,action,event_time,step_code
a,step_end,2026-03-02T09:00:00+08:00,A
a,step_end,2026-03-03T09:00:00+08:00,A
b,step_end,2026-03-05T09:00:00+08:00,A
b,step_end,2026-03-09T09:00:00+08:00,A
`))
	db := transformtest.Run(t, lake, sql.Project(), time.Time{})
	got := query(t, db, "from step_frequency('2026-03-01', '2026-04-01')")
	want := "process_code,step_code,runs,cases,per_case,workdays,per_workday\nP1,A,4,2,2,6,0.6666666666666666\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
