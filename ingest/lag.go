package ingest

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// lag is the collector of what depends on which partitions this worker holds: a partition that has gone to another
// worker is no longer reported.
type lag struct {
	in                       *Ingester
	records, seconds, events *prometheus.Desc
}

func newLag(in *Ingester) *lag {
	desc := func(m Metric) *prometheus.Desc { return prometheus.NewDesc(m.Name, m.Help, m.Labels, nil) }
	return &lag{in: in, records: desc(lagMetric), seconds: desc(lagSecondsMetric), events: desc(eventLagMetric)}
}

// Describe is part of prometheus.Collector.
func (l *lag) Describe(ch chan<- *prometheus.Desc) { ch <- l.records; ch <- l.seconds; ch <- l.events }

// Collect is part of prometheus.Collector.
func (l *lag) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	// Records carry wall time, so their age is measured by the wall clock; one that is set back makes it 0, not less.
	now := l.in.now()
	type ages struct{ kafka, event time.Duration }
	byTopic := make(map[string]ages)

	t := l.in.track
	t.mu.Lock()
	defer t.mu.Unlock()
	for p, at := range t.places {
		gauge(l.records, float64(max(0, at.end-at.committed)), p.Topic, strconv.Itoa(int(p.ID)))
		a := byTopic[p.Topic]
		if at.committed < at.end {
			if at.kafka != 0 {
				a.kafka = max(a.kafka, now.Sub(time.UnixMilli(at.kafka)))
			}
			if at.event != 0 {
				a.event = max(a.event, now.Sub(time.UnixMicro(at.event)))
			}
		}
		byTopic[p.Topic] = a
	}
	for topic, a := range byTopic {
		gauge(l.seconds, a.kafka.Seconds(), topic)
		gauge(l.events, a.event.Seconds(), topic)
	}
}
