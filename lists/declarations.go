package lists

// DefaultCalendar is the calendar that is always known: the official holidays, with the default office hours.
const DefaultCalendar = "CN"

// Declarations returns the declared lists, in the order in which documents show them.
func Declarations() []*Declaration {
	all := []*Declaration{
		regionList(), orgList(), sectorList(), processList(), stepList(), calendarList(), calendarMapList(), taskList(),
	}
	for _, d := range all {
		d.Fields = append(d.Fields, Common()...)
	}
	return all
}

func units() []Value {
	return []Value{
		{"wd", "工作日", "working day"}, {"nd", "自然日", "natural day"}, {"wh", "工作小时", "working hour"},
		{"wmin", "工作分钟", "working minute"}, {"h", "小时", "hour"}, {"min", "分钟", "minute"},
	}
}

func regionList() *Declaration {
	return &Declaration{
		Name: "region", ZH: "区划", EN: "regions", Key: []string{"region_code"},
		Fields: []Field{
			{Name: "region_code", Type: Region, Required: true, ZH: "区划代码", EN: "code of the region"},
			{Name: "name", Type: Text, Required: true, ZH: "名称", EN: "name"},
			{Name: "parent", Type: Region, ZH: "上级区划", EN: "region that it belongs to; empty: it is a root"},
			{Name: "level", Type: Enum, Required: true, ZH: "层级", EN: "level", Values: []Value{
				{"1", "省", "province"}, {"2", "市", "city"}, {"3", "县", "county"}, {"4", "乡镇", "township"}, {"5", "村", "village"},
			}},
			{Name: "peer_group", Type: Code, ZH: "对标组", EN: "regions that are ranked together"},
			{Name: "population", Type: Integer, Max: 1 << 40, ZH: "人口", EN: "residents"},
			{Name: "external", Type: Flag, ZH: "外部区划", EN: "known, but never ranked or summed, e.g. a region of another province"},
			{Name: "limit_clock", Type: Enum, ZH: "时限口径", EN: "how limits in working days are counted; empty: as the region above, else date", Values: []Value{
				{"date", "按日", "to the end of a day; the day of acceptance does not count"}, {"second", "按秒", "to the second, a working day of 24 hours"},
			}},
			{Name: "cap_suspension", Type: Flag, ZH: "中止按时限截断", EN: "a special procedure stops the clock no longer than its own limit; empty: as the region above, else true"},
		},
		Refs: []Reference{{Fields: []string{"parent"}, List: "region", To: []string{"region_code"}, Acyclic: true}},
	}
}

func orgList() *Declaration {
	return &Declaration{
		Name: "org", ZH: "机构", EN: "organisations: departments, their sections and posts", Key: []string{"org_code"},
		Fields: []Field{
			{Name: "org_code", Type: Code, Required: true, MaxLen: 32, ZH: "机构代码", EN: "code of the department, section or post"},
			{Name: "name", Type: Text, Required: true, ZH: "名称", EN: "name"},
			{Name: "short_name", Type: Text, ZH: "简称", EN: "short name, for charts"},
			{Name: "region_code", Type: Region, Required: true, ZH: "所属区划", EN: "region that it serves"},
			{Name: "parent_org", Type: Code, MaxLen: 32, ZH: "上级机构", EN: "department of a section, section of a post"},
			{Name: "kind", Type: Enum, Required: true, ZH: "类别", EN: "kind", Values: []Value{
				{"department", "部门", "department"}, {"section", "科室", "section"}, {"post", "岗位", "post"},
				{"institution", "事业单位", "institution"}, {"body", "议事协调机构", "coordination body"},
			}},
			{Name: "sector_code", Type: Code, MaxLen: 16, ZH: "条线", EN: "sector; empty: that of the parent"},
			{Name: "staff_n", Type: Integer, Max: 1_000_000, ZH: "编制数", EN: "staff"},
			{Name: "filled", Type: Flag, ZH: "是否在岗", EN: "of a post: somebody holds it"},
			{Name: "calendar_id", Type: Code, MaxLen: 32, ZH: "日历", EN: "calendar; empty: see calendar_map, else that of the parent"},
			{Name: "peer_group", Type: Code, ZH: "对标组", EN: "organisations that are ranked together"},
			{Name: "order_no", Type: Integer, Max: 1 << 31, ZH: "排序", EN: "place in the official order"},
			{Name: "successor_code", Type: Code, MaxLen: 32, ZH: "承接机构", EN: "who took the duties over when it was dissolved"},
		},
		Refs: []Reference{
			{Fields: []string{"region_code"}, List: "region", To: []string{"region_code"}},
			{Fields: []string{"parent_org"}, List: "org", To: []string{"org_code"}, Acyclic: true},
			{Fields: []string{"sector_code"}, List: "sector", To: []string{"sector_code"}},
			{Fields: []string{"calendar_id"}, List: "calendar", To: []string{"calendar_id"}, Except: []string{DefaultCalendar}},
			{Fields: []string{"successor_code"}, List: "org", To: []string{"org_code"}, Acyclic: true},
		},
	}
}

