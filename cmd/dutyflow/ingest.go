package main

import (
	"context"
	"os"
	"runtime/debug"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/spf13/cobra"

	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/ingest/kafka"
)

func (a *app) ingestCommand() *cobra.Command {
	var untilCaughtUp bool
	var cpuProfile string
	cmd := &cobra.Command{
		Use:   "ingest",
		Short: "Bring Kafka records into the lake, each exactly once",
		Long: `Reads the topics of ingest.topics from the brokers of kafka.brokers and commits them to the lake together with
the offset ledger. It runs until it is stopped; a first signal commits what is in hand, a second ends at once. Killed at
any moment and started again it loses nothing and doubles nothing. Several may run in one group.

With metrics.listen set it serves /metrics (docs/ingest-metrics.md), /healthz (fails when nothing moves although there
is something to read) and /readyz (fails while there are no partitions), on the loopback interface unless the address
names another.`,
		Example: `  dutyflow ingest
  dutyflow ingest --until-caught-up
  DUTYFLOW_KAFKA_BROKERS=kafka-1:9092 DUTYFLOW_INGEST_START=earliest dutyflow ingest`,
		Args: noArgs,
	}
	cmd.Flags().BoolVar(&untilCaughtUp, "until-caught-up", false, "end when all that the topics hold now is in the lake")
	cmd.Flags().StringVar(&cpuProfile, "cpu-profile", "", "write a CPU profile to this file; its samples carry the label stage (fetch, decode, encode, commit)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := a.cfg.Kafka.Validate(); err != nil {
			return usagef("configuration: kafka.%w", err)
		}
		if err := a.cfg.Ingest.Validate(); err != nil {
			return usagef("configuration: ingest.%w", err)
		}
		return profiled(cpuProfile, func() error { return a.ingest(cmd.Context(), untilCaughtUp) })
	}
	return cmd
}

// uncharged is room for what the memory budget does not cover: the encoder's buffers, the metadata of the lake, the client.
const uncharged = 192 << 20

func (a *app) ingest(ctx context.Context, untilCaughtUp bool) error {
	lake, err := a.createLake(ctx)
	if err != nil {
		return err
	}
	defer lake.Close()
	unlock, err := a.lock("ingest", true) // workers of one group may share the directory
	if err != nil {
		return err
	}
	defer unlock()
	if _, told := os.LookupEnv("GOMEMLIMIT"); !told {
		// The collector works harder before the process outgrows the budget and what it does not cover.
		debug.SetMemoryLimit(a.cfg.Ingest.MemoryBytes + uncharged)
	}
	cfg := a.cfg.Ingest
	cfg.UntilCaughtUp = untilCaughtUp
	source, err := kafka.Open(ctx, a.cfg.Kafka, cfg.Topics.Names(), a.log)
	if err != nil {
		return err
	}
	defer source.Close()

	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	st := a.stages.begin("ingest", -1, "records")
	ingester := ingest.New(cfg, source, lake, ingest.Options{
		Logger: a.log, Registerer: registry,
		Progress: func(s ingest.Status) { st.at(s.Records) },
	})
	stopMetrics, err := serveMetrics(ctx, a.cfg.Metrics, registry, ingester, a.log)
	if err != nil {
		return err
	}
	defer stopMetrics()
	err = ingester.Run(ctx)
	s := ingester.Status()
	st.end("%s records (%s/s), %s rows and %s rejects in %s files", thousands(s.Records), st.rate(s.Records), thousands(s.Rows), thousands(s.Rejects), thousands(s.Files))
	return err
}
