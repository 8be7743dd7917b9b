package kafka_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/ingest/ingesttest"
	"github.com/dutyflow/dutyflow/ingest/kafka"
	"github.com/dutyflow/dutyflow/ingest/kafka/kafkatest"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
)

// steps makes n messages of duty.step, none like those of another seed.
func steps(seed uint64, n int) [][]byte {
	g := ingesttest.NewGenerator(seed)
	var out [][]byte
	for len(out) < n {
		if m := g.Next(1, 0); m.Topic == "duty.step" {
			out = append(out, m.Message.Value)
		}
	}
	return out
}

// sendSteps sends with a client of its own, because a client goes on to ask for the topic that it met first.
func sendSteps(t *testing.T, b *kafkatest.Broker, values [][]byte) {
	t.Helper()
	c := b.Client(t, manual())
	records := make([]*kgo.Record, len(values))
	for i, v := range values {
		records[i] = &kgo.Record{Topic: topic, Value: v, Timestamp: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
	}
	if err := c.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

// ingestInto runs an ingester of duty.step until it ends.
func ingestInto(ctx context.Context, t *testing.T, k kafka.Config, lake *warehousetest.Lake, change func(*ingest.Config), o ingest.Options) error {
	t.Helper()
	cfg := ingesttest.Config()
	cfg.Topics = ingest.Topics{topic: {Type: topic}}
	cfg.BatchAge = 100 * time.Millisecond
	if change != nil {
		change(&cfg)
	}
	src := open(t, k, topic)
	err := ingest.New(cfg, src, lake.Lake, o).Run(ctx)
	if cerr := src.Close(); cerr != nil {
		t.Error(cerr)
	}
	return err
}

func requireRows(t *testing.T, lake *warehousetest.Lake, n int) {
	t.Helper()
	seen := make(map[int64]bool)
	for _, row := range lake.Rows("step") {
		o := row["_offset"].(int64)
		if seen[o] {
			t.Errorf("offset %d is there twice", o)
		}
		seen[o] = true
	}
	if len(seen) != n {
		t.Errorf("the lake holds %d offsets, want %d", len(seen), n)
	}
}

// A topic that was deleted and created again is refused, whether it is shorter than before or longer, and also when that
// happens while it is read. So is a topic of the same name on other brokers. The lake keeps what it had.
func realRecreated(t *testing.T, b *kafkatest.Broker) {
	running := func(c *ingest.Config) { c.UntilCaughtUp = false }
	for name, again := range map[string]int{"shorter": 10, "longer": 80} {
		t.Run(name, func(t *testing.T) {
			b.CreateTopic(t, topic, 1, nil)
			defer b.DeleteTopic(t, topic)
			lake := warehousetest.New(t, ingest.Tables())
			sendSteps(t, b, steps(1, 40))
			if err := ingestInto(t.Context(), t, realConfig(b, t), lake, nil, ingest.Options{}); err != nil {
				t.Fatal(err)
			}
			b.DeleteTopic(t, topic)
			b.CreateTopic(t, topic, 1, nil)
			sendSteps(t, b, steps(2, again))
			for range 2 {
				err := ingestInto(t.Context(), t, realConfig(b, t), lake, nil, ingest.Options{})
				if !errors.Is(err, ingest.ErrLogRewritten) || !strings.Contains(err.Error(), "ledger reset") {
					t.Fatalf("err = %v", err)
				}
			}
			requireRows(t, lake, 40)
		})
		for _, assignment := range []string{kafka.AssignStatic, kafka.AssignGroup} {
			t.Run(name+"_while_read_"+assignment, func(t *testing.T) {
				b.CreateTopic(t, topic, 1, nil)
				defer b.DeleteTopic(t, topic)
				lake := warehousetest.New(t, ingest.Tables())
				sendSteps(t, b, steps(1, 40))
				done, committed := make(chan error, 1), make(chan struct{}, 1)
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				cfg := realConfig(b, t)
				cfg.Assignment = assignment
				go func() { // ends with the run
					done <- ingestInto(ctx, t, cfg, lake, running, ingest.Options{Progress: func(s ingest.Status) {
						if s.Rows == 40 {
							select {
							case committed <- struct{}{}:
							default:
							}
						}
					}})
				}()
				select {
				case <-committed:
				case err := <-done:
					t.Fatalf("it ended: %v", err)
				}
				b.DeleteTopic(t, topic)
				b.CreateTopic(t, topic, 1, nil)
				sendSteps(t, b, steps(2, again))
				if err := <-done; !errors.Is(err, ingest.ErrLogRewritten) {
					t.Fatalf("err = %v", err)
				}
				requireRows(t, lake, 40)
			})
		}
	}
	t.Run("other_cluster", func(t *testing.T) {
		embedded := ingesttest.NewBroker(t, 1)
		lake := warehousetest.New(t, ingest.Tables())
		ingesttest.NewModel(1).Produce(t, embedded, 50)
		if err := ingestInto(t.Context(), t, ingesttest.SourceConfig(embedded), lake, nil, ingest.Options{}); err != nil {
			t.Fatal(err)
		}
		b.CreateTopic(t, topic, 1, nil)
		defer b.DeleteTopic(t, topic)
		err := ingestInto(t.Context(), t, realConfig(b, t), lake, nil, ingest.Options{})
		if !errors.Is(err, ingest.ErrOtherCluster) || !strings.Contains(err.Error(), realCluster) || !strings.Contains(err.Error(), ingesttest.ClusterID) {
			t.Fatalf("err = %v", err)
		}
	})
}

// A broker that is killed and comes back costs time and nothing else: the run goes on by itself, each record is in the
// lake once, and the failed attempts are counted. One that does not come back ends the run, with what was tried.
func realBrokerGone(t *testing.T, b *kafkatest.Broker) {
	for _, assignment := range []string{kafka.AssignStatic, kafka.AssignGroup} {
		t.Run(assignment, func(t *testing.T) {
			b.CreateTopic(t, topic, 1, nil)
			defer b.DeleteTopic(t, topic)
			lake := warehousetest.New(t, ingest.Tables())
			sendSteps(t, b, steps(1, 200))
			cfg := realConfig(b, t)
			cfg.Assignment = assignment
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			reg := prometheus.NewRegistry()
			done, first := make(chan error, 1), make(chan struct{}, 1)
			go func() { // ends with the run
				done <- ingestInto(ctx, t, cfg, lake, func(c *ingest.Config) { c.UntilCaughtUp = false }, ingest.Options{
					Registerer: reg,
					Progress: func(s ingest.Status) {
						if s.Rows == 200 {
							select {
							case first <- struct{}{}:
							default:
							}
						}
						if s.Rows == 300 {
							stop()
						}
					},
				})
			}()
			select {
			case <-first:
			case err := <-done:
				t.Fatalf("it ended: %v", err)
			}
			b.Kill(t)
			kafkatest.Until(t, "the failures are counted", func(context.Context) bool { return failures(t, reg) > 1 })
			b.Restart(t)
			sendSteps(t, b, steps(2, 100))
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			requireRows(t, lake, 300)
		})
	}
	t.Run("for_good", func(t *testing.T) {
		b.CreateTopic(t, topic, 1, nil)
		lake := warehousetest.New(t, ingest.Tables())
		sendSteps(t, b, steps(1, 10))
		done, first := make(chan error, 1), make(chan struct{}, 1)
		go func() { // ends with the run
			done <- ingestInto(t.Context(), t, realConfig(b, t), lake, func(c *ingest.Config) { c.UntilCaughtUp, c.MaxFailures = false, 4 },
				ingest.Options{Progress: func(s ingest.Status) {
					if s.Rows == 10 {
						select {
						case first <- struct{}{}:
						default:
						}
					}
				}})
		}()
		<-first
		b.Stop(t)
		err := <-done
		if !errors.Is(err, ingest.ErrFailing) || !strings.Contains(err.Error(), "4 times in a row") || !strings.Contains(err.Error(), topic) {
			t.Fatalf("err = %v", err)
		}
		b.Restart(t)
		b.DeleteTopic(t, topic)
	})
}

// failures sums up the attempts that were made again.
func failures(t *testing.T, reg *prometheus.Registry) float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, f := range families {
		if f.GetName() == "dutyflow_ingest_failures_total" {
			for _, m := range f.GetMetric() {
				sum += m.GetCounter().GetValue()
			}
		}
	}
	return sum
}
