package sql_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/dutyflow/dutyflow/sql"
	"github.com/dutyflow/dutyflow/transform/transformtest"
)

// The working time between two instants is what a count of every single minute comes to, on thousands of random intervals:
// over holidays and make-up days, in a county with summer hours, a day of its own and a short day, and in the nation.
func TestWorkSeconds_equalCountOfMinutes(t *testing.T) {
	const intervals = 4000
	lake := transformtest.NewLake(t, sql.Project(), "Asia/Shanghai")
	lake.AddLists(t, map[string][]byte{"calendar": []byte(`calendar_id,date,day_kind,name,intervals,valid_from,valid_to
COUNTY,2026-03-04,rest,赶集,,,
COUNTY,2026-03-05,work,,08:30-11:00,,
COUNTY,2026-03-07,makeup_work,,09:00-12:00 13:00-16:00 19:00-20:00,,
COUNTY,,,,08:00-12:00 15:00-18:00,2026-05-01,2026-10-01
`)})
	db := transformtest.Run(t, lake, sql.Project(), time.Time{})
	r := rand.New(rand.NewPCG(11, 13))
	first := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	var values strings.Builder
	for i := range intervals {
		from := first.Add(time.Duration(r.IntN(2*365*24*60)) * time.Minute)
		// most are a few days long, some begin and end in the same hour, some span months
		length := r.IntN([]int{60, 2 * 24 * 60, 15 * 24 * 60, 90 * 24 * 60}[i%4])
		to := from.Add(time.Duration(length) * time.Minute)
		if i > 0 {
			values.WriteString(", ")
		}
		fmt.Fprintf(&values, "(%d, '%s', timestamp '%s', timestamp '%s')", i, []string{"CN", "COUNTY"}[i/4%2],
			from.Format(time.DateTime), to.Format(time.DateTime))
	}
	// A minute is worked when its day is, and it begins inside one of the day's intervals. The days are those of the notices
	// and of the list above; nothing here is cumulated or subtracted.
	got := query(t, db, `
with asked as (
    select i, calendar_id, f, t, timezone('Asia/Shanghai', f) as from_at, timezone('Asia/Shanghai', t) as to_at
    from (values `+values.String()+`) as asked(i, calendar_id, f, t)
), days as (
    select calendar_id, date, is_work, s1, e1, s2, e2, s3, e3, s4, e4
    from dim_date
    where calendar_id in ('CN', 'COUNTY') and date between '2025-01-01' and '2027-06-30' and is_work
), open_minute as (
    select days.calendar_id, days.date + to_microseconds(m * 60000000) as minute
    from days, range(0, 1440) as of_day(m)
    where (m * 60000000 >= s1 and m * 60000000 < e1) or (m * 60000000 >= s2 and m * 60000000 < e2)
        or (m * 60000000 >= s3 and m * 60000000 < e3) or (m * 60000000 >= s4 and m * 60000000 < e4)
), minutes as (
    select asked.i, count(open_minute.minute) as n
    from asked
    left join open_minute on asked.calendar_id = open_minute.calendar_id
        and open_minute.minute >= asked.f and open_minute.minute < asked.t
    group by asked.i
)
select count(*) as intervals, count(*) filter (n > 0) > 2000 as most_hold_some,
    count(*) filter (work_seconds(from_at, to_at, calendar := asked.calendar_id) is distinct from n * 60) as wrong
from asked join minutes using (i)`)
	if want := fmt.Sprintf("intervals,most_hold_some,wrong\n%d,true,0\n", intervals); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	golden := query(t, db, `
select minutes, work_seconds(f, t)::integer // 60 as counted from (values
    (540, timestamptz '2026-02-13 16:30:00+08', timestamptz '2026-02-24 09:30:00+08'),
    (60, '2026-09-30 17:00:00+08', '2026-10-08 09:00:00+08'),
    (60, '2026-05-08 17:00:00+08', '2026-05-09 09:00:00+08'),
    (0, '2026-09-19 09:00:00+08', '2026-09-19 18:00:00+08'),
    (60, '2025-01-27 17:00:00+08', '2025-02-05 09:00:00+08'),
    (510, '2026-02-28 11:00:00+08', '2026-03-02 14:30:00+08')
) as golden(minutes, f, t) where minutes is distinct from work_seconds(f, t)::integer // 60`)
	if golden != "minutes,counted\n" {
		t.Errorf("golden intervals that come out otherwise:\n%s", golden)
	}
}
