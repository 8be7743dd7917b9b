package ingest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/dutyflow/dutyflow/ingest/record"
)

// Topics says of each topic what it holds and how it is read.
type Topics map[string]Topic

// Topic is one topic.
type Topic struct {
	Type   string `yaml:"type"`   // record type, such as duty.step
	Poison Poison `yaml:"poison"` // what becomes of a record that breaks its contract: reject (default), fail or skip
	Start  string `yaml:"start"`  // where to begin when the ledger does not know the topic; empty: Config.Start
}

// The values of Config.Start and Topic.Start that are not a time.
const (
	Earliest = "earliest"
	Latest   = "latest"
)

// UnmarshalYAML reads a map of topic to Topic or to record type, or a list of topics that are named like their record
// type.
func (t *Topics) UnmarshalYAML(unmarshal func(any) error) error {
	var list []string
	if err := unmarshal(&list); err == nil {
		*t = make(Topics, len(list))
		for _, name := range list {
			(*t)[name] = Topic{Type: name}
		}
		return nil
	}
	var m map[string]Topic
	if err := unmarshal(&m); err != nil {
		return fmt.Errorf("topics: must be a list of topics, a map of topic to record type, or a map of topic to type, poison and start: %w", err)
	}
	*t = m
	return nil
}

// UnmarshalYAML reads the name of a record type, or type, poison and start.
func (t *Topic) UnmarshalYAML(unmarshal func(any) error) error {
	var name string
	if err := unmarshal(&name); err == nil {
		*t = Topic{Type: name}
		return nil
	}
	type plain Topic // without this method
	return unmarshal((*plain)(t))
}

func (t Topic) validate() error {
	if _, ok := record.Lookup(t.Type); !ok {
		var known []string
		for _, k := range record.Contracts() {
			known = append(known, k.Name)
		}
		return fmt.Errorf("%q is no record type; known are %v", t.Type, known)
	}
	switch t.Poison {
	case "", PoisonReject, PoisonFail, PoisonSkip:
	default:
		return fmt.Errorf("poison: %q is neither %s, %s nor %s", t.Poison, PoisonReject, PoisonFail, PoisonSkip)
	}
	if t.Start == "" {
		return nil
	}
	return checkStart(t.Start)
}

func checkStart(start string) error {
	switch start {
	case Earliest, Latest:
		return nil
	case "":
		return errors.New("start: must be earliest, latest or a time such as 2026-01-01T00:00:00+08:00; there is no default, because a wrong one loses records")
	}
	if _, err := time.Parse(time.RFC3339, start); err != nil {
		return fmt.Errorf("start: %q is neither earliest nor latest nor a time such as 2026-01-01T00:00:00+08:00", start)
	}
	return nil
}

// startOf is where a topic begins that the ledger does not know.
func (c Config) startOf(topic string) string {
	if own := c.Topics[topic].Start; own != "" {
		return own
	}
	return c.Start
}

// Names lists the topics in order.
func (t Topics) Names() []string { return slices.Sorted(maps.Keys(t)) }

// AllTopics maps a topic of each record type's own name to it.
func AllTopics() Topics {
	t := make(Topics)
	for _, c := range record.Contracts() {
		t[c.Name] = Topic{Type: c.Name}
	}
	return t
}
