package ingest

import (
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/dutyflow/dutyflow/ingest/record"
	"github.com/dutyflow/dutyflow/warehouse"
)

// reserved is how many rows the columns have room for at least before they grow. Growing copies, so a batch begins with
// room for as many rows as the one before had; the first must not take megabytes for a few rows.
const reserved = 1 << 12

// origin is where a record came from, for the provenance columns. It is the same for the records of a chunk.
type origin struct {
	cluster, topic []byte
	partition      int32
	ingested       arrow.Timestamp
	sourceFile     []byte // empty when the record came from Kafka itself
}

// rowBuilder turns decoded rows into a record batch of a table, without an allocation per row.
type rowBuilder struct {
	all    *array.RecordBuilder
	fields []column // by index in Contract.Fields
	ext    *array.StringBuilder
	from   provenance
	date   *array.Date32Builder
	flags  *array.Int32Builder
	before int // rows of the last batch
}

// column is the builder of a field, under the one type that it has. Most fields of a record are missing; their nulls are
// only counted, and appended together when a value comes or the batch ends.
type column struct {
	kind  columnKind
	any   array.Builder
	nulls int
	str   *array.BinaryBuilder // the string builder's own; appending bytes to it needs no string
	i32   *array.Int32Builder
	i64   *array.Int64Builder
	bit   *array.BooleanBuilder
	ts    *array.TimestampBuilder
	day   *array.Date32Builder
	dec   *array.Decimal128Builder
}

type columnKind = warehouse.ColumnType

func newRowBuilder(mem memory.Allocator, c *record.Contract, t warehouse.Table) *rowBuilder {
	b := &rowBuilder{all: array.NewRecordBuilder(mem, t.ArrowSchema())}
	b.fields = make([]column, len(c.Fields))
	for i := range c.Fields {
		b.fields[i] = newColumn(t.Columns[i].Type, b.all.Field(i))
	}
	b.ext = b.all.Field(t.Index(extColumn)).(*array.StringBuilder)
	b.date = b.all.Field(t.Index("_event_date")).(*array.Date32Builder)
	b.flags = b.all.Field(t.Index("_quality")).(*array.Int32Builder)
	b.from = newProvenance(b.all, t)
	return b
}

func newColumn(kind columnKind, b array.Builder) column {
	c := column{kind: kind, any: b}
	switch b := b.(type) {
	case *array.StringBuilder:
		c.str = b.BinaryBuilder
	case *array.Int32Builder:
		c.i32 = b
	case *array.Int64Builder:
		c.i64 = b
	case *array.BooleanBuilder:
		c.bit = b
	case *array.TimestampBuilder:
		c.ts = b
	case *array.Date32Builder:
		c.day = b
	case *array.Decimal128Builder:
		c.dec = b
	}
	return c
}

func (c *column) append(v *record.Value) {
	if !v.Set {
		c.nulls++
		return
	}
	c.flush()
	switch c.kind {
	case warehouse.String:
		c.str.Append(v.S)
	case warehouse.Timestamp:
		c.ts.Append(arrow.Timestamp(v.I))
	case warehouse.Int32:
		c.i32.Append(int32(v.I))
	case warehouse.Decimal:
		c.dec.Append(decimal128.FromI64(v.I))
	case warehouse.Bool:
		c.bit.Append(v.I != 0)
	case warehouse.Date:
		c.day.Append(arrow.Date32(v.I))
	case warehouse.Int64:
		c.i64.Append(v.I)
	}
}

func (c *column) flush() {
	if c.nulls > 0 {
		c.any.AppendNulls(c.nulls)
		c.nulls = 0
	}
}

func (b *rowBuilder) append(row *record.Row, r *Record, o *origin) {
	if b.date.Len() == 0 {
		b.all.Reserve(max(reserved, b.before))
	}
	for i := range b.fields {
		b.fields[i].append(&row.Values[i])
	}
	if row.Ext != nil {
		b.ext.BinaryBuilder.Append(row.Ext)
	} else {
		b.ext.AppendNull()
	}
	b.date.Append(arrow.Date32(row.EventDate))
	b.flags.Append(int32(row.Quality))
	b.from.append(r, o)
}

func (b *rowBuilder) len() int { return b.date.Len() }

// take returns the rows as a batch, which the caller releases, and starts over.
func (b *rowBuilder) take() arrow.RecordBatch {
	for i := range b.fields {
		b.fields[i].flush()
	}
	b.before = b.len()
	return b.all.NewRecordBatch()
}

func (b *rowBuilder) release() { b.all.Release() }

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
	p.kafka.Append(arrow.Timestamp(r.Timestamp * 1000))
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
