package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/dutyflow/dutyflow/warehouse"
)

func (a *app) lakeExpireCommand() *cobra.Command {
	var o warehouse.ExpireOptions
	cmd := &cobra.Command{
		Use:   "expire",
		Short: "Remove old snapshots, and the files that only they need",
		Long: `Every commit leaves a snapshot, and what compaction merged stays for readers of the snapshots before. Removes snapshots
that are older than --older-than, except the last --keep of each table and those that a published version of the warehouse,
a transform under way, or another tag or branch holds, and then the files that were theirs alone. Rows of the current
snapshot are never touched. It may run beside ingest and transform.

--holds lists who holds which snapshots, and expires nothing. A warehouse gives up its own; what one holds that was deleted
stays for ever, until --release names it. Then expire at once or later.`,
		Example: `  dutyflow lake expire --dir d --dry-run
  dutyflow lake expire --dir d --older-than 72h --keep 20
  dutyflow lake expire --dir d --holds
  dutyflow lake expire --dir d --release transform-5f2c9a10`,
		Args: noArgs,
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&o.Tables, "table", nil, "only these tables, such as step (default: all)")
	flags.DurationVar(&o.OlderThan, "older-than", 7*24*time.Hour, "age from which a snapshot may go, 1h or more")
	flags.IntVar(&o.KeepLast, "keep", 10, "snapshots of each table that stay whatever their age")
	flags.BoolVar(&o.DryRun, "dry-run", false, "show what would be removed, and do nothing")
	var holds bool
	var release string
	flags.BoolVar(&holds, "holds", false, "list who holds which snapshots, and do nothing")
	flags.StringVar(&release, "release", "", "give up all that this holder holds, which no longer exists, and do nothing else")
	cmd.MarkFlagsMutuallyExclusive("holds", "release", "dry-run")
	format := formatFlag(cmd, "table", "json")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		// A writer that lost its answer finds its commit again by the snapshot, and a reader that has just pinned holds it.
		if o.OlderThan < time.Hour {
			return usagef("--older-than %s: an hour is the least, because writers and readers may be at younger snapshots", o.OlderThan)
		}
		if o.KeepLast < 1 {
			return usagef("--keep %d: keep 1 or more", o.KeepLast)
		}
		if holds {
			return a.listHolds(cmd.Context(), *format)
		}
		if cmd.Flags().Changed("release") {
			return a.releaseHolder(cmd.Context(), release)
		}
		return a.expire(cmd.Context(), o, *format)
	}
	return cmd
}

func (a *app) expire(ctx context.Context, o warehouse.ExpireOptions, format string) error {
	lake, done, err := a.upkeep(ctx, o.DryRun)
	if err != nil {
		return err
	}
	defer done()
	if o.Tables, err = knownTables(ctx, lake, o.Tables); err != nil {
		return err
	}
	tables, err := lake.Tables(ctx)
	if err != nil {
		return err
	}
	count := int64(len(tables))
	if len(o.Tables) > 0 {
		count = int64(len(o.Tables))
	}
	st := a.stages.begin("expire", count, "tables")
	var snapshots, files, bytes, seen int64
	o.Progress = func(s warehouse.ExpireStep) {
		snapshots, files, bytes, seen = snapshots+int64(s.Snapshots), files+int64(s.Files), bytes+s.Bytes, seen+1
		st.at(seen)
	}
	steps, err := lake.Expire(ctx, o)
	would := ""
	if o.DryRun {
		would = "would be "
	}
	st.end("%s snapshots and %s files of %s bytes %sremoved", thousands(snapshots), thousands(files), thousands(bytes), would)
	if err != nil {
		return err
	}
	out := listing{Columns: []string{"table", "snapshots removed", "snapshots kept", "files removed", "bytes", "files left"}}
	for _, s := range steps {
		out.add("duty."+s.Table, s.Snapshots, s.Kept, s.Files, s.Bytes, s.Left)
	}
	return out.show(a.stdout, format)
}
