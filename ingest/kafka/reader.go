package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/warehouse"
)

// A batch that cannot be read is asked for this often before it counts as broken: a replica may have a good copy, and
// what looks like a bad batch may have been a bad connection.
const maxUnreadable = 3

// The largest fetch. It is only reached when the broker hands out nothing for less.
const maxFetchBytes = 64 << 20

// reader reads one partition. Between deliver and scan lies what has been fetched and cannot be delivered yet: the
// records of an open transaction and everything behind them.
type reader struct {
	src *Source
	p   warehouse.Partition

	deliver int64 // everything below has been handed out
	scan    int64 // the offset to fetch next
	hold    hold

	grown      int       // fetch size after empty answers, 0 when the usual one does
	stalled    time.Time // since when the broker announces records and hands out none
	unreadable int       // failures in a row to read the batch at scan
}

func newReader(s *Source, p warehouse.Partition, offset int64) *reader {
	return &reader{src: s, p: p, deliver: offset, scan: offset, hold: newHold(s.cfg.HoldMaxBytes)}
}

// fetch does one round trip and returns what can be delivered after it, which may be nothing.
func (r *reader) fetch(ctx context.Context, maxBytes int) (*ingest.Chunk, error) {
	size := max(min(maxBytes, r.src.cfg.FetchMaxBytes), r.grown, 1<<10)
	resp, err := r.request(ctx, r.scan, size)
	if errors.Is(err, kafkago.OffsetOutOfRange) {
		return r.gap(ctx)
	}
	if err != nil {
		return nil, r.failed(ctx, err)
	}
	r.unreadable = 0
	buf := takeBuffer()
	batches, err := buf.read(resp, r.scan)
	if err != nil {
		buf.release()
		return nil, fmt.Errorf("fetch %s[%d]@%d: %w", r.p.Topic, r.p.ID, r.scan, err)
	}
	end := stableEnd(resp)
	next := r.scan
	for i := range batches {
		next = max(next, batches[i].next)
	}
	switch {
	case next > r.scan:
		r.grown, r.stalled = 0, time.Time{}
	case len(batches) > 0:
		// Every batch lies wholly below: compaction emptied the one that covers the offset.
		if next, err = r.gallop(ctx, batches[0].base, end); err != nil {
			buf.release()
			return nil, err
		}
	case end > r.scan:
		if err := r.stall(end, size); err != nil {
			buf.release()
			return nil, err
		}
	}
	return r.hand(buf, batches, next, end), nil
}

// hand moves on to next and makes a chunk of what has become deliverable.
func (r *reader) hand(buf *buffer, batches []batch, next, end int64) *ingest.Chunk {
	r.scan = next
	chunk := &ingest.Chunk{Partition: r.p, End: end}
	if r.hold.idle() && !anyTransactional(batches) {
		// The common case: nothing waits for a transaction, so the response is the chunk.
		chunk.Records, chunk.Bytes, chunk.Free = buf.records, buf.bytes(), buf.release
		r.deliver = r.scan
	} else {
		r.hold.add(buf, batches)
		chunk.Records, chunk.Bytes, r.deliver = r.hold.take(r.scan)
		if r.hold.overflowed() {
			// Forget what is held, read on for the markers alone, and come back.
			r.hold.lookAhead()
		} else if r.hold.lookedAhead() {
			r.scan = r.deliver
		}
		if r.deliver < r.scan && r.scan >= end {
			chunk.End = r.deliver // nothing more can be delivered before the transaction ends
		}
	}
	chunk.Next = r.deliver
	return chunk
}

func (r *reader) request(ctx context.Context, offset int64, maxBytes int) (*kafkago.FetchResponse, error) {
	resp, err := r.src.client.Fetch(ctx, &kafkago.FetchRequest{
		Topic:          r.p.Topic,
		Partition:      int(r.p.ID),
		Offset:         offset,
		MinBytes:       1,
		MaxBytes:       int64(maxBytes),
		MaxWait:        r.src.cfg.FetchMaxWait,
		IsolationLevel: kafkago.ReadCommitted,
	})
	if err != nil {
		return nil, err
	}
	if resp.Error != nil {
		return nil, resp.Error
	}
	return resp, nil
}

// failed decides what a failed request means.
func (r *reader) failed(ctx context.Context, err error) error {
	where := fmt.Sprintf("fetch %s[%d]@%d", r.p.Topic, r.p.ID, r.scan)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case refused(err):
		return ingest.Stop(fmt.Errorf("%s: %w: %w: grant Read on the topic", where, ingest.ErrAuth, err))
	case unreadable(err):
		if r.unreadable++; r.unreadable >= maxUnreadable {
			return ingest.Stop(fmt.Errorf("%s: %w: %w: the batch is damaged on the broker; compare replicas, or skip it with `dutyflow ledger reset`",
				where, ingest.ErrBadBatch, err))
		}
	}
	return fmt.Errorf("%s: %w", where, err)
}

