package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dutyflow/dutyflow/lists"
)

func (a *app) listsDiffCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "diff BEFORE AFTER",
		Short: "Say what changed between two editions of the lists, and what it cut: steps, papers, limits, windows",
		Long: `Compares two editions of the lists: rows added, removed and changed, and below them what became of each process and
item, as reform offices count it: steps (M60), materials and formalities (M61), limits (M63), certificates, windows and
visits (M64), with the totals over all that both editions have.

An edition is a directory of CSV files, or the lists of the lake: "lake" for the version that counts, "lake#3" for
version 3. With a day, "lists@2026-03-31" or "lake@2026-03-31", only the rows count that hold on that day; so one list with
its history can be compared with itself. Without a day, the newest row of an item and the newest version of a process count.`,
		Example: `  dutyflow lists diff lists-2025 lists-2026
  dutyflow lists diff --dir d lake city/lists
  dutyflow lists diff city/lists@2026-03-31 city/lists@2026-04-01 --cuts
  dutyflow lists diff --dir d lake#1 lake#2 --format json`,
		Args: exactArgs("the edition before", "and the edition after"),
	}
	format := formatFlag(cmd, "table", "json")
	onlyCuts := cmd.Flags().Bool("cuts", false, "leave out the rows that changed, show only what was cut")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		before, err := a.edition(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		after, err := a.edition(cmd.Context(), args[1])
		if err != nil {
			return err
		}
		diff := lists.Compare(before, after)
		if *onlyCuts {
			diff.Changes = nil
		}
		if *format == "json" {
			encoder := json.NewEncoder(a.stdout)
			encoder.SetIndent("", "  ")
			encoder.SetEscapeHTML(false)
			return encoder.Encode(diff)
		}
		a.showDiff(diff, *onlyCuts)
		return nil
	}
	return cmd
}

// edition reads what an argument names: DIRECTORY, lake or lake#VERSION, each perhaps with @DAY.
func (a *app) edition(ctx context.Context, name string) (*lists.Edition, error) {
	place, day := name, ""
	if at := strings.LastIndex(name, "@"); at >= 0 {
		place, day = name[:at], name[at+1:]
	}
	number, versioned := strings.CutPrefix(place, "lake#")
	if place != "lake" && !versioned {
		dir, err := listsDirectory(place)
		if err != nil {
			return nil, err
		}
		edition, err := lists.ReadEdition(dir, day)
		var invalid *lists.Invalid
		if errors.As(err, &invalid) {
			return nil, fmt.Errorf("compare lists of %s: %w; `dutyflow lists check %s` tells them all", place, err, place)
		}
		return edition, err
	}
	version := int64(0)
	if versioned {
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil || n < 1 {
			return nil, usagef("%s: write lake#N with the number of a version, as lake#3", name)
		}
		version = n
	}
	lake, err := a.openLake(ctx)
	if err != nil {
		return nil, err
	}
	defer lake.Close()
	return lists.LoadedEdition(ctx, lake, version, day)
}

func (a *app) showDiff(d *lists.Diff, onlyCuts bool) {
	if len(d.Changes) > 0 {
		rows := listing{Columns: []string{"list", "key", "name", "change", "field", "before", "after"}}
		for _, c := range d.Changes {
			if len(c.Fields) == 0 {
				rows.add(c.List, c.Key, c.Name, c.Kind, "", "", "")
			}
			for _, f := range c.Fields {
				rows.add(c.List, c.Key, c.Name, c.Kind, f.Field, f.Before, f.After)
			}
		}
		printTable(a.stdout, rows.Columns, rows.Rows)
	} else if !onlyCuts {
		fmt.Fprintln(a.stdout, "No row differs.")
	}
	if len(d.Cuts) > 0 {
		rows := listing{Columns: []string{"of", "code", "name", "measure", "metric", "before", "after", "cut", "%"}}
		for _, c := range d.Cuts {
			rows.add(c.Kind, c.Code, c.Name, c.Measure, c.Metric, c.Before, c.After, c.Cut, c.Share)
		}
		fmt.Fprintln(a.stdout)
		printTable(a.stdout, rows.Columns, rows.Rows)
	}
	if len(d.Totals) > 0 {
		rows := listing{Columns: []string{"measure", "metric", "counted", "before", "after", "cut", "%"}}
		for _, t := range d.Totals {
			rows.add(t.Measure, t.Metric, t.N, t.Before, t.After, t.Cut, t.Share)
		}
		fmt.Fprintln(a.stdout)
		printTable(a.stdout, rows.Columns, rows.Rows)
	}
}
