package city

import (
	"testing"
	"time"
)

// ListFiles returns the list files as the model has them.
func ListFiles() map[string][]byte { return newModel().files() }

func testHours(t *testing.T) *hours {
	t.Helper()
	h, err := newHours(time.Date(2022, 12, 1, 0, 0, 0, 0, time.UTC), 1500)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *hours) parse(t *testing.T, s string) moment {
	t.Helper()
	at, err := time.Parse("2006-01-02 15:04", s)
	if err != nil {
		t.Fatal(err)
	}
	return moment(at.Sub(h.first) / time.Second)
}

func (h *hours) format(at moment) string {
	return h.first.Add(time.Duration(at) * time.Second).Format("2006-01-02 15:04")
}

// Workdays counts the working days of a year.
func Workdays(t *testing.T, year string) (n int) {
	h := testHours(t)
	for i, works := range h.works {
		if works && h.date[i][:4] == year {
			n++
		}
	}
	return n
}

// Due returns the last day of a limit.
func Due(t *testing.T, start string, days int) string {
	h := testHours(t)
	return h.format(h.due(h.parse(t, start), days) - 1)[:len(time.DateOnly)]
}

// WorkMinutes returns the working minutes between two times, and what they lead to from the first.
func WorkMinutes(t *testing.T, from, to string) (minutes int64, back string) {
	h := testHours(t)
	a, b := h.parse(t, from), h.parse(t, to)
	w := h.worked(b, false) - h.worked(a, false)
	return w / 60, h.format(h.after(a, w, false))
}
