package city

import "time"

// plan spreads the records over the days.
type plan struct {
	share []int64 // by day: its part of the whole, relative; 0 outside the period
	upTo  []int64 // by day: sum of the shares before it
	total int64
}

// months are the volumes of the months in percent: little around the Spring Festival, much at the end of a half-year.
var months = [...]int64{0, 96, 92, 108, 104, 100, 112, 95, 99, 106, 102, 105, 118}

// weekdays are the volumes of working days in percent, from Sunday on: people come on Mondays.
var weekdays = [...]int64{90, 116, 104, 100, 98, 92, 90}

// restPercent is the volume of a day of rest, when only machines and the keenest work.
const restPercent = 4

// newPlan covers the days from..to of the hours, both included.
func newPlan(h *hours, from, to int) *plan {
	p := &plan{share: make([]int64, len(h.works)), upTo: make([]int64, len(h.works)+1)}
	for i := range h.works {
		p.upTo[i] = p.total
		if i < from || i > to {
			continue
		}
		day := h.first.AddDate(0, 0, i)
		volume := int64(100)
		if !h.works[i] {
			volume = restPercent
		}
		// A year brings 8 percent more than the one before.
		growth := 1000 + 80*int64(i-from)/365
		p.share[i] = volume * months[day.Month()] * weekdays[day.Weekday()] * growth
		p.total += p.share[i]
	}
	p.upTo[len(h.works)] = p.total
	return p
}

// pace returns how long things take on a day, in thousandths of the usual: the city gets faster, and slower when much
// is going on.
func pace(day time.Time, from, to int, i int) int {
	trend := 1100 - 200*(i-from)/max(1, to-from)
	switch day.Month() {
	case time.January, time.December:
		return trend * 107 / 100
	case time.February:
		return trend * 112 / 100
	case time.July:
		return trend * 96 / 100
	}
	return trend
}
