package city

import (
	"bytes"
	"strconv"
)

// The values of the enumerations that a message picks from.
var (
	webChannels    = [...]string{"web", "web", "app", "mini", "app"}
	windowChannels = [...]string{"window", "window", "window", "window", "kiosk", "mail", "phone"}
	collectModes   = [...]string{"daily", "daily", "daily", "daily", "inspection", "import", "auto"}
	results        = [...]string{"done", "done", "done", "done", "done", "done", "partial", "ongoing"}
	remarks        = [...]string{"材料齐全", "符合法定形式", "已电话告知申请人", "按简易程序办理", "窗口代为录入", "同意上报"}
)

// traits draws what a case keeps from its first message to its last, from its number: nothing of it needs to be remembered.
func (l *life) traits() chance {
	return chance(mix(l.no ^ 0xca5e))
}

// plain is an event that says no more than that it happened.
func (e *encoder) plain(l *life, org, post int, action string, at moment) {
	e.close(e.openStep(l, org, post, action, at))
}

func (e *encoder) applicant(b []byte, l *life, p *process) []byte {
	t := l.traits()
	channel := windowChannels[t.below(len(windowChannels))]
	if l.web {
		channel = webChannels[t.below(len(webChannels))]
	}
	kind := "natural"
	switch {
	case p.spec.kind == paper || p.spec.kind == enforcing:
		channel, kind = "system", "internal"
	case p.spec.kind == joint || t.hit(4500) && p.spec.kind == licence:
		kind = "legal"
	}
	b = stringField(b, "channel", channel)
	return stringField(b, "applicant_kind", kind)
}

func (e *encoder) submit(g *Generator, l *life, at moment) {
	p := &g.model.processes[l.process]
	post := -1
	if !l.web {
		post = g.clerk(l)
	}
	b := e.openStep(l, int(l.org), post, "submit", at)
	b = e.applicant(b, l, p)
	b = intField(b, "materials", 2+l.chance.below(9))
	e.close(b)
}

func (e *encoder) accept(g *Generator, l *life, at moment) {
	p := &g.model.processes[l.process]
	c := &l.chance
	t := l.traits()
	t.next()
	b := e.openStep(l, int(l.org), g.clerk(l), "accept", at)
	style := &e.orgs[l.org].style
	if style.task {
		b = stringField(b, "task_code", p.task)
	}
	if !c.hit(500) { // where it is missing, the list has it
		b = intField(b, "promised_limit", max(1, p.promised))
		b = append(b, `,"promised_unit":"wd"`...)
		if p.statutory > 0 {
			b = intField(b, "statutory_limit", p.statutory)
			b = append(b, `,"statutory_unit":"wd"`...)
		}
	}
	b = stringField(b, "service_kind", p.service())
	b = e.applicant(b, l, p)
	if style.due {
		b = e.timeField(b, "due_at", g.hours.due(at, max(1, p.promised)))
	}
	if !l.web {
		b = append(b, `,"window_code":"W`...)
		b = strconv.AppendInt(b, int64(1+c.below(32)), 10)
		b = append(b, '"')
	}
	if l.parent != 0 {
		b = append(b, `,"parent_case_id":"M`...)
		b = strconv.AppendUint(b, l.parent, 10)
		b = append(b, '"')
	}
	b = e.origin(b, g, l, &t)
	if c.hit(400) {
		b = append(b, `,"ext":{"remark":"`...)
		b = append(b, remarks[c.below(len(remarks))]...)
		b = append(b, `"}`...)
	}
	e.close(b)
}

// origin says where a case of another region was handed in, and what else is special about the case.
func (e *encoder) origin(b []byte, g *Generator, l *life, t *chance) []byte {
	flags := []byte(nil)
	var buf [96]byte
	flags = buf[:0]
	add := func(code string) {
		if len(flags) > 0 {
			flags = append(flags, ',')
		}
		flags = append(flags, '"')
		flags = append(flags, code...)
		flags = append(flags, '"')
	}
	p := &g.model.processes[l.process]
	if l.web {
		add("online")
	} else if t.hit(6000) {
		add("one_visit")
	}
	if l.auto {
		add("instant_auto")
	}
	if p.spec.kind == joint {
		add("parallel")
	}
	if t.hit(300) {
		add("missing_ok")
	}
	if t.hit(500) {
		add("shared_data")
	}
	switch n := t.below(10_000); {
	case n < 60:
		add("cross_province")
		b = stringField(b, "origin_region_code", g.draws.otherCity[t.below(len(g.draws.otherCity))])
	case n < 260:
		add("cross_region")
		b = stringField(b, "origin_region_code", g.draws.counties[t.below(len(g.draws.counties))])
	default:
		return appendFlags(b, flags)
	}
	b = append(b, `,"origin_case_id":"K`...)
	b = strconv.AppendUint(b, l.no*7+11, 10)
	b = append(b, '"')
	return appendFlags(b, flags)
}

