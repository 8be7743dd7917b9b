package warehouse

import "time"

// ColumnType is the type of a lake column.
type ColumnType uint8

// The column types, with the Arrow type that carries them in a batch.
const (
	String    ColumnType = iota // arrow.BinaryTypes.String
	Int32                       // arrow.PrimitiveTypes.Int32
	Int64                       // arrow.PrimitiveTypes.Int64
	Bool                        // arrow.FixedWidthTypes.Boolean
	Timestamp                   // arrow.Timestamp_us with zone UTC: an instant
	Date                        // arrow.Date32
	Decimal                     // arrow.Decimal128(18, 3)
	Binary                      // arrow.BinaryTypes.Binary
)

// Column declares a column of a lake table.
type Column struct {
	Name     string
	Type     ColumnType
	Required bool
	NoBounds bool // leave it out of file statistics (ext, raw bytes)
	Doc      string
}

// Table declares a lake table in namespace "duty".
type Table struct {
	Name        string // "step" for duty.step
	Columns     []Column
	PartitionBy string   // a Date column, or empty
	ByMonth     bool     // partition by month of PartitionBy instead of by day
	SortBy      []string // order of rows in a file
	Contract    string   // version recorded as dutyflow.contract, e.g. "1.0"
	Doc         string
}

// Partition names a partition of a topic of a cluster: a key of the ledger.
type Partition struct {
	Cluster string
	Topic   string
	ID      int32
}

// Mark is a ledger entry: how far a partition has come into a table.
type Mark struct {
	Next      int64  // the next offset to read
	Timestamp int64  // milliseconds; of the last record before Next, 0 when there was none
	CRC       uint32 // CRC-32C of that record's key and value
	Last      int64  // offset of that record, -1 when there was none
}

// Ledger holds the mark of each partition that ever came into a table.
type Ledger map[Partition]Mark

// NoMark is the From of a Move for a partition that has no ledger entry yet.
const NoMark = int64(-1)

// Move moves one partition's entry. From must equal the entry's Next (NoMark: there is none), or the mover is fenced.
type Move struct {
	Partition
	From int64
	To   Mark
}

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
