package warehouse

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// PinValue pins a table as Pin does, narrowed to the files whose bounds admit the value in the string column. No row with
// the value lies in any other file. Each file names the snapshot that added it.
//
// It reads manifests and no data, so that one case is found among millions in the time that its few files take.
func (l *Lake) PinValue(ctx context.Context, name, column, value string) (Snapshot, error) {
	s, err := l.pinValue(ctx, name, column, value)
	if err != nil {
		return Snapshot{}, fmt.Errorf("find %s in %s.%s: %w", column, namespace, name, err)
	}
	return s, nil
}

func (l *Lake) pinValue(ctx context.Context, name, column, value string) (Snapshot, error) {
	t, fs, err := l.pointers.load(ctx, name)
	if err != nil {
		return Snapshot{}, err
	}
	shape, err := shapeOf(t)
	if err != nil {
		return Snapshot{}, err
	}
	at := shape.Index(column)
	if at < 0 || shape.Columns[at].Type != String {
		return Snapshot{}, fmt.Errorf("there is no string column %s: %w", column, ErrSchema)
	}
	s := Snapshot{Table: name}
	for i, c := range shape.Columns {
		s.Columns = append(s.Columns, PinnedColumn{c, shape.ids[i]})
	}
	head := t.CurrentSnapshot()
	if head == nil {
		return s, nil
	}
	s.ID, s.At = head.SnapshotID, time.UnixMilli(head.TimestampMs).UTC()
	manifests, err := head.Manifests(fs)
	if err != nil {
		return Snapshot{}, err
	}
	id, wanted := shape.ids[at], []byte(value)
	for _, m := range manifests {
		for e, err := range m.Entries(fs, true) {
			if err != nil {
				return Snapshot{}, fmt.Errorf("read manifest %s: %w", m.FilePath(), err)
			}
			f := e.DataFile()
			if lower, ok := f.LowerBoundValues()[id]; ok && bytes.Compare(wanted, lower) < 0 {
				continue
			}
			if upper, ok := f.UpperBoundValues()[id]; ok && bytes.Compare(wanted, upper) > 0 {
				continue
			}
			if nulls, ok := f.NullValueCounts()[id]; ok && nulls == f.Count() {
				continue
			}
			path, err := pathOf(f.FilePath())
			if err != nil {
				return Snapshot{}, err
			}
			s.Files = append(s.Files, PinnedFile{Name: path, Rows: f.Count(), Bytes: f.FileSizeBytes(), Added: e.SnapshotID()})
			s.Rows += f.Count()
		}
	}
	slices.SortFunc(s.Files, func(a, b PinnedFile) int { return strings.Compare(a.Name, b.Name) })
	return s, l.fetch(ctx, s.Files)
}
