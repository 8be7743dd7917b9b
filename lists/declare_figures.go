package lists

func figureUnits() []Value {
	return []Value{
		{"ratio", "比率", "ratio, 0.95 is 95 %"}, {"pp", "百分点", "percentage points"}, {"s", "秒", "seconds"}, {"wd", "工作日", "working days"},
		{"count", "次", "times"}, {"score", "分", "points of 100"},
	}
}

func directions() []Value {
	return []Value{{"up", "越高越好", "more is better"}, {"down", "越低越好", "less is better"}}
}

const largest = 1_000_000_000

func targetList() *Declaration {
	return &Declaration{
		Name: "target", ZH: "目标值", EN: "targets of metrics", Key: []string{"metric_id", "scope", "scope_code", "period"},
		Fields: []Field{
			{Name: "metric_id", Type: Metric, Required: true, ZH: "指标", EN: "metric"},
			{Name: "scope", Type: Enum, Required: true, ZH: "适用范围", EN: "for whom", Values: []Value{
				{"all", "全部", "everybody"}, {"region", "区划", "one region"}, {"sector", "条线", "one sector"}, {"org", "机构", "one organisation"},
				{"peer_group", "对标组", "a group that is compared"}, {"process", "流程", "one process"},
			}},
			{Name: "scope_code", Type: Code, ZH: "范围代码", EN: "code of that region, sector, organisation, group or process"},
			{Name: "period", Type: Enum, Required: true, ZH: "周期", EN: "period of the figure", Values: []Value{
				{"month", "月", "month"}, {"quarter", "季", "quarter"}, {"year", "年", "year"}, {"any", "任意", "any"},
			}},
			{Name: "target", Type: Number, Required: true, Min: -largest, Max: largest, Digits: 6, ZH: "目标值", EN: "target"},
			{Name: "floor", Type: Number, Min: -largest, Max: largest, Digits: 6, ZH: "底线值", EN: "where the level is 0"},
			{Name: "unit", Type: Enum, Required: true, Values: figureUnits(), ZH: "单位", EN: "unit of both"},
			{Name: "direction", Type: Enum, Required: true, Values: directions(), ZH: "方向", EN: "what is better"},
			{Name: "source", Type: Text, ZH: "来源", EN: "who set it"},
		},
		Refs: []Reference{
			{Fields: []string{"scope_code"}, List: "region", To: []string{"region_code"}, If: "scope", Is: "region"},
			{Fields: []string{"scope_code"}, List: "sector", To: []string{"sector_code"}, If: "scope", Is: "sector"},
			{Fields: []string{"scope_code"}, List: "org", To: []string{"org_code"}, If: "scope", Is: "org"},
			{Fields: []string{"scope_code"}, List: "process", To: []string{"process_code"}, If: "scope", Is: "process"},
		},
	}
}

func lightRuleList() *Declaration {
	return &Declaration{
		Name: "light_rule", ZH: "亮灯规则", EN: "rules of lights: when a case, step or ticket is warned of, yellow or red", Key: []string{"profile", "order"},
		Fields: []Field{
			{Name: "profile", Type: Code, Required: true, ZH: "规则集", EN: "set of rules"},
			{Name: "order", Type: Integer, Required: true, Min: 1, Max: 10_000, ZH: "序号", EN: "order in the set"},
			{Name: "scope", Type: Enum, Required: true, ZH: "对象", EN: "what is judged", Values: []Value{
				{"case", "办件", "case"}, {"step", "环节", "step"}, {"suspend", "特别程序", "special procedure"}, {"consult", "咨询", "consultation"},
				{"complaint", "投诉", "complaint"}, {"preaccept", "网上预受理", "acceptance of what was handed in online"},
				{"certificate", "制证", "certificate"}, {"ticket", "热线工单", "ticket"}, {"oversight", "督办", "supervised item"},
			}},
			{Name: "condition", Type: Condition, Required: true, ZH: "条件", EN: "when it holds"},
			{Name: "colour", Type: Enum, Required: true, ZH: "颜色", EN: "colour", Values: []Value{
				{"warning", "预警", "warning"}, {"blue", "蓝", "blue"}, {"yellow", "黄", "yellow"}, {"orange", "橙", "orange"}, {"red", "红", "red"},
			}},
			{Name: "audience", Type: Codes, ZH: "告知对象", EN: "who is told", Values: []Value{
				{"handler", "经办人", "handler"}, {"section", "科室负责人", "section head"}, {"department", "部门负责人", "department head"},
				{"leader", "分管领导", "leader"}, {"office", "两办", "government office"}, {"discipline", "纪检监察", "discipline inspection"},
			}},
			{Name: "escalate_after", Type: Number, Max: 100_000, With: "escalate_unit", ZH: "升级时限", EN: "told to the next one above if nothing happened after this"},
			{Name: "escalate_unit", Type: Enum, Values: units(), With: "escalate_after", ZH: "升级时限单位", EN: "its unit"},
		},
		Notes: "A condition compares the elapsed time with a limit: `elapsed > promised`, `elapsed > statutory`, `elapsed > limit` (the own limit of a step,\n" +
			"procedure or ticket), `elapsed > 2 wd`. The limit may be shifted, `elapsed > promised - 3 wd`, or cut, `elapsed > 2/3 promised`,\n" +
			"`elapsed > 90% promised`, and the rule may be for some limits only: `elapsed > promised - 3 wd when promised >= 4 wd`. It holds after\n" +
			"that instant, not at it.",
	}
}

