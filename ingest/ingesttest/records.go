package ingesttest

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/dutyflow/dutyflow/ingest/broker"
	"github.com/dutyflow/dutyflow/ingest/record"
)

// Made is a record and what must become of it.
type Made struct {
	Topic   string
	Message broker.Message
	EventID string
	Entity  string
	Reject  record.Reason // empty when it must be accepted
}

// Generator makes records from a seed.
type Generator struct {
	rng *rand.Rand
	n   int
	now time.Time // the Kafka time of the next record
}

// NewGenerator starts at a fixed time: nothing depends on the day on which a test runs.
func NewGenerator(seed uint64) *Generator {
	return &Generator{
		rng: rand.New(rand.NewPCG(seed, 0x6475_7479)),
		now: time.Date(2026, 1, 5, 1, 0, 0, 0, time.UTC),
	}
}

var (
	actions  = []string{"submit", "accept", "step_arrive", "step_claim", "step_end", "step_end", "step_end", "finish"}
	channels = []string{"window", "web", "app", "mini"}
	regions  = []string{"371300", "371302", "371311", "371321002"}
	orgs     = []string{"LY-SPJ", "LY-SCJG", "LY-YJ", "LY-MZ", "LY-ZJ"}
	steps    = []string{"收件", "受理", "审查", "决定", "制证送达"}
)

func pick(r *rand.Rand, from []string) string { return from[r.IntN(len(from))] }

// Next makes the next record: mostly steps, some duty reports, and every badShare-th (0: none) one that breaks its
// contract.
func (g *Generator) Next(partitions int32, badShare int) Made {
	g.n++
	g.now = g.now.Add(time.Duration(1+g.rng.IntN(2000)) * time.Millisecond)
	var m Made
	if g.rng.IntN(5) == 0 {
		m = g.work()
	} else {
		m = g.step()
	}
	m.Message.Key = []byte(m.Entity)
	m.Message.Time = g.now
	m.Message.SourcePos = -1
	// The partition follows the entity, as a producer's hash does.
	h := uint32(2166136261)
	for i := range len(m.Entity) {
		h = (h ^ uint32(m.Entity[i])) * 16777619
	}
	m.Message.Partition = int32(h % uint32(partitions))
	if badShare > 0 && g.rng.IntN(badShare) == 0 {
		g.spoil(&m)
	}
	return m
}

// envelope writes the fields that every record has.
func (g *Generator) envelope(schema string, at time.Time, id string) string {
	return fmt.Sprintf(`"schema":%q,"event_id":%q,"event_time":%q,"source":"spj","region_code":%q,"org_code":%q,"section_code":"S-%02d","post_code":"P-%03d","actor_id":"a%05x"`,
		schema, id, at.In(time.FixedZone("", 8*3600)).Format("2006-01-02T15:04:05.000Z07:00"),
		pick(g.rng, regions), pick(g.rng, orgs), g.rng.IntN(40), g.rng.IntN(400), g.rng.IntN(1<<20))
}

func (g *Generator) step() Made {
	id := fmt.Sprintf("e-%09d", g.n)
	entity := fmt.Sprintf("C-2026-%07d", g.rng.IntN(1+g.n/4))
	at := g.now.Add(-time.Duration(g.rng.IntN(3600)) * time.Second)
	if g.rng.IntN(50) == 0 {
		at = at.AddDate(0, -g.rng.IntN(6), 0) // late, and in another month
	}
	action := pick(g.rng, actions)
	v := fmt.Sprintf(`{%s,"case_id":%q,"action":%q,"item_code":"I-%04d","process_code":"P-%04d"`,
		g.envelope("duty.step.v1", at, id), entity, action, g.rng.IntN(4409), g.rng.IntN(900))
	switch action {
	case "accept":
		v += fmt.Sprintf(`,"promised_limit":%d.5,"promised_unit":"wd","service_kind":"promise","channel":%q`, 1+g.rng.IntN(20), pick(g.rng, channels))
	case "finish":
		v += `,"finish_kind":"normal"`
	case "step_arrive", "step_claim":
		v += fmt.Sprintf(`,"step_code":%q`, pick(g.rng, steps))
	case "step_end":
		v += fmt.Sprintf(`,"step_code":%q,"arrived_at":%q,"approval_level":%d,"result":"pass"`,
			pick(g.rng, steps), at.Add(-2*time.Hour).UTC().Format(time.RFC3339), 1+g.rng.IntN(4))
	}
	if g.rng.IntN(20) == 0 {
		v += `,"ext":{"窗口":"三号"},"note":"加急"`
	}
	return Made{Topic: "duty.step", EventID: id, Entity: entity, Message: broker.Message{Value: []byte(v + "}")}}
}

func (g *Generator) work() Made {
	id := fmt.Sprintf("d-%09d", g.n)
	entity := fmt.Sprintf("R-%07d", g.n)
	v := fmt.Sprintf(`{%s,"record_id":%q,"work_date":%q,"task_code":"T-%04d","list_kind":"task","phase":"submit","quantity":%d,"minutes":%d,"result":"done","collect_mode":"daily"}`,
		g.envelope("duty.work.v1", g.now, id), entity, g.now.Format(time.DateOnly), g.rng.IntN(4409), 1+g.rng.IntN(9), g.rng.IntN(480))
	return Made{Topic: "duty.work", EventID: id, Entity: entity, Message: broker.Message{Value: []byte(v)}}
}

// spoil breaks a record in one of the ways that senders do.
func (g *Generator) spoil(m *Made) {
	switch g.rng.IntN(5) {
	case 0:
		m.Message.Value, m.Reject = nil, record.NullValue
	case 1:
		m.Message.Value, m.Reject = []byte("[1, 2, 3]"), record.NotObject
	case 2:
		m.Message.Value, m.Reject = m.Message.Value[:len(m.Message.Value)/2], record.NotJSON
		// Half a Chinese character is found before half an object.
		for len(m.Message.Value) > 0 && m.Message.Value[len(m.Message.Value)-1] >= 0x80 {
			m.Message.Value = m.Message.Value[:len(m.Message.Value)-1]
		}
	case 3:
		m.Message.Value = []byte(fmt.Sprintf(`{"schema":"duty.none.v1","event_id":%q,"source":"spj"}`, m.EventID))
		m.Reject = record.WrongSchema
	case 4:
		m.Message.Value = append(m.Message.Value[:len(m.Message.Value)-1], `,"op":"replace"}`...)
		m.Reject = record.UnknownCode
	}
}
