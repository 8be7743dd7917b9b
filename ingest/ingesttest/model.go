package ingesttest

import (
	"fmt"
	"testing"

	"github.com/dutyflow/dutyflow/ingest/broker"
	"github.com/dutyflow/dutyflow/ingest/record"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
)

// Position is where a record lies in the broker.
type Position struct {
	Topic     string
	Partition int32
	Offset    int64
}

// Model remembers what was produced where.
type Model struct {
	Generator *Generator
	// BadShare is one record in how many breaks its contract; 0 means none.
	BadShare int

	Made map[Position]Made
	next map[Position]int64 // Offset 0: the next offset of the partition
}

// NewModel makes a model whose records come from a seed.
func NewModel(seed uint64) *Model {
	return &Model{Generator: NewGenerator(seed), BadShare: 10, Made: make(map[Position]Made), next: make(map[Position]int64)}
}

// Produce makes n records and sends them to the broker.
func (m *Model) Produce(t testing.TB, b *broker.Broker, n int) {
	t.Helper()
	byTopic := make(map[string][]broker.Message)
	for range n {
		made := m.Generator.Next(int32(len(b.Next("duty.step"))), m.BadShare)
		p := Position{Topic: made.Topic, Partition: made.Message.Partition}
		at := p
		at.Offset = m.next[p]
		m.next[p]++
		m.Made[at] = made
		byTopic[made.Topic] = append(byTopic[made.Topic], made.Message)
	}
	for topic, messages := range byTopic {
		if err := b.Produce(t.Context(), topic, messages); err != nil {
			t.Fatal(err)
		}
	}
}

// Require fails the test unless each record is in the lake exactly once, as what it must be.
func (m *Model) Require(t testing.TB, lake *warehousetest.Lake) {
	t.Helper()
	for _, problem := range m.Problems(lake) {
		t.Error(problem)
	}
}

// Problems lists what Require would complain about.
func (m *Model) Problems(lake *warehousetest.Lake) []string {
	var problems []string
	seen := make(map[Position]int)
	look := func(table string, check func(made Made, row warehousetest.Row) string) {
		for _, row := range lake.Rows(table) {
			at := Position{row["_topic"].(string), row["_partition"].(int32), row["_offset"].(int64)}
			seen[at]++
			made, ok := m.Made[at]
			if !ok {
				problems = append(problems, fmt.Sprintf("%s: %v was never produced", table, at))
				continue
			}
			if wrong := check(made, row); wrong != "" {
				problems = append(problems, fmt.Sprintf("%s: %v (%s): %s", table, at, made.EventID, wrong))
			}
		}
	}
	for _, table := range []string{"step", "work"} {
		look(table, func(made Made, row warehousetest.Row) string {
			switch {
			case made.Reject != "":
				return "should be a reject: " + string(made.Reject)
			case made.Topic != "duty."+table:
				return "is of topic " + made.Topic
			case row["event_id"] != made.EventID:
				return fmt.Sprintf("has event_id %v", row["event_id"])
			}
			return ""
		})
	}
	look("rejects", func(made Made, row warehousetest.Row) string {
		raw, _ := row["raw"].([]byte)
		switch {
		case made.Reject == "":
			return fmt.Sprintf("should be a row, not a reject: %v %v %v", row["reason"], row["field"], row["detail"])
		case row["reason"] != string(made.Reject):
			return fmt.Sprintf("was rejected for %v instead of %s", row["reason"], made.Reject)
		case made.Reject != record.NullValue && string(raw) != string(made.Message.Value):
			return fmt.Sprintf("holds other bytes: %q", raw)
		}
		return ""
	})
	for at := range m.Made {
		if seen[at] != 1 {
			problems = append(problems, fmt.Sprintf("%v is in the lake %d times", at, seen[at]))
		}
	}
	const enough = 20
	if len(problems) > enough {
		problems = append(problems[:enough], fmt.Sprintf("and %d more", len(problems)-enough))
	}
	return problems
}
