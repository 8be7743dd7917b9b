package city

// state is what a case or a report does next.
type state uint8

const (
	submitting state = iota
	noticing         // asks for a correction
	correcting
	refusing
	accepting
	arriving
	claiming
	beginning
	suspending
	resuming
	ending
	transferring
	extending
	urging
	supervising
	deciding
	finishing
	withdrawing
	terminating
	voiding
	certifying
	delivering
	reopening
	reporting
	reviewing
	returning
	canceling
)

// live makes the event that is due, and plans the next one. It returns false after the last one.
func (g *Generator) live(l *life) (more bool) {
	at := l.at
	switch l.state {
	case submitting, noticing, correcting, refusing, accepting:
		return g.liveBefore(l, at)
	case arriving, claiming, beginning, suspending, resuming, ending:
		return g.liveStep(l, at)
	case transferring, extending, urging, supervising, deciding:
		return g.liveBetween(l, at)
	case reporting, reviewing, returning, canceling:
		return g.liveReport(l, at)
	}
	return g.liveAfter(l, at)
}

// liveBefore is what happens up to the acceptance.
func (g *Generator) liveBefore(l *life, at moment) bool {
	c := &l.chance
	hall := g.draws.halls[l.org]
	switch l.state {
	case submitting:
		g.out.submit(g, l, at)
		switch {
		case l.auto:
			l.at, l.state = at+1, accepting
		case c.hit(500):
			l.at, l.state = g.hours.after(at, moment(g.draws.usual.of(c, 5400)), hall), noticing
		case c.hit(150):
			l.at, l.state = g.hours.after(at, moment(g.draws.usual.of(c, 7200)), hall), refusing
		default:
			l.at, l.state = g.hours.after(at, moment(g.draws.wide.of(c, 2400)), hall), accepting
		}
		return true
	case noticing:
		g.out.plain(l, int(l.org), g.clerk(l), "correct_notice", at)
		l.at, l.state = g.hours.after(at, moment(g.draws.wide.of(c, 2*workSeconds)), hall), correcting
		return true
	case correcting:
		g.out.plain(l, int(l.org), g.clerk(l), "correct_done", at)
		if c.hit(1000) { // the supplement counts as the acceptance
			g.accept(l, at)
			return true
		}
		l.at, l.state = g.hours.after(at, moment(60+c.below(3600)), hall), accepting
		return true
	case refusing:
		g.out.plain(l, int(l.org), g.clerk(l), "refuse", at)
		return false
	}
	if at >= g.draws.reformDay && g.later(int(l.process)) {
		l.process++ // the second version follows the first
	}
	g.out.accept(g, l, at)
	g.accept(l, at)
	return true
}

// later tells whether a process version is followed by another one.
func (g *Generator) later(version int) bool {
	ps := g.model.processes
	return version+1 < len(ps) && ps[version+1].code == ps[version].code
}

func (g *Generator) accept(l *life, at moment) {
	l.accepted = at
	l.leaf = 0
	g.enter(l, at+moment(1+l.chance.below(120)))
}

func (g *Generator) clerk(l *life) int {
	return g.someone(&g.model.orgs[l.org], 1, int(l.process)*7+l.chance.below(3))
}

// step is the step in hand.
func (g *Generator) step(l *life) *step {
	p := &g.model.processes[l.process]
	return &p.steps[g.draws.runs[l.process].leaves[l.leaf]]
}

// enter brings a case into the step that leaf names.
func (g *Generator) enter(l *life, at moment) {
	c := &l.chance
	p := &g.model.processes[l.process]
	r := &g.draws.runs[l.process]
	s := g.step(l)
	l.visits[l.leaf]++
	before := l.arrived
	l.arrived = at
	if s.group != "" && l.leaf > 0 && p.steps[r.leaves[l.leaf-1]].group == s.group {
		l.arrived = before // the steps of a group begin together
	}
	l.stepOrg = int32(g.doer(l, p, s))
	o := &g.model.orgs[l.stepOrg]
	l.post = int32(g.someone(o, max(1, s.level), int(l.process)*7+c.below(3)))

	hall := g.draws.halls[l.stepOrg]
	// Median x share x pace of the organisation x pace of the day x difficulty of the case.
	median := r.median * s.share / r.shares * g.draws.pace(int(l.stepOrg), at) / 100
	median = median * g.draws.dayPace[at/daySeconds] / 1000 * int(l.factor) / 1000
	if l.visits[l.leaf] > 1 {
		median /= 2
	}
	if l.auto {
		l.claimed, l.begun, l.ends = l.arrived, l.arrived, at+moment(1+c.below(5))
	} else {
		queue := moment(g.draws.usual.of(c, median*58/100))
		work := moment(g.draws.usual.of(c, median*42/100))
		l.claimed = g.hours.after(l.arrived, queue*4/5, hall)
		l.begun = g.hours.after(l.arrived, queue, hall)
		l.ends = g.hours.after(l.begun, max(work, 20), hall)
		if c.hit(150) { // somebody works late
			l.ends += moment(3*3600 + c.below(3*3600))
		}
	}
	l.ends = max(l.ends, at+1)

	style := &g.out.orgs[l.stepOrg].style
	switch {
	case style.single || s.group != "" || l.auto:
		g.beforeEnd(l, s)
	default:
		l.at, l.state = at, arriving
	}
}

