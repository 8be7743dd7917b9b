package ingest

import (
	"math/bits"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/dutyflow/dutyflow/ingest/record"
	"github.com/dutyflow/dutyflow/warehouse"
)

// origin is where a record came from, for the provenance columns. It is the same for the records of a chunk.
type origin struct {
	cluster, topic []byte
	partition      int32
	ingested       arrow.Timestamp
	sourceFile     []byte // empty when the record came from Kafka itself
}

// rowBuilder turns decoded rows into a record batch of a table, without an allocation per row.
type rowBuilder struct {
	table   warehouse.Table
	columns []column // by index in table.Columns
	fields  []fieldColumn
	present []uint16 // of a block, by field: in which rows it is
	rows    int
	room    int // rows that the columns that are in use have room for
	before  int // rows of the last batch

	ext, date, flags, offset, kafka, pos *column

	// What is alike in all records of a chunk is not written row by row, but run by run when the batch is taken.
	cluster, topic, sourceFile, partition, ingested *column
	origins                                         []originRun
}

// originRun is a run of rows of one origin that begins at a row.
type originRun struct {
	*origin
	from int
}

// fieldColumn is the column of a field of the contract. A closed list of codes is its own dictionary: the decoder knows
// the code, and nothing is hashed.
type fieldColumn struct {
	*column
	enum bool
}

func newRowBuilder(mem memory.Allocator, c *record.Contract, t warehouse.Table) *rowBuilder {
	b := &rowBuilder{table: t, columns: make([]column, len(t.Columns))}
	for i, col := range t.Columns {
		b.columns[i] = newColumn(mem, col.Type, col.Required)
	}
	for i := range c.Fields {
		f := fieldColumn{column: &b.columns[i]}
		if c.Fields[i].Kind == record.Enum {
			f.enum = true
			for _, code := range c.Fields[i].Codes {
				f.set.Code([]byte(code.Code))
			}
		}
		b.fields = append(b.fields, f)
	}
	b.present = make([]uint16, len(b.fields))
	at := func(name string) *column { return &b.columns[t.Index(name)] }
	b.ext, b.date, b.flags = at(extColumn), at("_event_date"), at("_quality")
	b.offset, b.kafka, b.pos = at("_offset"), at("_kafka_ts"), at("_source_pos")
	b.cluster, b.topic, b.sourceFile = at("_cluster"), at("_topic"), at("_source_file")
	b.partition, b.ingested = at("_partition"), at("_ingest_ts")
	return b
}

// blockRows is how many decoded rows are built into columns at a time. Column by column, the words of one lie in the
// processor's cache while they are looked up; row by row those of all columns pushed each other out.
const blockRows = 16

// block is decoded rows that are not in the columns yet, and the records that they came from.
type block struct {
	rows    [blockRows]record.Row
	records [blockRows]*Record
	n       int
}

// append adds the rows of a block, all of one origin, and empties it. The records must not have been released.
func (b *rowBuilder) append(blk *block, o *origin) {
	if blk.n == 0 {
		return
	}
	if b.rows+blk.n > b.room {
		b.room = max(reserved, b.before, 2*b.room)
	}
	rows := blk.rows[:blk.n]
	for k := range rows {
		for i, present := range rows[k].Present {
			for ; present != 0; present &= present - 1 {
				b.present[i<<6|bits.TrailingZeros64(present)] |= 1 << k
			}
		}
	}
	for at, in := range b.present {
		if in != 0 {
			f := &b.fields[at]
			for ; in != 0; in &= in - 1 {
				k := bits.TrailingZeros16(in)
				f.append(b.rows+k, b.room, &rows[k].Values[at])
			}
			b.present[at] = 0
		}
	}
	for k := range rows {
		row, r, n := &rows[k], blk.records[k], b.rows+k
		if row.Ext != nil {
			b.ext.setText(n, b.room, row.Ext)
		}
		b.date.setInt32(n, b.room, row.EventDate)
		b.flags.setInt32(n, b.room, int32(row.Quality))
		b.offset.setInt64(n, b.room, r.Offset)
		b.kafka.setInt64(n, b.room, kafkaTime(r))
		if r.SourcePos >= 0 {
			b.pos.setInt64(n, b.room, r.SourcePos)
		}
	}
	if len(b.origins) == 0 || b.origins[len(b.origins)-1].origin != o {
		b.origins = append(b.origins, originRun{o, b.rows})
	}
	b.rows += blk.n
	clear(blk.records[:blk.n])
	blk.n = 0
}

