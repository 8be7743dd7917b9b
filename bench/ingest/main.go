// Command ingest measures what a record costs on its way from Kafka to a committed Iceberg snapshot, and what DuckDB
// takes to turn the same records from a local file into Parquet: `make bench-ingest`, RECORDS= sets how many.
//
// In one run, on one machine, over the same bytes:
//
//   - `dutyflow ingest --until-caught-up` reads a topic from a broker in another process, once for each compression of
//     the topic. What counts is the processor time of the dutyflow process from its start to its end.
//   - DuckDB's COPY (FROM read_json(file, columns = ...)) TO parquet writes the same columns and types, provenance
//     included, with the same zstd level and row-group size, unsorted and sorted as the lake is. It has no broker to
//     read from and no table to commit to.
//   - DuckDB rewrites the lake's data files in their own order: the bytes per row that it needs for the same rows.
//
// Rounds are interleaved, and the median of each counts, because a shared machine is never quiet. The result is printed
// and written to bench-ingest.json.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/dutyflow/dutyflow/bench/child"
)

// codecs are the compressions of the topic; the first is compared with DuckDB, whose file is not compressed either.
var codecs = []string{"none", "lz4", "zstd"}

type config struct {
	records  int64
	rounds   int
	dir      string
	dutyflow string
	out      string
}

func main() {
	if len(os.Args) > 1 {
		if role, ok := roles[os.Args[1]]; ok {
			exit(role(context.Background(), os.Args[2:]))
		}
	}
	var c config
	flag.Int64Var(&c.records, "records", 3_000_000, "records of duty.step")
	flag.IntVar(&c.rounds, "rounds", 3, "how often each is measured; the median counts")
	flag.StringVar(&c.dir, "dir", "", "folder for the records and lakes, about 1.3 kB a record; a temporary one by default")
	flag.StringVar(&c.dutyflow, "dutyflow", "bin/dutyflow", "the program to measure")
	flag.StringVar(&c.out, "out", "bench-ingest.json", "file for the result")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	exit(run(ctx, c))
}

// roles are what this program does when it runs as a process of its own.
var roles = map[string]func(context.Context, []string) error{
	"broker": serveBroker, "duckdb": runDuckDB, "records": writeRecords,
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench-ingest:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func run(ctx context.Context, c config) (err error) {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if c.dutyflow, err = filepath.Abs(c.dutyflow); err != nil {
		return err
	}
	if c.dir == "" {
		if c.dir, err = os.MkdirTemp("", "bench-ingest-"); err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(c.dir) }() // a temporary directory of ours
	}
	b := &bench{config: c, self: self, file: filepath.Join(c.dir, "records.ndjson"), ingest: map[string][]child.Usage{}}
	fmt.Fprintf(os.Stdout, "making %d records of duty.step\n", c.records)
	if _, err := child.Run(ctx, nil, self, "records", "-records", fmt.Sprint(c.records), "-out", b.file); err != nil {
		return err
	}
	for round := range c.rounds {
		fmt.Fprintf(os.Stdout, "round %d of %d\n", round+1, c.rounds)
		if err := b.round(ctx); err != nil {
			return err
		}
	}
	if err := b.lake(ctx); err != nil {
		return err
	}
	r := b.result()
	r.print(os.Stdout)
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(c.out, append(text, '\n'), 0o644)
}

// bench collects what was measured.
type bench struct {
	config
	self, file       string
	ingest           map[string][]child.Usage // by codec
	unsorted, sorted []child.Usage
	stages           stages
	lakeBytes        int64 // data files of the lake
	duckBytes        int64 // the same rows in the same order, written by DuckDB
}

func (b *bench) round(ctx context.Context) error {
	for _, codec := range codecs {
		u, err := b.runIngest(ctx, codec, b.lakeDir())
		if err != nil {
			return err
		}
		b.ingest[codec] = append(b.ingest[codec], u)
		report("ingest, topic "+codec, u, b.records)
	}
	for _, sorted := range []bool{false, true} {
		to := &b.unsorted
		name := "DuckDB, unsorted"
		if sorted {
			to, name = &b.sorted, "DuckDB, sorted"
		}
		u, err := child.Run(ctx, nil, b.self, "duckdb", "-in", b.file, "-out", b.peerFile(),
			fmt.Sprintf("-sorted=%t", sorted))
		if err != nil {
			return err
		}
		*to = append(*to, u)
		report(name, u, b.records)
	}
	return nil
}

func report(what string, u child.Usage, records int64) {
	fmt.Fprintf(os.Stdout, "  %-20s %6.2f CPU-µs a record, %5.1f s, peak %4d MiB\n", what, perRecord(u, records), u.Wall.Seconds(), u.PeakRSS>>20)
}

func (b *bench) lakeDir() string  { return filepath.Join(b.dir, "lake") }
func (b *bench) peerFile() string { return filepath.Join(b.dir, "duckdb.parquet") }

// runIngest reads the topic into a new lake.
func (b *bench) runIngest(ctx context.Context, codec, dir string, more ...string) (child.Usage, error) {
	if err := os.RemoveAll(dir); err != nil {
		return child.Usage{}, err
	}
	addr, stop, err := b.startBroker(ctx, codec)
	if err != nil {
		return child.Usage{}, err
	}
	defer stop()
	settings := filepath.Join(b.dir, "dutyflow.yaml")
	text := fmt.Sprintf("dir: %s\nkafka:\n  brokers: [%q]\ningest:\n  topics: [duty.step]\n  start: earliest\n", dir, addr)
	if err := os.WriteFile(settings, []byte(text), 0o600); err != nil {
		return child.Usage{}, err
	}
	args := append([]string{"ingest", "--config", settings, "--until-caught-up"}, more...)
	return child.Run(ctx, nil, b.dutyflow, args...)
}

// lake measures the lake's files against DuckDB's of the same rows, and where the time goes, with a profile, which
// would disturb the rounds.
func (b *bench) lake(ctx context.Context) error {
	profile := filepath.Join(b.dir, "cpu.out")
	used, err := b.runIngest(ctx, codecs[0], b.lakeDir(), "--cpu-profile", profile)
	if err != nil {
		return err
	}
	if b.stages, err = readStages(profile, used.CPU); err != nil {
		return err
	}
	b.lakeBytes, b.duckBytes, err = b.compareSizes(ctx)
	return err
}

func perRecord(u child.Usage, records int64) float64 {
	return u.CPU.Seconds() * 1e6 / float64(records)
}

// median orders by processor time.
func median(us []child.Usage) child.Usage {
	us = slices.Clone(us)
	slices.SortFunc(us, func(a, b child.Usage) int { return int((a.CPU - b.CPU) / time.Nanosecond) })
	return us[len(us)/2]
}
