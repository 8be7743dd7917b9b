package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"log/slog"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/dutyflow/dutyflow/sql"
	"github.com/dutyflow/dutyflow/transform"
)

// built is what one run of the transform did.
type built struct {
	Version string
	Path    string
	Seconds float64            // by the clock
	CPU     float64            // user and system
	Publish float64            // by the clock, from the last check to the end
	Steps   map[string]float64 // CPU seconds by step: models, and what lies between
	Rows    map[string]int64   // by model
}

// runBuild runs the transform once over the lake at a stage, and prints what it did as JSON.
func runBuild(ctx context.Context, args []string) (err error) {
	flags := flag.NewFlagSet("build", flag.ExitOnError)
	dir := flags.String("dir", "", "folder of the lake")
	at := flags.Int64("at", 0, "the stage: a number of records")
	to := flags.String("warehouse", "", "folder of the warehouse")
	only := flags.String("select", "", "make only these models and what they need, and publish nothing")
	full := flags.Bool("full", false, "compute everything again")
	memory := flags.Int("memory", transform.DefaultConfig().MemoryLimitMB, "limit in MiB")
	threads := flags.Int("threads", 0, "threads; 0: all")
	partRows := flags.Int64("part-rows", transform.DefaultConfig().PartRows, "records of a range of entities")
	_ = flags.Parse(args) // exits on an error
	lake, err := openAt(ctx, *dir, *at)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lake.Close()) }()
	cfg := transform.DefaultConfig()
	cfg.MemoryLimitMB, cfg.Threads, cfg.PartRows = *memory, *threads, *partRows
	var selected []string
	if *only != "" {
		selected = strings.Split(*only, ",")
	}
	watch := &stopwatch{began: time.Now(), step: "start", steps: map[string]float64{}}
	result, err := transform.Run(ctx, transform.Options{
		Lake: lake, Dir: *to, Project: sql.Project(), Full: *full, Select: selected, Config: cfg,
		Logger: slog.New(watch), Progress: watch.progress,
	})
	if err != nil {
		return err
	}
	watch.next("end")
	b := built{
		Seconds: time.Since(watch.began).Seconds(), CPU: cpuSeconds(), Version: result.Version, Path: result.Path,
		Publish: watch.publish.Seconds(), Steps: watch.steps, Rows: map[string]int64{},
	}
	for _, m := range result.Models {
		b.Rows[m.Name] = m.Rows
	}
	return json.NewEncoder(os.Stdout).Encode(b)
}

// stopwatch splits the processor time of a run by its steps, as the run reports them, and notes how long publishing took.
type stopwatch struct {
	began   time.Time
	last    time.Duration // of the log line before
	publish time.Duration
	step    string
	used    float64
	steps   map[string]float64
}

func (s *stopwatch) progress(p transform.Progress) {
	name, _, _ := strings.Cut(p.Step, " ") // "fact_case 2/3" is the second range of three
	s.next(name)
}

func (s *stopwatch) next(step string) {
	now := cpuSeconds()
	s.steps[s.step] += now - s.used
	s.step, s.used = step, now
}

// Enabled, Handle, WithAttrs and WithGroup make it a slog.Handler: what the run logs is when it happens.
func (s *stopwatch) Enabled(context.Context, slog.Level) bool { return true }

func (s *stopwatch) Handle(_ context.Context, r slog.Record) error {
	now := time.Since(s.began)
	if r.Message == "published" {
		s.publish = now - s.last
	}
	s.last = now
	return nil
}

func (s *stopwatch) WithAttrs([]slog.Attr) slog.Handler { return s }
func (s *stopwatch) WithGroup(string) slog.Handler      { return s }

// cpuSeconds is what this process has used so far.
func cpuSeconds() float64 {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return float64(used.Utime.Nano()+used.Stime.Nano()) / 1e9
}
