package main

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
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
	wait bool

	restate  bool
	from, to time.Time
}

func (a *app) transformCommand() *cobra.Command {
	var f transformFlags
	var asOf, from, to string
	cmd := &cobra.Command{
		Use:   "transform",
		Short: "Compute the warehouse from the lake and publish it",
		Long: `Pins one snapshot of each table of the lake, runs the SQL models and the checks, and publishes a new version of the
warehouse in one step. A failed run or check leaves the last good version standing. When nothing changed since the published
version, nothing is done.

Only what changed is computed: the cases and duty records that new records touch, and what they add to the figures. A
model whose SQL changed, and what depends on it, is computed from all. --plan tells what and why; --full computes
everything from the lake, and gives the same figures.`,
		Example: `  dutyflow transform --dir d
  dutyflow transform --dir d --as-of 2026-10-31T24:00:00+08:00
  dutyflow transform --dir d --plan
  dutyflow transform --dir d --restate --from 2026-03-01 --to 2026-03-31`,
		Args: noArgs,
	}
	flags := cmd.Flags()
	flags.StringVar(&asOf, "as-of", "", "leave out events after this instant (RFC 3339, or a date: its end); default: up to the last event in the lake")
	flags.BoolVar(&f.full, "full", false, "compute everything from the lake")
	flags.BoolVar(&f.restate, "restate", false, "compute again all cases and duty records with records between --from and --to")
	flags.StringVar(&from, "from", "", "with --restate: the first day, as 2026-03-01")
	flags.StringVar(&to, "to", "", "with --restate: the last day")
	flags.BoolVar(&f.wait, "wait", false, "if another transform is under way, wait for it to end")
	flags.StringSliceVar(&f.only, "select", nil, "run only these models and what they need, and publish nothing")
	flags.BoolVar(&f.plan, "plan", false, "say what would be done, and do nothing")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := f.period(from, to); err != nil {
			return err
		}
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

// period reads the days of --restate.
func (f *transformFlags) period(from, to string) error {
	if !f.restate {
		if from != "" || to != "" {
			return usagef("--from and --to go with --restate")
		}
		return nil
	}
	var err, err2 error
	f.from, err = time.Parse(time.DateOnly, from)
	f.to, err2 = time.Parse(time.DateOnly, to)
	if err != nil || err2 != nil {
		return usagef("--restate needs --from and --to, each a day such as 2026-03-01; got %q and %q", from, to)
	}
	if f.to.Before(f.from) {
		return usagef("--to %s lies before --from %s", to, from)
	}
	return nil
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
		AsOf: f.asOf, Full: f.full, Select: f.only, Plan: f.plan, From: f.from, To: f.to, Wait: f.wait, Logger: a.quiet(),
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
	for _, kind := range slices.Sorted(maps.Keys(result.Touched)) {
		fmt.Fprintf(a.stdout, "%s of %s would be computed\n", thousands(result.Touched[kind]), kind)
	}
	out := listing{Columns: []string{"model", "layer", "kind", "what"}}
	for _, m := range result.Models {
		out.add(m.Name, m.Layer, string(m.Kind), m.Why)
	}
	return out.show(a.stdout, "table")
}
