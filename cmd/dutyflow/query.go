package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/dutyflow/dutyflow/transform"
	"github.com/dutyflow/dutyflow/warehouse/duck"
)

func (a *app) queryCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "query SQL",
		Short: "Ask the published warehouse",
		Long: `Runs one DuckDB query on the published warehouse, read-only: it can read nothing but the warehouse.
sql/README.md in the sources lists the tables and views; "show all tables" does so too.`,
		Example: `  dutyflow query --dir d "select * from v_case limit 10"
  dutyflow query --dir d --format csv "from v_metric_month where metric_id = 'M22'" > m22.csv
  dutyflow query --dir d --format parquet --out runs.parquet "from v_step_run"`,
		Args: exactArgs("one SQL query"),
	}
	format := formatFlag(cmd, "table", "csv", "json", "parquet")
	cmd.Flags().StringVar(&out, "out", "", "file to write to (default: standard output; --format parquet needs it)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *format == "parquet" && out == "" {
			return usagef("--format parquet writes a file: name it with --out")
		}
		return a.query(cmd, args[0], *format, out)
	}
	return cmd
}

func (a *app) query(cmd *cobra.Command, sql, format, out string) (err error) {
	if format == "parquet" {
		if out, err = filepath.Abs(out); err != nil {
			return fmt.Errorf("find %s: %w", out, err)
		}
	}
	db, err := a.openWarehouse(out)
	if err != nil {
		return err
	}
	defer db.Close()
	if format == "parquet" {
		return db.Export(cmd.Context(), sql, out)
	}
	rows, err := db.Query(cmd.Context(), sql)
	if err != nil {
		return fmt.Errorf("query the warehouse: %w", err)
	}
	to := a.stdout
	if out != "" {
		file, createErr := os.Create(out)
		if createErr != nil {
			_ = rows.Close()
			return fmt.Errorf("create %w", createErr)
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		to = file
	}
	buffered := bufio.NewWriter(to)
	if err := duck.Write(buffered, rows, format); err != nil {
		return fmt.Errorf("query the warehouse: %w", err)
	}
	return buffered.Flush()
}

// openWarehouse opens the published version, read-only and confined to its own files. The link is resolved first, so
// that a version published meanwhile does not change what is being read.
// An export may be written to the file export.
func (a *app) openWarehouse(export string) (*duck.DB, error) {
	dir := a.warehouseDir()
	version, err := transform.Current(dir)
	if errors.Is(err, transform.ErrNoVersion) {
		return nil, fmt.Errorf("no warehouse in %s; `dutyflow transform --dir %s` computes it from the lake", dir, a.cfg.Dir)
	}
	if err != nil {
		return nil, err
	}
	if version.Dir != dir {
		return nil, fmt.Errorf("the warehouse was moved here from %s, and its views name their files there; `dutyflow transform --dir %s` makes it anew", version.Dir, a.cfg.Dir)
	}
	return duck.Open(version.Path(), duck.Options{ReadOnly: true, Zone: version.Zone, MemoryLimit: int64(a.cfg.Transform.MemoryLimitMB) << 20, AllowedDirs: []string{version.Dir}, AllowedFile: export})
}
