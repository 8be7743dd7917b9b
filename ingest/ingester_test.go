package ingest_test

import (
	"context"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/ingest/ingesttest"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
)

func run(t *testing.T, in *ingest.Ingester) {
	t.Helper()
	if err := in.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Each record that is in the topics ends up in the lake once: as a row, or as a reject with its reason and its bytes.
func TestIngester_EachRecordOnce(t *testing.T) {
	b := ingesttest.NewBroker(t, 3)
	lake := warehousetest.New(t, ingest.Tables())
	m := ingesttest.NewModel(1)
	m.Produce(t, b, 2_000)
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	var last ingest.Status
	in := ingest.New(ingesttest.Config(), ingesttest.NewSource(t, ingesttest.SourceConfig(b)), lake.Lake, ingest.Options{
		Allocator: mem, Progress: func(s ingest.Status) { last = s },
	})
	run(t, in)
	m.Require(t, lake)
	mem.AssertSize(t, 0)
	if last.Records != 2_000 || last.Rows+last.Rejects != 2_000 || last.Commits < 2 || last.Lag != 0 {
		t.Errorf("status = %+v", last)
	}
	_ = context.Background
}
