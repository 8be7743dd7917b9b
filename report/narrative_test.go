package report_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/dutyflow/dutyflow/report"
)

// summary is the part of the machine summary that the tests read.
type summary struct {
	Data []struct {
		Name    string
		Columns []string
		Rows    [][]any
	}
	Sentences []struct {
		Rule   string
		Values map[string]any
	}
}

func summarize(t *testing.T, text string) summary {
	t.Helper()
	var s summary
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s summary) rules() []string {
	var ids []string
	for _, sentence := range s.Sentences {
		ids = append(ids, sentence.Rule)
	}
	return ids
}

// column returns a column of a data set, by the values of its key column.
func (s summary) column(t *testing.T, data, key, column string) map[any]any {
	t.Helper()
	for _, d := range s.Data {
		if d.Name != data {
			continue
		}
		k, c := slices.Index(d.Columns, key), slices.Index(d.Columns, column)
		if k < 0 || c < 0 {
			t.Fatalf("data %s has no %s or %s", data, key, column)
		}
		out := map[any]any{}
		for _, r := range d.Rows {
			out[r[k]] = r[c]
		}
		return out
	}
	t.Fatalf("no data %s", data)
	return nil
}

// The changes of the fixture that switch sentences on and off.
const (
	nothingAccepted = "update cells set accepted = 0, finished = 0, cohort = 0"
	nothingDue      = "update cells set due = 0, on_time = 0"
	allOnTime       = "update cells set on_time = due"
	noOpen          = "delete from v_case where is_open"
	noSteps         = "update steps set total_s = 0"
	noRuns          = "update steps set runs = 0, step_s = 0, queue_s = 0"
	oneOrg          = "delete from cells where org_code <> 'LS-ZR'"
	noIdle          = "delete from dim_org where org_code = 'LZ-DA'"
	noRejects       = "delete from v_reject"
	manyRejects     = "insert into v_reject select r.* from v_reject as r, range(10)"
	noLastYear      = "delete from cells where month < date '2026-01-01'"
	// the kind with the better rate shrinks to a third while each kind improves
	mixMoves = `update cells set
		due = case when sector_code = 'SC' then case when month = date '2026-10-01' then 100 else 400 end else 200 end,
		on_time = case
			when sector_code = 'SC' then case when month = date '2026-10-01' then 99 else 392 end
			else case when month = date '2026-10-01' then 166 else 160 end
		end`
)

// Each sentence is printed when its condition holds and its sample is large enough, and only then.
func TestRules(t *testing.T) {
	none := []string{}
	cases := map[string]struct{ on, off []string }{
		"headline_volume":        {none, []string{nothingAccepted}},
		"headline_on_time":       {none, []string{mixMoves}},
		"headline_on_time_mixed": {[]string{mixMoves}, none},
		"headline_lowest_step":   {none, []string{"update v_step_run set overdue_work_s = 0"}},
		"headline_lowest":        {[]string{"update v_step_run set overdue_work_s = 0"}, []string{oneOrg}},
		"headline_overdue":       {[]string{oneOrg}, none},
		"headline_all_on_time":   {[]string{allOnTime, noOpen}, none},

		"overall_volume":        {none, []string{"update cells set early_of = 0, early = 0"}},
		"overall_above_hundred": {none, []string{"update cells set finished = accepted - 1"}},
		"overall_per_workday":   {none, []string{"update dim_date set is_work = day(date) between 1 and 20"}},
		"overall_year":          {none, []string{noLastYear}},

		"duration_case":       {none, []string{"update cells set finished = 0, work_s = 0"}},
		"duration_step":       {none, []string{noRuns}},
		"duration_bottleneck": {none, []string{noSteps}},
		"frequency":           {none, []string{noRuns}},
		"frequency_rework":    {none, []string{nothingAccepted}},
		"completion":          {none, []string{nothingAccepted}},

		"timeliness":      {none, []string{nothingDue}},
		"timeliness_mix":  {[]string{mixMoves}, none},
		"overdue_open":    {none, []string{noOpen}},
		"overdue_none":    {[]string{noOpen}, none},
		"idle":            {none, []string{noIdle}},
		"idle_none":       {[]string{noIdle}, none},
		"find_low_org":    {none, []string{allOnTime}},
		"find_bottleneck": {none, []string{noSteps}},
		"find_open":       {none, []string{noOpen}},
		"find_rework":     {[]string{"update cells set rework = accepted // 5"}, none},
		"find_idle":       {none, []string{noIdle}},
		"find_quality":    {[]string{manyRejects}, none},
		"find_none":       {[]string{allOnTime, noOpen, noIdle}, none},

		"quality_rejects":    {none, []string{noRejects}},
		"quality_no_rejects": {[]string{noRejects}, none},
		"quality_unknown":    {[]string{"update dim_org set is_known = false where org_code = 'LS-SC'"}, none},
		"quality_known":      {none, []string{"delete from dim_sector where sector_code = 'SC'"}},
	}
	db := open(t)
	known := map[string][]string{}
	// printed are the rules that speak after the changes, which are taken back.
	printed := func(changes []string) []string {
		key := strings.Join(changes, ";")
		if known[key] == nil {
			tx := changed(t, db, changes)
			known[key] = summarize(t, write(t, tx, func(o *report.Options) { o.Formats = []string{"json"} })["json"]).rules()
			if err := tx.Rollback(); err != nil {
				t.Fatal(err)
			}
		}
		return known[key]
	}
	for rule, c := range cases {
		t.Run(rule, func(t *testing.T) {
			if got := printed(c.on); !slices.Contains(got, rule) {
				t.Errorf("not printed although its condition holds; printed: %v", got)
			}
			if got := printed(c.off); slices.Contains(got, rule) {
				t.Errorf("printed although its condition does not hold")
			}
		})
	}
	declared, err := report.Rules("R1")
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range declared {
		if _, tested := cases[rule]; !tested {
			t.Errorf("rule %s is not tested", rule)
		}
	}
}

