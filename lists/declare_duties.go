package lists

func dutyList() *Declaration {
	return &Declaration{
		Name: "duty", ZH: "职责", EN: "duties: what the regulation on an organisation says that it must do", Key: []string{"duty_code"},
		Fields: []Field{
			{Name: "duty_code", Type: Code, Required: true, ZH: "职责代码", EN: "code of the duty"},
			{Name: "org_code", Type: Code, Required: true, MaxLen: 32, ZH: "责任科室", EN: "section in charge"},
			{Name: "text", Type: Text, Required: true, MaxLen: 1000, ZH: "职责内容", EN: "what must be done"},
			{Name: "text_en", Type: Text, MaxLen: 1000, ZH: "英文内容", EN: "the same in English"},
			{Name: "source", Type: Text, ZH: "依据", EN: "clause that it comes from (三定规定)"},
		},
		Refs: []Reference{
			{Fields: []string{"org_code"}, List: "org", To: []string{"org_code"}, Kinds: []string{"section", "department", "institution", "body"}},
		},
		Notes: "A duty without a task is no fault of the list: it is reported as a warning and counted (M07).",
	}
}

func taskList() *Declaration {
	return &Declaration{
		Name: "task", ZH: "职责任务清单", EN: "duty tasks", Key: []string{"task_code"},
		Fields: []Field{
			{Name: "task_code", Type: Code, Required: true, ZH: "任务代码", EN: "code of the task"},
			{Name: "duty_code", Type: Code, ZH: "职责代码", EN: "duty that it was decomposed from"},
			{Name: "section_code", Type: Code, Required: true, MaxLen: 32, ZH: "责任科室", EN: "section in charge"},
			{Name: "post_codes", Type: Codes, MaxLen: 32, ZH: "责任岗位", EN: "posts of the section that carry it out"},
			{Name: "name", Type: Text, Required: true, ZH: "名称", EN: "name"},
			nameEN(),
			{Name: "frequency", Type: Enum, ZH: "频次", EN: "how often", Values: frequencies()},
			{Name: "expected_per_period", Type: Number, Max: 1_000_000, ZH: "每期应履职次数", EN: "expected in each such period; 0 or empty: not expected"},
			{Name: "std_minutes", Type: Integer, Max: 100_000, ZH: "标准工时(分钟)", EN: "standard minutes for a quantity of one"},
			flag("risk_policy", "政策标准高", "high policy standard"),
			flag("risk_discretion", "自由裁量权大", "wide discretion"),
			flag("risk_integrity", "廉政风险高", "high integrity risk"),
			flag("has_scope", "范围已明确", "the scope is set"),
			flag("has_procedure", "程序已明确", "the procedure is set"),
			flag("has_limit", "时限已明确", "the limit is set"),
			flag("has_standard", "标准已明确", "the standard is set"),
			{Name: "process_code", Type: Code, ZH: "流程代码", EN: "process by which it is done"},
			flag("spec_flag", "有工作规范", "a specification exists"),
			flag("chart_flag", "有流程图", "a flowchart exists"),
		},
		Refs: []Reference{
			{Fields: []string{"duty_code"}, List: "duty", To: []string{"duty_code"}},
			{Fields: []string{"section_code"}, List: "org", To: []string{"org_code"}, Kinds: []string{"section", "department", "institution", "body"}},
			{Fields: []string{"post_codes"}, List: "org", To: []string{"org_code"}, Kinds: []string{"post"}},
			{Fields: []string{"process_code"}, List: "process", To: []string{"process_code"}},
		},
		Notes: "A yearly task is expected in a year and not in each of its months: a task counts in periods that are at least as long as\n" +
			"its `frequency`. The posts belong to the section, and the section to the department of the duty.",
	}
}

