package warehouse_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
)

// step is a record table as ingest declares it, cut down.
var step = warehouse.Table{
	Name: "step",
	Columns: slices.Concat([]warehouse.Column{
		{Name: "case_id", Type: warehouse.String, Required: true},
		{Name: "event_time", Type: warehouse.Timestamp, Required: true},
		{Name: "seq", Type: warehouse.Int64},
		{Name: "event_id", Type: warehouse.String, Required: true},
		{Name: "quantity", Type: warehouse.Decimal},
		{Name: "urgent", Type: warehouse.Bool},
		{Name: "due_date", Type: warehouse.Date},
		{Name: "round", Type: warehouse.Int32},
		{Name: "note", Type: warehouse.String},
		{Name: "ext", Type: warehouse.String, NoBounds: true},
	}, warehouse.Provenance()),
	PartitionBy: "_event_date",
	ByMonth:     true,
	SortBy:      []string{"case_id", "event_time", "seq", "event_id"},
	Contract:    "1.0",
	Doc:         "a case enters or leaves a step",
}

var (
	p0 = warehouse.Partition{Cluster: "c1", Topic: "duty.step", ID: 0}
	p1 = warehouse.Partition{Cluster: "c1", Topic: "duty.step", ID: 1}
	p2 = warehouse.Partition{Cluster: "c1", Topic: "duty.step", ID: 2}
)

func move(p warehouse.Partition, from, to int64) warehouse.Move {
	return warehouse.Move{Partition: p, From: from, To: mark(to)}
}

func mark(next int64) warehouse.Mark {
	return warehouse.Mark{Next: next, Timestamp: 1_700_000_000_000 + next, CRC: uint32(next) * 7, Last: next - 1}
}

func moves(m ...warehouse.Move) []warehouse.Move { return m }

// stepRow is the row of an offset: always the same one.
func stepRow(p warehouse.Partition, offset int64) warehousetest.Row {
	at := time.Date(2024, 1, 31, 20, 0, 0, 0, time.UTC).Add(time.Duration(offset) * time.Hour)
	return warehousetest.Row{
		"case_id": fmt.Sprintf("case-%03d", (offset*7)%50), "event_time": at, "event_id": fmt.Sprintf("e-%d-%d", p.ID, offset),
		"_cluster": p.Cluster, "_topic": p.Topic, "_partition": p.ID, "_offset": offset,
		"_kafka_ts": at, "_ingest_ts": at, "_event_date": at, "_quality": int32(0),
	}
}

func stepRows(p warehouse.Partition, from, to int64) []warehousetest.Row {
	var rows []warehousetest.Row
	for o := from; o < to; o++ {
		rows = append(rows, stepRow(p, o))
	}
	return rows
}

func rejectRow(p warehouse.Partition, offset int64) warehousetest.Row {
	at := time.Date(2024, 2, 1, 0, 0, 0, 0, time.UTC)
	return warehousetest.Row{
		"_cluster": p.Cluster, "_topic": p.Topic, "_partition": p.ID, "_offset": offset,
		"_kafka_ts": at, "_ingest_ts": at, "_ingest_date": at, "reason": "not_json", "raw": []byte("{"),
	}
}

func rejectBatch(t testing.TB, p warehouse.Partition, offsets ...int64) arrow.RecordBatch {
	t.Helper()
	var rows []warehousetest.Row
	for _, o := range offsets {
		rows = append(rows, rejectRow(p, o))
	}
	return warehousetest.Batch(t, warehouse.Rejects, rows...)
}

