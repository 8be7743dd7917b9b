package warehouse

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/apache/iceberg-go/table"
	"golang.org/x/sync/errgroup"
)

// ExpireOptions say which snapshots Expire may remove. The zero value is the defaults.
type ExpireOptions struct {
	Tables    []string         // only these
	OlderThan time.Duration    // 0: 7 days
	KeepLast  int              // snapshots of main that stay whatever their age; 0: 10
	DryRun    bool             // say what would be done, and do nothing
	Now       time.Time        // age counts back from it; zero: time.Now
	Progress  func(ExpireStep) // called after each table
}

// ExpireStep is what Expire did, or would do, to one table.
type ExpireStep struct {
	Table     string
	Snapshots int // removed
	Kept      int
	Files     int // data files, manifests and lists that no snapshot needs any more, removed
	Bytes     int64
	Left      int // of those, files that could not be removed; clean finds them
}

const (
	expireAge  = 7 * 24 * time.Hour
	expireKeep = 10
	// removers is how many files are removed at once.
	removers = 8
)

// Expire removes snapshots that are old and that no branch or tag needs, and then the files that were theirs alone. A
// process that dies in between leaves orphans, which Clean removes. Readers of a pin that is older than OlderThan and
// not held (Hold) lose their files.
func (l *Lake) Expire(ctx context.Context, o ExpireOptions) ([]ExpireStep, error) {
	o.OlderThan = cmp.Or(o.OlderThan, expireAge)
	o.KeepLast = cmp.Or(o.KeepLast, expireKeep)
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	tables := o.Tables
	if len(tables) == 0 {
		tables = l.names()
	}
	var steps []ExpireStep
	for _, name := range tables {
		step, err := l.expire(ctx, name, o)
		if err != nil {
			return steps, fmt.Errorf("expire snapshots of %s.%s: %w", namespace, name, err)
		}
		steps = append(steps, step)
		if o.Progress != nil {
			o.Progress(step)
		}
	}
	return steps, nil
}

func (l *Lake) expire(ctx context.Context, name string, o ExpireOptions) (ExpireStep, error) {
	step := ExpireStep{Table: name}
	var before, after table.Metadata
	// A table of which nothing expires must not be committed to.
	err := l.changeRefs(ctx, name, func(t *table.Table) ([]table.Update, error) {
		before = t.Metadata()
		ids := expired(before, o)
		step.Snapshots, step.Kept = len(ids), len(before.Snapshots())-len(ids)
		if len(ids) == 0 {
			return nil, nil
		}
		updates := []table.Update{table.NewRemoveSnapshotsUpdate(ids, false)}
		next, err := table.UpdateTableMetadata(before, updates, "")
		after = next
		if o.DryRun {
			return nil, err
		}
		return updates, err
	})
	if err != nil || step.Snapshots == 0 {
		return step, err
	}
	lost, err := l.unneeded(ctx, before, after)
	if err != nil {
		return step, fmt.Errorf("find what no snapshot needs: %w", err)
	}
	return step, l.removeFiles(ctx, lost, &step, o.DryRun)
}

// expired chooses snapshots: all that are not the head of a branch or tag, nor among the last of main, nor younger.
// Another branch keeps its whole history, since only its owner knows what it is for.
func expired(md table.Metadata, o ExpireOptions) []int64 {
	keep := map[int64]bool{}
	for name, ref := range md.Refs() {
		keep[ref.SnapshotID] = true
		if ref.SnapshotRefType != table.BranchRef {
			continue
		}
		n := 0
		for s := md.SnapshotByID(ref.SnapshotID); s != nil; n++ {
			if name != table.MainBranch || n < o.KeepLast {
				keep[s.SnapshotID] = true
			}
			if s.ParentSnapshotID == nil {
				break
			}
			s = md.SnapshotByID(*s.ParentSnapshotID)
		}
	}
	var ids []int64
	before := o.Now.Add(-o.OlderThan).UnixMilli()
	for _, s := range md.Snapshots() {
		if !keep[s.SnapshotID] && s.TimestampMs < before {
			ids = append(ids, s.SnapshotID)
		}
	}
	return ids
}

// unneeded gives the files that before names and after does not, with their sizes.
func (l *Lake) unneeded(ctx context.Context, before, after table.Metadata) (map[string]int64, error) {
	stay := references{}
	if err := stay.add(ctx, l.store, after, nil); err != nil {
		return nil, err
	}
	all := references{}
	// Only what the vanished snapshots name is asked for: a manifest that stays names nothing that goes.
	if err := all.add(ctx, l.store, before, stay); err != nil {
		return nil, err
	}
	for name := range stay {
		delete(all, name)
	}
	return all, nil
}

// references are files that snapshots name, with their sizes; 0 is unknown.
type references map[string]int64

// add adds manifest lists, manifests and data files of all snapshots. A manifest that known has is not read.
func (r references) add(ctx context.Context, files store, md table.Metadata, known references) error {
	fs := &attemptFS{ctx: ctx, store: files}
	for _, s := range md.Snapshots() {
		if err := r.put(s.ManifestList, 0); err != nil {
			return err
		}
		manifests, err := s.Manifests(fs)
		if err != nil {
			return fmt.Errorf("read %s: %w", s.ManifestList, err)
		}
		for _, m := range manifests {
			name, err := pathOf(m.FilePath())
			if err != nil {
				return err
			}
			_, seen := r[name]
			_, stays := known[name]
			r[name] = m.Length()
			if seen || stays {
				continue
			}
			for e, err := range m.Entries(fs, true) {
				if err != nil {
					return fmt.Errorf("read %s: %w", name, err)
				}
				if err := r.put(e.DataFile().FilePath(), e.DataFile().FileSizeBytes()); err != nil {
					return err
				}
			}
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
		}
	}
	return nil
}

func (r references) put(uri string, bytes int64) error {
	name, err := pathOf(uri)
	if err == nil {
		r[name] = bytes
	}
	return err
}

// removeFiles removes files that no snapshot names. One that cannot be removed is left for clean: the snapshots are
// gone already, and the others should follow.
func (l *Lake) removeFiles(ctx context.Context, names map[string]int64, step *ExpireStep, dry bool) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(removers)
	left := make(chan struct{}, len(names))
	for name, bytes := range names {
		step.Files, step.Bytes = step.Files+1, step.Bytes+bytes
		if dry {
			continue
		}
		group.Go(func() error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err := l.store.remove(ctx, name); err != nil {
				left <- struct{}{}
			}
			return nil
		})
	}
	err := group.Wait()
	step.Left += len(left)
	step.Files -= len(left)
	return err
}
