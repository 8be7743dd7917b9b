package record

// What parsing a time found besides the time.
type timeNote uint8

const (
	timeBad   timeNote = 1 << iota // not a time of the accepted form, or impossible
	timeNaive                      // no offset: the result is wall clock microseconds, not an instant
	timeCut                        // digits finer than a microsecond were cut off
)

// maxOffset bounds a written offset: no clock on earth differs from UTC by more.
const maxOffset = 14 * 3600

// parseTime reads YYYY-MM-DDTHH:MM:SS[.digits](Z|±HH:MM), where T may be a space and T and Z may be small. Without
// Z or offset it notes timeNaive. Second 60 is accepted where a leap second can be, at 23:59:60 UTC on the last day of
// a month, and becomes the first microsecond of the next day, as no column can hold it.
func parseTime(s []byte) (micros int64, note timeNote) {
	if len(s) < 19 || (s[10] != 'T' && s[10] != ' ' && s[10] != 't') || s[13] != ':' || s[16] != ':' {
		return 0, timeBad
	}
	days, ok := parseDate(s[:10])
	hour, ok1 := twoDigits(s[11], s[12])
	minute, ok2 := twoDigits(s[14], s[15])
	second, ok3 := twoDigits(s[17], s[18])
	if !ok || !ok1 || !ok2 || !ok3 || hour > 23 || minute > 59 || second > 60 {
		return 0, timeBad
	}
	rest := s[19:]
	var frac int64
	if len(rest) > 0 && rest[0] == '.' {
		n := 1
		unit := int64(100_000)
		for ; n < len(rest) && rest[n]-'0' <= 9; n++ {
			digit := int64(rest[n] - '0')
			frac += digit * unit
			if unit == 0 && digit != 0 {
				note |= timeCut
			}
			unit /= 10
		}
		if n == 1 {
			return 0, timeBad
		}
		rest = rest[n:]
	}
	var offset int64
	switch {
	case len(rest) == 0:
		note |= timeNaive
	case len(rest) == 1 && (rest[0] == 'Z' || rest[0] == 'z'):
	case len(rest) == 6 && (rest[0] == '+' || rest[0] == '-') && rest[3] == ':':
		h, ok1 := twoDigits(rest[1], rest[2])
		m, ok2 := twoDigits(rest[4], rest[5])
		offset = h*3600 + m*60
		if !ok1 || !ok2 || m > 59 || offset > maxOffset {
			return 0, timeBad
		}
		if rest[0] == '-' {
			offset = -offset
		}
	default:
		return 0, timeBad
	}
	sec := int64(days)*86_400 + hour*3600 + minute*60 + second - offset
	if second == 60 && (note&timeNaive != 0 || !monthBegin(sec) || frac != 0) {
		return 0, timeBad
	}
	return sec*1_000_000 + frac, note
}

// monthBegin reports whether a Unix second is the first of a month in UTC.
func monthBegin(sec int64) bool {
	if sec%86_400 != 0 {
		return false
	}
	_, _, day := civil(int32(floorDiv(sec, 86_400)))
	return day == 1
}

// parseDate reads YYYY-MM-DD as days since 1970-01-01.
func parseDate(s []byte) (days int32, ok bool) {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return 0, false
	}
	century, ok1 := twoDigits(s[0], s[1])
	year, ok2 := twoDigits(s[2], s[3])
	month, ok3 := twoDigits(s[5], s[6])
	day, ok4 := twoDigits(s[8], s[9])
	year += century * 100
	if !ok1 || !ok2 || !ok3 || !ok4 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return 0, false
	}
	return daysFromCivil(year, month, day), true
}

func twoDigits(a, b byte) (int64, bool) {
	a -= '0'
	b -= '0'
	return int64(a)*10 + int64(b), a <= 9 && b <= 9
}

func daysIn(year, month int64) int64 {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// daysFromCivil counts the days from 1970-01-01 in the Gregorian calendar. Years begin in March, so that the leap day is the
// last of a year and the lengths of the months before it follow one line.
func daysFromCivil(year, month, day int64) int32 {
	if month <= 2 {
		year--
		month += 12
	}
	era := floorDiv(year, 400)
	ofEra := year - era*400
	ofYear := (153*(month-3)+2)/5 + day - 1
	return int32(era*146_097 + ofEra*365 + ofEra/4 - ofEra/100 + ofYear - 719_468)
}

// civil is the inverse of daysFromCivil.
func civil(days int32) (year, month, day int64) {
	n := int64(days) + 719_468
	era := floorDiv(n, 146_097)
	ofEra := n - era*146_097
	yearOfEra := (ofEra - ofEra/1460 + ofEra/36_524 - ofEra/146_096) / 365
	ofYear := ofEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	m := (5*ofYear + 2) / 153
	day = ofYear - (153*m+2)/5 + 1
	month, year = m+3, yearOfEra+era*400
	if month > 12 {
		month -= 12
		year++
	}
	return year, month, day
}
