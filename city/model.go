package city

import (
	"fmt"
	"strings"
)

// Totals of the model that the city's own lists report.
const (
	dutyCount = 2443
	taskCount = 4409
)

const partySection = "LY-SCJG-DJ"

// reform is the day on which the second versions of processes replace the first ones.
const reform = "2026-04-01"

// region is an administrative region; the code has 6 or 9 digits.
type region struct {
	code, name, parent, level string
	peers                     string
	people                    int
	external                  bool
}

// post is a position in a section, held by one person.
type post struct {
	code, name string
	actor      string
	section    int // index in model.sections
}

// section is a part of an organisation.
type section struct {
	code, name string
	org        int // index in model.orgs
	posts      []int
}

// org is a department of the city or a county, or the government of a township.
type org struct {
	code, name, short string
	region            string
	sector            string
	kind              string
	office            int // index in offices(); -1 for a township
	place             int // index in places(); -1 for the city
	pace              int // how long things take, in percent of the usual
	level             int // atCity, atCounty or atTown
	order             int
	sections          []int
	posts             [5][]int // by approval level 1 to 4
}

// task is a task of the duty-task list.
type task struct {
	code, duty, name string
	facet            string // what the duty is about
	section          int
	posts            []int
	frequency        string
	expected         int
	minutes          int
	risk             [3]bool
	element          [4]bool
	process          string
	spec, chart      bool
}

// model is the city as it stands: who there is, what they must do and by which processes. It is the same for every seed.
type model struct {
	regions   []region
	orgs      []org
	sections  []section
	posts     []post
	tasks     []task
	processes []process // versions of one process follow each other
	byPlace   map[[2]int]int
	towns     [][]int // organisations of townships by place
}

func newModel() *model {
	m := &model{byPlace: map[[2]int]int{}}
	m.addRegions()
	m.addCityOrgs()
	m.addCountyOrgs()
	m.addTasks()
	m.addProcesses()
	return m
}

func (m *model) addRegions() {
	m.regions = append(m.regions,
		region{code: provinceCode, name: "山东省", level: "1"},
		region{code: cityCode, name: "临沂市", parent: provinceCode, level: "2"})
	for _, p := range places() {
		peers := "county"
		if p.zone {
			peers = "zone"
		} else if strings.HasSuffix(p.name, "区") {
			peers = "district"
		}
		towns := strings.Fields(p.towns)
		m.regions = append(m.regions, region{code: p.code, name: p.name, parent: cityCode, level: "3", peers: peers, people: p.people * 1000})
		for i, t := range towns {
			m.regions = append(m.regions, region{
				code: p.code + townDigits(t, i), name: t, parent: p.code, level: "4",
				peers: "town", people: p.people * 1000 / len(towns),
			})
		}
	}
	for _, n := range neighbours() {
		m.regions = append(m.regions, region{code: n.code, name: n.name, parent: n.parent, level: n.level, external: true})
	}
}

// townDigits numbers townships as the standard does: streets from 001, towns from 100, others from 200.
func townDigits(name string, i int) string {
	switch {
	case strings.HasSuffix(name, "街道"):
		return fmt.Sprintf("%03d", 1+i)
	case strings.HasSuffix(name, "镇"):
		return fmt.Sprintf("%03d", 100+i)
	}
	return fmt.Sprintf("%03d", 200+i)
}

// addOrg adds an organisation without sections and returns its index.
func (m *model) addOrg(o org) int {
	o.order = len(m.orgs) + 1
	m.orgs = append(m.orgs, o)
	return len(m.orgs) - 1
}

// addSection adds a section with posts of the given names and approval levels.
func (m *model) addSection(org int, code, name string, names []string, levels []int) int {
	s := len(m.sections)
	m.sections = append(m.sections, section{code: code, name: name, org: org})
	o := &m.orgs[org]
	o.sections = append(o.sections, s)
	for i, n := range names {
		p := len(m.posts)
		m.posts = append(m.posts, post{
			code: fmt.Sprintf("%s-%d", code, i+1), name: n, section: s,
			actor: fmt.Sprintf("a%06x", (uint32(p)*2654435761)>>8),
		})
		m.sections[s].posts = append(m.sections[s].posts, p)
		o.posts[levels[i]] = append(o.posts[levels[i]], p)
	}
	return s
}

func (m *model) addCityOrgs() {
	for i, f := range offices() {
		o := m.addOrg(org{
			code: "LY-" + f.code, name: f.name, short: f.short, region: cityCode, sector: f.sector, kind: "department",
			office: i, place: -1, pace: f.pace, level: atCity,
		})
		names := append([]string{"办公室", "组织人事科", "政策法规科"}, strings.Fields(f.sections)...)
		m.addSection(o, "LY-"+f.code+"-LD", "局领导", []string{"主要领导", "分管领导", "分管领导二"}, []int{4, 3, 3})
		for j, n := range names {
			clerks := 2 + (i*7+j*3)%3
			m.addSection(o, fmt.Sprintf("LY-%s-%02d", f.code, j+1), n, sectionPosts(clerks), sectionLevels(clerks))
		}
		if f.code == "SCJG" { // an example that the city itself reports: party building, 7 tasks on 5 posts
			m.addSection(o, partySection, "党建工作科", sectionPosts(4), sectionLevels(4))
		}
	}
}

