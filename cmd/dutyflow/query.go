package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/dutyflow/dutyflow/transform"
	"github.com/dutyflow/dutyflow/warehouse/duck"
)

// queryFlags are the flags of `dutyflow query`.
type queryFlags struct {
	format  string
	out     string
	bom     bool
	file    string
	version string
	tables  bool
	timeout time.Duration
	memory  int
	allow   []string
}

func (a *app) queryCommand() *cobra.Command {
	var f queryFlags
	cmd := &cobra.Command{
		Use:   "query SQL",
		Short: "Ask the published warehouse",
		Long: `Runs one DuckDB query on the published warehouse, read-only: one SELECT, and nothing but the warehouse can be read.
--tables lists views, macros and tables with their grain and what they are for; "describe v_case" tells the columns of
one. A query can come from a file (--file) or from standard input (-).

--allow-dir lets the query read files of that directory too, for example with read_csv. SQL never writes:
the result goes to standard output or to the file that --out names.

--version asks an older version that is still kept, by its name or the beginning of it.`,
		Example: `  dutyflow query --dir d --tables
  dutyflow query --dir d "select * from v_case limit 10"
  dutyflow query --dir d --format csv --bom --out m22.csv "from v_metric_month where metric_id = 'M22'"
  dutyflow query --dir d --format parquet --out runs.parquet "from v_step_run"
  dutyflow query --dir d --timeout 30m --memory 8192 --file slow.sql
  echo "from metric('M10', '2026-10-01', '2026-11-01')" | dutyflow query --dir d -`,
		Args: func(cmd *cobra.Command, args []string) error {
			if f.file != "" || f.tables {
				return noArgs(cmd, args)
			}
			return exactArgs("one SQL query")(cmd, args)
		},
	}
	format := formatFlag(cmd, "table", "csv", "json", "parquet")
	flags := cmd.Flags()
	flags.StringVar(&f.out, "out", "", "file to write to (default: standard output; --format parquet needs it)")
	flags.BoolVar(&f.bom, "bom", false, "begin a CSV with a byte order mark, so that Excel reads its Chinese")
	flags.StringVar(&f.file, "file", "", "read the query from this file")
	flags.StringVar(&f.version, "version", "", "ask this kept version instead of the current one")
	flags.BoolVar(&f.tables, "tables", false, "list views, macros and tables instead of asking")
	flags.DurationVar(&f.timeout, "timeout", 5*time.Minute, "stop a query that takes longer; 0 for never")
	flags.IntVar(&f.memory, "memory", 0, "MiB that the query may use (default transform.memory_limit_mb)")
	flags.StringArrayVar(&f.allow, "allow-dir", nil, "let the query read the files of this directory too; can be given again")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		f.format = *format
		switch {
		case f.format == "parquet" && f.out == "":
			return usagef("--format parquet writes a file: name it with --out")
		case f.bom && f.format != "csv":
			return usagef("--bom is for --format csv")
		case f.timeout < 0 || f.memory < 0:
			return usagef("--timeout and --memory cannot be negative")
		case f.file != "" && f.tables:
			return usagef("--tables asks a query of its own; leave --file out")
		}
		sql, err := f.sql(cmd, args)
		if err != nil {
			return err
		}
		return a.query(cmd.Context(), sql, &f)
	}
	return cmd
}

// tablesQuery is what --tables asks: what analysts use first, then what it is made of.
const tablesQuery = `select
	name,
	kind,
	grain,
	why,
	parameters
from dim_model
order by
	case
		when starts_with(name, 'v_') then 1
		when kind = 'macro' then 2
		when starts_with(name, 'dim_') then 3
		else 4
	end,
	name`

// sql is the query: the argument, a file, standard input, or the one that lists the tables.
func (f *queryFlags) sql(cmd *cobra.Command, args []string) (string, error) {
	var text []byte
	var err error
	switch {
	case f.tables:
		return tablesQuery, nil
	case f.file != "":
		if text, err = os.ReadFile(f.file); err != nil {
			return "", fmt.Errorf("read query: %w", err)
		}
	case args[0] == "-":
		if text, err = io.ReadAll(cmd.InOrStdin()); err != nil {
			return "", fmt.Errorf("read query from standard input: %w", err)
		}
	default:
		return args[0], nil
	}
	return string(text), nil
}

func (a *app) query(ctx context.Context, sql string, f *queryFlags) (err error) {
	out := f.out
	if f.format == "parquet" {
		if out, err = filepath.Abs(out); err != nil {
			return fmt.Errorf("find %s: %w", out, err)
		}
	}
	version, err := a.version(f.version)
	if err != nil {
		return err
	}
	allowed := []string{version.Dir}
	for _, dir := range f.allow {
		info, err := os.Stat(dir)
		if err != nil || !info.IsDir() {
			return usagef("--allow-dir %s: no such directory", dir)
		}
		if dir, err = filepath.Abs(dir); err != nil {
			return fmt.Errorf("find %s: %w", dir, err)
		}
		allowed = append(allowed, dir)
	}
	export := ""
	if f.format == "parquet" {
		export = out
	}
	memory := a.cfg.Transform.MemoryLimitMB
	if f.memory > 0 {
		memory = f.memory
	}
	db, err := duck.Open(version.Path(), duck.Options{
		ReadOnly: true, Zone: version.Zone, MemoryLimit: int64(memory) << 20, AllowedDirs: allowed, AllowedFile: export,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if f.timeout > 0 {
		limited, cancel := context.WithTimeout(ctx, f.timeout)
		defer cancel()
		outer := ctx
		ctx = limited
		defer func() {
			if err != nil && limited.Err() != nil && outer.Err() == nil {
				err = fmt.Errorf("query the warehouse: stopped after %s; give it longer with --timeout, or ask for less: a month, a region, sums", f.timeout)
			}
		}()
	}
	if f.format == "parquet" {
		return db.Export(ctx, sql, out)
	}
	rows, err := db.Query(ctx, sql)
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
	if f.bom {
		_, _ = buffered.WriteString("\ufeff") // a failure is told by Flush
	}
	if err := duck.Write(buffered, rows, f.format); err != nil {
		return fmt.Errorf("query the warehouse: %w", err)
	}
	return buffered.Flush()
}

// version is the published version, or the kept one of that name. Its link is resolved first, so that a version
// published meanwhile does not change what is being read.
func (a *app) version(name string) (*transform.Manifest, error) {
	dir := a.warehouseDir()
	version, err := transform.Current(dir)
	if errors.Is(err, transform.ErrNoVersion) {
		return nil, fmt.Errorf("no warehouse in %s; `dutyflow transform --dir %s` computes it from the lake", dir, a.cfg.Dir)
	}
	if err == nil && name != "" {
		version, err = transform.Kept(dir, name)
	}
	if err != nil {
		return nil, err
	}
	if version.Dir != dir {
		return nil, fmt.Errorf("the warehouse was moved here from %s, and its views name their files there; `dutyflow transform --dir %s` makes it anew", version.Dir, a.cfg.Dir)
	}
	return version, nil
}

// openWarehouse opens the published version, read-only and confined to its own files.
func (a *app) openWarehouse() (*duck.DB, error) {
	version, err := a.version("")
	if err != nil {
		return nil, err
	}
	return duck.Open(version.Path(), duck.Options{ReadOnly: true, Zone: version.Zone, MemoryLimit: int64(a.cfg.Transform.MemoryLimitMB) << 20, AllowedDirs: []string{version.Dir}})
}
