package kafka

import (
	"context"
	"fmt"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/warehouse"
)

// generation is a set of partitions, however it was assigned.
type generation struct {
	src        *Source
	ctx        context.Context // the lifetime of the assignment, which is what this type is
	partitions []warehouse.Partition
	commit     func(map[string]map[int]int64) error
}

func (g *generation) Context() context.Context          { return g.ctx }
func (g *generation) Partitions() []warehouse.Partition { return g.partitions }

func (g *generation) All(ctx context.Context, topic string) ([]warehouse.Partition, error) {
	counts, err := g.src.count(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]warehouse.Partition, counts[topic])
	for id := range all {
		all[id] = warehouse.Partition{Cluster: g.src.cluster, Topic: topic, ID: int32(id)}
	}
	return all, nil
}

func (g *generation) Commit(next map[warehouse.Partition]int64) error {
	offsets := make(map[string]map[int]int64)
	for p, offset := range next {
		if offsets[p.Topic] == nil {
			offsets[p.Topic] = make(map[int]int64)
		}
		offsets[p.Topic][int(p.ID)] = offset
	}
	if err := g.commit(offsets); err != nil {
		return fmt.Errorf("commit offsets of group %s: %w", g.src.cfg.Group, err)
	}
	return nil
}

func (g *generation) Bounds(ctx context.Context, p warehouse.Partition) (first, end int64, err error) {
	return g.src.bounds(ctx, p)
}

func (g *generation) OffsetAt(ctx context.Context, p warehouse.Partition, ms int64) (int64, error) {
	o, err := g.src.list(ctx, p, kafkago.TimeOffsetOf(int(p.ID), time.UnixMilli(ms)))
	if err != nil {
		return 0, err
	}
	for offset := range o.Offsets {
		if offset >= 0 {
			return offset, nil
		}
	}
	_, end, err := g.src.bounds(ctx, p) // no record is that young
	return end, err
}

func (g *generation) Fetch(ctx context.Context, p warehouse.Partition, offset int64, maxBytes int) (*ingest.Chunk, error) {
	return g.src.reader(p, offset).fetch(ctx, maxBytes)
}

// bounds asks for the first offset and for the last stable one: what a reader of committed records may see.
func (s *Source) bounds(ctx context.Context, p warehouse.Partition) (first, end int64, err error) {
	f, err := s.list(ctx, p, kafkago.FirstOffsetOf(int(p.ID)))
	if err != nil {
		return 0, 0, err
	}
	l, err := s.list(ctx, p, kafkago.LastOffsetOf(int(p.ID)))
	if err != nil {
		return 0, 0, err
	}
	return f.FirstOffset, l.LastOffset, nil
}

// count asks how many partitions each topic has.
func (s *Source) count(ctx context.Context) (map[string]int, error) {
	meta, err := s.client.Metadata(ctx, &kafkago.MetadataRequest{Topics: s.topics})
	if err != nil {
		return nil, fmt.Errorf("list partitions on Kafka at %s: %w", s.cfg.addrs(), err)
	}
	counts := make(map[string]int, len(meta.Topics))
	for _, t := range meta.Topics {
		if t.Error != nil {
			return nil, fmt.Errorf("list partitions of %s on Kafka at %s: %w", t.Name, s.cfg.addrs(), t.Error)
		}
		counts[t.Name] = len(t.Partitions)
	}
	return counts, nil
}

func (s *Source) list(ctx context.Context, p warehouse.Partition, o kafkago.OffsetRequest) (kafkago.PartitionOffsets, error) {
	resp, err := s.client.ListOffsets(ctx, &kafkago.ListOffsetsRequest{
		Topics:         map[string][]kafkago.OffsetRequest{p.Topic: {o}},
		IsolationLevel: kafkago.ReadCommitted,
	})
	if err != nil {
		return kafkago.PartitionOffsets{}, fmt.Errorf("list offsets of %s[%d]: %w", p.Topic, p.ID, err)
	}
	for _, got := range resp.Topics[p.Topic] {
		if got.Partition == int(p.ID) {
			if got.Error != nil {
				return got, fmt.Errorf("list offsets of %s[%d]: %w", p.Topic, p.ID, got.Error)
			}
			return got, nil
		}
	}
	return kafkago.PartitionOffsets{}, fmt.Errorf("list offsets of %s[%d]: the broker does not answer for it", p.Topic, p.ID)
}
