package kafka_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/ingest/kafka"
	"github.com/dutyflow/dutyflow/ingest/kafka/kafkatest"
	"github.com/dutyflow/dutyflow/warehouse"
)

// realCluster is the id that the broker of these tests is formatted with.
const realCluster = "dutyflowTestCluster000"

// What the client does with an embedded broker it does with Apache Kafka.
func TestRealKafka(t *testing.T) {
	kafkatest.Need(t)
	b := kafkatest.Start(t, kafkatest.Options{})
	for _, c := range []struct {
		name string
		test func(*testing.T, *kafkatest.Broker)
	}{
		{"positions", realPositions},
		{"compressions", realCompressions},
		{"transactions", realTransactions},
		{"compaction", realCompaction},
		{"retention", realRetention},
		{"log_append_time", realLogAppendTime},
		{"rebalance", realRebalance},
		{"logins", realLogins},
		{"refusals", realRefusals},
		{"recreated", realRecreated},
		{"broker_gone", realBrokerGone},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, b) })
	}
}

func realConfig(b *kafkatest.Broker, t *testing.T) kafka.Config {
	cfg := kafka.DefaultConfig()
	cfg.Brokers, cfg.Assignment = []string{b.Addr}, kafka.AssignStatic
	cfg.Group = "g-" + strings.ReplaceAll(t.Name(), "/", "-")
	cfg.FetchMaxWait, cfg.WatchInterval, cfg.SessionTimeout = 100*time.Millisecond, time.Second, 6*time.Second
	return cfg
}

// topicOf names a topic after the test, so that tests do not meet.
func topicOf(t *testing.T) string {
	return "duty." + strings.ToLower(strings.NewReplacer("/", ".", "#", ".").Replace(strings.TrimPrefix(t.Name(), "TestRealKafka/")))
}

func partition(topic string, id int32) warehouse.Partition {
	return warehouse.Partition{Cluster: realCluster, Topic: topic, ID: id}
}

// send produces values to partition 0, a batch a call.
func send(t *testing.T, c *kgo.Client, topic string, values ...string) {
	t.Helper()
	records := make([]*kgo.Record, len(values))
	for i, v := range values {
		records[i] = &kgo.Record{Topic: topic, Value: []byte(v)}
	}
	if err := c.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
		t.Fatalf("produce to %s: %v", topic, err)
	}
}

func manual() kgo.Opt { return kgo.RecordPartitioner(kgo.ManualPartitioner()) }

