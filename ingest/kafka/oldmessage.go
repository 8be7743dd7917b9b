package kafka

import (
	"encoding/binary"
	"hash/crc32"

	"github.com/dutyflow/dutyflow/ingest"
)

// Messages of before Kafka 0.11 lie one by one in the log, compressed ones wrapped in one that has the offset of the
// last. Topics that were filled in their time still hold them.
//
//	offset 8, length 4, checksum 4, magic 1, attributes 1, time 8 (magic 1 only), key, value
const (
	oldChecksum   = 12
	oldAttributes = 17
	oldFields     = 18
)

// oldMessage reads a message and what it wraps, and returns its offset, which is the last.
func (b *buffer) oldMessage(u *unpacker, a *answer, raw []byte, base, offset int64) (last int64, err error) {
	m, err := parseOld(raw)
	if err != nil {
		return 0, err
	}
	if base < offset {
		return base, nil
	}
	if m.codec == plainCodec {
		b.hold(a)
		b.records = append(b.records, ingest.Record{Offset: base, Timestamp: m.time, Key: m.key, Value: m.value, SourcePos: -1})
		return base, nil
	}
	inner, err := b.unpack(u, m.codec, m.value)
	if err != nil {
		return 0, err
	}
	have := len(b.records)
	if err := b.wrapped(u, m, inner, base, offset); err != nil {
		b.cut(have)
		return 0, err
	}
	return base, nil
}

// wrapped appends what the wrapper m at base holds. After an error there may be records that are not to be used.
func (b *buffer) wrapped(u *unpacker, m oldMessage, inner []byte, base, offset int64) error {
	have, before := len(b.records), int64(-1)
	for len(inner) > 0 {
		if len(inner) < lengthEnd {
			return damaged("a wrapped message is cut off")
		}
		n := lengthEnd + int(int32(binary.BigEndian.Uint32(inner[atLength:])))
		if n < lengthEnd || n > len(inner) {
			return damaged("a wrapped message is cut off")
		}
		w, err := parseOld(inner[:n])
		if err != nil {
			return err
		}
		at := int64(binary.BigEndian.Uint64(inner))
		switch {
		case w.codec != plainCodec:
			return damaged("a wrapped message is compressed once more")
		case at <= before, m.magic == 0 && at > base:
			return damaged("a wrapped message is number %d behind number %d", at, before)
		}
		before = at
		if err := fits(len(b.records)-have+1, u.limit); err != nil {
			return err
		}
		if m.appended {
			w.time = m.time
		}
		b.records = append(b.records, ingest.Record{Offset: at, Timestamp: w.time, Key: w.key, Value: w.value, SourcePos: -1})
		inner = inner[n:]
	}
	// Magic 1 numbers what it wraps from 0, so that brokers need not pack anew; the wrapper has the last one's offset.
	shift := int64(0)
	if m.magic == 1 {
		if before > base {
			return damaged("a wrapped message is number %d, and its wrapper ends at %d", before, base)
		}
		shift = base - before
	}
	keep := have
	for _, r := range b.records[have:] {
		if r.Offset += shift; r.Offset >= offset {
			b.records[keep] = r
			keep++
		}
	}
	b.cut(keep)
	return nil
}

type oldMessage struct {
	magic      byte
	codec      int
	appended   bool // the broker's time counts for everything wrapped
	time       int64
	key, value []byte
}

func parseOld(raw []byte) (m oldMessage, err error) {
	if len(raw) < oldFields {
		return m, damaged("%d bytes are too few", len(raw))
	}
	m.magic = raw[atMagic]
	if m.magic > 1 {
		return m, damaged("its format is %d; this program knows 0 to 2", m.magic)
	}
	if want, got := binary.BigEndian.Uint32(raw[oldChecksum:]), crc32.ChecksumIEEE(raw[atMagic:]); want != got {
		return m, damaged("its checksum is %08x, and it says %08x", got, want)
	}
	m.codec, m.appended = int(raw[oldAttributes]&codecMask), raw[oldAttributes]&appendTime != 0
	s := scanner{rest: raw[oldFields:]}
	m.time = -1
	if m.magic == 1 {
		if ts := s.bytes(8); ts != nil {
			m.time = int64(binary.BigEndian.Uint64(ts))
		}
	}
	m.key, m.value = s.sized(), s.sized()
	if s.bad {
		return m, damaged("its fields do not fit its length")
	}
	return m, nil
}

// sized reads bytes with a length of four bytes before them; -1 is nil.
func (s *scanner) sized() []byte {
	size := s.bytes(4)
	if s.bad {
		return nil
	}
	n := int32(binary.BigEndian.Uint32(size))
	if n == -1 {
		return nil
	}
	return s.bytes(int64(n))
}
