package record

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// maxDepth bounds the nesting of a message; records are flat, so this is generous. It keeps the recursion of skipValue small.
const maxDepth = 64

// What a scan step found.
type scanState uint8

const (
	scanOK      scanState = iota
	scanEscaped           // a whole string that holds escapes
	scanLone              // a whole string that holds a lone surrogate escape, which no UTF-8 text can hold
	scanBad               // not JSON
	scanDeep              // nested too deeply
)

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

// validEnd is stringEnd for a message that nobody has looked at yet: a string that is not UTF-8 is bad. Outside of strings
// JSON is ASCII, so a message whose strings pass is UTF-8 as a whole, and most have no other byte in them.
func validEnd(b []byte, i int) (int, scanState) {
	end, state, wide := scanString(b, i)
	if wide && !utf8.Valid(b[i:end]) {
		return end, scanBad
	}
	return end, state
}

// stringEnd finds the closing quote of the string whose text begins at b[i].
func stringEnd(b []byte, i int) (int, scanState) {
	end, state, _ := scanString(b, i)
	return end, state
}

// scanString looks at eight bytes at a time: most of a message is inside strings. wide says that there may be bytes that
// are not ASCII.
func scanString(b []byte, i int) (end int, state scanState, wide bool) {
	const (
		ones  = 0x0101010101010101
		highs = 0x8080808080808080
	)
	for {
		for i+8 <= len(b) {
			// A high bit is set at the first byte that is a quote, a backslash or a control character. Above the first
			// hit a borrow may set wrong bits; they are never looked at.
			x := binary.LittleEndian.Uint64(b[i:])
			quote := x ^ '"'*ones
			slash := x ^ '\\'*ones
			hit := ((quote-ones)&^quote | (slash-ones)&^slash | (x-0x20*ones)&^x) & highs
			wide = wide || x&highs != 0
			if hit != 0 {
				i += bits.TrailingZeros64(hit) >> 3
				break
			}
			i += 8
		}
		for i < len(b) && b[i] != '"' && b[i] != '\\' && b[i] >= 0x20 {
			wide = wide || b[i] >= utf8.RuneSelf
			i++
		}
		if i == len(b) || b[i] < 0x20 {
			return i, scanBad, wide
		}
		if b[i] == '"' {
			return i, state, wide
		}
		var found scanState
		if i, found = escapeEnd(b, i); found == scanBad {
			return i, scanBad, wide
		}
		state = max(state, found)
	}
}

// escapeEnd checks the escape whose backslash is at b[i] and returns where it ends; a surrogate pair is one escape.
func escapeEnd(b []byte, i int) (int, scanState) {
	if i+1 == len(b) {
		return i, scanBad
	}
	switch b[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2, scanEscaped
	case 'u':
		unit, ok := hex4(b, i+2)
		if !ok {
			return i, scanBad
		}
		i += 6
		if unit < 0xd800 || unit > 0xdfff {
			return i, scanEscaped
		}
		if unit < 0xdc00 && i+6 <= len(b) && b[i] == '\\' && b[i+1] == 'u' {
			if low, ok := hex4(b, i+2); ok && low >= 0xdc00 && low <= 0xdfff {
				return i + 6, scanEscaped
			}
		}
		return i, scanLone
	}
	return i, scanBad
}

func hex4(b []byte, i int) (rune, bool) {
	if i+4 > len(b) {
		return 0, false
	}
	var r rune
	for _, c := range b[i : i+4] {
		switch {
		case c-'0' <= 9:
			r = r<<4 | rune(c-'0')
		case (c|0x20)-'a' <= 5:
			r = r<<4 | rune((c|0x20)-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}

// unescape appends the text of a string that stringEnd has checked.
func unescape(dst, s []byte) []byte {
	for i := 0; i < len(s); {
		if s[i] != '\\' {
			dst = append(dst, s[i])
			i++
			continue
		}
		c := s[i+1]
		i += 2
		switch c {
		case 'b':
			c = '\b'
		case 'f':
			c = '\f'
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		case 'u':
			r, _ := hex4(s, i)
			i += 4
			if r >= 0xd800 && r <= 0xdbff {
				low, _ := hex4(s, i+2)
				i += 6
				r = (r-0xd800)<<10 + (low - 0xdc00) + 0x10000
			}
			dst = utf8.AppendRune(dst, r)
			continue
		}
		dst = append(dst, c)
	}
	return dst
}

// numberEnd finds the end of the number at b[i], or -1 when it is not of JSON's grammar.
func numberEnd(b []byte, i int) int {
	digits := func() bool {
		from := i
		for i < len(b) && b[i]-'0' <= 9 {
			i++
		}
		return i > from
	}
	if b[i] == '-' {
		i++
	}
	if i < len(b) && b[i] == '0' {
		i++
	} else if !digits() {
		return -1
	}
	if i < len(b) && b[i] == '.' {
		if i++; !digits() {
			return -1
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if !digits() {
			return -1
		}
	}
	return i
}

func hasLiteral(b []byte, i int, literal string) bool {
	return len(b)-i >= len(literal) && string(b[i:i+len(literal)]) == literal
}

// skipValue finds the end of the value at b[i], of any type, checking all of it.
func skipValue(b []byte, i, depth int) (int, scanState) {
	if i == len(b) {
		return i, scanBad
	}
	switch c := b[i]; {
	case c == '"':
		end, state := stringEnd(b, i+1)
		return end + 1, state
	case c == '-' || c-'0' <= 9:
		if end := numberEnd(b, i); end > 0 {
			return end, scanOK
		}
	case c == 't' && hasLiteral(b, i, "true"), c == 'n' && hasLiteral(b, i, "null"):
		return i + 4, scanOK
	case c == 'f' && hasLiteral(b, i, "false"):
		return i + 5, scanOK
	case c == '{' || c == '[':
		if depth == maxDepth {
			return i, scanDeep
		}
		return skipNested(b, i, depth+1)
	}
	return i, scanBad
}

// skipNested skips the object or array that begins at b[i].
func skipNested(b []byte, i, depth int) (int, scanState) {
	object := b[i] == '{'
	closing := b[i] + 2 // '{' and '}', '[' and ']' are two apart
	state := scanOK
	i = skipSpace(b, i+1)
	if i < len(b) && b[i] == closing {
		return i + 1, state
	}
	for {
		var found scanState
		if object {
			if i == len(b) || b[i] != '"' {
				return i, scanBad
			}
			if i, found = stringEnd(b, i+1); found >= scanBad {
				return i, found
			}
			state = max(state, found)
			if i = skipSpace(b, i+1); i == len(b) || b[i] != ':' {
				return i, scanBad
			}
			i = skipSpace(b, i+1)
		}
		if i, found = skipValue(b, i, depth); found >= scanBad {
			return i, found
		}
		state = max(state, found)
		i = skipSpace(b, i)
		if i == len(b) {
			return i, scanBad
		}
		switch b[i] {
		case ',':
			i = skipSpace(b, i+1)
		case closing:
			return i + 1, state
		default:
			return i, scanBad
		}
	}
}
