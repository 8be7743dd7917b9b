package ingesttest

import (
	"log/slog"
	"testing"
	"time"

	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/ingest/broker"
	"github.com/dutyflow/dutyflow/ingest/kafka"
)

// ClusterID is the id of the brokers that NewBroker starts.
const ClusterID = "test-cluster"

// NewBroker starts an embedded broker with a topic for every record type. It ends with the test. Nothing waits for a
// reader: tests produce first.
func NewBroker(t testing.TB, partitions int32) *broker.Broker {
	t.Helper()
	topics := make(map[string]int32)
	for _, name := range ingest.AllTopics().Names() {
		topics[name] = partitions
	}
	b, err := broker.Start(broker.Config{ClusterID: ClusterID, Topics: topics, MaxUnread: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// SourceConfig reads everything from a broker, without a group, and does not wait long for more.
func SourceConfig(b *broker.Broker) kafka.Config {
	c := kafka.DefaultConfig()
	c.Brokers = []string{b.Addr()}
	c.Assignment = kafka.AssignStatic
	c.FetchMaxWait = 20 * time.Millisecond
	return c
}

// NewSource opens a source of all topics. It ends with the test.
func NewSource(t testing.TB, c kafka.Config) *kafka.Source {
	t.Helper()
	src, err := kafka.Open(t.Context(), c, ingest.AllTopics().Names(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = src.Close() }) // a test that closes it itself has looked at the error
	return src
}

// Config starts at the earliest and ends when it has caught up, with batches small enough that a thousand records make
// several.
func Config() ingest.Config {
	c := ingest.DefaultConfig()
	c.Start = ingest.Earliest
	c.UntilCaughtUp = true
	c.BatchRows = 300
	return c
}

// AddPartitions gives a topic more partitions.
func AddPartitions(t testing.TB, b *broker.Broker, topic string, n int32) {
	t.Helper()
	if err := b.AddPartitions(t.Context(), topic, n); err != nil {
		t.Fatal(err)
	}
}
