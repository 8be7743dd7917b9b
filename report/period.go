package report

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// period is what a report is about: the days from From up to but not including To, with the period before it and the
// same one a year earlier. All are days of the business zone, without a zone of their own.
type period struct {
	Name             string
	From, To         time.Time
	PreviousFrom     time.Time
	YearFrom, YearTo time.Time
	TrendFrom        time.Time
}

// trendMonths is how far a trend goes: the month of the year before is its first point.
const trendMonths = 13

var monthForm = regexp.MustCompile(`^\d{4}-\d{2}$`)

func parsePeriod(text string, s *spec) (period, error) {
	from, err := time.Parse("2006-01", text)
	if err != nil || !monthForm.MatchString(text) || !slices.Contains(s.Periods, "month") {
		return period{}, fmt.Errorf("write report %s for %q: %w; %s is written by %s, give YYYY-MM",
			s.ID, text, ErrBadPeriod, s.ID, strings.Join(s.Periods, ", "))
	}
	return period{
		Name: text,
		From: from, To: from.AddDate(0, 1, 0),
		PreviousFrom: from.AddDate(0, -1, 0),
		YearFrom:     from.AddDate(-1, 0, 0), YearTo: from.AddDate(-1, 1, 0),
		TrendFrom: from.AddDate(0, 1-trendMonths, 0),
	}, nil
}

// arguments are what queries may ask for of the period.
func (p period) arguments() map[string]any {
	return map[string]any{
		"from": p.From, "to": p.To, "previous_from": p.PreviousFrom,
		"year_from": p.YearFrom, "year_to": p.YearTo, "trend_from": p.TrendFrom,
	}
}
