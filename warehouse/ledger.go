package warehouse

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
