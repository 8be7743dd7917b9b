package city

import (
	"fmt"
	"strconv"
	"strings"
)

// encoder writes messages. What repeats is prepared once, as pieces of JSON that are copied.
type encoder struct {
	model *model
	hours *hours

	orgs  []orgPieces
	posts []string   // by post: section, post, actor
	procs []string   // by process version: item, process, version
	steps [][]string // by process version and step: step, approval level
	tasks []string   // by task

	key, value  []byte // of the message in hand
	work        bool   // it is a duty report
	correctable bool   // it may be corrected later
}

// orgPieces are what all messages of an organisation have in common.
type orgPieces struct {
	place  string // source, region, organisation, perhaps sector
	report string // the same, with the source of the reporting system
	source string
	prefix string // of its case ids
	style  style
}

// style is how an organisation's system sends: systems differ.
type style struct {
	single  bool // one message per step, when it ends
	noBegin bool // never says when work on a step began
	claims  bool // says who took the case, and when
	due     bool // sends the due time
	seq     bool // numbers its messages
	visit   bool // counts the runs of a step
	task    bool // names the task beside the item
}

func newEncoder(m *model, h *hours) *encoder {
	e := &encoder{model: m, hours: h, key: make([]byte, 0, 64), value: make([]byte, 0, 1024)}
	for i := range m.orgs {
		e.orgs = append(e.orgs, newOrgPieces(&m.orgs[i], i))
	}
	for i := range m.posts {
		p := &m.posts[i]
		e.posts = append(e.posts, fmt.Sprintf(`,"section_code":%q,"post_code":%q,"actor_id":%q`, m.sections[p.section].code, p.code, p.actor))
	}
	for i := range m.processes {
		p := &m.processes[i]
		e.procs = append(e.procs, fmt.Sprintf(`,"item_code":%q,"process_code":%q,"process_ver":%d`, p.item, p.code, p.ver))
		var steps []string
		for j := range p.steps {
			steps = append(steps, fmt.Sprintf(`,"step_code":%q,"approval_level":%d`, p.steps[j].code, max(1, p.steps[j].level)))
		}
		e.steps = append(e.steps, steps)
	}
	for i := range m.tasks {
		e.tasks = append(e.tasks, fmt.Sprintf(`,"task_code":%q,"list_kind":"task"`, m.tasks[i].code))
	}
	return e
}

func newOrgPieces(o *org, i int) orgPieces {
	h := mix(uint64(i) + 77)
	p := orgPieces{prefix: o.code + "-"}
	p.style = style{
		single: h%100 < 55, noBegin: h>>8%100 < 12, claims: h>>16%100 < 60, due: h>>24%100 < 25,
		seq: h>>32%100 < 75, visit: h>>40%100 < 40, task: h>>48%100 < 20,
	}
	p.source = strings.ToLower(o.code)
	if o.level == atCity {
		p.source = strings.TrimPrefix(p.source, "ly-")
	}
	region := o.region
	if h>>56%4 == 0 {
		region += strings.Repeat("0", 12-len(region)) // some systems send all twelve digits
	}
	rest := fmt.Sprintf(`,"region_code":%q,"org_code":%q`, region, o.code)
	switch h >> 58 % 6 { // some leave the sector to the list of organisations, in one way or another
	case 0:
	case 1:
		rest += `,"sector_code":null`
	default:
		rest += fmt.Sprintf(`,"sector_code":%q`, o.sector)
	}
	if h>>50%16 == 0 { // a field that the contract does not know
		rest += `,"sys_ver":"3.2.1"`
	}
	p.place = fmt.Sprintf(`,"source":%q`, p.source) + rest
	p.report = `,"source":"lz"` + rest
	return p
}

