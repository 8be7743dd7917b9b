package warehouse

import (
	"cmp"
	"encoding/binary"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/iceberg-go"
)

// boundRunes is how much of a string goes into a bound. Iceberg's default.
const boundRunes = 16

// statistics are what Iceberg prunes files by. A wrong bound makes rows vanish from answers; a missing one costs time.
type statistics struct {
	values, nulls map[int]int64  // by field id
	lower, upper  map[int][]byte // in Iceberg's single-value serialization
}

func (b *batch) statistics(rows []rowKey) statistics {
	st := statistics{map[int]int64{}, map[int]int64{}, map[int][]byte{}, map[int][]byte{}}
	for i, c := range b.Columns {
		id, a := b.ids[i], b.columns[i]
		st.values[id] = int64(len(rows))
		st.nulls[id] = int64(nullsIn(a, rows))
		if c.NoBounds || st.nulls[id] == int64(len(rows)) {
			continue
		}
		lower, upper := boundsOf(a, rows)
		if lower != nil {
			st.lower[id] = lower
		}
		if upper != nil {
			st.upper[id] = upper
		}
	}
	return st
}

func nullsIn(a arrow.Array, rows []rowKey) int {
	switch {
	case a == nil:
		return len(rows)
	case a.NullN() == 0:
		return 0
	}
	n := 0
	for _, r := range rows {
		if a.IsNull(int(r.row)) {
			n++
		}
	}
	return n
}

// boundsOf serializes the smallest and the largest value that is not null. nil: there is no such bound.
func boundsOf(a arrow.Array, rows []rowKey) (lower, upper []byte) {
	switch a := a.(type) {
	case *array.String:
		lo, hi := extremes(a, rows, func(x, y string) int { return cmp.Compare(x, y) })
		return lowerString(lo), upperString(hi)
	case *array.Int32:
		lo, hi := extremes(a, rows, cmp.Compare)
		return le32(lo), le32(hi)
	case *array.Int64:
		lo, hi := extremes(a, rows, cmp.Compare)
		return le64(lo), le64(hi)
	case *array.Timestamp:
		lo, hi := extremes(a, rows, cmp.Compare)
		return le64(int64(lo)), le64(int64(hi))
	case *array.Date32:
		lo, hi := extremes(a, rows, cmp.Compare)
		return le32(int32(lo)), le32(int32(hi))
	case *array.Boolean:
		lo, hi := extremes(a, rows, func(x, y bool) int { return b2i(x) - b2i(y) })
		return []byte{byte(b2i(lo))}, []byte{byte(b2i(hi))}
	case *array.Decimal128:
		lo, hi := extremes(a, rows, decimal128.Num.Cmp)
		return decimalBytes(lo), decimalBytes(hi)
	}
	return nil, nil // binary: nobody asks for a range of bytes
}

func extremes[T any](a interface {
	Value(int) T
	IsNull(int) bool
}, rows []rowKey, compare func(x, y T) int) (lo, hi T) {
	seen := false
	for _, r := range rows {
		i := int(r.row)
		if a.IsNull(i) {
			continue
		}
		v := a.Value(i)
		if !seen {
			lo, hi, seen = v, v, true
			continue
		}
		if compare(v, lo) < 0 {
			lo = v
		}
		if compare(v, hi) > 0 {
			hi = v
		}
	}
	return lo, hi
}

func le32(v int32) []byte { return binary.LittleEndian.AppendUint32(nil, uint32(v)) }
func le64(v int64) []byte { return binary.LittleEndian.AppendUint64(nil, uint64(v)) }

func decimalBytes(v decimal128.Num) []byte {
	d, err := iceberg.DecimalLiteral(iceberg.Decimal{Val: v, Scale: DecimalScale}).MarshalBinary()
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
