package load

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/parquet-go/parquet-go"

	"github.com/dutyflow/dutyflow/warehouse"
)

// The actions of duty.loads.
const (
	actionStart  = "start"
	actionFinish = "finish"
	actionVoid   = "void"
	actionUnvoid = "unvoid"
)

// The states of a load.
const (
	Unfinished = "started" // begun and not ended: run it again; until then it counts nowhere
	Loaded     = "finished"
	Voided     = "voided"
)

// Entry is a load and what became of it.
type Entry struct {
	ID         string
	State      string // Unfinished, Loaded, Voided
	File       string // name without its directory
	Bytes      int64
	Mapping    string // name of the mapping, empty without one
	Contract   string
	Records    int64 // accepted, once finished
	Rejects    int64
	StartedAt  time.Time
	FinishedAt time.Time // zero: not finished
	Reason     string    // why it was voided or unvoided last
}

// Cluster is the _cluster of the load's rows.
func (e Entry) Cluster() string { return clusterOf(e.ID) }

func clusterOf(id string) string { return "load:" + id }

// event is a row of duty.loads.
type event struct {
	ID       string    `parquet:"load_id"`
	Action   string    `parquet:"action"`
	At       time.Time `parquet:"at,timestamp(microsecond)"`
	File     *string   `parquet:"file,optional"`
	Bytes    *int64    `parquet:"bytes,optional"`
	Mapping  *string   `parquet:"mapping,optional"`
	Contract *string   `parquet:"contract,optional"`
	Records  *int64    `parquet:"records,optional"`
	Rejects  *int64    `parquet:"rejects,optional"`
	Reason   *string   `parquet:"reason,optional"`
}

// List returns the loads of a lake, the latest first.
func List(ctx context.Context, lake *warehouse.Lake) ([]Entry, error) {
	var events []event
	err := eachRow(ctx, lake, warehouse.Loads.Name, func(e event) { events = append(events, e) })
	if err != nil {
		return nil, fmt.Errorf("list loads: %w", err)
	}
	// The rank decides between events of one microsecond: a load is not voided before it is there.
	rank := []string{actionStart, actionFinish, actionVoid, actionUnvoid}
	slices.SortStableFunc(events, func(a, b event) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(slices.Index(rank, a.Action), slices.Index(rank, b.Action)))
	})
	byID := map[string]*Entry{}
	var entries []*Entry
	for _, e := range events {
		entry := byID[e.ID]
		if entry == nil {
			entry = &Entry{ID: e.ID, State: Unfinished}
			byID[e.ID] = entry
			entries = append(entries, entry)
		}
		entry.apply(e)
	}
	list := make([]Entry, 0, len(entries))
	for _, entry := range slices.Backward(entries) {
		list = append(list, *entry)
	}
	return list, nil
}

