package ingest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dutyflow/dutyflow/warehouse"
)

// How many partitions Health names.
const namedStalls = 5

// Health says whether the run gets anywhere: nil, or what stands still and for how long. A partition stands still when
// the broker has more than has been committed, or has not answered, and nothing of it was committed for
// Config.StallAfter; a worker does when it has waited that long for its partitions.
//
// A partition that has been read to its end does not stand still, however long nothing comes.
func (in *Ingester) Health() error {
	stalls := in.stalls(in.clock())
	if len(stalls) == 0 {
		return nil
	}
	var text []string
	for _, s := range stalls[:min(len(stalls), namedStalls)] {
		text = append(text, s.String())
	}
	if more := len(stalls) - len(text); more > 0 {
		text = append(text, fmt.Sprintf("and %d more", more))
	}
	return fmt.Errorf("%w: %s", ErrStalled, strings.Join(text, "; "))
}

// errNotReady is what Ready returns while there are no partitions.
var errNotReady = errors.New("waiting for partitions")

// Ready returns nil while this worker reads partitions, or has been told that there are none for it.
func (in *Ingester) Ready() error {
	in.track.mu.Lock()
	defer in.track.mu.Unlock()
	if !in.track.joined {
		return errNotReady
	}
	return nil
}

// stall is something that stands still.
type stall struct {
	partition warehouse.Partition // none: the worker, which waits for partitions
	committed int64
	end       int64
	silent    bool // the broker has not answered
	since     time.Duration
}

func (s stall) String() string {
	since := s.since.Round(time.Second)
	where := fmt.Sprintf("%s[%d]", s.partition.Topic, s.partition.ID)
	switch {
	case s.partition.Topic == "":
		return fmt.Sprintf("no partitions for %s: look whether the group keeps rebalancing and the brokers answer", since)
	case s.silent:
		return fmt.Sprintf("%s: nothing heard from the broker for %s", where, since)
	default:
		return fmt.Sprintf("%s: nothing committed for %s, at %d of %d", where, since, s.committed, s.end)
	}
}

// stalls lists what stands still, in order.
func (in *Ingester) stalls(now time.Time) []stall {
	t, after := in.track, in.cfg.StallAfter
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.joined {
		if since := now.Sub(t.joins); since > after {
			return []stall{{since: since}}
		}
		return nil
	}
	var found []stall
	for p, l := range t.places {
		if since := now.Sub(l.moved); since > after && l.committed < l.end {
			found = append(found, stall{partition: p, committed: l.committed, end: l.end, since: since})
		} else if since := now.Sub(l.heard); since > after {
			found = append(found, stall{partition: p, committed: l.committed, end: l.end, silent: true, since: since})
		}
	}
	sortStalls(found)
	return found
}

// watch says in the log when something begins to stand still, and when it goes on, until ctx ends.
func (in *Ingester) watch(ctx context.Context) {
	tick := time.NewTicker(max(in.cfg.StallAfter/10, time.Millisecond))
	defer tick.Stop()
	stalled := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := in.Health()
		switch {
		case err != nil && !stalled:
			in.log.Error("no progress although there is something to read; retries go on", "err", err)
		case err == nil && stalled:
			in.log.Info("progress again")
		}
		stalled = err != nil
	}
}
