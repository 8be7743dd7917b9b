package transform

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/dutyflow/dutyflow/warehouse/duck"
)

// sampleRows is how many offending rows a check shows: enough to find the cause.
const sampleRows = 10

// CheckRun is the outcome of one check.
type CheckRun struct {
	Name     string
	Severity string
	Rows     int64 // offending rows
	Columns  []string
	Sample   [][]string
}

// check runs the project's checks. Those of severity error that found rows forbid publishing.
func (r *run) check(ctx context.Context) error {
	built := map[string]bool{}
	for _, m := range r.result.Models {
		built[m.Name] = true
	}
	for _, c := range r.project.Checks {
		missing := slices.ContainsFunc(c.refs, func(ref string) bool {
			_, isModel := r.project.byName[ref]
			return isModel && !built[ref]
		})
		if missing { // only with Select
			continue
		}
		if err := r.runCheck(ctx, c.Name, c.Severity, c.SQL); err != nil {
			return fmt.Errorf("%s: %w", c.Path, err)
		}
	}
	names := make([]string, 0, len(r.samples))
	for name := range r.samples {
		names = append(names, name)
	}
	slices.Sort(names)
	var failed []string
	for _, name := range names {
		c := r.samples[name]
		r.result.Checks = append(r.result.Checks, *c)
		switch {
		case c.Rows == 0:
		case c.Severity == "error":
			failed = append(failed, fmt.Sprintf("%s (%d rows, e.g. %s)", c.Name, c.Rows, c.Example()))
		default:
			r.Logger.Info("check", "check", c.Name, "rows", c.Rows, "example", c.Example())
		}
	}
	if len(failed) > 0 {
		return fmt.Errorf("%w: %s; the version before stays published", ErrChecksFailed, strings.Join(failed, "; "))
	}
	return nil
}

// Example is the first offending row, as column=value; empty when there is none.
func (c *CheckRun) Example() string {
	if len(c.Sample) == 0 {
		return ""
	}
	var cells []string
	for i, column := range c.Columns {
		cells = append(cells, column+"="+c.Sample[0][i])
	}
	return strings.Join(cells, " ")
}

// checkGrain looks for rows that share what the header calls the grain. Facts are looked at range by range, which is
// enough: their grain holds the entity.
func (r *run) checkGrain(ctx context.Context, m *Model) error {
	if m.Kind == View {
		return nil
	}
	columns := make([]string, len(m.Grain))
	for i, c := range m.Grain {
		columns[i] = duck.Ident(c)
	}
	list := strings.Join(columns, ", ")
	query := "select " + list + ", count(*) as n from " + duck.Ident(m.Name) + " group by " + list + " having count(*) > 1"
	if err := r.runCheck(ctx, "grain_"+m.Name, "error", query); err != nil {
		return fmt.Errorf("%s: grain: %w", m.Path, err)
	}
	return nil
}

func (r *run) runCheck(ctx context.Context, name, severity, query string) error {
	c, ok := r.samples[name]
	if !ok {
		c = &CheckRun{Name: name, Severity: severity}
		r.samples[name] = c
	}
	var rows int64
	if err := r.db.Scalar(ctx, "select count(*) from (\n"+query+"\n)", &rows); err != nil {
		return err
	}
	c.Rows += rows
	if rows == 0 || len(c.Sample) >= sampleRows {
		return nil
	}
	found, err := r.db.Query(ctx, "select * from (\n"+query+"\n) order by all limit "+fmt.Sprint(sampleRows))
	if err != nil {
		return err
	}
	defer found.Close()
	c.Columns = c.Columns[:0]
	for _, column := range found.Columns {
		c.Columns = append(c.Columns, column.Name)
	}
	for found.Next() {
		line := make([]string, len(found.Columns))
		for i := range line {
			line[i], _ = found.Text(i)
		}
		c.Sample = append(c.Sample, line)
	}
	return found.Err()
}