// stall deals with a broker that announces records and hands out none. A batch larger than asked for is cut off by old
// brokers, so the next fetch asks for more; what that does not heal must not go unnoticed.
func (r *reader) stall(end int64, size int) error {
	r.grown = min(2*size, maxFetchBytes)
	if r.stalled.IsZero() {
		r.stalled = time.Now()
	}
	if since := time.Since(r.stalled); since > r.src.cfg.StallTimeout {
		return ingest.Stop(fmt.Errorf("fetch %s[%d]@%d: %w: the broker announces records up to %d and has handed out none for %s",
			r.p.Topic, r.p.ID, r.scan, ingest.ErrStalled, end, since.Round(time.Second)))
	}
	return nil
}

// gap applies the policy to an offset that the broker does not have.
func (r *reader) gap(ctx context.Context) (*ingest.Chunk, error) {
	first, end, err := r.src.bounds(ctx, r.p)
	if err != nil {
		return nil, err
	}
	offset := r.scan
	switch {
	case offset > end:
		return nil, ingest.Stop(fmt.Errorf("fetch %s[%d]@%d: %w: it ends at %d: the topic was recreated or its log was cut; if that was meant, `dutyflow ledger reset`",
			r.p.Topic, r.p.ID, offset, ingest.ErrLogRewritten, end))
	case offset >= first:
		return nil, fmt.Errorf("fetch %s[%d]@%d: the broker says out of range, and has [%d, %d)", r.p.Topic, r.p.ID, offset, first, end)
	case r.src.cfg.OutOfRange != SkipAndRecord:
		return nil, ingest.Stop(fmt.Errorf("fetch %s[%d]@%d: %w: it begins at %d, so %d offsets are lost; to go on and leave a row in duty.rejects, set kafka.out_of_range: %s",
			r.p.Topic, r.p.ID, offset, ingest.ErrOffsetGone, first, first-offset, SkipAndRecord))
	}
	// What was held for a transaction came before the gap and is lost with it: its marker may be, too.
	from := r.deliver
	*r = *newReader(r.src, r.p, first)
	return &ingest.Chunk{
		Partition: r.p, Next: first, End: end,
		Gap: &ingest.Gap{From: from, To: first, Reason: "no longer on the broker"},
	}, nil
}

// gallop finds the end of a batch that holds no record any more. The response does not tell it, but the broker always
// answers with the batch that covers the offset asked for: so the first offset for which another batch comes is the
// end. Steps double until one does, and halve back to the first. No record can be jumped over.
func (r *reader) gallop(ctx context.Context, base, end int64) (int64, error) {
	inside, beyond := r.scan, end
	for step := int64(1); inside+step < end; step *= 2 {
		same, err := r.covers(ctx, base, inside+step)
		if err != nil {
			return 0, err
		}
		if !same {
			beyond = inside + step
			break
		}
		inside += step
	}
	for inside+1 < beyond {
		middle := inside + (beyond-inside)/2
		same, err := r.covers(ctx, base, middle)
		if err != nil {
			return 0, err
		}
		if same {
			inside = middle
		} else {
			beyond = middle
		}
	}
	r.src.log.Debug("stepped over an emptied batch", "topic", r.p.Topic, "partition", r.p.ID, "offset", r.scan, "next", beyond)
	return beyond, nil
}

// covers says whether the batch that begins at base is the one that covers offset.
func (r *reader) covers(ctx context.Context, base, offset int64) (bool, error) {
	resp, err := r.request(ctx, offset, 1)
	if err != nil {
		return false, r.failed(ctx, err)
	}
	buf := takeBuffer()
	defer buf.release()
	batches, err := buf.read(resp, offset)
	if err != nil {
		return false, fmt.Errorf("fetch %s[%d]@%d: %w", r.p.Topic, r.p.ID, offset, err)
	}
	if len(batches) == 0 {
		return false, fmt.Errorf("fetch %s[%d]@%d: the broker hands out nothing below the end", r.p.Topic, r.p.ID, offset)
	}
	return batches[0].base == base, nil
}

// stableEnd is the end of what a reader of committed records may see.
func stableEnd(resp *kafkago.FetchResponse) int64 {
	if resp.LastStableOffset < 0 {
		return resp.HighWatermark
	}
	return min(resp.LastStableOffset, resp.HighWatermark)
}
