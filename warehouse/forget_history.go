package warehouse

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
	"github.com/twmb/avro/ocf"
)

// dropDeleted writes manifests anew that have entries of files which the table has no more: with their bounds they hold
// what was in those files, and each snapshot takes them over from the one before.
func (l *Lake) dropDeleted(ctx context.Context, name string) error {
	holds := func(m iceberg.ManifestFile) bool { return m.DeletedDataFiles() != 0 }
	err := l.commit(ctx, work{
		table: name,
		files: &[]File{},
		look: func(ctx context.Context, t *table.Table) (verdict, error) {
			head := t.CurrentSnapshot()
			if head == nil {
				return landed, nil
			}
			manifests, err := head.Manifests(&attemptFS{ctx: ctx, store: l.store})
			if err != nil {
				return open, fmt.Errorf("read %s: %w", head.ManifestList, err)
			}
			for _, m := range manifests {
				if holds(m) {
					return open, nil
				}
			}
			return landed, nil
		},
		stage: func(ctx context.Context, _ *table.Table, tx *table.Transaction) error {
			// By size alone the library leaves a single manifest as it is; by a key it writes all that it is given.
			_, err := tx.RewriteManifests(ctx, table.WithRewriteManifestPredicate(holds),
				table.WithRewriteManifestClusterBy(func(iceberg.DataFile) any { return true }))
			return err
		},
	})
	if err != nil {
		return fmt.Errorf("drop entries of removed files: %w", err)
	}
	return nil
}

// dropHistory removes every snapshot but the current one, whoever holds it, and their files at once: what must be
// forgotten lies in them.
func (l *Lake) dropHistory(ctx context.Context, name string, step *ForgetStep) error {
	began := time.Now()
	var kept *table.Snapshot
	was := map[int64]bool{} // snapshots that were committed
	// One commit for both: a hold that comes between would keep a snapshot.
	err := l.changeRefs(ctx, name, func(t *table.Table) ([]table.Update, error) {
		md := t.Metadata()
		var updates []table.Update
		for ref := range md.Refs() {
			if ref != table.MainBranch {
				updates = append(updates, table.NewRemoveSnapshotRefUpdate(ref))
			}
		}
		kept = md.CurrentSnapshot()
		var ids []int64
		for _, s := range md.Snapshots() {
			was[s.SnapshotID] = true
			if kept == nil || s.SnapshotID != kept.SnapshotID {
				ids = append(ids, s.SnapshotID)
			}
		}
		if len(ids) > 0 {
			updates = append(updates, table.NewRemoveSnapshotsUpdate(ids, false))
		}
		return updates, nil
	})
	if err != nil {
		return fmt.Errorf("remove older snapshots: %w", err)
	}
	t, _, err := l.pointers.load(ctx, name)
	if err != nil {
		return err
	}
	for _, s := range t.Metadata().Snapshots() {
		if kept == nil || s.SequenceNumber < kept.SequenceNumber { // younger ones are writers' who went on
			return fmt.Errorf("snapshot %d is still there; run the same command again", s.SnapshotID)
		}
	}
	return l.removeHistory(ctx, name, was, began, step)
}

