package ingesttest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/warehouse"
)

// Log is a set of topics without a broker and without a clock, for tests that decide each move of the source. It keeps
// the promises of ingest.Source as package kafka does, and nothing happens in it by itself. Use it inside a
// synctest bubble or outside.
type Log struct {
	Cluster string

	mu    sync.Mutex
	parts map[warehouse.Partition]*logPartition
	grown chan struct{} // closed and replaced when something changes
}

type logPartition struct {
	first, end int64
	records    []ingest.Record // in order of offset; what compaction or an abort removed is missing
	open       map[int64]bool  // offsets of records of transactions that are open
}

// NewLog makes a log of the given topics with their number of partitions.
func NewLog(topics map[string]int32) *Log {
	l := &Log{Cluster: ClusterID, parts: make(map[warehouse.Partition]*logPartition), grown: make(chan struct{})}
	for topic, n := range topics {
		for id := range n {
			l.AddPartition(l.Partition(topic, id))
		}
	}
	return l
}

// Partition names a partition of the log.
func (l *Log) Partition(topic string, id int32) warehouse.Partition {
	return warehouse.Partition{Cluster: l.Cluster, Topic: topic, ID: id}
}

// AddPartition adds an empty partition.
func (l *Log) AddPartition(p warehouse.Partition) {
	l.change(func() { l.parts[p] = &logPartition{open: make(map[int64]bool)} })
}

// Partitions lists all partitions in order.
func (l *Log) Partitions() []warehouse.Partition {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.SortedFunc(maps.Keys(l.parts), func(a, b warehouse.Partition) int {
		if c := strings.Compare(a.Topic, b.Topic); c != 0 {
			return c
		}
		return int(a.ID - b.ID)
	})
}

// Append adds records, all at once, and returns the offset of the first. Those of a transaction cannot be read until End.
func (l *Log) Append(p warehouse.Partition, transactional bool, records ...ingest.Record) (first int64) {
	l.change(func() {
		at := l.parts[p]
		first = at.end
		for _, r := range records {
			r.Offset = at.end
			if transactional {
				at.open[r.Offset] = true
			}
			at.records, at.end = append(at.records, r), at.end+1
		}
	})
	return first
}

// End ends a partition's open transactions with a marker, which takes an offset of its own. Aborted records are gone.
func (l *Log) End(p warehouse.Partition, commit bool) {
	l.change(func() {
		at := l.parts[p]
		if !commit {
			at.records = slices.DeleteFunc(at.records, func(r ingest.Record) bool { return at.open[r.Offset] })
		}
		clear(at.open)
		at.end++
	})
}

// Compact removes one record, as log compaction does.
func (l *Log) Compact(p warehouse.Partition, offset int64) {
	l.change(func() {
		at := l.parts[p]
		at.records = slices.DeleteFunc(at.records, func(r ingest.Record) bool { return r.Offset == offset })
	})
}

// Trim removes everything below an offset, as retention does.
func (l *Log) Trim(p warehouse.Partition, first int64) {
	l.change(func() {
		at := l.parts[p]
		at.first = max(at.first, first)
		at.records = slices.DeleteFunc(at.records, func(r ingest.Record) bool { return r.Offset < at.first })
	})
}

// Bounds are the first offset and the end of what can be read.
func (l *Log) Bounds(p warehouse.Partition) (first, end int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := l.parts[p]
	return at.first, at.stable()
}

func (at *logPartition) stable() int64 {
	end := at.end
	for offset := range at.open {
		end = min(end, offset)
	}
	return end
}

func (l *Log) change(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f()
	close(l.grown)
	l.grown = make(chan struct{})
}

// Source is one worker's view of a Log. Nothing is read before Assign.
type Source struct {
	// Before is called before each fetch; an error fails it, and it may block. nil lets everything pass.
	Before func(ctx context.Context, p warehouse.Partition) error
	// Limit is how many records a fetch brings at most.
	Limit int

	log     *Log
	offered chan []warehouse.Partition

	mu    sync.Mutex
	end   context.CancelFunc            // of the generation
	Group map[warehouse.Partition]int64 // what the group was told last
}

