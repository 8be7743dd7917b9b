package lists

func regionList() *Declaration {
	return &Declaration{
		Name: "region", ZH: "区划", EN: "regions", Key: []string{"region_code"},
		Fields: []Field{
			{Name: "region_code", Type: Region, Required: true, ZH: "区划代码", EN: "code of the region"},
			{Name: "name", Type: Text, Required: true, ZH: "名称", EN: "name"},
			nameEN(),
			{Name: "parent", Type: Region, ZH: "上级区划", EN: "region that it belongs to; empty: it is a root"},
			{Name: "level", Type: Enum, Required: true, ZH: "层级", EN: "level", Values: regionLevels()},
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
			nameEN(),
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
			flag("mechanism_flag", "有协调机制", "of a section: its mechanism of coordination is written down, the fourth of 一表一图一规范一机制"),
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
			nameEN(),
			{Name: "parent", Type: Code, MaxLen: 16, ZH: "上级条线", EN: "sector that it belongs to"},
			{Name: "gb4754", Type: Code, MaxLen: 8, ZH: "国民经济行业代码", EN: "class of GB/T 4754, where one fits"},
		},
		Refs: []Reference{{Fields: []string{"parent"}, List: "sector", To: []string{"sector_code"}, Acyclic: true}},
	}
}
