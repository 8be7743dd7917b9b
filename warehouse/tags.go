package warehouse

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/apache/iceberg-go/table"
)

// tagPrefix begins the names of the tags that Hold sets: others are somebody else's and are never removed.
const tagPrefix = "dutyflow-"

// errNoSnapshot says that a snapshot that was to be held is not there any more.
var errNoSnapshot = errors.New("the snapshot has expired")

// Hold keeps pinned snapshots from expiry by a tag on each of their tables, until Release. A snapshot without an id,
// of a table without rows, needs none. Holding again under the same name moves the tags. After an error some tables may
// be held and others not; hold again or release.
func (l *Lake) Hold(ctx context.Context, name string, pinned []Snapshot) error {
	for _, s := range pinned {
		if s.ID == 0 {
			continue
		}
		err := l.changeRefs(ctx, s.Table, func(t *table.Table) ([]table.Update, error) {
			if t.Metadata().SnapshotByID(s.ID) == nil {
				return nil, fmt.Errorf("%w: %d; pin again", errNoSnapshot, s.ID)
			}
			for ref, at := range t.Metadata().Refs() {
				if ref == tagPrefix+name && at.SnapshotID == s.ID {
					return nil, nil
				}
			}
			return []table.Update{table.NewSetSnapshotRefUpdate(tagPrefix+name, s.ID, table.TagRef, 0, 0, 0)}, nil
		})
		if err != nil {
			return fmt.Errorf("hold %s.%s as %s: %w", namespace, s.Table, name, err)
		}
	}
	return nil
}

// Release removes the tags of Hold whose names keep does not want, on all tables.
func (l *Lake) Release(ctx context.Context, keep func(name string) bool) error {
	for _, name := range l.names() {
		err := l.changeRefs(ctx, name, func(t *table.Table) ([]table.Update, error) {
			var updates []table.Update
			for ref := range t.Metadata().Refs() {
				if held, ours := strings.CutPrefix(ref, tagPrefix); ours && !keep(held) {
					updates = append(updates, table.NewRemoveSnapshotRefUpdate(ref))
				}
			}
			return updates, nil
		})
		if err != nil {
			return fmt.Errorf("release %s.%s: %w", namespace, name, err)
		}
	}
	return nil
}

// Held is a snapshot that somebody keeps from expiry by Hold.
type Held struct {
	Name     string // as given to Hold
	Table    string
	Snapshot int64
	At       time.Time // when the snapshot was committed: the hold began then or later
}

// Holds lists what is held, by name and table.
func (l *Lake) Holds(ctx context.Context) ([]Held, error) {
	var held []Held
	for _, name := range l.names() {
		t, _, err := l.pointers.load(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("list holds: %w", err)
		}
		for ref, at := range t.Metadata().Refs() {
			who, ours := strings.CutPrefix(ref, tagPrefix)
			if !ours || at.SnapshotRefType != table.TagRef {
				continue
			}
			h := Held{Name: who, Table: name, Snapshot: at.SnapshotID}
			if s := t.Metadata().SnapshotByID(at.SnapshotID); s != nil {
				h.At = time.UnixMilli(s.TimestampMs).UTC()
			}
			held = append(held, h)
		}
	}
	slices.SortFunc(held, func(a, b Held) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Table, b.Table))
	})
	return held, nil
}

// changeRefs commits what change wants, beginning again when another writer was faster. It makes no snapshot: what it
// does twice is the same as once.
func (l *Lake) changeRefs(ctx context.Context, name string, change func(t *table.Table) ([]table.Update, error)) error {
	var last error
	for attempt := range maxAttempts {
		if attempt > 0 {
			pause(ctx, attempt)
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		t, fs, err := l.pointers.load(ctx, name)
		if err != nil {
			return err
		}
		updates, err := change(t)
		if err != nil || len(updates) == 0 {
			return err
		}
		_, _, last = (&mover{l.pointers, fs}).CommitTable(ctx, t.Identifier(), []table.Requirement{unchanged{t.Metadata()}}, updates)
		var lost *unknownError
		switch {
		case last == nil:
			return nil
		case errors.As(last, &lost):
		case errors.Is(last, errLostRace):
			fs.discard()
		default:
			return plain(last)
		}
	}
	return fmt.Errorf("%w %d times: %w", ErrConflict, maxAttempts, last)
}

// unchanged requires that nobody has committed since a table was loaded. What changes references must ask for it: a tag
// that was set meanwhile on a snapshot that expires would vanish with it.
type unchanged struct{ since table.Metadata }

func (u unchanged) Validate(now table.Metadata) error {
	if now == nil || !now.Equals(u.since) {
		return table.ErrCommitFailed
	}
	return nil
}

func (unchanged) GetType() string { return "dutyflow-unchanged" }
