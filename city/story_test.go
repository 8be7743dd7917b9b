package city_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/dutyflow/dutyflow/city"
)

// event is what the tests read of a message.
type event struct {
	Schema    string      `json:"schema"`
	EventID   string      `json:"event_id"`
	EventTime string      `json:"event_time"`
	Op        string      `json:"op"`
	Rev       int         `json:"rev"`
	Region    string      `json:"region_code"`
	Org       string      `json:"org_code"`
	Section   string      `json:"section_code"`
	Post      string      `json:"post_code"`
	Sector    string      `json:"sector_code"`
	Case      string      `json:"case_id"`
	Record    string      `json:"record_id"`
	Action    string      `json:"action"`
	Phase     string      `json:"phase"`
	Process   string      `json:"process_code"`
	Ver       json.Number `json:"process_ver"`
	Step      string      `json:"step_code"`
	ToStep    string      `json:"to_step"`
	Task      string      `json:"task_code"`
	ListKind  string      `json:"list_kind"`
	Finish    string      `json:"finish_kind"`
	Kind      string      `json:"suspend_kind"`
	Channel   string      `json:"channel"`
	Service   string      `json:"service_kind"`
	Origin    string      `json:"origin_region_code"`
	Parent    string      `json:"parent_case_id"`
	Arrived   string      `json:"arrived_at"`
	Claimed   string      `json:"claimed_at"`
	Started   string      `json:"started_at"`
	StartAt   string      `json:"start_at"`
	EndAt     string      `json:"end_at"`
	Test      bool        `json:"is_test"`

	topic, key string
}

// cleanRecords is enough for rare things to happen.
const cleanRecords = 120_000

// clean returns the events of a stream without faults: everything once, in time. The tests share it.
var clean = sync.OnceValue(func() []event {
	cfg := config(cleanRecords)
	cfg.InvalidShare, cfg.DuplicateShare, cfg.LateShare, cfg.RevisionShare = 0, 0, 0, 0
	var out []event
	g, err := city.New(cfg)
	if err != nil {
		panic(err)
	}
	var m city.Message
	for g.Next(&m) {
		var e event
		if err := json.Unmarshal(m.Value, &e); err != nil {
			panic(fmt.Sprintf("%v: %s", err, m.Value))
		}
		e.topic, e.key = m.Topic, string(m.Key)
		out = append(out, e)
	}
	return out
})

func list(t *testing.T, name string) (rows []map[string]string) {
	t.Helper()
	b, err := fs.ReadFile(city.Lists(), name)
	if err != nil {
		t.Fatal(err)
	}
	all, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all[1:] {
		row := map[string]string{}
		for i, name := range all[0] {
			row[name] = r[i]
		}
		rows = append(rows, row)
	}
	return rows
}

func codes(rows []map[string]string, columns ...string) map[string]bool {
	out := map[string]bool{}
	for _, r := range rows {
		var parts []string
		for _, c := range columns {
			parts = append(parts, r[c])
		}
		out[strings.Join(parts, " ")] = true
	}
	return out
}

// Every code of a message is in the shipped lists, and a case is accepted under the version that is in force.
func TestGenerator_KnownCodes(t *testing.T) {
	orgs := codes(list(t, "org.csv"), "org_code", "parent_org")
	regions := codes(list(t, "region.csv"), "region_code")
	sectors := codes(list(t, "sector.csv"), "sector_code")
	tasks := codes(list(t, "task.csv"), "task_code")
	processes := codes(list(t, "process.csv"), "process_code", "ver")
	steps := codes(list(t, "step.csv"), "process_code", "ver", "step_code")
	valid := map[string][2]string{}
	for _, r := range list(t, "process.csv") {
		valid[r["process_code"]+" "+r["ver"]] = [2]string{r["valid_from"], r["valid_to"]}
	}
	levels := map[int]int{}
	for _, e := range clean() {
		if e.Op == "delete" {
			continue
		}
		region := e.Region
		if len(region) == 12 {
			region = strings.TrimSuffix(strings.TrimSuffix(region, "000"), "000")
		}
		switch {
		case !regions[region], e.Origin != "" && !regions[e.Origin]:
			t.Fatalf("region: %+v", e)
		case !orgs[e.Org+" "], e.Section != "" && !orgs[e.Section+" "+e.Org], e.Post != "" && !orgs[e.Post+" "+e.Section]:
			t.Fatalf("organisation: %+v", e)
		case e.Sector != "" && !sectors[e.Sector]:
			t.Fatalf("sector: %+v", e)
		case e.Task != "" && (e.ListKind == "" || e.ListKind == "task") && !tasks[e.Task]:
			t.Fatalf("task: %+v", e)
		case e.Process != "" && !processes[e.Process+" "+e.Ver.String()]:
			t.Fatalf("process: %+v", e)
		case e.Step != "" && !steps[e.Process+" "+e.Ver.String()+" "+e.Step]:
			t.Fatalf("step: %+v", e)
		case e.ToStep != "" && !steps[e.Process+" "+e.Ver.String()+" "+e.ToStep]:
			t.Fatalf("step to return to: %+v", e)
		}
		if v := valid[e.Process+" "+e.Ver.String()]; e.Action == "accept" && (e.EventTime[:len(v[0])] < v[0] || v[1] != "" && e.EventTime[:len(v[1])] >= v[1]) {
			t.Fatalf("version not in force from %s to %s: %+v", v[0], v[1], e)
		}
		levels[len(region)*10+map[bool]int{true: 1}[region == "371300"]]++
	}
	if len(levels) != 3 {
		t.Errorf("regions of %d levels, want city, county and township: %v", len(levels), levels)
	}
}

