package ingest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"golang.org/x/sync/errgroup"

	"github.com/dutyflow/dutyflow/warehouse"
)

const (
	// Chunks that may wait for the decoder. The budget bounds their bytes; this only has to keep the fetches of a few
	// partitions from stepping on each other.
	queuedChunks = 16
	// A fetch asks for no more than this. 4 MiB was the fastest with kafka-go, and 16 MiB took three times as long.
	maxFetch = 4 << 20
	// What the records of a fetch come to when they are unpacked: larger chunks leave the processor's cache before they
	// are decoded, and a few of them fill the budget.
	chunkBytes = 6 << 20
	// The first fetch of a partition, before it has shown how well it is compressed.
	firstFetch = 1 << 20
	// And for no less, or a thousand partitions would be read in crumbs.
	minFetch = 64 << 10
	// What records take when they are unpacked, until the first fetch of a partition has shown it.
	assumedRatio = 6
)

// session reads the partitions of one generation.
//
//	fetch (one per partition) -> chunks -> decode (one) -> ready -> commit (one)
//
// Fetching ends first, and each stage ends the next by closing its channel.
type session struct {
	in  *Ingester
	gen Generation

	chunks chan *Chunk
	ready  chan *batch // unbuffered: one batch open, one being committed, no third

	mu   sync.Mutex // guards ends
	ends map[warehouse.Partition]int64

	poison error // why decode ended the session; read when it has ended
}

// session runs until the partitions are taken away (false, nil), ctx ends (false, nil), all has been read (true, nil)
// with Config.UntilCaughtUp, or something goes wrong.
func (in *Ingester) session(ctx context.Context, gen Generation) (caughtUp bool, err error) {
	// Looking at the ledger ends with the stop and with the generation.
	readCtx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(gen.Context(), cancel)()

	var positions map[warehouse.Partition]warehouse.Mark
	err = labelled(readCtx, stageFetch, func(ctx context.Context) (err error) {
		positions, err = in.locate(ctx, gen)
		return err
	})
	if err != nil {
		if readCtx.Err() != nil {
			return false, nil
		}
		return false, err
	}
	in.track.join(in.clock(), positions)
	defer func() { in.track.leave(in.clock()) }()
	in.tell(positions)

	s := &session{
		in: in, gen: gen,
		chunks: make(chan *Chunk, queuedChunks),
		ready:  make(chan *batch),
		ends:   make(map[warehouse.Partition]int64),
	}

	fetches, fetchCtx := errgroup.WithContext(readCtx)
	starts := make(map[warehouse.Partition]int64, len(positions))
	for p, mark := range positions {
		starts[p] = mark.Next
	}
	for p, start := range starts {
		fetches.Go(func() error {
			return labelled(fetchCtx, stageFetch, func(ctx context.Context) error { return s.fetch(ctx, p, start) })
		})
	}
	if len(starts) == 0 && !in.cfg.UntilCaughtUp {
		// More workers than partitions: wait until there is something to do.
		fetches.Go(func() error {
			<-fetchCtx.Done()
			return fetchCtx.Err()
		})
	}

	var (
		wg                  sync.WaitGroup
		fetchErr, commitErr error
		revoked             = gen.Context()
	)
	wg.Add(3)
	go func() { // ends when every fetch has
		defer wg.Done()
		defer close(s.chunks)
		fetchErr = fetches.Wait()
	}()
	go func() { // ends when chunks is closed
		defer wg.Done()
		defer close(s.ready)
		_ = labelled(ctx, stageDecode, func(context.Context) error {
			s.decode(revoked, newWriter(in, positions), cancel)
			return nil
		})
	}()
	go func() { // ends when ready is closed
		defer wg.Done()
		commitErr = labelled(ctx, stageCommit, func(ctx context.Context) error { return s.commitAll(ctx, cancel) })
	}()
	wg.Wait()

	switch {
	case commitErr != nil:
		return false, commitErr
	case s.poison != nil:
		return false, s.poison
	case ctx.Err() != nil, revoked.Err() != nil:
		if IsStop(fetchErr) {
			return false, fetchErr
		}
		return false, nil
	case fetchErr != nil:
		return false, fetchErr
	}
	return true, nil
}

