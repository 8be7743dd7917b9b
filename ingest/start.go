package ingest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/dutyflow/dutyflow/ingest/record"
	"github.com/dutyflow/dutyflow/warehouse"
)

// fileClusters begin with this: the embedded brokers of file loads, each a cluster of its own.
const fileClusters = "load:"

// How many partitions are compared with the ledger at the same time.
const compareLimit = 8

// locate finds out where each partition of a generation goes on. Partitions that the ledger does not know get their
// start written to it first, so that a crash before the first commit cannot turn "latest" into a later latest.
func (in *Ingester) locate(ctx context.Context, gen Generation) (map[warehouse.Partition]warehouse.Mark, error) {
	positions := make(map[warehouse.Partition]warehouse.Mark)
	byTopic := make(map[string][]warehouse.Partition)
	for _, p := range gen.Partitions() {
		byTopic[p.Topic] = append(byTopic[p.Topic], p)
	}
	for _, topic := range in.cfg.Topics.Names() {
		if len(byTopic[topic]) == 0 {
			continue
		}
		ledger, err := in.begin(ctx, gen, topic, byTopic[topic])
		if err != nil {
			return nil, err
		}
		for _, p := range byTopic[topic] {
			positions[p] = ledger[p]
		}
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(compareLimit)
	for p, mark := range positions {
		g.Go(func() error { return in.compare(gctx, gen, p, mark) })
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return positions, nil
}

// begin returns a ledger that knows all the partitions.
func (in *Ingester) begin(ctx context.Context, gen Generation, topic string, want []warehouse.Partition) (warehouse.Ledger, error) {
	contract, _ := record.Lookup(in.cfg.Topics[topic].Type)
	table := TableOf(contract)
	for {
		ledger, err := in.lake.Ledger(ctx, table)
		if err != nil {
			return nil, err
		}
		known, err := knows(ledger, want[0].Cluster, topic, table)
		if err != nil {
			return nil, err
		}
		missing := slices.DeleteFunc(slices.Clone(want), func(p warehouse.Partition) bool {
			_, ok := ledger[p]
			return ok
		})
		if len(missing) == 0 {
			return ledger, nil
		}
		if !known {
			// The first worker writes the start of every partition. If it wrote only its own, a second worker would
			// find a topic that is known and take its partitions for later ones, which start at the earliest.
			if missing, err = gen.All(ctx, topic); err != nil {
				return nil, err
			}
		}
		moves := make([]warehouse.Move, 0, len(missing))
		for _, p := range missing {
			start := in.cfg.startOf(topic)
			if known {
				start = Earliest
			}
			offset, err := resolve(ctx, gen, p, start)
			if err != nil {
				return nil, err
			}
			in.log.Info("starting a partition", "topic", topic, "partition", p.ID, "offset", offset, "start", start)
			moves = append(moves, warehouse.Move{Partition: p, From: warehouse.NoMark, To: warehouse.Mark{Next: offset, Last: -1}})
		}
		err = in.lake.Append(ctx, table, warehouse.Append{Moves: moves, Summary: map[string]string{"dutyflow.start": in.cfg.startOf(topic)}})
		if err != nil && !errors.Is(err, warehouse.ErrFenced) {
			return nil, err
		}
		// Fenced: another worker has written them meanwhile. Either way the ledger now says where to begin.
	}
}

// knows says whether a topic of a cluster is in the ledger. A topic that is there under another cluster's name was
// read from other brokers: going on would take their successor's offsets for theirs.
func knows(ledger warehouse.Ledger, cluster, topic, table string) (bool, error) {
	others := make(map[string]bool)
	for p := range ledger {
		if p.Topic != topic {
			continue
		}
		if p.Cluster == cluster {
			return true, nil
		}
		if !strings.HasPrefix(p.Cluster, fileClusters) {
			others[p.Cluster] = true
		}
	}
	if len(others) == 0 || strings.HasPrefix(cluster, fileClusters) {
		return false, nil
	}
	for other := range others {
		return false, Stop(fmt.Errorf("%w: table %s was filled from topic %s of cluster %s, and these brokers are cluster %s: correct kafka.brokers, or run `dutyflow ledger reset` if the topic has moved",
			ErrOtherCluster, table, topic, other, cluster))
	}
	return false, nil
}

func resolve(ctx context.Context, gen Generation, p warehouse.Partition, start string) (int64, error) {
	switch start {
	case Earliest:
		first, _, err := gen.Bounds(ctx, p)
		return first, err
	case Latest:
		_, end, err := gen.Bounds(ctx, p)
		return end, err
	}
	at, err := time.Parse(time.RFC3339, start)
	if err != nil {
		return 0, Stop(fmt.Errorf("ingest.start: %w", err)) // Validate has seen it
	}
	return gen.OffsetAt(ctx, p, at.UnixMilli())
}

// compare checks that the partition still is the one that the ledger speaks of, by the last record that was read.
//
// A record that is gone cannot be compared. That is normal where retention is short or the topic is compacted, so it
// is not a reason to refuse; what can be said then is only whether the log still reaches as far as the ledger, and
// fetching says whether it still begins early enough.
func (in *Ingester) compare(ctx context.Context, gen Generation, p warehouse.Partition, mark warehouse.Mark) error {
	where := fmt.Sprintf("%s[%d] of cluster %s", p.Topic, p.ID, p.Cluster)
	first, end, err := in.reaches(ctx, gen, p, mark.Next)
	if err != nil {
		return err
	}
	if mark.Next > end {
		return Stop(fmt.Errorf("%w: %s was read up to %d and now ends at %d: the topic was recreated or its log was cut; to read it from its beginning, run `dutyflow ledger reset`",
			ErrLogRewritten, where, mark.Next, end))
	}
	if mark.Last < 0 {
		return nil
	}
	if mark.Last < first {
		in.log.Info("last record read is no longer on the broker and cannot be compared", "topic", p.Topic, "partition", p.ID, "offset", mark.Last, "first", first)
		return nil
	}
	for offset := mark.Last; offset <= mark.Last; {
		c, err := gen.Fetch(ctx, p, offset, 1)
		if err != nil {
			return err
		}
		offset = c.Next
		if len(c.Records) == 0 {
			continue
		}
		r := c.Records[0]
		got, ts, crc := r.Offset, r.Timestamp, checksum(&r)
		c.Release()
		if got > mark.Last {
			break // compacted away
		}
		if ts != mark.Timestamp || crc != mark.CRC {
			return Stop(fmt.Errorf("%w: record %d of %s is not the one that was read: the topic was recreated; to read it from its beginning, run `dutyflow ledger reset`",
				ErrLogRewritten, mark.Last, where))
		}
		return nil
	}
	in.log.Info("last record read was compacted away and cannot be compared", "topic", p.Topic, "partition", p.ID, "offset", mark.Last)
	return nil
}

// reaches reports a partition's bounds. While a file is still being produced it waits until the log is as long as it
// was at the last run.
func (in *Ingester) reaches(ctx context.Context, gen Generation, p warehouse.Partition, next int64) (first, end int64, err error) {
	for {
		complete := in.complete()
		if first, end, err = gen.Bounds(ctx, p); err != nil || end >= next || complete {
			return first, end, err
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return 0, 0, err
		}
	}
}