func sectionPosts(clerks int) []string {
	names := []string{"科长"}
	for i := range clerks {
		names = append(names, [...]string{"综合岗", "业务岗", "审核岗", "监督岗"}[i%4])
	}
	return names
}

func sectionLevels(clerks int) []int {
	levels := []int{2}
	for range clerks {
		levels = append(levels, 1)
	}
	return levels
}

// officeOrg returns the city's organisation of an office.
func (m *model) officeOrg(code string) int {
	for i := range m.orgs {
		if m.orgs[i].code == "LY-"+code {
			return i
		}
	}
	panic("city: no office " + code)
}

func (m *model) addCountyOrgs() {
	for pi, p := range places() {
		for i, f := range offices() {
			if !f.county {
				continue
			}
			name := strings.Replace(f.name, "市", "县", 1)
			switch {
			case p.zone:
				name = strings.TrimPrefix(f.name, "市")
			case strings.HasSuffix(p.name, "区"):
				name = strings.Replace(f.name, "市", "区", 1)
			}
			o := m.addOrg(org{
				code: p.prefix + "-" + f.code, name: p.name + strings.TrimLeft(name, "县区"), short: f.short, region: p.code,
				sector: f.sector, kind: "department", office: i, place: pi, pace: f.pace * p.pace / 100, level: atCounty,
			})
			m.byPlace[[2]int{pi, i}] = o
			m.addSection(o, m.orgs[o].code+"-1", "综合股", []string{"主要领导", "分管领导"}, []int{4, 3})
			m.addSection(o, m.orgs[o].code+"-2", "业务股", []string{"股长", "经办岗", "审核岗"}, []int{2, 1, 1})
		}
		var towns []int
		for i, t := range strings.Fields(p.towns) {
			suffix := "人民政府"
			if strings.HasSuffix(t, "街道") {
				suffix = "办事处"
			}
			o := m.addOrg(org{
				code: fmt.Sprintf("%s-X%02d", p.prefix, i+1), name: t + suffix, short: t, region: p.code + townDigits(t, i),
				sector: "S18", kind: "department", office: -1, place: pi, pace: p.pace * (90 + (i*37)%25) / 100, level: atTown,
			})
			m.addSection(o, m.orgs[o].code+"-1", "便民服务中心", []string{"镇长", "分管负责人", "中心主任", "窗口岗"}, []int{4, 3, 2, 1})
			towns = append(towns, o)
		}
		m.towns = append(m.towns, towns)
	}
}

// addTasks decomposes 2,443 duties of the city's sections into 4,409 tasks.
func (m *model) addTasks() {
	var owners []int
	for s := range m.sections {
		if m.orgs[m.sections[s].org].level == atCity && !strings.HasSuffix(m.sections[s].code, "-LD") { // leaders have no list of their own
			owners = append(owners, s)
		}
	}
	duties, tasks := 0, 0
	for k, s := range owners {
		d := dutyCount*(k+1)/len(owners) - dutyCount*k/len(owners)
		n := taskCount*(k+1)/len(owners) - taskCount*k/len(owners)
		if m.sections[s].code == partySection {
			n = 7
		}
		if k == len(owners)-1 {
			d, n = dutyCount-duties, taskCount-tasks
		}
		for i := range n {
			m.tasks = append(m.tasks, m.newTask(s, tasks+i, duties+i%d, i%d, i/d))
		}
		duties, tasks = duties+d, tasks+n
	}
}

func (m *model) newTask(s, n, duty, facet, act int) task {
	sec := &m.sections[s]
	h := uint32(n+1) * 2654435761
	frequency := [...]string{"daily", "weekly", "weekly", "monthly", "monthly", "monthly", "quarterly", "yearly", "adhoc", "adhoc"}[h>>8%10]
	t := task{
		code: fmt.Sprintf("T-%04d", n+1), duty: fmt.Sprintf("D-%04d", duty+1), section: s,
		name:      strings.TrimSuffix(sec.name, "科") + facets()[facet%len(facets())] + acts()[(act+facet)%len(acts())],
		facet:     facets()[facet%len(facets())],
		frequency: frequency, minutes: 15 * (1 + int(h>>12%16)),
		posts: []int{sec.posts[n%len(sec.posts)]},
		spec:  h>>16%100 < 94, chart: h>>17%100 < 97,
	}
	if h>>20%3 == 0 && len(sec.posts) > 1 {
		t.posts = append(t.posts, sec.posts[(n+1)%len(sec.posts)])
	}
	if frequency != "adhoc" {
		t.expected = 1 + int(h>>10%3)
	}
	if h>>9%6 == 0 {
		t.risk = [3]bool{h>>11%2 == 0, h>>13%2 == 0, true}
	}
	for i := range t.element {
		t.element[i] = h>>(4+i)%20 != 0
	}
	return t
}
