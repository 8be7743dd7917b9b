package file

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/dutyflow/dutyflow/ingest/record"
)

// mapped turns the rows of a source into messages.
type mapped struct {
	in      *input
	m       *Mapping
	src     source
	slots   slots
	id      []int
	where   []condition
	events  []event
	clock   *clock
	repeats repeats

	idAt, timeAt, sourceAt, seqAt, entityAt int   // fields of the contract
	derived                                 []int // fields that a derived event id is made of
	schema                                  string

	row     row
	pending []Record // messages of the row in hand, their buffers used again
	n, done int

	values []value // by field of the contract
	ext    []member
	err    error
}

// value is a field's text on its way into a message.
type value struct {
	text string
	bare bool // written without quotes: numbers, booleans, arrays
	set  bool
}

func newMapped(in *input, m *Mapping, name string) (*mapped, error) {
	c := m.contract
	r := &mapped{
		in: in, m: m, slots: slots{index: map[string]int{}}, clock: newClock(m), schema: c.Schema(),
		idAt: c.Index("event_id"), timeAt: c.Index("event_time"), sourceAt: c.Index("source"), seqAt: c.Index("seq"),
		entityAt: c.Index(c.EntityID), values: make([]value, len(c.Fields)),
	}
	for _, name := range []string{c.EntityID, "step_code", "action", "phase", "event_time"} {
		if i := c.Index(name); i >= 0 {
			r.derived = append(r.derived, i)
		}
	}
	r.id = r.slots.all(m.ID, true)
	r.where = compileConditions(&r.slots, m.Where)
	events := m.Events
	if len(events) == 0 {
		events = []Event{{}}
	}
	for _, e := range m.CaseEvents {
		r.events = append(r.events, compileEvent(m, &r.slots, e, true))
	}
	for _, e := range events {
		r.events = append(r.events, compileEvent(m, &r.slots, e, false))
	}
	var err error
	switch m.Format {
	case formatCSV:
		r.src, err = newCSV(in, m, &r.slots)
	case formatNDJSON:
		r.src = newNDJSON(in, &r.slots)
	default:
		r.src = newXES(in, &r.slots, name, len(m.CaseEvents) > 0)
	}
	return r, err
}

func (r *mapped) Progress() (read, total int64) { return r.in.progress() }
func (r *mapped) Close() error                  { return r.in.Close() }

func (r *mapped) Next(rec *Record) error {
	for r.done == r.n {
		if r.err != nil {
			return r.err
		}
		r.n, r.done = 0, 0
		if r.err = r.src.next(&r.row); r.err != nil {
			if !errors.Is(r.err, io.EOF) {
				_ = r.in.Close()
			}
			return r.err
		}
		r.messages()
		for i := range r.pending[:r.n] {
			if size := len(r.pending[i].Value); size > maxMessage {
				r.n = 0
				r.err = r.in.fail(ErrFormat, 0, fmt.Sprintf("the row at position %d makes a message of %d bytes, at most 8 MiB are possible; is a quote left open?", r.row.pos, size))
			}
		}
	}
	p := &r.pending[r.done]
	r.done++
	*rec = *p
	return nil
}

// messages makes the messages of the row in hand.
func (r *mapped) messages() {
	if r.row.raw != nil {
		p := r.add()
		p.Value = append(p.Value, r.row.raw...)
		return
	}
	if r.m.Trim {
		for i, v := range r.row.values {
			r.row.values[i] = strings.TrimSpace(v)
		}
	}
	if !allHold(r.where, &r.row) {
		return
	}
	optional := len(r.m.Events) > 0 || r.row.perCase // an event of a list is there only if its time is
	var timeless *event
	for i := range r.events {
		e := &r.events[i]
		if e.perCase != r.row.perCase || !allHold(e.where, &r.row) {
			continue
		}
		if optional && r.eval(&e.exprs[e.time], false) == "" {
			if timeless == nil {
				timeless = e
			}
			continue
		}
		r.message(e)
	}
	// A row none of whose events has a time is passed on as the first of them, to be rejected and seen.
	if r.n == 0 && timeless != nil && !r.row.perCase {
		r.message(timeless)
	}
}

