package ingest_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/ingest/ingesttest"
	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
)

// after lets fake time pass, and everything that it sets off.
func after(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// A worker that waits for partitions is not ready and, after a while, an alarm. One that has read everything is
// healthy however long nothing comes. A partition that stands still although there is more is an alarm: in the log, in
// the metrics and in Health, until it moves again. One that does not answer is an alarm, too.
func TestIngester_Health(t *testing.T) {
	warehousetest.Bubble(t, func(t *testing.T) {
		log := ingesttest.NewLog(map[string]int32{"duty.step": 2, "duty.work": 1})
		lake := warehousetest.New(t, ingest.Tables())
		src := log.Source()
		hang := make(chan struct{})
		var hanging sync.Map // partitions
		src.Before = func(ctx context.Context, p warehouse.Partition) error {
			if _, ok := hanging.Load(p); ok {
				select {
				case <-hang:
				case <-ctx.Done():
				}
			}
			return nil
		}
		cfg := ingesttest.Config()
		cfg.UntilCaughtUp = false
		reg := prometheus.NewRegistry()
		var said strings.Builder
		in := ingest.New(cfg, src, lake.Lake, ingest.Options{
			Registerer: reg, Logger: slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelError})),
		})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- in.Run(ctx) }()

		expect := func(when string, stalled float64, says ...string) {
			t.Helper()
			err := in.Health()
			if got := count(t, reg, "dutyflow_ingest_stalled_partitions"); got != stalled || (err == nil) != (stalled == 0) {
				t.Errorf("%s: %v stalled, health: %v", when, got, err)
			}
			for _, text := range says {
				if err == nil || !strings.Contains(err.Error(), text) {
					t.Errorf("%s: health does not say %q: %v", when, text, err)
				}
			}
		}
		after(time.Minute)
		if in.Ready() == nil {
			t.Error("ready without partitions")
		}
		expect("a minute without partitions", 0)
		after(cfg.StallAfter)
		expect("many minutes without partitions", 1, "no partitions for 6m")
		src.Assign(log.Partitions())
		synctest.Wait()
		if err := in.Ready(); err != nil {
			t.Error(err)
		}
		after(time.Hour)
		expect("an hour in which nothing comes", 0)

		p := log.Partition("duty.step", 1)
		hanging.Store(p, true)
		after(2 * time.Second)
		m := ingesttest.NewGenerator(1)
		for made := 0; made < 10; {
			if g := m.Next(1, 0); g.Topic == p.Topic {
				log.Append(p, false, ingest.Record{Value: g.Message.Value, Timestamp: g.Message.Time.UnixMilli(), SourcePos: -1})
				made++
			}
		}
		after(2 * cfg.StallAfter)
		expect("a partition that does not answer", 1, "duty.step[1]", "nothing heard")
		if got := strings.Count(said.String(), "level=ERROR"); got != 2 {
			t.Errorf("%d alarms in the log:\n%s", got, said.String())
		}
		hanging.Delete(p)
		close(hang)
		after(time.Minute)
		expect("a partition that goes on", 0)
		if got := count(t, reg, "dutyflow_ingest_lag_records", "1", "duty.step"); got != 0 {
			t.Errorf("lag = %v", got)
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
