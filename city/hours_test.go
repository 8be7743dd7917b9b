package city_test

import (
	"testing"

	"github.com/dutyflow/dutyflow/city"
)

// The years have the working days that the official notices give them.
func TestHours_Workdays(t *testing.T) {
	for year, want := range map[string]int{"2023": 249, "2024": 251, "2025": 248, "2026": 248} {
		if got := city.Workdays(t, year); got != want {
			t.Errorf("%s has %d working days, want %d", year, got, want)
		}
	}
}

// A limit of n working days from a date runs out at the end of this day.
func TestHours_Due(t *testing.T) {
	for _, c := range []struct {
		start string
		days  int
		due   string
	}{
		{"2026-02-12 09:05", 3, "2026-02-24"},
		{"2026-02-14 09:00", 1, "2026-02-24"},
		{"2026-09-30 15:00", 5, "2026-10-13"},
		{"2026-09-19 10:00", 1, "2026-09-20"},
		{"2025-01-24 10:00", 5, "2025-02-07"},
		{"2026-05-09 10:00", 1, "2026-05-11"},
		{"2026-05-09 10:00", 2, "2026-05-12"},
		{"2026-05-10 10:00", 0, "2026-05-10"},
		{"2026-05-10 10:00", 1, "2026-05-11"},
	} {
		if got := city.Due(t, c.start, c.days); got != c.due {
			t.Errorf("%d days from %s: %s, want %s", c.days, c.start, got, c.due)
		}
	}
}

// Working minutes skip nights, lunch, weekends and holidays, and adding them leads back to the end.
func TestHours_Worked(t *testing.T) {
	for _, c := range []struct {
		from, to string
		minutes  int64
	}{
		{"2026-02-13 16:30", "2026-02-24 09:30", 540},
		{"2026-09-30 17:00", "2026-10-08 09:00", 60},
		{"2026-05-08 17:00", "2026-05-09 09:00", 60},
		{"2026-09-19 09:00", "2026-09-19 18:00", 0},
		{"2025-01-27 17:00", "2025-02-05 09:00", 60},
		{"2026-02-28 11:00", "2026-03-02 14:30", 510},
	} {
		got, back := city.WorkMinutes(t, c.from, c.to)
		if got != c.minutes {
			t.Errorf("%s to %s: %d minutes, want %d", c.from, c.to, got, c.minutes)
		}
		if c.minutes > 0 && back != c.to {
			t.Errorf("%d minutes after %s: %s, want %s", c.minutes, c.from, back, c.to)
		}
	}
}