func (e *Entry) apply(ev event) {
	at := ev.At.UTC()
	switch ev.Action {
	case actionStart:
		if e.StartedAt.IsZero() { // a start that was recorded twice counts once: it gives the records their time
			e.StartedAt, e.File, e.Bytes, e.Mapping, e.Contract = at, value(ev.File), value(ev.Bytes), value(ev.Mapping), value(ev.Contract)
		}
	case actionFinish:
		if e.FinishedAt.IsZero() {
			e.FinishedAt, e.Records, e.Rejects = at, value(ev.Records), value(ev.Rejects)
		}
		if e.State == Unfinished {
			e.State = Loaded
		}
	case actionVoid:
		e.State, e.Reason = Voided, value(ev.Reason)
	case actionUnvoid:
		e.Reason = value(ev.Reason)
		if e.State = Loaded; e.FinishedAt.IsZero() {
			e.State = Unfinished
		}
	}
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// Find returns the load whose id begins with prefix.
func Find(ctx context.Context, lake *warehouse.Lake, prefix string) (Entry, error) {
	entries, err := List(ctx, lake)
	if err != nil {
		return Entry{}, err
	}
	var found []Entry
	for _, e := range entries {
		if prefix != "" && strings.HasPrefix(e.ID, prefix) {
			found = append(found, e)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return Entry{}, fmt.Errorf("find load %q: %w; `dutyflow load --list` shows the loads and their ids", prefix, ErrUnknownLoad)
	default:
		return Entry{}, fmt.Errorf("find load %q: %w; give more of the id", prefix, ErrAmbiguous)
	}
}

// Void takes a load out of the figures; the next transform leaves its rows out. Unvoid brings it back.
func Void(ctx context.Context, lake *warehouse.Lake, id, reason string) (Entry, error) {
	return turn(ctx, lake, id, reason, actionVoid)
}

// Unvoid takes a Void back.
func Unvoid(ctx context.Context, lake *warehouse.Lake, id, reason string) (Entry, error) {
	return turn(ctx, lake, id, reason, actionUnvoid)
}

func turn(ctx context.Context, lake *warehouse.Lake, id, reason, action string) (Entry, error) {
	entry, err := Find(ctx, lake, id)
	if err != nil {
		return Entry{}, err
	}
	if voided := entry.State == Voided; voided == (action == actionVoid) {
		return entry, fmt.Errorf("%s load %.12s of %s: %w: it is %s", action, entry.ID, entry.File, ErrNothingToDo, entry.State)
	}
	e := event{ID: entry.ID, Action: action, At: time.Now(), Reason: optional(reason)}
	if err := enter(ctx, lake, e); err != nil {
		return Entry{}, fmt.Errorf("%s load %.12s of %s: %w", action, entry.ID, entry.File, err)
	}
	entry.apply(e)
	return entry, nil
}

// optional is a text for duty.loads, null when empty. File names and what people type need not be UTF-8, and a table that
// holds anything else cannot be read again.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	return &s
}

// enter adds an event to duty.loads.
func enter(ctx context.Context, lake *warehouse.Lake, e event) error {
	schema := warehouse.Loads
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema.ArrowSchema())
	defer b.Release()
	text := func(column string, v *string) {
		builder := b.Field(schema.Index(column)).(*array.StringBuilder)
		if v == nil {
			builder.AppendNull()
		} else {
			builder.Append(*v)
		}
	}
	number := func(column string, v *int64) {
		builder := b.Field(schema.Index(column)).(*array.Int64Builder)
		if v == nil {
			builder.AppendNull()
		} else {
			builder.Append(*v)
		}
	}
	text("load_id", &e.ID)
	text("action", &e.Action)
	b.Field(schema.Index("at")).(*array.TimestampBuilder).Append(arrow.Timestamp(e.At.UnixMicro()))
	text("file", e.File)
	number("bytes", e.Bytes)
	text("mapping", e.Mapping)
	text("contract", e.Contract)
	text("topic", nil)
	number("records", e.Records)
	number("rejects", e.Rejects)
	text("reason", e.Reason)
	row := b.NewRecordBatch()
	defer row.Release()
	return lake.AppendRows(ctx, schema.Name, row)
}

// rejectsOf counts the rejects of a load in the lake.
func rejectsOf(ctx context.Context, lake *warehouse.Lake, id string) (int64, error) {
	type origin struct {
		Cluster string `parquet:"_cluster"`
	}
	var n int64
	cluster := clusterOf(id)
	err := eachRow(ctx, lake, warehouse.Rejects.Name, func(o origin) {
		if o.Cluster == cluster {
			n++
		}
	})
	return n, err
}

// eachRow reads the columns that T names from every row of a table's current snapshot.
func eachRow[T any](ctx context.Context, lake *warehouse.Lake, table string, do func(T)) error {
	snapshots, err := lake.Pin(ctx, table)
	if err != nil {
		return err
	}
	for _, file := range snapshots[0].Files {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := eachRowOf(file.Path, do); err != nil {
			return fmt.Errorf("read %s: %w", file.Path, err)
		}
	}
	return nil
}

func eachRowOf[T any](path string, do func(T)) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	reader := parquet.NewGenericReader[T](f)
	defer func() { err = errors.Join(err, reader.Close()) }()
	rows := make([]T, 256)
	for {
		n, err := reader.Read(rows)
		for _, row := range rows[:n] {
			do(row)
		}
		clear(rows)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
