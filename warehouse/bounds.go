package warehouse

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/iceberg-go"
	"github.com/parquet-go/parquet-go/format"
)

// boundRunes is how much of a string goes into a bound. Iceberg's default.
const boundRunes = 16

// extent is what a column holds, as far as readers skip by it: the nulls, the smallest and the largest value. It is
// gathered while the column is encoded.
type extent struct {
	nulls    int64
	any      bool   // there is a value, and so a smallest
	text     bool   // it is a string
	lo, hi   int64  // of numbers; Bool is 0 and 1
	low, top []byte // of strings; they point into the batch
}

func (x *extent) addNumber(v int64) {
	if !x.any {
		x.lo, x.hi, x.any = v, v, true
		return
	}
	x.lo, x.hi = min(x.lo, v), max(x.hi, v)
}

func (x *extent) addWord(s []byte) {
	switch {
	case !x.any:
		x.low, x.top, x.any, x.text = s, s, true, true
	case bytes.Compare(s, x.low) < 0:
		x.low = s
	case bytes.Compare(s, x.top) > 0:
		x.top = s
	}
}

// join adds what another part of the column holds.
func (x *extent) join(y extent) {
	x.nulls += y.nulls
	if !y.any {
		return
	}
	if y.text {
		x.addWord(y.low)
		x.addWord(y.top)
		return
	}
	x.addNumber(y.lo)
	x.addNumber(y.hi)
}

// statistics are what Iceberg prunes files by. A wrong bound makes rows vanish from answers; a missing one costs time.
type statistics struct {
	values, nulls map[int]int64  // by field id
	lower, upper  map[int][]byte // in Iceberg's single-value serialization
}

func (s *shape) statistics(rows int, extents []extent) statistics {
	st := statistics{map[int]int64{}, map[int]int64{}, map[int][]byte{}, map[int][]byte{}}
	for i, c := range s.Columns {
		id, x := s.ids[i], extents[i]
		st.values[id] = int64(rows)
		st.nulls[id] = x.nulls
		if c.NoBounds || !x.any {
			continue
		}
		lower, upper := x.bounds(c.Type)
		if lower != nil {
			st.lower[id] = lower
		}
		if upper != nil {
			st.upper[id] = upper
		}
	}
	return st
}

// bounds serializes the smallest and the largest value for Iceberg. nil: there is no such bound.
func (x *extent) bounds(t ColumnType) (lower, upper []byte) {
	switch t {
	case String:
		return lowerString(string(x.low)), upperString(string(x.top))
	case Int32, Date:
		return le32(int32(x.lo)), le32(int32(x.hi))
	case Int64, Timestamp:
		return le64(x.lo), le64(x.hi)
	case Bool:
		return []byte{byte(x.lo)}, []byte{byte(x.hi)}
	case Decimal:
		return decimalBytes(x.lo), decimalBytes(x.hi)
	}
	return nil, nil // binary: nobody asks for a range of bytes
}

// statistics says the same of a column chunk to those who read the file without its table.
func (k *chunk) statistics() format.Statistics {
	x := &k.extent
	st := format.Statistics{NullCount: x.nulls}
	if k.decl.NoBounds || !x.any {
		return st
	}
	switch k.decl.Type {
	case String:
		if len(x.low) <= boundBytes && len(x.top) <= boundBytes {
			st.MinValue, st.MaxValue = x.low, x.top
		}
	case Int32, Date:
		st.MinValue, st.MaxValue = le32(int32(x.lo)), le32(int32(x.hi))
	case Int64, Timestamp, Decimal:
		st.MinValue, st.MaxValue = le64(x.lo), le64(x.hi)
	case Bool:
		st.MinValue, st.MaxValue = []byte{byte(x.lo)}, []byte{byte(x.hi)}
	}
	return st
}

func le32(v int32) []byte { return binary.LittleEndian.AppendUint32(nil, uint32(v)) }
func le64(v int64) []byte { return binary.LittleEndian.AppendUint64(nil, uint64(v)) }

func decimalBytes(v int64) []byte {
	d, err := iceberg.DecimalLiteral(iceberg.Decimal{Val: decimal128.FromI64(v), Scale: DecimalScale}).MarshalBinary()
	if err != nil {
		return nil
	}
	return d
}

// lowerString cuts after boundRunes code points: a prefix is never greater than the whole. The empty string is below
// everything, so as a bound it says nothing, and some readers take it for none.
func lowerString(s string) []byte {
	if s == "" {
		return nil
	}
	return []byte(cutRunes(s))
}

// upperString cuts after boundRunes code points and makes the rest the next greater string of that length. It is nil
// where there is none: when every code point is the highest, or when the bytes are not UTF-8 and have no order that a
// reader must share.
func upperString(s string) []byte {
	cut := cutRunes(s)
	if len(cut) == len(s) {
		return []byte(s)
	}
	if !utf8.ValidString(cut) {
		return nil
	}
	runes := []rune(cut)
	for i := len(runes) - 1; i >= 0; i-- {
		next := runes[i] + 1
		if next == 0xD800 { // the surrogates are no characters; UTF-8 cannot hold them
			next = 0xE000
		}
		if next <= utf8.MaxRune {
			return []byte(string(append(runes[:i:i], next)))
		}
	}
	return nil
}

func cutRunes(s string) string {
	n := 0
	for i := range s {
		if n == boundRunes {
			return s[:i]
		}
		n++
	}
	return s
}
