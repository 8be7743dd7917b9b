package city

import "fmt"

// step is a step of a process.
type step struct {
	code, name string
	parent     string // procedure that it is a part of
	level      int    // approval level
	at         int    // level of the organisation that does it; 0: the one that accepted the case
	office     string // department that does it; empty: the one that accepted the case
	share      int    // part of the time of the whole, relative
	limit      int    // working days; 0: none
	suspend    string // kind of the special procedure that may stop the clock
	group      string // steps of a group run at the same time
	optional   int    // percent of the cases that leave it out
	procedure  bool   // holds steps, is never run itself
}

// process is a version of a process.
type process struct {
	code, item, task string
	name             string
	ver              int
	spec             item
	office           int
	steps            []step
	promised         int
	statutory        int
	from, to         string // validity
}

func (p *process) service() string {
	switch p.spec.kind {
	case instant:
		return "instant"
	case joint:
		return "joint"
	case relief:
		return "report"
	}
	return "promise"
}

func (p *process) certificate() bool {
	return p.spec.kind == licence || p.spec.kind == joint
}

func (m *model) addProcesses() {
	officeAt := map[string]int{}
	for i, f := range offices() {
		officeAt[f.code] = i
	}
	for i, it := range items() {
		office := officeAt[it.office]
		p := process{
			code: fmt.Sprintf("P-%04d", i+1), item: fmt.Sprintf("I-%04d", i+1), name: it.name, ver: 1, spec: it, office: office,
			promised: it.promised, statutory: it.statutory,
		}
		p.task = m.claimTask(office, i, p.code)
		p.steps = stepsOf(it, 1)
		if second := stepsOf(it, 2); i%5 != 3 && len(second) < len(p.steps) {
			p.to = reform
			q := p
			q.ver, q.from, q.to, q.steps = 2, reform, "", second
			if q.promised > 3 {
				q.promised -= q.promised / 4
			}
			m.processes = append(m.processes, p, q)
			continue
		}
		m.processes = append(m.processes, p)
	}
}

// claimTask ties a process to one of the department's tasks, so that duty list and flowchart refer to each other.
func (m *model) claimTask(office, n int, process string) string {
	var own []int
	for i := range m.tasks {
		if m.orgs[m.sections[m.tasks[i].section].org].office == office && m.tasks[i].process == "" {
			own = append(own, i)
		}
	}
	t := &m.tasks[own[(n*31+len(own)/2)%len(own)]]
	t.process = process
	return t.code
}

