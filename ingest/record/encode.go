package record

import "strconv"

// AppendJSON appends a row as one message: fields in declared order, missing ones left out, times in UTC, ext last.
// Decoding the result gives the same row, except for the quality flags of how the original was written.
func AppendJSON(dst []byte, c *Contract, row *Row) []byte {
	dst = append(dst, '{')
	for i := range row.Values {
		v := &row.Values[i]
		if !v.Set {
			continue
		}
		f := &c.Fields[i]
		dst = appendKey(dst, f.Name)
		switch f.Kind {
		case String, Enum, Region:
			dst = AppendString(dst, v.S)
		case EnumSet:
			dst = append(dst, '[')
			for s, comma := v.S, false; len(s) > 0; comma = true {
				if comma {
					dst = append(dst, ',')
				}
				n := 0
				for n < len(s) && s[n] != ',' {
					n++
				}
				dst = AppendString(dst, s[:n])
				s = s[min(n+1, len(s)):]
			}
			dst = append(dst, ']')
		case Int:
			dst = strconv.AppendInt(dst, v.I, 10)
		case Decimal:
			dst = appendDecimal(dst, v.I)
		case Bool:
			dst = strconv.AppendBool(dst, v.I != 0)
		case Time:
			dst = append(dst, '"')
			dst = appendTime(dst, v.I)
			dst = append(dst, '"')
		case Date:
			dst = append(dst, '"')
			dst = appendDate(dst, int32(v.I))
			dst = append(dst, '"')
		}
	}
	if len(row.Ext) > 0 {
		dst = appendKey(dst, "ext")
		dst = append(dst, row.Ext...)
	}
	return append(dst, '}')
}

func appendKey(dst []byte, name string) []byte {
	if dst[len(dst)-1] != '{' {
		dst = append(dst, ',')
	}
	dst = append(dst, '"')
	dst = append(dst, name...)
	return append(dst, '"', ':')
}

// AppendString appends s as a JSON string with no more escapes than JSON demands. Bytes that are not UTF-8 pass
// through, so that a decoder sees and rejects what really was there.
func AppendString[T ~string | ~[]byte](dst []byte, s T) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	dst = append(dst, s[from:]...)
	return append(dst, '"')
}

// appendDecimal writes thousandths without zeros at the end.
func appendDecimal(dst []byte, n int64) []byte {
	u := uint64(n)
	if n < 0 {
		dst = append(dst, '-')
		u = -u
	}
	dst = strconv.AppendUint(dst, u/1000, 10)
	frac := u % 1000
	if frac == 0 {
		return dst
	}
	dst = append(dst, '.', byte('0'+frac/100), byte('0'+frac/10%10), byte('0'+frac%10))
	for dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

// appendTime writes an instant in UTC with as many digits as it has.
func appendTime(dst []byte, micros int64) []byte {
	sec := floorDiv(micros, 1_000_000)
	frac := micros - sec*1_000_000
	days := floorDiv(sec, 86_400)
	sec -= days * 86_400
	dst = appendDate(dst, int32(days))
	dst = append(dst, 'T')
	dst = append2(dst, sec/3600)
	dst = append(dst, ':')
	dst = append2(dst, sec/60%60)
	dst = append(dst, ':')
	dst = append2(dst, sec%60)
	if frac > 0 {
		dst = append(dst, '.')
		for unit := int64(100_000); frac > 0; unit /= 10 {
			dst = append(dst, byte('0'+frac/unit))
			frac %= unit
		}
	}
	return append(dst, 'Z')
}

func appendDate(dst []byte, days int32) []byte {
	year, month, day := civil(days)
	dst = append2(dst, year/100)
	dst = append2(dst, year%100)
	dst = append(dst, '-')
	dst = append2(dst, month)
	dst = append(dst, '-')
	return append2(dst, day)
}

func append2(dst []byte, n int64) []byte {
	return append(dst, byte('0'+n/10), byte('0'+n%10))
}
