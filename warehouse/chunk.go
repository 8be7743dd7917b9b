package warehouse

import (
	"bufio"
	"encoding/binary"
	"hash/crc32"
	"io"
	"math/bits"
	"slices"

	"github.com/parquet-go/parquet-go/compress/zstd"
	"github.com/parquet-go/parquet-go/encoding/delta"
	"github.com/parquet-go/parquet-go/encoding/rle"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

const (
	// pageBytes is about what a page holds of values that have no dictionary.
	pageBytes = 1 << 20
	// dictionaryBytes bounds a dictionary page: a reader holds it while it reads the chunk.
	dictionaryBytes = 1 << 20
	// dictionaryShare is the largest share of the plain bytes that words and codes may take together: what is closer
	// than this compresses better as plain values.
	dictionaryShare = 0.75
	// numberWords is how many different numbers a dictionary takes. More are better told by their differences.
	numberWords = 2048
	// boundBytes is the longest string that goes into the statistics of a chunk; readers want them to skip chunks by.
	boundBytes = 256
	// compressShare: a column that compresses to more than this share of its size is stored as it is, if there is
	// enough of it to tell.
	compressShare = 0.95
	compressBytes = 4 << 10
)

// encoder writes column chunks, one after the other. Every buffer is used again by the next.
type encoder struct {
	out   *bufio.Writer
	at    int64 // bytes written so far
	fault error // the first write that went wrong
	codec *zstd.Codec

	present    []int32 // rows of the page that are not null
	bitmap     []byte  // definition levels of the page
	codes      []int32
	i32        []int32
	i64        []int64
	bytes      []byte
	page       []byte // the page in hand, before compression
	packed     []byte // and after it
	dict       []byte // the dictionary page of the chunk in hand
	packedDict []byte
	local      []int32 // of a word of the batch: its code in the chunk + 1
	words      []int32 // the reverse
	numbers    numberSet
}

func newEncoder(codec *zstd.Codec) *encoder {
	return &encoder{codec: codec, out: bufio.NewWriterSize(nil, 256<<10)}
}

func (e *encoder) begin(out io.Writer) {
	e.out.Reset(out)
	e.at, e.fault = 0, nil
}

func (e *encoder) write(p []byte) {
	if e.fault == nil {
		_, e.fault = e.out.Write(p)
		e.at += int64(len(p))
	}
}

func (e *encoder) flush() error {
	if e.fault == nil {
		e.fault = e.out.Flush()
	}
	e.out.Reset(nil) // the encoder outlives the file
	return e.fault
}

// chunk is a column chunk that is being written.
type chunk struct {
	meta   format.ColumnMetaData
	extent extent
	column *column
	decl   *Column
	tried  bool // whether to compress has been decided
}

// chunk writes the given rows of a column. before is the chunk of the row group before, nil in the first.
func (e *encoder) chunk(c *column, decl *Column, rows []int32, before *chunk) (*chunk, error) {
	k := &chunk{column: c, decl: decl}
	k.meta.Codec = format.Uncompressed
	if before != nil {
		k.tried, k.meta.Codec = before.tried, before.meta.Codec
	}
	k.meta.NumValues = int64(len(rows))
	k.meta.Encoding = []format.Encoding{format.RLE}
	present := e.notNull(c, rows)
	k.extent.nulls = int64(len(rows) - len(present))
	var err error
	switch {
	case len(present) == 0:
		err = e.data(k, rows, format.Plain, func(page []byte) []byte { return page })
	case decl.Type == String && c.codes != nil:
		err = e.coded(k, rows, present)
	case decl.Type == String || decl.Type == Binary:
		err = e.texts(k, rows, present)
	case decl.Type == Bool:
		err = e.bools(k, rows, present)
	case c.i32 != nil:
		err = e.ints(k, rows, present)
	default:
		err = e.longs(k, rows, present)
	}
	k.meta.Statistics = k.statistics()
	return k, err
}

// notNull returns the rows that are not null.
func (e *encoder) notNull(c *column, rows []int32) []int32 {
	switch {
	case c.nulls == 0:
		return rows
	case c.valid == nil:
		return nil
	}
	if cap(e.present) < len(rows) {
		e.present = make([]int32, RowGroupRows)
	}
	present, n := e.present[:len(rows)], 0
	valid, at := c.valid, c.validAt
	for _, r := range rows {
		i := at + int(r)
		present[n] = r
		n += int(valid[i>>3] >> (i & 7) & 1) // no branch: nulls come as they please
	}
	return present[:n]
}

// levels appends the definition levels of rows: 1 is there, 0 is null. A required column has none.
func (e *encoder) levels(dst []byte, k *chunk, rows []int32) []byte {
	if k.decl.Required {
		return dst
	}
	start := len(dst)
	dst = append(dst, 0, 0, 0, 0) // how long they are
	c := k.column
	switch {
	case c.nulls == 0:
		dst = appendRun(dst, len(rows), 1)
	case c.valid == nil:
		dst = appendRun(dst, len(rows), 0)
	default:
		dst = appendBits(dst, e.bitsOf(c.valid, c.validAt, rows), len(rows))
	}
	binary.LittleEndian.PutUint32(dst[start:], uint32(len(dst)-start-4))
	return dst
}

// bitsOf gathers bits by row.
func (e *encoder) bitsOf(from []byte, at int, rows []int32) []byte {
	e.bitmap = e.bitmap[:0]
	for len(rows) >= 8 {
		var b byte
		for k, r := range rows[:8] {
			i := at + int(r)
			b |= (from[i>>3] >> (i & 7) & 1) << k
		}
		e.bitmap = append(e.bitmap, b)
		rows = rows[8:]
	}
	if len(rows) > 0 {
		var b byte
		for k, r := range rows {
			i := at + int(r)
			b |= (from[i>>3] >> (i & 7) & 1) << k
		}
		e.bitmap = append(e.bitmap, b)
	}
	return e.bitmap
}

func appendRun(dst []byte, n int, bit byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(n)<<1), bit)
}

