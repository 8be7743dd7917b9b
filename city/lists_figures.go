package city

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/dutyflow/dutyflow/ingest/record"
)

// targetFile has the targets that the city and the province set themselves, as shares of 1.
func targetFile() []byte {
	t := newTable("metric_id", "scope", "scope_code", "period", "target", "floor", "unit", "direction", "source")
	t.add("M01", "all", "", "quarter", "0.95", "0.6", "ratio", "up", "指标体系 1.1")
	t.add("M01b", "all", "", "quarter", "0.9", "0.4", "ratio", "up", "指标体系 5.1")
	t.add("M03", "all", "", "quarter", "0.9", "0.5", "ratio", "up", "指标体系 1.2")
	t.add("M22", "all", "", "any", "0.99", "0.85", "ratio", "up", "指标体系 7.1")
	t.add("M22", "region", cityCode, "year", "0.995", "0.9", "ratio", "up", "市政府工作报告")
	t.add("M30", "all", "", "quarter", "0.98", "0.8", "ratio", "up", "指标体系 3.1")
	t.add("M40", "all", "", "quarter", "1", "0.9", "ratio", "up", "指标体系 3.2")
	t.add("M41a", "all", "", "year", "0.8457", "0.6", "ratio", "up", "市流程再造方案")
	t.add("M52", "all", "", "year", "0.7", "0.4", "ratio", "up", "省深化流程再造方案")
	t.add("M60", "all", "", "year", "0.4", "0", "ratio", "up", "潍坊市流程再造方案")
	t.add("M61", "all", "", "year", "0.3", "0", "ratio", "up", "市流程再造方案")
	t.add("M63", "all", "", "year", "0.6", "0.2", "ratio", "up", "指标体系 6.1")
	return t.bytes()
}

// lightRuleFile says when lights go on: the common rules, and those of the province's supervision in slips.
func lightRuleFile() []byte {
	t := newTable("profile", "order", "scope", "condition", "colour", "audience", "escalate_after", "escalate_unit")
	order := 0
	add := func(scope, condition, colour, audience, after string) {
		order++
		unit := ""
		if after != "" {
			unit = "wd"
		}
		t.add("standard", strconv.Itoa(order), scope, condition, colour, audience, after, unit)
	}
	add("case", "elapsed > promised - 3 wd when promised >= 4 wd", "warning", "handler", "")
	add("case", "elapsed > 2/3 promised when promised < 4 wd", "warning", "handler", "")
	add("case", "elapsed > promised", "yellow", "handler;section", "1")
	add("case", "elapsed > statutory", "red", "section;department;discipline", "1")
	for _, scope := range []string{"suspend", "consult", "complaint"} {
		add(scope, "elapsed > limit - 3 wd when limit >= 4 wd", "warning", "handler", "")
		add(scope, "elapsed > 2/3 limit when limit < 4 wd", "warning", "handler", "")
		add(scope, "elapsed > limit", "yellow", "handler;section", "1")
		add(scope, "elapsed > limit + 1 wd", "red", "section;department", "1")
	}
	add("preaccept", "elapsed > 2 wd", "warning", "handler", "")
	add("preaccept", "elapsed > 5 wd", "yellow", "handler;section", "1")
	add("preaccept", "elapsed > 7 wd", "red", "section;department", "1")
	add("certificate", "elapsed > 3 wd", "yellow", "handler;section", "1")
	for _, scope := range []string{"step", "ticket", "oversight"} {
		add(scope, "elapsed > limit - 3 wd when limit >= 4 wd", "warning", "handler", "")
		add(scope, "elapsed > 2/3 limit when limit < 4 wd", "warning", "handler", "")
		add(scope, "elapsed > limit", "yellow", "handler;section", "1")
	}
	return t.bytes()
}

// part is one of the metrics that an indicator is computed from.
type part struct{ metric, floor, target, unit string }