func appendFlags(b, flags []byte) []byte {
	if len(flags) == 0 {
		return b
	}
	b = append(b, `,"flags":[`...)
	b = append(b, flags...)
	return append(b, ']')
}

// stepEvent is an arrival, a claim or a beginning.
func (e *encoder) stepEvent(g *Generator, l *life, action string, at moment, post bool) {
	who := -1
	if post {
		who = int(l.post)
	}
	e.close(e.openOf(g, l, who, action, at))
}

// openOf begins an event of the step in hand.
func (e *encoder) openOf(g *Generator, l *life, post int, action string, at moment) []byte {
	b := e.openStep(l, int(l.stepOrg), post, action, at)
	b = append(b, e.steps[l.process][g.draws.runs[l.process].leaves[l.leaf]]...)
	if e.orgs[l.stepOrg].style.visit {
		b = intField(b, "visit", int(l.visits[l.leaf]))
	}
	return b
}

// times are what a system that sends one message per step says about the way to its end.
func (e *encoder) times(b []byte, g *Generator, l *life) []byte {
	style := &e.orgs[l.stepOrg].style
	if !style.single && g.step(l).group == "" && !l.auto {
		return b
	}
	b = e.timeField(b, "arrived_at", l.arrived)
	if style.claims {
		b = e.timeField(b, "claimed_at", l.claimed)
	}
	if !style.noBegin {
		b = e.timeField(b, "started_at", l.begun)
	}
	return b
}

func (e *encoder) stepEnd(g *Generator, l *life, result string, at moment) {
	post := int(l.post)
	if l.auto {
		post = -1
	}
	b := e.openOf(g, l, post, "step_end", at)
	b = e.times(b, g, l)
	e.close(stringField(b, "result", result))
	e.correctable = true
}

func (e *encoder) sendBack(g *Generator, l *life, to string, at moment) {
	b := e.openOf(g, l, int(l.post), "return", at)
	b = e.times(b, g, l)
	b = stringField(b, "result", "return")
	e.close(stringField(b, "to_step", to))
}

func (e *encoder) suspend(g *Generator, l *life, s *step, action string, at moment) {
	b := e.openOf(g, l, int(l.post), action, at)
	b = append(b, `,"suspend_id":"x`...)
	b = strconv.AppendUint(b, l.no, 36)
	b = append(b, '-')
	b = strconv.AppendInt(b, int64(l.leaf), 10)
	b = append(b, '"')
	b = stringField(b, "suspend_kind", s.suspend)
	if action == "suspend_start" {
		b = intField(b, "suspend_limit", procedures[s.suspend].limit)
		b = append(b, `,"suspend_limit_unit":"wd"`...)
		if s.suspend == "appraisal" || s.suspend == "expert" {
			b = append(b, `,"agent_org":"ZJ-`...)
			b = strconv.AppendInt(b, int64(1+l.chance.below(24)), 10)
			b = append(b, '"')
		}
	}
	e.close(b)
}

func (e *encoder) transfer(g *Generator, l *life, at moment) {
	b := e.openStep(l, int(l.stepOrg), int(l.post), "transfer", at)
	b = stringField(b, "from_org", g.model.orgs[l.stepOrg].code)
	other := &g.model.orgs[g.counterpart(g.model.orgs[l.org].place, l.chance.below(len(g.draws.offices)))]
	e.close(stringField(b, "to_org", other.code))
}

