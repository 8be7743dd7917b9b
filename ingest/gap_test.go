package ingest_test

import (
	"context"
	"slices"
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

// Two gaps of one read are two rows, also when a worker before has recorded the first of them and died.
func TestIngester_TwoGaps(t *testing.T) {
	log := ingesttest.NewLog(map[string]int32{"duty.step": 1, "duty.work": 1})
	p := log.Partition("duty.step", 0)
	for _, m := range made(t, "duty.step", 100) {
		log.Append(p, false, ingest.Record{Value: m.Value, Timestamp: m.Time.UnixMilli(), SourcePos: -1})
	}
	lake := warehousetest.New(t, ingest.Tables())
	cfg := ingesttest.Config()
	cfg.MaxFailures = 1
	dying := lake.Config
	recorded := false
	dying.Faults.Commit = func(table string) error {
		if recorded && table == "step" {
			return warehousetest.ErrInjected
		}
		recorded = recorded || table == "rejects"
		return nil
	}
	half, err := warehouse.Open(t.Context(), dying)
	if err != nil {
		t.Fatal(err)
	}
	defer half.Close()
	read := func(lake *warehouse.Lake, before func(context.Context, warehouse.Partition) error) error {
		src := log.Source()
		src.Limit, src.Before = 30, before
		src.Assign(log.Partitions())
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		return ingest.New(cfg, src, lake, ingest.Options{}).Run(ctx)
	}
	trim := func(context.Context, warehouse.Partition) error {
		log.Trim(p, 40) // when the ledger has the partition at 0
		return nil
	}
	if err := read(half, trim); err == nil || len(lake.Rows("rejects")) != 1 {
		t.Fatalf("the first worker: %v, rejects %v", err, lake.Rows("rejects"))
	}
	fetches := 0
	overtake := func(_ context.Context, of warehouse.Partition) error {
		if of == p {
			if fetches++; fetches == 3 { // the gap and offsets 40 to 69 have been read
				log.Trim(p, 90)
			}
		}
		return nil
	}
	if err := read(lake.Lake, overtake); err != nil {
		t.Fatal(err)
	}
	var gaps []any
	for _, row := range lake.Rows("rejects") {
		gaps = append(gaps, row["_offset"])
	}
	slices.SortFunc(gaps, func(a, b any) int { return int(a.(int64) - b.(int64)) })
	if !slices.Equal(gaps, []any{int64(0), int64(70)}) || len(lake.Rows("step")) != 40 {
		t.Errorf("gaps at %v, %d rows", gaps, len(lake.Rows("step")))
	}
}

// A row and a reject whose Kafka timestamp is missing, or is none that the lake takes, have the epoch as _kafka_ts.
func TestIngester_KafkaTimeUnknown(t *testing.T) {
	log := ingesttest.NewLog(map[string]int32{"duty.step": 1, "duty.work": 1})
	p := log.Partition("duty.step", 0)
	good := made(t, "duty.step", 1)[0]
	ms := good.Time.UnixMilli()
	for _, stamp := range []int64{ms, -1, ms * 1_000_000} {
		log.Append(p, false, ingest.Record{Value: good.Value, Timestamp: stamp, SourcePos: -1})
		log.Append(p, false, ingest.Record{Value: []byte("{"), Timestamp: stamp, SourcePos: -1})
	}
	lake := warehousetest.New(t, ingest.Tables())
	src := log.Source()
	src.Assign(log.Partitions())
	if err := ingest.New(ingesttest.Config(), src, lake.Lake, ingest.Options{}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	rows := append(lake.Rows("step"), lake.Rows("rejects")...)
	for _, row := range rows {
		want := time.Unix(0, 0)
		if row["_offset"].(int64) < 2 {
			want = good.Time
		}
		if at := row["_kafka_ts"].(time.Time); !at.Equal(want) {
			t.Errorf("offset %d: _kafka_ts is %s, want %s", row["_offset"], at, want)
		}
	}
	if len(rows) != 6 {
		t.Errorf("%d rows", len(rows))
	}
}