// appendBits writes n bits as runs of equal ones and stretches of mixed ones.
func appendBits(dst, b []byte, n int) []byte {
	const worth = 4 // bytes alike; a shorter run costs more than it saves
	alike := func(i int) int {
		j := i
		if b[i] == 0 || b[i] == 0xff {
			for j < n/8 && b[j] == b[i] {
				j++
			}
		}
		return j - i
	}
	for i := 0; i < len(b); {
		if run := alike(i); run >= worth {
			dst = appendRun(dst, 8*run, b[i]&1)
			i += run
			continue
		}
		j := i
		for j < len(b) {
			run := alike(j)
			if run >= worth {
				break
			}
			j += max(1, run)
		}
		dst = binary.AppendUvarint(dst, uint64(j-i)<<1|1)
		dst = append(dst, b[i:j]...)
		i = j
	}
	return dst
}

// data writes one data page.
func (e *encoder) data(k *chunk, rows []int32, encoding format.Encoding, values func(page []byte) []byte) error {
	e.page = values(e.levels(e.page[:0], k, rows))
	h := dataPage(len(rows), encoding)
	return e.put(k, &h, encoding, e.page)
}

func dataPage(rows int, encoding format.Encoding) format.PageHeader {
	h := format.PageHeader{Type: format.DataPage}
	h.DataPageHeader.Set(format.DataPageHeader{
		NumValues: int32(rows), Encoding: encoding,
		DefinitionLevelEncoding: format.RLE, RepetitionLevelEncoding: format.RLE,
	})
	return h
}

// put writes a page with its header.
func (e *encoder) put(k *chunk, h *format.PageHeader, encoding format.Encoding, raw []byte) error {
	page := raw
	if !k.tried || k.meta.Codec == format.Zstd {
		packed, err := e.codec.Encode(e.packed, raw)
		if err != nil {
			return err
		}
		e.packed = packed[:0]
		if k.decide(len(raw), len(packed)) {
			page = packed
		}
	}
	return e.emit(k, h, encoding, raw, page)
}

// decide says whether a column is compressed. The first pages of a file decide for all others of the column: Parquet
// names a codec for each chunk, but parquet-go takes that of the first for the whole column.
func (k *chunk) decide(raw, packed int) bool {
	if !k.tried {
		k.tried = true
		if raw < compressBytes || float64(packed) < compressShare*float64(raw) {
			k.meta.Codec = format.Zstd
		}
	}
	return k.meta.Codec == format.Zstd
}

// emit writes a page that is compressed or not, and counts it.
func (e *encoder) emit(k *chunk, h *format.PageHeader, encoding format.Encoding, raw, page []byte) error {
	h.UncompressedPageSize, h.CompressedPageSize = int32(len(raw)), int32(len(page))
	h.CRC = int32(crc32.ChecksumIEEE(page))
	header, err := thrift.Marshal(new(thrift.CompactProtocol), h)
	if err != nil {
		return err
	}
	m := &k.meta
	switch {
	case h.Type == format.DictionaryPage:
		m.DictionaryPageOffset = e.at
	case m.DataPageOffset == 0:
		m.DataPageOffset = e.at
	}
	if !slices.Contains(m.Encoding, encoding) {
		m.Encoding = append(m.Encoding, encoding)
	}
	if n := len(m.EncodingStats); n > 0 && m.EncodingStats[n-1].PageType == h.Type {
		m.EncodingStats[n-1].Count++
	} else {
		m.EncodingStats = append(m.EncodingStats, format.PageEncodingStats{PageType: h.Type, Encoding: encoding, Count: 1})
	}
	m.TotalUncompressedSize += int64(len(header) + len(raw))
	m.TotalCompressedSize += int64(len(header) + len(page))
	e.write(header)
	e.write(page)
	return e.fault
}

