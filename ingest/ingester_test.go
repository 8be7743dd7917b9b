package ingest_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/ingest/broker"
	"github.com/dutyflow/dutyflow/ingest/ingesttest"
	"github.com/dutyflow/dutyflow/ingest/kafka"
	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
)

// run ingests everything that is in the broker and returns what Run returns.
func run(t *testing.T, cfg ingest.Config, k kafka.Config, lake *warehouse.Lake, opts ingest.Options) (ingest.Status, error) {
	t.Helper()
	src := ingesttest.NewSource(t, k)
	in := ingest.New(cfg, src, lake, opts)
	err := in.Run(t.Context())
	if cerr := src.Close(); cerr != nil {
		t.Fatal(cerr)
	}
	return in.Status(), err
}

func mustRun(t *testing.T, cfg ingest.Config, k kafka.Config, lake *warehouse.Lake, opts ingest.Options) ingest.Status {
	t.Helper()
	s, err := run(t, cfg, k, lake, opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Each record that is in the topics ends up in the lake once: as a row, or as a reject with its reason and its bytes.
// All memory of the columns is given back.
func TestIngester_EachRecordOnce(t *testing.T) {
	b := ingesttest.NewBroker(t, 3)
	lake := warehousetest.New(t, ingest.Tables())
	m := ingesttest.NewModel(1)
	m.Produce(t, b, 2_000)
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	var last ingest.Status
	s := mustRun(t, ingesttest.Config(), ingesttest.SourceConfig(b), lake.Lake, ingest.Options{
		Allocator: mem, Progress: func(s ingest.Status) { last = s },
	})
	m.Require(t, lake)
	mem.AssertSize(t, 0)
	if last != s || s.Records != 2_000 || s.Rows+s.Rejects != 2_000 || s.Commits < 2 || s.Lag != 0 {
		t.Errorf("status = %+v, last reported %+v", s, last)
	}
}

// A second run adds what is new and nothing else; with nothing new it commits nothing.
func TestIngester_GoesOnWhereItStopped(t *testing.T) {
	b := ingesttest.NewBroker(t, 2)
	lake := warehousetest.New(t, ingest.Tables())
	m := ingesttest.NewModel(2)
	for _, n := range []int{700, 0, 350} {
		m.Produce(t, b, n)
		s := mustRun(t, ingesttest.Config(), ingesttest.SourceConfig(b), lake.Lake, ingest.Options{})
		if s.Records != int64(n) || (n == 0 && s.Commits != 0) {
			t.Errorf("of %d new records: %+v", n, s)
		}
		m.Require(t, lake)
	}
}

// A run that is asked to stop commits what is in hand, returns nil, and the next one goes on from there.
func TestIngester_StopCommitsWhatIsInHand(t *testing.T) {
	b := ingesttest.NewBroker(t, 2)
	lake := warehousetest.New(t, ingest.Tables())
	m := ingesttest.NewModel(3)
	m.Produce(t, b, 500)
	cfg := ingesttest.Config()
	cfg.UntilCaughtUp, cfg.BatchRows = false, 1<<20 // nothing closes the batch but the stop
	cfg.BatchAge, cfg.StallAfter = time.Hour, 2*time.Hour
	ctx, stop := context.WithCancel(t.Context())
	in := ingest.New(cfg, ingesttest.NewSource(t, ingesttest.SourceConfig(b)), lake.Lake, ingest.Options{
		Progress: func(s ingest.Status) {
			if s.Records == 500 {
				stop()
			}
		},
	})
	if err := in.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if s := in.Status(); s.Commits != 1 || s.Rows+s.Rejects != 500 {
		t.Fatalf("%+v", s)
	}
	m.Require(t, lake)
}

// A batch closes when it is old enough, although more could still come.
func TestIngester_BatchClosesOnAge(t *testing.T) {
	b := ingesttest.NewBroker(t, 1)
	lake := warehousetest.New(t, ingest.Tables())
	m := ingesttest.NewModel(4)
	m.Produce(t, b, 50)
	cfg := ingesttest.Config()
	cfg.UntilCaughtUp, cfg.BatchAge = false, 30*time.Millisecond
	ctx, stop := context.WithCancel(t.Context())
	reg := prometheus.NewRegistry()
	in := ingest.New(cfg, ingesttest.NewSource(t, ingesttest.SourceConfig(b)), lake.Lake, ingest.Options{
		Registerer: reg,
		Progress: func(s ingest.Status) {
			if s.Rows+s.Rejects == 50 {
				stop()
			}
		},
	})
	if err := in.Run(ctx); err != nil {
		t.Fatal(err)
	}
	m.Require(t, lake)
	if c := closedBy(t, reg); c["age"] == 0 || c["rows"]+c["bytes"]+c["memory"]+c["end"] != 0 {
		t.Errorf("batches closed by %v", c)
	}
}

// A batch closes when its columns are large enough, and when a fetch has to wait for memory: a backlog of any size
// passes through the budget.
func TestIngester_MemoryIsBounded(t *testing.T) {
	for name, change := range map[string]func(*ingest.Config){
		"bytes":  func(c *ingest.Config) { c.BatchBytes = 8 << 20 },
		"memory": func(c *ingest.Config) { c.BatchBytes = 1 << 30 },
	} {
		t.Run(name, func(t *testing.T) {
			b := ingesttest.NewBroker(t, 2)
			lake := warehousetest.New(t, ingest.Tables())
			ms := make([]broker.Message, 120)
			for i := range ms {
				ms[i] = broker.Message{Partition: int32(i % 2), Value: make([]byte, 1<<20), SourcePos: -1, Time: time.UnixMilli(1_767_600_000_000)}
			}
			if err := b.Produce(t.Context(), "duty.step", ms); err != nil {
				t.Fatal(err)
			}
			cfg := ingesttest.Config()
			cfg.BatchRows, cfg.BatchAge, cfg.StallAfter, cfg.MemoryBytes = 1<<20, time.Hour, 2*time.Hour, 64<<20
			change(&cfg)
			reg := prometheus.NewRegistry()
			s := mustRun(t, cfg, ingesttest.SourceConfig(b), lake.Lake, ingest.Options{Registerer: reg})
			if s.Rejects != 120 || s.Commits < 2 || closedBy(t, reg)[name] == 0 {
				t.Errorf("%+v, batches closed by %v", s, closedBy(t, reg))
			}
			if name == "bytes" && s.Commits < 40 {
				t.Errorf("%d commits: raw records must count four times, or a burst of rejects takes several times its size", s.Commits)
			}
		})
	}
}

// closedBy counts the batches by why they were closed.
func closedBy(t *testing.T, reg *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	counts := make(map[string]float64)
	for _, f := range families {
		if f.GetName() == "dutyflow_ingest_batches_total" {
			for _, m := range f.Metric {
				counts[m.GetLabel()[0].GetValue()] = m.GetCounter().GetValue()
			}
		}
	}
	return counts
}

// Where a topic begins is written to the ledger before the first fetch: a run that dies without having committed a
// record does not make a later one begin at a later latest.
func TestIngester_StartIsRemembered(t *testing.T) {
	for start, want := range map[string]int64{
		ingest.Earliest:        0,
		ingest.Latest:          30,
		"2026-01-05T09:00:00Z": 20, // offsets 20 on are from 09:30
	} {
		t.Run(start, func(t *testing.T) {
			b := ingesttest.NewBroker(t, 2)
			lake := warehousetest.New(t, ingest.Tables())
			for _, at := range []string{"08:00:00", "08:30:00", "09:30:00"} {
				when, err := time.Parse(time.DateTime, "2026-01-05 "+at)
				if err != nil {
					t.Fatal(err)
				}
				ms := make([]broker.Message, 10)
				for i := range ms {
					ms[i] = broker.Message{Value: []byte("{}"), SourcePos: -1, Time: when}
				}
				if err := b.Produce(t.Context(), "duty.step", ms); err != nil {
					t.Fatal(err)
				}
			}
			cfg := ingesttest.Config()
			cfg.Start, cfg.UntilCaughtUp = start, false
			ctx, die := context.WithCancel(t.Context())
			in := ingest.New(cfg, ingesttest.NewSource(t, ingesttest.SourceConfig(b)), lake.Lake, ingest.Options{
				Committed: func(map[warehouse.Partition]int64) { die() }, // when the partitions are taken up
			})
			if err := in.Run(ctx); err != nil {
				t.Fatal(err)
			}
			led, err := lake.Ledger(t.Context(), "step")
			if err != nil {
				t.Fatal(err)
			}
			for id, next := range []int64{want, 0} {
				p := warehouse.Partition{Cluster: ingesttest.ClusterID, Topic: "duty.step", ID: int32(id)}
				if mark, ok := led[p]; !ok || mark.Next != next {
					t.Errorf("%v begins at %d, want %d", p, mark.Next, next)
				}
			}
		})
	}
}

// The first worker writes the start of all partitions of a topic, its own or not, so that a second worker does not take
// the others for later ones; a partition that really is added later begins at its first record.
func TestIngester_LaterPartitionsBeginAtTheEarliest(t *testing.T) {
	b := ingesttest.NewBroker(t, 2)
	lake := warehousetest.New(t, ingest.Tables())
	if err := b.Produce(t.Context(), "duty.step", []broker.Message{{Value: []byte("{}"), Time: time.Now()}, {Partition: 1, Value: []byte("{}"), Time: time.Now()}}); err != nil {
		t.Fatal(err)
	}
	cfg := ingesttest.Config()
	cfg.Start = ingest.Latest
	half := ingesttest.SourceConfig(b)
	half.Static = kafka.Static{Index: 0, Count: 2}
	if s := mustRun(t, cfg, half, lake.Lake, ingest.Options{}); s.Records != 0 {
		t.Fatalf("latest read %d records", s.Records)
	}
	half.Static.Index = 1
	if s := mustRun(t, cfg, half, lake.Lake, ingest.Options{}); s.Records != 0 {
		t.Fatalf("the second worker took its partition for a later one and read %d records", s.Records)
	}
	ingesttest.AddPartitions(t, b, "duty.step", 3)
	if err := b.Produce(t.Context(), "duty.step", []broker.Message{{Partition: 2, Value: []byte("{}"), Time: time.Now()}}); err != nil {
		t.Fatal(err)
	}
	if s := mustRun(t, cfg, ingesttest.SourceConfig(b), lake.Lake, ingest.Options{}); s.Records != 1 {
		t.Fatalf("of a new partition with one record %d were read", s.Records)
	}
}

// Another cluster, a recreated topic and a topic with other records at the same offsets are refused with what to do;
// a record that retention has taken away is no reason to refuse.
func TestIngester_RefusesAnotherLog(t *testing.T) {
	start := func(t *testing.T, cluster string, value string, n int) *broker.Broker {
		t.Helper()
		b, err := broker.Start(broker.Config{ClusterID: cluster, Topics: map[string]int32{"duty.step": 1, "duty.work": 1}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(b.Close)
		for range n {
			if err := b.Produce(t.Context(), "duty.step", []broker.Message{{Key: []byte("k"), Value: []byte(value), Time: time.UnixMilli(1_767_600_000_000), SourcePos: -1}}); err != nil {
				t.Fatal(err)
			}
		}
		return b
	}
	lake := warehousetest.New(t, ingest.Tables())
	mustRun(t, ingesttest.Config(), ingesttest.SourceConfig(start(t, "a", "{}", 5)), lake.Lake, ingest.Options{})
	for name, c := range map[string]struct {
		cluster, value string
		n              int
		is             error
		says           string
	}{
		"the same log":          {"a", "{}", 9, nil, ""},
		"another cluster":       {"b", "{}", 9, ingest.ErrOtherCluster, "cluster a"},
		"a shorter log":         {"a", "{}", 2, ingest.ErrLogRewritten, "now ends at 2"},
		"other records":         {"a", "[]", 9, ingest.ErrLogRewritten, "record 4"},
		"a file beside it":      {"load:1", "{}", 1, nil, ""},
		"a second file as well": {"load:2", "{}", 1, nil, ""},
	} {
		b := start(t, c.cluster, c.value, c.n)
		if c.is == nil && c.cluster == "a" {
			continue // last, below: it moves the ledger
		}
		_, err := run(t, ingesttest.Config(), ingesttest.SourceConfig(b), lake.Lake, ingest.Options{})
		if !errors.Is(err, c.is) || (c.is != nil && (!strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "ledger reset"))) {
			t.Errorf("%s: err = %v", name, err)
		}
	}
	b := start(t, "a", "{}", 9)
	if err := b.Trim("duty.step", map[int32]int64{0: 5}); err != nil {
		t.Fatal(err)
	}
	if s := mustRun(t, ingesttest.Config(), ingesttest.SourceConfig(b), lake.Lake, ingest.Options{}); s.Records != 4 {
		t.Fatalf("went on with %d records", s.Records)
	}
}

// Offsets that the broker has lost stop the run; when the operator chose so, they become a row of duty.rejects, and
// reading goes on behind them.
func TestIngester_GapIsARow(t *testing.T) {
	b := ingesttest.NewBroker(t, 1)
	lake := warehousetest.New(t, ingest.Tables())
	ms := make([]broker.Message, 20)
	for i := range ms {
		ms[i] = broker.Message{Value: []byte("{}"), Time: time.UnixMilli(1_767_600_000_000), SourcePos: -1}
	}
	if err := b.Produce(t.Context(), "duty.step", ms[:10]); err != nil {
		t.Fatal(err)
	}
	mustRun(t, ingesttest.Config(), ingesttest.SourceConfig(b), lake.Lake, ingest.Options{})
	if err := b.Produce(t.Context(), "duty.step", ms[10:]); err != nil {
		t.Fatal(err)
	}
	if err := b.Trim("duty.step", map[int32]int64{0: 15}); err != nil {
		t.Fatal(err)
	}
	k := ingesttest.SourceConfig(b)
	if _, err := run(t, ingesttest.Config(), k, lake.Lake, ingest.Options{}); !errors.Is(err, ingest.ErrOffsetGone) {
		t.Fatalf("err = %v", err)
	}
	k.OutOfRange = kafka.SkipAndRecord
	for range 2 { // the second run must not record it again
		mustRun(t, ingesttest.Config(), k, lake.Lake, ingest.Options{})
	}
	var gaps int
	rows := lake.Rows("rejects")
	for _, r := range rows {
		if r["reason"] == "offset_gap" {
			gaps++
			if r["_offset"] != int64(10) || !strings.Contains(r["detail"].(string), "10 to 14") {
				t.Errorf("gap = %v", r)
			}
		}
	}
	if gaps != 1 || len(rows) != 10+1+5 {
		t.Errorf("%d gaps in %d rejects", gaps, len(rows))
	}
}

// Rows of a loaded file name the file and the position in it.
func TestIngester_FileLoadsCarryTheirSource(t *testing.T) {
	b := ingesttest.NewBroker(t, 1)
	lake := warehousetest.New(t, ingest.Tables())
	made := ingesttest.NewGenerator(9).Next(1, 0)
	made.Message.SourcePos = 17
	if err := b.Produce(t.Context(), made.Topic, []broker.Message{made.Message}); err != nil {
		t.Fatal(err)
	}
	cfg := ingesttest.Config()
	cfg.SourceFile = "城管.csv"
	mustRun(t, cfg, ingesttest.SourceConfig(b), lake.Lake, ingest.Options{})
	row := append(lake.Rows("step"), lake.Rows("work")...)[0]
	if row["_source_file"] != "城管.csv" || row["_source_pos"] != int64(17) || row["_kafka_ts"] != made.Message.Time {
		t.Errorf("row = %v", row)
	}
}

// With Complete open, a run that is to end when it has caught up waits for the producer; a rerun whose producer begins
// again waits for it to get where the ledger is. The broker is trimmed by what Committed says.
func TestIngester_WaitsForItsProducer(t *testing.T) {
	lake := warehousetest.New(t, ingest.Tables())
	for round := range 2 {
		b := ingesttest.NewBroker(t, 2)
		m := ingesttest.NewModel(10)
		complete := make(chan struct{})
		done := make(chan error, 1)
		var s ingest.Status
		src := ingesttest.NewSource(t, ingesttest.SourceConfig(b))
		in := ingest.New(ingesttest.Config(), src, lake.Lake, ingest.Options{
			Complete: complete,
			Committed: func(next map[warehouse.Partition]int64) {
				for p, offset := range next {
					if err := b.Trim(p.Topic, map[int32]int64{p.ID: offset}); err != nil {
						t.Error(err)
					}
				}
			},
		})
		go func() { done <- in.Run(t.Context()) }()
		for range 5 {
			m.Produce(t, b, 200)
		}
		close(complete)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if s = in.Status(); s.Records != int64(1000*(1-round)) {
			t.Fatalf("round %d: %+v", round, s)
		}
		m.Require(t, lake)
	}
}

// A commit that fails is tried again with the same rows; an answer that was lost does not double them; and what keeps
// failing ends the run with an error that says so.
func TestIngester_FailingCommits(t *testing.T) {
	for name, fault := range map[string]warehousetest.Option{
		"write fails":          warehousetest.FailWrite(5),
		"crash before commit":  warehousetest.Crash(4),
		"answer of a start":    warehousetest.LoseAnswer(1),
		"answer of the reject": warehousetest.LoseAnswer(3),
		"answer of the rows":   warehousetest.LoseAnswer(4),
		"answer of the last":   warehousetest.LoseAnswer(5),
	} {
		t.Run(name, func(t *testing.T) {
			b := ingesttest.NewBroker(t, 2)
			lake := warehousetest.New(t, ingest.Tables(), fault)
			m := ingesttest.NewModel(6)
			m.Produce(t, b, 400)
			mustRun(t, ingesttest.Config(), ingesttest.SourceConfig(b), lake.Lake, ingest.Options{})
			m.Require(t, lake)
		})
	}
	t.Run("for ever", func(t *testing.T) {
		b := ingesttest.NewBroker(t, 1)
		commits := 0
		lake := warehousetest.New(t, ingest.Tables(), func(c *warehouse.Config) {
			c.Faults.Write = func(string) error {
				if commits++; commits > 4 {
					return warehousetest.ErrInjected
				}
				return nil
			}
		})
		m := ingesttest.NewModel(7)
		m.Produce(t, b, 100)
		cfg := ingesttest.Config()
		cfg.MaxFailures = 3
		_, err := run(t, cfg, ingesttest.SourceConfig(b), lake.Lake, ingest.Options{})
		if !errors.Is(err, ingest.ErrFailing) || !strings.Contains(err.Error(), "3 times in a row") {
			t.Fatalf("err = %v", err)
		}
		commits = -1 << 30
	})
}

// Two workers that were given the same partitions do not double a record, and one that keeps losing stops.
func TestIngester_Rivals(t *testing.T) {
	b := ingesttest.NewBroker(t, 2)
	lake := warehousetest.New(t, ingest.Tables())
	m := ingesttest.NewModel(8)
	m.Produce(t, b, 3_000)
	errs := make(chan error, 2)
	for range 2 {
		src := ingesttest.NewSource(t, ingesttest.SourceConfig(b))
		in := ingest.New(ingesttest.Config(), src, lake.Another(), ingest.Options{})
		go func() { errs <- in.Run(t.Context()) }()
	}
	for range 2 {
		if err := <-errs; err != nil && !errors.Is(err, ingest.ErrRivals) {
			t.Error(err)
		}
	}
	m.Require(t, lake)
}

// A bad configuration is refused with the name of the field; a topic list and a topic map mean the same.
func TestConfig_Validate(t *testing.T) {
	good := ingesttest.Config()
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for field, change := range map[string]func(*ingest.Config){
		"topics":   func(c *ingest.Config) { c.Topics = nil },
		"topics.x": func(c *ingest.Config) { c.Topics = ingest.Topics{"x": {Type: "duty.none"}} },
		"topics.x: start": func(c *ingest.Config) {
			c.Topics = ingest.Topics{"x": {Type: "duty.step", Start: "soon"}}
		},
		"topics.x: poison": func(c *ingest.Config) {
			c.Topics = ingest.Topics{"x": {Type: "duty.step", Poison: "drop"}}
		},
		"start":                           func(c *ingest.Config) { c.Start = "" },
		"start: \"now\"":                  func(c *ingest.Config) { c.Start = "now" },
		"batch_rows":                      func(c *ingest.Config) { c.BatchRows = 0 },
		"batch_bytes":                     func(c *ingest.Config) { c.BatchBytes = 0 },
		"batch_rows: 16777217 is more":    func(c *ingest.Config) { c.BatchRows = 16<<20 + 1 },
		"batch_bytes: 1073741825 is more": func(c *ingest.Config) { c.BatchBytes = 1<<30 + 1 },
		"batch_age":                       func(c *ingest.Config) { c.BatchAge = 0 },
		"memory_bytes":                    func(c *ingest.Config) { c.MemoryBytes = 1 },
		"commit_timeout":                  func(c *ingest.Config) { c.CommitTimeout = 0 },
		"stop_timeout":                    func(c *ingest.Config) { c.StopTimeout = 0 },
		"stall_after":                     func(c *ingest.Config) { c.StallAfter = c.BatchAge },
		"max_failures":                    func(c *ingest.Config) { c.MaxFailures = 0 },
	} {
		c := good
		change(&c)
		if err := c.Validate(); err == nil || !strings.HasPrefix(err.Error(), field) {
			t.Errorf("%s: err = %v", field, err)
		}
	}
}
