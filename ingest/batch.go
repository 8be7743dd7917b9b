package ingest

import (
	"hash/crc32"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/dutyflow/dutyflow/ingest/record"
	"github.com/dutyflow/dutyflow/warehouse"
)

// offsetGap is the reason of a reject row that stands for offsets which the broker no longer had.
const offsetGap record.Reason = warehouse.OffsetGap

// Why a batch was closed.
const (
	closedRows   = "rows"
	closedBytes  = "bytes"
	closedAge    = "age"
	closedMemory = "memory"
	closedGap    = "gap"
	closedRevoke = "revoke" // dropped: the partitions belong to somebody else
	closedEnd    = "end"
	closedPoison = "poison" // what came before the record that ends the run
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum identifies a record in the ledger.
func checksum(r *Record) uint32 {
	return crc32.Update(crc32.Checksum(r.Key, castagnoli), castagnoli, r.Value)
}

// stream decodes the records of one record type into the open batch.
type stream struct {
	contract *record.Contract
	version  string // for duty.rejects: "duty.step.v1.0"
	table    string
	iEvent   int // of event_time
	decoder  *record.Decoder
	block    block
	rows     *rowBuilder
	rejects  *rejectBuilder
	marks    map[warehouse.Partition]warehouse.Mark // where each partition stands once the open batch is in
}

// part is what a batch holds for one table.
type part struct {
	table    string
	rows     arrow.RecordBatch // nil when there are none
	rejects  arrow.RecordBatch // nil when there are none
	rejected map[record.Reason]int64
	skipped  map[skip]int64
	moves    []warehouse.Move
	files    []warehouse.File // staged by the first attempt
	staged   bool
	recorded bool // rejects are in
	done     bool // nothing more to do: it has landed, or it was fenced
	landed   bool
}

// batch is what is committed together: one commit per table, and before them the rejects of all.
type batch struct {
	parts   []*part
	reason  string
	records int64
	bytes   int64 // charged to the budget
	held    int64 // of these, what the allocator counts
}

// rejectBytes is the size of the rejects in memory.
func (b *batch) rejectBytes() int64 {
	n := int64(0)
	for _, p := range b.parts {
		if p.rejects == nil {
			continue
		}
		for _, column := range p.rejects.Columns() {
			for _, b := range column.Data().Buffers() {
				if b != nil {
					n += int64(b.Len())
				}
			}
		}
	}
	return n
}

func (b *batch) release() {
	for _, p := range b.parts {
		if p.rows != nil {
			p.rows.Release()
			p.rows = nil
		}
		if p.rejects != nil {
			p.rejects.Release()
			p.rejects = nil
		}
	}
}

// writer fills the open batch. It belongs to the goroutine that decodes.
type writer struct {
	in      *Ingester
	streams map[string]*stream                     // by topic
	order   []*stream                              // one per table, in order of name
	from    map[warehouse.Partition]warehouse.Mark // where the open batch begins

	opened  time.Time // first record of the open batch; zero when it is empty
	records int64
	rejects map[*stream]map[record.Reason]int64
	skips   map[*stream]map[skip]int64
	charged int64 // of the budget, for the open batch
	size    int64 // the same without what earlier batches left
	event   int64 // event time of the record last decoded, microseconds; 0 when that is not known
	poison  error // a record of a topic whose policy is Fail; nothing more is taken
}

// newWriter begins at the positions that were read from the ledger.
func newWriter(in *Ingester, positions map[warehouse.Partition]warehouse.Mark) *writer {
	w := &writer{
		in:      in,
		streams: make(map[string]*stream), from: positions,
		rejects: make(map[*stream]map[record.Reason]int64),
		skips:   make(map[*stream]map[skip]int64),
	}
	byTable := make(map[string]*stream)
	for _, topic := range in.cfg.Topics.Names() {
		contract, _ := record.Lookup(in.cfg.Topics[topic].Type) // Validate knows them all
		s := byTable[contract.Name]
		if s == nil {
			t := table(contract)
			s = &stream{
				contract: contract,
				version:  contract.Name + ".v" + contract.Version(),
				table:    t.Name,
				iEvent:   contract.Index("event_time"),
				decoder:  record.NewDecoder(contract, in.cfg.Records.Options(in.zone)),
				rows:     newRowBuilder(in.mem, contract, t),
				rejects:  newRejectBuilder(in.mem),
				marks:    make(map[warehouse.Partition]warehouse.Mark),
			}
			byTable[contract.Name] = s
			w.order = append(w.order, s)
		}
		w.streams[topic] = s
	}
	return w
}

func (w *writer) release() {
	for _, s := range w.order {
		s.rows.release()
		s.rejects.release()
	}
}

// add decodes records[i:] of a chunk until the batch is full and returns how many it took. It sets poison at a record
// that must not be passed.
func (w *writer) add(c *Chunk, o *origin, i int) int {
	s := w.streams[c.Partition.Topic]
	if w.opened.IsZero() {
		w.opened = w.in.now()
	}
	policy := w.in.cfg.Topics[c.Partition.Topic].Poison
	room := w.in.cfg.BatchRows - w.rows()
	n := 0
	for ; i+n < len(c.Records) && room > 0; n++ {
		r := &c.Records[i+n]
		row := &s.block.rows[s.block.n]
		rej := s.decoder.Decode(r.Value, r.Timestamp, row)
		w.event = 0
		if rej != nil {
			switch policy {
			case PoisonFail:
				w.poison = poisoned(c.Partition, r, rej)
			case PoisonSkip:
				w.skipRecord(s, c.Partition, r, rej)
			default:
				s.rejects.append(s.version, rej, r, o, w.in.zone)
				w.reject(s, rej.Reason)
			}
			if w.poison != nil {
				break
			}
		} else {
			w.event = row.Values[s.iEvent].I
			s.block.records[s.block.n] = r
			if s.block.n++; s.block.n == blockRows {
				s.rows.append(&s.block, o)
			}
		}
		room--
	}
	s.rows.append(&s.block, o)
	w.records += int64(n)
	if n > 0 {
		last := &c.Records[i+n-1]
		s.marks[c.Partition] = warehouse.Mark{
			Next: last.Offset + 1, Timestamp: last.Timestamp, CRC: checksum(last), Last: last.Offset,
			Gap: max(w.from[c.Partition].Gap, s.marks[c.Partition].Gap),
		}
	}
	return n
}

// skip moves a partition over offsets that hold no record for us. After a gap the batch is to be closed: duty.rejects
// knows by the one end in the partition's mark whether it holds the row of a gap.
func (w *writer) skip(c *Chunk, o *origin) {
	s := w.streams[c.Partition.Topic]
	mark, open := s.marks[c.Partition]
	if !open {
		mark = w.from[c.Partition]
	}
	if mark.Next >= c.Next {
		return
	}
	if w.opened.IsZero() {
		w.opened = w.in.now()
	}
	if g := c.Gap; g != nil {
		rej := &record.Reject{Reason: offsetGap, Detail: gapDetail(g)}
		s.rejects.append(s.version, rej, &Record{Offset: g.From, SourcePos: -1}, o, w.in.zone)
		w.reject(s, offsetGap)
		mark.Gap = g.To
	}
	mark.Next = c.Next
	s.marks[c.Partition] = mark
}

func (w *writer) reject(s *stream, reason record.Reason) {
	if w.rejects[s] == nil {
		w.rejects[s] = make(map[record.Reason]int64)
	}
	w.rejects[s][reason]++
}

// rows counts what the open batch holds, rejects included.
func (w *writer) rows() int {
	n := 0
	for _, s := range w.order {
		n += s.rows.len() + s.rejects.len()
	}
	return n
}

func (w *writer) empty() bool { return w.opened.IsZero() }

// words is what the dictionaries take, which no allocator counts, and how much of that is the open batch's own.
func (w *writer) words() (all, own int64) {
	for _, s := range w.order {
		a, o := s.rows.words()
		all, own = all+a, own+o
	}
	return all, own
}

// full says whether the open batch has reached its size. What the dictionaries kept of earlier batches does not count: a
// batch that began full would be closed after each chunk. The bytes of rejected records count four times: nothing codes
// them shorter, and on their way into a file they lie in memory as often.
func (w *writer) full() bool {
	raw := int64(0)
	for _, s := range w.order {
		raw += s.rejects.bytes()
	}
	return w.size >= w.in.cfg.BatchBytes || 4*raw >= w.in.cfg.BatchBytes
}

// charge brings the budget up to date with the open batch, of which the allocator has counted held bytes.
func (w *writer) charge(held int64) {
	words, own := w.words()
	w.in.budget.add(held + words - w.charged)
	w.charged, w.size = held+words, held+own
}

// seal closes the open batch and starts the next one where it ends.
func (w *writer) seal(reason string) *batch {
	held := w.in.columns()
	w.charge(held)
	w.in.handed.Add(held)
	b := &batch{reason: reason, records: w.records, bytes: w.charged, held: held}
	for _, s := range w.order {
		if len(s.marks) == 0 {
			continue
		}
		p := &part{table: s.table, rejected: w.rejects[s], skipped: w.skips[s]}
		if s.rows.len() > 0 {
			p.rows = s.rows.take()
		}
		if s.rejects.len() > 0 {
			p.rejects = s.rejects.take()
		}
		for id, to := range s.marks {
			p.moves = append(p.moves, warehouse.Move{Partition: id, From: w.from[id].Next, To: to})
			w.from[id] = to
		}
		sortMoves(p.moves)
		clear(s.marks)
		b.parts = append(b.parts, p)
	}
	clear(w.rejects)
	clear(w.skips)
	w.opened, w.records, w.charged, w.size = time.Time{}, 0, 0, 0 // the batch carries its charge to the commit
	return b
}