func (f *fieldColumn) append(row, room int, v *record.Value) {
	switch f.kind {
	case warehouse.String:
		if f.enum {
			f.setInt32(row, room, int32(v.I))
		} else {
			f.setText(row, room, v.S)
		}
	case warehouse.Timestamp, warehouse.Int64:
		f.setInt64(row, room, v.I)
	case warehouse.Int32, warehouse.Date:
		f.setInt32(row, room, int32(v.I))
	case warehouse.Decimal:
		f.setDecimal(row, room, v.I)
	case warehouse.Bool:
		f.setBool(row, room, v.I != 0)
	}
}

func (b *rowBuilder) len() int { return b.rows }

// words is what the dictionaries take in memory, and how much of that came with the open batch. The rest of the columns
// is in the allocator's count.
func (b *rowBuilder) words() (all, own int64) {
	for i := range b.columns {
		a, o := b.columns[i].words()
		all, own = all+a, own+o
	}
	return all, own
}

// take returns the rows as a batch, which the caller releases, and starts over. Columns without a value are left out.
func (b *rowBuilder) take() arrow.RecordBatch {
	for i, run := range b.origins {
		to := b.rows
		if i+1 < len(b.origins) {
			to = b.origins[i+1].from
		}
		b.fill(run, to)
	}
	var fields []arrow.Field
	var arrays []arrow.Array
	for i, col := range b.table.Columns {
		a := b.columns[i].take(b.rows)
		if a == nil {
			continue
		}
		defer a.Release()
		arrays = append(arrays, a)
		fields = append(fields, arrow.Field{Name: col.Name, Type: a.DataType(), Nullable: !col.Required})
	}
	batch := array.NewRecordBatch(arrow.NewSchema(fields, nil), arrays, int64(b.rows))
	b.before, b.rows, b.room = b.rows, 0, 0
	clear(b.origins)
	b.origins = b.origins[:0]
	return batch
}

// fill writes what the rows of a chunk have in common.
func (b *rowBuilder) fill(run originRun, to int) {
	for row := run.from; row < to; row++ {
		b.partition.setInt32(row, b.room, run.partition)
		b.ingested.setInt64(row, b.room, int64(run.ingested))
		b.cluster.setText(row, b.room, run.cluster)
		b.topic.setText(row, b.room, run.topic)
		if len(run.sourceFile) > 0 {
			b.sourceFile.setText(row, b.room, run.sourceFile)
		}
	}
}

func (b *rowBuilder) release() {
	for i := range b.columns {
		b.columns[i].reset()
	}
}

// provenance builds the columns that records and rejects have in common.
type provenance struct {
	cluster, topic, sourceFile *array.BinaryBuilder
	partition                  *array.Int32Builder
	offset, sourcePos          *array.Int64Builder
	kafka, ingested            *array.TimestampBuilder
}

func newProvenance(all *array.RecordBuilder, t warehouse.Table) provenance {
	str := func(name string) *array.BinaryBuilder {
		return all.Field(t.Index(name)).(*array.StringBuilder).BinaryBuilder
	}
	return provenance{
		cluster: str("_cluster"), topic: str("_topic"), sourceFile: str("_source_file"),
		partition: all.Field(t.Index("_partition")).(*array.Int32Builder),
		offset:    all.Field(t.Index("_offset")).(*array.Int64Builder),
		sourcePos: all.Field(t.Index("_source_pos")).(*array.Int64Builder),
		kafka:     all.Field(t.Index("_kafka_ts")).(*array.TimestampBuilder),
		ingested:  all.Field(t.Index("_ingest_ts")).(*array.TimestampBuilder),
	}
}

