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

// leafColumns are what a metric's query returns after its month or period, in this order.
const leafColumns = leafKeys + ", num, den, n"

// leafKeys are the columns that tell one leaf row of a metric and a period from another.
const leafKeys = "region_code, sector_code, org_code, section_code, post_code, process_code, step_code, clock, stat"

// metricModels makes the models that hold all metrics: their leaf rows, the periods and their declarations.
func metricModels(metrics []*Metric) []*Model {
	var sums, derived []*Metric
	var rows []string
	for _, m := range metrics {
		if m.Derived {
			derived = append(derived, m)
		} else {
			sums = append(sums, m)
		}
		kind := "sums"
		if m.Derived {
			kind = "derived"
		}
		values := []string{
			m.ID, m.NameZH, m.NameEN, m.FormulaZH, m.FormulaEN, m.PopulationZH, m.PopulationEN,
			m.Unit, units[m.Unit][0], units[m.Unit][1], m.Direction,
		}
		for i, v := range values {
			values[i] = duck.Literal(v)
		}
		rows = append(rows, "("+strings.Join(append(values, m.MinN, duck.Literal(kind)), ", ")+")")
	}
	return []*Model{
		metricModel("agg_metric_month", Sums, "month", "the leaf rows of all metrics that add up over months", sums),
		metricModel("agg_metric_derived", Table, "period_grain, period",
			"the leaf rows of all metrics that do not: coverage and distinct counts, each for its own period", derived),
		{
			Name: "dim_period", Layer: Marts, Kind: Table, Grain: []string{"period_grain", "period"}, Order: "period_grain, period",
			Path: "metrics", Why: "the months, quarters and years that have figures, from the first month of a metric to the version's time",
			SQL: periods,
		},
		{
			Name: "dim_metric", Layer: Marts, Kind: Table, Grain: []string{"metric_id"}, Order: "metric_id", Path: "metrics",
			Why: "what every metric means",
			SQL: "select * from (values\n" + strings.Join(rows, ",\n") + "\n) as declared(metric_id, name_zh, name_en, " +
				"formula_zh, formula_en, population_zh, population_en, unit, unit_zh, unit_en, direction, min_n, kind)",
		},
	}
}

// periods reads what adds up over months only: what is derived is derived for these periods.
const periods = `with span as (
    select min(month) as since, max(month) as until
    from agg_metric_month
    where month <= (as_of() at time zone zone())::date
), grains(period_grain, step) as (
    values ('month', interval 1 month), ('quarter', interval 3 months), ('year', interval 1 year)
), begun as (
    select period_grain, step, unnest(generate_series(date_trunc(period_grain, since), until::timestamp, step))::date as period
    from span cross join grains
    where since is not null
)
select period_grain, period, (period + step)::date as until
from begun`

func leaves(m *Metric, period string) string {
	return "select " + duck.Literal(m.ID) + " as metric_id, " + period + ", " + leafColumns + " from (\n" + m.SQL + "\n)"
}

// metricModel is the table of the leaf rows of metrics, whose period is told by the given columns.
func metricModel(name string, kind Kind, period, why string, metrics []*Metric) *Model {
	keys := "metric_id, " + period + ", " + leafKeys
	return &Model{
		Name: name, Layer: Marts, Kind: kind, Path: "metrics", Grain: strings.Split(keys, ", "), Order: keys, Why: why,
		SQL: metricSQL(metrics, period), metrics: metrics,
	}
}

// metricSQL is the query of the leaf rows of some metrics.
func metricSQL(metrics []*Metric, period string) string {
	keys := "metric_id, " + period + ", " + leafKeys
	var all []string
	for _, m := range metrics {
		all = append(all, leaves(m, period))
	}
	if len(all) == 0 { // the table is there all the same: views rely on it
		all = []string{"select null::varchar as metric_id, " + nulls(period) + ", " + nulls(leafKeys) + ", 0 as num, 0 as den, 0 as n where false"}
	}
	return "select " + keys + ",\nnum::hugeint as num, den::bigint as den, n::bigint as n from (\n" + strings.Join(all, "\nunion all\n") + "\n)"
}

// nulls gives columns without rows their types.
func nulls(columns string) string {
	var out []string
	for c := range strings.SplitSeq(columns, ", ") {
		kind := "varchar"
		if c == "month" || c == "period" {
			kind = "date"
		}
		out = append(out, "null::"+kind+" as "+c)
	}
	return strings.Join(out, ", ")
}

// MetricsMarkdown is the page docs/metrics.md. stories name, by metric, a story that computes it.
func (p *Project) MetricsMarkdown(stories map[string]string) string {
	var b strings.Builder
	b.WriteString("# Metrics\n\nGenerated from `sql/metrics` by `go test ./sql -update`; edit the declarations there.\n\n" +
		"Every metric is a set of leaf rows in `v_metric_month` by month, region, sector, organisation, process, step and clock.\n" +
		"`v_metric_quarter` and `v_metric_year` have the same columns. A total over any of them is `sum(num) / sum(den)`, or\n" +
		"`sum(num)` where `stat` is `sum`; values are never averaged. Times are in seconds, `clock` tells\n" +
		"whether of the wall or of office hours. `metric(id, since, until, ...)` gives totals and, for times, exact percentiles;\n" +
		"`metric_change(...)` (M98) holds a period against the one before, `metric_rank(...)` (M99) units against each other.\n" +
		"`step_code` is `*` where a metric is about whole cases. A (accepted), F (finished normally), X (ended abnormally),\n" +
		"O (open) and D (due) are the populations of the case, as of the version's time (`pop_case`).\n" +
		"Below the table each metric says why it is as it is, and which story of `sql/cases` computes it by hand reckoning.\n\n" +
		"| id | 指标 | metric | 公式 | formula | 口径 | population | unit | better | min n |\n" +
		"| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for _, m := range p.Metrics {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", m.ID, m.NameZH, m.NameEN, m.FormulaZH, m.FormulaEN,
			m.PopulationZH, m.PopulationEN, units[m.Unit][1], m.Direction, m.MinN)
	}
	b.WriteString("\n")
	for _, m := range p.Metrics {
		fmt.Fprintf(&b, "- **%s**: %s.", m.ID, m.Why)
		if story := stories[m.ID]; story != "" {
			fmt.Fprintf(&b, " [%s](../sql/cases/%s/README.md)", story, story)
		}
		b.WriteString("\n")
	}
	return b.String()
}
