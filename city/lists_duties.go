package city

import (
	"fmt"
	"strconv"
	"strings"
)

// dutyFile has the duties that the tasks were decomposed from, each with the section that has the first of them.
func (m *model) dutyFile() []byte {
	t := newTable("duty_code", "org_code", "text", "source")
	nth := map[int]int{} // by department: the number of the clause
	last := ""
	for i := range m.tasks {
		k := &m.tasks[i]
		if k.duty <= last {
			continue // tasks of a duty that came before
		}
		last = k.duty
		sec := &m.sections[k.section]
		nth[sec.org]++
		field := strings.TrimSuffix(sec.name, "科")
		t.add(k.duty, sec.code, fmt.Sprintf("负责%s方面的%s工作。", field, k.facet),
			fmt.Sprintf("%s“三定”规定第四条第%d项", m.orgs[sec.org].short, nth[sec.org]))
	}
	return t.bytes()
}

// powerFile has the items, one row for each version of the process: a reform cuts papers as it cuts steps.
func (m *model) powerFile() []byte {
	t := newTable("item_code", "name", "kind", "task_code", "org_code", "promised_limit", "promised_unit", "statutory_limit", "statutory_unit",
		"suspend_limits", "materials_n", "formalities_n", "certificates_n", "windows_n", "visits_n", "expected_per_period", "guide_updated_at",
		"executing_level", "service_kind", "importance", "classes", "policy_code", "valid_from", "valid_to")
	for i := range m.processes {
		p := &m.processes[i]
		s := p.spec
		w := paperwork(p, i)
		promised, statutoryUnit, guide := max(1, p.promised), "", "2024-12-31"
		if p.statutory > 0 {
			statutoryUnit = "wd"
		}
		if p.from != "" {
			guide = "2026-04-0" + strconv.Itoa(1+i%3*2) // some guides follow days after the list
		}
		t.add(p.item, p.name, powerKind(s.kind), p.task, "LY-"+s.office, strconv.Itoa(promised), "wd", number(p.statutory), statutoryUnit,
			suspendLimits(p.steps), strconv.Itoa(w.materials), strconv.Itoa(w.formalities), strconv.Itoa(w.certificates),
			strconv.Itoa(w.windows), strconv.Itoa(w.visits), strconv.Itoa(s.load*500), guide,
			executingLevel(s.at), p.service(), [...]string{"simple", "general", "major"}[s.importance-1], classes(s, p.ver), policy(p), p.from, p.to)
	}
	return t.bytes()
}

func powerKind(k kind) string {
	switch k {
	case instant:
		return "confirmation"
	case benefit, relief:
		return "payment"
	case enforcing:
		return "penalty"
	case paper:
		return "other"
	}
	return "licence"
}

// burden is what an item asks of the applicant.
type burden struct{ materials, formalities, certificates, windows, visits int }

func paperwork(p *process, i int) burden {
	b := burden{materials: 4 + i*7%6, formalities: 2 + i%3, certificates: i % 3, windows: 1 + i%4, visits: 1 + i%2}
	if p.spec.kind == joint {
		b.materials, b.windows = b.materials+6, b.windows+3
	}
	if p.ver > 1 {
		b.materials -= 2
		b.formalities--
		b.certificates, b.windows, b.visits = 0, 1, 1
	}
	return b
}

func executingLevel(at int) string {
	switch {
	case at&atTown != 0:
		return "4"
	case at&atCounty != 0:
		return "3"
	}
	return "2"
}

func classes(it item, ver int) string {
	var out []string
	if it.kind == instant {
		out = append(out, "on_the_spot")
	}
	if ver > 1 || it.kind == instant {
		out = append(out, "one_visit")
	}
	if !it.visit && it.kind != enforcing && it.kind != paper {
		out = append(out, "online")
	}
	if it.at == both {
		out = append(out, "citywide")
	}
	if strings.Contains(it.name, "异地") || it.name == "户口迁移" {
		out = append(out, "cross_province")
	}
	if it.kind == benefit {
		out = append(out, "policy")
	}
	return strings.Join(out, ";")
}

func policy(p *process) string {
	if p.spec.kind != benefit {
		return ""
	}
	return "ZC-" + strings.TrimPrefix(p.item, "I-")
}

// suspendLimits are those of the special procedures that the steps of a process know.
func suspendLimits(steps []step) string {
	var out []string
	for _, s := range steps {
		if s.suspend == "" {
			continue
		}
		if limit := fmt.Sprintf("%s=%d wd", s.suspend, procedures[s.suspend].limit); !strings.Contains(strings.Join(out, ";"), limit) {
			out = append(out, limit)
		}
	}
	return strings.Join(out, ";")
}

// boundaryFile has matters on which departments meet, and two on which sections do.
func (m *model) boundaryFile() []byte {
	t := newTable("boundary_code", "name", "name_en", "scope", "lead", "peers", "field", "rule_text_ref", "process_code")
	for i, b := range []struct{ name, en, scope, lead, peers, process string }{
		{"冬春救助对象认定与资金保障", "Relief in winter and spring: who gets it and who pays", "dept", "LY-YJJ", "LY-CZJ;LY-MZH", "受灾人员冬春救助"},
		{"建设工程消防设计审查验收与监督检查", "Fire safety of construction", "dept", "LY-ZJJ", "LY-YJJ;LY-RFB", "建设工程消防验收"},
		{"食品安全全链条监管", "Food safety from field to table", "dept", "LY-SCJG", "LY-NYJ;LY-WJW;LY-GAJ", ""},
		{"城市扬尘治理", "Dust in the city", "dept", "LY-STJ", "LY-ZJJ;LY-CGJ;LY-JTJ", ""},
		{"危险化学品道路运输", "Dangerous chemicals on the road", "dept", "LY-JTJ", "LY-YJJ;LY-GAJ", ""},
		{"校外培训机构治理", "Training outside schools", "dept", "LY-JYJ", "LY-SCJG;LY-TYU", ""},
		{"河湖水域岸线管理", "Rivers, lakes and their banks", "dept", "LY-SLJ", "LY-ZRZ;LY-STJ;LY-NYJ", ""},
		{"森林防灭火", "Forest fires", "dept", "LY-LYJ", "LY-YJJ;LY-GAJ", ""},
		{"审批与监管衔接", "From approval to supervision", "dept", "LY-SPJ", "LY-SCJG;LY-ZJJ;LY-CGJ", ""},
		{"国土空间规划与用途管制衔接", "Plans and uses of land", "section", "LY-ZRZ-04", "LY-ZRZ-05", ""},
		{"食品生产与经营环节监管衔接", "Food from production to trade", "section", "LY-SCJG-05", "LY-SCJG-06", ""},
	} {
		process := ""
		for j := range m.processes {
			if m.processes[j].name == b.process {
				process = m.processes[j].code
			}
		}
		t.add(fmt.Sprintf("B-%03d", i+1), b.name, b.en, b.scope, b.lead, b.peers, b.name, "职责边界清单", process)
	}
	return t.bytes()
}
