package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dutyflow/dutyflow/warehouse"
)

func (a *app) lakeCompactCommand() *cobra.Command {
	var o warehouse.CompactOptions
	var maxBytes, target string
	cmd := &cobra.Command{
		Use:   "compact",
		Short: "Merge small files, closed months first, and take raw bytes out of old rejects",
		Long: `Ingest writes a file a month at each commit; queries are quicker, and the lake smaller, with few large ones. Merges the
small files of each month into sorted ones of about --target, in commits of their own: what is done stays done when the
command ends early. It may run beside ingest and transform. Months that are over are merged when there are two small files,
months that still grow when there are eight.

Rejects that are older than lake.rejects_raw_days lose their raw bytes; what was refused, why and where it came from stays.
With --table this is done only if rejects is among the tables.

The merged files stay for readers of older snapshots until "dutyflow lake expire".`,
		Example: `  dutyflow lake compact --dir d --dry-run
  dutyflow lake compact --dir d --max-time 30m
  dutyflow lake compact --dir d --max-bytes 20G --table step`,
		Args: noArgs,
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&o.Tables, "table", nil, "only these tables, such as step (default: all)")
	flags.StringVar(&target, "target", "128M", "size of the files to write, about")
	flags.StringVar(&maxBytes, "max-bytes", "", "end after reading about so many bytes, such as 20G (default: no limit)")
	flags.DurationVar(&o.MaxTime, "max-time", 0, "begin nothing later than this, such as 30m (default: no limit)")
	flags.BoolVar(&o.DryRun, "dry-run", false, "show the plan, and do nothing")
	format := formatFlag(cmd, "table", "json")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		var err error
		if o.TargetBytes, err = parseBytes("--target", target); err != nil {
			return err
		}
		if o.MaxBytes, err = parseBytes("--max-bytes", maxBytes); err != nil {
			return err
		}
		if o.MaxTime < 0 {
			return usagef("--max-time %s: give a time from now on, such as 30m", o.MaxTime)
		}
		return a.compact(cmd.Context(), o, *format)
	}
	return cmd
}

func (a *app) compact(ctx context.Context, o warehouse.CompactOptions, format string) error {
	lake, done, err := a.upkeep(ctx, o.DryRun)
	if err != nil {
		return err
	}
	defer done()
	if o.Tables, err = knownTables(ctx, lake, o.Tables); err != nil {
		return err
	}
	whole := len(o.Tables) == 0 || slices.Contains(o.Tables, warehouse.Rejects.Name)
	if days := a.cfg.Lake.RejectsRawDays; days > 0 && whole {
		if err := a.blankRaw(ctx, lake, days, o.DryRun); err != nil {
			return err
		}
	}
	st := a.stages.begin("compact", -1, "bytes")
	var read, written, files, after int64
	o.Progress = func(s warehouse.CompactStep) {
		read, written = read+s.Bytes, written+s.BytesAfter
		files, after = files+int64(s.Files), after+int64(s.FilesAfter)
		st.at(read)
	}
	result, err := lake.Compact(ctx, o)
	switch {
	case o.DryRun:
		st.end("would merge %s files, %s bytes", thousands(files), thousands(read))
	default:
		st.end("%s files of %s bytes became %s of %s; %d groups left", thousands(files), thousands(read), thousands(after), thousands(written), result.Left)
	}
	if err != nil {
		return err
	}
	out := listing{
		Columns: []string{"table", "partition", "closed", "files", "rows", "bytes", "files after", "bytes after", "note"},
		Empty:   "There is nothing to merge.",
	}
	for _, s := range result.Steps {
		var files, bytes any = s.FilesAfter, s.BytesAfter
		if o.DryRun || s.Skipped != "" {
			files, bytes = nil, nil // nobody knows what it would come to
		}
		out.add("duty."+s.Table, s.Partition, s.Closed, s.Files, s.Rows, s.Bytes, files, bytes, s.Skipped)
	}
	return out.show(a.stdout, format)
}

// knownTables takes the names of --table, with duty. before them or not, and refuses one that the lake does not have.
func knownTables(ctx context.Context, lake *warehouse.Lake, names []string) ([]string, error) {
	if len(names) == 0 {
		return nil, nil
	}
	tables, err := lake.Tables(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]string, len(tables))
	for i, t := range tables {
		all[i] = t.Name
	}
	known := make([]string, len(names))
	for i, name := range names {
		known[i] = strings.TrimPrefix(name, "duty.")
		if !slices.Contains(all, known[i]) {
			return nil, usagef("--table %s: no such table; the lake has %s", name, strings.Join(all, ", "))
		}
	}
	return known, nil
}

// upkeep opens the lake for one command that rewrites or removes files. Two of them at once would do each other's work.
func (a *app) upkeep(ctx context.Context, readOnly bool) (*warehouse.Lake, func(), error) {
	lake, err := a.openLake(ctx)
	if err != nil {
		return nil, nil, err
	}
	unlock := func() {}
	if !readOnly {
		if unlock, err = a.lock("lake", false); err != nil {
			_ = lake.Close()
			return nil, nil, err
		}
	}
	return lake, func() {
		unlock()
		_ = lake.Close()
	}, nil
}

func (a *app) blankRaw(ctx context.Context, lake *warehouse.Lake, days int, dryRun bool) error {
	st := a.stages.begin("rejects", -1, "files")
	now := time.Now()
	step, err := lake.BlankRaw(ctx, now.AddDate(0, 0, -days), dryRun)
	if err != nil {
		return err
	}
	if step.Files == 0 {
		st.end("no raw bytes are older than %d days", days)
		return nil
	}
	if dryRun {
		st.end("would take the raw bytes out of %s rejects in %s files", thousands(step.Cells), thousands(int64(step.Files)))
		return nil
	}
	st.end("took the raw bytes out of %s rejects in %s files", thousands(step.Cells), thousands(int64(step.Files)))
	return lake.WriteAudit(ctx, warehouse.AuditRow{
		At: now, Action: "raw-blanked", Table: warehouse.Rejects.Name, Files: int64(step.Files), Cells: step.Cells,
		Reason: fmt.Sprintf("older than lake.rejects_raw_days, which is %d", days),
	})
}

// parseBytes reads a size such as 500M or 20G; units are powers of 1024. Empty is 0.
func parseBytes(flag, text string) (int64, error) {
	number, unit := strings.TrimSuffix(strings.TrimSuffix(text, "B"), "i"), int64(1)
	for suffix, size := range map[string]int64{"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40} {
		if cut, ok := strings.CutSuffix(number, suffix); ok {
			number, unit = cut, size
			break
		}
	}
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n <= 0 || n > (1<<62)/unit {
		return 0, usagef("%s %s: give a size such as 500M or 20G", flag, text)
	}
	return n * unit, nil
}
