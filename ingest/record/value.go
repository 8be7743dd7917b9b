package record

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// value reads the value of field f at b[i] into row and returns where it ends, or -1.
func (d *Decoder) value(b []byte, i, f int, row *Row) int {
	fd := &d.fields[f]
	v := &row.Values[f]
	switch c := b[i]; {
	case c == '"':
		end, state := validEnd(b, i+1)
		if state == scanBad {
			return d.badEnd(NotJSON)
		}
		if state == scanLone {
			d.fail(BadUTF8, f, "holds a lone surrogate escape")
			return -1
		}
		s := b[i+1 : end]
		if state == scanEscaped {
			s = d.unescaped(s)
		}
		// An empty string is no value: optional fields are missing, required ones are found missing in the end.
		if len(s) > 0 && !d.fromString(s, f, row) {
			return -1
		}
		return end + 1
	case c == 'n' && hasLiteral(b, i, "null"):
		return i + 4
	case c == 't' && hasLiteral(b, i, "true"), c == 'f' && hasLiteral(b, i, "false"):
		if fd.kind != Bool {
			return d.wrongType(f)
		}
		v.Set = true
		d.present.add(f)
		if c == 't' {
			v.I = 1
			return i + 4
		}
		return i + 5
	case c == '-' || c-'0' <= 9:
		end := numberEnd(b, i)
		if end < 0 {
			return d.badEnd(NotJSON)
		}
		if fd.kind != Int && fd.kind != Decimal {
			return d.wrongType(f)
		}
		if !d.number(b[i:end], f, v) {
			return -1
		}
		return end
	case c == '[' && fd.kind == EnumSet:
		return d.set(b, i, f, v)
	case c == '[' || c == '{':
		return d.wrongType(f)
	}
	return d.badEnd(NotJSON)
}

var accepts = [...]string{
	String: "a string", Enum: "a string", EnumSet: "an array of strings", Region: "a string: zeros in front of a number would be lost",
	Int: "a number", Decimal: "a number", Bool: "true or false", Time: "a string", Date: "a string",
}

func (d *Decoder) wrongType(f int) int {
	d.fail(WrongType, f, "must be "+accepts[d.fields[f].kind])
	return -1
}

// fromString reads a value that came as a string, which is not empty.
func (d *Decoder) fromString(s []byte, f int, row *Row) bool {
	fd := &d.fields[f]
	v := &row.Values[f]
	switch fd.kind {
	case String:
		if !d.fits(s, f) {
			return false
		}
		if f == 0 { // schema comes first in the envelope
			minor, ok := d.minorOf(s)
			if !ok {
				return d.fail(WrongSchema, f, "")
			}
			if minor > d.contract.Minor {
				row.Quality |= NewerMinor
			}
		}
		if fd.pseudonym && !d.options.AllowPersonal {
			if what := looksPersonal(s); what != "" {
				return d.fail(PersonalData, f, "looks like "+what)
			}
		}
		v.S = s
	case Enum:
		i, ok := fd.code(s)
		if !ok {
			return d.unknownCode(s, f)
		}
		v.I, v.S = int64(i), fd.codes[i]
	case Region:
		if !d.fits(s, f) {
			return false
		}
		v.S = d.region(s)
	case Int, Decimal:
		row.Quality |= NumberText
		return d.number(s, f, v)
	case Time:
		micros, note := parseTime(s)
		switch {
		case note&timeBad != 0:
			return d.fail(BadTime, f, "must be like 2026-02-12T09:05:00+08:00 and exist: "+quoteShort(s))
		case note&timeNaive != 0:
			if !d.options.NaiveTimes {
				return d.fail(BadTime, f, "has no offset such as +08:00: "+quoteShort(s))
			}
			sec := floorDiv(micros, 1_000_000)
			micros += (d.zone.Instant(sec) - sec) * 1_000_000
			row.Quality |= NaiveTime
		}
		if note&timeCut != 0 {
			row.Quality |= TimeCut
		}
		if !d.inTime(f, micros) {
			return false
		}
		v.I = micros
	case Date:
		days, ok := parseDate(s)
		if !ok {
			return d.fail(BadTime, f, "must be like 2026-02-12 and exist: "+quoteShort(s))
		}
		if !d.inDate(f, days) {
			return false
		}
		v.I = int64(days)
	default:
		d.wrongType(f)
		return false
	}
	v.Set = true
	d.present.add(f)
	return true
}

func (d *Decoder) minorOf(s []byte) (int, bool) {
	if string(s) == string(d.schema) {
		return 0, true
	}
	return d.contract.schemaMinor(string(s))
}

