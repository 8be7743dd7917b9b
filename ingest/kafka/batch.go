package kafka

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"

	"github.com/dutyflow/dutyflow/ingest"
)

// Where the fields of a record batch lie.
const (
	atLength     = 8 // of what follows it
	atMagic      = 16
	atChecksum   = 17
	atAttributes = 21 // the checksum covers everything from here on
	atLastDelta  = 23
	atFirstTime  = 27
	atMaxTime    = 35
	atProducer   = 43
	atCount      = 57
	atRecords    = 61

	lengthEnd = 12 // where the bytes that the length counts begin
)

// The bits of a batch's attributes.
const (
	codecMask     = 7
	appendTime    = 1 << 3 // the broker's time counts, not the producer's
	transactional = 1 << 4
	control       = 1 << 5
)

// abortMarker is the type of a control record that ends a transaction in vain. The type 1 commits; others belong to
// the brokers among themselves.
const abortMarker = 0

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errDamaged marks a batch that cannot be read, errTooLarge one that must not be.
var (
	errDamaged  = errors.New("damaged batch")
	errTooLarge = errors.New("more than kafka.batch_max_bytes")
)

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %w", errDamaged, fmt.Errorf(format, args...))
}

func tooLarge(what error) error { return fmt.Errorf("%w: %w", errTooLarge, what) }

// read takes batches off the front of an answer until there are no more, or until the records take about limit bytes.
// It returns the offset at which to go on, which is beyond everything that the batches cover, records or not. Records
// below offset are left out: the broker answers with whole batches. An error is about the batch at the offset
// returned; the records before it are good.
func (b *buffer) read(u *unpacker, a *answer, offset int64, limit int) (next int64, err error) {
	next = offset
	for len(a.batches) > 0 && b.bytes() < limit {
		if len(a.batches) <= atMagic {
			a.batches = nil // cut off by the size of the fetch
			break
		}
		base := int64(binary.BigEndian.Uint64(a.batches))
		length := int(int32(binary.BigEndian.Uint32(a.batches[atLength:])))
		switch {
		case length < atMagic+1-lengthEnd:
			return next, damaged("batch at %d says that it has %d bytes", base, length)
		case length > u.limit:
			return next, tooLarge(fmt.Errorf("batch at %d has %d bytes", base, length))
		}
		if len(a.batches) < lengthEnd+length || base >= a.end {
			a.batches = nil // cut off; or not stable yet, which a broker would not hand out
			break
		}
		raw := a.batches[:lengthEnd+length]
		var last int64
		if magic := raw[atMagic]; magic == 2 {
			last, err = b.batch(u, a, raw, base, next)
		} else {
			last, err = b.oldMessage(u, a, raw, base, next)
		}
		if err != nil {
			return next, fmt.Errorf("batch at %d: %w", base, err)
		}
		next = max(next, last+1)
		a.batches = a.batches[len(raw):]
	}
	return next, nil
}

// batch reads a record batch and returns the last offset that it covers. Compaction leaves that as it was when it takes
// records away.
func (b *buffer) batch(u *unpacker, a *answer, raw []byte, base, offset int64) (last int64, err error) {
	be := binary.BigEndian
	if len(raw) < atRecords {
		return 0, damaged("%d bytes are too few", len(raw))
	}
	if want, got := be.Uint32(raw[atChecksum:]), crc32.Checksum(raw[atAttributes:], castagnoli); want != got {
		return 0, damaged("its checksum is %08x, and it says %08x", got, want)
	}
	attributes := be.Uint16(raw[atAttributes:])
	delta := int32(be.Uint32(raw[atLastDelta:]))
	if delta < 0 {
		return 0, damaged("it ends %d before its begin", -int64(delta))
	}
	last = base + int64(delta)
	producer := int64(be.Uint64(raw[atProducer:]))
	body, count := raw[atRecords:], int(int32(be.Uint32(raw[atCount:])))
	switch {
	case attributes&control != 0:
		if kind, ok := markerType(body, count); ok && kind == abortMarker {
			a.ends(producer, last)
		}
		return last, nil
	case last < offset, count == 0:
		return last, nil
	case attributes&transactional != 0 && a.drops(producer, last):
		return last, nil
	}
	if err := fits(count, u.limit); err != nil {
		return 0, err
	}
	if codec := int(attributes & codecMask); codec == plainCodec {
		b.hold(a)
	} else if body, err = b.unpack(u, codec, body); err != nil {
		return 0, err
	}
	first, fixed := int64(be.Uint64(raw[atFirstTime:])), int64(-1)
	if attributes&appendTime != 0 {
		fixed = int64(be.Uint64(raw[atMaxTime:]))
	}
	have := len(b.records)
	if err := b.parse(body, count, base, last, offset, first, fixed); err != nil {
		b.cut(have)
		return 0, damaged("%w", err)
	}
	return last, nil
}

