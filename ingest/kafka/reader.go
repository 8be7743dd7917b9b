package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"

	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/warehouse"
)

// A batch that cannot be read is asked for this often before it counts as broken: a replica may have a good copy, and
// what looks like a bad batch may have been a bad connection.
const maxUnreadable = 3

// The largest fetch. It is only reached when the broker hands out nothing for less.
const maxFetchBytes = 64 << 20

const (
	// The smallest fetch: enough for a batch header, so that every answer tells something.
	minFetchBytes = 1 << 10
	// A chunk takes about so many times the bytes that were asked for, once unpacked. What an answer holds beyond that
	// becomes the next chunk. It is what the caller reserves memory for.
	chunkRatio = 6
)

// reader reads one partition.
type reader struct {
	src *Source
	p   warehouse.Partition

	next int64   // everything below has been handed out
	rest *answer // what an answer held beyond one chunk; it begins at next

	grown      int       // fetch size after empty answers, 0 when the usual one does
	stalled    time.Time // since when the broker announces records and hands out none
	unreadable int       // failures in a row to read the batch at next
}

func newReader(s *Source, p warehouse.Partition, offset int64) *reader {
	return &reader{src: s, p: p, next: offset}
}

// fetch returns what one round trip brings, which may be nothing, or a part of it when it unpacks to much.
func (r *reader) fetch(ctx context.Context, maxBytes int) (*ingest.Chunk, error) {
	size := max(min(maxBytes, r.src.cfg.FetchMaxBytes), r.grown, minFetchBytes)
	a := r.rest
	r.rest = nil
	if a == nil {
		var err error
		a, err = r.request(ctx, r.next, size)
		if errors.Is(err, kafkago.OffsetOutOfRange) {
			return r.gap(ctx)
		}
		if err != nil {
			return nil, r.failed(ctx, err)
		}
	}
	buf := takeBuffer()
	next, err := buf.read(r.src.unpacker, a, r.next, size*chunkRatio)
	chunk := &ingest.Chunk{
		Partition: r.p, Records: buf.records, Next: next, End: a.end, Bytes: buf.bytes(), Free: buf.release,
	}
	switch {
	case err == nil && len(a.batches) > 0 && next > r.next && buf.bytes() >= size*chunkRatio:
		a.shrink()
		r.rest = a
	default:
		a.release()
	}
	switch {
	case next > r.next:
		// A batch that could not be read is asked for again. Then it comes first, and the error is not lost.
		r.next, r.grown, r.stalled, r.unreadable = next, 0, time.Time{}, 0
	case err != nil:
		buf.release()
		return nil, r.failed(ctx, err)
	case a.end > r.next:
		if err := r.stall(a.end, size); err != nil {
			buf.release()
			return nil, err
		}
	}
	return chunk, nil
}

// failed decides what a failed request means.
func (r *reader) failed(ctx context.Context, err error) error {
	where := fmt.Sprintf("fetch %s[%d]@%d", r.p.Topic, r.p.ID, r.next)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case refused(err):
		return ingest.Stop(fmt.Errorf("%s: %w: %w: grant Read on the topic", where, ingest.ErrAuth, err))
	case errors.Is(err, kafkago.UnknownTopicOrPartition), errors.Is(err, protocol.ErrNoTopic), errors.Is(err, protocol.ErrNoPartition):
		// It may come back under the same name as another topic, longer than this one: then nothing else would tell.
		return fmt.Errorf("%s: %w: %w", where, ingest.ErrTopicGone, err)
	case errors.Is(err, errTooLarge):
		return ingest.Stop(fmt.Errorf("%s: %w: %w of %d: raise it if the batch is meant to be so large, or skip it with `dutyflow ledger reset`",
			where, ingest.ErrBadBatch, err, r.src.cfg.BatchMaxBytes))
	case errors.Is(err, errOldBroker):
		return ingest.Stop(fmt.Errorf("%s: %w", where, err))
	case errors.Is(err, errDamaged):
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
			r.p.Topic, r.p.ID, r.next, ingest.ErrStalled, end, since.Round(time.Second)))
	}
	return nil
}

// gap applies the policy to an offset that the broker does not have.
func (r *reader) gap(ctx context.Context) (*ingest.Chunk, error) {
	first, end, err := r.src.bounds(ctx, r.p)
	if err != nil {
		return nil, err
	}
	offset := r.next
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
	*r = *newReader(r.src, r.p, first)
	return &ingest.Chunk{
		Partition: r.p, Next: first, End: end,
		Gap: &ingest.Gap{From: offset, To: first, Reason: "no longer on the broker"},
	}, nil
}
