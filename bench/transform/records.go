package main

import (
	"bytes"
	"container/heap"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/dutyflow/dutyflow/city"
	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/ingest/record"
	"github.com/dutyflow/dutyflow/lists"
	"github.com/dutyflow/dutyflow/warehouse"
)

const (
	// lastDay is the end of the city's time; a longer past begins earlier.
	lastDay = "2026-10-31"
	// An increment is what two months bring. Of each hundred records five come late, up to two years.
	incrementMonths = 2
	latePercent     = 5
	lateMonths      = 24
	// commitRows is how many records one commit holds at most.
	commitRows = 500_000
	// drawn in advance: the late ones that are still on their way at the end are records too.
	onTheWay = 1.08
)

// stage is the lake as it was after so many records.
type stage struct {
	Records int64
	Tables  map[string]stagedTable
}

// stagedTable is what one table consisted of.
type stagedTable struct {
	Snapshot int64
	Rows     int64
	Files    []string
}

// writeLake makes a lake of the city's records, at a fixed rate, and notes what it consisted of at each of the stages.
// It writes as ingest does, sorted files of a month each in one commit, without a broker in between.
func writeLake(ctx context.Context, args []string) (err error) {
	flags := flag.NewFlagSet("records", flag.ExitOnError)
	dir := flags.String("dir", "", "folder of the lake")
	increment := flags.Int64("increment", 0, "records of two months")
	stages := numbers{}
	flags.Var(&stages, "stages", "numbers of records")
	_ = flags.Parse(args) // exits on an error
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		return err
	}
	cfg := warehouse.DefaultConfig()
	cfg.Dir = *dir
	lake, err := warehouse.Create(ctx, cfg, append(ingest.Tables(), lists.Table()))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lake.Close()) }()
	if _, _, err := lists.Load(ctx, lake, city.Lists()); err != nil {
		return err
	}
	feed, err := newFeed(stages[len(stages)-1], *increment)
	if err != nil {
		return err
	}
	tables := map[string]*tableWriter{}
	for i, c := range record.Contracts() {
		t := ingest.Tables()[i]
		tables[c.Name] = newTableWriter(lake, c, t, zone)
	}
	commit := func() error {
		for _, t := range tables {
			if err := t.commit(ctx); err != nil {
				return err
			}
		}
		return nil
	}
	var done []stage
	open := 0
	for n := int64(1); n <= stages[len(stages)-1]; n++ {
		m, ok := feed.next()
		if !ok {
			return fmt.Errorf("the city ended after %d records", n-1)
		}
		if err := tables[m.topic].add(m); err != nil {
			return err
		}
		open++
		atStage := n == stages[len(done)]
		if !atStage && open < commitRows {
			continue
		}
		open = 0
		if err := commit(); err != nil {
			return err
		}
		if atStage {
			s, err := look(ctx, lake, n)
			if err != nil {
				return err
			}
			done = append(done, s)
		}
	}
	text, err := json.Marshal(done)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(*dir, stagesFile), text, 0o644)
}

// stagesFile is written last: a lake without it is not finished.
const stagesFile = "stages.json"

func readStages(dir string) ([]stage, error) {
	text, err := os.ReadFile(filepath.Join(dir, stagesFile))
	if err != nil {
		return nil, err
	}
	var s []stage
	return s, json.Unmarshal(text, &s)
}

func look(ctx context.Context, lake *warehouse.Lake, records int64) (stage, error) {
	pinned, err := lake.Pin(ctx)
	if err != nil {
		return stage{}, err
	}
	s := stage{Records: records, Tables: map[string]stagedTable{}}
	for _, p := range pinned {
		t := stagedTable{Snapshot: p.ID, Rows: p.Rows}
		for _, f := range p.Files {
			t.Files = append(t.Files, f.Name)
		}
		s.Tables[p.Table] = t
	}
	return s, nil
}

// message is a record on its way to the lake.
type message struct {
	topic string
	value []byte
	at    int64 // Kafka's time, milliseconds
	due   int64 // number of the record as which it comes
}

// feed hands out the city's messages in the order in which they come; some come late.
type feed struct {
	city    *city.Generator
	sent    int64
	delayed delayed
	lateMax int64 // records
	lateMin int64
}

func newFeed(records, increment int64) (*feed, error) {
	c := city.DefaultConfig()
	c.Records = int64(float64(records) * onTheWay)
	months := float64(c.Records) / float64(increment) * incrementMonths
	to, err := time.Parse(time.DateOnly, lastDay)
	if err != nil {
		return nil, err
	}
	c.To = lastDay
	c.From = to.AddDate(0, 0, -int(months*30.44)).Format(time.DateOnly)
	c.InvalidShare = 0
	g, err := city.New(c)
	if err != nil {
		return nil, err
	}
	return &feed{city: g, lateMin: increment, lateMax: increment * lateMonths / incrementMonths}, nil
}