func (e *encoder) extend(g *Generator, l *life, at moment) {
	b := e.openStep(l, int(l.stepOrg), int(l.post), "extend", at)
	b = intField(b, "extend_limit", 3+l.chance.below(8))
	b = append(b, `,"extend_unit":"wd"`...)
	if l.chance.hit(5000) {
		b = append(b, `,"extend_scope":"promised"`...)
	}
	e.close(intField(b, "approved_by_level", 3+l.chance.below(2)))
}

func (e *encoder) finish(g *Generator, l *life, at moment) {
	p := &g.model.processes[l.process]
	b := e.openStep(l, int(l.org), g.clerk(l), "finish", at)
	b = stringField(b, "finish_kind", finishKind(l, p))
	if !l.web && l.state == finishing && p.spec.kind != paper && p.spec.kind != enforcing {
		b = intField(b, "visits", 1+l.chance.below(4)/3)
	}
	e.close(b)
}

func finishKind(l *life, p *process) string {
	switch {
	case l.state == withdrawing:
		return "withdrawn"
	case l.state == terminating:
		return "terminated"
	case l.state == voiding:
		return "voided"
	case l.denied:
		return "denied"
	case p.certificate():
		return "certificate"
	case p.spec.kind == paper && l.chance.hit(1500):
		return "forwarded"
	case p.spec.kind == paper && l.chance.hit(1200):
		return "reported"
	}
	return "normal"
}

func (e *encoder) report(g *Generator, l *life, at moment) {
	c := &l.chance
	t := l.traits()
	b := e.openWork(l, "submit", at)
	quantity := 1 + t.below(3)*t.below(5)
	minutes := 15 + g.draws.usual.of(&t, 70)
	b = intField(b, "quantity", quantity)
	if t.hit(600) {
		b = append(b, '.', '5')
	}
	b = intField(b, "minutes", min(minutes, 480))
	b = stringField(b, "result", results[t.below(len(results))])
	b = stringField(b, "collect_mode", collectModes[t.below(len(collectModes))])
	if t.hit(3000) {
		end := l.begun - l.begun%daySeconds + officeShifts[1].to
		if end > at {
			end = at
		}
		end -= moment(t.below(1800))
		b = e.timeField(b, "start_at", end-moment(min(minutes, 480))*60)
		b = e.timeField(b, "end_at", end)
	}
	if t.hit(5500) {
		b = intField(b, "evidence_n", 1+t.below(5))
	}
	b = intField(b, "text_len", 20+g.draws.wide.of(&t, 120))
	b = append(b, `,"text_hash":"`...)
	b = strconv.AppendUint(b, c.next(), 16)
	b = append(b, '"')
	e.close(b)
	e.correctable = true
}

func (e *encoder) review(g *Generator, l *life, at moment) {
	b := e.openWork(l, "review", at)
	b = intField(b, "review_level", 2+l.chance.below(2))
	e.close(intField(b, "review_score", 100-g.draws.usual.of(&l.chance, 8)%45))
}

func (e *encoder) phase(l *life, phase string, at moment) {
	e.close(e.openWork(l, phase, at))
}

// schemaLen is the length of what every message begins with: {"schema":"duty.step.v1",
const schemaLen = len(`{"schema":"duty.step.v1",`)

// fork makes what follows a message later, and apart from the case: a correction, or that it should never have been.
func (g *Generator) fork(l *life, at moment) {
	value := g.out.value
	if l.mistaken {
		b := append(g.spareBuffer(), value[:bytes.Index(value, []byte(`,"region_code"`))]...)
		b = append(b, `,"op":"delete","rev":1,"record_id":"`...)
		b = append(b, g.out.key...)
		b = append(b, `"}`...)
		g.hold(at+moment(600+g.chance.below(2*daySeconds)), deleted, b)
		g.spare = append(g.spare, b)
		return
	}
	if !g.out.correctable || int(g.chance.next()>>44) >= g.odds.revision {
		return
	}
	b := append(g.spareBuffer(), value[:schemaLen]...)
	b = append(b, `"rev":1,`...)
	b = append(b, value[schemaLen:len(value)-1]...)
	if l.process < 0 {
		b = append(b, `,"goal_code":"GOAL-3"}`...)
	} else {
		b = append(b, `,"window_code":"W1"}`...)
	}
	g.hold(at+moment(1800+g.chance.below(5*daySeconds)), revised, b)
	g.spare = append(g.spare, b)
}