// fits says whether so many records may be held at once. A record takes memory even where it has next to no bytes, and
// those pack well.
func fits(count, limit int) error {
	if count > limit/recordBytes {
		return tooLarge(fmt.Errorf("%d records take %d bytes each", count, recordBytes))
	}
	return nil
}

// parse appends the records of an unpacked batch, which may cover the offsets from base to last. Their keys and values
// point into body.
func (b *buffer) parse(body []byte, count int, base, last, offset, firstTime, fixedTime int64) error {
	const smallest = 7 // length, attributes, time, offset, key, value, headers, a byte each
	if count < 0 || count > len(body)/smallest {
		return fmt.Errorf("%d records do not fit its %d bytes", count, len(body))
	}
	b.records = slices.Grow(b.records, count)
	s := scanner{rest: body}
	before := int64(-1) // where the record before lies, from base on
	for i := range count {
		record := scanner{rest: s.bytes(s.varint())}
		if s.bad {
			return fmt.Errorf("record %d of %d: %w", i, count, io.ErrUnexpectedEOF)
		}
		record.skip(1) // attributes: none are defined
		ts := firstTime + record.varint()
		delta := record.varint()
		key, value := record.nullable(), record.nullable()
		pos := record.headers()
		if record.bad {
			return fmt.Errorf("record %d of %d: its fields do not fit its length", i, count)
		}
		if delta <= before || delta > last-base {
			return fmt.Errorf("record %d of %d: it lies %d behind the begin, the one before it %d and the end %d", i, count, delta, before, last-base)
		}
		before = delta
		at := base + delta
		if at < offset {
			continue
		}
		if fixedTime >= 0 {
			ts = fixedTime
		}
		b.records = append(b.records, ingest.Record{Offset: at, Timestamp: ts, Key: key, Value: value, SourcePos: pos})
	}
	return nil
}

// markerType reads the type of a control batch's record; there is none when compaction emptied the batch.
func markerType(body []byte, count int) (kind int16, ok bool) {
	if count < 1 {
		return 0, false
	}
	s := scanner{rest: body}
	s.varint() // length
	s.skip(1)
	s.varint() // time
	s.varint() // offset
	key := s.nullable()
	if s.bad || len(key) < 4 {
		return 0, false
	}
	return int16(binary.BigEndian.Uint16(key[2:])), true
}

// scanner reads the fields of records. Once something does not fit, bad stays set and everything is empty.
type scanner struct {
	rest []byte
	bad  bool
}

func (s *scanner) varint() int64 {
	v, n := binary.Varint(s.rest)
	if n <= 0 {
		s.bad, s.rest = true, nil
		return 0
	}
	s.rest = s.rest[n:]
	return v
}

func (s *scanner) bytes(n int64) []byte {
	if n < 0 || n > int64(len(s.rest)) {
		s.bad, s.rest = true, nil
		return nil
	}
	out := s.rest[:n:n]
	s.rest = s.rest[n:]
	return out
}

func (s *scanner) skip(n int64) { s.bytes(n) }

// nullable reads bytes with their length before them; -1 is nil.
func (s *scanner) nullable() []byte {
	n := s.varint()
	if n == -1 {
		return nil
	}
	return s.bytes(n)
}

// headers returns the position that a header gives, or -1.
func (s *scanner) headers() int64 {
	pos := int64(-1)
	for range s.varint() {
		key, value := s.bytes(s.varint()), s.nullable()
		if s.bad {
			break
		}
		if string(key) == posHeader {
			pos = position(value)
		}
	}
	return pos
}