// indicatorFiles are the indicators by which the city assesses its units: seven kinds with 21 indicators, of which the
// core ones weigh 74 points, the corroborating ones 26, and four negative ones deduct; and a set without weights, to fill.
func indicatorFiles() (indicators, parts []byte) {
	const set = "linyi-7x21"
	t := newTable("set", "code", "parent", "name", "name_en", "class", "weight", "cap", "per", "manual")
	q := newTable("set", "code", "part", "metric_id", "share", "floor", "target", "unit")
	first := func(code, name, en, weight string) { t.add(set, code, "", name, en, "", weight, "", "", "") }
	second := func(code, name, en, class, weight string, of ...part) {
		t.add(set, code, code[:1], name, en, class, weight, "", "", "")
		for i, p := range of {
			q.add(set, code, strconv.Itoa(i+1), p.metric, "1", p.floor, p.target, p.unit)
		}
	}
	negative := func(code, name, en, points, limit, per string, of ...string) {
		t.add(set, code, code[:1], name, en, "negative", points, limit, per, "")
		for i, id := range of {
			q.add(set, code, strconv.Itoa(i+1), id, "1", "", "", "")
		}
	}
	first("1", "基本履职", "Basic duties", "16")
	second("1.1", "职责任务覆盖", "Tasks covered", "core", "10", part{"M01", "0.6", "0.95", "ratio"})
	second("1.2", "岗位履职活跃", "Posts active", "core", "6", part{"M03", "0.5", "0.9", "ratio"})
	negative("1.3", "履职缺失", "Duties not done", "2", "6", "每个零履职科室每季", "M02")
	first("2", "年度工作目标落实", "Goals of the year", "18")
	second("2.1", "年度目标完成", "Goals reached", "core", "8", part{"M80", "0.7", "1", "ratio"})
	second("2.2", "重点任务进度", "Progress of key tasks", "core", "5", part{"M82", "-20", "0", "pp"})
	second("2.3", "领导与督查评价", "Judged by leaders and supervision", "corroborating", "5", part{"M71", "60", "95", "score"}, part{"M81", "0.6", "0.95", "ratio"})
	first("3", "内部运行", "Inside the office", "11")
	second("3.1", "流程合规", "By the process", "core", "6", part{"M30", "0.8", "0.98", "ratio"})
	second("3.2", "签批扁平", "Few levels of approval", "core", "5", part{"M40", "0.9", "1", "ratio"}, part{"M41a", "0.6", "0.8457", "ratio"})
	negative("3.3", "数据失真、弄虚作假", "False data", "1", "4", "每件查实问题", "M95", "M96")
	first("4", "外部协作", "Working with others", "15")
	second("4.1", "会签与征求意见按时", "Countersigned in time", "core", "6", part{"M50", "0.6", "0.95", "ratio"}, part{"M51", "0.6", "0.95", "ratio"})
	second("4.2", "跨部门一次办好", "Done at once across departments", "core", "4", part{"M52", "0.4", "0.7", "ratio"})
	second("4.3", "部门互评与反向考核", "Judged by peers and from below", "corroborating", "5", part{"M57", "60", "95", "score"}, part{"M58", "60", "95", "score"})
	first("5", "权责清单管理实施", "Powers and responsibilities", "9")
	second("5.1", "清单事项运行", "Items in use", "core", "6", part{"M01b", "0.4", "0.9", "ratio"})
	negative("5.2", "清单外与越权运行", "Beyond the list", "1", "4", "每件查实问题", "M34", "M59")
	second("5.3", "职责边界协调", "Boundaries settled", "corroborating", "3", part{"M54", "0.6", "0.95", "ratio"}, part{"M55", "0.6", "0.95", "ratio"})
	first("6", "审批服务便民化", "Service made easy", "14")
	second("6.1", "承诺时限压缩", "Limits cut", "core", "4", part{"M63", "0.2", "0.6", "ratio"})
	second("6.2", "好差评", "Ratings", "corroborating", "6", part{"M70", "0.9", "0.995", "ratio"}, part{"M75", "0.9", "0.995", "ratio"})
	second("6.3", "减环节减材料减跑动", "Fewer steps, papers and trips", "core", "4",
		part{"M60", "0", "0.4", "ratio"}, part{"M61", "0", "0.3", "ratio"}, part{"M65", "0", "0.9", "ratio"})
	first("7", "工作时效", "In time", "17")
	second("7.1", "按时办结", "Finished in time", "core", "10", part{"M22", "0.85", "0.99", "ratio"})
	second("7.2", "热线响应、解决、满意", "Hotline", "corroborating", "7", part{"M79", "70", "95", "score"})
	negative("7.3", "超期红牌", "Red cards", "0.5", "6", "每千件红牌", "M25b")

	classes := strings.Fields("core corroborating negative")
	names := map[string]string{"core": "核心指标", "corroborating": "印证指标", "negative": "负面指标"}
	slot := 0
	for i, class := range classes {
		code := strconv.Itoa(i + 1)
		t.add("template-3x16", code, "", names[class], "", "", "", "", "", "")
		for j := range []int{8, 5, 3}[i] {
			slot++
			t.add("template-3x16", fmt.Sprintf("%s.%d", code, j+1), code, fmt.Sprintf("指标%d（待填）", slot), "", class, "", "", "", "1")
		}
	}
	return t.bytes(), q.bytes()
}

// codeFile has the labels of all codes that records carry.
func codeFile() []byte {
	t := newTable("list", "code", "label_zh", "label_en", "order_no")
	seen := map[string]bool{}
	for _, c := range record.Contracts() {
		for i := range c.Fields {
			f := &c.Fields[i]
			for n, code := range f.Codes {
				if key := f.Name + " " + code.Code; !seen[key] {
					seen[key] = true
					t.add(f.Name, code.Code, code.ZH, code.EN, strconv.Itoa(n+1))
				}
			}
		}
	}
	return t.bytes()
}
