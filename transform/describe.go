package transform

import (
	"strings"

	"github.com/dutyflow/dutyflow/warehouse/duck"
)

// describeStatement makes dim_model: what each table, view and macro of a version is for, from the headers of the models,
// so that whoever opens the database with any client can find their way without the sources.
func (r *run) describeStatement(order []string) string {
	rows := []string{
		describe("version", "table", "", "one row", "", "which version this is: its time, its snapshots of the lake, the hash of its SQL"),
		describe("version_check", "table", "", "check_name", "", "what the checks found when the version was made"),
		describe("v_run", "view", "views", "started_at", "", "the runs of transform up to this version: how long, how many rows, and why"),
		describe("dim_model", "table", "marts", "name", "", "this table"),
	}
	for _, name := range order {
		if macro, ok := r.project.macros[name]; ok {
			parameters := strings.TrimPrefix(macro.Signature, macro.Name)
			rows = append(rows, describe(name, "macro", "macros", "", parameters, macro.Why))
			continue
		}
		model := r.project.byName[name]
		if model == nil || model.Layer < Marts {
			continue
		}
		kind := "table"
		if model.Kind == View || model.Kind == Parts { // parts are Parquet files below a view
			kind = "view"
		}
		rows = append(rows, describe(name, kind, model.Layer.String(), strings.Join(model.Grain, ", "), "", model.Why))
	}
	return "create table dim_model as select * from (values " + strings.Join(rows, ", ") +
		") as described(name, kind, layer, grain, parameters, why) order by name"
}

func describe(values ...string) string {
	for i, v := range values {
		values[i] = duck.Literal(v)
	}
	return "(" + strings.Join(values, ", ") + ")"
}