func (f *feed) next() (message, bool) {
	f.sent++
	var m city.Message
	for {
		if len(f.delayed) > 0 && f.delayed[0].due <= f.sent {
			late := heap.Pop(&f.delayed).(message)
			return late, true
		}
		if !f.city.Next(&m) {
			return message{}, false
		}
		now := message{topic: m.Topic, value: m.Value, at: m.TimeMillis}
		draw := mix(uint64(f.city.Stats().Records))
		if draw%100 >= latePercent {
			return now, true
		}
		// It comes with the record before which it is sent, so with that record's time.
		wait := f.lateMin + int64(draw/100%uint64(f.lateMax-f.lateMin))
		now.value = bytes.Clone(m.Value)
		now.due = f.sent + wait
		now.at += wait * incrementMonths * 30 * 24 * 3600 * 1000 / f.lateMin
		heap.Push(&f.delayed, now)
	}
}

// mix is the finaliser of splitmix64: a draw from a number.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// delayed is a heap by the record as which a message comes.
type delayed []message

func (d delayed) Len() int           { return len(d) }
func (d delayed) Less(i, j int) bool { return d[i].due < d[j].due }
func (d delayed) Swap(i, j int)      { d[i], d[j] = d[j], d[i] }
func (d *delayed) Push(x any)        { *d = append(*d, x.(message)) }
func (d *delayed) Pop() any {
	last := (*d)[len(*d)-1]
	(*d)[len(*d)-1] = message{}
	*d = (*d)[:len(*d)-1]
	return last
}

// tableWriter decodes the messages of a topic and appends them to their table.
type tableWriter struct {
	lake    *warehouse.Lake
	table   warehouse.Table
	decoder *record.Decoder
	row     record.Row
	rows    *array.RecordBuilder
	fields  int
	from    int64 // offset at which the open batch begins
	next    int64
	part    warehouse.Partition
}

func newTableWriter(lake *warehouse.Lake, c *record.Contract, t warehouse.Table, zone *time.Location) *tableWriter {
	return &tableWriter{
		lake: lake, table: t, decoder: record.NewDecoder(c, ingest.DefaultConfig().Records.Options(zone)),
		rows: array.NewRecordBuilder(memory.DefaultAllocator, t.ArrowSchema()), fields: len(c.Fields),
		part: warehouse.Partition{Cluster: "bench", Topic: c.Name},
	}
}

func (w *tableWriter) add(m message) error {
	if reject := w.decoder.Decode(m.value, m.at, &w.row); reject != nil {
		return fmt.Errorf("the city made a record that is refused: %s %s: %s", reject.Reason, reject.Field, m.value)
	}
	for i := range w.fields {
		appendField(w.rows.Field(i), w.table.Columns[i].Type, &w.row.Values[i])
	}
	for i, c := range w.table.Columns[w.fields:] {
		b := w.rows.Field(w.fields + i)
		switch c.Name {
		case "_cluster":
			b.(*array.StringBuilder).Append(w.part.Cluster)
		case "_topic":
			b.(*array.StringBuilder).Append(w.part.Topic)
		case "_partition":
			b.(*array.Int32Builder).Append(0)
		case "_offset":
			b.(*array.Int64Builder).Append(w.next)
		case "_kafka_ts", "_ingest_ts":
			b.(*array.TimestampBuilder).Append(arrow.Timestamp(m.at * 1000))
		case "_event_date":
			b.(*array.Date32Builder).Append(arrow.Date32(w.row.EventDate))
		case "_quality":
			b.(*array.Int32Builder).Append(int32(w.row.Quality))
		case "ext":
			if w.row.Ext != nil {
				b.(*array.StringBuilder).BinaryBuilder.Append(w.row.Ext)
				continue
			}
			b.AppendNull()
		default: // of files only
			b.AppendNull()
		}
	}
	w.next++
	return nil
}

func appendField(b array.Builder, t warehouse.ColumnType, v *record.Value) {
	if !v.Set {
		b.AppendNull()
		return
	}
	switch b := b.(type) {
	case *array.StringBuilder:
		b.BinaryBuilder.Append(v.S)
	case *array.Int32Builder:
		b.Append(int32(v.I))
	case *array.Int64Builder:
		b.Append(v.I)
	case *array.Date32Builder:
		b.Append(arrow.Date32(v.I))
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(v.I))
	case *array.BooleanBuilder:
		b.Append(v.I != 0)
	case *array.Decimal128Builder:
		b.Append(decimal128.FromI64(v.I))
	default:
		panic(fmt.Sprintf("no builder for %v: %T", t, b))
	}
}

func (w *tableWriter) commit(ctx context.Context) error {
	if w.next == w.from {
		return nil
	}
	batch := w.rows.NewRecordBatch()
	defer batch.Release()
	files, err := w.lake.Stage(ctx, w.table.Name, batch)
	if err != nil {
		return err
	}
	from := w.from
	if from == 0 {
		from = warehouse.NoMark
	}
	err = w.lake.Append(ctx, w.table.Name, warehouse.Append{Files: files, Moves: []warehouse.Move{{
		Partition: w.part, From: from, To: warehouse.Mark{Next: w.next, Last: w.next - 1},
	}}})
	w.from = w.next
	return err
}
