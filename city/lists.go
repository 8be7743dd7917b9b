package city

import (
	"bytes"
	"embed"
	"encoding/csv"
	"io/fs"
	"strconv"
	"strings"

	"github.com/dutyflow/dutyflow/lists"
)

//go:embed lists/*.csv
var listFiles embed.FS

// Lists returns the reference lists of the city, one <list>.csv each.
func Lists() fs.FS {
	sub, err := fs.Sub(listFiles, "lists")
	if err != nil {
		panic(err) // "lists" is a valid path
	}
	return sub
}

// hallCalendar is the calendar of the service halls, which are open over lunch.
const hallCalendar = "HALL"

// dissolved is the day from which the office of informatisation was part of the bureau of big data.
const dissolved = "2024-03-01"

// files writes the model as list files. The shipped files are these; a test compares them.
func (m *model) files() map[string][]byte {
	indicators, parts := indicatorFiles()
	return map[string][]byte{
		"region.csv":         m.regionFile(),
		"sector.csv":         sectorFile(),
		"org.csv":            m.orgFile(),
		"task.csv":           m.taskFile(),
		"process.csv":        m.processFile(),
		"step.csv":           m.stepFile(),
		"calendar.csv":       calendarFile(),
		"calendar_map.csv":   m.calendarMapFile(),
		"duty.csv":           m.dutyFile(),
		"power.csv":          m.powerFile(),
		"boundary.csv":       m.boundaryFile(),
		"target.csv":         targetFile(),
		"light_rule.csv":     lightRuleFile(),
		"indicator.csv":      indicators,
		"indicator_part.csv": parts,
		"code.csv":           codeFile(),
	}
}

// table collects rows of a list file.
type table struct {
	buf bytes.Buffer
	csv *csv.Writer
}

func newTable(columns ...string) *table {
	t := &table{}
	t.csv = csv.NewWriter(&t.buf)
	t.add(columns...)
	return t
}

func (t *table) add(values ...string) {
	if err := t.csv.Write(values); err != nil {
		panic(err) // writing to a buffer cannot fail
	}
}

func (t *table) bytes() []byte {
	t.csv.Flush()
	return t.buf.Bytes()
}

// number writes 0 as nothing, to keep the files small.
func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func flag(b bool) string {
	if b {
		return "1"
	}
	return ""
}

func (m *model) regionFile() []byte {
	t := newTable("region_code", "name", "parent", "level", "peer_group", "population", "external")
	for _, r := range m.regions {
		t.add(r.code, r.name, r.parent, r.level, r.peers, number(r.people), flag(r.external))
	}
	return t.bytes()
}

func sectorFile() []byte {
	t := newTable("sector_code", "name", "parent")
	for _, l := range lines() {
		t.add(l.code, l.name, l.parent)
	}
	return t.bytes()
}

func (m *model) orgFile() []byte {
	t := newTable("org_code", "name", "short_name", "region_code", "parent_org", "kind", "sector_code", "staff_n", "filled", "peer_group", "order_no",
		"successor_code", "mechanism_flag", "valid_from", "valid_to")
	for i := range m.orgs {
		o := &m.orgs[i]
		staff := 0
		for _, s := range o.sections {
			staff += len(m.sections[s].posts)
		}
		t.add(o.code, o.name, o.short, o.region, "", o.kind, o.sector, number(staff), "", o.peers(), number(o.order), "", "", "", "")
		for _, s := range o.sections {
			sec := &m.sections[s]
			t.add(sec.code, sec.name, "", o.region, o.code, "section", "", number(len(sec.posts)), "", "", "", "", flag(s%13 != 7), "", "")
			for _, p := range sec.posts {
				t.add(m.posts[p].code, m.posts[p].name, "", o.region, sec.code, "post", "", "", "1", "", "", "", "", "", "")
			}
		}
	}
	// an office that was dissolved: who took its duties over is followed when figures are asked for as of now
	t.add("LY-XXB", "市信息化办公室", "信息办", cityCode, "", "institution", "S1701", "", "", "city", "", "LY-DSJ", "", "", dissolved)
	return t.bytes()
}

// peers names the organisations that an organisation is compared with.
func (o *org) peers() string {
	switch o.level {
	case atCity:
		return "city"
	case atCounty:
		return offices()[o.office].code
	}
	return "town"
}

