package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dutyflow/dutyflow/export"
)

func (a *app) exportCommand() *cobra.Command {
	var o export.Options
	var since, until string
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write cases as an event log for process-mining tools: XES or OCEL 2.0",
		Long: `Writes cases of the published warehouse as an event log that process-mining tools open. One run of a step is one event.
XES (IEEE 1849) is compressed when the name ends in .gz. OCEL 2.0 relates events to cases, processes, items, departments,
sections and posts.

A XES log that is loaded again with examples/mappings/dutyflow_export.yaml in the sources gives the same figures on cases and
steps, but for what special procedures and extensions decide; docs/export.md in the sources says more.`,
		Example: `  dutyflow export --dir d --format xes --out cases.xes.gz
  dutyflow export --dir d --format xes --process P-0421 --since 2026-01-01 --until 2026-07-01 --out first-half.xes
  dutyflow export --dir d --format ocel-sqlite --region 371302 --out county.sqlite
  dutyflow export --dir d --format ocel-json --where "not on_time" --out late.json.gz`,
		Args: noArgs,
	}
	flags := cmd.Flags()
	flags.StringVar(&o.Format, "format", export.XES, "format: "+strings.Join(export.Formats(), ", "))
	flags.StringVar(&o.Path, "out", "", "file to write (required)")
	flags.BoolVar(&o.Overwrite, "overwrite", false, "replace the file if it exists")
	flags.StringVar(&o.Selection.Process, "process", "", "cases of this process")
	flags.StringVar(&o.Selection.Region, "region", "", "cases of this region and all below it")
	flags.StringVar(&since, "since", "", "cases accepted (else: first seen) on this day or later, such as 2026-01-01")
	flags.StringVar(&until, "until", "", "cases accepted (else: first seen) before this day")
	flags.StringVar(&o.Selection.Where, "where", "", "cases for which this SQL condition over the columns of v_case holds")
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		if o.Path == "" {
			return usagef("--out is missing; name the file to write")
		}
		if o.Path, err = filepath.Abs(o.Path); err != nil {
			return fmt.Errorf("find %s: %w", o.Path, err)
		}
		for _, day := range []struct {
			flag, text string
			to         *time.Time
		}{{"--since", since, &o.Selection.Since}, {"--until", until, &o.Selection.Until}} {
			if day.text == "" {
				continue
			}
			if *day.to, err = time.Parse(time.DateOnly, day.text); err != nil {
				return usagef("%s %q is no day; write it as 2026-01-31", day.flag, day.text)
			}
		}
		return a.export(cmd, o)
	}
	return cmd
}

func (a *app) export(cmd *cobra.Command, o export.Options) error {
	db, err := a.openWarehouse()
	if err != nil {
		return err
	}
	defer db.Close()
	o.DB = db
	var st *stage
	o.Progress = func(done, total int64) {
		if st == nil {
			st = a.stages.begin("export", total, "cases")
		}
		st.at(done)
	}
	summary, err := export.Write(cmd.Context(), o)
	for _, mistake := range []error{export.ErrBadFormat, export.ErrBadSelection, export.ErrNothing, export.ErrExists} {
		if errors.Is(err, mistake) {
			return usageError{err}
		}
	}
	if err != nil {
		return err
	}
	if st == nil {
		st = a.stages.begin("export", -1, "cases")
	}
	if summary.Objects > 0 {
		st.end("%s cases, %s events, %s objects in %s", thousands(summary.Cases), thousands(summary.Events), thousands(summary.Objects), o.Path)
		return nil
	}
	st.end("%s cases, %s events in %s", thousands(summary.Cases), thousands(summary.Events), o.Path)
	return nil
}
