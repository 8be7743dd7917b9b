package lists_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/dutyflow/dutyflow/lists"
	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
)

func newLake(t *testing.T, opts ...warehousetest.Option) *warehousetest.Lake {
	t.Helper()
	return warehousetest.New(t, []warehouse.Table{lists.Table()}, opts...)
}

// load loads and returns the version and the rows of it, by list.
func load(t *testing.T, lake *warehousetest.Lake, files map[string]string) (version int64, n int, rows map[string][]map[string]string) {
	t.Helper()
	version, n, err := lists.Load(context.Background(), lake.Lake, dir(files))
	if err != nil {
		t.Fatal(err)
	}
	return version, n, current(t, lake, version)
}

func current(t *testing.T, lake *warehousetest.Lake, version int64) map[string][]map[string]string {
	t.Helper()
	rows := map[string][]map[string]string{}
	for _, r := range lake.Rows(lists.TableName) {
		if r["list_version"].(int64) != version {
			continue
		}
		var fields map[string]string
		if err := json.Unmarshal([]byte(r["fields"].(string)), &fields); err != nil {
			t.Fatal(err)
		}
		fields["@"] = r["file"].(string)
		list := r["list"].(string)
		rows[list] = append(rows[list], fields)
	}
	return rows
}

func find(rows []map[string]string, field, value string) map[string]string {
	for _, r := range rows {
		if r[field] == value {
			return r
		}
	}
	return nil
}

// A load is one version with every row of every list, normalised; of several revisions only the highest is loaded.
func TestLoad(t *testing.T) {
	lake := newLake(t)
	files := small()
	files["org.csv"] += "CZJ,市财政局(更名),371300,,department,S02,2020/1/1,,1\n"
	version, n, rows := load(t, lake, files)
	if version != 1 || n != 48 {
		t.Errorf("version %d with %d rows, want 1 with 48", version, n)
	}
	if len(rows) != 16 || len(rows["org"]) != 7 {
		t.Errorf("%d lists, %d organisations", len(rows), len(rows["org"]))
	}
	if r := find(rows["region"], "name", "兰山区"); r["region_code"] != "371302000000" || r["parent"] != "371300000000" {
		t.Errorf("region %v", r)
	}
	if r := find(rows["org"], "name", "市财政局(更名)"); r["valid_from"] != "2020-01-01" || r["@"] != "org.csv" {
		t.Errorf("organisation %v", r)
	}
	if r := find(rows["task"], "task_code", "T-1"); r["chart_flag"] != "true" {
		t.Errorf("task %v", r)
	}
	if r := find(rows["calendar_map"], "scope", "region"); r["code"] != "371300000000" {
		t.Errorf("calendar_map %v", r)
	}
	if r := find(rows["power"], "item_code", "I-1"); r["suspend_limits"] != "expert=20 wd;survey=5 wd" {
		t.Errorf("power %v", r)
	}
	if r := find(rows["target"], "scope", "region"); r["scope_code"] != "371300000000" || r["floor"] != "-20" {
		t.Errorf("target %v", r)
	}
	if r := find(rows["sector"], "sector_code", "S01"); r == nil || len(r) != 3 {
		t.Errorf("empty values are stored: %v", r)
	}
}

// The same content makes no new version, also when rows and columns stand in another order.
func TestLoad_Same(t *testing.T) {
	lake := newLake(t)
	files := small()
	load(t, lake, files)
	files["sector.csv"] = "parent,sector_code,name\nS01,S02,财政\n,S01,综合经济\n"
	if version, n, _ := load(t, lake, files); version != 1 || n != 0 {
		t.Errorf("version %d with %d rows, want 1 with none", version, n)
	}
	files["sector.csv"] = strings.Replace(files["sector.csv"], "财政", "财政金融", 1)
	if version, n, _ := load(t, lake, files); version != 2 || n == 0 {
		t.Errorf("version %d with %d rows, want 2 with all", version, n)
	}
}

// Lists that a directory does not hold are carried over, and are checked against those that it does.
func TestLoad_CarriedOver(t *testing.T) {
	lake := newLake(t)
	_, before, _ := load(t, lake, small())
	version, n, rows := load(t, lake, map[string]string{"sector.csv": small()["sector.csv"] + "S03,商务,\n"})
	if version != 2 || n != before+1 || len(rows["sector"]) != 3 || len(rows["org"]) != 7 {
		t.Errorf("version %d with %d rows, %d sectors, %d organisations", version, n, len(rows["sector"]), len(rows["org"]))
	}

	_, _, err := lists.Load(context.Background(), lake.Lake, dir(map[string]string{"sector.csv": "sector_code,name\nS02,财政\n"}))
	var invalid *lists.Invalid
	if !errors.As(err, &invalid) {
		t.Fatalf("got %v", err)
	}
	requireProblems(t, invalid.Problems, at("org.csv", 2, "sector_code", "S01 is not in the list sector"))
}

// Lists with a problem change nothing.
func TestLoad_Invalid(t *testing.T) {
	lake := newLake(t)
	load(t, lake, small())
	for _, f := range faults() {
		if len(lists.Faults(f.want)) == 0 {
			continue
		}
		if _, _, err := lists.Load(context.Background(), lake.Lake, dir(plant(t, small(), f))); err == nil {
			t.Errorf("%s: loaded", f.name)
		}
	}
	if rows := lake.Rows(lists.TableName); len(rows) != 48 {
		t.Errorf("%d rows, want the 48 of the first version", len(rows))
	}
}

// Warnings do not keep lists from being loaded: they tell of work that is to be done, such as a duty without tasks.
func TestLoad_Warnings(t *testing.T) {
	for _, f := range faults() {
		if len(lists.Faults(f.want)) > 0 {
			continue
		}
		if version, _, _ := load(t, newLake(t), plant(t, small(), f)); version != 1 {
			t.Errorf("%s: not loaded", f.name)
		}
	}
}

// A load whose answer was lost, or that was killed before its commit, is simply run again.
func TestLoad_Again(t *testing.T) {
	for name, fault := range map[string]warehousetest.Option{
		"answer lost": warehousetest.LoseAnswer(1), "write failed": warehousetest.FailWrite(1),
	} {
		t.Run(name, func(t *testing.T) {
			lake := newLake(t, fault)
			_, _, err := lists.Load(context.Background(), lake.Lake, dir(small()))
			version, _, rows := load(t, lake, small())
			if version != 1 || len(rows["org"]) != 7 || len(lake.Rows(lists.TableName)) != 48 {
				t.Errorf("after %v: version %d, %d rows", err, version, len(lake.Rows(lists.TableName)))
			}
		})
	}
}

// Two loads at a time would make the same version twice; the second is told who is at it.
func TestLoad_Locked(t *testing.T) {
	lake := newLake(t)
	unlock, err := warehouse.Lock(lake.Dir(), "lists", "lists load x", false)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	if _, _, err := lists.Load(context.Background(), lake.Lake, dir(small())); !errors.Is(err, warehouse.ErrLocked) {
		t.Errorf("got %v", err)
	}
}