// fits checks the length in code points, which are never more than bytes.
func (d *Decoder) fits(s []byte, f int) bool {
	if most := d.fields[f].maxLen; len(s) > most {
		if n := utf8.RuneCount(s); n > most {
			return d.fail(TooLong, f, fmt.Sprintf("has %d characters, at most %d are allowed", n, most))
		}
	}
	return true
}

// region pads 6 or 9 digits on the right with zeros to 12.
func (d *Decoder) region(s []byte) []byte {
	if len(s) != 6 && len(s) != 9 {
		return s
	}
	for _, c := range s {
		if c-'0' > 9 {
			return s
		}
	}
	from := len(d.text)
	d.text = append(d.text, s...)
	d.text = append(d.text, "000000"[:12-len(s)]...)
	return d.text[from:len(d.text):len(d.text)]
}

func (fd *fieldDecoder) code(s []byte) (int, bool) {
	if len(s) < len(fd.codeLen) {
		for _, i := range fd.codeLen[len(s)] {
			if string(fd.codes[i]) == string(s) {
				return int(i), true
			}
		}
	}
	return 0, false
}

func (d *Decoder) unknownCode(s []byte, f int) bool {
	return d.fail(UnknownCode, f, quoteShort(s)+" is none of "+codeNames(d.fields[f].Codes))
}

func codeNames(codes []Code) string {
	names := make([]string, len(codes))
	for i, c := range codes {
		names[i] = c.Code
	}
	return strings.Join(names, " ")
}

func (d *Decoder) number(s []byte, f int, v *Value) bool {
	fd := &d.fields[f]
	scale := 0
	if fd.kind == Decimal {
		scale = 3
	}
	n, fault := shortNumber(s), numberOK
	switch {
	case n >= 0 && scale > 0:
		n *= 1000
	case n < 0:
		n, fault = parseNumber(s, scale)
	}
	switch {
	case fault == numberBad && scale == 0:
		return d.fail(BadNumber, f, "must be a whole number: "+quoteShort(s))
	case fault == numberBad:
		return d.fail(BadNumber, f, "must be a number with at most three decimals: "+quoteShort(s))
	case fault == numberHuge || n < fd.min || n > fd.max:
		lo, hi := fmt.Sprint(fd.min), fmt.Sprint(fd.max)
		if scale > 0 {
			lo, hi = string(appendDecimal(nil, fd.min)), string(appendDecimal(nil, fd.max))
		}
		return d.fail(OutOfRange, f, fmt.Sprintf("must be between %s and %s: %s", lo, hi, quoteShort(s)))
	}
	v.I, v.Set = n, true
	d.present.add(f)
	return true
}

// set reads an array of codes. The order and number of times in which they come say nothing.
func (d *Decoder) set(b []byte, i, f int, v *Value) int {
	fd := &d.fields[f]
	var bits uint64
	i = skipSpace(b, i+1)
	if i < len(b) && b[i] == ']' {
		return i + 1
	}
	for {
		if i == len(b) {
			return d.badEnd(NotJSON)
		}
		if b[i] != '"' {
			return d.wrongType(f) // or not JSON: explain looks again
		}
		end, state := validEnd(b, i+1)
		if state == scanBad {
			return d.badEnd(NotJSON)
		}
		if state == scanLone {
			d.fail(BadUTF8, f, "holds a lone surrogate escape")
			return -1
		}
		s := b[i+1 : end]
		if state == scanEscaped {
			s = d.unescaped(s)
		}
		code, ok := fd.code(s)
		if !ok {
			d.unknownCode(s, f)
			return -1
		}
		bits |= 1 << code
		if i = skipSpace(b, end+1); i == len(b) {
			return d.badEnd(NotJSON)
		}
		if b[i] == ']' {
			break
		}
		if b[i] != ',' {
			return d.badEnd(NotJSON)
		}
		i = skipSpace(b, i+1)
	}
	from := len(d.text)
	for code := range fd.codes {
		if bits>>code&1 == 0 {
			continue
		}
		if len(d.text) > from {
			d.text = append(d.text, ',')
		}
		d.text = append(d.text, fd.codes[code]...)
	}
	v.S, v.Set = d.text[from:len(d.text):len(d.text)], true
	d.present.add(f)
	return i + 1
}

// quoteShort shows a value in a reject, cut so that a reject stays small.
func quoteShort(s []byte) string {
	const most = 64
	return fmt.Sprintf("%q", cut(s, most))
}

// cut keeps the first n code points.
func cut(s []byte, n int) []byte {
	for i := range string(s) {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}
