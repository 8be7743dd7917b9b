package record

import (
	"unicode"
	"unicode/utf8"
)

// looksPersonal says which personal data a value looks like, or "". It is made for a field that should hold a
// pseudonym, and errs on the side of letting a pseudonym through: only what is clearly a Chinese name, ID number or mobile
// number counts.
func looksPersonal(s []byte) string {
	digits := 0
	for _, c := range s {
		if c-'0' <= 9 {
			digits++
		}
		if c >= utf8.RuneSelf {
			if hasHan(s) {
				return "a name"
			}
			return ""
		}
	}
	if digits < 11 {
		return ""
	}
	switch {
	case len(s) == 18 && digits >= 17 && idChecksum(s):
		return "an ID number"
	case len(s) == 15 && digits == 15:
		return "an ID number of the old form"
	case isMobile(s):
		return "a mobile number"
	}
	return ""
}

func hasHan(s []byte) bool {
	for len(s) > 0 {
		r, n := utf8.DecodeRune(s)
		if unicode.Is(unicode.Han, r) {
			return true
		}
		s = s[n:]
	}
	return false
}

// idChecksum checks the last of 18 characters by GB 11643: weights 2^(17-i) mod 11, check character X for ten.
func idChecksum(s []byte) bool {
	sum, weight := 0, 1
	for i := 17; i >= 0; i-- {
		v := int(s[i] - '0')
		if i == 17 && (s[i] == 'X' || s[i] == 'x') {
			v = 10
		} else if v > 9 {
			return false
		}
		sum += v * weight
		weight = weight * 2 % 11
	}
	return sum%11 == 1
}

// isMobile accepts 1[3-9] and nine digits, with or without the country code, written with spaces, hyphens or brackets or not.
func isMobile(s []byte) bool {
	var digits [15]byte
	n := 0
	for _, c := range s {
		switch {
		case c-'0' <= 9:
			if n == len(digits) {
				return false
			}
			digits[n] = c
			n++
		case c != ' ' && c != '-' && c != '+' && c != '(' && c != ')':
			return false
		}
	}
	d := digits[:n]
	if n == 15 && string(d[:4]) == "0086" {
		d = d[4:]
	} else if n == 13 && string(d[:2]) == "86" {
		d = d[2:]
	}
	return len(d) == 11 && d[0] == '1' && d[1] >= '3'
}