func (r *mapped) add() *Record {
	if r.n == len(r.pending) {
		r.pending = append(r.pending, Record{})
	}
	p := &r.pending[r.n]
	r.n++
	p.Topic, p.Pos = r.m.contract.Name, r.row.pos
	p.Key, p.Value = p.Key[:0], p.Value[:0]
	return p
}

func (r *mapped) message(e *event) {
	clear(r.values)
	r.ext = r.ext[:0]
	r.collect(e)
	for i := range e.exprs {
		x := &e.exprs[i]
		if text := r.eval(x, true); text != "" {
			r.values[x.field] = r.typed(x, text)
		}
	}
	r.values[r.sourceAt] = value{text: r.m.Source, set: true}
	if !r.values[r.seqAt].set {
		r.values[r.seqAt] = value{text: strconv.FormatInt(r.row.pos, 10), bare: true, set: true}
	}
	r.values[r.idAt] = value{text: r.eventID(), set: true}

	p := r.add()
	p.Key = append(p.Key, r.values[r.entityAt].text...)
	b := append(p.Value, `{"schema":"`...)
	b = append(b, r.schema...)
	b = append(b, '"')
	for i := range r.values {
		v := &r.values[i]
		if !v.set {
			continue
		}
		b = append(b, ',', '"')
		b = append(b, r.m.contract.Fields[i].Name...)
		b = append(b, '"', ':')
		if v.bare {
			b = append(b, v.text...)
		} else {
			b = record.AppendString(b, v.text)
		}
	}
	for i, m := range r.ext {
		if i == 0 {
			b = append(b, `,"ext":{`...)
		} else {
			b = append(b, ',')
		}
		b = record.AppendString(b, m.name)
		b = append(b, ':')
		b = record.AppendString(b, m.value)
	}
	if len(r.ext) > 0 {
		b = append(b, '}')
	}
	p.Value = append(b, '}')
}

// collect puts the columns into ext that the mapping wants there.
func (r *mapped) collect(e *event) {
	if e.ext != nil {
		for _, slot := range e.ext {
			r.keep(r.slots.names[slot], r.row.values[slot])
		}
		return
	}
	for slot, used := range r.slots.used {
		if !used {
			r.keep(r.slots.names[slot], r.row.values[slot])
		}
	}
	r.ext = append(r.ext, r.row.others...)
}

// keep puts one value into ext, once.
func (r *mapped) keep(name, v string) {
	if v == "" {
		return
	}
	for i := range r.ext {
		if r.ext[i].name == name {
			return
		}
	}
	r.ext = append(r.ext, member{name, v})
}

// eval computes the text of a field. What a code map or an enum loses of it goes to ext, if keep is set.
func (r *mapped) eval(x *expr, keep bool) string {
	if x.konst != "" {
		return x.konst
	}
	text := ""
	switch len(x.from) {
	case 0:
	case 1:
		text = r.row.values[x.from[0]]
	default:
		some := false
		parts := make([]string, len(x.from))
		for i, slot := range x.from {
			parts[i] = r.row.values[slot]
			some = some || parts[i] != ""
		}
		if some {
			text = strings.Join(parts, x.join)
		}
	}
	original := text
	switch {
	case text == "":
	case x.kind == record.EnumSet:
		var whole bool
		if text, whole = x.set(text); whole {
			original = ""
		}
	default:
		to, translated := x.mapped[text]
		if translated {
			text = to
		}
		switch {
		case x.kind == record.Enum && !translated && x.codes[text]:
			original = ""
		case x.kind != record.Enum:
			if !translated {
				original = ""
			}
		case text == "other" || text == "":
		case x.codes[text]:
			original = ""
		case x.codes["other"]:
			text = "other"
		default:
			text = ""
		}
	}
	if keep && original != "" {
		r.keep(r.nameOf(x), original)
	}
	if text == "" {
		return x.deflt
	}
	return x.prefix + text
}