func powerList() *Declaration {
	fields := []Field{
		{Name: "item_code", Type: Code, Required: true, ZH: "事项代码", EN: "code of the power or service item (实施编码)"},
		{Name: "name", Type: Text, Required: true, ZH: "名称", EN: "name"},
		nameEN(),
		{Name: "kind", Type: Enum, Required: true, ZH: "事项类型", EN: "kind of power", Values: []Value{
			{"licence", "行政许可", "licence"}, {"penalty", "行政处罚", "penalty"}, {"compulsion", "行政强制", "compulsion"},
			{"collection", "行政征收", "collection"}, {"payment", "行政给付", "payment"}, {"inspection", "行政检查", "inspection"},
			{"confirmation", "行政确认", "confirmation"}, {"reward", "行政奖励", "reward"}, {"adjudication", "行政裁决", "adjudication"},
			{"other", "其他行政权力", "other power"}, {"service", "公共服务", "public service"},
		}},
		{Name: "task_code", Type: Code, ZH: "任务代码", EN: "duty task that it serves"},
		{Name: "org_code", Type: Code, Required: true, MaxLen: 32, ZH: "实施机构", EN: "organisation that holds it"},
	}
	fields = append(fields, limit("promised_limit", "promised_unit", "承诺时限", "promised limit")...)
	fields = append(fields, limit("statutory_limit", "statutory_unit", "法定时限", "limit by law")...)
	fields = append(fields,
		Field{Name: "suspend_limits", Type: Limits, Values: suspensions(), ZH: "特别程序时限", EN: "limit of a special procedure by its kind, for one that has no end and no limit of its own"},
		count("materials_n", "材料数", "papers that the applicant brings"),
		count("formalities_n", "手续数", "formalities"),
		count("certificates_n", "证明数", "certificates asked for"),
		count("windows_n", "窗口数", "counters to go to"),
		count("visits_n", "跑动次数", "trips that the applicant makes"),
		Field{Name: "expected_per_period", Type: Number, Max: 1_000_000_000, ZH: "年预计办件量", EN: "cases expected in a year; 0 or empty: not expected"},
		Field{Name: "guide_updated_at", Type: Day, ZH: "办事指南更新日期", EN: "day on which the public guide was brought to this version"},
		Field{Name: "executing_level", Type: Enum, ZH: "实施层级", EN: "lowest level that executes it", Values: regionLevels()},
		Field{Name: "service_kind", Type: Enum, ZH: "办件类型", EN: "kind of service", Values: serviceKinds()},
		Field{Name: "importance", Type: Enum, ZH: "重要程度", EN: "importance", Values: importances()},
		Field{Name: "classes", Type: Codes, ZH: "服务类别", EN: "classes of service", Values: []Value{
			{"one_visit", "一次跑", "one visit"}, {"on_the_spot", "立等可取", "while you wait"}, {"online", "全程网办", "online from end to end"},
			{"citywide", "全市通办", "anywhere in the city"}, {"cross_province", "跨省通办", "across provinces"}, {"policy", "政策兑现", "delivers a policy"},
		}},
		Field{Name: "policy_code", Type: Code, ZH: "政策代码", EN: "policy that it delivers"},
	)
	return &Declaration{
		Name: "power", ZH: "权责清单", EN: "powers and responsibilities: what the public can ask for and what may be done to it", Key: []string{"item_code"},
		Fields: fields,
		Refs: []Reference{
			{Fields: []string{"task_code"}, List: "task", To: []string{"task_code"}},
			{Fields: []string{"org_code"}, List: "org", To: []string{"org_code"}, Kinds: []string{"section", "department", "institution", "body"}},
		},
		Notes: "A new version of an item is a new row with its own `valid_from`; M60 to M64 compare the rows. `expected_per_period` is a year's number.",
	}
}

func boundaryList() *Declaration {
	return &Declaration{
		Name: "boundary", ZH: "职责边界清单", EN: "boundaries: who leads and who helps where duties meet", Key: []string{"boundary_code"},
		Fields: []Field{
			{Name: "boundary_code", Type: Code, Required: true, ZH: "边界事项代码", EN: "code of the boundary item"},
			{Name: "name", Type: Text, ZH: "名称", EN: "name"},
			nameEN(),
			{Name: "scope", Type: Enum, Required: true, ZH: "范围", EN: "between what", Values: []Value{
				{"dept", "部门间", "departments"}, {"section", "科室间", "sections"},
			}},
			{Name: "lead", Type: Code, Required: true, MaxLen: 32, ZH: "牵头单位", EN: "who leads"},
			{Name: "peers", Type: Codes, Required: true, MaxLen: 32, ZH: "配合单位", EN: "who helps"},
			{Name: "field", Type: Text, ZH: "领域", EN: "what it is about"},
			{Name: "task_codes", Type: Codes, ZH: "涉及任务", EN: "tasks that it covers; empty: whatever these units share"},
			{Name: "rule_text_ref", Type: Text, ZH: "划分依据", EN: "where the rule is written"},
			{Name: "process_code", Type: Code, ZH: "流程代码", EN: "process by which it is coordinated"},
		},
		Refs: []Reference{
			{Fields: []string{"lead"}, List: "org", To: []string{"org_code"}, If: "scope", Is: "dept", Kinds: []string{"department", "institution", "body"}},
			{Fields: []string{"peers"}, List: "org", To: []string{"org_code"}, If: "scope", Is: "dept", Kinds: []string{"department", "institution", "body"}},
			{Fields: []string{"lead"}, List: "org", To: []string{"org_code"}, If: "scope", Is: "section", Kinds: []string{"section"}},
			{Fields: []string{"peers"}, List: "org", To: []string{"org_code"}, If: "scope", Is: "section", Kinds: []string{"section"}},
			{Fields: []string{"task_codes"}, List: "task", To: []string{"task_code"}},
			{Fields: []string{"process_code"}, List: "process", To: []string{"process_code"}},
		},
	}
}
