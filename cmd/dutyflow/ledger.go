package main

import (
	"cmp"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/dutyflow/dutyflow/warehouse"
)

func (a *app) ledgerCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "ledger",
		Short: "The offset ledger: show",
		Long: `The ledger says, for each partition of each topic, how far it has come into the lake.
It moves in the same commit as the rows, and nothing else decides where reading goes on.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.ledgerShowCommand())
	return cmd
}

func (a *app) ledgerShowCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "show",
		Short:   "Show the next offset of every partition",
		Example: `  dutyflow ledger show --dir d`,
		Args:    noArgs,
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
		out := listing{
			Columns: []string{"table", "cluster", "topic", "partition", "next offset", "last record"},
			Empty:   "The ledger is empty: nothing was ingested yet.",
		}
		for _, t := range tables {
			ledger, err := lake.Ledger(cmd.Context(), t.Name)
			if err != nil {
				return err
			}
			for _, p := range sortedPartitions(ledger) {
				mark, last := ledger[p], ""
				if mark.Last >= 0 {
					last = time.UnixMilli(mark.Timestamp).In(lake.Zone()).Format(time.RFC3339)
				}
				out.add("duty."+t.Name, p.Cluster, p.Topic, p.ID, mark.Next, last)
			}
		}
		return out.show(a.stdout, *format)
	}
	return cmd
}

func sortedPartitions(ledger warehouse.Ledger) []warehouse.Partition {
	partitions := make([]warehouse.Partition, 0, len(ledger))
	for p := range ledger {
		partitions = append(partitions, p)
	}
	slices.SortFunc(partitions, func(a, b warehouse.Partition) int {
		return cmp.Or(cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.ID, b.ID))
	})
	return partitions
}
