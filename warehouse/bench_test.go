package warehouse_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
)

// BenchmarkLake_Append commits 300 batches of 16 files each, one for each of 16 months, and shows what a commit costs
// at the end of them. Staging is not counted.
func BenchmarkLake_Append(b *testing.B) {
	const commits, months = 300, 16
	for b.Loop() {
		b.StopTimer()
		lake := warehousetest.New(b, []warehouse.Table{step})
		var early, late, slowest time.Duration
		for i := range int64(commits) {
			var rows []warehousetest.Row
			for m := range int64(months) {
				r := stepRow(p0, i*months+m)
				r["_event_date"] = time.Date(2024, time.Month(1+m), 1, 0, 0, 0, 0, time.UTC)
				rows = append(rows, r)
			}
			from := i * months
			if i == 0 {
				from = warehouse.NoMark
			}
			a := warehouse.Append{Files: stage(b, lake.Lake, rows...), Moves: moves(move(p0, from, (i+1)*months))}
			b.StartTimer()
			begin := time.Now()
			must(b, lake.Append(b.Context(), "step", a))
			took := time.Since(begin)
			b.StopTimer()
			switch {
			case i < 20:
				early += took
			case i >= commits-20:
				late += took
			}
			slowest = max(slowest, took)
		}
		ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
		b.ReportMetric(ms(early)/20, "ms/commit-first-20")
		b.ReportMetric(ms(late)/20, "ms/commit-last-20")
		b.ReportMetric(ms(slowest), "ms/commit-slowest")
		b.ReportMetric(float64(dirFiles(b, lake, "*")), "metadata-files")
		b.StartTimer()
	}
}

func dirFiles(tb testing.TB, lake *warehousetest.Lake, pattern string) int {
	tb.Helper()
	files, err := filepath.Glob(filepath.Join(lake.Dir(), "lake", "duty", "step", "metadata", pattern))
	must(tb, err)
	return len(files)
}

// BenchmarkLake_Stage writes one batch of 100,000 rows as one month.
func BenchmarkLake_Stage(b *testing.B) {
	const n = 100_000
	lake := warehousetest.New(b, []warehouse.Table{step})
	rows := make([]warehousetest.Row, n)
	for i := range rows {
		r := stepRow(p0, int64(i))
		r["case_id"] = fmt.Sprintf("440300-2024-%06d", (i*7919)%20000)
		r["_event_date"] = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
		r["event_time"] = time.Date(2024, 1, 1, 0, 0, i, 0, time.UTC)
		r["seq"], r["note"] = int64(i%9), []string{"受理", "审核", "办结"}[i%3]
		rows[i] = r
	}
	batch := warehousetest.Batch(b, step, rows...)
	var size int64
	for b.Loop() {
		files, err := lake.Stage(b.Context(), "step", batch)
		must(b, err)
		info, err := os.Stat(files[0].Path)
		must(b, err)
		size = info.Size()
		lake.Discard(files)
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(size)/n, "bytes/row")
}

// BenchmarkLake_Compact merges a month of 20 files of 50,000 rows each, which is what an evening of ingest leaves, and
// shows rows a second and how much of the heap was in use at most.
func BenchmarkLake_Compact(b *testing.B) {
	const files, n = 20, 50_000
	for b.Loop() {
		b.StopTimer()
		lake := warehousetest.New(b, []warehouse.Table{step})
		for f := range int64(files) {
			rows := make([]warehousetest.Row, n)
			for i := range rows {
				o := f*n + int64(i)
				r := stepRow(p0, o)
				r["case_id"] = fmt.Sprintf("440300-2024-%07d", (o*7919)%200_000)
				r["_event_date"] = time.Date(2024, 2, 1, 0, 0, 0, 0, time.UTC)
				r["note"] = fmt.Sprintf("第%d次办理，材料齐全，按时办结", o%977)
				rows[i] = r
			}
			from := f * n
			if f == 0 {
				from = warehouse.NoMark
			}
			must(b, lake.Append(b.Context(), "step", warehouse.Append{Files: stage(b, lake.Lake, rows...), Moves: moves(move(p0, from, (f+1)*n))}))
		}
		b.StartTimer()
		begin := time.Now()
		live := watchHeap()
		result := compact(b, lake.Lake, warehouse.CompactOptions{})
		took := time.Since(begin)
		most := live()
		b.StopTimer()
		var rows, before, after int64
		for _, s := range result.Steps {
			rows, before, after = rows+s.Rows, before+s.Bytes, after+s.BytesAfter
		}
		b.ReportMetric(float64(rows)/took.Seconds(), "rows/s")
		b.ReportMetric(float64(most)/(1<<20), "MiB-live")
		b.ReportMetric(float64(after)/float64(before), "bytes-after/before")
		b.StartTimer()
	}
}

// watchHeap looks now and then at what the heap holds once garbage is gone, until the function that it returns asks for
// the most that it saw beyond what was there before.
func watchHeap() func() uint64 {
	held := func() uint64 {
		runtime.GC()
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		return s.HeapAlloc
	}
	before := held()
	stop, done := make(chan struct{}), make(chan uint64)
	go func() {
		most := uint64(0)
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				done <- most
				return
			case <-tick.C:
				most = max(most, held())
			}
		}
	}()
	return func() uint64 { close(stop); return max(<-done, before) - before }
}
