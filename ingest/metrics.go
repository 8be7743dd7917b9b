package ingest

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
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
}

func newMetrics(r prometheus.Registerer, in *Ingester) *metrics {
	m := &metrics{
		records: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dutyflow_ingest_records_total", Help: "Records read and decoded, by topic.",
		}, []string{"topic"}),
		bytes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dutyflow_ingest_bytes_total", Help: "Bytes of the values of the records read and decoded, by topic.",
		}, []string{"topic"}),
		rejects: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dutyflow_ingest_rejects_total", Help: "Rows committed to duty.rejects, by table and reason.",
		}, []string{"table", "reason"}),
		skipped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dutyflow_ingest_skipped_total", Help: "Records that were left out of the lake because their topic's poison policy is skip, by topic and reason.",
		}, []string{"topic", "reason"}),
		batches: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dutyflow_ingest_batches_total", Help: "Batches, by why they were closed; revoke means dropped.",
		}, []string{"reason"}),
		stages: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "dutyflow_ingest_commit_stage_seconds", Help: "Time of each stage of a commit: stage, rejects, append.",
			Buckets: prometheus.ExponentialBuckets(0.005, 2, 14),
		}, []string{"stage"}),
		retries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dutyflow_ingest_failures_total", Help: "Failed attempts that were made again, by operation.",
		}, []string{"operation"}),
	}
	if r == nil {
		return m
	}
	r.MustRegister(m.records, m.bytes, m.rejects, m.skipped, m.batches, m.stages, m.retries,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "dutyflow_ingest_lag_records", Help: "Offsets between what has been decoded and what the broker has.",
		}, func() float64 {
			s, _ := in.track.status()
			return float64(s.Lag)
		}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "dutyflow_ingest_seconds_since_last_commit", Help: "Seconds since the last commit of this process, or since its start.",
		}, func() float64 {
			_, last := in.track.status()
			return in.now().Sub(last).Seconds()
		}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "dutyflow_ingest_memory_bytes", Help: "Bytes charged to the memory budget.",
		}, func() float64 { return float64(in.budget.inUse()) }),
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
