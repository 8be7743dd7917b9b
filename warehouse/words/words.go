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

const (
	smallest  = 64      // slots; a power of two
	keptSlots = 1 << 13 // that an emptied set keeps: 192 KiB
)

// Set is a set of words. The zero value is empty and ready.
type Set struct {
	offsets []int32 // word i is data[offsets[i]:offsets[i+1]]
	data    []byte
	slots   []slot
	last    slot // what was looked up last: neighbours are often alike
}

// slot holds what tells a word from others. Up to 16 bytes that is the word itself, so that most look-ups touch nothing
// but their slot.
type slot struct {
	a, b uint64 // ends of the word; of a longer one its hash and its beginning
	size uint32
	code uint32 // + 1; 0 in an empty slot
}

// Every set of the process hashes alike. Codes follow from the order of the words alone, and no sender can guess the
// seed and make words collide.
var (
	seed             = maphash.MakeSeed()
	secret0, secret1 = maphash.Bytes(seed, []byte{0}) | 1, maphash.Bytes(seed, []byte{1}) | 1
)

// Len is the number of words.
func (s *Set) Len() int { return max(0, len(s.offsets)-1) }

// Bytes is what the set holds in memory.
func (s *Set) Bytes() int64 {
	return int64(cap(s.data)) + 4*int64(cap(s.offsets)) + 24*int64(cap(s.slots))
}

// Word returns the word of a code. It must not be changed.
func (s *Set) Word(code int32) []byte {
	from, to := s.offsets[code], s.offsets[code+1]
	return s.data[from:to:to]
}

// Code returns the code of a word, which it copies if it is new. It returns -1 when there is no room: the words of a set
// are less than 2 GiB together.
func (s *Set) Code(word []byte) int32 {
	k := keyOf(word)
	if s.last.code != 0 && s.is(&s.last, &k, word) {
		return int32(s.last.code) - 1
	}
	if len(s.slots) == 0 {
		s.slots = make([]slot, smallest)
		s.offsets = []int32{0}
	}
	mask := uint64(len(s.slots) - 1)
	for at := k.hash() & mask; ; at = (at + 1) & mask {
		found := &s.slots[at]
		if found.code == 0 {
			return s.add(word, k, at)
		}
		if s.is(found, &k, word) {
			s.last = *found
			return int32(found.code) - 1
		}
	}
}

// is says whether a slot holds a word with the key k.
func (s *Set) is(in, k *slot, word []byte) bool {
	return in.a == k.a && in.b == k.b && in.size == k.size &&
		(k.size <= 16 || string(s.Word(int32(in.code)-1)) == string(word))
}

func keyOf(word []byte) slot {
	n := len(word)
	switch {
	case n > 16:
		return slot{a: maphash.Bytes(seed, word), b: binary.LittleEndian.Uint64(word), size: uint32(n)}
	case n >= 8:
		return slot{a: binary.LittleEndian.Uint64(word), b: binary.LittleEndian.Uint64(word[n-8:]), size: uint32(n)}
	case n >= 4:
		return slot{a: uint64(binary.LittleEndian.Uint32(word)), b: uint64(binary.LittleEndian.Uint32(word[n-4:])), size: uint32(n)}
	case n > 0:
		return slot{a: uint64(word[0])<<16 | uint64(word[n/2])<<8 | uint64(word[n-1]), size: uint32(n)}
	}
	return slot{}
}

func (k *slot) hash() uint64 {
	hi, lo := bits.Mul64(k.a^secret0, k.b^secret1^uint64(k.size)<<32)
	h := hi ^ lo
	return h ^ h>>32
}

func (s *Set) add(word []byte, k slot, at uint64) int32 {
	if len(s.data)+len(word) > maxBytes {
		return -1
	}
	s.data = append(s.data, word...)
	s.offsets = append(s.offsets, int32(len(s.data)))
	k.code = uint32(len(s.offsets) - 1)
	s.slots[at], s.last = k, k
	if 2*len(s.offsets) > len(s.slots) {
		s.grow()
	}
	return int32(k.code) - 1
}

func (s *Set) grow() {
	old := s.slots
	s.slots = make([]slot, 2*len(old))
	mask := uint64(len(s.slots) - 1)
	for i := range old {
		if old[i].code == 0 {
			continue
		}
		at := old[i].hash() & mask
		for s.slots[at].code != 0 {
			at = (at + 1) & mask
		}
		s.slots[at] = old[i]
	}
}

// Forget empties the set, which then holds less than 200 KiB. What Arrow returned stays valid.
func (s *Set) Forget() {
	if s.Len() == 0 {
		return
	}
	if len(s.slots) > keptSlots {
		s.slots = nil
	}
	clear(s.slots)
	s.offsets = []int32{0} // the old ones may be looked at
	s.data = nil
	s.last = slot{}
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
