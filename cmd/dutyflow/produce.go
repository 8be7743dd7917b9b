package main

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/dutyflow/dutyflow/ingest/file"
	"github.com/dutyflow/dutyflow/ingest/kafka"
	"github.com/dutyflow/dutyflow/ingest/record"
)

func (a *app) produceCommand() *cobra.Command {
	var mappingPath, rejects string
	cmd := &cobra.Command{
		Use:   "produce FILE...",
		Short: "Send files to Kafka: NDJSON, CSV or XES, plain or .gz",
		Long: `Reads files as "dutyflow load" does and sends their records to the topics on kafka.brokers, keyed by entity so that
one case stays in one partition. Sending a file twice delivers its records twice; they have the same event_id and source, so
the figures stay the same.

--from-rejects sends rejects again that "dutyflow lake rejects --export" wrote and somebody has corrected: each to the topic
that it came from, keyed by its entity as before. All are held against their contract first; if one would be rejected again,
nothing is sent.`,
		Example: `  DUTYFLOW_KAFKA_BROKERS=kafka-1:9092 dutyflow produce records.ndjson.gz
  dutyflow produce requests.csv.gz --mapping examples/mappings/boston311.yaml
  dutyflow produce --from-rejects bad-times.ndjson`,
	}
	cmd.Flags().StringVar(&rejects, "from-rejects", "", "corrected rejects to send again, as \"dutyflow lake rejects --export\" writes them")
	cmd.Flags().StringVar(&mappingPath, "mapping", "", "mapping file: what the columns or attributes mean")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if rejects != "" {
			if len(args) > 0 || mappingPath != "" {
				return usagef("--from-rejects takes no other file and no mapping: the file says what goes where")
			}
			if err := a.cfg.Kafka.Validate(); err != nil {
				return usagef("configuration: kafka.%w", err)
			}
			return a.produceRejects(cmd.Context(), rejects)
		}
		if len(args) == 0 {
			return usagef("name a file to send; `dutyflow produce --help` shows how")
		}
		var mapping *file.Mapping
		if mappingPath != "" {
			var err error
			if mapping, err = file.ReadMapping(mappingPath); err != nil {
				return usageError{err}
			}
		}
		if err := readable(args, mapping); err != nil {
			return err
		}
		if err := a.cfg.Kafka.Validate(); err != nil {
			return usagef("configuration: kafka.%w", err)
		}
		return a.produce(cmd.Context(), args, mapping)
	}
	return cmd
}

func (a *app) produce(ctx context.Context, paths []string, mapping *file.Mapping) error {
	var topics []string
	for _, c := range record.Contracts() {
		topics = append(topics, c.Name)
	}
	producer, err := kafka.OpenProducer(ctx, a.cfg.Kafka, topics)
	if err != nil {
		return err
	}
	for _, path := range paths {
		if err := a.produceFile(ctx, producer, path, mapping); err != nil {
			return errors.Join(err, producer.Close())
		}
	}
	return producer.Close()
}

func (a *app) produceFile(ctx context.Context, producer *kafka.Producer, path string, mapping *file.Mapping) error {
	reader, err := file.Open(path, mapping)
	if err != nil {
		return err
	}
	defer reader.Close()
	_, total := reader.Progress()
	st := a.stages.begin("produce", total, "bytes")
	now := time.Now()
	var r file.Record
	var n int64
	for {
		err := reader.Next(&r)
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = producer.Produce(ctx, kafka.Message{Topic: r.Topic, Key: r.Key, Value: r.Value, Time: now})
		}
		if err != nil {
			return err
		}
		read, _ := reader.Progress()
		st.at(read)
		n++
	}
	if err := producer.Flush(ctx); err != nil {
		return err
	}
	st.end("%s: %s records (%s/s) to Kafka", path, thousands(n), st.rate(n))
	return nil
}
