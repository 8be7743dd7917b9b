package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// result is bench-ingest.json. Times are processor time in microseconds a record, medians over the rounds.
type result struct {
	Records      int64   `json:"records"`
	Rounds       int     `json:"rounds"`
	CPU          float64 `json:"cpu_us_per_record"`        // topic without compression
	DuckDB       float64 `json:"duckdb_cpu_us_per_record"` // unsorted
	Ratio        float64 `json:"ratio"`                    // records per CPU-second, ours over DuckDB's
	PeakRSS      int64   `json:"peak_rss_mib"`             // the largest of all rounds
	BytesPerRow  float64 `json:"bytes_per_row"`
	DuckDBBytes  float64 `json:"duckdb_bytes_per_row"` // the same rows in the same order
	DuckDBSorted float64 `json:"duckdb_sorted_cpu_us_per_record"`
	RatioSorted  float64 `json:"ratio_sorted"`

	RecordsPerCPUSecond float64                `json:"records_per_cpu_second"`
	Topics              map[string]topicResult `json:"topics"` // by compression
	Stages              map[string]float64     `json:"cpu_us_per_record_by_stage"`
	DuckDBPeakRSS       int64                  `json:"duckdb_peak_rss_mib"`
}

type topicResult struct {
	CPU              float64 `json:"cpu_us_per_record"`
	RecordsPerCPU    float64 `json:"records_per_cpu_second"`
	RecordsPerSecond float64 `json:"records_per_second"`
	PeakRSS          int64   `json:"peak_rss_mib"`
}

func (b *bench) result() result {
	n := float64(b.records)
	r := result{
		Records: b.records, Rounds: b.rounds,
		DuckDB: perRecord(median(b.unsorted), b.records), DuckDBSorted: perRecord(median(b.sorted), b.records),
		BytesPerRow: float64(b.lakeBytes) / n, DuckDBBytes: float64(b.duckBytes) / n,
		Topics: map[string]topicResult{}, Stages: map[string]float64{},
	}
	for codec, us := range b.ingest {
		m := median(us)
		t := topicResult{CPU: perRecord(m, b.records), RecordsPerCPU: n / m.CPU.Seconds(), RecordsPerSecond: n / m.Wall.Seconds()}
		for _, u := range us {
			t.PeakRSS = max(t.PeakRSS, u.PeakRSS>>20)
		}
		r.PeakRSS = max(r.PeakRSS, t.PeakRSS)
		r.Topics[codec] = t
	}
	for _, u := range append(b.unsorted, b.sorted...) {
		r.DuckDBPeakRSS = max(r.DuckDBPeakRSS, u.PeakRSS>>20)
	}
	for name, d := range b.stages {
		r.Stages[name] = d.Seconds() * 1e6 / n
	}
	plain := r.Topics[codecs[0]]
	r.CPU, r.RecordsPerCPUSecond = plain.CPU, plain.RecordsPerCPU
	r.Ratio, r.RatioSorted = r.DuckDB/r.CPU, r.DuckDBSorted/r.CPU
	return r
}

func (r *result) print(w io.Writer) {
	fmt.Fprintf(w, "\n%d records, medians of %d rounds\n\n", r.Records, r.Rounds)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\tCPU-µs/record\trecords/CPU-s\trecords/s\tpeak MiB\t")
	for _, codec := range codecs {
		c := r.Topics[codec]
		fmt.Fprintf(t, "ingest, topic %s\t%.2f\t%.0f\t%.0f\t%d\t\n", codec, c.CPU, c.RecordsPerCPU, c.RecordsPerSecond, c.PeakRSS)
	}
	fmt.Fprintf(t, "DuckDB, unsorted\t%.2f\t%.0f\t\t%d\t\n", r.DuckDB, 1e6/r.DuckDB, r.DuckDBPeakRSS)
	fmt.Fprintf(t, "DuckDB, sorted\t%.2f\t%.0f\t\t\t\n", r.DuckDBSorted, 1e6/r.DuckDBSorted)
	_ = t.Flush() // to a terminal or a pipe
	fmt.Fprintf(w, "\nratio of records per CPU-second: %.2f against DuckDB unsorted, %.2f against DuckDB sorted\n", r.Ratio, r.RatioSorted)
	fmt.Fprintf(w, "bytes a row in the lake: %.1f; DuckDB for the same rows in the same order: %.1f\n\n", r.BytesPerRow, r.DuckDBBytes)
	fmt.Fprintln(w, "where the time of ingest goes (profiled run):")
	t = tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	s := stages{}
	for name, us := range r.Stages {
		s[name] = time.Duration(us * float64(time.Microsecond))
	}
	for _, name := range s.names() {
		fmt.Fprintf(t, "%s\t%.2f µs\t\n", name, r.Stages[name])
	}
	_ = t.Flush()
}
