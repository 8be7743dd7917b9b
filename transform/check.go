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

// factCheck is a check that is asked of facts, batch by batch, or of records.
type factCheck struct {
	*Check
	kinds []string // of the entities whose facts it reads
	why   string   // for which it is asked of all facts; empty: what it found before is carried on
	run   CheckRun
}

// look asks the check of the facts in hand and adds what it finds, or takes it away (sign -1).
func (c *factCheck) look(ctx context.Context, db *duck.DB, sign int64) error {
	c.run.Name, c.run.Severity = c.Name, c.Severity
	found := CheckRun{Sample: c.run.Sample, Columns: c.run.Columns}
	if err := found.ask(ctx, db, c.SQL, sign > 0); err != nil {
		return fmt.Errorf("%s: %w", c.Path, err)
	}
	c.run.Rows += sign * found.Rows
	c.run.Columns, c.run.Sample = found.Columns, found.Sample
	return nil
}

// check runs the project's checks. Those of severity error that found rows forbid publishing.
func (r *run) check(ctx context.Context) error {
	asked := map[string]bool{}
	for _, c := range r.factChecks {
		asked[c.Name] = true
		if c.why == "" {
			kept := r.before.Checks[c.Name]
			c.run.Rows += kept.Rows
			if c.run.Rows > 0 && len(c.run.Sample) == 0 {
				c.run.Columns, c.run.Sample = kept.Columns, kept.Sample
			}
		}
		c.run.Name, c.run.Severity = c.Name, c.Severity
		r.samples[c.Name] = &c.run
	}
	if err := r.checkLake(ctx, asked); err != nil {
		return err
	}
	for _, c := range r.project.Checks {
		if asked[c.Name] || !r.buildable(c.refs) { // not buildable only with Select
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

// checkLake asks the checks that read records: first of the new ones those whose findings are carried on, then of all
// the others.
func (r *run) checkLake(ctx context.Context, asked map[string]bool) error {
	for _, whole := range []bool{false, true} {
		shown := false
		for _, c := range r.lakeChecks {
			if (c.why != "") != whole {
				continue
			}
			if !shown {
				if err := r.lakeForChecks(ctx, whole); err != nil {
					return err
				}
				shown = true
			}
			asked[c.Name] = true
			if err := r.runCheck(ctx, c.Name, c.Severity, c.SQL); err != nil {
				return fmt.Errorf("%s: %w", c.Path, err)
			}
			if whole {
				continue
			}
			kept, found := r.before.Checks[c.Name], r.samples[c.Name]
			found.Rows += kept.Rows
			if len(found.Sample) == 0 {
				found.Columns, found.Sample = kept.Columns, kept.Sample
			}
		}
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
	return c.ask(ctx, r.db, query, true)
}

// ask adds the rows that a query finds, and shows some of them if it is to.
func (c *CheckRun) ask(ctx context.Context, db *duck.DB, query string, show bool) error {
	var rows int64
	if err := db.Scalar(ctx, "select count(*) from (\n"+query+"\n)", &rows); err != nil {
		return err
	}
	c.Rows += rows
	if rows == 0 || !show || len(c.Sample) >= sampleRows {
		return nil
	}
	found, err := db.Query(ctx, "select * from (\n"+query+"\n) order by all limit "+fmt.Sprint(sampleRows))
	if err != nil {
		return err
	}
	defer found.Close()
	c.Columns = nil
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
