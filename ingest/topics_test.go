package ingest_test

import (
	"errors"
	"log/slog"
	"maps"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/ingest/broker"
	"github.com/dutyflow/dutyflow/ingest/ingesttest"
	"github.com/dutyflow/dutyflow/ingest/kafka"
	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
)

// A list of topics, a map to record types, and a map to settings are all ways to say what is read; a misspelt setting
// is refused.
func TestTopics_YAML(t *testing.T) {
	for text, want := range map[string]ingest.Topics{
		"[duty.step, duty.work]": {"duty.step": {Type: "duty.step"}, "duty.work": {Type: "duty.work"}},
		"{city.a: duty.step}":    {"city.a": {Type: "duty.step"}},
		"{city.a: {type: duty.step, poison: skip, start: latest}, city.b: duty.step}": {
			"city.a": {Type: "duty.step", Poison: ingest.PoisonSkip, Start: ingest.Latest}, "city.b": {Type: "duty.step"},
		},
	} {
		var got struct {
			Topics ingest.Topics `yaml:"topics"`
		}
		if err := yaml.UnmarshalWithOptions([]byte("topics: "+text), &got, yaml.Strict()); err != nil {
			t.Errorf("%s: %v", text, err)
		} else if !maps.Equal(got.Topics, want) {
			t.Errorf("%s: %v, want %v", text, got.Topics, want)
		}
	}
	for _, text := range []string{"7", "{city.a: {type: duty.step, poisson: skip}}", "{city.a: [duty.step]}"} {
		var got struct {
			Topics ingest.Topics `yaml:"topics"`
		}
		if err := yaml.UnmarshalWithOptions([]byte("topics: "+text), &got, yaml.Strict()); err == nil {
			t.Errorf("%s was accepted as %v", text, got.Topics)
		}
	}
}