func (m *model) taskFile() []byte {
	t := newTable("task_code", "duty_code", "section_code", "post_codes", "name", "frequency", "expected_per_period", "std_minutes",
		"risk_policy", "risk_discretion", "risk_integrity", "has_scope", "has_procedure", "has_limit", "has_standard",
		"process_code", "spec_flag", "chart_flag")
	for _, k := range m.tasks {
		var posts []string
		for _, p := range k.posts {
			posts = append(posts, m.posts[p].code)
		}
		t.add(k.code, k.duty, m.sections[k.section].code, strings.Join(posts, ";"), k.name, k.frequency, strconv.Itoa(k.expected), number(k.minutes),
			flag(k.risk[0]), flag(k.risk[1]), flag(k.risk[2]), flag(k.element[0]), flag(k.element[1]), flag(k.element[2]), flag(k.element[3]),
			k.process, flag(k.spec), flag(k.chart))
	}
	return t.bytes()
}

func (m *model) processFile() []byte {
	t := newTable("process_code", "ver", "name", "item_code", "task_code", "org_code", "service_kind", "importance",
		"promised_limit", "promised_unit", "statutory_limit", "statutory_unit", "baseline_of", "valid_from", "valid_to")
	for i := range m.processes {
		p := &m.processes[i]
		baseline, promised, statutory := "", "1", "wd"
		if p.ver > 1 {
			baseline = strconv.Itoa(p.ver - 1)
		}
		if p.promised > 0 {
			promised = strconv.Itoa(p.promised)
		}
		if p.statutory == 0 {
			statutory = ""
		}
		t.add(p.code, strconv.Itoa(p.ver), p.name, p.item, p.task, "LY-"+p.spec.office, p.service(),
			[...]string{"simple", "general", "major"}[p.spec.importance-1],
			promised, "wd", number(p.statutory), statutory, baseline, p.from, p.to)
	}
	return t.bytes()
}

func (m *model) stepFile() []byte {
	t := newTable("process_code", "ver", "step_code", "name", "seq", "parent_step", "mandatory", "max_visits", "parallel_group",
		"approval_level", "limit", "unit", "predecessors", "may_suspend", "valid_from", "valid_to")
	for i := range m.processes {
		p := &m.processes[i]
		for j := range p.steps {
			s := &p.steps[j]
			mandatory, unit, level := "1", "", number(s.level)
			if s.optional > 0 || s.procedure {
				mandatory = "0"
			}
			if s.limit > 0 {
				unit = "wd"
			}
			t.add(p.code, strconv.Itoa(p.ver), s.code, s.name, strconv.Itoa(j+1), s.parent, mandatory, "3", s.group, level,
				number(s.limit), unit, strings.Join(p.before(j), ";"), flag(s.suspend != ""), p.from, p.to)
		}
	}
	return t.bytes()
}

// before returns the steps that must end before step j begins: the one before it, or all of a group that runs at the same time.
func (p *process) before(j int) []string {
	if p.steps[j].procedure {
		return nil
	}
	k := j - 1
	for k >= 0 && (p.steps[k].procedure || p.steps[j].group != "" && p.steps[k].group == p.steps[j].group) {
		k--
	}
	if k < 0 {
		return nil
	}
	out := []string{p.steps[k].code}
	for g := p.steps[k].group; g != "" && k > 0 && p.steps[k-1].group == g; k-- {
		out = append(out, p.steps[k-1].code)
	}
	return out
}

func calendarFile() []byte {
	t := newTable("calendar_id", "date", "day_kind", "intervals", "name")
	t.add(hallCalendar, "", "work", "09:00-12:00 13:00-17:00", "政务服务大厅作息")
	t.add(hallCalendar, "2025-12-31", "work", "09:00-12:00", "年终系统结转")
	t.add(hallCalendar, "2026-06-30", "work", "09:00-12:00", "系统升级")
	return t.bytes()
}

func (m *model) calendarMapFile() []byte {
	t := newTable("scope", "code", "calendar_id")
	t.add("region", cityCode, lists.DefaultCalendar)
	for i := range m.orgs {
		if o := &m.orgs[i]; o.hall() {
			t.add("org", o.code, hallCalendar)
		}
	}
	return t.bytes()
}

// hall tells whether an organisation runs a service hall.
func (o *org) hall() bool {
	return o.office >= 0 && offices()[o.office].code == "SPJ"
}
