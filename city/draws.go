package city

import "time"

// draws are the tables that chance draws from.
type draws struct {
	items  [13]*lottery // by month
	places *lottery
	levels [8]*lottery // by the levels at which an item is executed
	work   *lottery    // levels of duty reports
	tasks  *lottery    // offices of duty reports

	narrow, usual, wide *spread
	delay               *spread

	first     []int          // by item: its first version in model.processes
	runs      []run          // by process version
	orgPace   []turn         // by organisation
	dayPace   []int          // by day, in thousandths
	byOffice  [][]int        // tasks by office
	reformDay moment         // start of the day on which second versions begin
	offices   []office       // as declared, looked up often
	officeOrg []int          // the city's organisation by office
	otherCity []string       // regions of other provinces that hand in cases
	codeAt    map[string]int // office by code
	counties  []string
	joint     []int  // joint items
	halls     []bool // by organisation: it runs a service hall
}

// run is what the simulation needs to know of a process version.
type run struct {
	leaves []int // steps that are really run, as indices in process.steps
	shares int   // sum of their shares
	median int   // working seconds that a case usually takes
}

// turn is the pace of an organisation, and what it becomes.
type turn struct {
	percent int
	from    moment
	then    int
}

// story is a change that a report should find.
type story struct {
	office, place string // one of them
	from          string
	percent       int
}

func stories() []story {
	return []story{
		{office: "ZRZ", from: "2026-07-01", percent: 135}, // a department that falls behind
		{place: "LL", from: "2026-05-01", percent: 80},    // a county that was told to do better, and does
		{office: "YBJ", from: "2026-01-01", percent: 78},  // data instead of papers
	}
}

func newDraws(m *model, h *hours, from, to int) draws {
	d := draws{
		narrow: newSpread(0.5), usual: newSpread(0.8), wide: newSpread(1.1), delay: newSpread(1.3),
		offices: offices(), codeAt: map[string]int{}, reformDay: h.start(reform),
	}
	for i, o := range d.offices {
		d.codeAt[o.code] = i
		d.officeOrg = append(d.officeOrg, m.officeOrg(o.code))
	}
	for i := range h.works {
		d.dayPace = append(d.dayPace, pace(h.first.AddDate(0, 0, i), from, to, i))
	}
	for month := time.January; month <= time.December; month++ {
		var weights []int
		for _, it := range items() {
			weights = append(weights, it.load*season(it, month)/100+1)
		}
		d.items[month] = newLottery(weights)
	}
	var weights []int
	for _, p := range places() {
		weights = append(weights, p.people)
	}
	d.places = newLottery(weights)
	for mask := 1; mask < len(d.levels); mask++ {
		d.levels[mask] = newLottery([]int{30 * (mask & atCity), 70 * (mask & atCounty) / atCounty, 40 * (mask & atTown) / atTown})
	}
	d.work = newLottery([]int{45, 40, 15})
	weights = nil
	for _, o := range d.offices {
		weights = append(weights, o.load)
	}
	d.tasks = newLottery(weights)
	for i := range m.processes {
		p := &m.processes[i]
		if p.ver == 1 {
			d.first = append(d.first, i)
		}
		d.runs = append(d.runs, newRun(p))
	}
	d.byOffice = make([][]int, len(d.offices))
	for i := range m.tasks {
		// One task in 29 is never reported: lists have dead wood.
		if i%29 != 7 {
			office := m.orgs[m.sections[m.tasks[i].section].org].office
			d.byOffice[office] = append(d.byOffice[office], i)
		}
	}
	for i, it := range items() {
		if it.kind == joint {
			d.joint = append(d.joint, i)
		}
	}
	for _, p := range places() {
		d.counties = append(d.counties, p.code)
	}
	d.setPaces(m, h)
	for _, n := range neighbours() {
		if n.level != "1" {
			d.otherCity = append(d.otherCity, n.code)
		}
	}
	return d
}

// season returns the volume of an item in a month in percent.
func season(it item, month time.Month) int {
	switch {
	case it.kind == relief && month >= time.April && month <= time.September:
		return 0
	case it.name == "义务教育入学办理" && (month < time.June || month > time.September):
		return 4
	case it.name == "农业惠农补贴发放" && (month < time.May || month > time.August):
		return 35
	case it.name == "教师资格认定" && month != time.May && month != time.June && month != time.October && month != time.November:
		return 20
	case it.name == "林木采伐许可" && month >= time.May && month <= time.August:
		return 40
	}
	return 100
}

func newRun(p *process) run {
	r := run{median: p.promised * workSeconds * 42 / 100}
	if p.promised == 0 {
		r.median = 1500
	}
	for i := range p.steps {
		if !p.steps[i].procedure {
			r.leaves = append(r.leaves, i)
			r.shares += p.steps[i].share
		}
	}
	return r
}

func (d *draws) setPaces(m *model, h *hours) {
	for i := range m.orgs {
		o := &m.orgs[i]
		d.halls = append(d.halls, o.hall())
		t := turn{percent: o.pace, from: h.end(), then: o.pace}
		for _, s := range stories() {
			byOffice := s.office != "" && o.office >= 0 && d.offices[o.office].code == s.office
			byPlace := s.place != "" && o.place >= 0 && places()[o.place].prefix == s.place
			if byOffice || byPlace {
				t.from, t.then = h.start(s.from), o.pace*s.percent/100
			}
		}
		d.orgPace = append(d.orgPace, t)
	}
}

// pace returns how long things take in an organisation, in percent.
func (d *draws) pace(org int, at moment) int {
	t := &d.orgPace[org]
	if at >= t.from {
		return t.then
	}
	return t.percent
}
