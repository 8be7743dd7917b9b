package kafka_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/ingest/kafka"
)

func requireOffsets(t *testing.T, g got, want ...int64) {
	t.Helper()
	if !slices.Equal(g.offsets, want) {
		t.Fatalf("delivered %v, want %v", g.offsets, want)
	}
	for i, o := range g.offsets {
		if !strings.HasPrefix(g.values[i], value(o)) {
			t.Fatalf("record %d holds %q", o, g.values[i])
		}
	}
}

// The broker answers with the whole batch that covers an offset; what lies below the offset is not delivered again.
func TestFetch_RecordsBelowTheOffset(t *testing.T) {
	g := logOf(plain(0, 10), plain(10, 5)).open(t, nil)
	got, err := read(t, g, 7, 15)
	if err != nil {
		t.Fatal(err)
	}
	requireOffsets(t, got, 7, 8, 9, 10, 11, 12, 13, 14)
}

// A batch with a wrong checksum behind a good one in the same answer is not passed over: the good one is delivered, and
// then the partition stops at the bad one, naming its offset.
func TestFetch_BadChecksumBehindAGoodBatch(t *testing.T) {
	bad := plain(5, 5)
	bad.badCRC = true
	g := logOf(plain(0, 5), bad, plain(10, 5)).open(t, nil)
	got, err := read(t, g, 0, 15)
	if !errors.Is(err, ingest.ErrBadBatch) || !strings.Contains(err.Error(), "duty.step[0]@5") {
		t.Fatalf("err = %v", err)
	}
	requireOffsets(t, got, 0, 1, 2, 3, 4)
}

// A batch with a wrong checksum that comes first stops the partition after a few attempts.
func TestFetch_BadChecksumFirst(t *testing.T) {
	bad := plain(0, 5)
	bad.badCRC = true
	l := logOf(bad, plain(5, 5))
	g := l.open(t, nil)
	got, err := read(t, g, 0, 10)
	if !errors.Is(err, ingest.ErrBadBatch) || !ingest.IsStop(err) {
		t.Fatalf("err = %v", err)
	}
	requireOffsets(t, got)
	if len(l.fetches) < 2 {
		t.Fatal("a batch must be asked for again before it counts as broken")
	}
}

// A batch that compaction has emptied is stepped over to its exact end, wherever it lies and however long it is.
func TestFetch_EmptiedBatch(t *testing.T) {
	for name, c := range map[string]struct {
		log  *fakeLog
		from int64
		want []int64
	}{
		"alone in the answer":    {logOf(wide(plain(0, 2), spec{base: 2, last: 5001}, plain(5002, 2))...), 2, []int64{5002, 5003}},
		"behind a good batch":    {logOf(wide(plain(0, 2), spec{base: 2, last: 9}, plain(10, 1))...), 0, []int64{0, 1, 10}},
		"at the end of the log":  {logOf(wide(plain(0, 2), spec{base: 2, last: 77})...), 0, []int64{0, 1}},
		"one offset long":        {logOf(wide(spec{base: 0, last: 0}, plain(1, 1))...), 0, []int64{1}},
		"several in a row":       {logOf(wide(spec{base: 0, last: 6}, spec{base: 7, last: 7}, spec{base: 8, last: 1000}, plain(1001, 1))...), 3, []int64{1001}},
		"only its tail is gone":  {logOf(wide(spec{base: 0, last: 99, offsets: []int64{0, 3}}, plain(100, 1))...), 0, []int64{0, 3, 100}},
		"read from its middle":   {logOf(wide(spec{base: 0, last: 99, offsets: []int64{0, 3}}, plain(100, 1))...), 50, []int64{100}},
		"a hole between batches": {logOf(wide(plain(0, 1), plain(40, 1))...), 0, []int64{0, 40}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, size := range []int{1 << 10, 1 << 20} { // one batch an answer, or all
				g := c.log.open(t, func(k *kafka.Config) { k.FetchMaxBytes = size })
				got, err := read(t, g, c.from, c.log.end())
				if err != nil {
					t.Fatal(err)
				}
				requireOffsets(t, got, c.want...)
				if got.next != c.log.end() {
					t.Fatalf("stands at %d, the log ends at %d", got.next, c.log.end())
				}
			}
		})
	}
}

// Markers are not delivered, and the offset that they take is stepped over.
func TestFetch_ControlBatch(t *testing.T) {
	l := logOf(plain(0, 2), control(7, 2, true), plain(3, 1), control(7, 4, false))
	got, err := read(t, l.open(t, nil), 0, 5)
	if err != nil {
		t.Fatal(err)
	}
	requireOffsets(t, got, 0, 1, 3)
}

// A committed transaction is delivered and an aborted one is not, also when both are mixed with each other and with
// records outside of transactions, and everything comes in the order of its offsets.
func TestFetch_Transactions(t *testing.T) {
	l := logOf(wide(
		txn(1, 0, 2), txn(2, 2, 2), plain(4, 1), txn(1, 5, 1),
		control(2, 6, false), // 2 aborts
		plain(7, 1), txn(2, 8, 1),
		control(1, 9, true),  // 1 commits
		control(2, 10, true), // the second transaction of 2 commits
		txn(1, 11, 1), control(1, 12, false),
		plain(13, 1),
	)...)
	want := []int64{0, 1, 4, 5, 7, 8, 13}
	for _, size := range []int{1 << 10, 1 << 20} {
		for from, skip := range map[int64]int{0: 0, 1: 1, 5: 3} {
			got, err := read(t, l.open(t, func(k *kafka.Config) { k.FetchMaxBytes = size }), from, 14)
			if err != nil {
				t.Fatal(err)
			}
			requireOffsets(t, got, want[skip:]...)
		}
	}
}