// A stream without late messages is in the order of time. A case is accepted before its steps, its events follow each other in time, and nothing but what may follow comes after its end.
func TestGenerator_Order(t *testing.T) {
	cases := map[string][]event{}
	ids := map[string]bool{}
	last := ""
	for _, e := range clean() {
		if e.Op == "delete" {
			continue
		}
		if e.EventTime < last {
			t.Fatalf("after %s: %+v", last, e)
		}
		last = e.EventTime
		if e.key != e.Case+e.Record || !strings.HasPrefix(e.Schema, e.topic) {
			t.Fatalf("topic %s, key %s: %+v", e.topic, e.key, e)
		}
		if ids[e.EventID] {
			t.Fatalf("event id twice: %+v", e)
		}
		ids[e.EventID] = true
		if e.EndAt > e.EventTime || e.StartAt > e.EndAt {
			t.Errorf("work after it was reported: %+v", e)
		}
		if e.Case != "" {
			cases[e.Case] = append(cases[e.Case], e)
		}
	}
	after := []string{"certify", "deliver", "reopen", "finish", "step_arrive", "step_claim", "step_start", "step_end", "return", "suspend_start", "suspend_end"}
	for id, events := range cases {
		accepted, finished := false, false
		for i, e := range events {
			if i > 0 && e.EventTime <= events[i-1].EventTime {
				t.Fatalf("%s: %+v does not come after %+v", id, e, events[i-1])
			}
			for _, pair := range [][2]string{{e.Arrived, e.Claimed}, {e.Claimed, e.Started}, {e.Arrived, e.Started}, {e.Started, e.EventTime}, {e.Arrived, e.EventTime}} {
				if pair[0] != "" && pair[1] != "" && pair[0] > pair[1] {
					t.Fatalf("%s: times run back: %+v", id, e)
				}
			}
			switch e.Action {
			case "accept", "correct_done":
				accepted = true
			case "finish":
				finished = true
			case "submit", "correct_notice", "refuse":
				if accepted {
					t.Fatalf("%s: %s after the acceptance", id, e.Action)
				}
			default:
				if !accepted {
					t.Fatalf("%s: %s before the acceptance", id, e.Action)
				}
				if finished && !slices.Contains(after, e.Action) {
					t.Fatalf("%s: %s after the end", id, e.Action)
				}
			}
		}
	}
}

// Whatever a report may have to count does happen.
func TestGenerator_Variety(t *testing.T) {
	seen := map[string]int{}
	for _, e := range clean() {
		seen["action "+e.Action]++
		seen["phase "+e.Phase]++
		seen["finish "+e.Finish]++
		seen["channel "+e.Channel]++
		seen["service "+e.Service]++
		seen["suspend "+e.Kind]++
		seen["list "+e.ListKind]++
		seen["month "+e.EventTime[:len("2026-10")]]++
		if e.Op == "delete" {
			seen["op delete"]++
		}
		if e.Parent != "" {
			seen["part of a matter"]++
		}
		if e.Origin != "" {
			seen["from elsewhere"]++
		}
		if e.Test {
			seen["test"]++
		}
		if e.Sector == "" {
			seen["no sector"]++
		}
		if e.Case != "" && len(e.Step) > 3 {
			seen["step of a procedure"]++
		}
	}
	for _, want := range strings.Split(`action submit,action accept,action refuse,action correct_notice,action correct_done,action step_arrive,`+
		`action step_claim,action step_start,action step_end,action return,action transfer,action suspend_start,action suspend_end,`+
		`action extend,action urge,action supervise,action decide,action finish,action certify,action deliver,action reopen,action void,`+
		`phase submit,phase review,phase return,phase void,finish normal,finish certificate,finish forwarded,finish reported,finish denied,`+
		`finish voided,finish withdrawn,finish terminated,channel window,channel web,channel app,channel mini,channel kiosk,channel phone,`+
		`channel mail,channel system,service instant,service promise,service report,service joint,suspend survey,suspend expert,`+
		`suspend publicity,suspend hearing,suspend appraisal,list task,list temp,list none,month 2025-09,month 2026-10,`+
		`op delete,part of a matter,from elsewhere,test,no sector,step of a procedure`, ",") {
		if seen[want] == 0 {
			t.Errorf("no %s in %d records", want, cleanRecords)
		}
	}
}

// Most happens on working days, also the made-up ones, and next to nothing in the holidays.
func TestGenerator_Season(t *testing.T) {
	days := map[string]int{}
	for _, e := range clean() {
		days[e.EventTime[:len("2026-10-31")]]++
	}
	if work, rest := days["2026-02-14"], days["2026-02-17"]; work < 10*rest {
		t.Errorf("%d events on the made-up working day 2026-02-14, %d on New Year's Day 2026-02-17", work, rest)
	}
	if work, rest := days["2026-10-10"], days["2026-10-11"]; work < 5*rest {
		t.Errorf("%d events on the made-up working day 2026-10-10, %d on the Sunday after it", work, rest)
	}
}
