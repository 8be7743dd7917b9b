package ingest_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/ingest/ingesttest"
	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
)

// A worker records the rejects of a batch and dies before its rows are in; retention takes the records away before
// another comes. The rows are lost, and the gap says so, once, although duty.rejects has been told of later offsets.
func TestIngester_GapBelowRecordedRejects(t *testing.T) {
	log := ingesttest.NewLog(map[string]int32{"duty.step": 1, "duty.work": 1})
	p := log.Partition("duty.step", 0)
	for _, m := range made(t, "duty.step", 10, 9) { // the last is a reject
		log.Append(p, false, ingest.Record{Value: m.Value, Timestamp: m.Time.UnixMilli(), SourcePos: -1})
	}
	lake := warehousetest.New(t, ingest.Tables())
	cfg := ingesttest.Config()
	cfg.MaxFailures = 1

	dying := lake.Config
	rejected := false
	dying.Faults.Commit = func(table string) error {
		if rejected && table == "step" {
			return warehousetest.ErrInjected
		}
		rejected = rejected || table == "rejects"
		return nil
	}
	half, err := warehouse.Open(t.Context(), dying)
	if err != nil {
		t.Fatal(err)
	}
	defer half.Close()
	read := func(lake *warehouse.Lake) error {
		src := log.Source()
		src.Assign(log.Partitions())
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		return ingest.New(cfg, src, lake, ingest.Options{}).Run(ctx)
	}
	if err := read(half); err == nil || !rejected {
		t.Fatalf("the first worker: %v, rejects recorded: %v", err, rejected)
	}
	log.Trim(p, 10)
	for range 2 {
		if err := read(lake.Lake); err != nil {
			t.Fatal(err)
		}
	}
	gaps := 0
	for _, row := range lake.Rows("rejects") {
		if row["reason"] == warehouse.OffsetGap {
			gaps++
			if !strings.Contains(row["detail"].(string), "offsets 0 to 9") {
				t.Errorf("gap: %v", row["detail"])
			}
		}
	}
	if gaps != 1 || len(lake.Rows("rejects")) != 2 {
		t.Errorf("%d gaps in %d rejects", gaps, len(lake.Rows("rejects")))
	}
}
