package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/lists"
	"github.com/dutyflow/dutyflow/warehouse"
)

// app is one run of the program: where it prints, what it was told, and what follows from that.
type app struct {
	stdout, stderr io.Writer
	environ        []string

	dir        string // --dir; empty: by environment, configuration, default
	configPath string // --config; empty: dutyflow.yaml here, if there is one
	logLevel   string

	cfg    Config
	log    *slog.Logger
	stages *stages
}

// run is the program: arguments in, exit code out.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	a := &app{stdout: stdout, stderr: stderr, environ: environ, stages: newStages(stderr)}
	root := a.root()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return finish(root.ExecuteContext(ctx), stderr)
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "dutyflow",
		Short: "From duty-performance records (履职数据) to performance reports",
		Long: `Dutyflow takes duty-performance records (履职数据) from Kafka or from files, keeps each exactly once
in an open Iceberg lake, computes step durations, frequencies and completion rates
(执行时长、执行频次、办结率), and writes the performance reports by region, sector and time.

Everything lives below one directory (--dir): lake/, catalog.db, warehouse/, reports/.`,
		Example: `  dutyflow demo --dir demo-data                    # a simulated city, from records to report
  dutyflow load --dir d log.xes.gz                 # a process-mining log
  dutyflow query --dir d "select * from v_case"    # ask the warehouse
  dutyflow report --dir d --kind R1 --period 2026-10`,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef("unknown command %q; `dutyflow --help` lists the commands%s", args[0], suggestions(cmd, args[0]))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(*cobra.Command, []string) error {
			return a.configure()
		},
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.SuggestionsMinimumDistance = 2
	flags := root.PersistentFlags()
	flags.StringVar(&a.dir, "dir", "", "directory of the lake, the warehouse and the reports (default ./dutyflow-data)")
	flags.StringVar(&a.configPath, "config", "", "configuration file (default ./dutyflow.yaml, if there is one)")
	flags.StringVar(&a.logLevel, "log-level", "", "debug, info, warn or error (default warn on a terminal, else info)")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usagef("%w; `%s --help` shows the flags", err, cmd.CommandPath())
	})
	root.AddCommand(
		a.demoCommand(), a.loadCommand(), a.generateCommand(), a.produceCommand(), a.ingestCommand(), a.listsCommand(),
		a.transformCommand(), a.reportCommand(), a.queryCommand(), a.exportCommand(), a.lakeCommand(), a.ledgerCommand(), a.checkCommand(),
	)
	return root
}

func suggestions(cmd *cobra.Command, word string) string {
	near := cmd.SuggestionsFor(word)
	if len(near) == 0 {
		return ""
	}
	return "; did you mean " + strings.Join(near, " or ") + "?"
}

// noArgs, someArgs and exactArgs are cobra's checks with our wording and exit code.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("%s takes no argument, but got %q; `%s --help` shows how", cmd.CommandPath(), args[0], cmd.CommandPath())
	}
	return nil
}

func exactArgs(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != len(names) {
			return usagef("%s takes %s, but got %d; `%s --help` shows how", cmd.CommandPath(), strings.Join(names, " "), len(args), cmd.CommandPath())
		}
		return nil
	}
}

// configure reads the configuration and settles what flags and environment override.
func (a *app) configure() error {
	cfg, err := loadConfig(a.configPath, a.environ)
	if err != nil {
		return usageError{err}
	}
	if a.dir != "" {
		cfg.Dir = a.dir
	}
	dir, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return fmt.Errorf("find directory %s: %w", cfg.Dir, err)
	}
	cfg.Dir, cfg.Lake.Dir = dir, dir
	a.cfg = cfg

	level := slog.LevelInfo
	if a.stages.terminal {
		level = slog.LevelWarn
	}
	if a.logLevel != "" {
		if err := level.UnmarshalText([]byte(a.logLevel)); err != nil {
			return usagef("--log-level %s: unknown level; use debug, info, warn or error", a.logLevel)
		}
	}
	a.log = slog.New(slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: level}))
	return nil
}

// openLake opens the lake of the directory. Commands that only read use it: they never create one.
func (a *app) openLake(ctx context.Context) (*warehouse.Lake, error) {
	lake, err := warehouse.Open(ctx, a.cfg.Lake)
	if errors.Is(err, warehouse.ErrNoLake) {
		return nil, fmt.Errorf("%w; load something first: `dutyflow load FILE`, `dutyflow ingest` or `dutyflow demo`", err)
	}
	return lake, err
}

// createLake opens the lake of the directory and creates what it lacks.
func (a *app) createLake(ctx context.Context) (*warehouse.Lake, error) {
	if err := os.MkdirAll(a.cfg.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("create directory %s: %w; choose another with --dir", a.cfg.Dir, errors.Unwrap(err))
	}
	return warehouse.Create(ctx, a.cfg.Lake, append(ingest.Tables(), lists.Table()))
}

// lock takes a role in the directory, so that two commands never do the same work there.
func (a *app) lock(role string, shared bool) (unlock func(), err error) {
	return warehouse.Lock(a.cfg.Dir, role, "dutyflow "+role, shared)
}

// quiet is the log of work that the stages show already: warnings and errors stay, and everything with --log-level.
func (a *app) quiet() *slog.Logger {
	if a.logLevel != "" {
		return a.log
	}
	return slog.New(slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// location is the business zone of the configuration, for commands that work without a lake.
func (a *app) location() *time.Location {
	zone, err := time.LoadLocation(a.cfg.Lake.Zone)
	if err != nil {
		panic(err) // the configuration was checked
	}
	return zone
}

// quoteArg quotes a path for a command line that people paste.
func quoteArg(path string) string {
	if strings.ContainsAny(path, " '\"$`\\") {
		return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	}
	return path
}

// version is what the build knows of itself.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return info.Main.Version + " " + info.GoVersion
}
