package main

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dutyflow/dutyflow/city"
	"github.com/dutyflow/dutyflow/ingest/kafka"
)

func (a *app) generateCommand() *cobra.Command {
	cfg := city.DefaultConfig()
	var out string
	var toKafka bool
	cmd := &cobra.Command{
		Use:   "generate",
		Short: "Make the records of a simulated city, any number, seeded",
		Long: `Simulates a city of 36 departments with their sections, posts, tasks and processes: office hours and holidays, skewed
durations, returns, suspensions, overdue and open cases, duplicates, late and invalid records. The same seed gives the same
bytes. "dutyflow lists load city/lists" gives the codes their names.`,
		Example: `  dutyflow generate --records 1000000 --out city.ndjson.gz
  dutyflow generate --records 1000 | head
  dutyflow generate --records 1000000 --kafka       # to the topics on kafka.brokers`,
		Args: noArgs,
	}
	flags := cmd.Flags()
	cityFlags(cmd, &cfg)
	flags.StringVar(&out, "out", "-", "file to write, .gz to compress; - is standard output")
	flags.BoolVar(&toKafka, "kafka", false, "produce to the brokers of kafka.brokers instead")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		generator, err := city.New(cfg)
		if err != nil {
			return usageError{err}
		}
		if toKafka {
			return a.generateToKafka(cmd.Context(), generator, cfg.Records)
		}
		return a.generateToFile(cmd.Context(), generator, cfg.Records, out)
	}
	return cmd
}

// cityFlags adds the flags that describe the simulated city.
func cityFlags(cmd *cobra.Command, cfg *city.Config) {
	flags := cmd.Flags()
	flags.Int64Var(&cfg.Records, "records", cfg.Records, "number of records")
	flags.Uint64Var(&cfg.Seed, "seed", cfg.Seed, "seed; the same seed gives the same records")
	flags.StringVar(&cfg.From, "from", cfg.From, "first day")
	flags.StringVar(&cfg.To, "to", cfg.To, "last day")
	flags.Float64Var(&cfg.InvalidShare, "invalid", cfg.InvalidShare, "share of records that break their contract")
}

func (a *app) generateToFile(ctx context.Context, generator *city.Generator, records int64, out string) (err error) {
	to := a.stdout
	if out != "-" {
		file, createErr := os.Create(out)
		if createErr != nil {
			return fmt.Errorf("create %w", createErr)
		}
		defer func() {
			if err = errors.Join(err, file.Close()); err != nil {
				err = fmt.Errorf("%w; the file %s is not whole", err, out)
			}
		}()
		to = file
	}
	if strings.HasSuffix(out, ".gz") {
		packed, gzipErr := gzip.NewWriterLevel(to, gzip.BestSpeed)
		if gzipErr != nil {
			return gzipErr
		}
		defer func() { err = errors.Join(err, packed.Close()) }()
		to = packed
	}
	st := a.stages.begin("generate", records, "records")
	w := bufio.NewWriterSize(to, 1<<20)
	var m city.Message
	var n, size int64
	for generator.Next(&m) {
		if _, err := w.Write(m.Value); err != nil {
			return fmt.Errorf("write records: %w", err)
		}
		if err := w.WriteByte('\n'); err != nil {
			return fmt.Errorf("write records: %w", err)
		}
		size += int64(len(m.Value)) + 1
		if n++; n%(64<<10) == 0 {
			st.at(n)
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write records: %w", err)
	}
	st.end("%s records (%s/s), %s bytes", thousands(n), st.rate(n), thousands(size))
	return nil
}

func (a *app) generateToKafka(ctx context.Context, generator *city.Generator, records int64) error {
	if err := a.cfg.Kafka.Validate(); err != nil {
		return usagef("configuration: kafka.%w", err)
	}
	producer, err := kafka.OpenProducer(ctx, a.cfg.Kafka, []string{city.StepTopic, city.WorkTopic})
	if err != nil {
		return err
	}
	st := a.stages.begin("generate", records, "records")
	var n int64
	err = func() error {
		var m city.Message
		for generator.Next(&m) {
			message := kafka.Message{Topic: m.Topic, Key: m.Key, Value: m.Value, Time: time.UnixMilli(m.TimeMillis)}
			if err := producer.Produce(ctx, message); err != nil {
				return err
			}
			n++
			st.at(n)
		}
		return nil
	}()
	if err = errors.Join(err, producer.Close()); err != nil {
		return err
	}
	st.end("%s records (%s/s) to Kafka", thousands(n), st.rate(n))
	return nil
}
