package lists_test

import (
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/dutyflow/dutyflow/lists"
)

// small returns lists without a problem.
func small() map[string]string {
	return map[string]string{
		"region.csv": "region_code,name,parent,level\n" +
			"370000,山东省,,1\n" +
			"371300,临沂市,370000,2\n" +
			"371302,兰山区,371300,3\n",
		"sector.csv": "sector_code,name,parent\n" +
			"S01,综合经济,\n" +
			"S02,财政,S01\n",
		"org.csv": "org_code,name,region_code,parent_org,kind,sector_code,valid_from,valid_to,rev\n" +
			"FGW,市发展改革委,371300,,department,S01,2019-01-01,,\n" +
			"FGW-01,办公室,371300,FGW,section,,,,\n" +
			"FGW-01-1,岗位1,371300,FGW-01,post,,,,\n" +
			"CZJ,市财政局,371300,,department,S02,,2020-01-01,\n" +
			"CZJ,市财政局(新),371300,,department,S02,2020-01-01,,\n" +
			"CZJ-01,预算科,371300,CZJ,section,,2020-01-01,,\n" +
			"CZJ-01-1,岗位1,371300,CZJ-01,post,,2020-01-01,,\n",
		"process.csv": "process_code,ver,name,promised_limit,promised_unit,item_code,valid_from,valid_to\n" +
			"P1,1,审批,3,wd,I-1,,2026-01-01\n" +
			"P1,2,审批,2.5,wd,I-1,2026-01-01,\n",
		"step.csv": "process_code,ver,step_code,name,seq,limit,unit,predecessors,parent_step\n" +
			"P1,1,S1,受理,1,1,wd,,\n" +
			"P1,1,S2,审查,2,,,S1,\n" +
			"P1,1,S3,决定,3,,,S1;S2,S2\n" +
			"P1,2,S1,受理,1,1,wd,,\n" +
			"P1,2,S2,决定,2,,,,\n",
		"calendar.csv": "calendar_id,date,day_kind,intervals,valid_from,valid_to\n" +
			"HALL,,work,09:00-12:00 13:00-17:00,,2026-06-01\n" +
			"HALL,,work,08:30-12:00 13:30-17:30,2026-06-01,\n" +
			"HALL,2026-01-10,work,09:00-12:00,,\n" +
			"HALL,2026-01-12,rest,,,\n",
		"calendar_map.csv": "scope,code,calendar_id\n" +
			"org,FGW,HALL\n" +
			"region,371300,CN\n",
		"duty.csv": "duty_code,org_code,text,source\n" +
			"D-1,FGW-01,负责机关文电工作。,三定规定第一条\n",
		"task.csv": "task_code,section_code,post_codes,name,expected_per_period,process_code,chart_flag,duty_code\n" +
			"T-1,FGW-01,FGW-01-1,办文,12,P1,是,D-1\n",
		"power.csv": "item_code,name,kind,task_code,org_code,promised_limit,promised_unit,suspend_limits,materials_n,classes\n" +
			"I-1,项目审批,licence,T-1,FGW,3,wd,expert=20 wd; survey=5 wd,6,one_visit;online\n",
		"boundary.csv": "boundary_code,scope,lead,peers,task_codes\n" +
			"B-1,dept,FGW,CZJ,T-1\n" +
			"B-2,section,FGW-01,CZJ-01,\n",
		"target.csv": "metric_id,scope,scope_code,period,target,floor,unit,direction\n" +
			"M22,all,,any,0.99,0.85,ratio,up\n" +
			"M10,org,FGW,month,25200,50400,s,down\n" +
			"M82,region,371300,quarter,0,-20,pp,up\n",
		"light_rule.csv": "profile,order,scope,condition,colour,audience,escalate_after,escalate_unit\n" +
			"std,1,case,elapsed > promised - 3 wd when promised >= 4 wd,warning,handler;section,1,wd\n" +
			"std,2,case,elapsed > 2/3 promised when promised < 4 wd,warning,handler,,\n" +
			"std,3,preaccept,elapsed > 2 wd,yellow,,,\n",
		"indicator.csv": "set,code,parent,name,class,weight,cap\n" +
			"A,1,,履职,,60,\n" +
			"A,1.1,1,覆盖,core,40,\n" +
			"A,1.2,1,活跃,corroborating,20,\n" +
			"A,1.3,1,缺失,negative,2,6\n" +
			"A,2,,时效,,,\n" +
			"A,2.1,2,按时,core,40,\n" +
			"B,1,,空,,,\n" +
			"B,1.1,1,空,core,,\n",
		"indicator_part.csv": "set,code,part,metric_id,share,floor,target,unit\n" +
			"A,1.1,1,M01,1,0.6,0.95,ratio\n" +
			"A,1.1,2,M41a,1,0.6,0.8457,ratio\n",
		"code.csv": "list,code,label_zh,label_en\n" +
			"channel,web,网上,online\n" +
			"channel,window,窗口,counter\n",
	}
}