// tell reports positions to Options.Committed.
func (in *Ingester) tell(marks map[warehouse.Partition]warehouse.Mark) {
	if in.opts.Committed == nil {
		return
	}
	next := make(map[warehouse.Partition]int64, len(marks))
	for p, m := range marks {
		next[p] = m.Next
	}
	in.opts.Committed(next)
}

// fetch reads one partition until ctx ends, or until it has caught up if that is the end.
func (s *session) fetch(ctx context.Context, p warehouse.Partition, next int64) error {
	in := s.in
	most := s.fetchBytes()
	size := min(most, firstFetch)
	expect := int64(size * assumedRatio) // bytes that the next chunk will probably take
	var failures failures
	for {
		if done, err := s.caughtUp(ctx, p, next); err != nil {
			if err := in.heal(ctx, &failures, "bounds", err); err != nil {
				return err
			}
			continue
		} else if done {
			return nil
		}
		expect = min(expect, in.cfg.MemoryBytes/2)
		if err := in.budget.acquire(ctx, expect); err != nil {
			return err
		}
		chunk, err := s.gen.Fetch(ctx, p, next, size)
		if err != nil {
			in.budget.add(-expect)
			if errors.Is(err, ErrTopicGone) {
				return err // the next session looks at the ledger again
			}
			if err := in.heal(ctx, &failures, "fetch", err); err != nil {
				return err
			}
			continue
		}
		failures = 0
		in.budget.add(int64(chunk.Bytes) - expect)
		size, expect = nextFetch(size, most, chunk.Bytes)
		in.track.heard(in.clock(), p, chunk.Next, chunk.End)
		if chunk.Next == next && len(chunk.Records) == 0 {
			s.stuck(p, chunk)
			chunk.Release()
			in.budget.add(-int64(chunk.Bytes))
			continue
		}
		next = chunk.Next
		select {
		case s.chunks <- chunk:
		case <-ctx.Done():
			// The decoder may be waiting for a commit. Nobody needs this chunk.
			chunk.Release()
			in.budget.add(-int64(chunk.Bytes))
			return ctx.Err()
		}
	}
}

// nextFetch says how much to ask for after a fetch of size bytes brought that many unpacked, and what to expect: so much
// that the records come to about a chunk. A well compressed topic would otherwise bring twenty times what was asked for.
func nextFetch(size, most, unpacked int) (next int, expect int64) {
	target := min(chunkBytes, most*assumedRatio)
	switch {
	case unpacked > target:
		next = max(int(int64(size)*int64(target)/int64(unpacked)), minFetch)
	case unpacked < target/2:
		next = min(2*size, most)
	default:
		next = size
	}
	// A quarter more than the last time, so that a partition that gets busy is not let through too cheaply.
	return next, max(int64(unpacked)*5/4*int64(next)/int64(size), minFetch)
}

// fetchBytes shares out the budget so that a fetch of every partition at once, unpacked, takes a quarter of it.
func (s *session) fetchBytes() int {
	share := s.in.cfg.MemoryBytes / 4 / int64(assumedRatio*max(1, len(s.gen.Partitions())))
	return int(min(max(share, minFetch), maxFetch))
}

// caughtUp says whether a partition has been read to the end that counts.
func (s *session) caughtUp(ctx context.Context, p warehouse.Partition, next int64) (bool, error) {
	if !s.in.cfg.UntilCaughtUp || !s.in.complete() {
		return false, nil
	}
	s.mu.Lock()
	end, ok := s.ends[p]
	s.mu.Unlock()
	if !ok {
		var err error
		if _, end, err = s.gen.Bounds(ctx, p); err != nil {
			return false, err
		}
		s.mu.Lock()
		s.ends[p] = end
		s.mu.Unlock()
	}
	return next >= end, nil
}

