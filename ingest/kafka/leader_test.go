package kafka_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/ingest/kafka"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
)

// A partition whose leader moves from broker to broker, and a group whose coordinator does, cost a moment each: the run
// goes on by itself and each record is in the lake once.
func TestSource_LeaderMoves(t *testing.T) {
	for _, assignment := range []string{kafka.AssignStatic, kafka.AssignGroup} {
		t.Run(assignment, func(t *testing.T) {
			const partitions, rounds, each = 3, 3, 40
			cluster, err := kfake.NewCluster(kfake.NumBrokers(3), kfake.ClusterID("three"), kfake.SeedTopics(partitions, topic))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(cluster.Close)
			client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), manual())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(client.Close)
			produce := func(round int) {
				t.Helper()
				for i, v := range steps(uint64(round+1), each) {
					r := &kgo.Record{Topic: topic, Partition: int32(i % partitions), Value: v}
					if err := client.ProduceSync(t.Context(), r).FirstErr(); err != nil {
						t.Fatal(err)
					}
				}
			}
			produce(0)
			lake := warehousetest.New(t, ingest.Tables())
			cfg := kafka.DefaultConfig()
			cfg.Brokers, cfg.Assignment = cluster.ListenAddrs()[:1], assignment
			cfg.FetchMaxWait = 50 * time.Millisecond
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			reg := prometheus.NewRegistry()
			done, rows := make(chan error, 1), make(chan int64, 1)
			go func() { // ends with the run
				done <- ingestInto(ctx, t, cfg, lake, func(c *ingest.Config) { c.UntilCaughtUp = false }, ingest.Options{
					Registerer: reg,
					Progress: func(s ingest.Status) {
						select {
						case <-rows:
						default:
						}
						rows <- s.Rows // the latest only
					},
				})
			}()
			reach := func(want int64) {
				t.Helper()
				for {
					select {
					case n := <-rows:
						if n == want {
							return
						}
					case err := <-done:
						t.Fatalf("it ended: %v", err)
					}
				}
			}
			reach(each)
			for round := 1; round <= rounds; round++ {
				for p := range int32(partitions) {
					leader := cluster.LeaderFor(topic, p)
					if err := cluster.MoveTopicPartition(topic, p, (leader+1)%3); err != nil {
						t.Fatal(err)
					}
				}
				cluster.RehashCoordinators()
				produce(round)
				reach(int64(each * (round + 1)))
			}
			stop()
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			seen := make(map[string]int)
			for _, row := range lake.Rows("step") {
				seen[fmt.Sprint(row["_partition"], "@", row["_offset"])]++
			}
			for at, n := range seen {
				if n != 1 {
					t.Errorf("%s is there %d times", at, n)
				}
			}
			if len(seen) != each*(rounds+1) {
				t.Errorf("%d of %d records", len(seen), each*(rounds+1))
			}
			if failures(t, reg) == 0 {
				t.Error("no failed attempt was counted: no leader was missed")
			}
		})
	}
}
