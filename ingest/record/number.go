package record

import "math"

// maxDecimal is the first number of thousandths that DECIMAL(18,3) cannot hold.
const maxDecimal = 1_000_000_000_000_000_000

type numberFault uint8

const (
	numberOK   numberFault = iota
	numberBad              // not of JSON's grammar, or finer than the scale
	numberHuge             // does not fit
)

// shortNumber reads what most numbers are: a few digits. It returns -1 for all others.
func shortNumber(s []byte) int64 {
	if len(s) == 0 || len(s) > 12 || s[0] == '0' && len(s) > 1 {
		return -1
	}
	n := int64(0)
	for _, c := range s {
		if c -= '0'; c > 9 {
			return -1
		}
		n = n*10 + int64(c)
	}
	return n
}

// parseNumber reads a number of JSON's grammar exactly, times ten to the power of scale: no float comes near it. Text numbers follow
// the same grammar, so "007", "+5", "1,000" and " 5" are not numbers: they are likely to be something else.
func parseNumber(s []byte, scale int) (int64, numberFault) {
	i := 0
	negative := len(s) > 0 && s[0] == '-'
	if negative {
		i++
	}
	if i == len(s) || s[i]-'0' > 9 || (s[i] == '0' && i+1 < len(s) && s[i+1]-'0' <= 9) {
		return 0, numberBad
	}
	// The value is n × 10^(zeros+exponent); zeros that end the digits are not multiplied in before another digit follows.
	var n uint64
	zeros, exponent, huge := 0, 0, false
	digit := func(c byte) {
		if c == '0' {
			if n != 0 {
				zeros++
			}
			return
		}
		for ; zeros >= 0; zeros-- {
			if n > math.MaxUint64/10-1 {
				huge = true
				break
			}
			n *= 10
		}
		zeros = 0
		n += uint64(c - '0')
	}
	for ; i < len(s) && s[i]-'0' <= 9; i++ {
		digit(s[i])
	}
	if i < len(s) && s[i] == '.' {
		from := i + 1
		for i++; i < len(s) && s[i]-'0' <= 9; i++ {
			digit(s[i])
		}
		if i == from {
			return 0, numberBad
		}
		exponent = from - i
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		i++
		down := i < len(s) && s[i] == '-'
		if i < len(s) && (s[i] == '-' || s[i] == '+') {
			i++
		}
		from, e := i, 0
		for ; i < len(s) && s[i]-'0' <= 9; i++ {
			e = min(e*10+int(s[i]-'0'), 1<<24) // longer than any message: beyond it the sign alone decides
		}
		if i == from {
			return 0, numberBad
		}
		if down {
			e = -e
		}
		exponent += e
	}
	if i != len(s) {
		return 0, numberBad
	}
	if n == 0 {
		return 0, numberOK // -0 is 0
	}
	power := zeros + exponent + scale
	if power < 0 {
		return 0, numberBad
	}
	if huge || power > 19 {
		return 0, numberHuge
	}
	for ; power > 0; power-- {
		if n > math.MaxUint64/10 {
			return 0, numberHuge
		}
		n *= 10
	}
	if negative {
		if n > 1<<63 {
			return 0, numberHuge
		}
		return int64(-n), numberOK
	}
	if n > math.MaxInt64 {
		return 0, numberHuge
	}
	return int64(n), numberOK
}
