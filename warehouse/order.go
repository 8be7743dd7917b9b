package warehouse

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"time"
)

// span is a run of the ordered rows that goes into one file.
type span struct {
	part     int32 // partition value
	from, to int
}

// order returns the rows in the order in which they are written, and where one partition ends and the next begins. It
// is stable.
//
// Sorting rows by comparing the strings of their entities was a seventh of staging. Where these are coded, the words
// are ranked, which are far fewer, the rows are dealt out by rank, and only those of one entity are compared: by time.
func (b *batch) order() ([]int32, []span) {
	rows := make([]int32, b.rows)
	for i := range rows {
		rows[i] = int32(i)
	}
	by := make([]*column, len(b.SortBy))
	for n, name := range b.SortBy {
		by[n] = &b.columns[b.Index(name)]
	}
	switch {
	case len(by) == 0:
	case by[0].codes != nil:
		rank, ranks := by[0].ranks()
		rows = deal(rows, ranks, func(r int32) int32 {
			if by[0].isNull(r) {
				return int32(ranks - 1)
			}
			return rank[by[0].codes[r]]
		})
		sortRuns(rows, by[0], rank, by[1:])
	default:
		sortRows(rows, by)
	}
	return b.split(rows)
}

// ranks numbers the words of a coded column in their order, equal words alike. One more number is for null, the last.
func (c *column) ranks() (rank []int32, ranks int) {
	type word struct {
		prefix uint64
		code   int32
	}
	all := make([]word, c.text.len())
	for i := range all {
		all[i] = word{prefixOf(c.text.at(int32(i))), int32(i)}
	}
	slices.SortFunc(all, func(x, y word) int {
		if x.prefix != y.prefix {
			return cmp.Compare(x.prefix, y.prefix)
		}
		return bytes.Compare(c.text.at(x.code), c.text.at(y.code))
	})
	rank = make([]int32, len(all))
	for i, w := range all {
		if i > 0 && !bytes.Equal(c.text.at(all[i-1].code), c.text.at(w.code)) {
			ranks++
		}
		rank[w.code] = int32(ranks)
	}
	return rank, ranks + 2
}

// prefixOf orders strings as far as their first eight bytes can; equal prefixes decide nothing.
func prefixOf(s []byte) uint64 {
	if len(s) >= 8 {
		return binary.BigEndian.Uint64(s)
	}
	var p [8]byte
	copy(p[:], s)
	return binary.BigEndian.Uint64(p[:])
}

// deal orders rows by a small number, those with the same one as they were.
func deal(rows []int32, numbers int, number func(row int32) int32) []int32 {
	at := make([]int32, numbers+1)
	for _, r := range rows {
		at[number(r)+1]++
	}
	for i := range numbers {
		at[i+1] += at[i]
	}
	out := make([]int32, len(rows))
	for _, r := range rows {
		n := number(r)
		out[at[n]] = r
		at[n]++
	}
	return out
}

// sortRuns orders the rows of each entity, which lie together, by the columns that are left.
func sortRuns(rows []int32, entity *column, rank []int32, by []*column) {
	key := func(r int32) int32 {
		if entity.isNull(r) {
			return math.MaxInt32
		}
		return rank[entity.codes[r]]
	}
	for from := 0; from < len(rows); {
		k, to := key(rows[from]), from+1
		for to < len(rows) && key(rows[to]) == k {
			to++
		}
		sortRows(rows[from:to], by)
		from = to
	}
}