// indices appends codes below words.
func (e *encoder) indices(page []byte, codes []int32, words int) ([]byte, error) {
	width := max(1, bits.Len(uint(words-1)))
	enc := rle.Encoding{BitWidth: width}
	var err error
	e.bytes, err = enc.EncodeInt32(e.bytes, codes)
	return append(append(page, byte(width)), e.bytes...), err
}

// withDictionary writes e.dict, a dictionary page of that many words, and one page of codes.
func (e *encoder) withDictionary(k *chunk, rows []int32, words int, codes []int32) error {
	page, err := e.indices(e.levels(e.page[:0], k, rows), codes, words)
	if err != nil {
		return err
	}
	e.page = page
	dict := e.dict
	packed, err := e.codec.Encode(e.packed, page)
	if err != nil {
		return err
	}
	e.packed = packed[:0]
	packedDict, err := e.codec.Encode(e.packedDict, dict)
	if err != nil {
		return err
	}
	e.packedDict = packedDict[:0]
	if !k.decide(len(page)+len(dict), len(packed)+len(packedDict)) {
		packed, packedDict = page, dict
	}
	h := format.PageHeader{Type: format.DictionaryPage}
	h.DictionaryPageHeader.Set(format.DictionaryPageHeader{NumValues: int32(words), Encoding: format.Plain})
	if err := e.emit(k, &h, format.Plain, dict, packedDict); err != nil {
		return err
	}
	h = dataPage(len(rows), format.RLEDictionary)
	return e.emit(k, &h, format.RLEDictionary, page, packed)
}

// coded writes a column that came with codes. Those of the batch are told anew in the chunk, which uses only some.
func (e *encoder) coded(k *chunk, rows, present []int32) error {
	c := k.column
	if len(e.local) < c.text.len() {
		e.local = make([]int32, c.text.len()+c.text.len()/4)
	}
	e.words = e.words[:0]
	if cap(e.codes) < len(present) {
		e.codes = make([]int32, RowGroupRows)
	}
	codes := e.codes[:len(present)]
	for i, r := range present {
		word := c.codes[r]
		n := e.local[word]
		if n == 0 {
			e.words = append(e.words, word)
			n = int32(len(e.words))
			e.local[word] = n
		}
		codes[i] = n - 1
	}
	size := 0
	for _, w := range e.words {
		e.local[w] = 0
		size += 4 + len(c.text.at(w))
		k.extent.addWord(c.text.at(w))
	}
	width := bits.Len(uint(len(e.words) - 1))
	if size > dictionaryBytes || len(e.words) > 64 && float64(size+len(codes)*width/8) > dictionaryShare*float64(size)*float64(len(codes))/float64(len(e.words)) {
		return e.texts(k, rows, present)
	}
	e.dict = e.dict[:0]
	for _, w := range e.words {
		e.dict = appendText(e.dict, c.text.at(w))
	}
	return e.withDictionary(k, rows, len(e.words), codes)
}

// texts writes strings as they are, in pages of bounded size.
func (e *encoder) texts(k *chunk, rows, present []int32) error {
	c := k.column
	seen := k.extent.any // coded has looked at every word
	for len(rows) > 0 {
		page, n, size := 0, 0, 0
		for page < len(rows) && size < pageBytes {
			if r := rows[page]; n < len(present) && present[n] == r {
				s := c.word(r)
				if !seen {
					k.extent.addWord(s)
				}
				size += 4 + len(s)
				n++
			}
			page++
		}
		if err := e.textPage(k, rows[:page], present[:n]); err != nil {
			return err
		}
		rows, present = rows[page:], present[n:]
	}
	return nil
}

func (e *encoder) textPage(k *chunk, rows, present []int32) error {
	c := k.column
	return e.data(k, rows, format.Plain, func(page []byte) []byte {
		for _, r := range present {
			page = appendText(page, c.word(r))
		}
		return page
	})
}

func appendText(dst, s []byte) []byte {
	return append(binary.LittleEndian.AppendUint32(dst, uint32(len(s))), s...)
}

