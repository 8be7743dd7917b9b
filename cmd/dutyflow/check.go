package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/dutyflow/dutyflow/ingest/kafka"
	"github.com/dutyflow/dutyflow/transform"
	"github.com/dutyflow/dutyflow/warehouse"
)

func (a *app) checkCommand() *cobra.Command {
	var files, offline bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Say whether everything is in order, and what to do where it is not",
		Long: `Looks at the configuration, the directory, the brokers and their topics, the lake and the published warehouse. It
changes nothing. Exit code 1 says that something needs a hand. With --offline it stays on this machine: it looks at the
configuration, the files that it names (certificates, password files) and a lake on this disk.`,
		Example: `  dutyflow check --dir d
  dutyflow check --offline --config dutyflow.yaml   # before a configuration is rolled out
  dutyflow check --dir d --files       # also reads every data file of the lake`,
		Args: noArgs,
	}
	cmd.Flags().BoolVar(&files, "files", false, "read every data file of the lake and hold it against the catalog and the ledger")
	cmd.Flags().BoolVar(&offline, "offline", false, "look at nothing behind a network: brokers, Postgres, S3")
	cmd.MarkFlagsMutuallyExclusive("files", "offline")
	format := formatFlag(cmd, "table", "json")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c := &checkup{out: listing{Columns: []string{"what", "state", "detail"}}}
		if offline {
			a.checkOffline(cmd.Context(), c)
		} else {
			a.checkAll(cmd.Context(), c, files)
		}
		if err := c.out.show(a.stdout, *format); err != nil {
			return err
		}
		if c.bad > 0 {
			return fmt.Errorf("check %s: %d of %d need a hand, see above", a.cfg.Dir, c.bad, len(c.out.Rows))
		}
		return nil
	}
	return cmd
}

// checkup collects what was looked at.
type checkup struct {
	out listing
	bad int
}

func (c *checkup) good(what, format string, args ...any) {
	c.out.add(what, "ok", fmt.Sprintf(format, args...))
}

func (c *checkup) wrong(what string, err error) {
	c.bad++
	c.out.add(what, "WRONG", oneLine(err))
}

func (c *checkup) absent(what, format string, args ...any) {
	c.out.add(what, "-", fmt.Sprintf(format, args...))
}

func (a *app) checkAll(ctx context.Context, c *checkup, files bool) {
	c.good("configuration", "zone %s, catalog %s", a.cfg.Lake.Zone, a.cfg.Lake.Catalog.Type)
	a.checkDirectory(c)
	a.checkBrokers(ctx, c)
	lake, err := warehouse.Open(ctx, a.cfg.Lake)
	switch {
	case errors.Is(err, warehouse.ErrNoLake):
		c.absent("lake", "none yet; load, ingest and demo create it")
		return
	case err != nil:
		c.wrong("lake", err)
		return
	}
	defer lake.Close()
	a.checkLake(ctx, c, lake, files)
	a.checkWarehouse(ctx, c, lake)
}

// checkDirectory tries what every command that writes will do: a file in the directory.
func (a *app) checkDirectory(c *checkup) {
	info, err := os.Stat(a.cfg.Dir)
	if errors.Is(err, os.ErrNotExist) {
		c.absent("directory", "%s is not there yet; the first command that writes creates it", a.cfg.Dir)
		return
	}
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is a file; name a directory with --dir", a.cfg.Dir)
	}
	if err == nil {
		var probe *os.File
		if probe, err = os.CreateTemp(a.cfg.Dir, ".check-*"); err == nil {
			probe.Close()
			err = os.Remove(probe.Name())
		}
	}
	if err != nil {
		c.wrong("directory", err)
		return
	}
	c.good("directory", "%s can be written", a.cfg.Dir)
}

func (a *app) checkBrokers(ctx context.Context, c *checkup) {
	if len(a.cfg.Kafka.Brokers) == 0 {
		c.absent("brokers", "none configured in kafka.brokers; load and demo bring their own")
		return
	}
	if err := a.cfg.Ingest.Validate(); err != nil {
		c.wrong("ingest", fmt.Errorf("configuration: ingest.%w", err))
		return
	}
	topics := a.cfg.Ingest.Topics.Names()
	cluster, err := kafka.Probe(ctx, a.cfg.Kafka, topics)
	if err != nil {
		c.wrong("brokers", err)
		return
	}
	c.good("brokers", "cluster %s has the topics %v", cluster, topics)
}

func (a *app) checkLake(ctx context.Context, c *checkup, lake *warehouse.Lake, files bool) {
	tables, err := lake.Tables(ctx)
	if err != nil {
		c.wrong("lake", err)
		return
	}
	var rows, data int64
	for _, t := range tables {
		rows, data = rows+t.Rows, data+t.Files
	}
	c.good("lake", "%d tables, %s rows in %s files", len(tables), thousands(rows), thousands(data))
	if !files {
		return
	}
	verified, err := a.verify(ctx, lake, warehouse.VerifyOptions{})
	if err != nil {
		c.wrong("data files", err)
		return
	}
	for _, p := range verified.Problems {
		c.wrong("data files", errors.New(p.String()))
	}
	if len(verified.Problems) == 0 {
		c.good("data files", "every file is there and holds what the catalog and the ledger say")
	}
}

func (a *app) checkWarehouse(ctx context.Context, c *checkup, lake *warehouse.Lake) {
	version, err := transform.Current(a.warehouseDir())
	switch {
	case errors.Is(err, transform.ErrNoVersion):
		c.absent("warehouse", "no version yet; `dutyflow transform` computes it")
		return
	case err != nil:
		c.wrong("warehouse", err)
		return
	}
	if missing := version.Missing(); missing != "" {
		c.wrong("warehouse", fmt.Errorf("%s is missing; \"dutyflow transform\" computes the warehouse again", missing))
		return
	}
	snapshots, err := lake.Pin(ctx)
	if err != nil {
		c.wrong("warehouse", err)
		return
	}
	for _, s := range snapshots {
		if id, pinned := version.Snapshots[s.Table]; pinned && id != s.ID {
			c.good("warehouse", "version %s, as of %s; the lake has more since: `dutyflow transform`", version.Version, version.AsOf.In(lake.Zone()).Format(time.RFC3339))
			return
		}
	}
	c.good("warehouse", "version %s, as of %s, is up to date", version.Version, version.AsOf.In(lake.Zone()).Format(time.RFC3339))
}
