package warehouse

import (
	"context"
	"time"
)

// Snapshot is one table at one Iceberg snapshot: all that a reader needs, fixed.
type Snapshot struct {
	Table   string // "step"
	ID      int64  // Iceberg snapshot id; 0 for a table without a snapshot
	At      time.Time
	Columns []PinnedColumn
	Files   []PinnedFile
	Rows    int64
}

// PinnedColumn is a column with the field id that the data files carry.
type PinnedColumn struct {
	Column
	FieldID int
}

// PinnedFile is a data file of a snapshot.
type PinnedFile struct {
	Path  string // absolute, on this host
	Rows  int64
	Bytes int64
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

// Pin fixes each named table (all tables when none is named) at its current snapshot.
func (l *Lake) Pin(ctx context.Context, tables ...string) ([]Snapshot, error) {
	return nil, errNotBuilt
}

// Tables reports on every table of the lake, ordered by name.
func (l *Lake) Tables(ctx context.Context) ([]TableStatus, error) {
	return nil, errNotBuilt
}
