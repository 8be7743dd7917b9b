package report

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// kind says how values of a kind are scaled, how many digits they have and how they are compared with an earlier one.
type kind struct {
	scale  float64 // what a stored value is multiplied by before it is printed
	digits int
	change string // percent: (x-prev)/prev; points, hours, days, number: x-prev; empty: none
	suffix string // printed right behind the number
	trim   bool   // whole numbers are printed without decimals
}

const (
	secondsPerHour = 3600
	// secondsPerWorkDay is the default office day (7 h). Reports turn work time into days with it, whatever the
	// calendar of the unit, so that columns add up; the appendix says so.
	secondsPerWorkDay = 25200
	// flat: a change smaller than this many units of what is printed is no change.
	flat = 0.05
)

// kinds are the ways in which figures print. Text-like kinds have no scale.
var kinds = map[string]kind{
	"text":         {},
	"name":         {},
	"code":         {},
	"list":         {},
	"month":        {},
	"date":         {},
	"minute":       {},
	"rank":         {},
	"rank_change":  {},
	"count":        {scale: 1, change: "percent"},
	"number":       {scale: 1, digits: 2, change: "number"},
	"rate":         {scale: 100, digits: 2, change: "points", suffix: "%"},
	"percent":      {scale: 100, digits: 1},
	"points":       {scale: 100, digits: 2},
	"share":        {scale: 100, digits: 1, change: "points", suffix: "%"},
	"hours":        {scale: 1.0 / secondsPerHour},
	"work_hours":   {scale: 1.0 / secondsPerHour, digits: 1, change: "hours"},
	"work_days":    {scale: 1.0 / secondsPerWorkDay, digits: 2, change: "days"},
	"days":         {scale: 1, change: "number"},
	"per_day":      {scale: 1, digits: 1, change: "cases"},
	"overdue_days": {scale: 1, digits: 1, trim: true},
}

// minus is the typographic sign: a hyphen breaks lines and is narrower than the plus beside it.
const minus = "−"

// fixed prints x with digits decimals, halves away from zero on the exact binary value, thousands set off by commas.
func fixed(x float64, digits int) string {
	r := round(x, digits)
	text := strconv.FormatFloat(math.Abs(r), 'f', digits, 64)
	whole, fraction, _ := strings.Cut(text, ".")
	var out strings.Builder
	if r < 0 {
		out.WriteString(minus)
	}
	for i, digit := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			out.WriteByte(',')
		}
		out.WriteRune(digit)
	}
	if fraction != "" {
		out.WriteString("." + fraction)
	}
	return out.String()
}

// round rounds halves away from zero as people do, judged on the shortest decimal that stands for x: 1.005 is printed
// as 1.01 although its binary value lies below.
func round(x float64, digits int) float64 {
	exact, ok := new(big.Rat).SetString(strconv.FormatFloat(x, 'g', 15, 64))
	if !ok {
		return x
	}
	r, _ := strconv.ParseFloat(exact.FloatString(digits), 64)
	return r
}

func signed(x float64, digits int) string {
	text := fixed(x, digits)
	if round(x, digits) > 0 {
		return "+" + text
	}
	return text
}

// comparison is a value, the one before and their difference, printed so that the three agree: the difference is
// computed unrounded, and where the printed parts would contradict it all three get one more digit (M98).
type comparison struct {
	value, earlier, change string
	delta                  float64 // in printed units (percent for counts)
	known                  bool    // there is an earlier value large enough to compare with
	flat                   bool
}

func (k kind) compare(x float64, earlier *float64) comparison {
	digits := k.digits
	if k.trim && round(x*k.scale, digits) == math.Trunc(x*k.scale) {
		digits = 0
	}
	c := comparison{value: fixed(x*k.scale, digits) + k.suffix}
	if earlier == nil || k.change == "" {
		return c
	}
	p := *earlier
	if k.change == "percent" {
		c.earlier = fixed(p*k.scale, digits) + k.suffix
		if p == 0 {
			return c
		}
		c.known = true
		c.delta = (x - p) / p * 100
		c.flat = math.Abs(c.delta) < flat
		c.change = signed(c.delta, 2)
		return c
	}
	c.known = true
	c.delta = (x - p) * k.scale
	c.flat = math.Abs(c.delta) < flat
	if !c.flat && disagree(x*k.scale, p*k.scale, c.delta, digits) {
		digits++
	}
	c.value = fixed(x*k.scale, digits) + k.suffix
	c.earlier = fixed(p*k.scale, digits) + k.suffix
	c.change = signed(c.delta, digits)
	return c
}

// disagree reports whether a reader who subtracts the printed values gets another difference than the printed one.
func disagree(x, p, delta float64, digits int) bool {
	unit := math.Pow10(digits)
	return math.Round(round(x, digits)*unit)-math.Round(round(p, digits)*unit) != math.Round(round(delta, digits)*unit)
}

// printTime prints instants and dates. The zone of an instant is the lake's: the driver hands instants over in UTC.
func printTime(t time.Time, kind string, zone *time.Location, months func(time.Time) string) string {
	switch kind {
	case "date":
		return t.Format("2006-01-02")
	case "month":
		return months(t)
	default:
		return t.In(zone).Format("2006-01-02 15:04")
	}
}
