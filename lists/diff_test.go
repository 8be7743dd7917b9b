package lists_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/dutyflow/dutyflow/lists"
)

func read(t *testing.T, files map[string]string, day string) *lists.Edition {
	t.Helper()
	e, err := lists.ReadEdition(dir(files), day)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// Rows that are added, removed and changed are each said once, with the fields that differ.
func TestCompare_Rows(t *testing.T) {
	after := small()
	after["sector.csv"] = "sector_code,name,parent\nS01,综合,\nS02,财政,S01\nS03,商务,\n"
	after["code.csv"] = "list,code,label_zh,label_en\nchannel,web,网上,online\n"
	got := lists.Compare(read(t, small(), ""), read(t, after, "")).Changes
	want := []lists.Change{
		{List: "sector", Key: "S01", Kind: "changed", Name: "综合", Fields: []lists.FieldChange{{Field: "name", Before: "综合经济", After: "综合"}}},
		{List: "sector", Key: "S03", Kind: "added", Name: "商务"},
		{List: "code", Key: "channel window", Kind: "removed", Name: "窗口"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if d := lists.Compare(read(t, small(), ""), read(t, small(), "")); len(d.Changes)+len(d.Cuts) != 0 {
		t.Errorf("the same lists differ: %+v", d)
	}
}

// A row whose first day moved is the same row; a second row of a key is an added one.
func TestCompare_History(t *testing.T) {
	moved := small()
	moved["duty.csv"] = "duty_code,org_code,text,source,valid_from\nD-1,FGW-01,负责机关文电工作。,三定规定第一条,2026-01-01\n"
	got := lists.Compare(read(t, small(), ""), read(t, moved, "")).Changes
	if len(got) != 1 || got[0].Kind != "changed" || !reflect.DeepEqual(got[0].Fields, []lists.FieldChange{{Field: "valid_from", After: "2026-01-01"}}) {
		t.Errorf("moved: %+v", got)
	}
	split := small()
	split["duty.csv"] = "duty_code,org_code,text,valid_from,valid_to,source\nD-1,FGW-01,负责机关文电工作。,,2026-01-01,三定规定第一条\nD-1,FGW-01,负责文电和会务工作。,2026-01-01,,\n"
	got = lists.Compare(read(t, small(), ""), read(t, split, "")).Changes
	if len(got) != 2 || got[0].Kind != "changed" || got[1].Kind != "added" {
		t.Errorf("split: %+v", got)
	}
}

// What a reform cut is counted by process and item, and summed over those that both editions tell. By hand: the process
// has 3 steps in version 1, of which S2 only holds S3, so 2 are done, and 1 in version 2. The item goes from 6 papers to 4
// and from 5 working days to 3; that is 1 of 2 steps, 2 of 6 papers and 2 of 5 days.
func TestCompare_Cuts(t *testing.T) {
	files := small()
	files["step.csv"] = strings.Replace(files["step.csv"], "P1,2,S2,决定,2,,,,\n", "", 1)
	files["power.csv"] = "item_code,name,kind,org_code,promised_limit,promised_unit,materials_n,windows_n,valid_from,valid_to\n" +
		"I-1,项目审批,licence,FGW,5,wd,6,0,,2026-01-01\n" +
		"I-1,项目审批,licence,FGW,3,wd,4,1,2026-01-01,\n" +
		"I-2,备案,licence,FGW,3,wd,2,,,\n"
	got := lists.Compare(read(t, files, "2025-12-31"), read(t, files, "2026/1/1"))
	cuts := []lists.Cut{
		{Kind: "process", Code: "P1", Name: "审批", Measure: "steps", Metric: "M60", Before: "2", After: "1", Cut: "1", Share: "50.0"},
		{Kind: "item", Code: "I-1", Name: "项目审批", Measure: "materials", Metric: "M61", Before: "6", After: "4", Cut: "2", Share: "33.3"},
		{Kind: "item", Code: "I-1", Name: "项目审批", Measure: "promised limit", Metric: "M63", Before: "5 wd", After: "3 wd", Cut: "2", Share: "40.0"},
		{Kind: "item", Code: "I-1", Name: "项目审批", Measure: "windows", Metric: "M64", Before: "0", After: "1", Cut: "-1"},
	}
	if !reflect.DeepEqual(got.Cuts, cuts) {
		t.Errorf("cuts %+v", got.Cuts)
	}
	totals := []lists.Total{
		{Measure: "steps", Metric: "M60", N: 1, Before: "2", After: "1", Cut: "1", Share: "50.0"},
		{Measure: "materials", Metric: "M61", N: 2, Before: "8", After: "6", Cut: "2", Share: "25.0"},
		{Measure: "promised limit", Metric: "M63", N: 2, Before: "8", After: "6", Cut: "2", Share: "25.0"},
		{Measure: "windows", Metric: "M64", N: 1, Before: "0", After: "1", Cut: "-1"},
	}
	if !reflect.DeepEqual(got.Totals, totals) {
		t.Errorf("totals %+v", got.Totals)
	}
	for _, c := range got.Changes {
		if c.List == "power" && c.Kind != "changed" {
			t.Errorf("on a day an item is one row: %+v", c)
		}
	}
}

// A limit that changes its unit is shown, but not subtracted or summed.
func TestCompare_Units(t *testing.T) {
	after := small()
	after["power.csv"] = strings.Replace(after["power.csv"], "3,wd", "2,nd", 1)
	got := lists.Compare(read(t, small(), ""), read(t, after, ""))
	want := []lists.Cut{{Kind: "item", Code: "I-1", Name: "项目审批", Measure: "promised limit", Metric: "M63", Before: "3 wd", After: "2 nd"}}
	if !reflect.DeepEqual(got.Cuts, want) {
		t.Errorf("got %+v", got.Cuts)
	}
	for _, total := range got.Totals {
		if total.Measure == "promised limit" {
			t.Errorf("summed: %+v", total)
		}
	}
}

// The lake keeps every version, and each can be compared; one that it does not have is an error, not empty lists.
func TestCompare_Lake(t *testing.T) {
	lake := newLake(t)
	load(t, lake, small())
	load(t, lake, map[string]string{"sector.csv": small()["sector.csv"] + "S03,商务,\n"})
	edition := func(version int64) *lists.Edition {
		e, err := lists.LoadedEdition(context.Background(), lake.Lake, version, "")
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	got := lists.Compare(edition(1), edition(2)).Changes
	if want := []lists.Change{{List: "sector", Key: "S03", Kind: "added", Name: "商务"}}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if newest := edition(0); newest.Version != 2 {
		t.Errorf("version %d counts, want 2", newest.Version)
	}
	if d := lists.Compare(edition(1), read(t, small(), "")); len(d.Changes) != 0 {
		t.Errorf("a load differs from its directory: %+v", d.Changes)
	}
	if _, err := lists.LoadedEdition(context.Background(), lake.Lake, 7, ""); err == nil || !strings.Contains(err.Error(), "no such version") {
		t.Errorf("version 7: %v", err)
	}
}

// Lists with a fault are not compared, and a day that does not exist is said.
func TestReadEdition_Wrong(t *testing.T) {
	var invalid *lists.Invalid
	if _, err := lists.ReadEdition(dir(plant(t, small(), faults()[0])), ""); !errors.As(err, &invalid) {
		t.Errorf("got %v", err)
	}
	if _, err := lists.ReadEdition(dir(small()), "2026-02-30"); err == nil || !strings.Contains(err.Error(), "2026-02-30") {
		t.Errorf("got %v", err)
	}
}
