package kafka

import (
	"context"
	"errors"
	"sync"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/warehouse"
)

// static takes its partitions by their numbers. A generation ends only when a topic gets more partitions.
type static struct {
	src     *Source
	stop    context.CancelFunc
	ctx     context.Context // ends with close
	watches sync.WaitGroup

	mu      sync.Mutex
	current context.Context // of the generation handed out last
}

func newStatic(s *Source) *static {
	ctx, stop := context.WithCancel(context.Background())
	return &static{src: s, ctx: ctx, stop: stop}
}

func (st *static) next(ctx context.Context) (*generation, error) {
	st.mu.Lock()
	current := st.current
	st.mu.Unlock()
	if current != nil {
		select {
		case <-current.Done():
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if st.ctx.Err() != nil {
		return nil, ingest.Stop(kafkago.ErrGroupClosed)
	}
	counts, err := st.src.count(ctx)
	if err != nil {
		return nil, err
	}
	genCtx, cancel := context.WithCancel(st.ctx)
	g := &generation{src: st.src, ctx: genCtx, commit: st.commit}
	for _, topic := range st.src.topics {
		for id := range counts[topic] {
			if id%st.src.cfg.Static.Count == st.src.cfg.Static.Index {
				g.partitions = append(g.partitions, warehouse.Partition{Cluster: st.src.cluster, Topic: topic, ID: int32(id)})
			}
		}
	}
	st.mu.Lock()
	st.current = genCtx
	st.mu.Unlock()
	st.watches.Add(1)
	go st.watch(genCtx, cancel, counts) // ended by close, which waits for it, or by a change
	return g, nil
}

// watch ends the generation when a topic has another number of partitions.
func (st *static) watch(ctx context.Context, cancel context.CancelFunc, counts map[string]int) {
	defer st.watches.Done()
	defer cancel()
	tick := time.NewTicker(st.src.cfg.WatchInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now, err := st.src.count(ctx)
		if err != nil {
			continue // the fetches meet the same trouble and say so
		}
		for topic, n := range now {
			if n != counts[topic] {
				st.src.log.Info("topic has more partitions", "topic", topic, "partitions", n, "before", counts[topic])
				return
			}
		}
	}
}

// commit tells the group where we are, though nobody is a member of it: lag tools read it all the same.
func (st *static) commit(offsets map[string]map[int]int64) error {
	if st.src.cfg.Group == "" {
		return nil
	}
	req := &kafkago.OffsetCommitRequest{GroupID: st.src.cfg.Group, GenerationID: -1, Topics: make(map[string][]kafkago.OffsetCommit)}
	for topic, partitions := range offsets {
		for id, offset := range partitions {
			req.Topics[topic] = append(req.Topics[topic], kafkago.OffsetCommit{Partition: id, Offset: offset})
		}
	}
	ctx, cancel := context.WithTimeout(st.ctx, coordinatorTimeout)
	defer cancel()
	resp, err := st.src.client.OffsetCommit(ctx, req)
	if err != nil {
		return err
	}
	for _, partitions := range resp.Topics {
		for _, p := range partitions {
			err = errors.Join(err, p.Error)
		}
	}
	return err
}

func (st *static) close() error {
	st.stop()
	st.watches.Wait()
	return nil
}
