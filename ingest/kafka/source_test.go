package kafka_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/ingest/broker"
	"github.com/dutyflow/dutyflow/ingest/kafka"
	"github.com/dutyflow/dutyflow/warehouse"
)

func startBroker(t *testing.T, c broker.Config) *broker.Broker {
	t.Helper()
	c.ClusterID = "fake"
	b, err := broker.Start(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// Whatever is wrong at the start is one line that names the address and what to do, and it is not tried again.
func TestOpen_SaysWhatIsWrong(t *testing.T) {
	b := startBroker(t, broker.Config{Topics: map[string]int32{topic: 1}})
	secured := startBroker(t, broker.Config{Topics: map[string]int32{topic: 1}, SASL: map[string]string{"u": "right"}})
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	web, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer web.Close()
	go func() { // ends when the listener is closed
		for {
			conn, err := web.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
		}
	}()
	for name, c := range map[string]struct {
		change func(*kafka.Config)
		topic  string
		is     error
		says   []string
	}{
		"nobody there":  {func(c *kafka.Config) { c.Brokers = []string{closed.Addr().String()} }, topic, ingest.ErrNoBroker, []string{closed.Addr().String(), "kafka.brokers"}},
		"no such topic": {func(*kafka.Config) {}, "duty.none", ingest.ErrNoTopic, []string{b.Addr(), "duty.none", "create the topic"}},
		"wrong password": {func(c *kafka.Config) {
			c.Brokers, c.SASL = []string{secured.Addr()}, kafka.SASL{Mechanism: "plain", User: "u", Password: "wrong"}
		}, topic, ingest.ErrAuth, []string{secured.Addr(), "kafka.sasl"}},
		"no login":     {func(c *kafka.Config) { c.Brokers = []string{secured.Addr()} }, topic, ingest.ErrNoBroker, []string{secured.Addr(), "kafka.sasl"}},
		"no TLS there": {func(c *kafka.Config) { c.Brokers, c.TLS.Enabled = []string{web.Addr().String()}, true }, topic, ingest.ErrNoBroker, []string{web.Addr().String(), "kafka.tls"}},
		"no such file": {func(c *kafka.Config) { c.TLS = kafka.TLS{Enabled: true, CAFile: "/nowhere/ca.pem"} }, topic, os.ErrNotExist, []string{"kafka.tls.ca_file", "/nowhere/ca.pem"}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(b)
			c.change(&cfg)
			src, err := kafka.Open(t.Context(), cfg, []string{c.topic}, slog.New(slog.DiscardHandler))
			if err == nil {
				_ = src.Close()
				t.Fatal("opened")
			}
			if !errors.Is(err, c.is) || strings.Contains(err.Error(), "\n") {
				t.Errorf("err = %v", err)
			}
			for _, s := range c.says {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("%q does not say %q", err, s)
				}
			}
		})
	}
}

