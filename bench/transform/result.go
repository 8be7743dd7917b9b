package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// result is bench-transform.json. Times are seconds by the clock unless the name says otherwise.
type result struct {
	// FullVsHandwritten is the time of the transform for the four facts and all that they need over that of the queries
	// written by hand, at the largest size: 1 is as fast, less is faster.
	FullVsHandwritten    float64 `json:"full_vs_handwritten"`
	FullVsHandwrittenCPU float64 `json:"full_vs_handwritten_cpu"`
	// WholeVsHandwritten is the same of the whole build: the other facts, aggregates, metrics, checks, publishing.
	WholeVsHandwritten float64 `json:"whole_vs_handwritten"`
	// MemoryVsHandwritten is the peak of the transform over the largest of the queries.
	MemoryVsHandwritten float64 `json:"memory_vs_handwritten"`
	// IncrementalGrowth is what an increment costs on the largest history over what it costs on the smallest, in
	// processor time.
	IncrementalGrowth float64            `json:"incremental_growth"`
	PeakRSS           int64              `json:"peak_rss_mib"` // of all runs of the transform
	SlowestQuery      float64            `json:"slowest_query_ms"`
	RawVsMarts        float64            `json:"raw_vs_marts"` // the least of the questions asked on both
	Increment         int64              `json:"increment_records"`
	MemoryLimit       int                `json:"memory_limit_mib"`
	Queries           map[string]float64 `json:"query_ms"` // at the largest size
	Sizes             []sizeResult       `json:"sizes"`
}

type sizeResult struct {
	Records        int64                 `json:"records"`
	Full           float64               `json:"full_s"`
	FullCPU        float64               `json:"full_cpu_s"`
	Facts          float64               `json:"facts_s"`
	FactsCPU       float64               `json:"facts_cpu_s"`
	FactsRSS       int64                 `json:"facts_rss_mib"`
	FullRSS        int64                 `json:"full_rss_mib"`
	Publish        float64               `json:"publish_s"`
	Bytes          int64                 `json:"warehouse_bytes"`
	Increment      float64               `json:"increment_s"`
	IncrementCPU   float64               `json:"increment_cpu_s"`
	IncrementRSS   int64                 `json:"increment_rss_mib"`
	Hand           map[string]handResult `json:"handwritten"`
	Queries        []queryTime           `json:"queries"`
	Raw            []queryTime           `json:"raw_queries"`
	Steps          map[string]float64    `json:"full_cpu_s_by_step"`
	IncrementSteps map[string]float64    `json:"increment_cpu_s_by_step"`
}

type handResult struct {
	Seconds float64 `json:"s"`
	CPU     float64 `json:"cpu_s"`
	RSS     int64   `json:"rss_mib"`
}

func (s *sizeResult) byHand() (all handResult) {
	for _, h := range s.Hand {
		all.Seconds += h.Seconds
		all.CPU += h.CPU
		all.RSS = max(all.RSS, h.RSS)
	}
	return all
}

// conclude computes the figures that have targets.
func (r *result) conclude() {
	first, last := &r.Sizes[0], &r.Sizes[len(r.Sizes)-1]
	hand := last.byHand()
	r.FullVsHandwritten = ratio(last.Facts, hand.Seconds)
	r.FullVsHandwrittenCPU = ratio(last.FactsCPU, hand.CPU)
	r.WholeVsHandwritten = ratio(last.Full, hand.Seconds)
	r.MemoryVsHandwritten = ratio(float64(last.FactsRSS), float64(hand.RSS))
	r.IncrementalGrowth = ratio(last.IncrementCPU, first.IncrementCPU)
	for _, s := range r.Sizes {
		r.PeakRSS = max(r.PeakRSS, s.FullRSS, s.FactsRSS, s.IncrementRSS)
	}
	for _, q := range last.Queries {
		r.Queries[q.Name] = q.MS
		r.SlowestQuery = max(r.SlowestQuery, q.MS)
	}
	for _, raw := range last.Raw {
		if x := ratio(raw.MS, r.Queries[raw.Name]); r.RawVsMarts == 0 || x < r.RawVsMarts {
			r.RawVsMarts = x
		}
	}
}

func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// inMonth puts the bounds of a month, YYYY-MM, in the place of $from and $to.
func inMonth(query, month string) string {
	first := "date '" + month + "-01'"
	return strings.NewReplacer("$from", first, "$to", "("+first+" + interval 1 month)").Replace(query)
}

