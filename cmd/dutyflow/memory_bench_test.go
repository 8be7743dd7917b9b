package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/dutyflow/dutyflow/ingest/broker"
)

// What an ingest holds at most, as the operating system counts it, where memory is hardest to bound. Each case is a
// process of its own with the default budget; the broker is in this one. The promise is less than 1 GiB.
//
//	make bench-memory
func BenchmarkIngestMemory(b *testing.B) {
	const kafkaTime = 1_790_000_000_000
	step := func(i, partitions int) broker.Message {
		month := i % 48
		value := fmt.Sprintf(`{"schema":"duty.step.v1","event_id":"e-%09d","event_time":"%04d-%02d-%02dT09:%02d:00+08:00","source":"spj","region_code":"371302","org_code":"LY-SPJ","section_code":"S-%02d","post_code":"P-%03d","actor_id":"a%05x","case_id":"C-%08d","action":"step_end","item_code":"I-%04d","process_code":"P-%04d","step_code":"审查","approval_level":2,"result":"pass"}`,
			i, 2022+month/12, 1+month%12, 1+i%28, i%60, i%40, i%400, i%(1<<20), i/3, i%4409, i%900)
		return broker.Message{Partition: int32(i / 48 % partitions), Value: []byte(value), Time: time.UnixMilli(kafkaTime), SourcePos: -1}
	}
	junk := func(size int) func(i, partitions int) broker.Message {
		return func(i, partitions int) broker.Message {
			// Not all alike, or compression would make it too easy.
			value := bytes.Repeat(fmt.Appendf(nil, "%d no JSON ", i*7919), size/12)
			return broker.Message{Partition: int32(i % partitions), Value: value, Time: time.UnixMilli(kafkaTime), SourcePos: -1}
		}
	}
	for _, c := range []struct {
		name                        string
		topics, partitions, records int // records in the first topic
		at                          int // in a request
		make                        func(i, partitions int) broker.Message
	}{
		{"backlog of 64 partitions over 48 months", 1, 64, 600_000, 5_000, step},
		{"messages of 8 MiB", 1, 4, 100, 1, junk(8 << 20)},
		{"burst of rejects of 2 KiB", 1, 16, 300_000, 500, junk(2 << 10)},
		{"16 topics, 15 idle", 16, 4, 300_000, 5_000, step},
	} {
		b.Run(c.name, func(b *testing.B) {
			topics := map[string]int32{}
			var names []string
			for i := range c.topics {
				name := fmt.Sprintf("city.%02d", i)
				topics[name] = int32(c.partitions)
				names = append(names, name+": duty.step")
			}
			br, err := broker.Start(broker.Config{ClusterID: "memory", Topics: topics, MaxUnread: -1})
			if err != nil {
				b.Fatal(err)
			}
			defer br.Close()
			sent := int64(0)
			for i := 0; i < c.records; i += c.at {
				batch := make([]broker.Message, 0, c.at)
				for k := i; k < min(i+c.at, c.records); k++ {
					batch = append(batch, c.make(k, c.partitions))
					sent += int64(len(batch[len(batch)-1].Value))
				}
				if err := br.Produce(b.Context(), "city.00", batch); err != nil {
					b.Fatal(err)
				}
			}
			for b.Loop() {
				cmd := exec.CommandContext(b.Context(), os.Args[0], "--dir", b.TempDir(), "ingest", "--until-caught-up", "--log-level", "info")
				cmd.Env = append(os.Environ(), asProgram+"=1",
					"DUTYFLOW_KAFKA_BROKERS="+br.Addr(), "DUTYFLOW_KAFKA_ASSIGNMENT=static",
					"DUTYFLOW_INGEST_START=earliest", "DUTYFLOW_INGEST_TOPICS={"+strings.Join(names, ", ")+"}")
				var output bytes.Buffer
				cmd.Stdout, cmd.Stderr = &output, &output
				peak, err := peakOf(cmd)
				if err != nil {
					b.Fatalf("%v\n%s", err, output.String())
				}
				b.ReportMetric(float64(peak)/1024, "MiB-peak")
				b.ReportMetric(float64(sent)/(1<<20), "MiB-sent")
				b.ReportMetric(float64(bytes.Count(output.Bytes(), []byte("msg=committed"))), "commits")
				if peak > 1<<20 {
					b.Errorf("%s: %d MiB, more than 1 GiB", c.name, peak>>10)
				}
			}
		})
	}
}

// peakOf runs a command to its end and returns the most KiB that it had resident, as far as it was seen. What the system
// counts for a child when it has ended begins with the size of its parent, which here holds all the records.
func peakOf(cmd *exec.Cmd) (peak int64, err error) {
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }() // ends with the process
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case err := <-ended:
			return peak, err
		case <-look.C:
			status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
			if err != nil {
				continue // it has just ended
			}
			for line := range strings.Lines(string(status)) {
				var now int64
				if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &now); err == nil {
					peak = max(peak, now)
				}
			}
		}
	}
}