func sectorList() *Declaration {
	return &Declaration{
		Name: "sector", ZH: "行业/条线", EN: "sectors: the administrative lines that departments of all levels share", Key: []string{"sector_code"},
		Fields: []Field{
			{Name: "sector_code", Type: Code, Required: true, MaxLen: 16, ZH: "条线代码", EN: "code of the sector"},
			{Name: "name", Type: Text, Required: true, ZH: "名称", EN: "name"},
			{Name: "parent", Type: Code, MaxLen: 16, ZH: "上级条线", EN: "sector that it belongs to"},
			{Name: "gb4754", Type: Code, MaxLen: 8, ZH: "国民经济行业代码", EN: "class of GB/T 4754, where one fits"},
		},
		Refs: []Reference{{Fields: []string{"parent"}, List: "sector", To: []string{"sector_code"}, Acyclic: true}},
	}
}

func processList() *Declaration {
	return &Declaration{
		Name: "process", ZH: "流程", EN: "processes, by version", Key: []string{"process_code", "ver"},
		Fields: []Field{
			{Name: "process_code", Type: Code, Required: true, ZH: "流程代码", EN: "code of the process"},
			{Name: "ver", Type: Integer, Required: true, Min: 1, Max: 1<<31 - 1, ZH: "版本", EN: "version"},
			{Name: "name", Type: Text, Required: true, ZH: "名称", EN: "name"},
			{Name: "item_code", Type: Code, ZH: "事项代码", EN: "power or service item that it serves"},
			{Name: "task_code", Type: Code, ZH: "任务代码", EN: "duty task that it serves"},
			{Name: "org_code", Type: Code, MaxLen: 32, ZH: "牵头机构", EN: "organisation in charge"},
			{Name: "parent", Type: Code, ZH: "上级流程", EN: "process that it is a part of"},
			{Name: "service_kind", Type: Enum, ZH: "办件类型", EN: "kind of service", Values: []Value{
				{"instant", "即办件", "done at once"}, {"promise", "承诺件", "done within a promised time"}, {"report", "上报件", "decided above"},
				{"forward", "转报件", "passed on"}, {"joint", "并联件", "done by several departments together"},
			}},
			{Name: "importance", Type: Enum, ZH: "重要程度", EN: "importance", Values: []Value{
				{"simple", "简单", "simple"}, {"general", "一般", "general"}, {"major", "重大", "major"},
			}},
			{Name: "promised_limit", Type: Number, Max: 100_000, With: "promised_unit", ZH: "承诺时限", EN: "promised limit of the whole case"},
			{Name: "promised_unit", Type: Enum, Values: units(), With: "promised_limit", ZH: "承诺时限单位", EN: "its unit"},
			{Name: "statutory_limit", Type: Number, Max: 100_000, With: "statutory_unit", ZH: "法定时限", EN: "limit by law"},
			{Name: "statutory_unit", Type: Enum, Values: units(), With: "statutory_limit", ZH: "法定时限单位", EN: "its unit"},
			{Name: "baseline_of", Type: Integer, Min: 1, Max: 1<<31 - 1, ZH: "对比基线版本", EN: "version that this one is compared with"},
		},
		Refs: []Reference{
			{Fields: []string{"task_code"}, List: "task", To: []string{"task_code"}},
			{Fields: []string{"org_code"}, List: "org", To: []string{"org_code"}},
			{Fields: []string{"parent"}, List: "process", To: []string{"process_code"}, Acyclic: true},
			{Fields: []string{"baseline_of", "process_code"}, List: "process", To: []string{"ver", "process_code"}},
		},
	}
}

