package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/warehouse"
)

func (a *app) ledgerCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "ledger",
		Short: "The offset ledger: show, reset",
		Long: `The ledger says, for each partition of each topic, how far it has come into the lake.
It moves in the same commit as the rows, and nothing else decides where reading goes on.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.ledgerShowCommand(), a.ledgerResetCommand())
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

func (a *app) ledgerResetCommand() *cobra.Command {
	var topic, cluster string
	var partition int32
	var to int64
	var yes bool
	cmd := &cobra.Command{
		Use:   "reset",
		Short: "Forget or set where reading of a topic goes on",
		Long: `After a topic was recreated, a log rewritten or offsets lost, and only then: says where the next ingest goes on. Without
--to the entry is forgotten, and reading begins at ingest.start. What is read again lies in the lake twice and counts once,
because records carry their own identity; what lies between is never read. The reset is remembered in the table. Stop every
ingest first. Without --yes it says what it would mean, partition by partition, and does nothing.`,
		Example: `  dutyflow ledger show --dir d
  dutyflow ledger reset --dir d --topic duty.step --cluster MkU3OEVBNTcwNTJENDM2Qk
  dutyflow ledger reset --dir d --topic duty.step --partition 3 --to 120000 --yes`,
		Args: noArgs,
	}
	flags := cmd.Flags()
	flags.StringVar(&topic, "topic", "", "topic (required)")
	flags.StringVar(&cluster, "cluster", "", "id of the cluster (default: the only one that the topic has entries of)")
	flags.Int32Var(&partition, "partition", -1, "partition (default: all)")
	flags.Int64Var(&to, "to", -1, "offset to read next (default: forget the entry)")
	flags.BoolVar(&yes, "yes", false, "do it; without this flag nothing is changed")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if topic == "" {
			return usagef("--topic is missing; \"dutyflow ledger show\" lists the topics")
		}
		return a.resetLedger(cmd.Context(), cluster, topic, partition, to, yes)
	}
	return cmd
}

func (a *app) resetLedger(ctx context.Context, cluster, topic string, partition int32, to int64, yes bool) error {
	lake, err := a.openLake(ctx)
	if err != nil {
		return err
	}
	defer lake.Close()
	unlock, err := a.lock("ingest", false) // no ingest may be under way: it would be fenced, and its batch read again
	if err != nil {
		return err
	}
	defer unlock()
	done := 0
	for _, table := range ingest.Tables() {
		ledger, err := lake.Ledger(ctx, table.Name)
		if err != nil {
			return err
		}
		resets, err := chosen(ledger, cluster, topic, partition, to)
		if err != nil {
			return err
		}
		if yes {
			if err := lake.ResetLedger(ctx, table.Name, resets...); err != nil {
				return err
			}
		}
		for _, r := range resets {
			fmt.Fprintf(a.stdout, "%s: %s\n", r.Partition, consequence(r, ledger[r.Partition].Next))
		}
		done += len(resets)
	}
	if done == 0 {
		return fmt.Errorf("reset ledger: no entry of topic %s fits; \"dutyflow ledger show\" lists them", topic)
	}
	if !yes {
		return usagef("reset ledger: nothing was changed; if that is what you want, run it again with --yes")
	}
	return nil
}

// chosen picks the entries to reset. Entries of two clusters are two histories: which is meant must be said.
func chosen(ledger warehouse.Ledger, cluster, topic string, partition int32, to int64) ([]warehouse.Reset, error) {
	var resets []warehouse.Reset
	for _, p := range sortedPartitions(ledger) {
		if p.Topic != topic || (cluster != "" && p.Cluster != cluster) || (partition >= 0 && p.ID != partition) {
			continue
		}
		if len(resets) > 0 && resets[0].Cluster != p.Cluster {
			return nil, usagef("topic %s has entries of clusters %s and %s; choose one with --cluster", topic, resets[0].Cluster, p.Cluster)
		}
		reset := warehouse.Reset{Partition: p}
		if to >= 0 {
			reset.To = &warehouse.Mark{Next: to, Last: -1}
		}
		resets = append(resets, reset)
	}
	return resets, nil
}

// consequence says what a reset means for a partition whose next offset is next.
func consequence(r warehouse.Reset, next int64) string {
	switch {
	case r.To == nil:
		return fmt.Sprintf("the entry, %d, is forgotten: reading begins at ingest.start; what is read again lies in the lake twice and counts once, and what ingest.start leaves out is never read", next)
	case r.To.Next < next:
		return fmt.Sprintf("from %d back to %d: the %s offsets from %d to %d are read again; they lie in the lake twice and count once",
			next, r.To.Next, thousands(next-r.To.Next), r.To.Next, next-1)
	case r.To.Next > next:
		return fmt.Sprintf("from %d on to %d: the %s offsets from %d to %d are NEVER read, and no reject says so",
			next, r.To.Next, thousands(r.To.Next-next), next, r.To.Next-1)
	default:
		return fmt.Sprintf("stays at %d: only the record before it is not compared any more", next)
	}
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