// Of the sentences with the same choice only the first that holds is printed.
func TestRules_choice(t *testing.T) {
	rules := summarize(t, write(t, open(t), nil)["json"]).rules()
	if !slices.Contains(rules, "headline_lowest_step") || slices.Contains(rules, "headline_lowest") {
		t.Errorf("got %v, want headline_lowest_step alone", rules)
	}
}

// A rate below the smallest sample is not told, not shown and not compared.
func TestRules_small_sample(t *testing.T) {
	out := write(t, open(t, "update cells set due = 1, on_time = 1 where month = date '2026-10-01' and org_code = 'LS-ZR'",
		"update cells set due = 0, on_time = 0 where month = date '2026-10-01' and org_code <> 'LS-ZR'"), nil)
	for _, rule := range summarize(t, out["json"]).rules() {
		if rule == "headline_on_time" || rule == "timeliness" {
			t.Errorf("%s tells a rate of one case", rule)
		}
	}
	if !strings.Contains(out["html"], "样本不足") {
		t.Error("the card does not say that the sample is too small")
	}
}

// A declaration that cannot work is refused when it is read, not in the month that reaches the faulty part.
func TestSpec(t *testing.T) {
	for text, want := range map[string]string{
		"id: X\nunknown: 1":                                              "unknown field",
		"data: [{name: a, query: nothing}]":                              `query "nothing" is not declared`,
		"data: [{name: a, query: trend}, {name: a, query: trend}]":       "declared twice",
		"headline: [{id: a, when: ['x = 1']}]":                           "write it as",
		"headline: [{id: a, each: nowhere}]":                             `data set "nowhere" is not declared`,
		"headline: [{id: a, values: [{name: b, kind: colour}]}]":         `unknown kind "colour"`,
		"headline: [{id: a, values: [{name: b, kind: rate, min: few}]}]": `minimum "few" is not declared`,
		"sections: [{id: a, blocks: [{table: {id: t, data: none}}]}]":    `data set "none" is not declared`,
	} {
		if err := report.CheckSpec(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}

// A name that a rule or a column gives wrongly is an error that says where, not an empty cell.
func TestQuery_without_the_column(t *testing.T) {
	db := open(t, "alter table v_reject rename reason to cause")
	_, err := report.Write(context.Background(), report.Options{DB: db, Kind: "R1", Period: "2026-10", Dir: t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), "query rejects") {
		t.Errorf("got %v, want the name of the query", err)
	}
}
