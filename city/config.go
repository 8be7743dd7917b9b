package city

import (
	"errors"
	"fmt"
	"time"
)

// Config says what to generate.
type Config struct {
	Seed           uint64  `yaml:"seed"`            // the same seed and the same other values give the same bytes
	Records        int64   `yaml:"records"`         // how many messages
	From           string  `yaml:"from"`            // first day, YYYY-MM-DD
	To             string  `yaml:"to"`              // last day
	WorkShare      float64 `yaml:"work_share"`      // share of duty reports; the others are step events
	InvalidShare   float64 `yaml:"invalid_share"`   // share of messages that break their contract
	DuplicateShare float64 `yaml:"duplicate_share"` // share of messages that are delivered twice
	LateShare      float64 `yaml:"late_share"`      // share of messages that arrive hours to weeks after they happened
	RevisionShare  float64 `yaml:"revision_share"`  // share of messages that are corrected later
}

// DefaultConfig returns 200,000 records over 14 months, so that a report on the last month can look back at the month
// before and at the year before.
func DefaultConfig() Config {
	return Config{
		Seed: 1, Records: 200_000, From: "2025-09-01", To: "2026-10-31",
		WorkShare: 0.24, InvalidShare: 0.001, DuplicateShare: 0.003, LateShare: 0.01, RevisionShare: 0.003,
	}
}

// maxRecords keeps what a day needs in memory below a few gigabytes.
const maxRecords = 1_000_000_000

// The years of the official calendar, by which the city works.
const firstYear, lastYear = 2007, 2026

// Validate says which value is wrong and what to do.
func (c Config) Validate() error {
	var errs []error
	if c.Records < 0 || c.Records > maxRecords {
		errs = append(errs, fmt.Errorf("records: %d is not between 0 and %d: the cases of a day are in memory together; for more, generate several periods", c.Records, maxRecords))
	}
	from, errFrom := time.Parse(time.DateOnly, c.From)
	to, errTo := time.Parse(time.DateOnly, c.To)
	if errFrom != nil {
		errs = append(errs, fmt.Errorf("from: %q is not a date: write YYYY-MM-DD", c.From))
	}
	if errTo != nil {
		errs = append(errs, fmt.Errorf("to: %q is not a date: write YYYY-MM-DD", c.To))
	}
	if errFrom == nil && errTo == nil {
		switch {
		case to.Before(from):
			errs = append(errs, fmt.Errorf("to: %s is before from %s: exchange them", c.To, c.From))
		case from.Year() < firstYear || to.Year() > lastYear:
			errs = append(errs, fmt.Errorf("from, to: %s to %s leaves the official calendar: choose days from %d to %d", c.From, c.To, firstYear, lastYear))
		}
	}
	for _, s := range []struct {
		name  string
		value float64
		max   float64
	}{
		{"work_share", c.WorkShare, 1}, {"invalid_share", c.InvalidShare, 0.5}, {"duplicate_share", c.DuplicateShare, 0.2},
		{"late_share", c.LateShare, 0.2}, {"revision_share", c.RevisionShare, 0.2},
	} {
		if !(s.value >= 0 && s.value <= s.max) {
			errs = append(errs, fmt.Errorf("%s: %v is out of range: choose a share from 0 to %v", s.name, s.value, s.max))
		}
	}
	return errors.Join(errs...)
}
