package main

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dutyflow/dutyflow/report"
)

func (a *app) reportCommand() *cobra.Command {
	options := report.Options{}
	var langs []string
	var out string
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Write a performance report from the published warehouse",
		Long: `Writes a report of one period for a region, a sector or an organisation and all that lies below it. The figures
are those of the published version of the warehouse; the document names the version, the snapshots and the as-of time.`,
		Example: `  dutyflow report --dir d --kind R1 --period 2026-10
  dutyflow report --dir d --kind R1 --period 2026-10 --region 371302 --lang zh,en
  dutyflow report --dir /srv/dutyflow --period 2026-10 --out .    # may be read, not written`,
		Args: noArgs,
	}
	flags := cmd.Flags()
	flags.StringVar(&options.Kind, "kind", "R1", "report: "+strings.Join(report.Kinds(), ", "))
	flags.StringVar(&options.Period, "period", "", "period, such as 2026-10 (required)")
	flags.StringVar(&options.Region, "region", "", "region code; the report counts it and all below it (default: the whole city)")
	flags.StringVar(&options.Sector, "sector", "", "sector code (default: all)")
	flags.StringVar(&options.Org, "org", "", "code of a department (default: all)")
	flags.StringSliceVar(&langs, "lang", []string{"zh"}, "languages: "+strings.Join(report.Languages(), ", "))
	flags.StringSliceVar(&options.Formats, "format", []string{"html"}, "formats: "+strings.Join(report.Formats(), ", "))
	flags.StringVar(&out, "out", "", "directory to write to (default: reports in --dir)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if options.Period == "" {
			return usagef("--period is missing; name a month, such as --period 2026-10")
		}
		db, err := a.openWarehouse()
		if err != nil {
			return err
		}
		defer db.Close()
		options.Config, options.DB, options.Dir, options.Stamp = a.cfg.Report, db.SQL(), cmp.Or(out, a.reportsDir()), time.Now()
		for _, lang := range langs {
			options.Lang = lang
			files, err := report.Write(cmd.Context(), options)
			for _, mistake := range []error{report.ErrUnknownKind, report.ErrBadPeriod, report.ErrUnknownCode, report.ErrUnknownFormat} {
				if errors.Is(err, mistake) {
					return usageError{err}
				}
			}
			if err != nil {
				return err
			}
			for _, file := range files {
				fmt.Fprintln(a.stdout, file)
			}
		}
		return nil
	}
	return cmd
}

func (a *app) reportsDir() string { return filepath.Join(a.cfg.Dir, "reports") }
