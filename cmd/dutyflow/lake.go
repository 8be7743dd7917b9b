package main

import (
	"time"

	"github.com/spf13/cobra"
)

func (a *app) lakeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "lake",
		Short: "Look after the lake: status, trace, rejects, verify, compact, expire, clean, backup, recover, relocate, forget",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.lakeStatusCommand(), a.lakeTraceCommand(), a.lakeRejectsCommand(), a.lakeVerifyCommand(),
		a.lakeCompactCommand(), a.lakeExpireCommand(), a.lakeCleanCommand(),
		a.lakeBackupCommand(), a.lakeRecoverCommand(), a.lakeRelocateCommand(), a.lakeForgetCommand())
	return cmd
}

func (a *app) lakeStatusCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show the tables of the lake: rows, files, bytes, snapshots",
		Example: `  dutyflow lake status --dir d
  dutyflow lake status --dir d --format json`,
		Args: noArgs,
	}
	format := formatFlag(cmd, "table", "json")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		lake, err := a.openLake(cmd.Context())
		if err != nil {
			return err
		}
		defer lake.Close()
		tables, err := lake.Tables(cmd.Context())
		if err != nil {
			return err
		}
		out := listing{Columns: []string{"table", "rows", "files", "bytes", "snapshots", "last commit", "contract"}}
		for _, t := range tables {
			last := ""
			if !t.LastCommit.IsZero() {
				last = t.LastCommit.In(lake.Zone()).Format(time.RFC3339)
			}
			out.add("duty."+t.Name, t.Rows, t.Files, t.Bytes, t.Snapshots, last, t.Contract)
		}
		return out.show(a.stdout, *format)
	}
	return cmd
}