// removeHistory removes the files of snapshots that the table has no more: those that have just gone, and those of which
// an earlier run that died has left files. A commit under way has files that no snapshot names either, so each file must
// be known to have been in the table, or be so old that it belongs to no commit.
func (l *Lake) removeHistory(ctx context.Context, name string, was map[int64]bool, began time.Time, step *ForgetStep) error {
	before, err := l.pointers.current(ctx, name)
	if err != nil {
		return err
	}
	dir := l.root + "/" + namespace + "/" + name
	var files []object
	there := map[string]bool{}
	for f, err := range l.store.list(ctx, dir) {
		if err != nil {
			return err
		}
		files = append(files, f)
		there[f.name] = true
	}
	t, _, err := l.pointers.load(ctx, name)
	if err != nil {
		return err
	}
	needed := references{}
	if err := l.neededFiles(ctx, name, files, needed); err != nil {
		return err
	}
	if err := l.checkListed(ctx, before, there, needed); err != nil {
		return err
	}
	h := history{lake: l, needed: needed, was: was, data: references{}, manifests: references{}, lists: references{}}
	if head := t.CurrentSnapshot(); head != nil {
		h.last = head.SequenceNumber
	}
	if err := h.find(ctx, files); err != nil {
		return fmt.Errorf("find files of older snapshots: %w", err)
	}
	for _, f := range files {
		if has(needed, f.name) || has(h.data, f.name) || has(h.manifests, f.name) || has(h.lists, f.name) {
			continue
		}
		switch {
		case f.at.Before(began.Add(-cleanGrace)):
			h.data[f.name] = f.bytes
		case !strings.HasSuffix(f.name, metadataSuffix): // metadata files hold no values
			step.Young++
		}
	}
	// Lists and manifests tell another run what is left, so they go after what they name.
	var gone ExpireStep
	for _, names := range []references{h.data, h.manifests, h.lists} {
		for file := range names {
			if !there[file] {
				delete(names, file)
			}
		}
		if err := l.removeFiles(ctx, names, &gone, false); err != nil {
			return err
		}
		step.Removed, step.Left = gone.Files, gone.Left
		if gone.Left > 0 {
			return nil
		}
	}
	return nil
}

// history finds files of snapshots that a table has no more by the manifest lists that still lie in its directory.
type history struct {
	lake                   *Lake
	needed                 references
	was                    map[int64]bool // snapshots that were committed, as far as is known
	last                   int64          // sequence number of the head
	data, manifests, lists references     // what may be removed
}

func (h *history) find(ctx context.Context, files []object) error {
	store := &attemptFS{ctx: ctx, store: h.lake.store}
	var all []iceberg.ManifestFile
	for _, f := range files {
		base := baseOf(f.name)
		if has(h.needed, f.name) || !strings.Contains(base, "snap-") || !strings.HasSuffix(base, ".avro") {
			continue
		}
		content, err := store.ReadFile(uriOf(f.name))
		if errors.Is(err, fs.ErrNotExist) {
			continue // its owner has taken it back
		}
		if err != nil {
			return err
		}
		id, sequence, manifests, err := readList(content)
		// A commit under way would be the next one. One that is not can never land: the catalog has gone on.
		if err != nil || sequence > h.last {
			continue // what was cut off in the middle is an orphan like others
		}
		h.lists[f.name] = f.bytes
		for _, m := range manifests {
			if m.SnapshotID() != id {
				h.was[m.SnapshotID()] = true // another snapshot took it over
			}
		}
		all = append(all, manifests...)
	}
	for _, m := range all {
		name, err := pathOf(m.FilePath())
		if err != nil {
			return err
		}
		if has(h.needed, name) || has(h.manifests, name) {
			continue
		}
		h.manifests[name] = m.Length()
		for e, err := range m.Entries(store, false) {
			if errors.Is(err, fs.ErrNotExist) {
				break
			}
			if err != nil {
				return fmt.Errorf("read %s: %w", name, err)
			}
			// A writer that lost a race offers the same data files again, with other manifests.
			mine := e.Status() == iceberg.EntryStatusADDED && e.SnapshotID() == m.SnapshotID()
			if mine && !h.was[m.SnapshotID()] {
				continue
			}
			file, err := pathOf(e.DataFile().FilePath())
			if err != nil {
				return err
			}
			if !has(h.needed, file) {
				h.data[file] = e.DataFile().FileSizeBytes()
			}
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

// readList decodes a manifest list, and from its header whose it is.
func readList(content []byte) (id, sequence int64, _ []iceberg.ManifestFile, err error) {
	reader, err := ocf.NewReader(bytes.NewReader(content))
	if err != nil {
		return 0, 0, nil, err
	}
	header := reader.Metadata()
	if err := reader.Close(); err != nil {
		return 0, 0, nil, err
	}
	if id, err = strconv.ParseInt(string(header["snapshot-id"]), 10, 64); err != nil {
		return 0, 0, nil, fmt.Errorf("read snapshot-id: %w", err)
	}
	if sequence, err = strconv.ParseInt(string(header["sequence-number"]), 10, 64); err != nil {
		return 0, 0, nil, fmt.Errorf("read sequence-number: %w", err)
	}
	manifests, err := iceberg.ReadManifestList(bytes.NewReader(content))
	return id, sequence, manifests, err
}
