package warehouse

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/apache/iceberg-go/table"
	"golang.org/x/sync/errgroup"
)

// fetchers is how many files are brought from an S3 store at once: a store answers one request slowly and many well.
const fetchers = 8

// Snapshot is one table at one Iceberg snapshot: all that a reader needs, fixed.
type Snapshot struct {
	Table   string // "step"
	ID      int64  // Iceberg snapshot id; 0 for a table without a snapshot
	At      time.Time
	Columns []PinnedColumn
	Files   []PinnedFile
	Rows    int64
	// Ledger is the table's ledger as of the snapshot: a row at or above an entry of an earlier pin came after it.
	Ledger Ledger
	// Sequence is the snapshot's Iceberg sequence number, which never falls unless somebody rolls the table back.
	Sequence int64
	// Edited changes whenever rows that were there before may have changed, or may come again: by forget, by ledger reset.
	// What only moves rows between files, such as compact, leaves it.
	Edited string
}

// PinnedColumn is a column with the field id that the data files carry.
type PinnedColumn struct {
	Column
	FieldID int
}

// PinnedFile is a data file of a snapshot.
type PinnedFile struct {
	Path  string // absolute, on this host: where to read it
	Name  string // where the lake keeps it: the same path, or an s3:// URL
	Rows  int64
	Bytes int64
	Added int64 // snapshot that added the file to the table; PinValue says it, Pin does not
}

// TableStatus is what `dutyflow lake status` shows of one table.
type TableStatus struct {
	Name       string
	Rows       int64
	Files      int64
	Bytes      int64
	Snapshots  int
	LastCommit time.Time // zero for a table without a snapshot
	Contract   string
}

// Pin fixes each named table (all tables when none is named) at its current snapshot. The columns are those of the
// table now; a file that was written before a column came has no such field, and a reader takes null.
func (l *Lake) Pin(ctx context.Context, tables ...string) ([]Snapshot, error) {
	if len(tables) == 0 {
		tables = l.names()
	}
	pinned := make([]Snapshot, 0, len(tables))
	for _, name := range tables {
		s, err := l.pin(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("pin %s.%s: %w", namespace, name, err)
		}
		pinned = append(pinned, s)
	}
	return pinned, nil
}

func (l *Lake) names() []string {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return slices.Sorted(maps.Keys(l.shapes))
}

func (l *Lake) pin(ctx context.Context, name string) (Snapshot, error) {
	t, _, err := l.pointers.load(ctx, name)
	if err != nil {
		return Snapshot{}, err
	}
	shape, err := shapeOf(t)
	if err != nil {
		return Snapshot{}, err
	}
	s := Snapshot{Table: name, Edited: t.Properties()[propRewritten] + " " + t.Properties()[propResets]}
	for i, c := range shape.Columns {
		s.Columns = append(s.Columns, PinnedColumn{c, shape.ids[i]})
	}
	if s.Ledger, err = ledgerOf(t); err != nil {
		return Snapshot{}, err
	}
	head := t.CurrentSnapshot()
	if head == nil {
		return s, nil
	}
	s.ID, s.At, s.Sequence = head.SnapshotID, time.UnixMilli(head.TimestampMs).UTC(), head.SequenceNumber
	tasks, err := t.Scan(table.WithSnapshotID(head.SnapshotID)).PlanFiles(ctx)
	if err != nil {
		return Snapshot{}, err
	}
	seen := map[string]bool{} // a large file may be planned in several pieces
	for _, task := range tasks {
		if len(task.DeleteFiles)+len(task.EqualityDeleteFiles)+len(task.DeletionVectorFiles) > 0 {
			return Snapshot{}, fmt.Errorf("%s has delete files, which another engine wrote and Dutyflow does not apply; rewrite the table there without them",
				task.File.FilePath())
		}
		path, err := pathOf(task.File.FilePath())
		if err != nil {
			return Snapshot{}, err
		}
		if !seen[path] {
			seen[path] = true
			s.Files = append(s.Files, PinnedFile{Name: path, Rows: task.File.Count(), Bytes: task.File.FileSizeBytes()})
			s.Rows += task.File.Count()
		}
	}
	slices.SortFunc(s.Files, func(a, b PinnedFile) int { return strings.Compare(a.Name, b.Name) })
	return s, l.fetch(ctx, s.Files)
}

// fetch finds the files on this host, and brings those that lie elsewhere here.
func (l *Lake) fetch(ctx context.Context, files []PinnedFile) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(fetchers)
	for i := range files {
		group.Go(func() error {
			path, err := l.store.local(ctx, files[i].Name, files[i].Bytes)
			files[i].Path = path
			return err
		})
	}
	return group.Wait()
}

// Tables reports on every table of the lake, ordered by name. It reads no data and no manifests.
func (l *Lake) Tables(ctx context.Context) ([]TableStatus, error) {
	var all []TableStatus
	for _, name := range l.names() {
		t, _, err := l.pointers.load(ctx, name)
		if err != nil {
			return nil, err
		}
		s := TableStatus{Name: name, Snapshots: len(t.Metadata().Snapshots()), Contract: t.Properties()[propContract]}
		if head := t.CurrentSnapshot(); head != nil {
			s.LastCommit = time.UnixMilli(head.TimestampMs).UTC()
			s.Rows = total(head, "total-records")
			s.Files = total(head, "total-data-files")
			s.Bytes = total(head, "total-files-size")
		}
		all = append(all, s)
	}
	return all, nil
}

// total reads a running total of a snapshot's summary.
func total(s *table.Snapshot, key string) int64 {
	if s.Summary == nil {
		return 0
	}
	n, err := strconv.ParseInt(s.Summary.Properties[key], 10, 64)
	if err != nil {
		return 0
	}
	return n
}