// stage makes the files of some rows.
func stage(t testing.TB, l *warehouse.Lake, rows ...warehousetest.Row) []warehouse.File {
	t.Helper()
	files, err := l.Stage(t.Context(), step.Name, warehousetest.Batch(t, step, rows...))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// put appends the rows of offsets [from, to) of a partition.
func put(t testing.TB, l *warehouse.Lake, p warehouse.Partition, from, to int64) error {
	t.Helper()
	start := from
	if from == 0 {
		from = warehouse.NoMark
	}
	return l.Append(t.Context(), step.Name, warehouse.Append{
		Files: stage(t, l, stepRows(p, start, to)...), Moves: moves(move(p, from, to)),
	})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantErr(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got error %v, want %v", err, want)
	}
}

func requireLedger(t testing.TB, l *warehouse.Lake, table string, want warehouse.Ledger) {
	t.Helper()
	got, err := l.Ledger(t.Context(), table)
	must(t, err)
	if !maps.Equal(got, want) {
		t.Errorf("ledger of %s is %v, want %v", table, got, want)
	}
}

// requireOffsets compares the delivery keys in a table with partition:offset of every row that must be there, once.
func requireOffsets(t testing.TB, l *warehousetest.Lake, table string, want map[warehouse.Partition][]int64) {
	t.Helper()
	got := map[warehouse.Partition][]int64{}
	for _, r := range l.Rows(table) {
		p := warehouse.Partition{Cluster: r["_cluster"].(string), Topic: r["_topic"].(string), ID: r["_partition"].(int32)}
		got[p] = append(got[p], r["_offset"].(int64))
	}
	for p := range got {
		slices.Sort(got[p])
	}
	if !maps.EqualFunc(got, want, slices.Equal[[]int64]) {
		t.Errorf("%s holds offsets %v, want %v", table, got, want)
	}
}

func offsets(from, to int64) []int64 {
	var list []int64
	for o := from; o < to; o++ {
		list = append(list, o)
	}
	return list
}

// Rows and ledger arrive together, and the next batch goes on where the one before ended.
func TestLake_Append(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step})
	must(t, put(t, lake.Lake, p0, 0, 10))
	must(t, put(t, lake.Lake, p0, 10, 25))
	requireLedger(t, lake.Lake, "step", warehouse.Ledger{p0: mark(25)})
	requireOffsets(t, lake, "step", map[warehouse.Partition][]int64{p0: offsets(0, 25)})
}

// A commit whose answer was lost must not be repeated: the ledger in the lake says that it landed.
func TestLake_Append_answerLost(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step}, warehousetest.LoseAnswer(2))
	must(t, put(t, lake.Lake, p0, 0, 10))
	must(t, put(t, lake.Lake, p0, 10, 20))
	requireOffsets(t, lake, "step", map[warehouse.Partition][]int64{p0: offsets(0, 20)})
	if n := snapshots(t, lake.Lake, "step"); n != 2 {
		t.Errorf("the table has %d snapshots, want 2", n)
	}
}

// A caller that gave up and asks again with the same moves gets the answer that it missed.
func TestLake_Append_again(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step})
	a := warehouse.Append{Files: stage(t, lake.Lake, stepRows(p0, 0, 5)...), Moves: moves(move(p0, warehouse.NoMark, 5))}
	must(t, lake.Append(t.Context(), "step", a))
	must(t, lake.Append(t.Context(), "step", a))
	requireOffsets(t, lake, "step", map[warehouse.Partition][]int64{p0: offsets(0, 5)})
}

// A cancelled caller learns whether its commit landed; it is never told that it did not when it did.
func TestLake_Append_cancelledAfterCommit(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	lake := warehousetest.New(t, []warehouse.Table{step}, func(c *warehouse.Config) {
		c.Faults.Answer = func(string) error { cancel(); return context.Canceled }
	})
	files := stage(t, lake.Lake, stepRows(p0, 0, 5)...)
	must(t, lake.Append(ctx, "step", warehouse.Append{Files: files, Moves: moves(move(p0, warehouse.NoMark, 5))}))
	requireOffsets(t, lake, "step", map[warehouse.Partition][]int64{p0: offsets(0, 5)})
}

// Two workers that own different partitions both land, whoever is first, also when the table has no snapshot yet.
func TestLake_Append_disjointPartitions(t *testing.T) {
	for name, before := range map[string]int64{"first snapshot": 1, "later snapshot": 2} {
		t.Run(name, func(t *testing.T) {
			var other func()
			lake := warehousetest.New(t, []warehouse.Table{step}, warehousetest.BeforeCommit(before, func() { other() }))
			second := lake.Another()
			other = func() { must(t, put(t, second, p1, 0, 8)) }
			want := map[warehouse.Partition][]int64{p0: offsets(0, 5), p1: offsets(0, 8)}
			if before == 2 {
				must(t, put(t, lake.Lake, p2, 0, 3))
				want[p2] = offsets(0, 3)
			}
			must(t, put(t, lake.Lake, p0, 0, 5))
			requireOffsets(t, lake, "step", want)
		})
	}
}