// Source makes a worker's view.
func (l *Log) Source() *Source {
	return &Source{log: l, Limit: 50, offered: make(chan []warehouse.Partition, 1), Group: make(map[warehouse.Partition]int64)}
}

// Assign ends the generation that is there and offers another.
func (s *Source) Assign(parts []warehouse.Partition) {
	s.Revoke()
	select {
	case <-s.offered: // an offer that nobody took up
	default:
	}
	s.offered <- parts
}

// Revoke takes the partitions away.
func (s *Source) Revoke() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.end != nil {
		s.end()
	}
}

// Next waits for Assign.
func (s *Source) Next(ctx context.Context) (ingest.Generation, error) {
	select {
	case parts := <-s.offered:
		gctx, end := context.WithCancel(context.WithoutCancel(ctx))
		s.mu.Lock()
		s.end = end
		s.mu.Unlock()
		return &generation{s: s, ctx: gctx, parts: parts}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Close does nothing.
func (s *Source) Close() error { return nil }

type generation struct {
	s     *Source
	ctx   context.Context
	parts []warehouse.Partition
}

func (g *generation) Context() context.Context          { return g.ctx }
func (g *generation) Partitions() []warehouse.Partition { return g.parts }

func (g *generation) All(_ context.Context, topic string) ([]warehouse.Partition, error) {
	all := g.s.log.Partitions()
	return slices.DeleteFunc(all, func(p warehouse.Partition) bool { return p.Topic != topic }), nil
}

func (g *generation) Bounds(_ context.Context, p warehouse.Partition) (first, end int64, err error) {
	first, end = g.s.log.Bounds(p)
	return first, end, nil
}

func (g *generation) OffsetAt(context.Context, warehouse.Partition, int64) (int64, error) {
	return 0, errors.New("ingesttest: a Log has no index by time")
}

func (g *generation) Commit(next map[warehouse.Partition]int64) error {
	g.s.mu.Lock()
	defer g.s.mu.Unlock()
	maps.Copy(g.s.Group, next)
	return nil
}

// How long a fetch waits for records that are not there.
const logWait = time.Second

func (g *generation) Fetch(ctx context.Context, p warehouse.Partition, offset int64, _ int) (*ingest.Chunk, error) {
	if before := g.s.Before; before != nil {
		if err := before(ctx, p); err != nil {
			return nil, err
		}
	}
	wait := time.NewTimer(logWait)
	defer wait.Stop()
	for {
		chunk, grown, err := g.s.log.read(p, offset, g.s.Limit)
		if err != nil || chunk.Next > offset {
			return chunk, err
		}
		select {
		case <-grown:
		case <-wait.C:
			return chunk, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (l *Log) read(p warehouse.Partition, offset int64, limit int) (*ingest.Chunk, <-chan struct{}, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := l.parts[p]
	end := at.stable()
	chunk := &ingest.Chunk{Partition: p, Next: offset, End: end}
	switch {
	case offset > at.end:
		return nil, nil, ingest.Stop(fmt.Errorf("fetch %s[%d]@%d: %w", p.Topic, p.ID, offset, ingest.ErrLogRewritten))
	case offset < at.first:
		chunk.Next = at.first
		chunk.Gap = &ingest.Gap{From: offset, To: at.first, Reason: "trimmed"}
		return chunk, l.grown, nil
	}
	for _, r := range at.records {
		if r.Offset < offset {
			continue
		}
		if r.Offset >= end || len(chunk.Records) == limit {
			break
		}
		chunk.Records = append(chunk.Records, r)
		chunk.Bytes += len(r.Value) + len(r.Key)
		chunk.Next = r.Offset + 1
	}
	if len(chunk.Records) < limit {
		chunk.Next = end // nothing lies between the last record and the end
	}
	return chunk, l.grown, nil
}