func stepList() *Declaration {
	return &Declaration{
		Name: "step", ZH: "环节", EN: "steps of processes", Key: []string{"process_code", "ver", "step_code"},
		Fields: []Field{
			{Name: "process_code", Type: Code, Required: true, ZH: "流程代码", EN: "process"},
			{Name: "ver", Type: Integer, Required: true, Min: 1, Max: 1<<31 - 1, ZH: "流程版本", EN: "version of the process"},
			{Name: "step_code", Type: Code, Required: true, MaxLen: 128, ZH: "环节代码", EN: "code of the step, unique in the process"},
			{Name: "name", Type: Text, Required: true, ZH: "名称", EN: "name"},
			{Name: "seq", Type: Integer, Required: true, Max: 100_000, ZH: "序号", EN: "place in the process"},
			{Name: "parent_step", Type: Code, MaxLen: 128, ZH: "所属程序", EN: "procedure that the step is a part of"},
			{Name: "mandatory", Type: Flag, ZH: "是否必经", EN: "every case must pass it; empty: true"},
			{Name: "max_visits", Type: Integer, Min: 1, Max: 1000, ZH: "最多次数", EN: "how often a case may pass it"},
			{Name: "parallel_group", Type: Code, ZH: "并联组", EN: "steps that may run at the same time"},
			{Name: "role", Type: Text, ZH: "岗位角色", EN: "who does it"},
			{Name: "approval_level", Type: Integer, Min: 1, Max: 9, ZH: "签批层级", EN: "1 clerk, 2 section head, 3 deputy, 4 head, 5 and more above"},
			{Name: "limit", Type: Number, Max: 100_000, With: "unit", ZH: "环节时限", EN: "limit"},
			{Name: "unit", Type: Enum, Values: units(), With: "limit", ZH: "时限单位", EN: "its unit"},
			{Name: "predecessors", Type: Codes, MaxLen: 128, ZH: "前置环节", EN: "steps that must end before it begins"},
			{Name: "may_suspend", Type: Flag, ZH: "可否中止计时", EN: "a special procedure stops its clock"},
			{Name: "milestone", Type: Enum, ZH: "里程碑", EN: "milestone", Values: []Value{
				{"land", "拿地", "land acquired"}, {"permit", "许可", "permit granted"},
			}},
		},
		Refs: []Reference{
			{Fields: []string{"process_code", "ver"}, List: "process", To: []string{"process_code", "ver"}},
			{Fields: []string{"parent_step", "process_code", "ver"}, List: "step", To: []string{"step_code", "process_code", "ver"}, Acyclic: true},
			{Fields: []string{"predecessors", "process_code", "ver"}, List: "step", To: []string{"step_code", "process_code", "ver"}, Acyclic: true},
		},
	}
}

