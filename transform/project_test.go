package transform_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/dutyflow/dutyflow/transform"
)

// stepSource are the columns that the small project reads.
const stepSource = "column,type\nschema,VARCHAR\nsource,VARCHAR\nevent_id,VARCHAR\nevent_time,TIMESTAMPTZ\nop,VARCHAR\n" +
	"is_test,BOOLEAN\ncase_id,VARCHAR\nseq,BIGINT\n_cluster,VARCHAR\n_topic,VARCHAR\n_partition,INTEGER\n_offset,BIGINT\n_kafka_ts,TIMESTAMPTZ\n"

// small is a project of three models: enough for everything but the domain.
func small(change ...string) fs.FS {
	files := fstest.MapFS{}
	put := func(name, text string) { files[name] = &fstest.MapFile{Data: []byte(text)} }
	put("sources/step.csv", stepSource)
	put("sources/loads.csv", "column,type\nload_id,VARCHAR\naction,VARCHAR\nat,TIMESTAMPTZ\n")
	put("staging/stg_step.sql", "-- model: stg_step\n-- grain: event_id\n-- kind: table\n-- entity: case_id\n-- why: events\n"+
		"select case_id, event_id, event_time from lake.step where event_time <= as_of()")
	put("marts/fact_case.sql", "-- model: fact_case\n-- grain: case_id\n-- kind: parts\n-- entity: case_id\n-- order: case_id\n-- why: cases\n"+
		"select case_id, count(*) as n, min(event_time) as first_at from stg_step group by all")
	put("marts/agg_case.sql", "-- model: agg_case\n-- grain: n\n-- kind: sums\n-- order: n\n-- why: sizes\n"+
		"select n, count(*) as cases from fact_case group by all")
	put("views/v_case.sql", "-- model: v_case\n-- grain: case_id\n-- kind: view\n-- why: for analysts\nselect *, twice(n) as double_n from fact_case")
	put("macros/twice.sql", "-- macro: twice(x)\n-- why: to see a macro\nx * 2")
	put("checks/no_empty_case.sql", "-- check: no_empty_case\n-- severity: error\n-- why: a case has events\nselect * from fact_case where case_id = 'bad'")
	put("checks/odd_case.sql", "-- check: odd_case\n-- severity: warn\n-- why: only to warn\nselect case_id from fact_case where n = 3")
	for i := 0; i+1 < len(change); i += 2 {
		if change[i+1] == "" {
			delete(files, change[i])
			continue
		}
		put(change[i], change[i+1])
	}
	return files
}

// A project that cannot run is refused before anything runs, with the file and the reason.
func TestLoad_refuses(t *testing.T) {
	const head = "-- model: %\n-- grain: x\n-- kind: view\n-- why: w\n"
	model := func(name, query string) string { return strings.ReplaceAll(head, "%", name) + query }
	for _, test := range []struct{ name, path, text, want string }{
		{"no header", "views/v_x.sql", "select 1 as x", "header: model is missing"},
		{"unknown key", "views/v_x.sql", "-- model: v_x\n-- colour: red\n" + model("v_y", "select 1")[12:], "is not a key"},
		{"other name", "views/v_x.sql", model("v_y", "select 1 as x"), "named for its model"},
		{"unknown table", "views/v_x.sql", model("v_x", "select * from nowhere"), "reads nowhere"},
		{"upwards", "marts/dim_x.sql", model("dim_x", "select * from v_case"), "references only go downwards"},
		{"unpublished", "views/v_x.sql", model("v_x", "select * from stg_step"), "which is not published"},
		{"lake from a mart", "marts/dim_x.sql", model("dim_x", "select * from lake.step"), "only staging reads the lake"},
		{"circle", "views/v_x.sql", model("v_x", "select * from v_x as x"), ""},
		{"two statements", "views/v_x.sql", model("v_x", "select 1; select 2"), "2 statements"},
		{"syntax", "views/v_x.sql", model("v_x", "select from where"), "views/v_x.sql"},
		{"CTE named as a model", "views/v_x.sql", model("v_x", "with fact_case as (select 1 as x) select * from fact_case"), "a CTE and a model"},
		{"no order", "marts/agg_x.sql", "-- model: agg_x\n-- grain: n\n-- kind: table\n-- why: w\nselect 1 as n", "order is missing"},
		{"view that stores", "views/v_x.sql", "-- model: v_x\n-- grain: n\n-- kind: table\n-- why: w\nselect 1 as n", "store nothing"},
		{"severity", "checks/c.sql", "-- check: c\n-- severity: bad\n-- why: w\nselect 1", "one of error, warn"},
		{"undeclared lake table", "staging/stg_x.sql", "-- model: stg_x\n-- grain: n\n-- kind: table\n-- why: w\nselect * from lake.other", "sources/ does not declare"},
		{"range read from outside", "marts/agg_x.sql", "-- model: agg_x\n-- grain: n\n-- kind: table\n-- order: n\n-- why: w\nselect count(*) as n from stg_step", "only while a range"},
		{"sums of sums", "marts/agg_x.sql", "-- model: agg_x\n-- grain: n\n-- kind: sums\n-- order: n\n-- why: w\nselect n, cases from agg_case", "made of all entities"},
		{"table of facts", "marts/agg_x.sql", "-- model: agg_x\n-- grain: n\n-- kind: table\n-- order: n\n-- why: w\nselect n from fact_case", "make it kind sums"},
		{"wakes without a fact", "marts/agg_x.sql", "-- model: agg_x\n-- grain: n\n-- kind: table\n-- wakes: at\n-- order: n\n-- why: w\nselect 1 as n", "wakes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := transform.Load(t.Context(), small(test.path, test.text))
			if test.want == "" {
				return
			}
			if !errors.Is(err, transform.ErrBadProject) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want ErrBadProject with %q", err, test.want)
			}
		})
	}
}

// What would make equal inputs give other bytes is found, and its look-alikes in comments and strings are not.
func TestLint(t *testing.T) {
	for query, want := range map[string]string{
		"select now() as t": "reads the clock", "select current_date as d": "reads the clock",
		"select any_value(n) as n from fact_case": "by chance", "select avg(n) as n from fact_case": "averages",
		"select string_agg(case_id, ',') as s from fact_case":                                          "no order by inside",
		"select list(case_id) as s from fact_case":                                                     "no order by inside",
		"select sum(n::double) as s from fact_case":                                                    "floating-point",
		"select sum(wall_s) as s from fact_case":                                                       "floating-point",
		"select * from fact_case order by case_id limit 3":                                             "limits rows",
		"select string_agg(case_id, ',' order by case_id) as s from fact_case":                         "",
		"select 'now()' as t, n -- avg(n)\nfrom fact_case":                                             "",
		"select sum(n) as s from fact_case":                                                            "",
		"select a.n from fact_case as a left join fact_case as b on a.case_id = b.case_id and a.n = 1": "every row with every row",
		"select a.n from fact_case as a left join fact_case as b on a.case_id = b.case_id and b.n = 1": "",
	} {
		p, err := transform.Load(t.Context(), small("views/v_x.sql", "-- model: v_x\n-- grain: x\n-- kind: view\n-- why: w\n"+query))
		if err != nil {
			t.Fatal(err)
		}
		var found []string
		for _, problem := range p.Lint() {
			found = append(found, problem.String())
		}
		got := strings.Join(found, "; ")
		if (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("%s: found %q, want %q", query, got, want)
		}
	}
}
