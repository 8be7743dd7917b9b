package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dutyflow/dutyflow/sql"
	"github.com/dutyflow/dutyflow/transform"
	"github.com/dutyflow/dutyflow/warehouse"
)

// transformFlags are what `dutyflow transform` was told.
type transformFlags struct {
	asOf time.Time
	full bool
	only []string
	plan bool
}

func (a *app) transformCommand() *cobra.Command {
	var f transformFlags
	var asOf string
	cmd := &cobra.Command{
		Use:   "transform",
		Short: "Compute the warehouse from the lake and publish it",
		Long: `Pins one snapshot of each table of the lake, runs the SQL models and the checks, and publishes a new version of the
warehouse in one step. A failed run or check leaves the last good version standing. When nothing changed since the published
version, nothing is done.`,
		Example: `  dutyflow transform --dir d
  dutyflow transform --dir d --as-of 2026-10-31T24:00:00+08:00
  dutyflow transform --dir d --plan`,
		Args: noArgs,
	}
	flags := cmd.Flags()
	flags.StringVar(&asOf, "as-of", "", "leave out events after this instant (RFC 3339, or a date: its end); default: up to the last event in the lake")
	flags.BoolVar(&f.full, "full", false, "compute again even when nothing changed")
	flags.StringSliceVar(&f.only, "select", nil, "run only these models and what they need, and publish nothing")
	flags.BoolVar(&f.plan, "plan", false, "say what would be done, and do nothing")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		lake, err := a.openLake(cmd.Context())
		if err != nil {
			return err
		}
		defer lake.Close()
		if asOf != "" {
			if f.asOf, err = parseAsOf(asOf, lake.Zone()); err != nil {
				return err
			}
			if f.asOf.Before(a.cfg.Ingest.Records.MinTime) {
				return usagef("--as-of %s lies before every event that a record may have; did you mean another year?", asOf)
			}
		}
		return a.transform(cmd.Context(), lake, f)
	}
	return cmd
}

// parseAsOf reads an instant; a date means its end in the business zone, and 24:00:00 is the end of a day.
func parseAsOf(text string, zone *time.Location) (time.Time, error) {
	if day, err := time.ParseInLocation(time.DateOnly, text, zone); err == nil {
		return day.AddDate(0, 0, 1).Add(-time.Microsecond), nil // the last instant that belongs to the day
	}
	days := 0
	plain := text
	if strings.Contains(text, "T24:00:00") {
		days, plain = 1, strings.Replace(text, "T24:00:00", "T00:00:00", 1)
	}
	at, err := time.Parse(time.RFC3339, plain)
	if err != nil {
		return time.Time{}, usagef("--as-of %s: write an instant such as 2026-10-31T18:00:00+08:00, or a date", text)
	}
	return at.AddDate(0, 0, days), nil
}

func (a *app) warehouseDir() string { return filepath.Join(a.cfg.Dir, "warehouse") }

func (a *app) transform(ctx context.Context, lake *warehouse.Lake, f transformFlags) error {
	st := a.stages.begin("transform", 100, "%")
	result, err := transform.Run(ctx, transform.Options{
		Lake: lake, Dir: a.warehouseDir(), Project: sql.Project(), Config: a.cfg.Transform,
		AsOf: f.asOf, Full: f.full, Select: f.only, Plan: f.plan, Logger: a.quiet(),
		Progress: func(p transform.Progress) {
			if p.Total > 0 {
				st.at(int64(100 * p.Done / p.Total))
			}
		},
	})
	if err != nil {
		return err
	}
	if f.plan {
		return a.printPlan(result)
	}
	if result.UpToDate {
		st.end("version %s is up to date", result.Version)
		return nil
	}
	var rows int64
	for _, m := range result.Models {
		rows += m.Rows
	}
	warnings := 0
	for _, c := range result.Checks {
		if c.Rows > 0 {
			warnings++
		}
	}
	st.end("version %s, as of %s: %d models, %s rows, %d checks, %d with findings", result.Version, result.AsOf.In(lake.Zone()).Format(time.RFC3339),
		len(result.Models), thousands(rows), len(result.Checks), warnings)
	for _, c := range result.Checks {
		if c.Rows > 0 {
			fmt.Fprintf(a.stderr, "%-10s            check %s: %s rows, such as %s\n", "", c.Name, thousands(c.Rows), printable(c.Example()))
		}
	}
	return nil
}

func (a *app) printPlan(result transform.Result) error {
	if result.UpToDate {
		fmt.Fprintf(a.stdout, "Version %s is up to date; nothing would be done.\n", result.Version)
		return nil
	}
	for _, input := range result.Inputs {
		fmt.Fprintln(a.stdout, "because", input)
	}
	out := listing{Columns: []string{"model", "layer", "kind"}}
	for _, m := range result.Models {
		out.add(m.Name, m.Layer, string(m.Kind))
	}
	return out.show(a.stdout, "table")
}
