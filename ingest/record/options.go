package record

import "time"

// Options are what an operator may decide about decoding. They are part of what makes Decode a function: change them and
// the same message may decode differently.
type Options struct {
	Zone       *time.Location // the business zone: local dates, and times without offset
	NaiveTimes bool           // accept YYYY-MM-DD HH:MM:SS without offset and read it in Zone
	MinTime    time.Time      // event times (and the field of the event date) before it are rejected
	MaxAhead   time.Duration  // event times further than this ahead of the Kafka timestamp are rejected
	// AllowPersonal switches off the check that pseudonyms look like none of a name, an ID number and a mobile number.
	AllowPersonal bool
}

// DefaultOptions returns the options of a lake in the zone Asia/Shanghai.
func DefaultOptions() Options {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		panic("load zone Asia/Shanghai: " + err.Error()) // the zone data is linked in
	}
	return Options{
		Zone:     zone,
		MinTime:  time.Date(1990, 1, 1, 0, 0, 0, 0, zone),
		MaxAhead: 48 * time.Hour,
	}
}

// The range of every other time and date: wide enough for any due date that somebody means, narrow enough that 9999-12-31 for
// "never" and 0001-01-01 for "unknown" do not become durations. Such a sender should send null.
var (
	earliest = time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	latest   = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro() // exclusive
)

const microsPerDay = 86_400_000_000
