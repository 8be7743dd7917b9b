package duck_test

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/duck"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
)

// kinds has a column of each type.
var kinds = warehouse.Table{
	Name: "kinds", Contract: "1.0", SortBy: []string{"entity", "at"},
	Columns: []warehouse.Column{
		{Name: "n", Type: warehouse.Int64, Required: true},
		{Name: "entity", Type: warehouse.String, Required: true},
		{Name: "few", Type: warehouse.String},
		{Name: "many", Type: warehouse.String},
		{Name: "never", Type: warehouse.String},
		{Name: "at", Type: warehouse.Timestamp, Required: true},
		{Name: "small", Type: warehouse.Int32},
		{Name: "wild", Type: warehouse.Int32},
		{Name: "seq", Type: warehouse.Int64},
		{Name: "day", Type: warehouse.Date},
		{Name: "lim", Type: warehouse.Decimal},
		{Name: "amount", Type: warehouse.Decimal},
		{Name: "yes", Type: warehouse.Bool},
		{Name: "raw", Type: warehouse.Binary},
	},
}

// DuckDB reads from a data file what was staged, with every type and any share of nulls, and its filters, which skip by
// the statistics of the file, find every row.
func TestFiles_duckDBSeesWhatWasStaged(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{kinds})
	db := open(t, "", duck.Options{Zone: "UTC", Threads: 1, MemoryLimit: 300 << 20})
	for seed, n := range []int{1, 9, 500, 9000} {
		r := rand.New(rand.NewPCG(uint64(seed), 8))
		share := []int{0, 2, 40}
		rows := make([]warehousetest.Row, n)
		var want strings.Builder
		small := map[int32]int{}
		want.WriteString("n,entity,few,many,never,micros,small,wild,seq,day,lim,amount,yes,raw\n")
		for i := range rows {
			row := warehousetest.Row{
				"n": int64(i), "entity": fmt.Sprintf("C-%04d", r.IntN(n/4+1)), "at": time.UnixMicro(r.Int64N(1e15)).UTC(),
			}
			values := map[string]any{
				"few": []string{"受理", "办结", strings.Repeat("长", 100)}[r.IntN(3)], "many": fmt.Sprintf("e%x", r.Uint32()),
				"small": int32(r.IntN(5)), "wild": int32(r.Uint32()), "seq": r.Int64() - r.Int64(),
				"day": time.Unix(int64(r.IntN(20000))*86400, 0).UTC(), "lim": int64(r.IntN(9)) * 500, "amount": r.Int64N(1e17) - r.Int64N(1e17),
				"yes": r.IntN(2) == 0, "raw": []byte{byte(r.Uint32()), 0xff, 0},
			}
			text := func(name string, show func(v any) string) string {
				k := share[int(name[0])%len(share)]
				if k > 0 && r.IntN(k) > 0 {
					return ""
				}
				row[name] = values[name]
				return show(values[name])
			}
			fmt.Fprintf(&want, "%d,%s,%s,%s,,%d,%s,%s,%s,%s,%s,%s,%s,%s\n", i, row["entity"], text("few", plain), text("many", plain),
				row["at"].(time.Time).UnixMicro(), text("small", plain), text("wild", plain), text("seq", plain),
				text("day", func(v any) string { return v.(time.Time).Format(time.DateOnly) }),
				text("lim", plain), text("amount", plain), text("yes", plain),
				text("raw", func(v any) string { return strings.ToUpper(hex.EncodeToString(v.([]byte))) }))
			if v, ok := row["small"].(int32); ok {
				small[v]++
			}
			rows[i] = row
		}
		files, err := lake.Stage(t.Context(), "kinds", warehousetest.Batch(t, kinds, rows...))
		if err != nil {
			t.Fatal(err)
		}
		from := fmt.Sprintf(" from read_parquet('%s')", files[0].Path)
		got := write(t, db, "select n, entity, few, many, never, epoch_us(\"at\") as micros, small, wild, seq, day, (lim::decimal(38,3) * 1000)::bigint as lim, "+
			"(amount::decimal(38,3) * 1000)::bigint as amount, yes, hex(raw) as raw"+from+" order by n", "csv")
		if got != want.String() {
			t.Errorf("%d rows: DuckDB reads\n%.2000s\nwant\n%.2000s", n, got, want.String())
		}
		for v := range int32(6) {
			if got := write(t, db, fmt.Sprintf("select count(*) as n%s where small = %d", from, v), "csv"); got != fmt.Sprintf("n\n%d\n", small[v]) {
				t.Errorf("%d rows: %s rows where small = %d, want %d", n, got, v, small[v])
			}
		}
		for _, i := range []int{0, n / 2, n - 1} {
			at := rows[i]["at"].(time.Time)
			where := fmt.Sprintf("select count(*) >= 1 as found%s where entity = '%s' and \"at\" = make_timestamptz(%d) and n = %d", from, rows[i]["entity"], at.UnixMicro(), i)
			if got := write(t, db, where, "csv"); got != "found\ntrue\n" {
				t.Errorf("%d rows: row %d is not found by its entity and time: %s", n, i, got)
			}
		}
		lake.Discard(files)
	}
}

func plain(v any) string { return fmt.Sprint(v) }