// Of two workers that believe to own the same partition one lands and the other is fenced, and leaves nothing behind.
func TestLake_Append_samePartition(t *testing.T) {
	var other func()
	lake := warehousetest.New(t, []warehouse.Table{step}, warehousetest.BeforeCommit(2, func() { other() }))
	second := lake.Another()
	must(t, put(t, lake.Lake, p0, 0, 5))
	other = func() { must(t, put(t, second, p0, 5, 7)) }
	files := stage(t, lake.Lake, stepRows(p0, 5, 9)...)
	wantErr(t, lake.Append(t.Context(), "step", warehouse.Append{Files: files, Moves: moves(move(p0, 5, 9))}), warehouse.ErrFenced)
	requireOffsets(t, lake, "step", map[warehouse.Partition][]int64{p0: offsets(0, 7)})
	for _, f := range files {
		if _, err := os.Stat(f.Path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the fenced worker's %s is still there (%v)", f.Path, err)
		}
	}
}

// One stale partition fences the whole commit: its other partitions may have moved with it.
func TestLake_Append_onePartitionStale(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step})
	must(t, put(t, lake.Lake, p0, 0, 5))
	files := stage(t, lake.Lake, slices.Concat(stepRows(p0, 3, 6), stepRows(p1, 0, 4))...)
	wantErr(t, lake.Append(t.Context(), "step", warehouse.Append{
		Files: files, Moves: moves(move(p0, 3, 6), move(p1, warehouse.NoMark, 4)),
	}), warehouse.ErrFenced)
	requireLedger(t, lake.Lake, "step", warehouse.Ledger{p0: mark(5)})
}

// A worker that slept through a rebalance and wakes up with its commit in hand must not add a row, whether the new
// owner has come as far as it, or further.
func TestLake_Append_zombie(t *testing.T) {
	for name, c := range map[string]struct {
		others []int64 // where the new owner's commits end
		want   error   // for the zombie, which wants 5 to 9
	}{
		"new owner read the same": {[]int64{9}, nil},
		"new owner is behind":     {[]int64{7}, warehouse.ErrFenced},
		"new owner is beyond":     {[]int64{9, 12}, warehouse.ErrFenced},
	} {
		t.Run(name, func(t *testing.T) {
			var other func()
			lake := warehousetest.New(t, []warehouse.Table{step}, warehousetest.BeforeCommit(2, func() { other() }))
			second := lake.Another()
			must(t, put(t, lake.Lake, p0, 0, 5))
			end := int64(5)
			other = func() {
				for _, to := range c.others {
					must(t, put(t, second, p0, end, to))
					end = to
				}
			}
			if err := put(t, lake.Lake, p0, 5, 9); !errors.Is(err, c.want) {
				t.Errorf("the zombie got %v, want %v", err, c.want)
			}
			requireOffsets(t, lake, "step", map[warehouse.Partition][]int64{p0: offsets(0, end)})
			lake.RequireSound()
		})
	}
}

// A commit that landed and was overtaken before its caller looked is fenced, but its files are live and must stay.
func TestLake_Append_overtakenAfterLostAnswer(t *testing.T) {
	var other func()
	lake := warehousetest.New(t, []warehouse.Table{step}, func(c *warehouse.Config) {
		c.Faults.Answer = func(string) error { other(); return warehousetest.ErrInjected }
	})
	second := lake.Another()
	other = func() { must(t, put(t, second, p0, 5, 8)) }
	wantErr(t, put(t, lake.Lake, p0, 0, 5), warehouse.ErrFenced)
	requireOffsets(t, lake, "step", map[warehouse.Partition][]int64{p0: offsets(0, 8)})
}

