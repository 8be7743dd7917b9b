package ingest

import (
	"fmt"

	"github.com/dutyflow/dutyflow/ingest/record"
	"github.com/dutyflow/dutyflow/warehouse"
)

// Poison says what becomes of a record that breaks its contract. All workers of a group must be told the same.
type Poison string

const (
	// PoisonReject keeps it in duty.rejects with its bytes and the reason, and goes on. The default.
	PoisonReject Poison = "reject"
	// PoisonFail commits what came before it and ends the run with ErrPoison. For topics whose sender is bound to send
	// what the contract says, and where a person is to look before anything more is read.
	PoisonFail Poison = "fail"
	// PoisonSkip leaves it out of the lake. It is counted, and the first of each reason is logged. For topics that carry
	// much that is not ours.
	PoisonSkip Poison = "skip"
)

// skip is what skipped records are counted by.
type skip struct {
	topic  string
	reason record.Reason
}

// poisoned is the error that ends a run at a record.
func poisoned(p warehouse.Partition, r *Record, rej *record.Reject) error {
	return Stop(fmt.Errorf("%w: %s[%d]@%d: %w; it would be met again: have it corrected at its sender and go on behind it with ingest.topics.%s.poison: %s, which keeps it in duty.rejects",
		ErrPoison, p.Topic, p.ID, r.Offset, rej, p.Topic, PoisonReject))
}

// skipRecord counts a record that is left out.
func (w *writer) skipRecord(s *stream, p warehouse.Partition, r *Record, rej *record.Reject) {
	why := skip{p.Topic, rej.Reason}
	if w.skips[s] == nil {
		w.skips[s] = make(map[skip]int64)
	}
	w.skips[s][why]++
	if !w.in.skipped[why] {
		w.in.skipped[why] = true
		w.in.log.Warn("skipping a record that breaks its contract; more for this reason are counted and not logged",
			"topic", p.Topic, "partition", p.ID, "offset", r.Offset, "reason", string(rej.Reason), "field", rej.Field, "detail", rej.Detail)
	}
}
