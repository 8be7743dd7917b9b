package report_test

import (
	"testing"

	"github.com/dutyflow/dutyflow/report"
)

// The difference is computed unrounded; where the printed parts would contradict it, all three get one more digit; a
// change below 0.05 of what is printed is none (M98).
func TestComparison(t *testing.T) {
	for _, c := range []struct {
		kind       string
		x, earlier float64
		want       report.Comparison
	}{
		{"rate", 0.9272, 0.9380, report.Comparison{Value: "92.72%", Earlier: "93.80%", Change: "−1.08"}},
		{"rate", 0.90015, 0.89924, report.Comparison{Value: "90.015%", Earlier: "89.924%", Change: "+0.091"}},
		{"rate", 0.90015, 0.89984, report.Comparison{Value: "90.02%", Earlier: "89.98%", Change: "+0.03", Flat: true}},
		{"rate", 0.912345, 0.901234, report.Comparison{Value: "91.23%", Earlier: "90.12%", Change: "+1.11"}},
		{"rate", 0.91235, 0.90124, report.Comparison{Value: "91.235%", Earlier: "90.124%", Change: "+1.111"}},
		{"rate", 0.9, 0.9, report.Comparison{Value: "90.00%", Earlier: "90.00%", Change: "0.00", Flat: true}},
		{"rate", 0.9, 0.89951, report.Comparison{Value: "90.00%", Earlier: "89.95%", Change: "+0.05", Flat: true}},
		{"count", 12345, 11937, report.Comparison{Value: "12,345", Earlier: "11,937", Change: "+3.42"}},
		{"count", 5, 0, report.Comparison{Value: "5", Earlier: "0"}},
		{"count", 100001, 100000, report.Comparison{Value: "100,001", Earlier: "100,000", Change: "0.00", Flat: true}},
		{"work_days", 25200 * 2.35, 25200 * 2.70, report.Comparison{Value: "2.35", Earlier: "2.70", Change: "−0.35"}},
		{"work_hours", 3600 * 1.25, 3600 * 1.0, report.Comparison{Value: "1.3", Earlier: "1.0", Change: "+0.3"}},
		{"share", 0.0005, 0, report.Comparison{Value: "0.1%", Earlier: "0.0%", Change: "+0.1"}},
	} {
		if got := report.Compare(c.kind, c.x, c.earlier); got != c.want {
			t.Errorf("%s %v after %v: got %+v, want %+v", c.kind, c.x, c.earlier, got, c.want)
		}
	}
}