// A move of the ledger without a row makes a snapshot too. Otherwise two such commits would both succeed, and the
// second would erase the first one's entry.
func TestLake_Append_nothingButMoves(t *testing.T) {
	for name, before := range map[string]int64{"first snapshot": 1, "later snapshot": 2} {
		t.Run(name, func(t *testing.T) {
			var other func()
			lake := warehousetest.New(t, []warehouse.Table{step}, warehousetest.BeforeCommit(before, func() { other() }))
			second := lake.Another()
			empty := func(l *warehouse.Lake, p warehouse.Partition) {
				must(t, l.Append(t.Context(), "step", warehouse.Append{Moves: moves(move(p, warehouse.NoMark, 4))}))
			}
			want := warehouse.Ledger{p0: mark(4), p1: mark(4)}
			if before == 2 {
				empty(lake.Lake, p2)
				want[p2] = mark(4)
			}
			other = func() { empty(second, p1) }
			empty(lake.Lake, p0)
			requireLedger(t, lake.Lake, "step", want)
			if n := snapshots(t, lake.Lake, "step"); n != len(want) {
				t.Errorf("the table has %d snapshots, want %d", n, len(want))
			}
		})
	}
}

// Many workers at once: each entry arrives, each row once.
func TestLake_Append_concurrently(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step})
	var wg sync.WaitGroup
	want := map[warehouse.Partition][]int64{}
	for id := range int32(4) {
		p := warehouse.Partition{Cluster: "c1", Topic: "duty.step", ID: id}
		want[p] = offsets(0, 12)
		l := lake.Another()
		wg.Go(func() {
			for from := int64(0); from < 12; from += 3 {
				if err := put(t, l, p, from, from+3); err != nil {
					t.Errorf("%s: %v", p, err)
					return
				}
			}
		})
	}
	wg.Wait()
	requireOffsets(t, lake, "step", want)
}

// A crash between data and metadata leaves files that no snapshot names: harmless, and the batch can be written again.
func TestLake_Append_crash(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step}, warehousetest.Crash(1))
	orphans := stage(t, lake.Lake, stepRows(p0, 0, 5)...)
	wantErr(t, lake.Append(t.Context(), "step", warehouse.Append{Files: orphans, Moves: moves(move(p0, warehouse.NoMark, 5))}),
		warehousetest.ErrInjected)
	requireLedger(t, lake.Lake, "step", warehouse.Ledger{})
	next := lake.Another()
	must(t, put(t, next, p0, 0, 5))
	requireOffsets(t, lake, "step", map[warehouse.Partition][]int64{p0: offsets(0, 5)})
	for _, f := range orphans {
		if _, err := os.Stat(f.Path); err != nil {
			t.Errorf("a file whose commit may have landed was removed: %v", err)
		}
	}
}

// Whichever write fails, the commit fails or lands as a whole, and can be repeated with the same files.
func TestLake_Append_writeFails(t *testing.T) {
	for n := int64(1); n <= 4; n++ {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			lake := warehousetest.New(t, []warehouse.Table{step}, warehousetest.FailWrite(n))
			batch := warehousetest.Batch(t, step, stepRow(p0, 0))
			a := warehouse.Append{Moves: moves(move(p0, warehouse.NoMark, 1))}
			var failed int
			for a.Files == nil {
				files, err := lake.Stage(t.Context(), "step", batch)
				if a.Files = files; err != nil {
					failed++
				}
			}
			for lake.Append(t.Context(), "step", a) != nil {
				failed++
			}
			if failed != 1 {
				t.Errorf("%d calls failed, want 1", failed)
			}
			requireOffsets(t, lake, "step", map[warehouse.Partition][]int64{p0: {0}})
		})
	}
}

// What the protocol cannot recognise afterwards is refused before it begins.
func TestLake_Append_refused(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step})
	files := stage(t, lake.Lake, stepRow(p0, 0))
	for name, m := range map[string][]warehouse.Move{
		"no move":         nil,
		"move nowhere":    moves(move(p0, 4, 4)),
		"move backwards":  moves(move(p0, 4, 3)),
		"partition twice": moves(move(p0, 0, 3), move(p0, 3, 4)),
	} {
		if err := lake.Append(t.Context(), "step", warehouse.Append{Files: files, Moves: m}); err == nil {
			t.Errorf("%s: was accepted", name)
		}
	}
	lake.Discard(files)
}

