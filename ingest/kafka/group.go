package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/warehouse"
)

const (
	// A third of the session at most, so that two heartbeats may be lost.
	maxHeartbeatInterval = 3 * time.Second
	// How long the group waits for a worker to come back to a rebalance. Workers drop what they hold and come at once;
	// the rest is for a worker in the middle of a garbage collection or a full disk.
	rebalanceTimeout = time.Minute
	joinBackoff      = time.Second
	// kafka-go's 5 s end a generation whenever a broker takes a breath.
	coordinatorTimeout = 15 * time.Second
)

// group is a membership in a consumer group.
type group struct {
	src *Source
	cg  *kafkago.ConsumerGroup
}

func newGroup(s *Source) (*group, error) {
	cg, err := kafkago.NewConsumerGroup(kafkago.ConsumerGroupConfig{
		ID:      s.cfg.Group,
		Brokers: s.cfg.Brokers,
		Dialer:  s.dialer,
		Topics:  s.topics,
		// Range gives the same worker the same partition numbers of all topics, so that the records of one entity in
		// two topics meet in one process.
		GroupBalancers:         []kafkago.GroupBalancer{kafkago.RangeGroupBalancer{}, kafkago.RoundRobinGroupBalancer{}},
		HeartbeatInterval:      min(maxHeartbeatInterval, s.cfg.SessionTimeout/3),
		SessionTimeout:         s.cfg.SessionTimeout,
		RebalanceTimeout:       rebalanceTimeout,
		JoinGroupBackoff:       joinBackoff,
		Timeout:                coordinatorTimeout,
		WatchPartitionChanges:  true, // off by default: new partitions would never be read
		PartitionWatchInterval: s.cfg.WatchInterval,
	})
	if err != nil {
		return nil, err
	}
	return &group{src: s, cg: cg}, nil
}

func (g *group) next(ctx context.Context) (*generation, error) {
	for {
		gen, err := g.cg.Next(ctx)
		switch {
		case err == nil:
			return g.generation(gen), nil
		case errors.Is(err, kafkago.RebalanceInProgress):
			continue // the broker paces this
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case errors.Is(err, kafkago.ErrGroupClosed):
			return nil, ingest.Stop(err)
		case refused(err):
			return nil, ingest.Stop(fmt.Errorf("%w: join group %s on Kafka at %s as user %q: %w: grant Read on the group",
				ingest.ErrAuth, g.src.cfg.Group, g.src.cfg.addrs(), g.src.cfg.SASL.User, err))
		case errors.Is(err, kafkago.InconsistentGroupProtocol), errors.Is(err, kafkago.InvalidSessionTimeout), errors.Is(err, kafkago.InvalidGroupId):
			return nil, ingest.Stop(fmt.Errorf("join group %s on Kafka at %s: %w: check kafka.group and kafka.session_timeout",
				g.src.cfg.Group, g.src.cfg.addrs(), err))
		default:
			return nil, fmt.Errorf("join group %s on Kafka at %s: %w", g.src.cfg.Group, g.src.cfg.addrs(), err)
		}
	}
}

func (g *group) generation(gen *kafkago.Generation) *generation {
	// The generation's own context is only handed to functions that it starts. This one does nothing but carry its
	// end over; the generation ends it.
	ctx, cancel := context.WithCancel(context.Background())
	gen.Start(func(ended context.Context) {
		<-ended.Done()
		cancel()
	})
	out := &generation{src: g.src, ctx: ctx, commit: gen.CommitOffsets}
	for topic, assigned := range gen.Assignments {
		for _, a := range assigned {
			out.partitions = append(out.partitions, warehouse.Partition{Cluster: g.src.cluster, Topic: topic, ID: int32(a.ID)})
		}
	}
	slices.SortFunc(out.partitions, comparePartitions)
	return out
}

func (g *group) close() error { return g.cg.Close() }

func comparePartitions(a, b warehouse.Partition) int {
	if a.Topic != b.Topic {
		if a.Topic < b.Topic {
			return -1
		}
		return 1
	}
	return int(a.ID - b.ID)
}
