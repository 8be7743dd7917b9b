package city_test

import (
	"strings"
	"testing"

	"github.com/dutyflow/dutyflow/city"
)

// A wrong value is named, with what to do; the default is right.
func TestConfig_Validate(t *testing.T) {
	if err := city.DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
	for want, change := range map[string]func(*city.Config){
		"records: -1 is not between":      func(c *city.Config) { c.Records = -1 },
		`from: "1.9.2025" is not a date`:  func(c *city.Config) { c.From = "1.9.2025" },
		`to: "2026-02-30" is not a date`:  func(c *city.Config) { c.To = "2026-02-30" },
		"to: 2025-08-31 is before from":   func(c *city.Config) { c.To = "2025-08-31" },
		"leaves the official calendar":    func(c *city.Config) { c.To = "2027-01-01" },
		"work_share: 1.5 is out of range": func(c *city.Config) { c.WorkShare = 1.5 },
		"invalid_share: -0.1 is out":      func(c *city.Config) { c.InvalidShare = -0.1 },
	} {
		cfg := city.DefaultConfig()
		change(&cfg)
		if _, err := city.New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// Any period of the official calendar works: a day, a day of rest, years ago.
func TestGenerator_Periods(t *testing.T) {
	for _, period := range [][2]string{
		{"2026-10-12", "2026-10-12"}, {"2026-10-11", "2026-10-11"}, {"2007-01-01", "2007-03-31"}, {"2024-01-01", "2026-12-31"},
	} {
		cfg := config(2000)
		cfg.From, cfg.To = period[0], period[1]
		n := 0
		generate(t, cfg, func(m *city.Message) { n++ })
		if n != 2000 {
			t.Errorf("%v: %d records", period, n)
		}
	}
	for _, share := range []float64{0, 1} {
		cfg := config(5000)
		cfg.WorkShare = share
		stats := generate(t, cfg, func(*city.Message) {})
		if works := float64(stats.Works) / 5000; works < share-0.2 || works > share+0.2 {
			t.Errorf("%v of the messages are duty reports, want %v", works, share)
		}
	}
}
