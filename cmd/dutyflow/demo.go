package main

import (
	"context"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/dutyflow/dutyflow/city"
	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/ingest/broker"
	"github.com/dutyflow/dutyflow/ingest/load"
	"github.com/dutyflow/dutyflow/lists"
	"github.com/dutyflow/dutyflow/report"
	"github.com/dutyflow/dutyflow/warehouse"
)

func (a *app) demoCommand() *cobra.Command {
	cfg := city.DefaultConfig()
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "A simulated city, from records to report, in one go",
		Long: `Loads the lists of a simulated city, sends its records through an embedded Kafka broker into a lake, computes the
warehouse, and writes the report of the last month in Chinese and English. Run again in the same directory with the same
numbers it goes on where it stopped, and does nothing that is done.`,
		Example: `  dutyflow demo --dir demo-data
  dutyflow demo --dir big --records 5000000`,
		Args: noArgs,
	}
	cityFlags(cmd, &cfg)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := cfg.Validate(); err != nil {
			return usageError{err}
		}
		return a.demo(cmd.Context(), cfg)
	}
	return cmd
}

// demoPartitions is how many partitions the demo's topics have: enough that reading them in turn shows.
const demoPartitions = 4

func (a *app) demo(ctx context.Context, cfg city.Config) error {
	lake, err := a.createLake(ctx)
	if err != nil {
		return err
	}
	defer lake.Close()
	unlock, err := a.lock("demo", false)
	if err != nil {
		return err
	}
	defer unlock()
	// The name of the cluster tells the numbers of the city, because other numbers are other records.
	cluster := fmt.Sprintf("demo:seed=%d,records=%d,%s..%s,invalid=%g", cfg.Seed, cfg.Records, cfg.From, cfg.To, cfg.InvalidShare)
	if err := a.onlyOf(ctx, lake, cluster); err != nil {
		return err
	}

	st := a.stages.begin("lists", -1, "rows")
	version, rows, err := lists.Load(ctx, lake, city.Lists())
	if err != nil {
		return err
	}
	st.end("version %d, %s rows written", version, thousands(int64(rows)))

	if err := a.demoRecords(ctx, lake, cfg, cluster); err != nil {
		return err
	}
	if err := a.transform(ctx, lake, transformFlags{}); err != nil {
		return err
	}

	st = a.stages.begin("report", -1, "files")
	db, err := a.openWarehouse()
	if err != nil {
		return err
	}
	defer db.Close()
	period := cfg.To[:len("2026-10")]
	var reports []string
	for _, lang := range report.Languages() {
		files, err := report.Write(ctx, report.Options{
			Config: a.cfg.Report, DB: db.SQL(), Kind: "R1", Period: period, Lang: lang, Dir: a.reportsDir(), Stamp: time.Now(),
		})
		if err != nil {
			return err
		}
		reports = append(reports, files...)
	}
	st.end("%d files", len(reports))

	fmt.Fprintln(a.stdout, "\nLook at the report in a browser:")
	for _, file := range reports {
		fmt.Fprintln(a.stdout, "  "+file)
	}
	fmt.Fprintf(a.stdout, `
Ask the warehouse, for example which steps hold things up:
  %s query --dir %s "select b.process_code, s.name as step, b.n, b.rank from v_bottleneck as b join dim_step as s using (process_code, step_code) where b.rank <= 3 order by b.n desc limit 10"

The lake is plain Iceberg:
  %s
`, quoteArg(os.Args[0]), quoteArg(a.cfg.Dir), filepath.Join(a.cfg.Dir, "lake"))
	return nil
}

// onlyOf refuses a lake that holds records of another cluster: the demo would mix with them.
func (a *app) onlyOf(ctx context.Context, lake *warehouse.Lake, cluster string) error {
	for _, table := range ingest.Tables() {
		ledger, err := lake.Ledger(ctx, table.Name)
		if err != nil {
			return err
		}
		for p := range ledger {
			if p.Cluster != cluster {
				return fmt.Errorf("%s holds records of %s already; choose another directory with --dir, or remove this one", a.cfg.Dir, p.Cluster)
			}
		}
	}
	return nil
}

// demoRecords sends the city's records through an embedded broker into the lake and checks that all arrived.
func (a *app) demoRecords(ctx context.Context, lake *warehouse.Lake, cfg city.Config, cluster string) error {
	generator, err := city.New(cfg)
	if err != nil {
		return err
	}
	st := a.stages.begin("records", cfg.Records, "records")
	status, err := load.Through{
		Broker: broker.Config{ClusterID: cluster, Topics: map[string]int32{city.StepTopic: demoPartitions, city.WorkTopic: demoPartitions}},
		Lake:   lake, Ingest: a.cfg.Ingest, Logger: a.quiet(),
		Progress: func(s ingest.Status) { st.at(s.Records) },
	}.Run(ctx, func(ctx context.Context, b *broker.Broker) error { return produceCity(ctx, b, generator) })
	if err != nil {
		return err
	}
	st.end("%s records (%s/s): %s rows and %s rejects in %s files", thousands(status.Records), st.rate(status.Records), thousands(status.Rows), thousands(status.Rejects), thousands(status.Files))
	return a.accountFor(ctx, lake, cfg.Records)
}

// produceCity hands the city's messages to the broker; those of one entity go to one partition.
func produceCity(ctx context.Context, b *broker.Broker, generator *city.Generator) error {
	const batch = 2000 // messages of a topic at a time: a request of about 1 MB
	waiting := map[string][]broker.Message{}
	flush := func(topic string) error {
		err := b.Produce(ctx, topic, waiting[topic])
		waiting[topic] = waiting[topic][:0]
		return err
	}
	var m city.Message
	for generator.Next(&m) {
		hash := fnv.New32a()
		_, _ = hash.Write(m.Key) // a hash never fails
		both := append(append(make([]byte, 0, len(m.Key)+len(m.Value)), m.Key...), m.Value...)
		waiting[m.Topic] = append(waiting[m.Topic], broker.Message{
			Partition: int32(hash.Sum32() % demoPartitions), Key: both[:len(m.Key)], Value: both[len(m.Key):],
			Time: time.UnixMilli(m.TimeMillis), SourcePos: -1,
		})
		if len(waiting[m.Topic]) == batch {
			if err := flush(m.Topic); err != nil {
				return err
			}
		}
	}
	for topic := range waiting {
		if err := flush(topic); err != nil {
			return err
		}
	}
	return nil
}

// accountFor checks the first promise on the lake itself: what went in is there, as a row or as a reject.
func (a *app) accountFor(ctx context.Context, lake *warehouse.Lake, in int64) error {
	tables, err := lake.Tables(ctx)
	if err != nil {
		return err
	}
	count := map[string]int64{}
	for _, t := range tables {
		count[t.Name] = t.Rows
	}
	var rows int64
	for _, t := range ingest.Tables() {
		rows += count[t.Name]
	}
	rejects := count[warehouse.Rejects.Name]
	if rows+rejects != in {
		return fmt.Errorf("%s records went in, but the lake holds %s rows and %s rejects", thousands(in), thousands(rows), thousands(rejects))
	}
	fmt.Fprintf(a.stderr, "%-10s            %s records in = %s rows + %s rejects\n", "", thousands(in), thousands(rows), thousands(rejects))
	return nil
}
