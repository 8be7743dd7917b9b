package city

// life is a case, or a duty report, from its beginning to its end. It is kept small: a city has many at a time.
type life struct {
	chance   chance
	no       uint64
	at       moment // of the next event
	born     moment // when it began: the date in the case id
	accepted moment

	// The step in hand. Of a report: begun is a moment of the day on which the work was done.
	arrived, claimed, begun, ends moment

	parent  uint64 // the matter that the case is a part of; 0: none
	org     int32  // who accepted the case, or reports
	process int32  // version, as index in model.processes; -1: it is a report
	task    int32  // of a report, or one of the constants below
	stepOrg int32  // who does the step in hand
	post    int32  // who in it
	factor  int32  // how hard the case is, in thousandths

	state    state
	leaf     uint8 // step in hand, as index in run.leaves
	messages uint16
	visits   [16]uint8

	web, test, auto        bool
	extended, reopened     bool
	denied, done, mistaken bool
	returns                uint8
}

// Tasks of reports that are in no list.
const (
	temporaryTask = -1
	unlistedTask  = -2
)

// take returns a slot for a new case or report.
func (g *Generator) take() uint32 {
	if n := len(g.free); n > 0 {
		slot := g.free[n-1]
		g.free = g.free[:n-1]
		g.cases[slot] = life{}
		return slot
	}
	g.cases = append(g.cases, life{})
	return uint32(len(g.cases) - 1)
}

// start gives a new life its number and its own chance.
func (g *Generator) start(slot uint32) *life {
	g.begun++
	l := &g.cases[slot]
	l.no = g.begun
	l.chance = chance(mix(g.cfg.Seed ^ g.begun*0x9e3779b97f4a7c15))
	l.test = l.chance.hit(10)
	return l
}

// beginCase begins a case on the day that starts at a moment.
func (g *Generator) beginCase(day moment) {
	c := &g.chance
	date := g.hours.first.AddDate(0, 0, int(day/daySeconds))
	item := g.draws.items[date.Month()].draw(c)
	place := g.draws.places.draw(c)
	l := g.spawn(item, place, day)
	p := &g.model.processes[g.draws.first[item]]
	if p.spec.kind != joint || !c.hit(4000) {
		return
	}
	// One matter, several departments: another joint case of the same applicant.
	parent := l.no
	l.parent = parent
	other := g.draws.joint[c.below(len(g.draws.joint))]
	g.spawn(other, place, day).parent = parent
}

// spawn begins a case of an item in a place.
func (g *Generator) spawn(item, place int, day moment) *life {
	slot := g.take()
	l := g.start(slot)
	c := &l.chance
	g.stats.Cases++
	version := g.draws.first[item]
	p := &g.model.processes[version]
	l.process = int32(version)
	l.org = int32(g.executor(p, place, c))
	l.factor = g.draws.narrow[c.next()>>52]
	// People hand in online more and more; and only online when offices are closed.
	online := 3800 + 2200*(int(day/daySeconds)-g.from)/max(1, g.to-g.from)
	l.web = c.hit(online) || !g.hours.works[day/daySeconds]
	if p.spec.kind == paper || p.spec.kind == enforcing {
		l.web = false
	}
	l.state = accepting
	if l.web {
		l.at = day + moment(6*3600+c.below(17*3600))
		l.auto = p.spec.kind == instant && c.hit(2500)
	} else {
		l.at = g.duringHours(day, c, g.draws.halls[l.org])
	}
	if l.web || c.hit(3000) {
		l.state = submitting
	}
	l.born = l.at
	g.today.push(uint64(l.at)<<32 | uint64(slot))
	return l
}

// duringHours draws a moment of the working hours of a day: more in the morning than in the afternoon. On a day of
// rest, it is the time of those on duty.
func (g *Generator) duringHours(day moment, c *chance, hall bool) moment {
	s := shifts(hall)[0]
	if c.hit(4300) {
		s = shifts(hall)[1]
	}
	return day + s.from + moment(c.below(int(s.to-s.from)))
}

// executor chooses who accepts a case of a process: the city's department, that of a county, or a township.
func (g *Generator) executor(p *process, place int, c *chance) int {
	switch 1 << g.draws.levels[p.spec.at].draw(c) {
	case atCity:
		return g.draws.officeOrg[p.office]
	case atTown:
		towns := g.model.towns[place]
		return towns[c.below(len(towns))]
	}
	return g.counterpart(place, p.office)
}

// counterpart is the county's department for an office of the city, or the city's own where a county has none.
func (g *Generator) counterpart(place, office int) int {
	if place >= 0 {
		if o, ok := g.model.byPlace[[2]int{place, office}]; ok {
			return o
		}
	}
	return g.draws.officeOrg[office]
}

// beginReport begins a duty report on the day that starts at a moment.
func (g *Generator) beginReport(day moment) {
	slot := g.take()
	l := g.start(slot)
	c := &l.chance
	l.process = -1
	office := g.draws.tasks.draw(c)
	own := g.draws.byOffice[office]
	l.task = int32(own[c.below(len(own))])
	switch g.draws.work.draw(c) {
	case 0:
		posts := g.model.tasks[l.task].posts
		l.post = int32(posts[c.below(len(posts))])
	case 1:
		o := &g.model.orgs[g.counterpart(g.draws.places.draw(c), office)]
		l.post = int32(g.someone(o, 1, c.below(16)))
	default:
		towns := g.model.towns[g.draws.places.draw(c)]
		l.post = int32(g.someone(&g.model.orgs[towns[c.below(len(towns))]], 1, 0))
	}
	l.org = int32(g.model.sections[g.model.posts[l.post].section].org)
	switch {
	case c.hit(200):
		l.task = temporaryTask
	case c.hit(120):
		l.task = unlistedTask
	}
	l.state = reporting
	l.at = g.duringHours(day, c, g.draws.halls[l.org])
	if c.hit(4500) { // most write their report before they go home
		l.at = day + 16*3600 + moment(c.below(2*3600+1800))
	}
	l.begun = g.workDay(day, c)
	l.mistaken = c.hit(25)
	g.today.push(uint64(l.at)<<32 | uint64(slot))
}

// workDay draws the day on which reported work was done: the day itself, the working day before, or long ago.
func (g *Generator) workDay(day moment, c *chance) moment {
	k := g.hours.before[day/daySeconds]
	back := moment(0)
	switch {
	case c.hit(300):
		back = moment(2 + c.below(20))
	case c.hit(1100):
		back = 1
	}
	if back == 0 || k < back {
		return day
	}
	return g.hours.days[k-back] * daySeconds
}

// importReport begins one report that is imported when the period is over.
func (g *Generator) importReport() {
	g.beginReport(moment(g.day) * daySeconds)
	top := g.today.pop()
	l := &g.cases[uint32(top)]
	l.at = max(l.at, g.clock)
	l.mistaken = false
	g.today.push(uint64(l.at)<<32 | uint64(uint32(top)))
}

// someone returns a post of an organisation that signs at a level; n chooses among several.
func (g *Generator) someone(o *org, level, n int) int {
	for len(o.posts[level]) == 0 {
		level++
	}
	return o.posts[level][n%len(o.posts[level])]
}

// lastMoment is the end of the period.
func (g *Generator) lastMoment() moment {
	return moment(g.to+1)*daySeconds - 1
}
