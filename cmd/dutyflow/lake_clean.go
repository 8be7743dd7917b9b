package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/dutyflow/dutyflow/warehouse"
)

func (a *app) lakeCleanCommand() *cobra.Command {
	var o warehouse.CleanOptions
	cmd := &cobra.Command{
		Use:   "clean",
		Short: "Find files that no snapshot needs, and with --apply remove them",
		Long: `A process that dies between writing files and committing them leaves files that nothing names: harmless, but they take
room. Lists them; with --apply removes them and the directories that they leave empty. Files younger than --grace stay,
because a commit under way may be about to name them. With a lake in an S3 store, copies in the cache that the lake does not
need any more go too.

Refuses when a table's directory holds newer metadata than the catalog knows: then the catalog is an old copy, and what it
does not know is not garbage but data.`,
		Example: `  dutyflow lake clean --dir d
  dutyflow lake clean --dir d --apply`,
		Args: noArgs,
	}
	cmd.Flags().BoolVar(&o.Apply, "apply", false, "remove what is listed")
	cmd.Flags().DurationVar(&o.Grace, "grace", 24*time.Hour, "leave files that are younger, 1h or more")
	format := formatFlag(cmd, "table", "json")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if o.Grace < time.Hour {
			return usagef("--grace %s: an hour is the least, because a commit under way may need younger files", o.Grace)
		}
		return a.clean(cmd.Context(), o, *format)
	}
	return cmd
}

func (a *app) clean(ctx context.Context, o warehouse.CleanOptions, format string) error {
	lake, done, err := a.upkeep(ctx, !o.Apply)
	if err != nil {
		return err
	}
	defer done()
	st := a.stages.begin("clean", -1, "files")
	result, err := lake.Clean(ctx, o)
	if err != nil {
		return err
	}
	if o.Apply {
		st.end("removed %s files of %s bytes and %d empty directories; %d younger files stay",
			thousands(int64(len(result.Orphans)-result.Left)), thousands(result.Bytes), result.Folders, result.Young)
	} else {
		st.end("%s files of %s bytes could be removed with --apply; %d younger files stay", thousands(int64(len(result.Orphans))), thousands(result.Bytes), result.Young)
	}
	out := listing{Columns: []string{"table", "bytes", "written", "path"}, Empty: "Every file is needed."}
	for _, f := range result.Orphans {
		table := "cache"
		if f.Table != "" {
			table = "duty." + f.Table
		}
		out.add(table, f.Bytes, f.At.In(lake.Zone()).Format(time.RFC3339), f.Path)
	}
	if err := out.show(a.stdout, format); err != nil {
		return err
	}
	if result.Left > 0 {
		return fmt.Errorf("clean: %d files could not be removed: %w", result.Left, result.LeftErr)
	}
	return nil
}
