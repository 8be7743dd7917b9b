package kafka

import (
	"errors"
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
//
// What is kept from chunk to chunk is one block and one slice of records, of at most keepBytes each. Batches are unpacked
// one behind the other into the block; one that does not fit gets memory of its own, for this chunk only, and the next
// block is so large that it would have fit.
type buffer struct {
	records []ingest.Record
	body    []byte // of the answer, nil unless records point into it
	block   []byte // what is unpacked is its length

	unpacked int // bytes wanted of the block
	total    int // bytes of body, of what is used of the block, and of memory beside it
	kept     int // capacity of records when the chunk began
	want     int // capacity that the next block is to have
}

var buffers = sync.Pool{New: func() any { return new(buffer) }}

func takeBuffer() *buffer { return buffers.Get().(*buffer) }

// release makes the memory available to the next chunk.
func (b *buffer) release() {
	b.reset()
	buffers.Put(b)
}

func (b *buffer) reset() {
	b.cut(0)
	if cap(b.records) > keepBytes/recordBytes {
		b.records = nil
	}
	b.kept = cap(b.records)
	if b.body != nil {
		putBody(b.body)
		b.body = nil
	}
	b.block = b.block[:0]
	if b.unpacked > cap(b.block) && cap(b.block) < keepBytes {
		b.want = min(b.unpacked+b.unpacked/4, keepBytes) // a quarter more: chunks differ
	}
	b.unpacked, b.total = 0, 0
}

// bytes is the memory of the records. What was kept counts as far as it is used, what is new as a whole.
func (b *buffer) bytes() int {
	records := len(b.records)
	if cap(b.records) > b.kept {
		records = cap(b.records)
	}
	return b.total + records*recordBytes
}

// unpack decompresses a batch into memory that lasts as long as the chunk.
func (b *buffer) unpack(u *unpacker, codec int, packed []byte) ([]byte, error) {
	have := len(b.block)
	if have == 0 && cap(b.block) < b.want {
		b.block = make([]byte, 0, b.want)
	}
	room := b.block[have:have:cap(b.block)]
	if cap(room) < len(packed) {
		room = nil // it would only be filled in vain
	}
	out, err := u.unpack(codec, room, packed)
	switch {
	case errors.Is(err, errTooLarge):
		return nil, err
	case err != nil:
		return nil, damaged("%w", err)
	}
	b.unpacked += len(out)
	if cap(out) > 0 && cap(room) > 0 && &out[:1][0] == &room[:1][0] {
		b.block = b.block[:have+len(out)]
		b.total += len(out)
		return out[:len(out):len(out)], nil
	}
	b.total += cap(out)
	return out, nil
}

// cut drops the records from n on, and their pointers, which would keep memory alive.
func (b *buffer) cut(n int) {
	clear(b.records[n:])
	b.records = b.records[:n]
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