func indicatorList() *Declaration {
	return &Declaration{
		Name: "indicator", ZH: "评价指标", EN: "sets of indicators by which units are assessed", Key: []string{"set", "code"},
		Fields: []Field{
			{Name: "set", Type: Code, Required: true, ZH: "指标体系", EN: "set"},
			{Name: "code", Type: Code, Required: true, ZH: "指标代码", EN: "code of the indicator"},
			{Name: "parent", Type: Code, ZH: "一级指标", EN: "first-level indicator that it belongs to; empty: it is one"},
			{Name: "name", Type: Text, Required: true, ZH: "名称", EN: "name"},
			nameEN(),
			{Name: "class", Type: Enum, ZH: "类别", EN: "class of a second-level indicator", Values: []Value{
				{"core", "核心指标", "core"}, {"corroborating", "印证指标", "corroborating"}, {"negative", "负面指标", "negative, deducts"},
			}},
			{Name: "weight", Type: Number, Max: 100, ZH: "权重(分)", EN: "points; of a negative one the points that each finding deducts"},
			{Name: "cap", Type: Number, Max: 100, ZH: "扣分上限", EN: "of a negative one: the most that it deducts"},
			{Name: "per", Type: Text, ZH: "扣分单位", EN: "of a negative one: what a deduction is for"},
			{Name: "manual", Type: Flag, ZH: "人工评分", EN: "people enter the score, with evidence"},
		},
		Refs: []Reference{
			{Fields: []string{"parent", "set"}, List: "indicator", To: []string{"code", "set"}, Acyclic: true},
		},
		Notes: "The weights of the core and corroborating indicators of a set add up to 100, and under a first-level indicator to its weight, where\n" +
			"it has one. A set without any weight is a template.",
	}
}

func indicatorPartList() *Declaration {
	return &Declaration{
		Name: "indicator_part", ZH: "指标构成", EN: "what an indicator is computed from", Key: []string{"set", "code", "part"},
		Fields: []Field{
			{Name: "set", Type: Code, Required: true, ZH: "指标体系", EN: "set"},
			{Name: "code", Type: Code, Required: true, ZH: "指标代码", EN: "second-level indicator"},
			{Name: "part", Type: Integer, Required: true, Min: 1, Max: 100, ZH: "序号", EN: "number of the part"},
			{Name: "metric_id", Type: Metric, Required: true, ZH: "度量", EN: "metric"},
			{Name: "variant", Type: Code, ZH: "口径", EN: "which figure of the metric, where it has several"},
			{Name: "share", Type: Integer, Min: 1, Max: 1000, ZH: "份额", EN: "weight of the part relative to the others; empty: 1"},
			{Name: "floor", Type: Number, Min: -largest, Max: largest, Digits: 6, ZH: "底线值", EN: "where the level is 0"},
			{Name: "target", Type: Number, Min: -largest, Max: largest, Digits: 6, ZH: "目标值", EN: "where the level is 1"},
			{Name: "unit", Type: Enum, Values: figureUnits(), ZH: "单位", EN: "unit of both"},
		},
		Refs: []Reference{
			{Fields: []string{"code", "set"}, List: "indicator", To: []string{"code", "set"}},
		},
	}
}

func codeList() *Declaration {
	return &Declaration{
		Name: "code", ZH: "代码", EN: "labels of the codes that records carry", Key: []string{"list", "code"},
		Fields: []Field{
			{Name: "list", Type: Code, Required: true, ZH: "代码表", EN: "list that the code is of, named as the field of the records"},
			{Name: "code", Type: Code, Required: true, ZH: "代码", EN: "code"},
			{Name: "label_zh", Type: Text, Required: true, ZH: "中文标签", EN: "label in Chinese"},
			{Name: "label_en", Type: Text, ZH: "英文标签", EN: "label in English"},
			{Name: "order_no", Type: Integer, Max: 1 << 31, ZH: "排序", EN: "place in tables"},
		},
	}
}
