package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// rawQuestions are questions of the reports that can be put to the records: to the query of a fact, of which DuckDB then
// computes no more than the question needs.
var rawQuestions = []struct{ query, fact, ask string }{
	{"key_figures", "fact_case", "select count(*) filter (accepted_date >= $from and accepted_date < $to) as accepted, " +
		"count(*) filter (ended_at <= due_at and local_date(due_at) >= $from and local_date(due_at) < $to) as in_time, " +
		"sum(work_us - suspended_work_us) filter (ended_date >= $from and ended_date < $to) as work_us from %s"},
	{"slowest_steps", "fact_step_run", "select process_code, step_code, count(*) as n, sum(step_work_us) as work_us, " +
		"quantile_cont(step_work_us, 0.9) as p90 from %s where ended_date >= $from and ended_date < $to group by all"},
}

// size measures everything at one size of the history.
func (b *bench) size(ctx context.Context, records int64, r *result) (sizeResult, error) {
	s := sizeResult{Records: records, Hand: map[string]handResult{}}
	warehouse, err := os.MkdirTemp(b.dir, "warehouse-")
	if err != nil {
		return s, err
	}
	defer func() { _ = os.RemoveAll(warehouse) }() // a temporary directory of ours
	limits := []string{"-memory", fmt.Sprint(b.memory), "-threads", fmt.Sprint(b.threads)}
	build := func(at int64, more ...string) (built, int64, error) {
		var done built
		args := slices.Concat([]string{"build", "-dir", b.lake, "-at", fmt.Sprint(at), "-warehouse", warehouse}, limits, more)
		u, err := b.child(ctx, &done, args...)
		return done, u.PeakRSS >> 20, err
	}

	fmt.Fprintf(os.Stdout, "%d records: full build\n", records)
	full, rss, err := build(records, "-full")
	if err != nil {
		return s, err
	}
	s.Full = full.Seconds
	s.FullCPU = full.CPU
	s.FullRSS = rss
	s.Publish = full.Publish
	s.Steps = full.Steps

	// The four facts alone, for the comparison: what they need is made with them, and nothing else.
	var names []string
	for _, f := range handFacts {
		names = append(names, f.name)
	}
	facts, rss, err := build(records, "-full", "-select", strings.Join(names, ","))
	if err != nil {
		return s, err
	}
	s.Facts, s.FactsCPU, s.FactsRSS = facts.Seconds, facts.CPU, rss

	var asked answers
	if _, err := b.child(ctx, &asked, "queries", "-version", full.Path, "-rounds", fmt.Sprint(b.rounds)); err != nil {
		return s, err
	}
	s.Bytes = asked.Bytes
	s.Queries = asked.Queries

	for _, f := range handFacts {
		h, err := b.hand(ctx, records, f.name, full.Path, asked.AsOf, limits)
		if err != nil {
			return s, err
		}
		s.Hand[f.name] = h
	}
	for _, q := range rawQuestions {
		a, err := b.raw(ctx, records, q.fact, q.ask, asked, limits)
		if err != nil {
			return s, err
		}
		s.Raw = append(s.Raw, queryTime{q.query, a.Seconds * 1000})
	}

	var costs []built
	for i := range int64(b.increments) {
		at := records + (i+1)*b.increment
		fmt.Fprintf(os.Stdout, "%d records: increment to %d\n", records, at)
		done, rss, err := build(at)
		if err != nil {
			return s, err
		}
		costs = append(costs, done)
		s.IncrementRSS = max(s.IncrementRSS, rss)
	}
	if len(costs) > 0 {
		slices.SortFunc(costs, func(x, y built) int { return int(x.CPU*1e6) - int(y.CPU*1e6) })
		middle := costs[len(costs)/2]
		s.Increment, s.IncrementCPU = middle.Seconds, middle.CPU
		s.IncrementSteps = middle.Steps
	}
	return s, nil
}

// hand measures the query of a fact, and makes sure that it found what the transform found.
func (b *bench) hand(ctx context.Context, records int64, fact, version, asOf string, limits []string) (handResult, error) {
	fmt.Fprintf(os.Stdout, "%d records: %s by hand\n", records, fact)
	var by, ours asked
	u, err := b.child(ctx, &by, slices.Concat([]string{"hand", "-dir", b.lake, "-at", fmt.Sprint(records), "-fact", fact, "-as-of", asOf}, limits)...)
	if err != nil {
		return handResult{}, err
	}
	if _, err := b.child(ctx, &ours, "sums", "-version", version, "-fact", fact); err != nil {
		return handResult{}, err
	}
	if by.Sums != ours.Sums {
		return handResult{}, fmt.Errorf("%s: the query in %s finds something else than the transform, so nothing can be compared:\nby hand   %s\ntransform %s",
			fact, filepath.Join("hand", fact+".sql"), by.Sums, ours.Sums)
	}
	return handResult{Seconds: by.Seconds, CPU: by.CPU, RSS: u.PeakRSS >> 20}, nil
}

// raw puts a question of the reports to the records.
func (b *bench) raw(ctx context.Context, records int64, fact, ask string, about answers, limits []string) (asked, error) {
	var a asked
	_, err := b.child(ctx, &a, slices.Concat([]string{
		"hand", "-dir", b.lake, "-at", fmt.Sprint(records), "-fact", fact, "-as-of", about.AsOf, "-ask", inMonth(ask, about.Month),
	}, limits)...)
	return a, err
}
