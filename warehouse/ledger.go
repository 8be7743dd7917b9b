package warehouse

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/apache/iceberg-go/table"
)

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
	// Gap is where the last range of lost offsets that was recorded ends, 0 when there was none. By it duty.rejects
	// knows whether it holds the row of a gap, which it cannot tell by the offset: see AppendRejects.
	Gap int64
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

// entry is how a mark is written down: {cluster: {topic: {partition: entry}}}.
type entry struct {
	Next      int64  `json:"next"`
	Timestamp int64  `json:"ts,omitempty"`
	CRC       uint32 `json:"crc,omitempty"`
	Last      int64  `json:"last"`
	Gap       int64  `json:"gap,omitempty"`
}

type entries map[string]map[string]map[string]entry

// Ledger reads the ledger of a table.
func (l *Lake) Ledger(ctx context.Context, table string) (Ledger, error) {
	t, _, err := l.pointers.load(ctx, table)
	if err != nil {
		return nil, err
	}
	if err := checkHead(t); err != nil {
		return nil, err
	}
	return ledgerOf(t)
}

func ledgerOf(t *table.Table) (Ledger, error) {
	text, ok := t.Properties()[propLedger]
	if !ok {
		return Ledger{}, nil
	}
	var nested entries
	if err := json.Unmarshal([]byte(text), &nested); err != nil {
		return nil, fmt.Errorf("read ledger of %s: %w", nameOf(t), err)
	}
	led := Ledger{}
	for cluster, topics := range nested {
		for topic, partitions := range topics {
			for id, e := range partitions {
				n, err := strconv.ParseInt(id, 10, 32)
				if err != nil {
					return nil, fmt.Errorf("read ledger of %s: partition %q of %s is not a number", nameOf(t), id, topic)
				}
				led[Partition{cluster, topic, int32(n)}] = Mark(e)
			}
		}
	}
	return led, nil
}

// text is the same for the same ledger: JSON object keys are sorted.
func (led Ledger) text() (string, error) {
	nested := entries{}
	for p, m := range led {
		if nested[p.Cluster] == nil {
			nested[p.Cluster] = map[string]map[string]entry{}
		}
		if nested[p.Cluster][p.Topic] == nil {
			nested[p.Cluster][p.Topic] = map[string]entry{}
		}
		nested[p.Cluster][p.Topic][strconv.Itoa(int(p.ID))] = entry(m)
	}
	b, err := json.Marshal(nested)
	return string(b), err
}

// moved returns a copy with the entries moved.
func (led Ledger) moved(moves []Move) Ledger {
	next := maps.Clone(led)
	for _, m := range moves {
		next[m.Partition] = m.To
	}
	return next
}

// checkMoves refuses what the protocol could not tell apart: a move that goes nowhere looks landed before it began.
func checkMoves(moves []Move) error {
	seen := map[Partition]bool{}
	for _, m := range moves {
		switch {
		case seen[m.Partition]:
			return fmt.Errorf("move %s: named twice in one commit", m.Partition)
		case m.To.Next <= m.From || m.To.Next < 0:
			return fmt.Errorf("move %s from %d to %d: a move must go forward", m.Partition, m.From, m.To.Next)
		}
		seen[m.Partition] = true
	}
	return nil
}

// String is the partition as messages name it: topic[partition] of cluster.
func (p Partition) String() string {
	return fmt.Sprintf("%s[%d] of cluster %s", p.Topic, p.ID, p.Cluster)
}

// checkHead refuses a table whose current snapshot is older than its ledger: somebody has rolled it back, the rows of
// the snapshots in between are gone, and the ledger would have their offsets skipped for ever.
func checkHead(t *table.Table) error {
	text, ok := t.Properties()[propSequence]
	if !ok {
		return nil
	}
	moved, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return fmt.Errorf("read ledger of %s: property %s is %q, not a number", nameOf(t), propSequence, text)
	}
	head := t.CurrentSnapshot()
	if head != nil && head.SequenceNumber >= moved {
		return nil
	}
	at := "it has no current snapshot"
	if head != nil {
		at = fmt.Sprintf("its current snapshot has sequence number %d", head.SequenceNumber)
	}
	return fmt.Errorf("read ledger of %s: %w: %s and the ledger was moved at %d; set main to the newest snapshot again, or set the ledger back with `dutyflow ledger reset`",
		nameOf(t), ErrRolledBack, at, moved)
}

func nameOf(t *table.Table) string { return strings.Join(t.Identifier(), ".") }
