package ingest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/dutyflow/dutyflow/ingest/record"
)

// Config says what to read and when to commit.
type Config struct {
	// Topics maps topics to record types. In YAML either a map, or a list of topics that are named like their type.
	Topics Topics `yaml:"topics"`
	// Start is where to begin in a topic that the ledger does not know: earliest, latest, or a time (RFC 3339). It has no
	// default: a wrong guess loses records or brings years of them. Later partitions of a known topic start at the earliest.
	Start string `yaml:"start"`

	BatchRows  int           `yaml:"batch_rows"`  // a batch is committed when it has so many rows,
	BatchBytes int64         `yaml:"batch_bytes"` // or so many bytes as Arrow columns,
	BatchAge   time.Duration `yaml:"batch_age"`   // or its first record is so old

	// MemoryBytes covers what has been fetched, what is open and what is being committed.
	MemoryBytes int64 `yaml:"memory_bytes"`

	CommitTimeout time.Duration `yaml:"commit_timeout"` // limit of one attempt to commit
	StopTimeout   time.Duration `yaml:"stop_timeout"`   // what is still committed after a stop was asked for
	// MaxFailures in a row of one operation end the run.
	MaxFailures int `yaml:"max_failures"`

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

// Topics maps a topic to the name of its record type.
type Topics map[string]string

// UnmarshalYAML reads a map, or a list of topics that are named like their record type.
func (t *Topics) UnmarshalYAML(unmarshal func(any) error) error {
	var list []string
	if err := unmarshal(&list); err == nil {
		*t = make(Topics, len(list))
		for _, name := range list {
			(*t)[name] = name
		}
		return nil
	}
	var m map[string]string
	if err := unmarshal(&m); err != nil {
		return errors.New("topics: must be a list of topics, or a map of topic to record type")
	}
	*t = m
	return nil
}

// Names lists the topics in order.
func (t Topics) Names() []string { return slices.Sorted(maps.Keys(t)) }

// AllTopics maps a topic of each record type's own name to it.
func AllTopics() Topics {
	t := make(Topics)
	for _, c := range record.Contracts() {
		t[c.Name] = c.Name
	}
	return t
}

// The values of Config.Start that are not a time.
const (
	Earliest = "earliest"
	Latest   = "latest"
)

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
		Records:       Records{MaxAhead: o.MaxAhead, MinTime: o.MinTime},
	}
}

// Validate names the first field that cannot be right.
func (c Config) Validate() error {
	if len(c.Topics) == 0 {
		return errors.New("topics: name at least one topic")
	}
	for _, topic := range c.Topics.Names() {
		if _, ok := record.Lookup(c.Topics[topic]); !ok {
			var known []string
			for _, k := range record.Contracts() {
				known = append(known, k.Name)
			}
			return fmt.Errorf("topics.%s: %q is no record type; known are %v", topic, c.Topics[topic], known)
		}
	}
	switch c.Start {
	case Earliest, Latest:
	case "":
		return errors.New("start: must be earliest, latest or a time such as 2026-01-01T00:00:00+08:00; there is no default, because a wrong one loses records")
	default:
		if _, err := time.Parse(time.RFC3339, c.Start); err != nil {
			return fmt.Errorf("start: %q is neither earliest nor latest nor a time such as 2026-01-01T00:00:00+08:00", c.Start)
		}
	}
	switch {
	case c.BatchRows < 1:
		return fmt.Errorf("batch_rows: %d is less than 1", c.BatchRows)
	case c.BatchBytes < 1<<20:
		return fmt.Errorf("batch_bytes: %d is less than 1 MiB", c.BatchBytes)
	case c.BatchAge <= 0:
		return errors.New("batch_age: must be longer than 0")
	case c.MemoryBytes < minMemory:
		return fmt.Errorf("memory_bytes: %d is less than %d MiB", c.MemoryBytes, minMemory>>20)
	case c.CommitTimeout <= 0:
		return errors.New("commit_timeout: must be longer than 0")
	case c.StopTimeout <= 0:
		return errors.New("stop_timeout: must be longer than 0")
	case c.MaxFailures < 1:
		return fmt.Errorf("max_failures: %d is less than 1", c.MaxFailures)
	}
	return nil
}

// Below this a single full fetch of one partition and its columns do not fit.
const minMemory = 64 << 20