// doer is who does a step of a case.
func (g *Generator) doer(l *life, p *process, s *step) int {
	place := g.model.orgs[l.org].place
	office := p.office
	if s.office != "" {
		office = g.draws.codeAt[s.office]
	}
	switch {
	case s.at == atCity:
		return g.draws.officeOrg[office]
	case s.at == atCounty, s.office != "":
		return g.counterpart(place, office)
	}
	return int(l.org)
}

// procedures are the special procedures that stop the clock: how often (of 10,000) where a step allows it, and the
// declared limit in working days.
var procedures = map[string]struct{ often, limit int }{
	"survey": {2200, 5}, "expert": {5500, 10}, "publicity": {9000, 7}, "hearing": {1000, 15}, "appraisal": {2600, 20},
}

// beforeEnd plans the end of the step in hand, or the special procedure before it.
func (g *Generator) beforeEnd(l *life, s *step) {
	if s.suspend != "" && l.visits[l.leaf] == 1 && l.chance.hit(procedures[s.suspend].often) {
		l.at, l.state = max(l.begun+moment(60+l.chance.below(600)), l.arrived+1), suspending
		return
	}
	l.at, l.state = l.ends, ending
}

// liveStep is what happens in a step.
func (g *Generator) liveStep(l *life, at moment) bool {
	s := g.step(l)
	style := &g.out.orgs[l.stepOrg].style
	c := &l.chance
	switch l.state {
	case arriving:
		g.out.stepEvent(g, l, "step_arrive", at, false)
		switch {
		case style.claims:
			l.at, l.state = l.claimed, claiming
		case style.noBegin:
			g.beforeEnd(l, s)
		default:
			l.at, l.state = l.begun, beginning
		}
	case claiming:
		g.out.stepEvent(g, l, "step_claim", at, true)
		if style.noBegin {
			g.beforeEnd(l, s)
		} else {
			l.at, l.state = l.begun, beginning
		}
	case beginning:
		g.out.stepEvent(g, l, "step_start", at, true)
		g.beforeEnd(l, s)
	case suspending:
		g.out.suspend(g, l, s, "suspend_start", at)
		hall := g.draws.halls[l.stepOrg]
		rest := max(60, g.hours.worked(l.ends, hall)-g.hours.worked(at, hall))
		away := moment(g.draws.narrow.of(c, procedures[s.suspend].limit*workSeconds*55/100))
		back := g.hours.after(at, away, hall)
		l.ends = max(g.hours.after(back, rest, hall), back+1)
		if c.hit(300) { // forgotten
			l.at, l.state = l.ends, ending
		} else {
			l.at, l.state = back, resuming
		}
	case resuming:
		g.out.suspend(g, l, s, "suspend_end", at)
		l.at, l.state = l.ends, ending
	case ending:
		return g.endStep(l, s, at)
	}
	return true
}

// endStep ends the step in hand, and leads on, or back.
func (g *Generator) endStep(l *life, s *step, at moment) bool {
	c := &l.chance
	r := &g.draws.runs[l.process]
	p := &g.model.processes[l.process]
	back := 450 // of 10,000; the second versions clear more at the counter
	if p.ver > 1 {
		back = 280
	}
	if s.level >= 2 && l.leaf > 0 && l.returns < 3 && !l.auto && s.group == "" && c.hit(back) {
		l.returns++
		before := p.steps[r.leaves[l.leaf-1]].code
		g.out.sendBack(g, l, before, at)
		l.leaf--
		g.enter(l, at+moment(60+c.below(900)))
		return true
	}
	result := "pass"
	switch {
	case s.level >= 2 && !l.auto && p.spec.kind != paper && c.hit(60):
		result, l.denied = "reject", true
	case c.hit(250):
		result = "modify"
	}
	g.out.stepEnd(g, l, result, at)
	if l.denied {
		l.at, l.state = at+moment(60+c.below(900)), finishing
		return true
	}
	for l.leaf++; int(l.leaf) < len(r.leaves); l.leaf++ {
		if next := &p.steps[r.leaves[l.leaf]]; next.optional == 0 || l.visits[l.leaf] > 0 || !c.hit(next.optional*100) {
			break
		}
	}
	if int(l.leaf) >= len(r.leaves) {
		l.at, l.state = at+moment(1+c.below(600)), finishing
		return true
	}
	return g.between(l, p, at)
}