func (e *encoder) bools(k *chunk, rows, present []int32) error {
	packed := e.bitsOf(k.column.bits, k.column.bitsAt, present)
	ones := 0
	for _, b := range packed {
		ones += bits.OnesCount8(b)
	}
	k.extent.addNumber(int64(b2i(ones == len(present))))
	k.extent.addNumber(int64(b2i(ones > 0)))
	values := append(e.bytes[:0], packed...) // levels uses the same buffer
	e.bytes = values
	return e.data(k, rows, format.Plain, func(page []byte) []byte { return append(page, values...) })
}

// ints writes Int32 and Date: few different ones with a dictionary, others as they are.
func (e *encoder) ints(k *chunk, rows, present []int32) error {
	e.i32 = e.i32[:0]
	lo, hi := k.column.i32[present[0]], k.column.i32[present[0]]
	for _, r := range present {
		v := k.column.i32[r]
		lo, hi = min(lo, v), max(hi, v)
		e.i32 = append(e.i32, v)
	}
	k.extent.addNumber(int64(lo))
	k.extent.addNumber(int64(hi))
	if codes, ok := codesOf(e, e.i32); ok {
		e.dict = e.dict[:0]
		for _, v := range e.numbers.words {
			e.dict = binary.LittleEndian.AppendUint32(e.dict, uint32(v))
		}
		return e.withDictionary(k, rows, len(e.numbers.words), codes)
	}
	return e.data(k, rows, format.Plain, func(page []byte) []byte {
		for _, v := range e.i32 {
			page = binary.LittleEndian.AppendUint32(page, uint32(v))
		}
		return page
	})
}

// longs writes Int64, Timestamp and Decimal: few different ones with a dictionary, others by their differences.
func (e *encoder) longs(k *chunk, rows, present []int32) error {
	e.i64 = e.i64[:0]
	lo, hi := k.column.i64[present[0]], k.column.i64[present[0]]
	for _, r := range present {
		v := k.column.i64[r]
		lo, hi = min(lo, v), max(hi, v)
		e.i64 = append(e.i64, v)
	}
	k.extent.addNumber(lo)
	k.extent.addNumber(hi)
	if codes, ok := codesOf(e, e.i64); ok {
		e.dict = e.dict[:0]
		for _, v := range e.numbers.words {
			e.dict = binary.LittleEndian.AppendUint64(e.dict, uint64(v))
		}
		return e.withDictionary(k, rows, len(e.numbers.words), codes)
	}
	if k.decl.Type == Decimal { // readers take differences for plain integers only
		return e.data(k, rows, format.Plain, func(page []byte) []byte {
			for _, v := range e.i64 {
				page = binary.LittleEndian.AppendUint64(page, uint64(v))
			}
			return page
		})
	}
	var enc delta.BinaryPackedEncoding
	values, err := enc.EncodeInt64(e.bytes, e.i64)
	if err != nil {
		return err
	}
	e.bytes = values
	return e.data(k, rows, format.DeltaBinaryPacked, func(page []byte) []byte { return append(page, values...) })
}

// numberSet gives different numbers codes, up to numberWords of them.
type numberSet struct {
	words []int64
	slots []int16 // code + 1, by hash; 0 is empty
}

// codesOf returns the codes of numbers, unless too many differ.
func codesOf[T int32 | int64](e *encoder, values []T) (codes []int32, ok bool) {
	const slots = 4 * numberWords
	s := &e.numbers
	if s.slots == nil {
		s.slots = make([]int16, slots)
	} else if len(s.words) > 0 {
		clear(s.slots)
	}
	s.words = s.words[:0]
	if cap(e.codes) < len(values) {
		e.codes = make([]int32, RowGroupRows)
	}
	codes = e.codes[:len(values)]
	last, lastCode := T(0), int32(-1)
	for i, v := range values {
		if v == last && lastCode >= 0 {
			codes[i] = lastCode
			continue
		}
		at := uint64(v) * 0x9e3779b97f4a7c15 >> 51 % slots
		for s.slots[at] != 0 && s.words[s.slots[at]-1] != int64(v) {
			at = (at + 1) % slots
		}
		if s.slots[at] == 0 {
			// A dictionary pays if each number comes twice at the least; that shows early.
			if n := len(s.words); n == numberWords || n > 64 && 2*n > i {
				return nil, false
			}
			s.words = append(s.words, int64(v))
			s.slots[at] = int16(len(s.words))
		}
		last, lastCode = v, int32(s.slots[at]-1)
		codes[i] = lastCode
	}
	return codes, true
}
