package warehouse

import (
	"context"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
)

// Lake is an open lake. Its methods may be called concurrently.
type Lake struct {
	cfg  Config
	zone *time.Location
}

// Create creates the lake, or completes an existing one: tables that are missing, and new optional columns of tables
// that exist. Rejects and Loads are always among the tables.
func Create(ctx context.Context, cfg Config, tables []Table) (*Lake, error) {
	return nil, errNotBuilt
}

// Open opens an existing lake.
func Open(ctx context.Context, cfg Config) (*Lake, error) {
	return nil, errNotBuilt
}

// Close releases the catalog.
func (l *Lake) Close() error { return errNotBuilt }

// Zone is the lake's business zone.
func (l *Lake) Zone() *time.Location { return l.zone }

// Dir is the data directory of Config.
func (l *Lake) Dir() string { return l.cfg.Dir }

// Table returns the declaration of a table as the lake has it.
func (l *Lake) Table(name string) (Table, error) { return Table{}, errNotBuilt }

// Ledger reads the ledger of a table.
func (l *Lake) Ledger(ctx context.Context, table string) (Ledger, error) {
	return nil, errNotBuilt
}

// File is a staged data file: written and synced, and part of no snapshot until it is appended.
type File struct {
	Path  string // absolute, on this host
	Rows  int64
	Bytes int64
}

// Stage sorts the rows, splits them by partition value and writes one Parquet file for each.
// Columns are found by name; an optional column that is missing is null. The caller keeps its reference to rows.
func (l *Lake) Stage(ctx context.Context, table string, rows arrow.RecordBatch) ([]File, error) {
	return nil, errNotBuilt
}

// Append is one commit to a record table.
type Append struct {
	Files   []File
	Moves   []Move
	Summary map[string]string // extra entries for the snapshot's summary
}

// Append commits files and ledger moves together, exactly once however often it is called with the same moves.
func (l *Lake) Append(ctx context.Context, table string, a Append) error { return errNotBuilt }

// AppendRejects writes the rejects of a batch. Call it before Append with the same moves.
func (l *Lake) AppendRejects(ctx context.Context, mainTable string, moves []Move, rows arrow.RecordBatch) error {
	return errNotBuilt
}

// AppendRows stages and commits rows of a table that has no ledger: loads, lists.
func (l *Lake) AppendRows(ctx context.Context, table string, rows arrow.RecordBatch) error {
	return errNotBuilt
}

// Reset sets one ledger entry, or removes it when To is nil.
type Reset struct {
	Partition
	To *Mark
}

// ResetLedger sets or removes entries of a record table's ledger, and of the one that duty.rejects keeps.
func (l *Lake) ResetLedger(ctx context.Context, table string, resets ...Reset) error {
	return errNotBuilt
}

// Problem is one thing that Verify found wrong.
type Problem struct {
	Table string
	File  string // path, empty when it is not about one file
	What  string
}

// Verify checks the whole lake and returns what is wrong with it.
func (l *Lake) Verify(ctx context.Context) ([]Problem, error) { return nil, errNotBuilt }
