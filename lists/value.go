package lists

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// normalise checks the text of a cell, which is not empty, and returns it in the form that the lake holds.
func (f *Field) normalise(s string) (string, error) {
	switch f.Type {
	case Text:
		return s, f.checkText(s)
	case Code:
		return s, f.checkCode(s)
	case Codes:
		return f.normaliseCodes(s)
	case Region:
		return normaliseRegion(s)
	case Integer:
		return f.normaliseInteger(s)
	case Number:
		return f.normaliseNumber(s)
	case Flag:
		return normaliseFlag(s)
	case Enum:
		return s, f.checkEnum(s)
	case Day:
		return normaliseDay(s)
	case Intervals:
		return normaliseIntervals(s)
	case Limits:
		return f.normaliseLimits(s)
	case Metric:
		return s, checkMetric(s)
	case Condition:
		return normaliseCondition(s)
	}
	return "", fmt.Errorf("the declaration has no such type %d", f.Type)
}

func (f *Field) maxLen() int {
	switch {
	case f.MaxLen > 0:
		return f.MaxLen
	case f.Type == Text:
		return 200
	}
	return 64
}

func (f *Field) checkText(s string) error {
	if n := utf8.RuneCountInString(s); n > f.maxLen() {
		return fmt.Errorf("has %d characters; at most %d are allowed: shorten it", n, f.maxLen())
	}
	if strings.ContainsFunc(s, unicode.IsControl) {
		return errors.New("contains a line break or another control character: remove it")
	}
	return nil
}

// reserved words mean "all", "unknown" and "not given" in the warehouse, so no code may be one of them.
var reserved = []string{"*", "~", "-"}

func (f *Field) checkCode(s string) error {
	if n := utf8.RuneCountInString(s); n > f.maxLen() {
		return fmt.Errorf("code %q has %d characters; at most %d are allowed: shorten it", s, n, f.maxLen())
	}
	if i := strings.IndexFunc(s, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) || r == ';' }); i >= 0 {
		return fmt.Errorf("code %q contains white space, a semicolon or a control character: remove it", s)
	}
	if slices.Contains(reserved, s) {
		return fmt.Errorf("code %q is reserved: choose another", s)
	}
	return nil
}

func (f *Field) normaliseCodes(s string) (string, error) {
	var out []string
	for part := range strings.SplitSeq(s, ";") {
		part = strings.TrimSpace(part)
		if part == "" {
			return "", fmt.Errorf("%q has an empty code: separate codes by one semicolon each", s)
		}
		if err := f.checkCode(part); err != nil {
			return "", err
		}
		if len(f.Values) > 0 {
			if err := f.checkEnum(part); err != nil {
				return "", err
			}
		}
		if slices.Contains(out, part) {
			return "", fmt.Errorf("code %q is given twice: remove one", part)
		}
		out = append(out, part)
	}
	return strings.Join(out, ";"), nil
}

func normaliseRegion(s string) (string, error) {
	if strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' }) {
		f := Field{Type: Code, MaxLen: 32}
		return s, f.checkCode(s)
	}
	switch len(s) {
	case 6, 9:
		return s + strings.Repeat("0", 12-len(s)), nil
	case 12:
		return s, nil
	}
	return "", fmt.Errorf("region code %q has %d digits; a code has 6 (county), 9 (township) or 12 (village): complete it", s, len(s))
}

func (f *Field) normaliseInteger(s string) (string, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return "", fmt.Errorf("%q is not a whole number: write digits only", s)
	}
	if n < f.Min || n > f.Max {
		return "", fmt.Errorf("%d is out of range; allowed are %d to %d", n, f.Min, f.Max)
	}
	return strconv.FormatInt(n, 10), nil
}

func (f *Field) normaliseNumber(s string) (string, error) {
	digits, minus := strings.CutPrefix(s, "-")
	whole, frac, point := strings.Cut(digits, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || strings.HasPrefix(whole, "+") || strings.HasPrefix(whole, "-") || point && frac == "" || strings.ContainsFunc(frac, func(r rune) bool { return r < '0' || r > '9' }) {
		return "", fmt.Errorf("%q is not a number: write digits and at most one point", s)
	}
	frac = strings.TrimRight(frac, "0")
	if most := max(f.Digits, 3); len(frac) > most {
		return "", fmt.Errorf("%s has %d digits after the point; at most %d are kept: round it", s, len(frac), most)
	}
	low, high := f.Min, f.Max
	if minus {
		low, high = -f.Max, -f.Min
	}
	if zero := n == 0 && frac == ""; !zero && minus && f.Min >= 0 || n < low || n > high || n == high && frac != "" {
		return "", fmt.Errorf("%s is out of range; allowed are %d to %d", s, f.Min, f.Max)
	}
	out := strconv.FormatInt(n, 10)
	if frac != "" {
		out += "." + frac
	}
	if minus && out != "0" {
		out = "-" + out
	}
	return out, nil
}

func normaliseFlag(s string) (string, error) {
	switch strings.ToLower(s) {
	case "true", "1", "是":
		return "true", nil
	case "false", "0", "否":
		return "false", nil
	}
	return "", fmt.Errorf("%q is neither true nor false: write true, false, 1, 0, 是 or 否", s)
}

func (f *Field) checkEnum(s string) error {
	codes := make([]string, len(f.Values))
	for i, v := range f.Values {
		if v.Code == s {
			return nil
		}
		codes[i] = v.Code
	}
	return fmt.Errorf("%q is not one of %s%s", s, strings.Join(codes, ", "), suggest(s, codes))
}

func normaliseDay(s string) (string, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t, err = time.Parse("2006/1/2", s)
	}
	if err != nil {
		return "", fmt.Errorf("%q is not a date that exists: write YYYY-MM-DD", s)
	}
	return t.Format(time.DateOnly), nil
}

// normaliseIntervals orders nothing: parts of a day that are out of order are more likely a slip than a wish.
func normaliseIntervals(s string) (string, error) {
	var out []string
	last := -1
	for part := range strings.FieldsSeq(s) {
		from, to, ok := strings.Cut(part, "-")
		a, okA := minuteOfDay(from)
		b, okB := minuteOfDay(to)
		switch {
		case !ok || !okA || !okB:
			return "", fmt.Errorf("%q is not an interval: write hh:mm-hh:mm, several separated by a blank", part)
		case a >= b:
			return "", fmt.Errorf("interval %s ends before it begins: exchange or correct the times", part)
		case a < last:
			return "", fmt.Errorf("interval %s begins before the one before it ends: make them follow each other", part)
		}
		last = b
		out = append(out, part)
	}
	return strings.Join(out, " "), nil
}

func minuteOfDay(s string) (int, bool) {
	if len(s) != 5 || s[2] != ':' {
		return 0, false
	}
	for _, i := range []int{0, 1, 3, 4} {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
	}
	h := int(s[0]-'0')*10 + int(s[1]-'0')
	m := int(s[3]-'0')*10 + int(s[4]-'0')
	return h*60 + m, m < 60 && (h < 24 || h == 24 && m == 0)
}
