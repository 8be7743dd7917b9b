package ingest_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/ingest/ingesttest"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
)

// A clock that jumps, years ahead and years back, changes nothing but _ingest_ts: whether a record is accepted depends
// on its own times, and when a batch closes on time that has passed.
func TestIngester_ClockJumps(t *testing.T) {
	b := ingesttest.NewBroker(t, 2)
	lake := warehousetest.New(t, ingest.Tables())
	m := ingesttest.NewModel(31)
	var calls atomic.Int64
	jumping := func() time.Time {
		base := time.Date(2026, 1, 6, 0, 0, 0, 0, time.UTC)
		switch calls.Add(1) % 3 {
		case 0:
			return base.AddDate(30, 0, 0)
		case 1:
			return base.AddDate(-40, 0, 0)
		}
		return base
	}
	cfg := ingesttest.Config()
	cfg.UntilCaughtUp, cfg.BatchAge, cfg.BatchRows = false, 20*time.Millisecond, 1<<20
	m.Produce(t, b, 800)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	in := ingest.New(cfg, ingesttest.NewSource(t, ingesttest.SourceConfig(b)), lake.Lake, ingest.Options{
		Now: jumping,
		Progress: func(s ingest.Status) {
			if s.Rows+s.Rejects == 800 {
				stop()
			}
		},
	})
	if err := in.Run(ctx); err != nil {
		t.Fatal(err)
	}
	m.Require(t, lake)
}
