package kafkatest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Client is a client of franz-go, independent of the one that is tested. It is closed when the test ends.
func (b *Broker) Client(t testing.TB, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	client, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(b.Addr), kgo.MetadataMinAge(50 * time.Millisecond), kgo.DisableClientMetrics()}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// CreateTopic makes a topic with settings of its own.
func (b *Broker) CreateTopic(t testing.TB, name string, partitions int32, settings map[string]string) {
	t.Helper()
	req := kmsg.NewPtrCreateTopicsRequest()
	topic := kmsg.NewCreateTopicsRequestTopic()
	topic.Topic, topic.NumPartitions, topic.ReplicationFactor = name, partitions, 1
	for key, value := range settings {
		config := kmsg.NewCreateTopicsRequestTopicConfig()
		config.Name, config.Value = key, &value
		topic.Configs = append(topic.Configs, config)
	}
	req.Topics, req.TimeoutMillis = append(req.Topics, topic), 30_000
	resp, err := req.RequestWith(t.Context(), b.Client(t))
	if err == nil {
		err = kerr.ErrorForCode(resp.Topics[0].ErrorCode)
	}
	if err != nil {
		t.Fatalf("create topic %s: %v", name, err)
	}
	Until(t, fmt.Sprintf("topic %s has leaders", name), func(ctx context.Context) bool {
		return b.bound(ctx, name, partitions-1, latest) >= 0
	})
}

// DeleteTopic removes a topic and returns when the broker knows it no more.
func (b *Broker) DeleteTopic(t testing.TB, name string) {
	t.Helper()
	client := b.Client(t)
	req := kmsg.NewPtrDeleteTopicsRequest()
	topic := kmsg.NewDeleteTopicsRequestTopic()
	topic.Topic = &name
	req.TopicNames, req.Topics, req.TimeoutMillis = []string{name}, append(req.Topics, topic), 30_000
	resp, err := req.RequestWith(t.Context(), client)
	if err == nil {
		err = kerr.ErrorForCode(resp.Topics[0].ErrorCode)
	}
	if err != nil {
		t.Fatalf("delete topic %s: %v", name, err)
	}
	Until(t, fmt.Sprintf("topic %s is gone", name), func(ctx context.Context) bool {
		return b.bound(ctx, name, 0, latest) < 0
	})
}

// The timestamps that ask for a bound.
const (
	latest   = -1
	earliest = -2
)

// Bounds reports the first offset of a partition and the one behind its last.
func (b *Broker) Bounds(t testing.TB, topic string, partition int32) (first, end int64) {
	t.Helper()
	return b.bound(t.Context(), topic, partition, earliest), b.bound(t.Context(), topic, partition, latest)
}

// bound returns -1 when the broker does not tell. It asks with a client of its own, which remembers nothing of a topic
// that has gone or come.
func (b *Broker) bound(ctx context.Context, topic string, partition int32, timestamp int64) int64 {
	client, err := kgo.NewClient(kgo.SeedBrokers(b.Addr), kgo.DisableClientMetrics(), kgo.RequestRetries(0))
	if err != nil {
		return -1
	}
	defer client.Close()
	req := kmsg.NewPtrListOffsetsRequest()
	t := kmsg.NewListOffsetsRequestTopic()
	t.Topic = topic
	p := kmsg.NewListOffsetsRequestTopicPartition()
	p.Partition, p.Timestamp = partition, timestamp
	t.Partitions = append(t.Partitions, p)
	req.Topics = append(req.Topics, t)
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	answer, err := req.RequestWith(ctx, client)
	if err != nil || len(answer.Topics) == 0 || len(answer.Topics[0].Partitions) == 0 || answer.Topics[0].Partitions[0].ErrorCode != 0 {
		return -1
	}
	return answer.Topics[0].Partitions[0].Offset
}

// untilLimit is how long a test waits for the broker to do what it does within a second on an idle machine.
const untilLimit = 40 * time.Second

// Until asks until the answer is yes, and fails the test when it never is.
func Until(t testing.TB, what string, yes func(context.Context) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), untilLimit)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !yes(ctx) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s: not within %s", what, untilLimit)
		}
	}
}
