package ingest_test

import (
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/ingest/broker"
	"github.com/dutyflow/dutyflow/ingest/ingesttest"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
)

// cpu is the processor time that this process has used.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// From an embedded broker that holds everything to committed snapshots. The broker's own work, serving fetches over
// the loopback interface, is part of the processor time.
//
//	go test ./ingest -run - -bench Ingest -benchtime 1x -cpuprofile /tmp/cpu.out
//
// DUTYFLOW_BENCH_RECORDS sets the number of records, 200,000 by default.
func BenchmarkIngest(b *testing.B) {
	n := 200_000
	if s := os.Getenv("DUTYFLOW_BENCH_RECORDS"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	const partitions = 4
	br := ingesttest.NewBroker(b, partitions)
	g := ingesttest.NewGenerator(1)
	var messages []broker.Message
	bytes := 0
	for made := 0; made < n; {
		m := g.Next(partitions, 0)
		if m.Topic != "duty.step" {
			continue
		}
		messages = append(messages, m.Message)
		bytes += len(m.Message.Value)
		if made++; len(messages) == 10_000 || made == n {
			if err := br.Produce(b.Context(), "duty.step", messages); err != nil {
				b.Fatal(err)
			}
			messages = messages[:0]
		}
	}
	for b.Loop() {
		cfg := ingest.DefaultConfig()
		cfg.Start, cfg.UntilCaughtUp = ingest.Earliest, true
		lake := warehousetest.New(b, ingest.Tables())
		src := ingesttest.NewSource(b, ingesttest.SourceConfig(br))
		in := ingest.New(cfg, src, lake.Lake, ingest.Options{})
		begin := cpu(b)
		wall := time.Now()
		if err := in.Run(b.Context()); err != nil {
			b.Fatal(err)
		}
		used := cpu(b) - begin
		s := in.Status()
		if s.Rows != int64(n) {
			b.Fatalf("%d rows of %d records: %+v", s.Rows, n, s)
		}
		b.ReportMetric(float64(n)/used.Seconds(), "records/cpu-s")
		b.ReportMetric(float64(n)/time.Since(wall).Seconds(), "records/s")
		b.ReportMetric(used.Seconds()*1e6/float64(n), "cpu-µs/record")
		b.ReportMetric(float64(bytes)/float64(n), "bytes/record")
		b.Logf("%+v", s)
	}
}