// A crash between rejects and main commit doubles nothing: the next worker reads the same offsets again, in batches
// that are cut elsewhere, and rejects the same rows.
func TestLake_AppendRejects_crashBeforeMain(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step})
	must(t, lake.AppendRejects(t.Context(), "step", moves(move(p0, warehouse.NoMark, 10)), rejectBatch(t, p0, 3, 7)))
	// The first worker is gone. The second one reads 0 to 5, then 5 to 12.
	next := lake.Another()
	must(t, next.AppendRejects(t.Context(), "step", moves(move(p0, warehouse.NoMark, 5)), rejectBatch(t, p0, 3)))
	must(t, next.Append(t.Context(), "step", warehouse.Append{Moves: moves(move(p0, warehouse.NoMark, 5))}))
	must(t, next.AppendRejects(t.Context(), "step", moves(move(p0, 5, 12)), rejectBatch(t, p0, 7, 11)))
	must(t, next.Append(t.Context(), "step", warehouse.Append{Moves: moves(move(p0, 5, 12))}))
	requireOffsets(t, lake, "rejects", map[warehouse.Partition][]int64{p0: {3, 7, 11}})
	requireLedger(t, lake.Lake, "rejects", warehouse.Ledger{p0: mark(12)})
}

// A batch with two gaps of one partition is refused: the mark has the end of one.
func TestLake_AppendRejects_twoGaps(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step})
	m := move(p0, warehouse.NoMark, 100)
	m.To.Gap = 90
	gap := func(p warehouse.Partition, offset int64) warehousetest.Row {
		row := rejectRow(p, offset)
		row["reason"] = warehouse.OffsetGap
		return row
	}
	other := move(p1, warehouse.NoMark, 100)
	other.To.Gap = 40
	batch := warehousetest.Batch(t, warehouse.Rejects, gap(p0, 0), gap(p0, 70))
	wantErr(t, lake.AppendRejects(t.Context(), "step", moves(m), batch), warehouse.ErrSchema)
	must(t, lake.AppendRejects(t.Context(), "step", moves(m, other), warehousetest.Batch(t, warehouse.Rejects, gap(p0, 70), gap(p1, 0))))
}

// The ledger of duty.rejects never goes back: a batch that writes for one partition must not forget how far another
// one came before the crash.
func TestLake_AppendRejects_neverBack(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step})
	must(t, lake.AppendRejects(t.Context(), "step", moves(move(p0, warehouse.NoMark, 10)), rejectBatch(t, p0, 7)))
	next := lake.Another()
	both := moves(move(p0, warehouse.NoMark, 5), move(p1, warehouse.NoMark, 5))
	must(t, next.AppendRejects(t.Context(), "step", both, rejectBatch(t, p1, 2)))
	must(t, next.Append(t.Context(), "step", warehouse.Append{Moves: both}))
	requireLedger(t, lake.Lake, "rejects", warehouse.Ledger{p0: mark(10), p1: mark(5)})
	must(t, next.AppendRejects(t.Context(), "step", moves(move(p0, 5, 9)), rejectBatch(t, p0, 7)))
	requireOffsets(t, lake, "rejects", map[warehouse.Partition][]int64{p0: {7}, p1: {2}})
}

// A lost answer does not double rejects either.
func TestLake_AppendRejects_answerLost(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step}, warehousetest.LoseAnswer(1))
	must(t, lake.AppendRejects(t.Context(), "step", moves(move(p0, warehouse.NoMark, 10)), rejectBatch(t, p0, 3, 7)))
	must(t, lake.AppendRejects(t.Context(), "step", moves(move(p0, warehouse.NoMark, 10)), rejectBatch(t, p0, 3, 7)))
	requireOffsets(t, lake, "rejects", map[warehouse.Partition][]int64{p0: {3, 7}})
}

// A worker that was fenced in the main table stops before it writes rejects.
func TestLake_AppendRejects_fenced(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step})
	must(t, put(t, lake.Lake, p0, 0, 5))
	err := lake.AppendRejects(t.Context(), "step", moves(move(p0, 2, 6)), rejectBatch(t, p0, 3))
	wantErr(t, err, warehouse.ErrFenced)
	requireOffsets(t, lake, "rejects", map[warehouse.Partition][]int64{})
}

