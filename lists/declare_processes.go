package lists

func processList() *Declaration {
	return &Declaration{
		Name: "process", ZH: "流程", EN: "processes, by version", Key: []string{"process_code", "ver"},
		Fields: []Field{
			{Name: "process_code", Type: Code, Required: true, ZH: "流程代码", EN: "code of the process"},
			{Name: "ver", Type: Integer, Required: true, Min: 1, Max: 1<<31 - 1, ZH: "版本", EN: "version"},
			{Name: "name", Type: Text, Required: true, ZH: "名称", EN: "name"},
			nameEN(),
			{Name: "item_code", Type: Code, ZH: "事项代码", EN: "power or service item that it serves"},
			{Name: "task_code", Type: Code, ZH: "任务代码", EN: "duty task that it serves"},
			{Name: "org_code", Type: Code, MaxLen: 32, ZH: "牵头机构", EN: "organisation in charge"},
			{Name: "parent", Type: Code, ZH: "上级流程", EN: "process that it is a part of"},
			{Name: "service_kind", Type: Enum, ZH: "办件类型", EN: "kind of service", Values: serviceKinds()},
			{Name: "importance", Type: Enum, ZH: "重要程度", EN: "importance", Values: importances()},
			{Name: "promised_limit", Type: Number, Max: 100_000, With: "promised_unit", ZH: "承诺时限", EN: "promised limit of the whole case"},
			{Name: "promised_unit", Type: Enum, Values: units(), With: "promised_limit", ZH: "承诺时限单位", EN: "its unit"},
			{Name: "statutory_limit", Type: Number, Max: 100_000, With: "statutory_unit", ZH: "法定时限", EN: "limit by law"},
			{Name: "statutory_unit", Type: Enum, Values: units(), With: "statutory_limit", ZH: "法定时限单位", EN: "its unit"},
			{Name: "baseline_of", Type: Integer, Min: 1, Max: 1<<31 - 1, ZH: "对比基线版本", EN: "version that this one is compared with"},
		},
		Notes: "Two versions of a process never hold on the same day: a case takes the version that holds when it is accepted.",
		Refs: []Reference{
			{Fields: []string{"item_code"}, List: "power", To: []string{"item_code"}},
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
			nameEN(),
			{Name: "seq", Type: Integer, Required: true, Max: 100_000, ZH: "序号", EN: "place in the process"},
			{Name: "parent_step", Type: Code, MaxLen: 128, ZH: "所属程序", EN: "procedure that the step is a part of"},
			{Name: "mandatory", Type: Flag, ZH: "是否必经", EN: "every case must pass it; empty: true"},
			{Name: "max_visits", Type: Integer, Min: 1, Max: 1000, ZH: "最多次数", EN: "how often a case may pass it"},
			{Name: "parallel_group", Type: Code, ZH: "并联组", EN: "steps that may run at the same time"},
			{Name: "role", Type: Text, ZH: "岗位角色", EN: "who does it"},
			{Name: "post_codes", Type: Codes, MaxLen: 32, ZH: "经办岗位", EN: "posts that may do it; empty: any"},
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
			{Fields: []string{"post_codes"}, List: "org", To: []string{"org_code"}, Kinds: []string{"post"}},
			{Fields: []string{"parent_step", "process_code", "ver"}, List: "step", To: []string{"step_code", "process_code", "ver"}, Acyclic: true},
			{Fields: []string{"predecessors", "process_code", "ver"}, List: "step", To: []string{"step_code", "process_code", "ver"}, Acyclic: true},
		},
	}
}