// openStep begins a message of a case. post is -1 when a system sends it.
func (e *encoder) openStep(l *life, org, post int, action string, at moment) []byte {
	e.work, e.correctable = false, false
	o := &e.orgs[org]
	e.key = e.appendCase(e.key[:0], l)
	b := append(e.value[:0], `{"schema":"duty.step.v1","event_id":"`...)
	b = e.appendEvent(b, 'e', l)
	b = append(b, `","event_time":`...)
	b = e.appendTime(b, at)
	b = append(b, o.place...)
	if post >= 0 {
		b = append(b, e.posts[post]...)
	}
	if o.style.seq {
		b = append(b, `,"seq":`...)
		b = strconv.AppendInt(b, int64(l.messages)+1, 10)
	}
	if l.test {
		b = append(b, `,"is_test":true`...)
	}
	b = append(b, `,"case_id":"`...)
	b = append(b, e.key...)
	b = append(b, `","action":"`...)
	b = append(b, action...)
	b = append(b, '"')
	return append(b, e.procs[l.process]...)
}

// openWork begins a message of a duty report.
func (e *encoder) openWork(l *life, phase string, at moment) []byte {
	e.work, e.correctable = true, false
	e.key = append(e.key[:0], 'R')
	e.key = strconv.AppendUint(e.key, l.no, 10)
	b := append(e.value[:0], `{"schema":"duty.work.v1","event_id":"`...)
	b = e.appendEvent(b, 'w', l)
	b = append(b, `","event_time":`...)
	b = e.appendTime(b, at)
	b = append(b, e.orgs[l.org].report...)
	b = append(b, e.posts[l.post]...)
	if l.test {
		b = append(b, `,"is_test":true`...)
	}
	b = append(b, `,"record_id":"`...)
	b = append(b, e.key...)
	b = append(b, `","work_date":"`...)
	b = append(b, e.hours.date[l.begun/daySeconds]...)
	b = append(b, '"')
	if l.task >= 0 {
		b = append(b, e.tasks[l.task]...)
	} else if l.task == temporaryTask {
		b = append(b, `,"task_code":"TEMP","list_kind":"temp"`...)
	} else {
		b = append(b, `,"task_code":"X-0","list_kind":"none"`...)
	}
	b = append(b, `,"phase":"`...)
	b = append(b, phase...)
	return append(b, '"')
}

// close ends the message in hand.
func (e *encoder) close(b []byte) {
	e.value = append(b, '}')
}

// appendEvent appends the event id: the case and the number of the message in it.
func (e *encoder) appendEvent(b []byte, prefix byte, l *life) []byte {
	b = append(b, prefix)
	b = strconv.AppendUint(b, l.no, 36)
	b = append(b, '-')
	return strconv.AppendInt(b, int64(l.messages)+1, 10)
}

// appendCase appends the case id: organisation, day and number.
func (e *encoder) appendCase(b []byte, l *life) []byte {
	b = append(b, e.orgs[l.org].prefix...)
	b = append(b, e.hours.digits[l.born/daySeconds]...)
	b = append(b, '-')
	return strconv.AppendUint(b, l.no, 10)
}

func (e *encoder) appendTime(b []byte, t moment) []byte {
	day, sec := t/daySeconds, t%daySeconds
	b = append(b, '"')
	b = append(b, e.hours.date[day]...)
	h, m, s := sec/3600, sec/60%60, sec%60
	return append(b, 'T', byte('0'+h/10), byte('0'+h%10), ':', byte('0'+m/10), byte('0'+m%10), ':',
		byte('0'+s/10), byte('0'+s%10), '+', '0', '8', ':', '0', '0', '"')
}

// timeField appends a field that holds a time.
func (e *encoder) timeField(b []byte, name string, t moment) []byte {
	return e.appendTime(appendName(b, name), t)
}

func appendName(b []byte, name string) []byte {
	b = append(b, ',', '"')
	b = append(b, name...)
	return append(b, '"', ':')
}

func stringField(b []byte, name, value string) []byte {
	b = append(appendName(b, name), '"')
	b = append(b, value...)
	return append(b, '"')
}

func intField(b []byte, name string, value int) []byte {
	return strconv.AppendInt(appendName(b, name), int64(value), 10)
}
