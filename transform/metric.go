package transform

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/dutyflow/dutyflow/warehouse/duck"
)

// units are the units of metrics, with their names in Chinese and English.
var units = map[string][2]string{
	"s": {"秒", "seconds"}, "ratio": {"%", "%"}, "wd": {"工作日", "working days"}, "count": {"次", "times"},
}

func (m *Metric) validate() error {
	if _, ok := units[m.Unit]; !ok {
		return fmt.Errorf("unit %q; one of count, ratio, s, wd", m.Unit)
	}
	if m.Direction != "up" && m.Direction != "down" && m.Direction != "none" {
		return fmt.Errorf("direction %q; one of up, down, none", m.Direction)
	}
	if n, err := strconv.Atoi(m.MinN); err != nil || n < 1 {
		return fmt.Errorf("min_n %q; want a number of 1 or more", m.MinN)
	}
	return nil
}

// leafColumns are what a metric's query returns, in this order.
const leafColumns = "month, region_code, sector_code, org_code, process_code, step_code, clock, stat, num, den, n"

// metricModels makes the models that hold all metrics: their leaf rows and their declarations.
func metricModels(metrics []*Metric) []*Model {
	var leaves, rows []string
	for _, m := range metrics {
		leaves = append(leaves, "select "+duck.Literal(m.ID)+" as metric_id, "+leafColumns+" from (\n"+m.SQL+"\n)")
		values := []string{
			m.ID, m.NameZH, m.NameEN, m.FormulaZH, m.FormulaEN, m.PopulationZH, m.PopulationEN,
			m.Unit, units[m.Unit][0], units[m.Unit][1], m.Direction,
		}
		for i, v := range values {
			values[i] = duck.Literal(v)
		}
		rows = append(rows, "("+strings.Join(append(values, m.MinN), ", ")+")")
	}
	return []*Model{
		{
			Name: "agg_metric_month", Layer: Marts, Kind: Table, Path: "metrics",
			Grain: strings.Split("metric_id, month, region_code, sector_code, org_code, process_code, step_code, clock, stat", ", "),
			Order: "metric_id, month, region_code, sector_code, org_code, process_code, step_code, clock, stat",
			Why:   "the leaf rows of all metrics",
			SQL: "select metric_id, month, region_code, sector_code, org_code, process_code, step_code, clock, stat,\n" +
				"num::hugeint as num, den::bigint as den, n::bigint as n from (\n" + strings.Join(leaves, "\nunion all\n") + "\n)",
		},
		{
			Name: "dim_metric", Layer: Marts, Kind: Table, Grain: []string{"metric_id"}, Order: "metric_id", Path: "metrics",
			Why: "what every metric means",
			SQL: "select * from (values\n" + strings.Join(rows, ",\n") + "\n) as declared(metric_id, name_zh, name_en, " +
				"formula_zh, formula_en, population_zh, population_en, unit, unit_zh, unit_en, direction, min_n)",
		},
	}
}

// MetricsMarkdown is the page docs/metrics.md.
func (p *Project) MetricsMarkdown() string {
	var b strings.Builder
	b.WriteString("# Metrics\n\nGenerated from `sql/metrics` by `go test ./sql -update`; edit the declarations there.\n\n" +
		"Every metric is a set of leaf rows in `v_metric_month` by month, region, sector, organisation, process, step and clock.\n" +
		"A total over any of them is `sum(num) / sum(den)`; values are never averaged. Times are in seconds, `clock` tells\n" +
		"whether of the wall or of office hours. `metric(id, since, until, ...)` gives totals and, for times, exact percentiles.\n" +
		"`step_code` is `*` where a metric is about whole cases. A (accepted), F (finished normally), X (ended abnormally),\n" +
		"O (open) and D (due) are the populations of the case, as of the version's time (`pop_case`).\n\n" +
		"| id | 指标 | metric | 公式 | formula | 口径 | population | unit | better | min n |\n" +
		"| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for _, m := range p.Metrics {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", m.ID, m.NameZH, m.NameEN, m.FormulaZH, m.FormulaEN,
			m.PopulationZH, m.PopulationEN, units[m.Unit][1], m.Direction, m.MinN)
	}
	b.WriteString("\n")
	for _, m := range p.Metrics {
		fmt.Fprintf(&b, "- **%s**: %s.\n", m.ID, m.Why)
	}
	return b.String()
}