// With the right password, from a file too, the topics can be read.
func TestOpen_LogsIn(t *testing.T) {
	b := startBroker(t, broker.Config{Topics: map[string]int32{topic: 1}, SASL: map[string]string{"u": "right"}})
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("right\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := config(b)
	cfg.SASL = kafka.SASL{Mechanism: "plain", User: "u", PasswordFile: file}
	for _, assignment := range []string{kafka.AssignStatic, kafka.AssignGroup} {
		cfg.Assignment = assignment
		if n := len(next(t, open(t, cfg, topic)).Partitions()); n != 1 {
			t.Fatalf("%s: %d partitions", assignment, n)
		}
	}
}

// A bad configuration is refused with the name of the field.
func TestConfig_Validate(t *testing.T) {
	good := kafka.DefaultConfig()
	good.Brokers = []string{"k1:9092"}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for field, change := range map[string]func(*kafka.Config){
		"brokers:":         func(c *kafka.Config) { c.Brokers = nil },
		"brokers[0]":       func(c *kafka.Config) { c.Brokers = []string{"k1"} },
		"group":            func(c *kafka.Config) { c.Group = "" },
		"assignment":       func(c *kafka.Config) { c.Assignment = "manual" },
		"static":           func(c *kafka.Config) { c.Assignment, c.Static = "static", kafka.Static{Index: 2, Count: 2} },
		"out_of_range":     func(c *kafka.Config) { c.OutOfRange = "ignore" },
		"fetch_max_bytes":  func(c *kafka.Config) { c.FetchMaxBytes = 1 },
		"fetch_max_wait":   func(c *kafka.Config) { c.FetchMaxWait = 0 },
		"batch_max_bytes":  func(c *kafka.Config) { c.BatchMaxBytes = 0 },
		"tls":              func(c *kafka.Config) { c.TLS.CertFile = "x" },
		"sasl.mechanism":   func(c *kafka.Config) { c.SASL.Mechanism = "magic" },
		"sasl.user":        func(c *kafka.Config) { c.SASL.Mechanism = "plain" },
		"sasl: give":       func(c *kafka.Config) { c.SASL = kafka.SASL{"plain", "u", "p", "f"} },
		"session_timeout:": func(c *kafka.Config) { c.SessionTimeout = -1 },
	} {
		c := good
		change(&c)
		if err := c.Validate(); err == nil || !strings.HasPrefix(err.Error(), field) {
			t.Errorf("%s: err = %v", field, err)
		}
	}
}

// Two workers of a group share the partitions; when one leaves, the other gets its partitions, in a new generation that
// begins after the old one has ended.
func TestGroup_SharesAndTakesOver(t *testing.T) {
	b := startBroker(t, broker.Config{Topics: map[string]int32{topic: 4}})
	cfg := config(b)
	cfg.Assignment = kafka.AssignGroup
	one := open(t, cfg, topic)
	g1 := next(t, one)
	if len(g1.Partitions()) != 4 {
		t.Fatalf("a single worker holds %v", g1.Partitions())
	}
	two := open(t, cfg, topic)
	joined := make(chan ingest.Generation, 1)
	go func() {
		g, err := two.Next(context.Background())
		if err != nil {
			t.Error(err)
		}
		joined <- g
	}()
	<-g1.Context().Done() // the rebalance
	g1 = next(t, one)
	g2 := <-joined
	if len(g1.Partitions()) != 2 || len(g2.Partitions()) != 2 {
		t.Fatalf("shares are %v and %v", g1.Partitions(), g2.Partitions())
	}
	if err := two.Close(); err != nil {
		t.Fatal(err)
	}
	if g2.Context().Err() == nil {
		t.Fatal("a closed source leaves its generation running")
	}
	<-g1.Context().Done()
	if g1 = next(t, one); len(g1.Partitions()) != 4 {
		t.Fatalf("after the other left: %v", g1.Partitions())
	}
}

// A partition that is added while reading is assigned before long, in a group and without one.
func TestSource_NewPartitions(t *testing.T) {
	for _, assignment := range []string{kafka.AssignStatic, kafka.AssignGroup} {
		t.Run(assignment, func(t *testing.T) {
			b := startBroker(t, broker.Config{Topics: map[string]int32{topic: 1}})
			cfg := config(b)
			cfg.Assignment, cfg.WatchInterval = assignment, 50*time.Millisecond
			src := open(t, cfg, topic)
			g := next(t, src)
			cl := client(t, b)
			req := kmsg.NewPtrCreatePartitionsRequest()
			rt := kmsg.NewCreatePartitionsRequestTopic()
			rt.Topic, rt.Count = topic, 3
			req.Topics, req.TimeoutMillis = append(req.Topics, rt), 5000
			if _, err := req.RequestWith(t.Context(), cl); err != nil {
				t.Fatal(err)
			}
			<-g.Context().Done()
			for len(g.Partitions()) != 3 {
				g = next(t, src)
				if len(g.Partitions()) != 3 {
					<-g.Context().Done()
				}
			}
		})
	}
}

func client(t *testing.T, b *broker.Broker, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	cl, err := kgo.NewClient(append(opts, kgo.SeedBrokers(b.Addr()))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	return cl
}

// Bounds, timestamps and group offsets are those of the broker.
func TestGeneration_Offsets(t *testing.T) {
	b := startBroker(t, broker.Config{Topics: map[string]int32{topic: 1}})
	base := time.UnixMilli(1_700_000_000_000)
	var ms []broker.Message
	for i := range 10 {
		ms = append(ms, broker.Message{Value: []byte("v"), Time: base.Add(time.Duration(i) * time.Second), SourcePos: int64(i)})
	}
	for i := range ms { // one batch each: the broker looks timestamps up by batch
		if err := b.Produce(t.Context(), topic, ms[i:i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Trim(topic, map[int32]int64{0: 3}); err != nil {
		t.Fatal(err)
	}
	for _, assignment := range []string{kafka.AssignStatic, kafka.AssignGroup} {
		cfg := config(b)
		cfg.Assignment, cfg.Group = assignment, "g-"+assignment
		g := next(t, open(t, cfg, topic))
		p := g.Partitions()[0]
		if p != part0 {
			t.Fatalf("partition = %+v", p)
		}
		first, end, err := g.Bounds(t.Context(), p)
		if err != nil || first != 3 || end != 10 {
			t.Fatalf("bounds = %d, %d, %v", first, end, err)
		}
		for ms, want := range map[int64]int64{base.UnixMilli() + 5000: 5, base.UnixMilli() + 4500: 5, base.UnixMilli() + 99_000: 10} {
			if got, err := g.OffsetAt(t.Context(), p, ms); err != nil || got != want {
				t.Fatalf("offset at %d = %d, %v; want %d", ms, got, err, want)
			}
		}
		if all, err := g.All(t.Context(), topic); err != nil || len(all) != 1 || all[0] != p {
			t.Fatalf("all = %v, %v", all, err)
		}
		c, err := g.Fetch(t.Context(), p, 4, 1<<20)
		if err != nil || len(c.Records) == 0 || c.Records[0].SourcePos != 4 || c.Records[0].Timestamp != base.UnixMilli()+4000 {
			t.Fatalf("fetched %+v, %v", c, err)
		}
		if err := g.Commit(map[warehouse.Partition]int64{p: 7}); err != nil {
			t.Fatal(err)
		}
		req := kmsg.NewPtrOffsetFetchRequest()
		rg := kmsg.NewOffsetFetchRequestGroup()
		rg.Group = cfg.Group
		rt := kmsg.NewOffsetFetchRequestGroupTopic()
		rt.Topic, rt.Partitions = topic, []int32{0}
		rg.Topics = append(rg.Topics, rt)
		req.Groups = append(req.Groups, rg)
		resp, err := req.RequestWith(t.Context(), client(t, b))
		if err != nil || resp.Groups[0].Topics[0].Partitions[0].Offset != 7 {
			t.Fatalf("group offset: %+v, %v", resp, err)
		}
	}
}

// What a real transactional producer commits is read, and what it aborts is not.
func TestSource_RealTransactions(t *testing.T) {
	b := startBroker(t, broker.Config{Topics: map[string]int32{topic: 1}})
	cl := client(t, b, kgo.TransactionalID("tx"), kgo.DefaultProduceTopic(topic), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	want := map[string]bool{}
	for i := range 6 {
		if err := cl.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		commit := kgo.TryCommit
		if i%3 == 1 {
			commit = kgo.TryAbort
		}
		for j := range 4 {
			v := fmt.Sprintf("%d-%d", i, j)
			want[v] = bool(commit)
			if err := cl.ProduceSync(t.Context(), &kgo.Record{Value: []byte(v)}).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
		if err := cl.EndTransaction(t.Context(), commit); err != nil {
			t.Fatal(err)
		}
	}
	g := next(t, open(t, config(b), topic))
	_, end, err := g.Bounds(t.Context(), part0)
	if err != nil {
		t.Fatal(err)
	}
	got, err := read(t, g, 0, end)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range got.values {
		if !want[v] {
			t.Errorf("delivered %s", v)
		}
		delete(want, v)
	}
	for v, committed := range want {
		if committed {
			t.Errorf("did not deliver %s", v)
		}
	}
}