// stepsOf returns the steps of an item's process. The first version holds signatures and checks that the second one leaves out.
func stepsOf(it item, ver int) []step {
	var out []step
	add := func(s step) {
		s.code = fmt.Sprintf("S%d", len(out)+1)
		out = append(out, s)
	}
	signer := it.importance + 1 // the highest level that signs: section head, deputy, head
	switch it.kind {
	case instant:
		add(step{name: "窗口审查", level: 1, share: 6})
		if ver == 1 && it.importance == 1 {
			add(step{name: "复核", level: 2, share: 4, optional: 10})
		}
		add(step{name: "即时办结", level: 1, share: 2})
	case licence:
		add(step{name: "材料审查", level: 1, share: 14, limit: 1})
		if it.visit {
			add(step{name: "现场勘验", level: 1, share: 34, limit: max(1, it.promised/2), suspend: "survey", optional: 12})
		}
		if it.expert {
			add(step{name: "专家评审", level: 1, share: 24, suspend: "expert", optional: 20})
		}
		if ver == 1 {
			add(step{name: "初审意见复核", level: 1, share: 10, limit: 1})
		}
		add(step{name: "科室审核", level: 2, share: 12, limit: 1})
		if signer > 2 {
			add(step{name: "分管领导审签", level: 3, share: 10, limit: 1})
		}
		if signer > 3 {
			add(step{name: "主要领导签批", level: 4, share: 10})
		}
		add(step{name: "制证发证", level: 1, share: 6, limit: 1})
	case joint:
		add(step{name: "综合受理", level: 1, share: 8, limit: 1})
		for _, g := range []struct{ office, name string }{{"ZRZ", "规划审查"}, {"ZJJ", "消防设计审查"}, {"RFB", "人防审查"}, {"STJ", "环评审查"}} {
			if g.office != it.office {
				add(step{name: g.name, office: g.office, level: 1, share: 30, limit: max(1, it.promised/2), group: "G1", optional: 15})
			}
		}
		if it.expert {
			add(step{name: "专家评审", level: 1, share: 20, suspend: "expert", optional: 25})
		}
		if ver == 1 {
			add(step{name: "汇总会商", level: 2, share: 14})
		}
		add(step{name: "审核", level: 2, share: 12, limit: 1})
		add(step{name: "决定", level: min(signer, 4), share: 10, limit: 1})
		add(step{name: "制证发证", level: 1, share: 5, limit: 1})
	case benefit:
		add(step{name: "申请核对", level: 1, share: 10, limit: 2})
		if it.visit {
			add(step{name: "入户调查", level: 1, share: 22, limit: 5, suspend: "survey"})
		}
		if ver == 1 {
			add(step{name: "民主评议", level: 1, share: 14})
		}
		add(step{name: "张榜公示", level: 1, share: 12, suspend: "publicity"})
		add(step{name: "乡镇审核", level: 3, share: 12, limit: 3})
		add(step{name: "县区审批", level: 2, at: atCounty, share: 22, limit: 5})
		add(step{name: "资金发放", level: 1, at: atCounty, share: 8})
	case paper:
		add(step{name: "登记分办", level: 1, share: 6, limit: 1})
		add(step{name: "拟办", level: 2, share: 10, limit: 1})
		if ver == 1 {
			add(step{name: "分管领导阅批", level: 3, share: 14})
		}
		add(step{name: "主要领导批示", level: 4, share: 14, optional: 100 - 30*it.importance})
		add(step{name: "承办", level: 1, share: 34})
		add(step{name: "会签", level: 2, share: 16, limit: 3, optional: 35})
		add(step{name: "签发", level: 3, share: 10})
		add(step{name: "归档", level: 1, share: 4})
	case enforcing:
		add(step{name: "线索核查", level: 1, share: 12, limit: 15})
		add(step{name: "立案审批", level: 3, share: 6})
		add(step{name: "调查取证", level: 1, share: 36, suspend: "appraisal"})
		if ver == 1 {
			add(step{name: "科室初审", level: 2, share: 8})
		}
		add(step{name: "法制审核", level: 2, share: 10, limit: 10})
		add(step{name: "集体讨论", level: 4, share: 8, optional: 100 - 30*it.importance})
		add(step{name: "告知听证", level: 1, share: 10, suspend: "hearing"})
		add(step{name: "处罚决定", level: 3, share: 5})
		add(step{name: "送达执行", level: 1, share: 8})
	case relief:
		out = reliefSteps()
	}
	return out
}

// reliefSteps is winter and spring relief as the city's emergency office drew it: ten procedures, the sixth with five steps.
func reliefSteps() []step {
	return []step{
		{code: "G01", name: "对需救助情况调查核对", level: 1, at: atCounty, share: 12, limit: 10},
		{code: "G02", name: "制定冬春救助方案", level: 2, at: atCity, share: 8},
		{code: "G03", name: "应急、财政部门申请上报救助资金", level: 3, at: atCity, share: 8, limit: 5},
		{code: "G04", name: "安排本级财政资金", level: 3, at: atCity, office: "CZJ", share: 10},
		{code: "G05", name: "完善冬春救助方案", level: 2, at: atCity, share: 6},
		{code: "G06", name: "确定冬春救助对象", procedure: true},
		{code: "G06-1", name: "本人申请", parent: "G06", level: 1, share: 4},
		{code: "G06-2", name: "评议", parent: "G06", level: 1, share: 6},
		{code: "G06-3", name: "张榜公示", parent: "G06", level: 1, share: 8, suspend: "publicity"},
		{code: "G06-4", name: "乡镇审核", parent: "G06", level: 3, share: 6, limit: 3},
		{code: "G06-5", name: "县区审批", parent: "G06", level: 2, at: atCounty, share: 10, limit: 5},
		{code: "G07", name: "基层建立救助工作台账", level: 1, share: 6},
		{code: "G08", name: "实行社会化发放和救助卡", level: 1, at: atCounty, share: 6},
		{code: "G09", name: "发放救灾物资", level: 1, share: 10, limit: 10},
		{code: "G10", name: "冬春救助绩效评估", level: 2, at: atCity, share: 8},
	}
}
