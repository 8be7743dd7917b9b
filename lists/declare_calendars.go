package lists

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
