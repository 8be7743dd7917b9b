package kafka

import (
	"strconv"
	"sync"

	"github.com/dutyflow/dutyflow/ingest"
)

// posHeader carries a message's position in the file that it was loaded from. Package broker writes it.
const posHeader = "pos"

// recordBytes is the size of an ingest.Record.
const recordBytes = 72

// keepBytes is the largest piece of memory that is kept for reuse. What an outsize batch took goes back to the system.
const keepBytes = 16 << 20

// buffer holds the records of one chunk and the memory that they point into: unpacked batches, and the answer itself
// where batches came uncompressed. Nothing is copied out of either.
type buffer struct {
	records  []ingest.Record
	body     []byte   // of the answer, nil unless records point into it
	unpacked [][]byte // by batch; the memory is reused
	used     int      // of unpacked
	total    int      // bytes of both
}

var buffers = sync.Pool{New: func() any { return new(buffer) }}

func takeBuffer() *buffer { return buffers.Get().(*buffer) }

// release makes the memory available to the next chunk.
func (b *buffer) release() {
	clear(b.records) // no pointer may keep memory alive or be read by mistake
	b.records = b.records[:0]
	if b.body != nil {
		putBody(b.body)
		b.body = nil
	}
	for i := range b.unpacked {
		if cap(b.unpacked[i]) > keepBytes {
			b.unpacked[i] = nil
		}
	}
	b.used, b.total = 0, 0
	buffers.Put(b)
}

// bytes is the memory of the records.
func (b *buffer) bytes() int { return b.total + len(b.records)*recordBytes }

// slot is the memory for the next batch to unpack.
func (b *buffer) slot() []byte {
	if b.used == len(b.unpacked) {
		b.unpacked = append(b.unpacked, nil)
	}
	return b.unpacked[b.used][:0]
}

// fill takes what was unpacked into the slot.
func (b *buffer) fill(unpacked []byte) {
	b.unpacked[b.used] = unpacked
	b.used++
	b.total += len(unpacked)
}

// hold takes over the body of an answer, because records point into it.
func (b *buffer) hold(a *answer) {
	if a.body != nil {
		b.body, a.body = a.body, nil
		b.total += len(b.body)
	}
}

// position reads the value of a position header.
func position(value []byte) int64 {
	if pos, err := strconv.ParseInt(string(value), 10, 64); err == nil && pos >= 0 {
		return pos
	}
	return -1
}