func (r *result) print(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(name string, cell func(s *sizeResult) string) {
		fmt.Fprint(t, name, "\t")
		for i := range r.Sizes {
			fmt.Fprint(t, cell(&r.Sizes[i]), "\t")
		}
		fmt.Fprintln(t)
	}
	seconds := func(x, cpu float64) string { return fmt.Sprintf("%.1f s (%.1f)", x, cpu) }
	fmt.Fprintf(w, "\nSeconds by the clock (and of processors), memory limit %d MiB\n\n", r.MemoryLimit)
	row("records of history", func(s *sizeResult) string { return fmt.Sprint(s.Records) })
	row("full build", func(s *sizeResult) string { return seconds(s.Full, s.FullCPU) })
	row("the four facts alone", func(s *sizeResult) string { return seconds(s.Facts, s.FactsCPU) })
	row("of it, publishing", func(s *sizeResult) string { return fmt.Sprintf("%.1f s", s.Publish) })
	row("facts by hand", func(s *sizeResult) string { h := s.byHand(); return seconds(h.Seconds, h.CPU) })
	for _, f := range handFacts {
		row("  "+f.name, func(s *sizeResult) string { return seconds(s.Hand[f.name].Seconds, s.Hand[f.name].CPU) })
	}
	row("peak of the full build", func(s *sizeResult) string { return fmt.Sprintf("%d MiB", s.FullRSS) })
	row("peak of the four facts", func(s *sizeResult) string { return fmt.Sprintf("%d MiB", s.FactsRSS) })
	row("peak by hand", func(s *sizeResult) string { return fmt.Sprintf("%d MiB", s.byHand().RSS) })
	row(fmt.Sprintf("%d records more", r.Increment), func(s *sizeResult) string { return seconds(s.Increment, s.IncrementCPU) })
	row("peak of an increment", func(s *sizeResult) string { return fmt.Sprintf("%d MiB", s.IncrementRSS) })
	row("warehouse", func(s *sizeResult) string { return fmt.Sprintf("%.1f MiB", float64(s.Bytes)/(1<<20)) })
	_ = t.Flush() // to a terminal or a pipe

	last := &r.Sizes[len(r.Sizes)-1]
	fmt.Fprintf(w, "\nQueries of the reports at %d records, ms\n\n", last.Records)
	t = tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, q := range last.Queries {
		fmt.Fprintf(t, "%s\t%.1f\t\n", q.Name, q.MS)
	}
	for _, q := range last.Raw {
		fmt.Fprintf(t, "%s, on the records\t%.0f\t\n", q.Name, q.MS)
	}
	_ = t.Flush()

	fmt.Fprint(w, "\nDearest steps of the full build, processor seconds\n\n")
	t = tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	steps := slices.SortedFunc(maps.Keys(last.Steps), func(a, b string) int { return int(1e6 * (last.Steps[b] - last.Steps[a])) })
	for _, name := range steps[:min(12, len(steps))] {
		fmt.Fprintf(t, "%s\t%.1f\t\n", name, last.Steps[name])
	}
	_ = t.Flush()

	fmt.Fprint(w, "\nTargets\n\n")
	t = tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, target := range r.targets() {
		verdict := "met"
		if target.is > target.most {
			verdict = fmt.Sprintf("not met, %.2f times the target", target.is/target.most)
		}
		fmt.Fprintf(t, "%s\t%.2f\tat most %g\t%s\n", target.name, target.is, target.most, verdict)
	}
	_ = t.Flush()
}

type target struct {
	name     string
	is, most float64
}

func (r *result) targets() []target {
	all := []target{
		{"the four facts, over the queries by hand, time", r.FullVsHandwritten, 1},
		{"the four facts, over the queries by hand, memory", r.MemoryVsHandwritten, 0.5},
		{"peak memory, over the limit", ratio(float64(r.PeakRSS), float64(r.MemoryLimit)), 1},
		{"slowest query of the reports, ms", r.SlowestQuery, 100},
		{"time of a question on the marts, over that on the records", ratio(1, r.RawVsMarts), 0.01},
	}
	if len(r.Sizes) > 1 {
		name := fmt.Sprintf("increment on %d, over that on %d, processor time", r.Sizes[len(r.Sizes)-1].Records, r.Sizes[0].Records)
		all = append(all, target{name, r.IncrementalGrowth, 1.5})
	}
	return all
}