// sortRows orders rows by columns, nulls last, and rows that are alike by number.
func sortRows(rows []int32, by []*column) {
	by = slices.DeleteFunc(slices.Clone(by), func(c *column) bool { return c.valid == nil && c.nulls > 0 }) // all null
	if len(by) == 0 || len(rows) < 2 {
		return
	}
	prefix := by[0].keyer()
	type keyed struct {
		key uint64
		row int32
	}
	compare := func(x, y keyed) int {
		if x.key != y.key {
			return cmp.Compare(x.key, y.key)
		}
		for _, c := range by {
			if d := c.compare(x.row, y.row); d != 0 {
				return d
			}
		}
		return cmp.Compare(x.row, y.row)
	}
	var few [16]keyed // most entities have few rows
	keys := few[:0]
	if len(rows) > len(few) {
		keys = make([]keyed, 0, len(rows))
	}
	for _, r := range rows {
		keys = append(keys, keyed{prefix(r), r})
	}
	if len(keys) <= len(few) {
		// Arrival is nearly the order already: then insertion moves next to nothing.
		for i := 1; i < len(keys); i++ {
			k := keys[i]
			j := i
			for ; j > 0 && compare(k, keys[j-1]) < 0; j-- {
				keys[j] = keys[j-1]
			}
			keys[j] = k
		}
	} else {
		slices.SortFunc(keys, compare)
	}
	for i, k := range keys {
		rows[i] = k.row
	}
}

// keyer orders rows as compare does, as far as 64 bits can tell. Nulls come last.
func (c *column) keyer() func(row int32) uint64 {
	return func(r int32) uint64 {
		switch {
		case c.nulls > 0 && c.isNull(r):
			return math.MaxUint64
		case c.i64 != nil:
			return uint64(c.i64[r]) ^ 1<<63
		case c.i32 != nil:
			return uint64(c.i32[r]) ^ 1<<63
		case c.bits != nil:
			return uint64(c.bit(r))
		}
		return prefixOf(c.word(r))
	}
}

// compare orders two rows by one column, nulls last.
func (c *column) compare(x, y int32) int {
	if c.nulls > 0 {
		switch x, y := c.isNull(x), c.isNull(y); {
		case x && y:
			return 0
		case x:
			return 1
		case y:
			return -1
		}
	}
	switch {
	case c.i64 != nil:
		return cmp.Compare(c.i64[x], c.i64[y])
	case c.i32 != nil:
		return cmp.Compare(c.i32[x], c.i32[y])
	case c.bits != nil:
		return cmp.Compare(c.bit(x), c.bit(y))
	}
	return bytes.Compare(c.word(x), c.word(y))
}

// split deals rows out to partitions.
func (b *batch) split(rows []int32) ([]int32, []span) {
	if len(rows) == 0 {
		return rows, nil
	}
	if b.PartitionBy == "" {
		return rows, []span{{from: 0, to: len(rows)}}
	}
	// Millions of rows share a few days: each day is worked out once, and neighbours ask no map.
	days := b.columns[b.Index(b.PartitionBy)].i32
	ofDay, ofPart := make(map[int32]int32), make(map[int32]int32)
	var parts []int32
	number := func(day int32) int32 {
		if n, ok := ofDay[day]; ok {
			return n
		}
		part := b.partition(day)
		n, ok := ofPart[part]
		if !ok {
			n = int32(len(parts))
			ofPart[part] = n
			parts = append(parts, part)
		}
		ofDay[day] = n
		return n
	}
	of := make([]int32, b.rows)
	last, n := days[0], number(days[0])
	for i, d := range days {
		if d != last {
			last, n = d, number(d)
		}
		of[i] = n
	}
	sorted := slices.Sorted(slices.Values(parts))
	place := make([]int32, len(parts))
	for i, p := range parts {
		n, _ := slices.BinarySearch(sorted, p)
		place[i] = int32(n)
	}
	if len(parts) > 1 {
		rows = deal(rows, len(parts), func(r int32) int32 { return place[of[r]] })
	}
	var spans []span
	for from := 0; from < len(rows); {
		n, to := of[rows[from]], from+1
		for to < len(rows) && of[rows[to]] == n {
			to++
		}
		spans = append(spans, span{parts[n], from, to})
		from = to
	}
	return rows, spans
}

// partition returns the value of Iceberg's month or day transform of a date: months or days since 1970.
func (s *shape) partition(day int32) int32 {
	if !s.ByMonth {
		return day
	}
	t := time.Unix(int64(day)*86400, 0).UTC()
	return int32((t.Year()-1970)*12 + int(t.Month()) - 1)
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