// topics starts a broker with two topics of one record type and one of another, and a source that reads them.
func topics(t *testing.T) (*broker.Broker, kafka.Config, func() *kafka.Source) {
	t.Helper()
	names := map[string]int32{"city.a": 2, "city.b": 1, "duty.work": 1}
	b, err := broker.Start(broker.Config{ClusterID: ingesttest.ClusterID, Topics: names, MaxUnread: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	k := ingesttest.SourceConfig(b)
	return b, k, func() *kafka.Source {
		src, err := kafka.Open(t.Context(), k, []string{"city.a", "city.b", "duty.work"}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = src.Close() }) // it has nothing to say that matters here
		return src
	}
}

// made makes n good records of a topic's type for partition 0, of which the ones at the offsets in bad are no JSON.
func made(t *testing.T, kind string, n int, bad ...int) []broker.Message {
	t.Helper()
	g := ingesttest.NewGenerator(uint64(n))
	ms := make([]broker.Message, 0, n)
	for len(ms) < n {
		if m := g.Next(1, 0); m.Topic == kind {
			ms = append(ms, m.Message)
		}
	}
	for _, i := range bad {
		ms[i].Value = []byte("no JSON")
	}
	return ms
}

func produce(t *testing.T, b *broker.Broker, topic string, ms []broker.Message) {
	t.Helper()
	if err := b.Produce(t.Context(), topic, ms); err != nil {
		t.Fatal(err)
	}
}

// One process reads several topics: two of one record type share its table, each row names its topic, and each topic
// begins where it was told to.
func TestIngester_SeveralTopicsAndTypes(t *testing.T) {
	b, _, open := topics(t)
	lake := warehousetest.New(t, ingest.Tables())
	produce(t, b, "city.a", made(t, "duty.step", 40))
	produce(t, b, "city.b", made(t, "duty.step", 30))
	produce(t, b, "duty.work", made(t, "duty.work", 20))
	cfg := ingesttest.Config()
	cfg.Topics = ingest.Topics{
		"city.a": {Type: "duty.step"}, "city.b": {Type: "duty.step", Start: ingest.Latest}, "duty.work": {Type: "duty.work"},
	}
	for range 2 { // what a topic's start was is remembered
		if err := ingest.New(cfg, open(), lake.Lake, ingest.Options{}).Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		produce(t, b, "city.b", made(t, "duty.step", 5))
	}
	got := map[any]int{}
	for _, table := range []string{"step", "work", "rejects"} {
		for _, row := range lake.Rows(table) {
			got[table+" "+row["_topic"].(string)]++
		}
	}
	if want := map[any]int{"step city.a": 40, "step city.b": 5, "work duty.work": 20}; !maps.Equal(got, want) {
		t.Errorf("rows = %v, want %v", got, want)
	}
}

// A topic whose policy is fail stops the run at the first record that breaks its contract, with what came before it in
// the lake; told to reject it, the next run goes on from there and doubles nothing.
func TestIngester_PoisonFail(t *testing.T) {
	b, _, open := topics(t)
	lake := warehousetest.New(t, ingest.Tables())
	produce(t, b, "city.a", made(t, "duty.step", 50, 20, 30))
	produce(t, b, "city.b", made(t, "duty.step", 10, 3))
	cfg := ingesttest.Config()
	cfg.Topics = ingest.Topics{
		"city.a": {Type: "duty.step", Poison: ingest.PoisonFail}, "city.b": {Type: "duty.step"}, "duty.work": {Type: "duty.work"},
	}
	for range 2 { // it does not go away
		err := ingest.New(cfg, open(), lake.Lake, ingest.Options{}).Run(t.Context())
		if !errors.Is(err, ingest.ErrPoison) || !ingest.IsStop(err) {
			t.Fatalf("err = %v", err)
		}
		for _, says := range []string{"city.a[0]@20", "not_json", "ingest.topics.city.a.poison: reject"} {
			if !strings.Contains(err.Error(), says) {
				t.Errorf("%q does not say %q", err, says)
			}
		}
		led, err := lake.Ledger(t.Context(), "step")
		if err != nil {
			t.Fatal(err)
		}
		if next := led[warehouse.Partition{Cluster: ingesttest.ClusterID, Topic: "city.a"}].Next; next != 20 {
			t.Fatalf("the ledger is at %d", next)
		}
	}
	cfg.Topics["city.a"] = ingest.Topic{Type: "duty.step"}
	if err := ingest.New(cfg, open(), lake.Lake, ingest.Options{}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if rows, rejects := len(lake.Rows("step")), len(lake.Rows("rejects")); rows != 57 || rejects != 3 {
		t.Errorf("%d rows and %d rejects", rows, rejects)
	}
}

// A topic whose policy is skip leaves out what breaks its contract, counts each record by its reason, logs one line for
// each reason, and does not read it again.
func TestIngester_PoisonSkip(t *testing.T) {
	b, _, open := topics(t)
	lake := warehousetest.New(t, ingest.Tables())
	ms := made(t, "duty.step", 50, 10, 11, 12, 40)
	ms[20].Value = nil
	produce(t, b, "city.a", ms)
	produce(t, b, "city.b", made(t, "duty.step", 10, 3))
	cfg := ingesttest.Config()
	cfg.BatchRows = 7
	cfg.Topics = ingest.Topics{
		"city.a": {Type: "duty.step", Poison: ingest.PoisonSkip}, "city.b": {Type: "duty.step"}, "duty.work": {Type: "duty.work"},
	}
	var log strings.Builder
	reg := prometheus.NewRegistry()
	in := ingest.New(cfg, open(), lake.Lake, ingest.Options{
		Registerer: reg,
		Logger:     slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err := in.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := in.Status(); s.Rows != 54 || s.Rejects != 1 || s.Skipped != 5 {
		t.Errorf("%+v", s)
	}
	if got := count(t, reg, "dutyflow_ingest_skipped_total", "not_json", "city.a"); got != 4 {
		t.Errorf("skipped for not_json: %v", got)
	}
	if got := strings.Count(log.String(), "skipping a record"); got != 2 {
		t.Errorf("%d lines for two reasons:\n%s", got, log.String())
	}
	in = ingest.New(cfg, open(), lake.Lake, ingest.Options{})
	if err := in.Run(t.Context()); err != nil || in.Status().Records != 0 {
		t.Errorf("the next run: %+v, %v", in.Status(), err)
	}
}

// count is the value of a counter or gauge whose labels have the given values, in the order of their names.
func count(t *testing.T, reg *prometheus.Registry, name string, labels ...string) float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.Metric {
			var values []string
			for _, l := range m.GetLabel() {
				values = append(values, l.GetValue())
			}
			if strings.Join(values, ",") == strings.Join(labels, ",") {
				return m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return -1
}