// readFrom reads partition 0 of a topic up to an end, as the ingester would.
func readFrom(t *testing.T, g ingest.Generation, topic string, offset, end int64) got {
	t.Helper()
	out, err := readPartition(t, g, partition(topic, 0), offset, end)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Bounds, timestamps, the position of the group and the partitions of a worker are the broker's, in a group and without.
func realPositions(t *testing.T, b *kafkatest.Broker) {
	topic := topicOf(t)
	b.CreateTopic(t, topic, 2, nil)
	client := b.Client(t, manual())
	base := time.UnixMilli(1_700_000_000_000)
	for i := range 10 {
		r := &kgo.Record{Topic: topic, Value: []byte(fmt.Sprint(i)), Timestamp: base.Add(time.Duration(i) * time.Second)}
		if err := client.ProduceSync(t.Context(), r).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	for _, assignment := range []string{kafka.AssignStatic, kafka.AssignGroup} {
		cfg := realConfig(b, t)
		cfg.Assignment, cfg.Group = assignment, cfg.Group+assignment
		src := open(t, cfg, topic)
		if src.Cluster() != realCluster {
			t.Fatalf("cluster %q", src.Cluster())
		}
		g := next(t, src)
		if len(g.Partitions()) != 2 {
			t.Fatalf("%s: holds %v", assignment, g.Partitions())
		}
		p := partition(topic, 0)
		if first, end, err := g.Bounds(t.Context(), p); err != nil || first != 0 || end != 10 {
			t.Fatalf("bounds = %d, %d, %v", first, end, err)
		}
		for ms, want := range map[int64]int64{base.UnixMilli() - 1: 0, base.UnixMilli() + 5000: 5, base.UnixMilli() + 4500: 5, base.UnixMilli() + 99_000: 10} {
			if at, err := g.OffsetAt(t.Context(), p, ms); err != nil || at != want {
				t.Fatalf("offset at %d = %d, %v; want %d", ms, at, err, want)
			}
		}
		if got := readFrom(t, g, topic, 4, 10); !slices.Equal(got.values, []string{"4", "5", "6", "7", "8", "9"}) {
			t.Fatalf("read %v", got.values)
		}
		var err error
		kafkatest.Until(t, "the group has a coordinator", func(context.Context) bool {
			err = g.Commit(map[warehouse.Partition]int64{p: 7})
			return !errors.Is(err, kafkago.NotCoordinatorForGroup) && !errors.Is(err, kafkago.GroupCoordinatorNotAvailable)
		})
		if err != nil {
			t.Fatal(err)
		}
		req := kmsg.NewPtrOffsetFetchRequest()
		group := kmsg.NewOffsetFetchRequestGroup()
		group.Group = cfg.Group
		of := kmsg.NewOffsetFetchRequestGroupTopic()
		of.Topic, of.Partitions = topic, []int32{0}
		group.Topics, req.Group = append(group.Topics, of), cfg.Group
		req.Groups = append(req.Groups, group)
		resp, err := req.RequestWith(t.Context(), client)
		if err != nil || len(resp.Groups) != 1 || len(resp.Groups[0].Topics) != 1 || resp.Groups[0].Topics[0].Partitions[0].Offset != 7 {
			t.Fatalf("%s: group offset: %+v, %v", assignment, resp, err)
		}
	}
}

// Batches of every compression are read, whatever the topic makes of them.
func realCompressions(t *testing.T, b *kafkatest.Broker) {
	for name, codec := range map[string]kgo.CompressionCodec{
		"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
		"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
	} {
		for _, setting := range []string{"producer", "gzip", "snappy", "lz4", "zstd"} {
			if setting != "producer" && name != "none" {
				continue // what the broker packs does not depend on what the producer sent
			}
			t.Run(name+"_"+setting, func(t *testing.T) {
				topic := topicOf(t)
				b.CreateTopic(t, topic, 1, map[string]string{"compression.type": setting})
				client := b.Client(t, manual(), kgo.ProducerBatchCompression(codec))
				var want []string
				for i := range 5 {
					var values []string
					for j := range 200 {
						values = append(values, strings.Repeat(fmt.Sprintf(`{"case_id":"%d-%d"}`, i, j), 20))
					}
					send(t, client, topic, values...)
					want = append(want, values...)
				}
				cfg := realConfig(b, t)
				cfg.FetchMaxBytes = 16 << 10
				if got := readFrom(t, next(t, open(t, cfg, topic)), topic, 0, 1000); !slices.Equal(got.values, want) {
					t.Fatalf("read %d values that differ from the %d sent", len(got.values), len(want))
				}
			})
		}
	}
}

// What a transactional producer commits is read, what it aborts is not, and an open transaction holds back everything
// behind it until it has ended.
func realTransactions(t *testing.T, b *kafkatest.Broker) {
	topic := topicOf(t)
	b.CreateTopic(t, topic, 1, nil)
	plain := b.Client(t, manual())
	var tx [3]*kgo.Client
	for i := range tx {
		tx[i] = b.Client(t, manual(), kgo.TransactionalID(fmt.Sprintf("%s-%d", topic, i)))
	}
	begin := func(c *kgo.Client) {
		t.Helper()
		if err := c.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
	}
	end := func(c *kgo.Client, commit kgo.TransactionEndTry) {
		t.Helper()
		if err := c.EndTransaction(t.Context(), commit); err != nil {
			t.Fatal(err)
		}
	}
	var want []string
	for round := range 10 {
		begin(tx[0])
		begin(tx[1])
		for i := range 3 {
			kept, dropped, outside := fmt.Sprintf("k%d-%d", round, i), fmt.Sprintf("d%d-%d", round, i), fmt.Sprintf("o%d-%d", round, i)
			send(t, tx[0], topic, kept)
			send(t, tx[1], topic, dropped)
			send(t, plain, topic, outside)
			want = append(want, kept, outside)
		}
		if round%2 == 0 {
			end(tx[1], kgo.TryAbort)
			end(tx[0], kgo.TryCommit)
		} else {
			end(tx[0], kgo.TryCommit)
			end(tx[1], kgo.TryAbort)
		}
	}
	begin(tx[2])
	send(t, tx[2], topic, "late")
	send(t, plain, topic, "behind")

	for _, size := range []int{1 << 10, 4 << 20} {
		cfg := realConfig(b, t)
		cfg.FetchMaxBytes = size
		g := next(t, open(t, cfg, topic))
		_, stable, err := g.Bounds(t.Context(), partition(topic, 0))
		if err != nil {
			t.Fatal(err)
		}
		if _, last := b.Bounds(t, topic, 0); stable != last-2 {
			t.Fatalf("the stable end is %d and the log ends at %d: the open transaction does not hold it", stable, last)
		}
		if got := readFrom(t, g, topic, 0, stable); !slices.Equal(got.values, want) {
			t.Fatalf("read %v, want %v", got.values, want)
		}
		for range 3 {
			c, err := g.Fetch(t.Context(), partition(topic, 0), stable, 1<<20)
			if err != nil || len(c.Records) != 0 || c.Next != stable {
				t.Fatalf("behind an open transaction: %+v, %v", c, err)
			}
			c.Release()
		}
	}
	end(tx[2], kgo.TryCommit)
	g := next(t, open(t, realConfig(b, t), topic))
	_, all := b.Bounds(t, topic, 0)
	for from := range all { // also from the middle of any transaction
		got := readFrom(t, g, topic, from, all)
		whole := append(slices.Clone(want), "late", "behind")
		if !slices.Equal(got.values, whole[len(whole)-len(got.values):]) {
			t.Fatalf("read from %d: %v", from, got.values)
		}
	}
}

// Offsets that compaction has emptied are stepped over; every record that is left is read once.
func realCompaction(t *testing.T, b *kafkatest.Broker) {
	topic := topicOf(t)
	b.CreateTopic(t, topic, 1, map[string]string{
		"cleanup.policy": "compact", "segment.bytes": "1048576", "min.cleanable.dirty.ratio": "0.01",
		"segment.ms": "200", "min.compaction.lag.ms": "0", "max.compaction.lag.ms": "500", "delete.retention.ms": "0",
	})
	client := b.Client(t, manual())
	for i := range 60 {
		var records []*kgo.Record
		for j := range 20 {
			key := "same"
			if i%10 == 3 && j == 7 {
				key = fmt.Sprintf("kept-%d", i)
			}
			records = append(records, &kgo.Record{Topic: topic, Key: []byte(key), Value: []byte(fmt.Sprintf("%d-%d", i, j))})
		}
		if err := client.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	g := next(t, open(t, realConfig(b, t), topic))
	var seen got
	nudge := 0
	kafkatest.Until(t, "compaction leaves gaps", func(ctx context.Context) bool {
		// A segment is closed when a record comes after its time; only closed ones are compacted.
		nudge++
		r := &kgo.Record{Topic: topic, Key: []byte("same"), Value: []byte("nudge")}
		if err := client.ProduceSync(ctx, r).FirstErr(); err != nil {
			t.Fatal(err)
		}
		_, end := b.Bounds(t, topic, 0)
		seen = readFrom(t, g, topic, 0, end)
		return len(seen.offsets) < 200+nudge
	})
	kept := 0
	for i, v := range seen.values {
		if i > 0 && seen.offsets[i] <= seen.offsets[i-1] {
			t.Fatalf("offset %d after %d", seen.offsets[i], seen.offsets[i-1])
		}
		if strings.HasSuffix(v, "3-7") {
			kept++
		}
	}
	if kept != 6 {
		t.Fatalf("%d of 6 keys that nothing replaced were read: %v", kept, seen.values)
	}
	_, end := b.Bounds(t, topic, 0)
	for _, from := range []int64{1, 77, 150, 333, 400, 1001} { // in the middle of what was emptied
		// Compaction may have gone on since, so fewer may come; but what nothing replaced comes, and nothing new.
		got := readFrom(t, g, topic, from, end)
		for i, o := range seen.offsets {
			if o >= from && strings.HasSuffix(seen.values[i], "3-7") && !slices.Contains(got.offsets, o) {
				t.Errorf("from %d: offset %d is missing in %v", from, o, got.offsets)
			}
		}
		for _, o := range got.offsets {
			if o < from || !slices.Contains(seen.offsets, o) {
				t.Errorf("from %d: offset %d in %v was not there before", from, o, got.offsets)
			}
		}
	}
}

// Offsets that retention has taken away are an error that names them, or a gap if the operator chose so.
func realRetention(t *testing.T, b *kafkatest.Broker) {
	topic := topicOf(t)
	b.CreateTopic(t, topic, 1, map[string]string{"retention.ms": "500", "segment.ms": "300", "segment.bytes": "1048576"})
	client := b.Client(t, manual())
	send(t, client, topic, "a", "b", "c")
	var first int64
	kafkatest.Until(t, "retention deletes", func(context.Context) bool {
		send(t, client, topic, "later")
		first, _ = b.Bounds(t, topic, 0)
		return first >= 3
	})
	_, end := b.Bounds(t, topic, 0)
	g := next(t, open(t, realConfig(b, t), topic))
	_, err := readPartition(t, g, partition(topic, 0), 1, end)
	if !errors.Is(err, ingest.ErrOffsetGone) || !ingest.IsStop(err) || !strings.Contains(err.Error(), "skip-and-record") {
		t.Fatalf("err = %v", err)
	}
	cfg := realConfig(b, t)
	cfg.OutOfRange = kafka.SkipAndRecord
	got, err := readPartition(t, next(t, open(t, cfg, topic)), partition(topic, 0), 1, end)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.gaps) == 0 || got.gaps[0].From != 1 || got.gaps[0].To < 3 {
		t.Fatalf("gaps = %+v", got.gaps)
	}
	if _, err := readPartition(t, g, partition(topic, 0), end+1000, end+1001); !errors.Is(err, ingest.ErrLogRewritten) {
		t.Fatalf("beyond the end: %v", err)
	}
}

// Where the broker stamps records itself, that is their time.
func realLogAppendTime(t *testing.T, b *kafkatest.Broker) {
	topic := topicOf(t)
	b.CreateTopic(t, topic, 1, map[string]string{"message.timestamp.type": "LogAppendTime"})
	before := time.Now().Add(-time.Minute).UnixMilli()
	client := b.Client(t, manual())
	r := &kgo.Record{Topic: topic, Value: []byte("v"), Timestamp: time.UnixMilli(1_000_000_000_000)}
	if err := client.ProduceSync(t.Context(), r).FirstErr(); err != nil {
		t.Fatal(err)
	}
	c, err := next(t, open(t, realConfig(b, t), topic)).Fetch(t.Context(), partition(topic, 0), 0, 1<<20)
	if err != nil || len(c.Records) != 1 || c.Records[0].Timestamp < before {
		t.Fatalf("fetched %+v, %v", c, err)
	}
}

// Three workers share six partitions: each has two, together they have all, and when two leave, one has six.
func realRebalance(t *testing.T, b *kafkatest.Broker) {
	topic := topicOf(t)
	b.CreateTopic(t, topic, 6, nil)
	cfg := realConfig(b, t)
	cfg.Assignment = kafka.AssignGroup
	type share struct {
		worker int
		held   []warehouse.Partition
	}
	shares := make(chan share)
	ctx, cancel := context.WithCancel(t.Context())
	var workers sync.WaitGroup
	defer workers.Wait()
	defer cancel()
	sources := make([]*kafka.Source, 3)
	for i := range sources {
		sources[i] = open(t, cfg, topic)
		workers.Add(1)
		go func() { // ends with its source or the test
			defer workers.Done()
			for {
				g, err := sources[i].Next(ctx)
				if ingest.IsStop(err) || ctx.Err() != nil {
					return
				}
				if err != nil {
					continue
				}
				select {
				case shares <- share{i, g.Partitions()}:
				case <-ctx.Done():
					return
				}
				select {
				case <-g.Context().Done():
				case <-ctx.Done():
					return
				}
			}
		}()
	}
	// settle waits until the last word of each worker adds up to all partitions, shared evenly.
	settle := func(workers, each int) {
		t.Helper()
		held := make(map[int][]warehouse.Partition)
		limit := time.After(time.Minute)
		for {
			select {
			case s := <-shares:
				held[s.worker] = s.held
			case <-limit:
				t.Fatalf("%d workers do not come to %d partitions each: %v", workers, each, held)
			}
			all, even := make(map[warehouse.Partition]bool), 0
			for _, h := range held {
				if len(h) == each {
					even++
				}
				for _, p := range h {
					all[p] = true
				}
			}
			if even >= workers && len(all) == 6 {
				return
			}
		}
	}
	settle(3, 2)
	for _, s := range sources[:2] {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	settle(1, 6)
}