func calendarList() *Declaration {
	return &Declaration{
		Name: "calendar", ZH: "日历", EN: "calendars: what differs from the official holidays and the default office hours",
		Key: []string{"calendar_id", "date"},
		Fields: []Field{
			{Name: "calendar_id", Type: Code, Required: true, MaxLen: 32, ZH: "日历代码", EN: "code of the calendar"},
			{Name: "date", Type: Day, ZH: "日期", EN: "the day; empty: every working day while the row is valid"},
			{Name: "day_kind", Type: Enum, Required: true, ZH: "日期类型", EN: "kind of day", Values: []Value{
				{"work", "工作日", "working day"}, {"rest", "休息日", "day of rest"},
				{"holiday", "法定节假日", "public holiday"}, {"makeup_work", "调休上班", "make-up working day"},
			}},
			{Name: "intervals", Type: Intervals, ZH: "办公时段", EN: "office hours; empty: those of the row without a date, else the default"},
			{Name: "name", Type: Text, ZH: "说明", EN: "what the day or the season is called"},
		},
		Notes: "A row without `date` sets the office hours of the calendar's working days from `valid_from` up to `valid_to` (a season);\n" +
			"its `day_kind` is `work`. A row with `date` sets that day, whatever the official calendar says.\n" +
			"The calendar `" + DefaultCalendar + "` always exists: the official holidays with 08:30-12:00 14:00-17:30. Every other calendar starts from it.",
	}
}

func calendarMapList() *Declaration {
	return &Declaration{
		Name: "calendar_map", ZH: "日历适用", EN: "which organisation or region uses which calendar", Key: []string{"scope", "code"},
		Fields: []Field{
			{Name: "scope", Type: Enum, Required: true, ZH: "适用范围", EN: "what the code names", Values: []Value{
				{"org", "机构", "organisation"}, {"region", "区划", "region"},
			}},
			{Name: "code", Type: Code, Required: true, MaxLen: 32, ZH: "代码", EN: "code of the organisation or region"},
			{Name: "calendar_id", Type: Code, Required: true, MaxLen: 32, ZH: "日历", EN: "calendar"},
		},
		Refs: []Reference{
			{Fields: []string{"code"}, List: "org", To: []string{"org_code"}, If: "scope", Is: "org"},
			{Fields: []string{"code"}, List: "region", To: []string{"region_code"}, If: "scope", Is: "region"},
			{Fields: []string{"calendar_id"}, List: "calendar", To: []string{"calendar_id"}, Except: []string{DefaultCalendar}},
		},
		Notes: "A unit uses its own calendar, else its department's, county's, city's, else `" + DefaultCalendar + "`. A `calendar_id` in the list `org` comes first.",
	}
}

func taskList() *Declaration {
	flag := func(name, zh, en string) Field { return Field{Name: name, Type: Flag, ZH: zh, EN: en} }
	return &Declaration{
		Name: "task", ZH: "职责任务清单", EN: "duty tasks", Key: []string{"task_code"},
		Fields: []Field{
			{Name: "task_code", Type: Code, Required: true, ZH: "任务代码", EN: "code of the task"},
			{Name: "duty_code", Type: Code, ZH: "职责代码", EN: "duty that it was decomposed from"},
			{Name: "section_code", Type: Code, Required: true, MaxLen: 32, ZH: "责任科室", EN: "section in charge"},
			{Name: "post_codes", Type: Codes, MaxLen: 32, ZH: "责任岗位", EN: "posts that carry it out"},
			{Name: "name", Type: Text, Required: true, ZH: "名称", EN: "name"},
			{Name: "frequency", Type: Enum, ZH: "频次", EN: "how often", Values: []Value{
				{"daily", "每日", "daily"}, {"weekly", "每周", "weekly"}, {"monthly", "每月", "monthly"},
				{"quarterly", "每季", "quarterly"}, {"yearly", "每年", "yearly"}, {"adhoc", "不定期", "as needed"},
			}},
			{Name: "expected_per_period", Type: Number, Max: 1_000_000, ZH: "每期应履职次数", EN: "expected in each such period; 0: not expected"},
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
			{Fields: []string{"section_code"}, List: "org", To: []string{"org_code"}},
			{Fields: []string{"post_codes"}, List: "org", To: []string{"org_code"}},
			{Fields: []string{"process_code"}, List: "process", To: []string{"process_code"}},
		},
	}
}