func dir(files map[string]string) fs.FS {
	out := fstest.MapFS{}
	for name, text := range files {
		out[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return out
}

// Lists without a fault have no problem, whatever the order of columns, the line ends, the quotes or the mark at the start.
func TestCheck_Good(t *testing.T) {
	variants := map[string]func(map[string]string){
		"as they are":      func(map[string]string) {},
		"byte order mark":  func(f map[string]string) { f["sector.csv"] = "\ufeff" + f["sector.csv"] },
		"CRLF":             func(f map[string]string) { f["org.csv"] = strings.ReplaceAll(f["org.csv"], "\n", "\r\n") },
		"no last line end": func(f map[string]string) { f["org.csv"] = strings.TrimSuffix(f["org.csv"], "\n") },
		"columns exchanged": func(f map[string]string) {
			f["sector.csv"] = "name,parent,sector_code\n综合经济,,S01\n财政,S01,S02\n"
		},
		"quotes and commas":   func(f map[string]string) { f["sector.csv"] += "S03,\"商务, \"\"外事\"\"\",\n" },
		"rows of commas":      func(f map[string]string) { f["sector.csv"] += ",,\n , ,\n" },
		"readme and dotfiles": func(f map[string]string) { f["README.md"] = "x"; f[".DS_Store"] = "x"; f["~$org.csv"] = "x" },
		"superseded revision": func(f map[string]string) {
			f["org.csv"] += "CZJ,市财政局(更名),371300,,department,S02,2020-01-01,,1\n"
		},
		"spreadsheet dates": func(f map[string]string) { f["org.csv"] = strings.ReplaceAll(f["org.csv"], "2020-01-01", "2020/1/1") },
		"a loop in no single year": func(f map[string]string) {
			f["sector.csv"] = "sector_code,name,parent,valid_from,valid_to\n" +
				"S01,a,S02,,2020-01-01\nS01,a,,2020-01-01,\nS02,b,,,2020-01-01\nS02,b,S01,2020-01-01,\n"
		},
	}
	for name, change := range variants {
		t.Run(name, func(t *testing.T) {
			files := small()
			change(files)
			for _, p := range lists.Check(dir(files)) {
				t.Error(p)
			}
		})
	}
}

// fault is one thing wrong with otherwise good lists, and where it must be found.
type fault struct {
	name     string
	file     string
	old, new string // an empty old appends, "*" replaces the whole file
	want     []lists.Problem
}

func at(file string, line int, column, message string) []lists.Problem {
	return []lists.Problem{{File: file, Line: line, Column: column, Message: message}}
}

func warned(file string, line int, column, message string) []lists.Problem {
	return []lists.Problem{{File: file, Line: line, Column: column, Message: message, Warning: true}}
}

func faults() []fault {
	return []fault{
		{"unknown parent region", "region.csv", "371302,兰山区,371300", "371302,兰山区,371399", at("region.csv", 4, "parent", "371399000000 is not in the list region")},
		{"unknown department", "org.csv", "371300,FGW,section", "371300,FGX,section", at("org.csv", 3, "parent_org", "FGX is not in the list org")},
		{"unknown sector", "org.csv", ",department,S01,", ",department,S09,", at("org.csv", 2, "sector_code", "S09 is not in the list sector")},
		{"overlapping validity", "org.csv", "S02,,2020-01-01,", "S02,,2020-02-01,", at("org.csv", 6, "valid_from", "overlaps line 5: end that row with valid_to 2020-01-01")},
		{"open validity overlaps", "org.csv", "S02,,2020-01-01,", "S02,,,", at("org.csv", 6, "valid_from", "overlaps line 5")},
		{"duplicate key", "sector.csv", "", "S02,财政,\n", at("sector.csv", 4, "sector_code", "S02 is in line 3 as well")},
		{"duplicate key of two columns", "step.csv", "P1,2,S2,", "P1,02,S1,", at("step.csv", 6, "process_code", "P1 2 S1 is in line 5 as well")},
		{"step without process", "step.csv", "P1,2,S1", "P9,2,S1", at("step.csv", 5, "process_code", "P9 2 is not in the list process")},
		{"step of a version that is not", "step.csv", "P1,2,S1", "P1,3,S1", at("step.csv", 5, "process_code", "P1 3 is not in the list process")},
		{"unknown predecessor", "step.csv", "S1;S2,", "S1;S7,", at("step.csv", 4, "predecessors", "S7 P1 1 is not in the list step")},
		{"loop of sectors", "sector.csv", "综合经济,", "综合经济,S02", append(at("sector.csv", 2, "parent", "leads back to itself through S01, S02"), at("sector.csv", 3, "parent", "leads back")...)},
		{"its own parent", "org.csv", "371300,FGW,section", "371300,FGW-01,section", at("org.csv", 3, "parent_org", "leads back to itself through FGW-01")},
		{"loop of steps", "step.csv", "受理,1,1,wd,,\nP1,1,S2", "受理,1,1,wd,S2,\nP1,1,S2", append(at("step.csv", 2, "predecessors", "leads back"), at("step.csv", 3, "predecessors", "leads back")...)},
		{"limit without unit", "step.csv", "P1,2,S1,受理,1,1,wd", "P1,2,S1,受理,1,1,", at("step.csv", 5, "unit", "is empty, but limit is given")},
		{"unit without limit", "process.csv", "审批,3,wd", "审批,,wd", at("process.csv", 2, "promised_limit", "is empty, but promised_unit is given")},
		{"date that does not exist", "org.csv", "2019-01-01", "2019-02-29", at("org.csv", 2, "valid_from", "not a date that exists")},
		{"valid_to before valid_from", "org.csv", "2019-01-01,", "2019-01-01,2018-12-31", at("org.csv", 2, "valid_to", "is not after valid_from 2019-01-01")},
		{"not a whole number", "process.csv", "P1,2,", "P1,2.0,", append(at("process.csv", 3, "ver", `"2.0" is not a whole number`), append(at("step.csv", 5, "process_code", "P1 2 is not"), at("step.csv", 6, "process_code", "P1 2 is not")...)...)},
		{"not a number", "process.csv", "2.5,", "2½,", at("process.csv", 3, "promised_limit", "is not a number")},
		{"too many digits", "process.csv", "2.5,", "2.5001,", at("process.csv", 3, "promised_limit", "at most 3 are kept")},
		{"negative number", "task.csv", "办文,12,", "办文,-12,", at("task.csv", 2, "expected_per_period", "out of range")},
		{"unknown word", "org.csv", ",post,", ",posts,", at("org.csv", 4, "kind", "did you mean post?")},
		{"bad flag", "task.csv", "是", "对", at("task.csv", 2, "chart_flag", "neither true nor false")},
		{"blank in a code", "sector.csv", "", "S 3,商务,\n", at("sector.csv", 4, "sector_code", "white space")},
		{"reserved code", "sector.csv", "", "~,商务,\n", at("sector.csv", 4, "sector_code", "reserved")},
		{"code too long", "sector.csv", "", "S0000000000000003,商务,\n", at("sector.csv", 4, "sector_code", "at most 16")},
		{"missing required value", "sector.csv", "财政,S01", ",S01", at("sector.csv", 3, "name", "is required, but empty")},
		{"short row", "sector.csv", "财政,S01", "财政", at("sector.csv", 3, "", "has 2 values, the header has 3")},
		{"bare quote", "sector.csv", "财政,S01", "财\"政,S01", at("sector.csv", 3, "", "not valid CSV")},
		{"region code of seven digits", "region.csv", "371302,", "3713021,", at("region.csv", 4, "region_code", "has 7 digits")},
		{"GBK", "sector.csv", "财政", "\xb2\xc6\xd5\xfe", at("sector.csv", 3, "", "is not UTF-8 (byte 5 of the line is 0xb2")},
		{"UTF-16", "sector.csv", "*", "\xff\xfes\x00", at("sector.csv", 1, "", "UTF-16")},
		{"zero byte", "sector.csv", "财政", "财\x00政", at("sector.csv", 3, "", "zero byte")},
		{"unknown column", "sector.csv", "sector_code,name,parent", "sector_code,name,parnt", at("sector.csv", 1, "parnt", "did you mean parent?")},
		{"column twice", "sector.csv", "sector_code,name,parent", "sector_code,name,name", at("sector.csv", 1, "name", "is given twice")},
		{"missing column", "sector.csv", "sector_code,name,parent", "sector_code,gb4754,parent", at("sector.csv", 1, "name", "the header does not have it")},
		{"empty file", "sector.csv", "*", "", at("sector.csv", 1, "", "has no header row")},
		{"unknown file", "orgs.csv", "*", "x", at("orgs.csv", 0, "", "did you mean org.csv?")},
		{"spreadsheet instead of CSV", "org.xlsx", "*", "x", at("org.xlsx", 0, "", "did you mean org.csv?")},
		{"malformed hours", "calendar.csv", "09:00-12:00 13:00-17:00", "9:00-12:00 13:00-17:00", at("calendar.csv", 2, "intervals", `"9:00-12:00" is not an interval`)},
		{"overlapping hours", "calendar.csv", "09:00-12:00 13:00-17:00", "09:00-13:30 13:00-17:00", at("calendar.csv", 2, "intervals", "begins before the one before it ends")},
		{"hours that end before they begin", "calendar.csv", "work,09:00-12:00,,", "work,12:00-09:00,,", at("calendar.csv", 4, "intervals", "ends before it begins")},
		{"hours on a day of rest", "calendar.csv", "rest,,", "rest,09:00-12:00,", at("calendar.csv", 5, "intervals", "is given for a day of kind rest")},
		{"season of rest", "calendar.csv", "HALL,,work,09:00", "HALL,,rest,09:00", at("calendar.csv", 2, "day_kind", "in a row without a date")},
		{"calendar that is not", "calendar_map.csv", "FGW,HALL", "FGW,HALLS", at("calendar_map.csv", 2, "calendar_id", "HALLS is not in the list calendar")},
		{"calendar of nobody", "calendar_map.csv", "org,FGW", "org,FGX", at("calendar_map.csv", 2, "code", "FGX is not in the list org")},
		{"calendar of no region", "calendar_map.csv", "region,371300", "region,371388", at("calendar_map.csv", 3, "code", "371388000000 is not in the list region")},
		{"unknown post", "task.csv", "FGW-01-1", "FGW-01-1;FGW-01-9", at("task.csv", 2, "post_codes", "FGW-01-9 is not in the list org")},
		{"two current versions", "process.csv", "I-1,,2026-01-01", "I-1,,2026-01-02", at("process.csv", 3, "valid_from", "version 2 of P1 holds together with version 1 (line 2)")},
		{"item that is not", "process.csv", "3,wd,I-1", "3,wd,I-9", at("process.csv", 2, "item_code", "I-9 is not in the list power")},
		{"orphan duty", "duty.csv", "", "D-2,FGW-01,负责机关安全。,\n", warned("duty.csv", 3, "duty_code", "D-2 has no task")},
		{"task without a duty that is", "task.csv", "是,D-1", "是,D-7", append(warned("duty.csv", 2, "duty_code", "D-1 has no task"), at("task.csv", 2, "duty_code", "D-7 is not in the list duty")...)},
		{"task without a post", "task.csv", "FGW-01,FGW-01-1", "FGW-01,", warned("task.csv", 2, "post_codes", "is empty: name the posts")},
		{"process without a step", "process.csv", "", "P2,1,备案,1,wd,,,\n", warned("process.csv", 4, "process_code", "P2 1 has no step")},
		{"post of another section", "task.csv", "FGW-01,FGW-01-1", "FGW-01,CZJ-01-1", at("task.csv", 2, "post_codes", "CZJ-01-1 is a post of CZJ-01, not of the section FGW-01")},
		{"section outside its department", "task.csv", "FGW-01,FGW-01-1", "CZJ-01,CZJ-01-1", at("task.csv", 2, "section_code", "CZJ-01 belongs to CZJ, but the duty D-1 is of FGW")},
		{"post of no section", "org.csv", "371300,FGW-01,post", "371300,,post", at("org.csv", 4, "parent_org", "is empty, but a post belongs to a section")},
		{"post of a department", "org.csv", "371300,CZJ-01,post", "371300,CZJ,post", at("org.csv", 8, "parent_org", "CZJ is a department")},
		{"section in another region", "org.csv", "预算科,371300", "预算科,371302", append(at("org.csv", 7, "region_code", "but CZJ, to which it belongs, serves 371300000000"), at("org.csv", 8, "region_code", "but CZJ-01, to which it belongs, serves 371302000000")...)},
		{"duty of a post", "duty.csv", "D-1,FGW-01,", "D-1,FGW-01-1,", at("duty.csv", 2, "org_code", "FGW-01-1 is a post in the list org; here stands a section")},
		{"department as a post", "task.csv", "FGW-01,FGW-01-1", "FGW-01,FGW", at("task.csv", 2, "post_codes", "FGW is a department in the list org; here stands a post")},
		{"department in a boundary of sections", "boundary.csv", "section,FGW-01,", "section,FGW,", at("boundary.csv", 3, "lead", "FGW is a department in the list org; here stands a section")},
		{"leads and helps", "boundary.csv", "dept,FGW,CZJ", "dept,FGW,CZJ;FGW", at("boundary.csv", 2, "peers", "FGW leads and helps")},
		{"task of a boundary that is not", "boundary.csv", "CZJ,T-1", "CZJ,T-9", at("boundary.csv", 2, "task_codes", "T-9 is not in the list task")},
		{"kind of special procedure", "power.csv", "expert=20 wd", "experts=20 wd", at("power.csv", 2, "suspend_limits", "did you mean expert?")},
		{"limit of a special procedure without unit", "power.csv", "survey=5 wd", "survey=5", at("power.csv", 2, "suspend_limits", "is not a limit: write kind=number unit")},
		{"unknown class", "power.csv", "one_visit;online", "one_visit;onlin", at("power.csv", 2, "classes", "did you mean online?")},
		{"target without metric", "target.csv", "M22,all", ",all", at("target.csv", 2, "metric_id", "is required, but empty")},
		{"target of no metric", "target.csv", "M22,all", "M39,all", at("target.csv", 2, "metric_id", "is no metric")},
		{"target below its floor", "target.csv", "0.99,0.85", "0.85,0.99", at("target.csv", 2, "floor", "0.99 is better than the target 0.85")},
		{"target of whom", "target.csv", "org,FGW", "org,", at("target.csv", 3, "scope_code", "is empty, but the scope is org")},
		{"target of an unknown organisation", "target.csv", "org,FGW", "org,FGX", at("target.csv", 3, "scope_code", "FGX is not in the list org")},
		{"light rule without condition", "light_rule.csv", "elapsed > 2 wd", "", at("light_rule.csv", 4, "condition", "is required, but empty")},
		{"light rule that says nothing", "light_rule.csv", "elapsed > 2 wd", "elapsed >= 2 wd", at("light_rule.csv", 4, "condition", "is no condition")},
		{"escalation without unit", "light_rule.csv", "handler;section,1,wd", "handler;section,1,", at("light_rule.csv", 2, "escalate_unit", "is empty, but escalate_after is given")},
		{"weights that are not 100", "indicator.csv", "按时,core,40", "按时,core,39.5", at("indicator.csv", 2, "weight", "of A add up to 99.500; they must be 100")},
		{"weights below an indicator", "indicator.csv", "履职,,60", "履职,,61", at("indicator.csv", 2, "weight", "is 61, but the indicators below 1 add up to 60")},
		{"indicator without class", "indicator.csv", "按时,core,40", "按时,,40", at("indicator.csv", 7, "class", "is empty")},
		{"part of no indicator", "indicator_part.csv", "A,1.1,2", "A,1.9,2", at("indicator_part.csv", 3, "code", "1.9 A is not in the list indicator")},
		{"code twice", "code.csv", "", "channel,web,网络,\n", at("code.csv", 4, "list", "channel web is in line 2 as well")},
		{"holiday in a year that no calendar has", "calendar.csv", "2026-01-12", "2206-01-12", at("calendar.csv", 5, "date", "2206-01-12 lies outside the years of calendars, 1990 to 2099")},
		{"holiday outside its own validity", "calendar.csv", "2026-01-12,rest,,,", "2026-01-12,rest,,,2026-01-01", at("calendar.csv", 5, "date", "2026-01-12 lies outside the validity of its row")},
		{"empty code in a list of codes", "task.csv", "FGW-01-1", "FGW-01-1;", at("task.csv", 2, "post_codes", "has an empty code")},
	}
}

// Each fault is found where it is, and nothing else is reported.
func TestCheck_Faults(t *testing.T) {
	for _, f := range faults() {
		t.Run(f.name, func(t *testing.T) {
			got := lists.Check(dir(plant(t, small(), f)))
			requireProblems(t, got, f.want)
		})
	}
}

// Faults in different places are all found at once, sorted by place.
func TestCheck_All(t *testing.T) {
	files := small()
	var want []lists.Problem
	for _, f := range faults() {
		switch f.name {
		case "unknown parent region", "unknown word", "limit without unit", "malformed hours", "unknown post", "unknown file":
			files = plant(t, files, f)
			want = append(want, f.want...)
		}
	}
	slices.SortFunc(want, func(a, b lists.Problem) int { return strings.Compare(a.File, b.File) })
	requireProblems(t, lists.Check(dir(files)), want)
}

func plant(t *testing.T, files map[string]string, f fault) map[string]string {
	t.Helper()
	files = maps.Clone(files)
	switch {
	case f.old == "*":
		files[f.file] = f.new
	case f.old == "":
		files[f.file] += f.new
	case !strings.Contains(files[f.file], f.old):
		t.Fatalf("%s does not contain %q", f.file, f.old)
	default:
		files[f.file] = strings.Replace(files[f.file], f.old, f.new, 1)
	}
	return files
}

func requireProblems(t *testing.T, got, want []lists.Problem) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			t.Errorf("not found: %s", want[i])
		case i >= len(want):
			t.Errorf("not expected: %s", got[i])
		case got[i].File != want[i].File || got[i].Line != want[i].Line || got[i].Column != want[i].Column || got[i].Warning != want[i].Warning || !strings.Contains(got[i].Message, want[i].Message):
			t.Errorf("got  %s\nwant %s", got[i], want[i])
		}
	}
}