func (r *mapped) nameOf(x *expr) string {
	names := make([]string, len(x.from))
	for i, slot := range x.from {
		names[i] = r.slots.names[slot]
	}
	return strings.Join(names, "+")
}

// set reads a list of codes separated by commas, semicolons, bars or blanks, and reports whether each is known.
func (x *expr) set(text string) (array string, whole bool) {
	whole = true
	var b []byte
	for _, code := range strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(",;| ，；、", c) }) {
		if to, ok := x.mapped[code]; ok {
			code = to
		}
		if !x.codes[code] {
			whole = false
			continue
		}
		b = append(b, ","[:min(len(b), 1)]...)
		b = record.AppendString(b, code)
	}
	if len(b) == 0 {
		return "", whole
	}
	return "[" + string(b) + "]", whole
}

// typed writes a text as its field wants it. What does not fit is left as it is, for the contract to reject.
func (r *mapped) typed(x *expr, text string) value {
	v := value{text: text, set: true}
	switch x.kind {
	case record.Time:
		v.text = string(r.clock.appendInstant(nil, text))
	case record.Date:
		v.text = string(r.clock.appendDate(nil, text))
	case record.EnumSet:
		v.bare = true
	case record.Int, record.Decimal:
		v.bare = plainNumber(text)
	case record.Bool:
		switch strings.ToLower(text) {
		case "true", "1", "yes", "y", "是":
			v.text, v.bare = "true", true
		case "false", "0", "no", "n", "否":
			v.text, v.bare = "false", true
		}
	}
	return v
}

// plainNumber reports whether a text can stand in JSON as a number.
func plainNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	whole, frac, point := strings.Cut(s, ".")
	digits := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
	return digits(whole) && (len(whole) == 1 || whole[0] != '0') && (!point || digits(frac))
}

// maxID is the length of event_id in every contract.
const maxID = 64

// eventID is the values of the mapping's id columns, told apart by action where a row has several events; without
// them it follows from what happened: the case, the step, the action, the time, and which of the same it is.
func (r *mapped) eventID() string {
	if r.m.positional {
		return r.row.id
	}
	var parts []string
	some := false
	for _, slot := range r.id {
		parts = append(parts, r.row.values[slot])
		some = some || r.row.values[slot] != ""
	}
	if some {
		if len(r.events) > 1 {
			for _, at := range r.derived[1 : len(r.derived)-1] {
				if r.values[at].set && r.m.contract.Fields[at].Kind == record.Enum {
					parts = append(parts, r.values[at].text)
				}
			}
		}
		if id := strings.Join(parts, ":"); utf8.RuneCountInString(id) <= maxID {
			return id
		}
		return digest(strings.Join(parts, "\x1f"))
	}
	for _, at := range r.derived {
		parts = append(parts, r.values[at].text)
	}
	what := strings.Join(parts, "\x1f")
	if n := r.repeats.count(what); n > 1 {
		what += "\x1f" + strconv.Itoa(n)
	}
	return digest(what)
}

// digest is 128 bits of SHA-256 in hex: short enough to store for each event, long enough never to meet.
func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:16])
}

// repeats counts how often the same event has come, within a window: events further apart than the last half to one
// million different ones count as the first again. A file may have its cases in any order, so nothing smaller than all
// events is exact; the window bounds that to some tens of megabytes. An exact repeat from beyond it gets the id of the
// first and so counts as the same event delivered twice, which is what a repeat that far away most likely is.
type repeats struct {
	young, old map[uint64]int32
}

const repeatWindow = 500_000

func (r *repeats) count(what string) int {
	sum := sha256.Sum256([]byte(what))
	key := uint64(0)
	for _, b := range sum[16:24] { // not the bytes that make the id
		key = key<<8 | uint64(b)
	}
	if r.young == nil {
		r.young = make(map[uint64]int32)
	}
	n := max(r.young[key], r.old[key]) + 1
	r.young[key] = n
	if len(r.young) == repeatWindow {
		r.young, r.old = nil, r.young
	}
	return int(n)
}
