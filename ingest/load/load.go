package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/ingest/broker"
	"github.com/dutyflow/dutyflow/ingest/file"
	"github.com/dutyflow/dutyflow/ingest/record"
	"github.com/dutyflow/dutyflow/warehouse"
)

// Config says where to load to and how.
type Config struct {
	Lake     *warehouse.Lake
	Ingest   ingest.Config // batches, memory and what is accepted as a time; topics and start are the load's own
	Logger   *slog.Logger
	Progress func(Progress) // called now and then, from one goroutine at a time
}

// Progress is how far a load has come.
type Progress struct {
	Read, Total int64 // bytes of the file
	Records     int64 // read from the file
	Rows        int64 // committed in this run
	Rejects     int64 // committed in this run
}

// Result is what a load did.
type Result struct {
	Entry
	AlreadyLoaded bool          // an earlier run had finished it: nothing was done
	Elapsed       time.Duration // of this run
	Files         int64         // data files that this run committed
}

// Loader loads files. It loads one at a time.
type Loader struct{ cfg Config }

// New makes a Loader.
func New(cfg Config) *Loader {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Progress == nil {
		cfg.Progress = func(Progress) {}
	}
	return &Loader{cfg}
}

// Run loads a file; mapping may be nil where the format needs none. It returns when all records of the file are rows
// or rejects of the lake. A run that is ended, in whatever way, is continued by calling Run again with the same file.
func (l *Loader) Run(ctx context.Context, path string, mapping *file.Mapping) (Result, error) {
	started := time.Now()
	unlock, err := warehouse.Lock(l.cfg.Lake.Dir(), "load", "load "+filepath.Base(path), false)
	if err != nil {
		return Result{}, fmt.Errorf("load %s: %w", path, err)
	}
	defer unlock()
	entry, err := l.begin(ctx, path, mapping)
	if err != nil {
		return Result{}, err
	}
	if !entry.FinishedAt.IsZero() {
		return Result{Entry: entry, AlreadyLoaded: true, Elapsed: time.Since(started)}, nil
	}
	status, records, err := l.move(ctx, entry, path, mapping)
	if err != nil {
		return Result{}, fmt.Errorf("load %s: %w", path, err)
	}
	rejects, err := rejectsOf(ctx, l.cfg.Lake, entry.ID)
	if err != nil {
		return Result{}, fmt.Errorf("load %s: count rejects: %w", path, err)
	}
	accepted := records - rejects
	finish := event{ID: entry.ID, Action: actionFinish, At: time.Now(), Records: &accepted, Rejects: &rejects}
	if err := enter(ctx, l.cfg.Lake, finish); err != nil {
		return Result{}, fmt.Errorf("load %s: record its end: %w; run it again", path, err)
	}
	entry.apply(finish)
	return Result{Entry: entry, Elapsed: time.Since(started), Files: status.Files}, nil
}

// begin finds the load in duty.loads, or enters it.
func (l *Loader) begin(ctx context.Context, path string, mapping *file.Mapping) (Entry, error) {
	id, err := file.LoadID(path, mapping.Bytes(), contracts())
	if err != nil {
		return Entry{}, err
	}
	entry, err := Find(ctx, l.cfg.Lake, id)
	if err == nil {
		return entry, nil
	}
	if !errors.Is(err, ErrUnknownLoad) {
		return Entry{}, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return Entry{}, fmt.Errorf("load: %w", err)
	}
	size, versions := info.Size(), contracts()
	start := event{
		ID: id, Action: actionStart, At: time.Now().Truncate(time.Millisecond), // it becomes a Kafka timestamp
		File: optional(filepath.Base(path)), Bytes: &size, Contract: &versions,
	}
	if mapping != nil {
		start.Mapping = optional(filepath.Base(mapping.Path()))
	}
	if err := enter(ctx, l.cfg.Lake, start); err != nil {
		return Entry{}, fmt.Errorf("load %s: record its start: %w", path, err)
	}
	// Read it back: whatever the lake has is what a later run will go by.
	return Find(ctx, l.cfg.Lake, id)
}

// contracts names the contracts and their versions: a load that went by other contracts is another load.
func contracts() string {
	var names []string
	for _, c := range record.Contracts() {
		names = append(names, fmt.Sprintf("%s.v%d.%d", c.Name, c.Major, c.Minor))
	}
	return strings.Join(names, " ")
}

// move produces the file's records to a broker of the load's own and ingests them from there.
func (l *Loader) move(ctx context.Context, entry Entry, path string, mapping *file.Mapping) (ingest.Status, int64, error) {
	topics := map[string]int32{}
	for _, c := range record.Contracts() {
		topics[c.Name] = 1 // one partition: the order of the file is the order of the offsets
	}
	reader, err := file.OpenAs(path, entry.File, mapping)
	if err != nil {
		return ingest.Status{}, 0, err
	}
	defer reader.Close()
	cfg := l.cfg.Ingest
	cfg.SourceFile = entry.File
	var produced, read atomic.Int64 // records, bytes
	status, err := Through{
		Broker: broker.Config{ClusterID: entry.Cluster(), Topics: topics},
		Lake:   l.cfg.Lake, Ingest: cfg, Logger: l.cfg.Logger,
		Progress: func(s ingest.Status) {
			l.cfg.Progress(Progress{Read: read.Load(), Total: entry.Bytes, Records: produced.Load(), Rows: s.Rows, Rejects: s.Rejects})
		},
	}.Run(ctx, func(ctx context.Context, b *broker.Broker) error {
		return produce(ctx, b, reader, entry.StartedAt, &produced, &read)
	})
	return status, produced.Load(), err
}

const (
	// Messages handed to the broker at a time: large enough that the request costs nothing, small against its limit.
	batchMessages = 2000
	batchBytes    = 1 << 20
)

// produce hands the records of the file to the broker in order, all with the time at which the load was entered.
func produce(ctx context.Context, b *broker.Broker, reader file.Reader, at time.Time, produced, read *atomic.Int64) error {
	waiting := map[string][]broker.Message{}
	var arena []byte
	var n int
	flush := func() error {
		for topic, messages := range waiting {
			if len(messages) == 0 {
				continue
			}
			if err := b.Produce(ctx, topic, messages); err != nil {
				return err
			}
			produced.Add(int64(len(messages)))
			waiting[topic] = messages[:0]
		}
		arena, n = arena[:0], 0
		return nil
	}
	keep := func(p []byte) []byte {
		if p == nil {
			return nil
		}
		start := len(arena)
		arena = append(arena, p...)
		return arena[start:len(arena):len(arena)]
	}
	var r file.Record
	for {
		err := reader.Next(&r)
		if errors.Is(err, io.EOF) {
			return flush()
		}
		if err != nil {
			return err
		}
		waiting[r.Topic] = append(waiting[r.Topic], broker.Message{Key: keep(r.Key), Value: keep(r.Value), Time: at, SourcePos: r.Pos})
		if n++; n >= batchMessages || len(arena) >= batchBytes {
			done, _ := reader.Progress()
			read.Store(done)
			if err := flush(); err != nil {
				return err
			}
		}
	}
}
