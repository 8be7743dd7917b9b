// Package words gives distinct byte strings small numbers: the dictionary of a column.
//
// A Set hands out the same code for the same bytes and counts codes up from 0 in order of first appearance. Both the
// loader, which codes strings while it decodes them, and the lake, which codes those that come plain, use it.
//
// What Arrow returns stays as it is while the set grows, so a batch may be written while the next one fills. A Set is
// not safe for concurrent use.
package words

import (
	"encoding/binary"
	"hash/maphash"
	"math"
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Type is the Arrow type of a column whose words lie in a Set.
var Type = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}

// Most bytes of words that a set takes: offsets are 32 bits wide.
const maxBytes = math.MaxInt32

const smallest = 64 // slots; a power of two

// Set is a set of words. The zero value is empty and ready.
type Set struct {
	offsets []int32 // word i is data[offsets[i]:offsets[i+1]]
	data    []byte
	slots   []uint64 // upper half: of the hash; lower half: code+1, 0 when empty
	last    int32    // the code that was handed out last: neighbours are often alike
}

// Every set of the process hashes alike. Codes follow from the order of the words alone, and no sender can guess the
// seed and make words collide.
var seed = maphash.MakeSeed()

// Len is the number of words.
func (s *Set) Len() int { return max(0, len(s.offsets)-1) }

// Bytes is what the set holds in memory.
func (s *Set) Bytes() int64 {
	return int64(cap(s.data)) + 4*int64(cap(s.offsets)) + 8*int64(cap(s.slots))
}

// Word returns the word of a code. It must not be changed.
func (s *Set) Word(code int32) []byte {
	from, to := s.offsets[code], s.offsets[code+1]
	return s.data[from:to:to]
}

// Code returns the code of a word, which it copies if it is new. It returns -1 when there is no room: the words of a set
// are less than 2 GiB together.
func (s *Set) Code(word []byte) int32 {
	if len(s.slots) == 0 {
		s.slots = make([]uint64, smallest)
		s.offsets = append(s.offsets[:0], 0)
	} else if int(s.last)+1 < len(s.offsets) && string(s.Word(s.last)) == string(word) {
		return s.last
	}
	h := hash(word)
	tag, mask := h&^math.MaxUint32, uint64(len(s.slots)-1)
	for at := h & mask; ; at = (at + 1) & mask {
		slot := s.slots[at]
		if slot == 0 {
			return s.add(word, tag, at)
		}
		if slot&^math.MaxUint32 == tag {
			if code := int32(uint32(slot)) - 1; string(s.Word(code)) == string(word) {
				s.last = code
				return code
			}
		}
	}
}

// hash mixes the ends of a short word, which is what most are; a longer one goes to maphash.
func hash(word []byte) uint64 {
	n := len(word)
	if n > 16 || n < 8 {
		if n > 16 {
			return maphash.Bytes(seed, word)
		}
		var short uint64
		if n >= 4 {
			short = uint64(binary.LittleEndian.Uint32(word))<<32 | uint64(binary.LittleEndian.Uint32(word[n-4:]))
		} else if n > 0 {
			short = uint64(word[0])<<16 | uint64(word[n/2])<<8 | uint64(word[n-1])
		}
		return mix(short, uint64(n))
	}
	return mix(binary.LittleEndian.Uint64(word), binary.LittleEndian.Uint64(word[n-8:])+uint64(n))
}

// Secrets of mix, drawn once like the seed.
var secret0, secret1 = maphash.Bytes(seed, []byte{0}) | 1, maphash.Bytes(seed, []byte{1}) | 1

func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^secret0, b^secret1)
	h := hi ^ lo
	return h ^ h>>29 // the low bits choose the slot, the high ones the tag
}

func (s *Set) add(word []byte, tag, at uint64) int32 {
	if len(s.data)+len(word) > maxBytes {
		return -1
	}
	code := int32(len(s.offsets) - 1)
	s.data = append(s.data, word...)
	s.offsets = append(s.offsets, int32(len(s.data)))
	s.slots[at] = tag | uint64(code+1)
	s.last = code
	if 2*len(s.offsets) > len(s.slots) {
		s.grow()
	}
	return code
}

func (s *Set) grow() {
	s.slots = make([]uint64, 2*len(s.slots))
	s.rehash()
}

func (s *Set) rehash() {
	mask := uint64(len(s.slots) - 1)
	for code := range int32(s.Len()) {
		h := hash(s.Word(code))
		at := h & mask
		for s.slots[at] != 0 {
			at = (at + 1) & mask
		}
		s.slots[at] = h&^math.MaxUint32 | uint64(code+1)
	}
}

// Forget empties the set. What Arrow returned stays valid.
func (s *Set) Forget() {
	if s.Len() == 0 {
		return
	}
	clear(s.slots)
	s.offsets = append(make([]int32, 0, len(s.offsets)), 0) // the old ones may be looked at
	s.data = make([]byte, 0, len(s.data))
	s.last = 0
}

// Arrow returns the words as an array, which shares their memory and which the caller releases.
func (s *Set) Arrow() *array.String {
	n := s.Len()
	offsets, data := []int32{0}, s.data[:len(s.data):len(s.data)]
	if n > 0 {
		offsets = s.offsets[: n+1 : n+1]
	}
	d := array.NewData(arrow.BinaryTypes.String, n, []*memory.Buffer{
		nil, memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(offsets)), memory.NewBufferBytes(data),
	}, nil, 0, 0)
	defer d.Release()
	return array.NewStringData(d)
}
