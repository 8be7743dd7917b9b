// Command transform measures what the warehouse costs to make, to keep current and to ask: `make bench-transform`,
// RECORDS= sets the sizes of the history.
//
// In one run, on one machine, over the same Parquet files of one lake of the simulated city, whose records come at a
// fixed rate, so that more records are a longer past, and of which five in a hundred come up to two years late:
//
//   - the full build at each size, against one query per fact, written by hand (folder hand) over the files of the lake.
//     Both write the fact as Parquet, with the same memory limit and threads. The query's rows are those of the fact: their
//     number and the sums of their key columns are compared, and a difference ends the run.
//   - what a million records more cost at each size, the median of several such increments.
//   - the size of the warehouse and the time of publishing it.
//   - each query that the reports ask, with the parameters of a report on the last month, and some of the same questions
//     on the records.
//
// Everything measured is a process of its own: time and processor time are those of the work, memory is what the operating
// system says was resident at most. The result is printed and written to bench-transform.json.
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
	"strconv"
	"strings"
	"syscall"

	"github.com/dutyflow/dutyflow/bench/child"
)

type config struct {
	sizes      numbers
	increment  int64
	increments int
	memory     int
	threads    int
	dir        string
	out        string
	rounds     int
}

func main() {
	if len(os.Args) > 1 {
		if role, ok := roles[os.Args[1]]; ok {
			exit(role(context.Background(), os.Args[2:]))
		}
	}
	c := config{sizes: numbers{1_000_000, 10_000_000}}
	flag.Var(&c.sizes, "records", "sizes of the history, separated by commas")
	flag.Int64Var(&c.increment, "increment", 1_000_000, "records of an increment, which are what two months bring")
	flag.IntVar(&c.increments, "increments", 3, "increments at each size; the median counts")
	flag.IntVar(&c.memory, "memory", 2048, "memory limit of DuckDB in MiB, for both sides")
	flag.IntVar(&c.threads, "threads", 0, "threads, for both sides; 0: all")
	flag.StringVar(&c.dir, "dir", filepath.Join(os.TempDir(), "bench-transform"), "folder that keeps the generated lake for the next time, about 50 bytes a record")
	flag.StringVar(&c.out, "out", "bench-transform.json", "file for the result")
	flag.IntVar(&c.rounds, "rounds", 5, "how often each query of the reports is asked; the median counts")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	exit(run(ctx, c))
}

// roles are what this program does when it runs as a process of its own.
var roles = map[string]func(context.Context, []string) error{
	"records": writeLake, "build": runBuild, "hand": runHand, "sums": runSums, "queries": runQueries,
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench-transform:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func run(ctx context.Context, c config) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if c.dir, err = filepath.Abs(c.dir); err != nil {
		return err
	}
	slices.Sort(c.sizes)
	c.sizes = slices.Compact(c.sizes)
	b := &bench{config: c, self: self}
	if err := b.makeLake(ctx); err != nil {
		return err
	}
	r := &result{Increment: c.increment, MemoryLimit: c.memory, Queries: map[string]float64{}}
	for _, size := range c.sizes {
		s, err := b.size(ctx, size, r)
		if err != nil {
			return err
		}
		r.Sizes = append(r.Sizes, s)
	}
	r.conclude()
	r.print(os.Stdout)
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(c.out, append(text, '\n'), 0o644)
}

// bench is one run.
type bench struct {
	config
	self string
	lake string // folder
}

// makeLake generates the lake, unless an earlier run with the same numbers has.
func (b *bench) makeLake(ctx context.Context) error {
	var stages numbers
	for _, size := range b.sizes {
		for i := range int64(b.increments) + 1 {
			stages = append(stages, size+i*b.increment)
		}
	}
	slices.Sort(stages)
	stages = slices.Compact(stages)
	b.lake = filepath.Join(b.dir, fmt.Sprintf("lake-%d-of-%d-by-%d", len(stages), stages[len(stages)-1], b.increment))
	if have, err := readStages(b.lake); err == nil && slices.EqualFunc(have, stages, func(s stage, n int64) bool { return s.Records == n }) {
		fmt.Fprintf(os.Stdout, "the lake of an earlier run: %s\n", b.lake)
		return nil
	}
	if err := os.RemoveAll(b.lake); err != nil {
		return err
	}
	if err := os.MkdirAll(b.lake, 0o755); err != nil {
		return err
	}
	fmt.Fprintf(os.Stdout, "making a lake of %d records in %s\n", stages[len(stages)-1], b.lake)
	var list []string
	for _, n := range stages {
		list = append(list, strconv.FormatInt(n, 10))
	}
	_, err := b.child(ctx, nil, "records", "-dir", b.lake, "-increment", fmt.Sprint(b.increment), "-stages", strings.Join(list, ","))
	return err
}

// child runs a role and reads the JSON that it prints.
func (b *bench) child(ctx context.Context, into any, args ...string) (child.Usage, error) {
	u, err := child.Run(ctx, nil, b.self, args...)
	if err != nil || into == nil {
		return u, err
	}
	if err := json.Unmarshal([]byte(u.Output), into); err != nil {
		return u, fmt.Errorf("read the output of %s: %w", args[0], err)
	}
	return u, nil
}

// numbers is a flag of numbers, separated by commas.
type numbers []int64

// String and Set make it a flag.Value.
func (n *numbers) String() string { return strings.Trim(fmt.Sprint(*n), "[]") }

func (n *numbers) Set(text string) error {
	*n = nil
	for field := range strings.SplitSeq(text, ",") {
		v, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return err
		}
		if v < 1 {
			return fmt.Errorf("%d records are nothing to measure", v)
		}
		*n = append(*n, v)
	}
	return nil
}
