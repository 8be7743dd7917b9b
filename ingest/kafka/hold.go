package kafka

import "github.com/dutyflow/dutyflow/ingest"

// hold keeps the records that wait for a transaction to end, and what came behind them, in offset order.
//
// kafka-go drops the broker's list of aborted transactions, so a transactional batch is kept until its producer's
// marker comes by: COMMIT delivers it, ABORT drops it. A producer has one transaction at a time in a partition, so the
// first marker of its producer behind a batch is the batch's. Nothing behind a waiting batch is delivered before it:
// the ledger is one number per partition, and may not pass a record that is not in the lake yet.
//
// When more than limit bytes wait, the records are dropped and only markers are collected until the first waiting batch
// is decided; then the partition is read again from that batch on, with the markers already known. A transaction of any
// size passes through in bounded memory, at the price of being read twice.
type hold struct {
	limit   int
	queue   []held
	bytes   int
	markers map[int64][]marker // by producer, in offset order

	ahead    bool  // records are dropped, markers collected
	producer int64 // the one whose marker is looked for
	base     int64 // the batch that waits for it
	decided  bool
}

type held struct {
	batch
	records []ingest.Record
}

type marker struct {
	offset int64
	commit bool
}

func newHold(limit int) hold {
	return hold{limit: limit, markers: make(map[int64][]marker)}
}

// idle says whether nothing waits.
func (h *hold) idle() bool { return len(h.queue) == 0 && !h.ahead }

// add takes the batches of a response. The buffer's memory is left to the garbage collector: its records leave in
// pieces.
func (h *hold) add(buf *buffer, batches []batch) {
	for i := range batches {
		b := &batches[i]
		if b.marker >= 0 {
			h.mark(b.producer, marker{offset: b.base, commit: b.marker == commitMarker})
		}
		if h.ahead {
			continue
		}
		records := buf.records[b.from:b.to]
		h.queue = append(h.queue, held{batch: *b, records: records})
		h.bytes += size(records)
	}
	if h.ahead {
		_, h.decided = h.outcome(h.producer, h.base)
	}
}

func (h *hold) mark(producer int64, m marker) {
	known := h.markers[producer]
	for i := range known {
		if known[i].offset == m.offset {
			return // read a second time after looking ahead
		}
	}
	h.markers[producer] = append(known, m)
}

// outcome finds the marker that ends the transaction of a batch.
func (h *hold) outcome(producer, base int64) (commit, known bool) {
	for _, m := range h.markers[producer] {
		if m.offset > base {
			return m.commit, true
		}
	}
	return false, false
}

// take removes what is decided from the front. next is the offset below which everything has been handed out; scan is
// where fetching stands.
func (h *hold) take(scan int64) (out []ingest.Record, bytes int, next int64) {
	if h.ahead {
		return nil, 0, h.base
	}
	n := 0
	for ; n < len(h.queue); n++ {
		b := &h.queue[n]
		deliver := true
		if b.transactional && b.marker < 0 && len(b.records) > 0 {
			commit, known := h.outcome(b.producer, b.base)
			if !known {
				break
			}
			deliver = commit
		}
		sz := size(b.records)
		h.bytes -= sz
		if deliver {
			out = append(out, b.records...)
			bytes += sz
		}
	}
	if n == len(h.queue) {
		h.queue = nil
		h.forget(scan)
		return out, bytes, scan
	}
	h.queue = append(h.queue[:0:0], h.queue[n:]...)
	return out, bytes, h.first()
}

// forget drops the markers below an offset: every transaction that they ended has been handed out. Those beyond, known
// from looking ahead, are still needed.
func (h *hold) forget(offset int64) {
	for producer, known := range h.markers {
		n := 0
		for n < len(known) && known[n].offset < offset {
			n++
		}
		if n == len(known) {
			delete(h.markers, producer)
		} else {
			h.markers[producer] = known[n:]
		}
	}
}

// first is the first offset that waits. A batch may begin below the offset that was asked for; its records do not.
func (h *hold) first() int64 { return h.queue[0].records[0].Offset }

func (h *hold) overflowed() bool { return h.bytes > h.limit && len(h.queue) > 0 }

// lookAhead drops what is held and remembers what it waits for.
func (h *hold) lookAhead() {
	head := h.queue[0]
	h.ahead, h.decided = true, false
	h.producer, h.base = head.producer, head.records[0].Offset
	h.queue, h.bytes = nil, 0
}

// lookedAhead says, once, that the batch that everything waits for is decided and fetching must go back to it.
func (h *hold) lookedAhead() bool {
	if !h.ahead || !h.decided {
		return false
	}
	h.ahead, h.decided = false, false
	return true
}

func size(records []ingest.Record) int {
	n := len(records) * recordBytes
	for i := range records {
		n += len(records[i].Key) + len(records[i].Value)
	}
	return n
}
