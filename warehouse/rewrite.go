package warehouse

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
	"github.com/google/uuid"
)

// errGone says that a file which was to be replaced is not in the table any more: another compaction or a forget has
// replaced it. It is certain that nothing was committed.
var errGone = errors.New("a file is not in the table any more; another command has replaced it")

// propMapping is what iceberg-go adds to a table when it replaces files. Our files carry field ids and need none.
const propMapping = "schema.name-mapping.default"

// liveFiles gives the data files of the table's current snapshot. A table with delete files is refused: its rows are
// not what the data files hold.
func liveFiles(ctx context.Context, t *table.Table) ([]iceberg.DataFile, error) {
	head := t.CurrentSnapshot()
	if head == nil {
		return nil, nil
	}
	return filesOfSnapshot(ctx, t, head)
}

func filesOfSnapshot(ctx context.Context, t *table.Table, s *table.Snapshot) ([]iceberg.DataFile, error) {
	fs, err := t.FS(ctx)
	if err != nil {
		return nil, err
	}
	manifests, err := s.Manifests(fs)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", s.ManifestList, err)
	}
	var files []iceberg.DataFile
	for _, m := range manifests {
		for e, err := range m.Entries(fs, true) {
			if err != nil {
				return nil, fmt.Errorf("read %s: %w", m.FilePath(), err)
			}
			if e.DataFile().ContentType() != iceberg.EntryContentData {
				return nil, fmt.Errorf("%s has delete files, which another engine wrote and Dutyflow does not apply; rewrite the table there without them",
					nameOf(t))
			}
			files = append(files, e.DataFile())
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
	return files, nil
}

// replaceAttempts is more than an append makes: a replace reads the manifests and writes some anew, and of those that
// commit at the same time the shorter one is first. Beside three busy workers a dozen attempts were all too late.
const replaceAttempts = 40

// replace puts files in the place of others, in one snapshot of kind replace: to Iceberg no row was added or removed.
// It follows the commit protocol and leaves the ledger and all other properties as they are. Rows that others append
// meanwhile stay: the requirement on main makes the commit begin again on the new head, and the files to be replaced
// must be there still.
func (l *Lake) replace(ctx context.Context, name string, old []iceberg.DataFile, files []File, summary iceberg.Properties) error {
	id := uuid.NewString()
	err := l.commit(ctx, work{
		table:    name,
		attempts: replaceAttempts,
		files:    &files,
		kept:     true, // to write them again may take as long; a clean of this directory waits for its turn
		look: func(ctx context.Context, t *table.Table) (verdict, error) {
			if v := lookFor(t, id); v == landed {
				return v, nil
			}
			return open, stillThere(ctx, t, old)
		},
		stage: func(ctx context.Context, t *table.Table, tx *table.Transaction) error {
			props := iceberg.Properties{}
			maps.Copy(props, summary)
			props[sumCommit] = id
			r := tx.NewRewrite(props)
			for _, f := range old {
				r.DeleteFile(f)
			}
			for _, f := range files {
				r.AddDataFile(f.data)
			}
			if err := r.Commit(ctx); err != nil {
				return err
			}
			if _, had := t.Properties()[propMapping]; had {
				return nil
			}
			return tx.RemoveProperties([]string{propMapping})
		},
	})
	if err != nil {
		l.Discard(files)
	}
	return err
}

func stillThere(ctx context.Context, t *table.Table, old []iceberg.DataFile) error {
	live, err := liveFiles(ctx, t)
	if err != nil {
		return err
	}
	there := make(map[string]bool, len(live))
	for _, f := range live {
		there[f.FilePath()] = true
	}
	for _, f := range old {
		if !there[f.FilePath()] {
			return fmt.Errorf("replace %s: %w", f.FilePath(), errGone)
		}
	}
	return nil
}

// rewriteFiles merges data files of one partition into new ones of about target bytes. change may be nil.
func (l *Lake) rewriteFiles(ctx context.Context, s *shape, part int32, old []iceberg.DataFile, target int64, change edit) (_ []File, err error) {
	var streams []*stream
	defer func() {
		for _, st := range streams {
			st.close()
		}
	}()
	for _, f := range old {
		name, err := pathOf(f.FilePath())
		if err != nil {
			return nil, err
		}
		path, err := l.store.local(ctx, name, f.FileSizeBytes())
		if err != nil {
			return nil, err
		}
		st, err := openStream(ctx, s, name, path, change)
		if err != nil {
			return nil, err
		}
		streams = append(streams, st)
	}
	out := &output{lake: l, shape: s, part: part, target: target}
	err = merge(ctx, s, streams, func(rows arrow.RecordBatch, order []int32) error { return out.group(ctx, rows, order) })
	if err == nil {
		err = out.close()
	}
	if err != nil {
		out.discard()
		return nil, err
	}
	return out.files, nil
}

// partitionOf is the partition value of a data file; 0 in a table without partitions.
func partitionOf(f iceberg.DataFile) (int32, error) {
	for _, value := range f.Partition() {
		switch value := value.(type) {
		case int32:
			return value, nil
		case int:
			return int32(value), nil
		case iceberg.Date:
			return int32(value), nil
		default:
			return 0, fmt.Errorf("read partition of %s: it has type %T", f.FilePath(), value)
		}
	}
	return 0, nil
}
