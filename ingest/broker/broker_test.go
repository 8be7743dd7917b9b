package broker_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/dutyflow/dutyflow/ingest/broker"
)

func start(t *testing.T, c broker.Config) *broker.Broker {
	t.Helper()
	b, err := broker.Start(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

func messages(partition int32, from, n, size int) []broker.Message {
	ms := make([]broker.Message, n)
	for i := range ms {
		v := make([]byte, size)
		copy(v, fmt.Sprintf("%d-%d", partition, from+i))
		ms[i] = broker.Message{Partition: partition, Key: []byte("k"), Value: v, Time: time.UnixMilli(1_700_000_000_000), SourcePos: int64(from + i)}
	}
	return ms
}

// Messages of a partition get offsets 0, 1, 2, ... in the order in which they were produced, with key, value, time and
// position as given.
func TestBroker_OffsetsFollowTheOrderOfProduction(t *testing.T) {
	b := start(t, broker.Config{ClusterID: "load:test", Topics: map[string]int32{"duty.step": 2}})
	var mixed []broker.Message
	one, two := messages(0, 0, 500, 20), messages(1, 0, 500, 20)
	for i := range one {
		mixed = append(mixed, one[i], two[i])
	}
	if err := b.Produce(t.Context(), "duty.step", mixed); err != nil {
		t.Fatal(err)
	}
	if got := b.Next("duty.step"); got[0] != 500 || got[1] != 500 {
		t.Fatalf("next offsets = %v", got)
	}
	cl, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()), kgo.ConsumeTopics("duty.step"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	for seen := 0; seen < 1000; {
		for _, r := range cl.PollFetches(t.Context()).Records() {
			want := fmt.Sprintf("%d-%d", r.Partition, r.Offset)
			if string(r.Value[:len(want)]) != want || string(r.Headers[0].Value) != fmt.Sprint(r.Offset) || r.Timestamp.UnixMilli() != 1_700_000_000_000 {
				t.Fatalf("%d@%d: got %q %v %v", r.Partition, r.Offset, r.Value, r.Headers, r.Timestamp)
			}
			seen++
		}
	}
}

// Produce waits while more than the limit is unread, the wait ends with ctx, and it goes on when the ledger has moved.
func TestBroker_ProducerWaitsForTheLedger(t *testing.T) {
	b := start(t, broker.Config{ClusterID: "load:test", Topics: map[string]int32{"duty.step": 1}, MaxUnread: 4 << 20})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := b.Produce(ctx, "duty.step", messages(0, 0, 20, 1<<20)); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("produced 20 MiB into a limit of 4 MiB: %v", err)
	}
	done := b.Next("duty.step")[0]
	if done < 4 || done > 6 {
		t.Fatalf("%d MiB went in before the wait, want about 4", done)
	}
	if err := b.Trim("duty.step", map[int32]int64{0: done}); err != nil {
		t.Fatal(err)
	}
	if err := b.Produce(t.Context(), "duty.step", messages(0, int(done), 3, 1<<20)); err != nil {
		t.Fatal(err)
	}
	if p := b.Cluster().PartitionInfo("duty.step", 0); p.LogStartOffset != done {
		t.Fatalf("log starts at %d, want %d: nothing was deleted", p.LogStartOffset, done)
	}
}

// Messages below an offset that was trimmed before they were produced pass through without counting as unread.
func TestBroker_TrimAheadOfProduction(t *testing.T) {
	b := start(t, broker.Config{ClusterID: "load:test", Topics: map[string]int32{"duty.step": 1}, MaxUnread: 2 << 20})
	if err := b.Trim("duty.step", map[int32]int64{0: 30}); err != nil {
		t.Fatal(err)
	}
	if err := b.Produce(t.Context(), "duty.step", messages(0, 0, 31, 1<<20)); err != nil {
		t.Fatal(err)
	}
	p := b.Cluster().PartitionInfo("duty.step", 0)
	if p.LogStartOffset != 30 || p.HighWatermark != 31 {
		t.Fatalf("log is [%d, %d), want [30, 31)", p.LogStartOffset, p.HighWatermark)
	}
}

// Close ends waiting producers and leaves no goroutine behind.
func TestBroker_CloseLeavesNothing(t *testing.T) {
	before := runtime.NumGoroutine()
	b, err := broker.Start(broker.Config{ClusterID: "load:test", Topics: map[string]int32{"duty.step": 1}, MaxUnread: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	failed := make(chan error)
	go func() { failed <- b.Produce(t.Context(), "duty.step", messages(0, 0, 20, 1<<20)) }()
	for b.Next("duty.step")[0] == 0 {
		runtime.Gosched()
	}
	b.Close()
	b.Close()
	if err := <-failed; err == nil {
		t.Fatal("a producer that waits for a closed broker must be told")
	}
	for i := 0; runtime.NumGoroutine() > before; i++ {
		if i > 1_000_000 {
			buf := make([]byte, 1<<16)
			t.Fatalf("goroutines are left:\n%s", buf[:runtime.Stack(buf, true)])
		}
		runtime.Gosched()
	}
}

// A broker without a cluster id, an unknown topic and an unknown partition are refused with their names.
func TestBroker_BadUse(t *testing.T) {
	if _, err := broker.Start(broker.Config{}); err == nil {
		t.Fatal("started without a cluster id")
	}
	b := start(t, broker.Config{ClusterID: "load:test", Topics: map[string]int32{"duty.step": 1}})
	for topic, m := range map[string]broker.Message{"duty.none": {}, "duty.step": {Partition: 3}} {
		if err := b.Produce(t.Context(), topic, []broker.Message{m}); err == nil {
			t.Fatalf("produced to %s[%d]", topic, m.Partition)
		}
	}
	if err := b.CreateTopic("duty.step", 1); err == nil {
		t.Fatal("created a topic twice")
	}
}
