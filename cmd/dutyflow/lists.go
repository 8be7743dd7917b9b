package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/dutyflow/dutyflow/lists"
)

func (a *app) listsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "lists",
		Short: "The reference lists: load, check, diff",
		Long: `Reference lists give meaning to the codes of the records: regions, organisations, sectors, duties and
tasks, powers, boundaries, processes and their steps, calendars, targets, indicators. A directory holds one CSV file a list; docs/lists.md in the sources describes them.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.listsLoadCommand(), a.listsCheckCommand(), a.listsDiffCommand())
	return cmd
}

func (a *app) listsCheckCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check DIRECTORY",
		Short: "Say all that is wrong with the lists of a directory, with file, line and column",
		Long: `Checks every row: codes that no list has, validity that overlaps, loops, limits without a unit, weights that do not
add up, and more. An error keeps the lists from being loaded. A warning does not: it tells of work that is still to be
done, such as a duty without a task.`,
		Example: `  dutyflow lists check city/lists`,
		Args:    exactArgs("one directory"),
	}
	format := formatFlag(cmd, "table", "json")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		dir, err := listsDirectory(args[0])
		if err != nil {
			return err
		}
		problems := lists.Check(dir)
		if err := a.printProblems(problems, *format); err != nil {
			return err
		}
		if n := len(lists.Faults(problems)); n > 0 {
			return fmt.Errorf("check lists of %s: %d problems; mend them and check again", args[0], n)
		}
		return nil
	}
	return cmd
}

func (a *app) printProblems(problems []lists.Problem, format string) error {
	out := listing{Columns: []string{"file", "line", "column", "severity", "problem"}, Empty: "The lists are in order."}
	for _, p := range problems {
		severity := "error"
		if p.Warning {
			severity = "warning"
		}
		out.add(p.File, p.Line, p.Column, severity, p.Message)
	}
	return out.show(a.stdout, format)
}

func (a *app) listsLoadCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "load DIRECTORY",
		Short: "Make the lists of a directory the current version, all or nothing",
		Long: `Checks the lists and makes them the current version, in one commit. Lists that the directory does not hold are
carried over from the version before. Lists with a problem change nothing. Figures follow with the next transform.`,
		Example: `  dutyflow lists load --dir d city/lists`,
		Args:    exactArgs("one directory"),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, err := listsDirectory(args[0])
			if err != nil {
				return err
			}
			lake, err := a.createLake(cmd.Context())
			if err != nil {
				return err
			}
			defer lake.Close()
			version, rows, err := lists.Load(cmd.Context(), lake, dir)
			var invalid *lists.Invalid
			if errors.As(err, &invalid) {
				if printErr := a.printProblems(invalid.Problems, "table"); printErr != nil {
					return printErr
				}
				return fmt.Errorf("load lists of %s: %w; nothing was changed", args[0], err)
			}
			if err != nil {
				return fmt.Errorf("load lists of %s: %w", args[0], err)
			}
			if warnings := len(lists.Check(dir)); warnings > 0 {
				fmt.Fprintf(a.stderr, "%s warnings; `dutyflow lists check %s` tells them.\n", thousands(int64(warnings)), args[0])
			}
			if rows == 0 {
				fmt.Fprintf(a.stdout, "The lists are those of version %d already; nothing was changed.\n", version)
				return nil
			}
			fmt.Fprintf(a.stdout, "Version %d of the lists: %s rows. `dutyflow transform` brings them into the figures.\n", version, thousands(int64(rows)))
			return nil
		},
	}
}

// listsDirectory opens a directory of lists.
func listsDirectory(path string) (fs.FS, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read lists of %s: %w; name a directory of CSV files, such as city/lists", path, errors.Unwrap(err))
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("read lists of %s: it is a file; name the directory that holds the CSV files", path)
	}
	return os.DirFS(path), nil
}
