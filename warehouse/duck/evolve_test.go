package duck_test

import (
	"slices"
	"testing"
	"time"

	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/duck"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
)

// A release with one more optional field takes over a lake: queries see the field in old and new files alike, and also
// when compaction has put both into one.
func TestAttachLake_newField(t *testing.T) {
	visit := warehouse.Table{
		Name:        "visit",
		Columns:     append([]warehouse.Column{{Name: "id", Type: warehouse.String, Required: true}}, warehouse.Provenance()...),
		PartitionBy: "_event_date", ByMonth: true, SortBy: []string{"id"}, Contract: "1.0",
	}
	wider := visit
	wider.Columns = append(slices.Clone(visit.Columns), warehouse.Column{Name: "fee", Type: warehouse.Decimal}, warehouse.Column{Name: "note", Type: warehouse.String})
	wider.Contract = "1.1"
	lake := warehousetest.New(t, []warehouse.Table{visit})
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	add := func(l *warehouse.Lake, table warehouse.Table, offset int64, row warehousetest.Row) {
		t.Helper()
		for name, v := range (warehousetest.Row{
			"_cluster": "c", "_topic": "duty.visit", "_partition": int32(0), "_offset": offset,
			"_kafka_ts": at, "_ingest_ts": at, "_event_date": at, "_quality": int32(0),
		}) {
			row[name] = v
		}
		files, err := l.Stage(t.Context(), table.Name, warehousetest.Batch(t, table, row))
		if err != nil {
			t.Fatal(err)
		}
		p := warehouse.Partition{Cluster: "c", Topic: "duty.visit"}
		from := offset
		if offset == 0 {
			from = warehouse.NoMark
		}
		m := warehouse.Move{Partition: p, From: from, To: warehouse.Mark{Next: offset + 1, Last: offset}}
		if err := l.Append(t.Context(), table.Name, warehouse.Append{Files: files, Moves: []warehouse.Move{m}}); err != nil {
			t.Fatal(err)
		}
	}
	db := open(t, "", duck.Options{Zone: "Asia/Shanghai"})
	require := func(want string) {
		t.Helper()
		pinned, err := lake.Pin(t.Context(), "visit")
		if err != nil {
			t.Fatal(err)
		}
		if err := db.AttachLake(t.Context(), pinned); err != nil {
			t.Fatal(err)
		}
		if got := write(t, db, "select id, fee, note from lake.visit order by id", "csv"); got != want {
			t.Errorf("got\n%swant\n%s", got, want)
		}
	}
	add(lake.Lake, visit, 0, warehousetest.Row{"id": "a"})
	l, err := warehouse.Create(t.Context(), lake.Config, []warehouse.Table{wider})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	require("id,fee,note\na,,\n") // before there is a file that has it
	add(l, wider, 1, warehousetest.Row{"id": "b", "fee": int64(1500), "note": "新"})
	add(lake.Lake, visit, 2, warehousetest.Row{"id": "c"}) // by a process that was open before
	const all = "id,fee,note\na,,\nb,1.500,新\nc,,\n"
	require(all)
	if _, err := l.Compact(t.Context(), warehouse.CompactOptions{Now: at.AddDate(1, 0, 0)}); err != nil {
		t.Fatal(err)
	}
	require(all)
}
