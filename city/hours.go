package city

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"time"

	"github.com/dutyflow/dutyflow/sql"
)

// moment is a point in time: seconds of local time since the first day of the hours.
type moment = int64

const (
	daySeconds  = 86_400
	workSeconds = 25_200 // of a working day: seven hours in every calendar
	zoneSeconds = 8 * 3600
)

// shift is a part of a working day, in seconds of the day.
type shift struct{ from, to moment }

var (
	officeShifts = [2]shift{{8*3600 + 1800, 12 * 3600}, {14 * 3600, 17*3600 + 1800}}
	hallShifts   = [2]shift{{9 * 3600, 12 * 3600}, {13 * 3600, 17 * 3600}}
)

// hours tells working time from other time.
type hours struct {
	first  time.Time // day 0, at midnight UTC: only its date is used
	works  []bool    // by day
	before []moment  // by day: working days before it
	days   []moment  // by working day: which day it is
	date   []string  // by day: "2026-02-12"
	digits []string  // by day: "20260212"
}

// newHours covers the days from first on. Beyond the official calendar, weeks are worked from Monday to Friday.
func newHours(first time.Time, n int) (*hours, error) {
	holidays, err := readHolidays()
	if err != nil {
		return nil, err
	}
	h := &hours{first: first}
	for i := range n {
		day := first.AddDate(0, 0, i)
		date := day.Format(time.DateOnly)
		works := day.Weekday() != time.Saturday && day.Weekday() != time.Sunday
		if kind, ok := holidays[date]; ok {
			works = kind == "makeup_work"
		}
		h.before = append(h.before, moment(len(h.days)))
		h.works = append(h.works, works)
		if works {
			h.days = append(h.days, moment(i))
		}
		h.date = append(h.date, date)
		h.digits = append(h.digits, day.Format("20060102"))
	}
	return h, nil
}

// readHolidays returns the kind of each day that differs from the plain week.
func readHolidays() (map[string]string, error) {
	b, err := sql.Seed("holiday_cn.csv")
	if err != nil {
		return nil, err
	}
	rows, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read seed holiday_cn.csv: %w", err)
	}
	out := make(map[string]string, len(rows))
	for _, r := range rows[1:] {
		out[r[0]] = r[1]
	}
	return out, nil
}

func shifts(hall bool) *[2]shift {
	if hall {
		return &hallShifts
	}
	return &officeShifts
}

// worked returns the working seconds before t.
func (h *hours) worked(t moment, hall bool) moment {
	day, sec := t/daySeconds, t%daySeconds
	w := h.before[day] * workSeconds
	if h.works[day] {
		for _, s := range shifts(hall) {
			w += min(max(sec-s.from, 0), s.to-s.from)
		}
	}
	return w
}

// after returns the moment at which so many more seconds have been worked. It is within working hours, also when
// t is not and work is 0.
func (h *hours) after(t, work moment, hall bool) moment {
	w := h.worked(t, hall) + work
	k := w / workSeconds
	if k >= moment(len(h.days)) {
		return h.end()
	}
	rest := w % workSeconds
	s := shifts(hall)
	sec := s[0].from + rest
	if first := s[0].to - s[0].from; rest >= first {
		sec = s[1].from + rest - first
	}
	return h.days[k]*daySeconds + sec
}

// end is the first moment that the hours do not cover.
func (h *hours) end() moment {
	return moment(len(h.works)) * daySeconds
}

// due returns the end of the day on which a limit of n working days from t runs out.
func (h *hours) due(t moment, n int) moment {
	day := t / daySeconds
	k := h.before[day] + moment(n)
	if !h.works[day] {
		k-- // the days before a day of rest include the last working day
	}
	if k < 0 || k >= moment(len(h.days)) {
		return h.end()
	}
	return max(h.days[k], day)*daySeconds + daySeconds
}

// unixMillis returns the instant of t.
func (h *hours) unixMillis(t moment) int64 {
	return (h.first.Unix() + t - zoneSeconds) * 1000
}

// start returns the beginning of a date, which may lie outside of the hours.
func (h *hours) start(date string) moment {
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		panic(err) // dates in this package are literals
	}
	return moment(day.Sub(h.first) / time.Second)
}
