package file

import (
	"strings"
	"time"

	"github.com/dutyflow/dutyflow/ingest/record"
)

// usualTimes are the layouts tried after the mapping's own: all unambiguous, year first.
var usualTimes = []string{
	"2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02",
	"2006/01/02 15:04:05", "2006/01/02 15:04", "2006/01/02", "2006/1/2 15:04:05", "2006/1/2 15:04", "2006/1/2",
	"2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05Z0700", "20060102150405", "20060102",
}

// clock reads times as a mapping says.
type clock struct {
	layouts []string
	offset  []bool // layout i tells the offset
	zone    *record.Zone
}

func newClock(m *Mapping) *clock {
	c := &clock{zone: m.zone}
	for _, layout := range append(append([]string(nil), m.Times...), usualTimes...) {
		c.layouts = append(c.layouts, layout)
		c.offset = append(c.offset, strings.Contains(layout, "07"))
	}
	return c
}

// appendInstant appends s as RFC 3339. What it cannot read, and a time without offset when the mapping has no zone, it
// appends as it is: the contract rejects it with its content.
func (c *clock) appendInstant(dst []byte, s string) []byte {
	if isInstant(s) {
		return append(dst, s...)
	}
	t, offset, ok := c.parse(s)
	if !ok || !offset && c.zone == nil {
		return append(dst, s...)
	}
	if !offset {
		t = time.Unix(c.zone.Instant(t.Unix()), int64(t.Nanosecond()))
	}
	return t.UTC().AppendFormat(dst, time.RFC3339Nano)
}

// appendDate appends s as YYYY-MM-DD: the date that is written, in whatever zone.
func (c *clock) appendDate(dst []byte, s string) []byte {
	t, _, ok := c.parse(s)
	if !ok && isInstant(s) {
		return append(dst, s[:10]...)
	}
	if !ok {
		return append(dst, s...)
	}
	return t.AppendFormat(dst, time.DateOnly)
}

func (c *clock) parse(s string) (t time.Time, offset, ok bool) {
	for i, layout := range c.layouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t, c.offset[i], true
		}
	}
	return time.Time{}, false, false
}

// isInstant reports whether s has the form that the contract wants already, so that it can pass as it was written.
func isInstant(s string) bool {
	if len(s) < 20 || s[4] != '-' || s[7] != '-' || s[10] != 'T' {
		return false
	}
	return s[len(s)-1] == 'Z' || len(s) >= 25 && s[len(s)-3] == ':' && (s[len(s)-6] == '+' || s[len(s)-6] == '-')
}