// Two workers that write rejects at the same time lose neither rows nor entries, on the first snapshot and later, and
// also when both read the same partition.
func TestLake_AppendRejects_concurrently(t *testing.T) {
	for name, c := range map[string]struct {
		other warehouse.Partition
		want  map[warehouse.Partition][]int64
	}{
		"disjoint": {p1, map[warehouse.Partition][]int64{p0: {3, 7}, p1: {3}}},
		"same":     {p0, map[warehouse.Partition][]int64{p0: {3, 7}}},
	} {
		t.Run(name, func(t *testing.T) {
			var other func()
			lake := warehousetest.New(t, []warehouse.Table{step}, warehousetest.BeforeCommit(1, func() { other() }))
			second := lake.Another()
			other = func() {
				must(t, second.AppendRejects(t.Context(), "step", moves(move(c.other, warehouse.NoMark, 5)), rejectBatch(t, c.other, 3)))
			}
			must(t, lake.AppendRejects(t.Context(), "step", moves(move(p0, warehouse.NoMark, 10)), rejectBatch(t, p0, 3, 7)))
			requireOffsets(t, lake, "rejects", c.want)
		})
	}
}

// Loads and lists have no ledger; a lost answer does not double them either, and neither does a second writer.
func TestLake_AppendRows(t *testing.T) {
	load := func(id string) warehousetest.Row {
		return warehousetest.Row{"load_id": id, "action": "start", "at": time.Date(2024, 2, 1, 0, 0, 0, 0, time.UTC)}
	}
	var other func()
	lake := warehousetest.New(t, []warehouse.Table{step}, warehousetest.LoseAnswer(1),
		func(c *warehouse.Config) { c.Faults.Commit = once(func() { other() }) })
	second := lake.Another()
	other = func() {
		must(t, second.AppendRows(t.Context(), "loads", warehousetest.Batch(t, warehouse.Loads, load("b"))))
	}
	must(t, lake.AppendRows(t.Context(), "loads", warehousetest.Batch(t, warehouse.Loads, load("a"))))
	var got []string
	for _, r := range lake.Rows("loads") {
		got = append(got, r["load_id"].(string))
	}
	slices.Sort(got)
	if !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("loads holds %v", got)
	}
}

func once(f func()) func(string) error {
	var o sync.Once
	return func(string) error { o.Do(f); return nil }
}

// A lake that is opened again has the ledger that it had, to the last field.
func TestLake_Ledger_reopened(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step})
	odd := warehouse.Partition{Cluster: `load:"a"/ü`, Topic: "duty.step", ID: 3}
	want := warehouse.Ledger{p0: mark(4), p1: {Next: 0, Last: -1}, odd: {Next: 1 << 60, Timestamp: -1, CRC: 1<<32 - 1, Last: 5}}
	for p, m := range want {
		must(t, lake.Append(t.Context(), "step", warehouse.Append{Moves: moves(warehouse.Move{Partition: p, From: warehouse.NoMark, To: m})}))
	}
	requireLedger(t, lake.Another(), "step", want)
}

// Metadata files do not pile up: with each commit the oldest one goes.
func TestLake_manyCommits(t *testing.T) {
	lake := warehousetest.New(t, []warehouse.Table{step})
	const commits = 60
	for i := range int64(commits) {
		from := i
		if i == 0 {
			from = warehouse.NoMark
		}
		must(t, lake.Append(t.Context(), "step", warehouse.Append{Moves: moves(move(p0, from, i+1))}))
	}
	files, err := filepath.Glob(filepath.Join(lake.Dir(), "lake", "duty", "step", "metadata", "*.metadata.json"))
	must(t, err)
	if len(files) > 21 {
		t.Errorf("%d metadata files after %d commits, want at most 21", len(files), commits)
	}
}

func snapshots(t testing.TB, l *warehouse.Lake, table string) int {
	t.Helper()
	all, err := l.Tables(t.Context())
	must(t, err)
	for _, s := range all {
		if s.Name == table {
			return s.Snapshots
		}
	}
	t.Fatalf("no table %s", table)
	return 0
}
