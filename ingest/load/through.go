package load

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/ingest/broker"
	"github.com/dutyflow/dutyflow/ingest/kafka"
	"github.com/dutyflow/dutyflow/warehouse"
)

// Through is the way of records that do not come from a Kafka cluster of somebody's: produce hands them to a broker inside
// the process, and an Ingester brings them from there into the lake.
type Through struct {
	Broker   broker.Config // its cluster id becomes _cluster; the same id and records again go on where they stopped
	Lake     *warehouse.Lake
	Ingest   ingest.Config // topics and start are set here
	Logger   *slog.Logger
	Progress func(ingest.Status)
}

// Run returns when everything that produce has handed over is in the lake. produce gets a context that ends when the
// ingester has given up.
func (t Through) Run(ctx context.Context, produce func(context.Context, *broker.Broker) error) (ingest.Status, error) {
	b, err := broker.Start(t.Broker)
	if err != nil {
		return ingest.Status{}, fmt.Errorf("start the embedded broker: %w", err)
	}
	defer b.Close()
	kafkaConfig := kafka.DefaultConfig()
	kafkaConfig.Brokers = []string{b.Addr()}
	kafkaConfig.Assignment = kafka.AssignStatic // nobody to share with, so nothing to wait for
	kafkaConfig.FetchMaxWait = 50 * time.Millisecond
	cfg := t.Ingest
	cfg.Topics, cfg.Start, cfg.UntilCaughtUp = ingest.AllTopics(), ingest.Earliest, true
	source, err := kafka.Open(ctx, kafkaConfig, cfg.Topics.Names(), t.Logger)
	if err != nil {
		return ingest.Status{}, err
	}
	defer source.Close()

	complete := make(chan struct{})
	ingester := ingest.New(cfg, source, t.Lake, ingest.Options{
		Logger: t.Logger, Complete: complete, Progress: t.Progress,
		Committed: func(next map[warehouse.Partition]int64) {
			for p, offset := range next {
				if err := b.Trim(p.Topic, map[int32]int64{p.ID: offset}); err != nil && !errors.Is(err, broker.ErrClosed) {
					t.Logger.Warn("the embedded broker keeps what it could delete", "topic", p.Topic, "err", err)
				}
			}
		},
	})
	work, workCtx := errgroup.WithContext(ctx)
	work.Go(func() error { // ends with the last record, or when the ingester has given up
		if err := produce(workCtx, b); err != nil {
			return err
		}
		close(complete)
		return nil
	})
	work.Go(func() error { // ends when all that was produced is in the lake, or when the producer has given up
		if err := ingester.Run(workCtx); err != nil {
			return err
		}
		select {
		case <-complete:
			return nil
		default:
			return context.Cause(workCtx)
		}
	})
	err = work.Wait()
	if ctx.Err() != nil { // what failed, failed because of that
		err = ctx.Err()
	}
	return ingester.Status(), err
}
