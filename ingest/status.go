package ingest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dutyflow/dutyflow/warehouse"
)

// Status is how far a run has come. The counts are those of this run.
type Status struct {
	Records int64 // read and decoded
	Bytes   int64 // of their values
	Rows    int64 // committed to the record tables
	Rejects int64 // committed to duty.rejects, gaps included
	Skipped int64 // broke their contract in a topic whose policy is PoisonSkip
	Files   int64 // committed data files
	Commits int64 // batches
	Lag     int64 // offsets between what has been decoded and what the broker has
}

// tracker keeps the Status and where each partition stands, and calls back. Its times are for measuring how long ago
// something was: they carry the monotonic clock, so a clock that is set does not matter.
type tracker struct {
	report func(Status)

	mu     sync.Mutex
	now    Status
	places map[warehouse.Partition]*place
	joined bool      // the places are those of partitions that are being read
	joins  time.Time // when it last was not
	last   time.Time // of the last commit
}

// place is where a partition stands.
type place struct {
	fetched   int64
	committed int64
	end       int64     // what the broker said last
	heard     time.Time // when it did
	moved     time.Time // when committed last grew, or had reached the end
	kafka     int64     // Kafka time of the last record decoded, milliseconds; 0 when there was none
	event     int64     // event time of the last row decoded, microseconds; 0 when there was none
}

func newTracker(report func(Status)) *tracker {
	now := time.Now()
	return &tracker{report: report, places: make(map[warehouse.Partition]*place), joins: now, last: now}
}

// update changes the status under the lock and reports it. The callback runs under the lock too, so that it sees the
// states in order; it must not call back into the ingester.
func (t *tracker) update(change func(*Status)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	change(&t.now)
	if t.report != nil {
		t.report(t.now)
	}
}

// join says that partitions are being read, from these positions.
func (t *tracker) join(at time.Time, positions map[warehouse.Partition]warehouse.Mark) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.reset()
	t.joined = true
	for p, mark := range positions {
		t.places[p] = &place{fetched: mark.Next, committed: mark.Next, end: mark.Next, heard: at, moved: at}
	}
}

// leave drops the partitions, which may be somebody else's now.
func (t *tracker) leave(at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.reset()
	if t.joined {
		t.joined, t.joins = false, at
	}
}

func (t *tracker) reset() {
	clear(t.places)
	t.now.Lag = 0
}

// heard says what a fetch of a partition brought.
func (t *tracker) heard(at time.Time, p warehouse.Partition, next, end int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l, ok := t.places[p]
	if !ok {
		return
	}
	behind := max(0, end-next)
	t.now.Lag += behind - max(0, l.end-l.fetched)
	l.fetched, l.end, l.heard = next, max(end, next), at
	if end <= l.committed {
		l.moved = at
	}
}

// decoded says how old the last record of a partition is; event is 0 when that is not known.
func (t *tracker) decoded(p warehouse.Partition, kafka, event int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l, ok := t.places[p]; ok {
		l.kafka = kafka
		if event != 0 {
			l.event = event
		}
	}
}

// landed says what a commit reached.
func (t *tracker) landed(at time.Time, next map[warehouse.Partition]int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = at
	for p, to := range next {
		if l, ok := t.places[p]; ok && to > l.committed {
			l.committed, l.moved = to, at
		}
	}
}

func (t *tracker) status() Status {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.now
}

// sinceCommit is how long ago the last commit was, or the start when there was none.
func (t *tracker) sinceCommit(now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return now.Sub(t.last)
}

func gapDetail(g *Gap) string {
	return fmt.Sprintf("offsets %d to %d were not read: %s", g.From, g.To-1, g.Reason)
}

func sortStalls(found []stall) {
	slices.SortFunc(found, func(a, b stall) int {
		if c := strings.Compare(a.partition.Topic, b.partition.Topic); c != 0 {
			return c
		}
		return int(a.partition.ID - b.partition.ID)
	})
}

func sortMoves(moves []warehouse.Move) {
	slices.SortFunc(moves, func(a, b warehouse.Move) int {
		if c := strings.Compare(a.Topic, b.Topic); c != 0 {
			return c
		}
		return int(a.ID - b.ID)
	})
}
