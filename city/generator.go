package city

import (
	"fmt"
	"time"
)

// Topics of the messages.
const (
	StepTopic = "duty.step"
	WorkTopic = "duty.work"
)

// Message is one message as a sending system hands it to Kafka.
type Message struct {
	Topic      string
	Key, Value []byte // valid until the next call of Next
	TimeMillis int64  // when it reaches Kafka
}

// Stats counts what was delivered so far.
type Stats struct {
	Records    int64 // all messages
	Steps      int64 // messages of duty.step
	Works      int64 // messages of duty.work
	Cases      int64 // cases begun, delivered or not
	Invalid    int64 // messages that break their contract
	Duplicates int64 // messages delivered a second time, byte by byte
	Revisions  int64 // corrections of earlier messages
	Deletes    int64 // withdrawals of earlier messages
	Late       int64 // messages that came hours or more after they happened
}

// Generator makes the messages of a city. It is not safe for concurrent use.
type Generator struct {
	cfg   Config
	model *model
	hours *hours
	plan  *plan
	odds  odds
	draws draws
	out   *encoder
	stats Stats

	from, to     int // days of the period
	day          int // day in hand: its cases are in today
	clock        moment
	arrival      int64   // of the message before, in Unix milliseconds
	chance       chance  // of the city as a whole; cases have their own
	begun        uint64  // cases and reports begun so far: the number of the next one
	kept         uint64  // parcels kept so far
	casesPerUnit float64 // of the plan's shares
	plannedSteps float64 // step events that the plan expects up to the day in hand

	cases  []life     // open cases, by slot
	free   []uint32   // slots without a case
	today  queue      // cases of the day in hand
	future [][]uint32 // slots by day
	slack  [][]uint32 // slices of days that are over, to use again
	held   parcels    // messages on their way: late ones, second deliveries, corrections
	sent   parcel     // the parcel that the caller of Next has in hand
	spare  [][]byte   // buffers to use again
}

// odds are the shares of the configuration, in a million.
type odds struct {
	invalid, duplicate, late, revision int
}

const (
	lead = 60  // days before the period on which work may have been done that is reported in it
	tail = 500 // days after the period that plans may reach into
)

// New returns a generator of the configured messages.
func New(cfg Config) (*Generator, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("configure city: %w", err)
	}
	from, _ := time.Parse(time.DateOnly, cfg.From) // Validate has read both
	to, _ := time.Parse(time.DateOnly, cfg.To)
	n := int(to.Sub(from)/(24*time.Hour)) + 1
	h, err := newHours(from.AddDate(0, 0, -lead), lead+n+tail)
	if err != nil {
		return nil, fmt.Errorf("configure city: %w", err)
	}
	millionths := func(share float64) int { return int(share * 1e6) }
	g := &Generator{
		cfg: cfg, hours: h, model: newModel(), from: lead, to: lead + n - 1, day: lead - 1,
		odds:   odds{millionths(cfg.InvalidShare), millionths(cfg.DuplicateShare), millionths(cfg.LateShare), millionths(cfg.RevisionShare)},
		chance: chance(mix(cfg.Seed + 1)),
		future: make([][]uint32, lead+n),
	}
	g.plan = newPlan(h, g.from, g.to)
	g.draws = newDraws(g.model, h, g.from, g.to)
	g.out = newEncoder(g.model, h)
	g.setRate()
	return g, nil
}

// Stats counts what Next has returned so far.
func (g *Generator) Stats() Stats { return g.stats }

// Next makes the next message, or returns false after the last one.
func (g *Generator) Next(m *Message) bool {
	if g.stats.Records >= g.cfg.Records {
		return false
	}
	g.recycle(&g.sent)
	for {
		for len(g.today) == 0 && g.day < g.to {
			g.openDay()
		}
		if len(g.held) > 0 && (len(g.today) == 0 || g.held[0].release <= moment(g.today[0]>>32)) {
			g.sent = g.held.pop()
			g.clock = max(g.clock, g.sent.release)
			g.deliver(m, g.sent.work, g.sent.fate, g.sent.buf[:g.sent.key], g.sent.buf[g.sent.key:])
			return true
		}
		if len(g.today) == 0 {
			g.importReport() // the period is over, and a few are missing
		}
		top := g.today.pop()
		g.clock = moment(top >> 32)
		if g.play(uint32(top)) {
			g.deliver(m, g.out.work, onTime, g.out.key, g.out.value)
			return true
		}
	}
}

