package kafka

import (
	"encoding/binary"
	"hash/crc32"
	"testing"
)

// Whatever bytes a broker sends, reading them ends, never panics, keeps to the limit, and hands out records in
// order, none below the offset asked for or behind the offset at which to go on. The checksums are made right, so that what lies behind them
// is reached.
func FuzzRead(f *testing.F) {
	record := []byte{20, 0, 0, 0, 2, 'k', 6, 'v', 'v', 'v', 0}
	batch := make([]byte, atRecords, atRecords+len(record))
	batch[atMagic] = 2
	batch[atCount+3] = 1
	batch = append(batch, record...)
	f.Add(batch, int64(0))
	for codec := range byte(8) {
		packed := append([]byte(nil), batch...)
		packed[atAttributes+1] = codec
		f.Add(packed, int64(0))
	}
	const limit = 1 << 20
	u, err := newUnpacker(limit)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw []byte, offset int64) {
		if len(raw) > atChecksum+4 {
			binary.BigEndian.PutUint32(raw[atLength:], uint32(len(raw)-lengthEnd))
			if raw[atMagic] == 2 {
				binary.BigEndian.PutUint32(raw[atChecksum:], crc32.Checksum(raw[atChecksum+4:], castagnoli))
			} else {
				binary.BigEndian.PutUint32(raw[oldChecksum:], crc32.ChecksumIEEE(raw[atMagic:]))
			}
		}
		a := &answer{batches: raw, end: 1 << 62}
		b := new(buffer)
		next, err := b.read(u, a, offset, limit)
		before, bytes := offset-1, 0
		for _, r := range b.records {
			if r.Offset <= before || r.Offset >= next {
				t.Fatalf("record %d behind %d for a read of [%d, %d): %v", r.Offset, before, offset, next, err)
			}
			before = r.Offset
			bytes += len(r.Key) + len(r.Value)
		}
		if len(raw) <= limit && max(bytes, len(b.records)*recordBytes) > limit {
			t.Fatalf("a batch was unpacked to %d records of %d bytes", len(b.records), bytes)
		}
	})
}
