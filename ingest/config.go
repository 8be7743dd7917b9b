package ingest

import (
	"errors"
	"fmt"
	"time"

	"github.com/dutyflow/dutyflow/ingest/record"
)

// Config says what to read and when to commit.
type Config struct {
	// Topics says what is read. In YAML a list of topics that are named like their record type; or a map of topic to
	// record type; or a map of topic to type, poison (reject, fail, skip: what becomes of a record that breaks its
	// contract) and start.
	Topics Topics `yaml:"topics"`
	// Start is where to begin in a topic that the ledger does not know: earliest, latest, or a time (RFC 3339). It has no
	// default: a wrong guess loses records or brings years of them. Later partitions of a known topic start at the earliest.
	// A topic may have a start of its own.
	Start string `yaml:"start"`

	BatchRows  int           `yaml:"batch_rows"`  // a batch is committed when it has so many rows, at most 16777216,
	BatchBytes int64         `yaml:"batch_bytes"` // or so many bytes as Arrow columns, at most 1073741824,
	BatchAge   time.Duration `yaml:"batch_age"`   // or its first record is so old

	// MemoryBytes covers what has been fetched, what is open and what is being committed.
	MemoryBytes int64 `yaml:"memory_bytes"`

	CommitTimeout time.Duration `yaml:"commit_timeout"` // limit of one attempt to commit
	StopTimeout   time.Duration `yaml:"stop_timeout"`   // what is still committed after a stop was asked for
	// MaxFailures in a row of one operation end the run.
	MaxFailures int `yaml:"max_failures"`

	// StallAfter is how long a partition may stand still although the broker has more, or be silent, before that is an
	// alarm: a line in the log, dutyflow_ingest_stalled_partitions, and /healthz fails.
	StallAfter time.Duration `yaml:"stall_after"`

	// Records widens or narrows what the contracts accept as a time.
	Records Records `yaml:"records"`

	// UntilCaughtUp ends the run when every partition has reached the end that it had when the run began.
	UntilCaughtUp bool `yaml:"-"`
	// SourceFile is the _source_file of every row: the name of the file that is being loaded.
	SourceFile string `yaml:"-"`
}

// Records are the options of decoding that an operator may set.
type Records struct {
	NaiveTimes bool          `yaml:"naive_times"` // accept a time without offset, read in the lake's zone
	MaxAhead   time.Duration `yaml:"max_ahead"`   // an event time further ahead of its Kafka timestamp is a reject
	MinTime    time.Time     `yaml:"min_time"`    // an earlier event time is a reject
	// AllowPersonal accepts pseudonyms that look like a person's name, ID number or mobile number.
	AllowPersonal bool `yaml:"allow_personal"`
}

// Options are the decoder's options with these settings, in the business zone.
func (r Records) Options(zone *time.Location) record.Options {
	return record.Options{Zone: zone, NaiveTimes: r.NaiveTimes, MinTime: r.MinTime, MaxAhead: r.MaxAhead, AllowPersonal: r.AllowPersonal}
}

// DefaultConfig reads a topic per record type and leaves open where to start.
func DefaultConfig() Config {
	o := record.DefaultOptions()
	return Config{
		Topics:        AllTopics(),
		BatchRows:     256 << 10,
		BatchBytes:    160 << 20,
		BatchAge:      10 * time.Second,
		MemoryBytes:   512 << 20,
		CommitTimeout: 5 * time.Minute,
		StopTimeout:   time.Minute,
		MaxFailures:   20,
		StallAfter:    5 * time.Minute,
		Records:       Records{MaxAhead: o.MaxAhead, MinTime: o.MinTime},
	}
}

// Validate names the first field that cannot be right.
func (c Config) Validate() error {
	if len(c.Topics) == 0 {
		return errors.New("topics: name at least one topic")
	}
	for _, topic := range c.Topics.Names() {
		if err := c.Topics[topic].validate(); err != nil {
			return fmt.Errorf("topics.%s: %w", topic, err)
		}
		if c.Topics[topic].Start != "" {
			continue
		}
		if err := checkStart(c.Start); err != nil {
			return err
		}
	}
	if c.Start != "" {
		if err := checkStart(c.Start); err != nil {
			return err
		}
	}
	switch {
	case c.BatchRows < 1:
		return fmt.Errorf("batch_rows: %d is less than 1", c.BatchRows)
	case c.BatchBytes < 1<<20:
		return fmt.Errorf("batch_bytes: %d is less than 1 MiB", c.BatchBytes)
	case c.BatchRows > maxBatchRows:
		return fmt.Errorf("batch_rows: %d is more than %d", c.BatchRows, maxBatchRows)
	case c.BatchBytes > maxBatchBytes:
		return fmt.Errorf("batch_bytes: %d is more than 1 GiB", c.BatchBytes)
	case c.BatchAge <= 0:
		return errors.New("batch_age: must be longer than 0")
	case c.MemoryBytes < minMemory:
		return fmt.Errorf("memory_bytes: %d is less than %d MiB", c.MemoryBytes, minMemory>>20)
	case c.CommitTimeout <= 0:
		return errors.New("commit_timeout: must be longer than 0")
	case c.StopTimeout <= 0:
		return errors.New("stop_timeout: must be longer than 0")
	case c.StallAfter <= c.BatchAge:
		return fmt.Errorf("stall_after: must be longer than batch_age, %s: a record that waits for company would be an alarm", c.BatchAge)
	case c.MaxFailures < 1:
		return fmt.Errorf("max_failures: %d is less than 1", c.MaxFailures)
	}
	return nil
}

// Below this a single full fetch of one partition and its columns do not fit.
const minMemory = 64 << 20

// Limits of a batch. The strings of one column lie behind offsets of 32 bits, and a batch is looked at after each chunk,
// so that it may exceed its size by one. So many rows are a file of gigabytes, which nobody wants.
const (
	maxBatchRows  = 16 << 20
	maxBatchBytes = 1 << 30
)
