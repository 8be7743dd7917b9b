package lists

// DefaultCalendar is the calendar that is always known: the official holidays, with the default office hours.
const DefaultCalendar = "CN"

// Declarations returns the declared lists, in the order in which documents show them.
func Declarations() []*Declaration {
	all := []*Declaration{
		regionList(), orgList(), sectorList(),
		dutyList(), taskList(), powerList(), boundaryList(),
		processList(), stepList(),
		calendarList(), calendarMapList(),
		targetList(), lightRuleList(), indicatorList(), indicatorPartList(), codeList(),
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

// suspensions are the kinds of special procedures that records carry.
func suspensions() []Value {
	return []Value{
		{"hearing", "听证", "hearing"}, {"tender", "招标", "tender"}, {"auction", "拍卖", "auction"},
		{"inspection", "检验", "inspection"}, {"testing", "检测", "testing"}, {"quarantine", "检疫", "quarantine"},
		{"appraisal", "鉴定", "appraisal"}, {"expert", "专家评审", "review by experts"}, {"correction", "补正", "correction"},
		{"publicity", "公示", "publication"}, {"survey", "现场勘验", "survey on site"}, {"other", "其他", "other"},
	}
}

func serviceKinds() []Value {
	return []Value{
		{"instant", "即办件", "done at once"}, {"promise", "承诺件", "done within a promised time"}, {"report", "上报件", "decided above"},
		{"forward", "转报件", "passed on"}, {"joint", "并联件", "done by several departments together"},
	}
}

func importances() []Value {
	return []Value{{"simple", "简单", "simple"}, {"general", "一般", "general"}, {"major", "重大", "major"}}
}

func regionLevels() []Value {
	return []Value{
		{"1", "省", "province"}, {"2", "市", "city"}, {"3", "县", "county"}, {"4", "乡镇", "township"}, {"5", "村", "village"},
	}
}

func frequencies() []Value {
	return []Value{
		{"daily", "每日", "daily"}, {"weekly", "每周", "weekly"}, {"monthly", "每月", "monthly"},
		{"quarterly", "每季", "quarterly"}, {"yearly", "每年", "yearly"}, {"adhoc", "不定期", "as needed"},
	}
}

// nameEN is the name that reports in English print; without it they print the name.
func nameEN() Field {
	return Field{Name: "name_en", Type: Text, ZH: "英文名称", EN: "name in English, for reports in English; empty: the name"}
}

// limit returns the two fields of a limit.
func limit(name, unit, zh, en string) []Field {
	return []Field{
		{Name: name, Type: Number, Max: 100_000, With: unit, ZH: zh, EN: en},
		{Name: unit, Type: Enum, Values: units(), With: name, ZH: zh + "单位", EN: "its unit"},
	}
}

func count(name, zh, en string) Field {
	return Field{Name: name, Type: Integer, Max: 1_000_000, ZH: zh, EN: en}
}

func flag(name, zh, en string) Field { return Field{Name: name, Type: Flag, ZH: zh, EN: en} }
