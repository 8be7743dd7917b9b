package ingest

import (
	"context"

	"github.com/dutyflow/dutyflow/warehouse"
)

// Source hands out partitions to read. It is the seam behind which a Kafka client lives (package kafka).
//
// An error that IsStop says true of ends the run. Any other error may heal: the caller asks again after a while.
type Source interface {
	// Next blocks until this worker holds a set of partitions, and returns it. The generation before has ended by then.
	Next(ctx context.Context) (Generation, error)
	Close() error
}

// Generation is a set of partitions that this worker holds until Context ends.
type Generation interface {
	// Context ends when the partitions are taken away.
	Context() context.Context
	Partitions() []warehouse.Partition
	// All lists every partition that a topic has now, also those of other workers.
	All(ctx context.Context, topic string) ([]warehouse.Partition, error)
	// Bounds reports the first offset that the broker still has and the end of what a reader may see.
	Bounds(ctx context.Context, p warehouse.Partition) (first, end int64, err error)
	// OffsetAt resolves a timestamp in milliseconds to the first offset at or after it, or to the end if there is none.
	OffsetAt(ctx context.Context, p warehouse.Partition, ms int64) (int64, error)
	// Fetch reads records from offset on, at most about maxBytes. It blocks for a bounded time and may return no
	// records. One partition is fetched by one goroutine at a time.
	Fetch(ctx context.Context, p warehouse.Partition, offset int64, maxBytes int) (*Chunk, error)
	// Commit tells the group how far it has come. Best effort, so that lag tools see progress.
	Commit(next map[warehouse.Partition]int64) error
}

// Chunk is what one fetch brought: records in offset order and the offset at which to go on. All records below Next
// that will ever be delivered have been.
type Chunk struct {
	Partition warehouse.Partition
	Records   []Record
	Next      int64  // the offset to fetch next; beyond the last record where offsets hold no record
	End       int64  // end of what a reader may see now
	Bytes     int    // memory held by the records
	Gap       *Gap   // offsets lost on the broker that the operator chose to skip and record
	Free      func() // gives the memory back; nil when there is nothing to give back
}

// Release gives the memory of the records back. They must not be looked at afterwards.
func (c *Chunk) Release() {
	if c.Free != nil {
		c.Free()
		c.Free = nil
	}
	c.Records = nil
}

// Record is one message. Value nil is a null value.
type Record struct {
	Offset    int64
	Timestamp int64 // milliseconds; negative when there is none, see record.KafkaTime
	Key       []byte
	Value     []byte
	SourcePos int64 // position in a loaded file, from the header "pos"; -1 when there is none
}

// Gap is a range of offsets [From, To) that could not be read.
type Gap struct {
	From, To int64
	Reason   string
}