func (g *Generator) deliver(m *Message, work bool, f fate, key, value []byte) {
	g.stats.Records++
	m.Topic = StepTopic
	if work {
		m.Topic = WorkTopic
		g.stats.Works++
	} else {
		g.stats.Steps++
	}
	switch f {
	case late:
		g.stats.Late++
	case again:
		g.stats.Duplicates++
	case revised:
		g.stats.Revisions++
	case deleted:
		g.stats.Deletes++
	case spoiled:
		g.stats.Invalid++
	}
	m.Key, m.Value = key, value
	// A message needs a second or two to arrive. Kafka's time of a partition does not run backwards.
	g.arrival = max(g.arrival, g.hours.unixMillis(g.clock)+1000+int64(g.chance>>54))
	m.TimeMillis = g.arrival
}

// play makes the next event of the case in a slot. It returns false when the message comes later.
func (g *Generator) play(slot uint32) bool {
	l := &g.cases[slot]
	at := l.at
	more := g.live(l)
	l.messages++
	more = more && int(l.at/daySeconds) <= g.to
	g.fork(l, at)
	onTheWay := g.roll(at)
	if !more {
		g.free = append(g.free, slot)
		return !onTheWay
	}
	l.at = max(l.at, at+1) // events of a case never tie
	g.wait(slot)
	return !onTheWay
}

// wait puts a case where it is found when its next event is due.
func (g *Generator) wait(slot uint32) {
	l := &g.cases[slot]
	day := int(l.at / daySeconds)
	switch {
	case day <= g.day:
		g.today.push(uint64(l.at)<<32 | uint64(slot))
	case day <= g.to:
		if n := len(g.slack); g.future[day] == nil && n > 0 {
			g.future[day], g.slack = g.slack[n-1], g.slack[:n-1]
		}
		g.future[day] = append(g.future[day], slot)
	default:
		g.free = append(g.free, slot) // nothing of it happens in the period any more
	}
}

// roll decides whether the message just made is delivered late, twice or also in a broken form.
func (g *Generator) roll(at moment) (onTheWay bool) {
	r := int(g.chance.next() >> 44) // below 1,048,576
	if r < g.odds.duplicate {
		g.hold(at+30+moment(g.chance.below(4*3600)), again, g.out.value)
		return false
	}
	if r -= g.odds.duplicate; r < g.odds.invalid {
		broken := spoil(g.spareBuffer(), g.out.value, &g.chance)
		g.hold(at, spoiled, broken)
		g.spare = append(g.spare, broken)
		return false
	}
	if r -= g.odds.invalid; r < g.odds.late {
		delay := g.draws.delay.of(&g.chance, 6*3600)
		if r%50 == 0 {
			delay += (3 + g.chance.below(40)) * daySeconds // a system that was cut off
		}
		g.hold(at+moment(delay), late, g.out.value)
		return true
	}
	return false
}

// hold keeps a copy of a message of the current key until its release. Nothing is released after the period.
func (g *Generator) hold(release moment, f fate, value []byte) {
	buf := append(append(g.spareBuffer(), g.out.key...), value...)
	g.kept++
	g.held.push(parcel{
		release: min(release, g.lastMoment()), no: g.kept, work: g.out.work, fate: f, buf: buf, key: len(g.out.key),
	})
}

func (g *Generator) spareBuffer() []byte {
	if n := len(g.spare); n > 0 {
		b := g.spare[n-1]
		g.spare = g.spare[:n-1]
		return b[:0]
	}
	return make([]byte, 0, 640)
}

func (g *Generator) recycle(p *parcel) {
	if p.buf != nil {
		g.spare = append(g.spare, p.buf)
		p.buf = nil
	}
}

// openDay begins the next day: its cases and reports are drawn, and those that wait for it join them.
func (g *Generator) openDay() {
	g.day++
	start := moment(g.day) * daySeconds
	for _, slot := range g.future[g.day] {
		g.today.push(uint64(g.cases[slot].at)<<32 | uint64(slot))
	}
	waiting := len(g.future[g.day])
	g.slack, g.future[g.day] = append(g.slack, g.future[g.day][:0]), nil
	cases, reports := g.volume(waiting)
	for range cases {
		g.beginCase(start)
	}
	for range reports {
		g.beginReport(start)
	}
}
