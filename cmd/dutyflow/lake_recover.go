package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/dutyflow/dutyflow/warehouse"
)

func (a *app) lakeRecoverCommand() *cobra.Command {
	var o warehouse.RecoverOptions
	var apply bool
	cmd := &cobra.Command{
		Use:   "recover",
		Short: "Make a lost catalog again from the metadata in the lake",
		Long: `When catalog.db, or the database that stands for it, is lost and the files of the lake are there: finds the newest
metadata of each table and shows it; with --apply the catalog is made to point at it. Nothing is written when the catalog has
the tables, when two metadata files of a table are equally new (choose with --choose), or when a file that the metadata
names is missing. No offset is lost or doubled: the ledger is in the metadata.

A catalog that came back from an older backup is not lost, but behind; move it away first. End every ingest first.`,
		Example: `  dutyflow lake recover --dir d
  dutyflow lake recover --dir d --apply
  dutyflow lake recover --dir d --apply --choose step=00012-5ee3ab5c-9d22-4f4c-8d5e-3d3a2c1b0a99.metadata.json`,
		Args: noArgs,
	}
	cmd.Flags().BoolVar(&apply, "apply", false, "write the catalog; without it nothing is changed")
	cmd.Flags().StringToStringVar(&o.Choose, "choose", nil, "TABLE=FILE: which metadata to take where two are equally new")
	format := formatFlag(cmd, "table", "json")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if apply {
			unlock, err := a.lockAll(a.cfg.Dir, "dutyflow lake recover")
			if err != nil {
				return err
			}
			defer unlock()
		}
		o.DryRun = !apply
		found, failed := warehouse.Recover(cmd.Context(), a.cfg.Lake, o)
		out := listing{Columns: []string{"table", "metadata", "written", "rows", "state"}}
		for _, t := range found.Tables {
			state := "to be registered"
			switch {
			case t.Known:
				state = "in the catalog already"
			case len(t.Candidates) > 0:
				state = fmt.Sprintf("one of %d that are equally new", len(t.Candidates))
			case apply && failed == nil:
				state = "registered"
			}
			files := t.Candidates
			if len(files) == 0 {
				files = []string{t.Metadata}
			}
			for _, file := range files {
				out.add("duty."+t.Table, file, t.At.In(a.location()).Format(time.RFC3339), t.Rows, state)
			}
		}
		if len(out.Rows) > 0 {
			if err := out.show(a.stdout, *format); err != nil {
				return err
			}
		}
		switch {
		case failed != nil:
			return failed
		case !apply:
			fmt.Fprintln(a.stderr, "Nothing was changed; --apply writes the catalog.")
		default:
			fmt.Fprintf(a.stderr, "The catalog is back; `dutyflow lake verify --dir %s` looks whether everything is.\n", quoteArg(a.cfg.Dir))
		}
		return nil
	}
	return cmd
}