// Nothing behind an open transaction is delivered before its marker has come, and the position handed out stays before
// it: the ledger must not pass a record that is not in the lake.
func TestFetch_OpenTransactionHoldsThePosition(t *testing.T) {
	l := logOf(plain(0, 1), txn(1, 1, 1), plain(2, 1))
	g := l.open(t, nil)
	var c *ingest.Chunk
	next := int64(0)
	var delivered []int64
	for range 5 {
		var err error
		if c, err = g.Fetch(t.Context(), part0, next, 1<<20); err != nil {
			t.Fatal(err)
		}
		for _, r := range c.Records {
			delivered = append(delivered, r.Offset)
		}
		next = c.Next
	}
	if next != 1 || c.End != 1 || !slices.Equal(delivered, []int64{0}) {
		t.Fatalf("stands at %d with end %d, delivered %v", next, c.End, delivered)
	}
	l.mu.Lock()
	l.add(control(1, 3, true))
	l.mu.Unlock()
	got, err := read(t, g, next, 4)
	if err != nil {
		t.Fatal(err)
	}
	requireOffsets(t, got, 1, 2)
}

// A transaction of any size passes through, in order and once, in chunks that stay small: the broker says which are
// aborted, so nothing has to be kept until its end is known.
func TestFetch_LongTransactions(t *testing.T) {
	var specs []spec
	var want []int64
	offset := int64(0)
	for i := range 40 {
		s := txn(int64(1+i%2), offset, 5)
		s.size = 1 << 10
		specs = append(specs, s)
		offset += 5
		if i%2 == 0 {
			want = append(want, s.offsets...) // producer 1 commits, producer 2 aborts
		}
	}
	specs = append(specs, control(2, offset, false), plain(offset+1, 1), control(1, offset+2, true), plain(offset+3, 1))
	want = append(want, offset+1, offset+3)
	l := logOf(specs...)
	got, err := read(t, l.open(t, func(k *kafka.Config) { k.FetchMaxBytes = 10 << 10 }), 0, offset+4)
	if err != nil {
		t.Fatal(err)
	}
	requireOffsets(t, got, want...)
	if n := len(l.fetches); n > 50 {
		t.Fatalf("%d fetches for %d batches", n, len(specs))
	}
}

// An offset that is no longer on the broker is an error that says what is lost and how to go on; it is a gap when the
// operator chose so; and an offset beyond the end is never skipped to.
func TestFetch_OutOfRange(t *testing.T) {
	newLog := func() *fakeLog {
		l := logOf(plain(100, 5))
		l.first = 100
		return l
	}
	_, err := read(t, newLog().open(t, nil), 40, 105)
	if !errors.Is(err, ingest.ErrOffsetGone) || !strings.Contains(err.Error(), "60 offsets") || !strings.Contains(err.Error(), "skip-and-record") {
		t.Fatalf("err = %v", err)
	}
	skip := func(k *kafka.Config) { k.OutOfRange = kafka.SkipAndRecord }
	got, err := read(t, newLog().open(t, skip), 40, 105)
	if err != nil {
		t.Fatal(err)
	}
	requireOffsets(t, got, 100, 101, 102, 103, 104)
	if len(got.gaps) != 1 || got.gaps[0].From != 40 || got.gaps[0].To != 100 {
		t.Fatalf("gaps = %+v", got.gaps)
	}
	if _, err := read(t, newLog().open(t, skip), 200, 205); !errors.Is(err, ingest.ErrLogRewritten) || !ingest.IsStop(err) {
		t.Fatalf("err = %v", err)
	}
}

// A broker that announces records and hands out none is asked for more, and at last it is an error.
func TestFetch_Stalled(t *testing.T) {
	l := logOf(plain(0, 5))
	l.mute = true
	g := l.open(t, func(k *kafka.Config) { k.StallTimeout = time.Nanosecond })
	_, err := read(t, g, 0, 5)
	if !errors.Is(err, ingest.ErrStalled) || !ingest.IsStop(err) {
		t.Fatalf("err = %v", err)
	}
}

// A leader that has moved is not an end.
func TestFetch_LeaderChange(t *testing.T) {
	l := logOf(plain(0, 3))
	l.code = 6 // NOT_LEADER_OR_FOLLOWER
	got, err := read(t, l.open(t, nil), 0, 3)
	if err != nil {
		t.Fatal(err)
	}
	requireOffsets(t, got, 0, 1, 2)
}

// A batch larger than what was asked for comes whole.
func TestFetch_Oversize(t *testing.T) {
	big := plain(0, 2)
	big.size = 3 << 20
	got, err := read(t, logOf(big, plain(2, 1)).open(t, func(k *kafka.Config) { k.FetchMaxBytes = 64 << 10 }), 0, 3)
	if err != nil {
		t.Fatal(err)
	}
	requireOffsets(t, got, 0, 1, 2)
	if len(got.values[0]) != len(value(0))+big.size {
		t.Fatalf("value of %d bytes", len(got.values[0]))
	}
}
