package ingest_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/ingest/ingesttest"
	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
)

// give appends n good records to a partition of duty.step.
func give(t *testing.T, log *ingesttest.Log, p warehouse.Partition, n int) {
	t.Helper()
	var records []ingest.Record
	for _, m := range made(t, "duty.step", n) {
		records = append(records, ingest.Record{Key: m.Key, Value: m.Value, Timestamp: m.Time.UnixMilli(), SourcePos: -1})
	}
	log.Append(p, false, records...)
}

// inBubble runs an ingester over a log in fake time until the test is done with it.
func inBubble(t *testing.T, change func(*ingest.Config, *ingest.Options), test func(*testing.T, *ingesttest.Log, *ingest.Ingester, *warehousetest.Lake)) {
	t.Helper()
	warehousetest.Bubble(t, func(t *testing.T) {
		log := ingesttest.NewLog(map[string]int32{"duty.step": 2, "duty.work": 1})
		lake := warehousetest.New(t, ingest.Tables())
		cfg := ingesttest.Config()
		cfg.UntilCaughtUp = false
		var opts ingest.Options
		change(&cfg, &opts)
		src := log.Source()
		src.Assign(log.Partitions())
		in := ingest.New(cfg, src, lake.Lake, opts)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- in.Run(ctx) }() // ends with stop
		synctest.Wait()
		test(t, log, in, lake)
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// What is left of a chunk when a batch is full waits no longer than any other record, although nothing more comes.
func TestIngester_RestOfAChunkGetsOld(t *testing.T) {
	inBubble(t, func(c *ingest.Config, _ *ingest.Options) { c.BatchRows = 10 },
		func(t *testing.T, log *ingesttest.Log, in *ingest.Ingester, _ *warehousetest.Lake) {
			give(t, log, log.Partition("duty.step", 0), 3)
			synctest.Wait()
			give(t, log, log.Partition("duty.step", 0), 12)
			synctest.Wait()
			if s := in.Status(); s.Rows != 10 {
				t.Errorf("before: %+v", s)
			}
			after(ingest.DefaultConfig().BatchAge)
			if s := in.Status(); s.Rows != 15 {
				t.Errorf("after: %+v", s)
			}
		})
}

// A clock that is set, an hour back or a year ahead, changes what stands in _ingest_ts and nothing else: batches close
// when they are old, and nothing is taken for a stall.
func TestIngester_ClockJumps(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	inBubble(t, func(_ *ingest.Config, o *ingest.Options) { o.Now = func() time.Time { return now } },
		func(t *testing.T, log *ingesttest.Log, in *ingest.Ingester, lake *warehousetest.Lake) {
			var want []time.Time
			for i, jump := range []time.Duration{0, -time.Hour, 365 * 24 * time.Hour, -400 * 24 * time.Hour} {
				now = now.Add(jump)
				want = append(want, now)
				give(t, log, log.Partition("duty.step", 0), 1)
				after(ingest.DefaultConfig().BatchAge)
				if s := in.Status(); s.Rows != int64(i+1) || in.Health() != nil {
					t.Errorf("after a jump of %s: %+v, %v", jump, s, in.Health())
				}
			}
			for _, row := range lake.Rows("step") {
				if at := row["_ingest_ts"].(time.Time); !at.Equal(want[row["_offset"].(int64)]) {
					t.Errorf("offset %v: _ingest_ts is %v", row["_offset"], at)
				}
			}
		})
}
