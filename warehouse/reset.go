package warehouse

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
	"github.com/google/uuid"
)

// Reset sets one ledger entry, or removes it when To is nil.
type Reset struct {
	Partition
	To *Mark
}

// resetRecord is how a reset is remembered in the table, so that Verify knows why offsets appear twice.
type resetRecord struct {
	Cluster   string    `json:"cluster"`
	Topic     string    `json:"topic"`
	Partition int32     `json:"partition"`
	Was       int64     `json:"was"` // NoMark: there was no entry
	To        int64     `json:"to"`  // NoMark: the entry was removed
	At        time.Time `json:"at"`
}

// ResetLedger sets or removes entries of a record table's ledger, and of the one that duty.rejects keeps. What is read
// again afterwards is in the lake twice under the same delivery key; staging keeps one row per business key.
//
// duty.rejects goes first. In the other order a crash in between would leave its ledger ahead, and the rejects of what
// is read again would be taken for written.
func (l *Lake) ResetLedger(ctx context.Context, name string, resets ...Reset) error {
	if len(resets) == 0 {
		return nil
	}
	if _, err := l.shape(name); err != nil {
		return fmt.Errorf("reset ledger: %w", err)
	}
	for _, t := range []string{Rejects.Name, name} {
		if err := l.resetTable(ctx, t, resets); err != nil {
			return fmt.Errorf("reset ledger of %s.%s: %w", namespace, t, err)
		}
	}
	return nil
}

func (l *Lake) resetTable(ctx context.Context, name string, resets []Reset) error {
	id := uuid.NewString()
	return l.commit(ctx, work{
		table: name,
		files: new([]File),
		look:  func(_ context.Context, t *table.Table) (verdict, error) { return lookFor(t, id), nil },
		stage: func(ctx context.Context, t *table.Table, tx *table.Transaction) error {
			led, err := ledgerOf(t)
			if err != nil {
				return err
			}
			records, err := resetsOf(t)
			if err != nil {
				return err
			}
			next := maps.Clone(led)
			for _, r := range resets {
				rec := resetRecord{r.Cluster, r.Topic, r.ID, NoMark, NoMark, time.Now().UTC()}
				if was, ok := led[r.Partition]; ok {
					rec.Was = was.Next
				}
				if r.To != nil {
					rec.To, next[r.Partition] = r.To.Next, *r.To
				} else {
					delete(next, r.Partition)
				}
				records = append(records, rec)
			}
			text, err := json.Marshal(records)
			if err != nil {
				return err
			}
			if err := tx.SetProperties(iceberg.Properties{propResets: string(text)}); err != nil {
				return err
			}
			return add(ctx, t, tx, nil, iceberg.Properties{sumCommit: id}, next)
		},
	})
}

func resetsOf(t *table.Table) ([]resetRecord, error) {
	text, ok := t.Properties()[propResets]
	if !ok {
		return nil, nil
	}
	var records []resetRecord
	if err := json.Unmarshal([]byte(text), &records); err != nil {
		return nil, fmt.Errorf("read %s of %s: %w", propResets, nameOf(t), err)
	}
	return records, nil
}