// unreadable is a directory with one file that cannot be opened.
type unreadable struct {
	fs.FS
	name string
}

func (u unreadable) Open(name string) (fs.File, error) {
	if name == u.name {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return u.FS.Open(name)
}

// A list that others refer to and that is not there is a warning, once: the lake may have it from a load before.
func TestCheck_MissingList(t *testing.T) {
	files := small()
	delete(files, "region.csv")
	delete(files, "process.csv")
	want := warned("process.csv", 0, "", "is missing, but task.csv refers to it (process_code)")
	requireProblems(t, lists.Check(dir(files)), append(want, warned("region.csv", 0, "", "is missing, but org.csv refers to it (region_code)")...))
}

// A file that cannot be read is a problem of that file, not the end of the check.
func TestCheck_Unreadable(t *testing.T) {
	files := plant(t, small(), faults()[1])
	got := lists.Check(unreadable{dir(files), "region.csv"})
	requireProblems(t, got, append(faults()[1].want, at("region.csv", 0, "", "cannot be read")...))
}

// A directory that is missing or has no list in it is a problem, not an empty set of lists.
func TestCheck_Nothing(t *testing.T) {
	requireProblems(t, lists.Check(fstest.MapFS{}), at(".", 0, "", "holds no list"))
	requireProblems(t, lists.Check(unreadable{fstest.MapFS{}, "."}), at(".", 0, "", "cannot be read"))
}

// A problem is one line that begins with its place.
func TestProblem_String(t *testing.T) {
	p := lists.Problem{File: "org.csv", Line: 3, Column: "parent_org", Message: "is wrong"}
	if got, want := p.String(), "org.csv:3 parent_org: is wrong"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	err := error(&lists.Invalid{Problems: []lists.Problem{p, p}})
	var invalid *lists.Invalid
	if !errors.As(err, &invalid) || !strings.Contains(err.Error(), "2 problems") {
		t.Errorf("got %v", err)
	}
}