func (p *provenance) append(r *Record, o *origin) {
	p.cluster.Append(o.cluster)
	p.topic.Append(o.topic)
	p.partition.Append(o.partition)
	p.offset.Append(r.Offset)
	p.kafka.Append(arrow.Timestamp(kafkaTime(r)))
	p.ingested.Append(o.ingested)
	if len(o.sourceFile) > 0 {
		p.sourceFile.Append(o.sourceFile)
	} else {
		p.sourceFile.AppendNull()
	}
	if r.SourcePos >= 0 {
		p.sourcePos.Append(r.SourcePos)
	} else {
		p.sourcePos.AppendNull()
	}
}

// kafkaTime is the _kafka_ts of a record. The column takes no null: a time that is not known is the epoch, which is before
// every event, so that nothing that asks for the latest time takes it for one.
func kafkaTime(r *Record) int64 {
	micros, _ := record.KafkaTime(r.Timestamp)
	return micros
}

// rejectBuilder turns rejected records into rows of duty.rejects.
type rejectBuilder struct {
	all      *array.RecordBuilder
	from     provenance
	date     *array.Date32Builder
	contract *array.StringBuilder
	schema   *array.StringBuilder
	source   *array.StringBuilder
	event    *array.StringBuilder
	entity   *array.StringBuilder
	reason   *array.StringBuilder
	field    *array.StringBuilder
	detail   *array.StringBuilder
	raw      *array.BinaryBuilder
}

func newRejectBuilder(mem memory.Allocator) *rejectBuilder {
	t := warehouse.Rejects
	all := array.NewRecordBuilder(mem, t.ArrowSchema())
	str := func(name string) *array.StringBuilder { return all.Field(t.Index(name)).(*array.StringBuilder) }
	return &rejectBuilder{
		all:      all,
		from:     newProvenance(all, t),
		date:     all.Field(t.Index("_ingest_date")).(*array.Date32Builder),
		contract: str("contract"), schema: str("schema"), source: str("source"), event: str("event_id"),
		entity: str("entity_id"), reason: str("reason"), field: str("field"), detail: str("detail"),
		raw: all.Field(t.Index("raw")).(*array.BinaryBuilder),
	}
}

func (b *rejectBuilder) append(contract string, rej *record.Reject, r *Record, o *origin, zone *time.Location) {
	b.from.append(r, o)
	b.date.Append(localDate(o.ingested, zone))
	b.contract.Append(contract)
	appendText(b.schema, rej.Schema)
	appendText(b.source, rej.Source)
	appendText(b.event, rej.EventID)
	appendText(b.entity, rej.EntityID)
	b.reason.Append(string(rej.Reason))
	appendText(b.field, rej.Field)
	appendText(b.detail, rej.Detail)
	if r.Value != nil {
		b.raw.Append(r.Value)
	} else {
		b.raw.AppendNull()
	}
}

// bytes is the size of the raw records, which are most of it.
func (b *rejectBuilder) bytes() int64 { return int64(b.raw.DataLen()) }

func (b *rejectBuilder) len() int                { return b.date.Len() }
func (b *rejectBuilder) take() arrow.RecordBatch { return b.all.NewRecordBatch() }
func (b *rejectBuilder) release()                { b.all.Release() }

func appendText(b *array.StringBuilder, s string) {
	if s == "" {
		b.AppendNull()
	} else {
		b.Append(s)
	}
}

// localDate is the date of an instant in the lake's zone.
func localDate(ts arrow.Timestamp, zone *time.Location) arrow.Date32 {
	t := time.UnixMicro(int64(ts)).In(zone)
	return arrow.Date32(time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC).Unix() / 86400)
}