// stuck lowers the end to reach when the broker says that nothing more can be delivered now: below it lie offsets of a
// transaction that is still open.
func (s *session) stuck(p warehouse.Partition, c *Chunk) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if end, ok := s.ends[p]; ok && c.End <= c.Next && c.Next < end {
		s.ends[p] = c.Next
	}
}

// decode fills batches from chunks. It hands over what is open at the end, unless the partitions were taken away. At a
// record that must not be passed it hands over what came before and calls stop, which ends the fetches.
func (s *session) decode(revoked context.Context, w *writer, stop context.CancelFunc) {
	defer w.release()
	in := s.in
	age := time.NewTimer(time.Hour)
	age.Stop()
	defer age.Stop()

	ageing := false // the timer runs for the batch that is open
	seal := func(reason string) {
		age.Stop()
		ageing = false
		b := w.seal(reason)
		in.met.batches.WithLabelValues(reason).Inc()
		if reason == closedRevoke {
			in.drop(b)
			return
		}
		s.ready <- b // commitAll takes every batch until ready is closed
	}
	for {
		select {
		case <-age.C: // first: of two that are ready, select picks at random, and a seed could not be repeated
			if !w.empty() {
				seal(closedAge)
			}
		default:
		}
		select {
		case c, ok := <-s.chunks:
			if !ok {
				if !w.empty() {
					if revoked.Err() != nil {
						seal(closedRevoke)
					} else {
						seal(closedEnd)
					}
				}
				return
			}
			if revoked.Err() == nil && s.poison == nil {
				s.take(w, c, seal)
				if !w.empty() && !ageing { // also when a batch was closed within the chunk
					age.Reset(in.cfg.BatchAge)
					ageing = true
				}
			}
			c.Release()
			in.budget.add(-int64(c.Bytes))
			if w.poison != nil && s.poison == nil {
				s.poison = w.poison
				stop()
				seal(closedPoison)
			} else if w.full() {
				seal(closedBytes)
			} else if !w.empty() && in.budget.short() {
				seal(closedMemory)
			}
		case <-age.C:
			if !w.empty() {
				seal(closedAge)
			}
		case <-in.budget.tight:
			if !w.empty() && in.budget.short() {
				seal(closedMemory)
			}
		}
	}
}

// take decodes a chunk, closing batches as they fill.
func (s *session) take(w *writer, c *Chunk, seal func(string)) {
	in := s.in
	o := &origin{
		cluster: []byte(c.Partition.Cluster), topic: []byte(c.Partition.Topic), partition: c.Partition.ID,
		ingested: arrow.Timestamp(in.now().UnixMicro()), sourceFile: []byte(in.cfg.SourceFile),
	}
	taken := 0
	for taken < len(c.Records) && w.poison == nil {
		taken += w.add(c, o, taken)
		w.charge(in.columns())
		if w.rows() >= in.cfg.BatchRows {
			seal(closedRows)
		}
	}
	if w.poison == nil {
		w.skip(c, o)
		if c.Gap != nil && !w.empty() {
			seal(closedGap)
		}
	}
	if taken > 0 {
		in.track.decoded(c.Partition, kafkaTime(&c.Records[taken-1])/1000, w.event)
	}
	bytes := int64(0)
	for i := range taken {
		bytes += int64(len(c.Records[i].Value))
	}
	in.met.records.WithLabelValues(c.Partition.Topic).Add(float64(taken))
	in.met.bytes.WithLabelValues(c.Partition.Topic).Add(float64(bytes))
	in.track.update(func(st *Status) {
		st.Records += int64(taken)
		st.Bytes += bytes
	})
}

// commitAll commits batches in order until there are no more. After the first failure the rest is dropped: it builds
// on what was not committed.
func (s *session) commitAll(ctx context.Context, stop context.CancelFunc) error {
	var failed error
	for b := range s.ready {
		if failed == nil {
			// Rejects are kept as they came, so the encoder holds about as much again until they are written.
			again := b.rejectBytes()
			s.in.budget.add(again)
			failed = s.commit(ctx, b)
			s.in.budget.add(-again)
			if failed != nil {
				stop() // fetching; the decoder follows
			}
		}
		s.in.drop(b)
	}
	return failed
}
