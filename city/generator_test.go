package city_test

import (
	"bytes"
	"hash/fnv"
	"testing"
	"time"

	"github.com/dutyflow/dutyflow/city"
	"github.com/dutyflow/dutyflow/ingest/record"
)

func generate(t testing.TB, cfg city.Config, each func(*city.Message)) city.Stats {
	t.Helper()
	g, err := city.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var m city.Message
	for g.Next(&m) {
		each(&m)
	}
	return g.Stats()
}

func config(records int64) city.Config {
	cfg := city.DefaultConfig()
	cfg.Records = records
	return cfg
}

// Every message keeps its contract, except those that were meant to break it, and Kafka's time never runs backwards.
func TestGenerator_Contract(t *testing.T) {
	decoders := map[string]*record.Decoder{}
	for _, c := range record.Contracts() {
		decoders[c.Name] = record.NewDecoder(c, record.DefaultOptions())
	}
	var (
		row     record.Row
		rejects int64
		last    int64
		reasons = map[record.Reason]int{}
	)
	stats := generate(t, config(100_000), func(m *city.Message) {
		if m.TimeMillis < last {
			t.Fatalf("time runs back from %d to %d", last, m.TimeMillis)
		}
		last = m.TimeMillis
		if r := decoders[m.Topic].Decode(m.Value, m.TimeMillis, &row); r != nil {
			rejects++
			reasons[r.Reason]++
			if rejects > 5000 {
				t.Fatalf("%v\n%s", r, m.Value)
			}
		}
	})
	if rejects != stats.Invalid {
		t.Errorf("%d rejects, want the %d that were meant: %v", rejects, stats.Invalid, reasons)
	}
	if len(reasons) < 6 {
		t.Errorf("messages break their contract in few ways: %v", reasons)
	}
	t.Logf("%+v %v", stats, reasons)
}

// The same seed gives the same bytes; another seed gives others.
func TestGenerator_Seed(t *testing.T) {
	sum := func(seed uint64) uint64 {
		cfg := config(30_000)
		cfg.Seed = seed
		h := fnv.New64a()
		generate(t, cfg, func(m *city.Message) {
			h.Write(m.Key)
			h.Write(m.Value)
			h.Write([]byte{byte(m.TimeMillis), byte(m.TimeMillis >> 8)})
		})
		return h.Sum64()
	}
	first := sum(7)
	if again := sum(7); again != first {
		t.Errorf("seed 7 gave %x, then %x", first, again)
	}
	if other := sum(8); other == first {
		t.Errorf("seeds 7 and 8 gave the same bytes")
	}
}

// Any number of records is exactly that number, and nothing comes after the period, not even what is late.
func TestGenerator_Records(t *testing.T) {
	for _, n := range []int64{0, 1, 50, 1000, 20_000} {
		got, last := int64(0), int64(0)
		stats := generate(t, config(n), func(m *city.Message) {
			got++
			last = m.TimeMillis
			if len(m.Key) == 0 || !bytes.HasPrefix(m.Value, []byte(`{"schema":"duty.`)) {
				t.Fatalf("message %d: key %q value %q", got, m.Key, m.Value)
			}
		})
		if got != n || stats.Records != n || stats.Steps+stats.Works != n {
			t.Errorf("%d messages, %+v, want %d", got, stats, n)
		}
		if end := time.Date(2026, 10, 31, 16, 0, 3, 0, time.UTC).UnixMilli(); last > end {
			t.Errorf("the last of %d messages comes at %d, after the period", n, last)
		}
	}
}

// One operation is one message of a stream of two million.
func BenchmarkGenerator(b *testing.B) {
	var m city.Message
	size := 0
	b.ReportAllocs()
	var g *city.Generator
	for b.Loop() {
		for g == nil || !g.Next(&m) {
			b.StopTimer()
			var err error
			if g, err = city.New(config(2_000_000)); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
		}
		size += len(m.Value)
	}
	b.ReportMetric(float64(size)/float64(b.N), "bytes/record")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
}
