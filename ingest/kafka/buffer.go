package kafka

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"

	"github.com/dutyflow/dutyflow/ingest"
)

// posHeader carries a message's position in the file that it was loaded from. Package broker writes it.
const posHeader = "pos"

// Marker types of a control record; other types belong to the brokers among themselves.
const (
	abortMarker  = 0
	commitMarker = 1
)

// blockBytes is the size of an arena block: large against a record, small against a fetch.
const blockBytes = 256 << 10

// buffer holds the records of one response: values copied once, out of kafka-go's pages, which go back to its pool.
type buffer struct {
	records []ingest.Record
	blocks  [][]byte
	used    int // blocks in use
	total   int // bytes copied
}

var buffers = sync.Pool{New: func() any { return new(buffer) }}

func takeBuffer() *buffer { return buffers.Get().(*buffer) }

// release makes the memory available to the next response.
func (b *buffer) release() {
	clear(b.records) // no pointer into a block may keep it alive or be read by mistake
	b.records = b.records[:0]
	for i := range b.blocks {
		b.blocks[i] = b.blocks[i][:0]
	}
	b.used, b.total = 0, 0
	buffers.Put(b)
}

// bytes is what the records hold, headers of the slices included.
func (b *buffer) bytes() int { return b.total + len(b.records)*recordBytes }

// recordBytes is the size of an ingest.Record.
const recordBytes = 72

// batch is one record batch of a response.
type batch struct {
	base          int64 // first offset
	next          int64 // the furthest offset that is known to be beyond it, or inside it when its end was emptied
	producer      int64
	transactional bool
	marker        int // abortMarker or commitMarker on a control batch, else -1
	from, to      int // its records in the buffer
}

func anyTransactional(batches []batch) bool {
	for i := range batches {
		if batches[i].transactional {
			return true
		}
	}
	return false
}

// read takes the response apart. Records below offset are left out: the broker answers with whole batches.
func (b *buffer) read(resp *kafkago.FetchResponse, offset int64) ([]batch, error) {
	stream, ok := resp.Records.(*protocol.RecordStream)
	if !ok {
		return nil, nil // no record set at all
	}
	out := make([]batch, 0, len(stream.Records))
	for _, set := range stream.Records {
		bt := batch{marker: -1, from: len(b.records)}
		switch set := set.(type) {
		case *protocol.RecordBatch:
			bt.base, bt.producer, bt.transactional = set.BaseOffset, set.ProducerID, set.Attributes.Transactional()
			bt.next = bt.base + 1 // an emptied batch still covers its first offset
			last, err := b.copy(set.Records, offset)
			if err != nil {
				return nil, err
			}
			bt.next = max(bt.next, last+1)
		case *protocol.ControlBatch:
			bt.base, bt.producer = set.BaseOffset, set.ProducerID
			bt.next = bt.base + 1 // a control batch holds one record
			bt.transactional = true
			marker, err := readMarker(set)
			if err != nil {
				return nil, fmt.Errorf("control batch at %d: %w", bt.base, err)
			}
			bt.marker = marker
		default: // a message set of before Kafka 0.11
			last, err := b.copy(set, offset)
			if err != nil {
				return nil, err
			}
			bt.base, bt.next = last, last+1
		}
		bt.to = len(b.records)
		out = append(out, bt)
	}
	return out, nil
}

// readMarker returns the type of a control batch's record, or -1 when compaction emptied the batch.
func readMarker(set *protocol.ControlBatch) (int, error) {
	rec, err := set.ReadControlRecord()
	if errors.Is(err, io.EOF) {
		return -1, nil
	}
	if err != nil {
		return 0, err
	}
	if rec.Type == abortMarker || rec.Type == commitMarker {
		return int(rec.Type), nil
	}
	return -1, nil
}

// copy reads the records of a set and returns the offset of the last, or -1.
func (b *buffer) copy(set protocol.RecordReader, offset int64) (last int64, err error) {
	last = -1
	for {
		r, err := set.ReadRecord()
		if errors.Is(err, io.EOF) {
			return last, nil
		}
		if err != nil {
			return last, err
		}
		last = r.Offset
		if r.Offset < offset {
			closeBytes(r)
			continue
		}
		rec := ingest.Record{Offset: r.Offset, Timestamp: r.Time.UnixMilli(), SourcePos: position(r.Headers)}
		if rec.Key, err = b.take(r.Key); err == nil {
			rec.Value, err = b.take(r.Value)
		}
		closeBytes(r)
		if err != nil {
			return last, fmt.Errorf("record at %d: %w", r.Offset, err)
		}
		b.records = append(b.records, rec)
	}
}

func closeBytes(r *protocol.Record) {
	// Closing gives pages back to kafka-go's pool; there is nothing behind it that could go wrong.
	if r.Key != nil {
		_ = r.Key.Close()
	}
	if r.Value != nil {
		_ = r.Value.Close()
	}
}

// take copies bytes into the arena. nil stays nil.
func (b *buffer) take(from protocol.Bytes) ([]byte, error) {
	if from == nil {
		return nil, nil
	}
	n := from.Len()
	to := b.alloc(n)
	if _, err := io.ReadFull(from, to); err != nil {
		return nil, err
	}
	b.total += n
	return to, nil
}

// alloc returns n bytes that stay where they are until release.
func (b *buffer) alloc(n int) []byte {
	if n > blockBytes/4 {
		return make([]byte, n) // a large value would waste the rest of a block
	}
	for {
		if b.used == len(b.blocks) {
			b.blocks = append(b.blocks, make([]byte, 0, blockBytes))
		}
		block := b.blocks[b.used]
		if len(block)+n <= cap(block) {
			b.blocks[b.used] = block[:len(block)+n]
			return b.blocks[b.used][len(block) : len(block)+n : len(block)+n]
		}
		b.used++
	}
}

func position(headers []protocol.Header) int64 {
	for i := range headers {
		if headers[i].Key == posHeader {
			if pos, err := strconv.ParseInt(string(headers[i].Value), 10, 64); err == nil && pos >= 0 {
				return pos
			}
		}
	}
	return -1
}
