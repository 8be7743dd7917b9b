package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
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
any moment and started again it loses nothing and doubles nothing. Several may run in one group.`,
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
	cfg := a.cfg.Ingest
	cfg.UntilCaughtUp = untilCaughtUp
	source, err := kafka.Open(ctx, a.cfg.Kafka, cfg.Topics.Names(), a.log)
	if err != nil {
		return err
	}
	defer source.Close()

	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	stopMetrics, err := serveMetrics(ctx, a.cfg.Metrics, registry, a.log)
	if err != nil {
		return err
	}
	defer stopMetrics()

	st := a.stages.begin("ingest", -1, "records")
	ingester := ingest.New(cfg, source, lake, ingest.Options{
		Logger: a.log, Registerer: registry,
		Progress: func(s ingest.Status) { st.at(s.Records) },
	})
	err = ingester.Run(ctx)
	s := ingester.Status()
	st.end("%s records (%s/s), %s rows and %s rejects in %s files", thousands(s.Records), st.rate(s.Records), thousands(s.Rows), thousands(s.Rejects), thousands(s.Files))
	return err
}

// Metrics says where the Prometheus metrics are served.
type Metrics struct {
	Listen string `yaml:"listen"` // address of the /metrics page, such as 127.0.0.1:9464; empty serves none
}

// serveMetrics serves the registry until the returned function is called.
func serveMetrics(ctx context.Context, cfg Metrics, registry *prometheus.Registry, log *slog.Logger) (stop func(), err error) {
	if cfg.Listen == "" {
		return func() {}, nil
	}
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("serve metrics on %s: %w; choose a free address in metrics.listen", cfg.Listen, errors.Unwrap(err))
	}
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan struct{})
	go func() { // ends when stop closes the server
		defer close(done)
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("metrics are no longer served", "err", err)
		}
	}()
	log.Info("serving metrics", "address", listener.Addr().String())
	return func() {
		_ = server.Close()
		<-done
	}, nil
}
