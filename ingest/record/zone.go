package record

import (
	"sort"
	"time"
	_ "time/tzdata" // the local date of an event must not depend on what the host has installed
)

// Zone is a time zone as a table of its offset changes. Asking time.Location for each record costs more than decoding it.
// A Zone is not safe for concurrent use: it remembers the last period it was asked for.
type Zone struct {
	start  []int64 // Unix seconds at which period i begins; start[0] is the beginning of time
	offset []int64 // seconds east of UTC in period i
	last   int
}

// The years that the table covers. Outside of them the first and the last offset hold, which no accepted time can notice.
const (
	zoneFrom = 1890
	zoneTo   = 2210
)

// NewZone reads the table of loc.
func NewZone(loc *time.Location) *Zone {
	t := time.Date(zoneFrom, 1, 1, 0, 0, 0, 0, time.UTC).In(loc)
	_, off := t.Zone()
	z := &Zone{start: []int64{-1 << 62}, offset: []int64{int64(off)}}
	for {
		_, end := t.ZoneBounds()
		if end.IsZero() || end.Year() > zoneTo {
			return z
		}
		if !end.After(t) {
			end = t.AddDate(0, 0, 1) // package time takes 365 days for the length of any year and stops on the last day of a leap year
		}
		t = end
		// A change of the name or of the summer flag alone is no change here.
		if _, off := t.Zone(); int64(off) != z.offset[len(z.offset)-1] {
			z.start = append(z.start, t.Unix())
			z.offset = append(z.offset, int64(off))
		}
	}
}

// Offset returns the seconds east of UTC at the Unix second sec.
func (z *Zone) Offset(sec int64) int64 {
	i := z.last
	if sec < z.start[i] || (i+1 < len(z.start) && sec >= z.start[i+1]) {
		i = sort.Search(len(z.start), func(n int) bool { return z.start[n] > sec }) - 1
		z.last = i
	}
	return z.offset[i]
}

// LocalDate returns the local date, in days since 1970-01-01, of an instant in microseconds.
func (z *Zone) LocalDate(micros int64) int32 {
	sec := floorDiv(micros, 1_000_000)
	return int32(floorDiv(sec+z.Offset(sec), 86_400))
}

// Instant returns the Unix second of a wall clock reading, itself given as if it were UTC. A reading that occurs twice,
// when summer time ends, is the first of the two; one that is skipped, when it begins, is read by the offset before the
// change and so lands as far behind the change as it was ahead of it.
func (z *Zone) Instant(wall int64) int64 {
	// The offset before a change within the day around the reading, and the offset after it, are the only candidates.
	before := z.Offset(wall - 86_400)
	if sec := wall - before; z.Offset(sec) == before {
		return sec
	}
	after := z.Offset(wall + 86_400)
	if sec := wall - after; z.Offset(sec) == after {
		return sec
	}
	return wall - before
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
