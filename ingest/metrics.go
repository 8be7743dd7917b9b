package ingest

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metric describes one metric of an Ingester. docs/ingest-metrics.md is written from these.
type Metric struct {
	Name   string
	Kind   string // counter, gauge or histogram
	Help   string
	Labels []string
}

// Metrics lists all metrics that an Ingester registers.
func Metrics() []Metric {
	return []Metric{
		recordsMetric, bytesMetric, lagMetric, lagSecondsMetric, eventLagMetric,
		rejectsMetric, skippedMetric, batchesMetric, stagesMetric, sinceCommitMetric,
		memoryMetric, memoryLimitMetric, failuresMetric, fencedMetric, stalledMetric,
	}
}

var (
	recordsMetric     = Metric{"dutyflow_ingest_records_total", "counter", "Records read and decoded; its rate is records a second.", []string{"topic"}}
	bytesMetric       = Metric{"dutyflow_ingest_bytes_total", "counter", "Bytes of the values of those records; its rate is bytes a second.", []string{"topic"}}
	lagMetric         = Metric{"dutyflow_ingest_lag_records", "gauge", "Offsets between what has been committed and what the broker has, of the partitions that this worker holds.", []string{"topic", "partition"}}
	lagSecondsMetric  = Metric{"dutyflow_ingest_lag_seconds", "gauge", "While there is more to commit: age of the last record decoded, by its Kafka timestamp, of the topic's partition that is furthest behind. 0 when all has been committed.", []string{"topic"}}
	eventLagMetric    = Metric{"dutyflow_ingest_event_lag_seconds", "gauge", "The same by the record's event time: how far behind the world the lake is. Late records make it jump.", []string{"topic"}}
	rejectsMetric     = Metric{"dutyflow_ingest_rejects_total", "counter", "Rows committed to duty.rejects.", []string{"table", "reason"}}
	skippedMetric     = Metric{"dutyflow_ingest_skipped_total", "counter", "Records left out of the lake because their topic's poison policy is skip.", []string{"topic", "reason"}}
	batchesMetric     = Metric{"dutyflow_ingest_batches_total", "counter", "Batches, by why they were closed: rows, bytes, age, memory (a fetch waited for the budget), gap (offsets that the broker has lost), poison, end (of the run or of the generation); revoke means dropped, because the partitions were taken away.", []string{"reason"}}
	stagesMetric      = Metric{"dutyflow_ingest_commit_stage_seconds", "histogram", "Time of each stage of a commit, failed attempts included: stage (write Parquet), rejects (commit duty.rejects), append (commit the table with its ledger).", []string{"stage"}}
	sinceCommitMetric = Metric{"dutyflow_ingest_seconds_since_last_commit", "gauge", "Seconds since the last commit of this process, or since its start. Grows when nothing comes, too.", nil}
	memoryMetric      = Metric{"dutyflow_ingest_memory_bytes", "gauge", "Bytes charged to the memory budget.", nil}
	memoryLimitMetric = Metric{"dutyflow_ingest_memory_limit_bytes", "gauge", "The memory budget, ingest.memory_bytes.", nil}
	failuresMetric    = Metric{"dutyflow_ingest_failures_total", "counter", "Failed attempts that were made again: join (get partitions), session (read ledger and starts), bounds and fetch (read a partition), commit.", []string{"operation"}}
	fencedMetric      = Metric{"dutyflow_ingest_fenced_total", "counter", "Batches dropped because another worker had moved the ledger of their partitions.", nil}
	stalledMetric     = Metric{"dutyflow_ingest_stalled_partitions", "gauge", "Partitions that stand still for longer than ingest.stall_after although the broker has more, or that do not answer; 1 when the worker waits that long for partitions. Above 0 is an alarm, and /healthz fails.", nil}
)

// metrics are registered once per Ingester. With a nil Registerer they count for nobody.
type metrics struct {
	records *prometheus.CounterVec
	bytes   *prometheus.CounterVec
	rejects *prometheus.CounterVec
	skipped *prometheus.CounterVec
	batches *prometheus.CounterVec
	stages  *prometheus.HistogramVec
	retries *prometheus.CounterVec
	fenced  prometheus.Counter
}

func (m Metric) counters() *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: m.Name, Help: m.Help}, m.Labels)
}

func (m Metric) gauge(value func() float64) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: m.Name, Help: m.Help}, value)
}

func newMetrics(r prometheus.Registerer, in *Ingester) *metrics {
	m := &metrics{
		records: recordsMetric.counters(),
		bytes:   bytesMetric.counters(),
		rejects: rejectsMetric.counters(),
		skipped: skippedMetric.counters(),
		batches: batchesMetric.counters(),
		stages: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: stagesMetric.Name, Help: stagesMetric.Help, Buckets: prometheus.ExponentialBuckets(0.005, 2, 14),
		}, stagesMetric.Labels),
		retries: failuresMetric.counters(),
		fenced:  prometheus.NewCounter(prometheus.CounterOpts{Name: fencedMetric.Name, Help: fencedMetric.Help}),
	}
	if r == nil {
		return m
	}
	// Zeros from the start, so that an alert on a rate sees the first one happen.
	for _, reason := range []string{closedRows, closedBytes, closedAge, closedMemory, closedGap, closedPoison, closedEnd, closedRevoke} {
		m.batches.WithLabelValues(reason)
	}
	for _, operation := range []string{"join", "session", "bounds", "fetch", "commit"} {
		m.retries.WithLabelValues(operation)
	}
	r.MustRegister(m.records, m.bytes, m.rejects, m.skipped, m.batches, m.stages, m.retries, m.fenced,
		newLag(in),
		sinceCommitMetric.gauge(func() float64 { return in.track.sinceCommit(in.clock()).Seconds() }),
		memoryMetric.gauge(func() float64 { return float64(in.budget.inUse()) }),
		memoryLimitMetric.gauge(func() float64 { return float64(in.cfg.MemoryBytes) }),
		stalledMetric.gauge(func() float64 { return float64(len(in.stalls(in.clock()))) }),
	)
	return m
}

// stage times one stage of a commit.
func (m *metrics) stage(name string, do func() error) error {
	begin := time.Now()
	err := do()
	m.stages.WithLabelValues(name).Observe(time.Since(begin).Seconds())
	return err
}