// between decides what happens between two steps; mostly nothing.
func (g *Generator) between(l *life, p *process, at moment) bool {
	c := &l.chance
	soon := at + moment(60+c.below(1800))
	if p.spec.kind != instant {
		elapsed := g.hours.worked(at, false) - g.hours.worked(l.accepted, false)
		limit := moment(p.promised) * workSeconds
		switch n := c.below(10_000); {
		case n < 60:
			l.at, l.state = soon, withdrawing
			return true
		case n < 75:
			l.at, l.state = soon, terminating
			return true
		case n < 88:
			l.at, l.state = soon, voiding
			return true
		case n < 105:
			return false // it lies there
		case n < 160:
			l.at, l.state = soon, transferring
			return true
		case n < 1400 && elapsed*10 > limit*8 && !l.extended:
			l.at, l.state = soon, extending
			return true
		case n < 4000 && elapsed > limit:
			l.at, l.state = soon, urging
			if n < 2000 {
				l.state = supervising
			}
			return true
		}
	} else if c.hit(12) {
		return false
	}
	g.lead(l, p, at)
	return true
}

// lead brings a case into its next step, past the decision where one is due.
func (g *Generator) lead(l *life, p *process, at moment) {
	last := int(l.leaf) == len(g.draws.runs[l.process].leaves)-1
	if last && !l.done && p.spec.kind != instant && p.spec.kind != paper && p.spec.kind != relief {
		l.done = true
		l.at, l.state = at+moment(30+l.chance.below(600)), deciding
		return
	}
	g.enter(l, at+1)
}

// liveBetween is what happens to a case between its steps.
func (g *Generator) liveBetween(l *life, at moment) bool {
	p := &g.model.processes[l.process]
	switch l.state {
	case transferring:
		g.out.transfer(g, l, at)
	case extending:
		l.extended = true
		g.out.extend(g, l, at)
	case urging:
		g.out.plain(l, int(l.org), -1, "urge", at)
	case supervising:
		g.out.plain(l, int(l.org), -1, "supervise", at)
	case deciding:
		g.out.plain(l, int(l.stepOrg), int(l.post), "decide", at)
	}
	g.lead(l, p, at)
	return true
}

// liveAfter is what happens at and after the end of a case.
func (g *Generator) liveAfter(l *life, at moment) bool {
	p := &g.model.processes[l.process]
	c := &l.chance
	hall := g.draws.halls[l.org]
	switch l.state {
	case finishing:
		g.out.finish(g, l, at)
		switch {
		case !l.reopened && c.hit(25):
			l.reopened = true
			l.at, l.state = g.hours.after(at, moment(g.draws.usual.of(c, 4*workSeconds)), hall), reopening
		case l.denied:
			return false
		case p.certificate() && c.hit(6500):
			l.at, l.state = g.hours.after(at, moment(g.draws.wide.of(c, 9000)), hall), certifying
		case (p.spec.kind == benefit || p.spec.kind == relief) && c.hit(5000):
			l.at, l.state = g.hours.after(at, moment(g.draws.wide.of(c, 2*workSeconds)), hall), delivering
		default:
			return false
		}
		return true
	case certifying:
		g.out.plain(l, int(l.org), g.clerk(l), "certify", at)
		l.at, l.state = g.hours.after(at, moment(g.draws.wide.of(c, workSeconds)), hall), delivering
		return c.hit(5500)
	case reopening:
		g.out.plain(l, int(l.org), g.clerk(l), "reopen", at)
		l.denied = false
		l.leaf = uint8(len(g.draws.runs[l.process].leaves) - 1)
		g.enter(l, at+moment(60+c.below(600)))
		return true
	case delivering:
		g.out.plain(l, int(l.org), g.clerk(l), "deliver", at)
	case withdrawing, terminating:
		g.out.finish(g, l, at)
	case voiding:
		if c.hit(5000) {
			g.out.finish(g, l, at)
		} else {
			g.out.plain(l, int(l.org), g.clerk(l), "void", at)
		}
	}
	return false
}

// liveReport is what happens to a duty report.
func (g *Generator) liveReport(l *life, at moment) bool {
	c := &l.chance
	switch l.state {
	case reporting:
		g.out.report(g, l, at)
		switch n := c.below(10_000); {
		case l.mistaken:
			return false
		case n < 2200:
			l.state = reviewing
		case n < 2260:
			l.state = returning
		case n < 2300:
			l.state = canceling
		default:
			return false
		}
		l.at = g.hours.after(at, moment(g.draws.usual.of(c, 2*workSeconds)), false)
		return true
	case reviewing:
		g.out.review(g, l, at)
		return false
	case returning:
		g.out.phase(l, "return", at)
		l.state = reporting
		l.at = g.hours.after(at, moment(g.draws.usual.of(c, workSeconds)), false)
		return true
	}
	g.out.phase(l, "void", at)
	return false
}
