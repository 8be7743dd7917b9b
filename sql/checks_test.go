package sql_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/dutyflow/dutyflow/sql"
	"github.com/dutyflow/dutyflow/transform/transformtest"
	"github.com/dutyflow/dutyflow/warehouse/duck"
)

// A revision that names another case or record is a finding, because it counts in both; one that stays,
// or that the sender deleted in the old case, is none.
func TestEventInTwoEntities(t *testing.T) {
	lake := transformtest.NewLake(t, sql.Project(), "Asia/Shanghai")
	lake.Add(t, "step", []byte(`event_id,rev,case_id,action,event_time,op
moved,0,old,accept,2026-03-02T09:00:00+08:00,upsert
moved,1,new,accept,2026-03-02T09:00:00+08:00,upsert
stays,0,one,accept,2026-03-02T09:00:00+08:00,upsert
stays,1,one,accept,2026-03-02T10:00:00+08:00,upsert
cleared,0,two,accept,2026-03-02T09:00:00+08:00,upsert
cleared,1,two,accept,2026-03-02T09:00:00+08:00,delete
cleared,2,three,accept,2026-03-02T09:00:00+08:00,upsert
`))
	lake.Add(t, "work", []byte(`event_id,rev,record_id,event_time,work_date,task_code,phase,section_code,post_code,actor_id
moved,0,r1,2026-03-02T09:00:00+08:00,2026-03-02,T1,submit,S1,S1-1,a1
moved,1,r2,2026-03-02T09:00:00+08:00,2026-03-02,T1,submit,S1,S1-1,a1
stays,0,r3,2026-03-02T09:00:00+08:00,2026-03-02,T1,submit,S1,S1-1,a1
`))
	db := transformtest.Run(t, lake, sql.Project(), time.Time{})
	rows, err := db.Query(t.Context(), "select severity, rows from version_check where check_name = 'event_in_two_entities'")
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := duck.Write(&got, rows, "csv"); err != nil {
		t.Fatal(err)
	}
	if want := "severity,rows\nwarn,2\n"; got.String() != want {
		t.Errorf("the check found %q, want %q", got.String(), want)
	}
}
