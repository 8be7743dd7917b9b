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

// tracker keeps the Status and calls back.
type tracker struct {
	report func(Status)

	mu     sync.Mutex
	now    Status
	behind map[warehouse.Partition]int64
	last   time.Time // of the last commit
}

func newTracker(report func(Status)) *tracker {
	return &tracker{report: report, behind: make(map[warehouse.Partition]int64)}
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

func (t *tracker) lag(p warehouse.Partition, behind int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now.Lag += behind - t.behind[p]
	t.behind[p] = behind
}

// forget drops the lag of partitions that are somebody else's now.
func (t *tracker) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.behind)
	t.now.Lag = 0
}

func (t *tracker) committed(at time.Time) {
	t.mu.Lock()
	t.last = at
	t.mu.Unlock()
}

func (t *tracker) status() (Status, time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.now, t.last
}

func gapDetail(g *Gap) string {
	return fmt.Sprintf("offsets %d to %d were not read: %s", g.From, g.To-1, g.Reason)
}

func sortMoves(moves []warehouse.Move) {
	slices.SortFunc(moves, func(a, b warehouse.Move) int {
		if c := strings.Compare(a.Topic, b.Topic); c != 0 {
			return c
		}
		return int(a.ID - b.ID)
	})
}
