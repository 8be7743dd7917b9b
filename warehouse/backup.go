package warehouse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// BackupOptions are the choices of Backup.
type BackupOptions struct {
	Prune    bool // remove what an earlier backup in the directory had and the lake has no more
	Progress func(done, total int64)
}

// BackupResult is what Backup did.
type BackupResult struct {
	Tables  []string
	Rows    int64
	Copied  int64 // data files that were copied
	Bytes   int64 // of those
	Present int64 // data files that an earlier backup had copied already
	Pruned  int64 // files that were removed
}

// Backup makes dir a lake of its own that holds every table as it is now: data files are copied, unless they are there
// already (files never change), metadata is written with the paths of the copy, and the catalog of the copy is moved last, in
// one transaction. It may run beside writers: all tables are those of one moment of the catalog. Of each table the current
// snapshot is taken over, and no history. Broken off it leaves the backup that was there before. It refuses (ErrNotBackup) a
// directory with a lake that is no backup of this one, or in which somebody has worked since. Nobody else may be at work in
// dir; that is up to the caller.
//
// The copy is local, wherever the files of the lake are. It is opened like any lake, with a configuration of that directory
// and a SQLite catalog; moved back to where the lake was it is relocated.
func (l *Lake) Backup(ctx context.Context, dir string, o BackupOptions) (BackupResult, error) {
	done, err := l.backup(ctx, dir, o)
	if err != nil {
		err = fmt.Errorf("back up lake to %s: %w", dir, err)
	}
	return done, err
}

// backupConfig is how a backup in a directory is opened.
func (l *Lake) backupConfig(dir string) Config {
	cfg := DefaultConfig()
	cfg.Dir, cfg.Zone = dir, l.cfg.Zone
	return cfg
}

// BackupDir gives the absolute name of a directory that Backup may write to, and refuses one within the directory of the lake,
// by whatever name. It changes nothing.
func (l *Lake) BackupDir(dir string) (string, error) {
	abs, err := l.backupDir(dir)
	if err != nil {
		return "", fmt.Errorf("back up lake to %s: %w", dir, err)
	}
	return abs, nil
}

func (l *Lake) backupDir(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	places := []string{l.cfg.Dir}
	if l.local() {
		places = append(places, l.root, l.root+"/"+namespace)
	}
	// From where the files would be, since that may be a link to those of the lake.
	for above := filepath.Join(dir, "lake", namespace); ; above = filepath.Dir(above) {
		for _, place := range places {
			if above == place || sameFile(above, place) {
				return "", fmt.Errorf("it lies in the directory of the lake, %s, and would be lost with it; choose another disk", place)
			}
		}
		if above == filepath.Dir(above) {
			return dir, nil
		}
	}
}

func (l *Lake) backup(ctx context.Context, dir string, o BackupOptions) (done BackupResult, err error) {
	if dir, err = l.backupDir(dir); err != nil {
		return done, err
	}
	if err := checkNoCatalog(ctx, l.backupConfig(dir)); err != nil {
		return done, err
	}
	b, err := connect(l.backupConfig(dir), true)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	was, err := b.pointers.all(ctx)
	if err != nil {
		return done, err
	}
	switch root, err := b.pointers.location(ctx); {
	case err != nil && !errors.Is(err, ErrNoLake):
		return done, err
	case err == nil && sameFile(root, b.root):
		b.root = root
	case err == nil && root != b.root:
		return done, fmt.Errorf("%w: the backup there was made at %s; run `dutyflow lake relocate --dir %s` first", ErrMoved, root, dir)
	}
	from, err := l.pointers.location(ctx)
	if err != nil {
		return done, err
	}
	now, err := l.pointers.all(ctx)
	if err != nil {
		return done, err
	}
	var whole int64
	uuids := map[string]string{}
	for name := range now {
		t, _, err := l.pointers.load(ctx, name)
		if err != nil {
			return done, err
		}
		uuids[name] = t.Metadata().TableUUID().String()
		if head := t.CurrentSnapshot(); head != nil {
			whole += total(head, "total-files-size")
			done.Rows += total(head, "total-records")
		}
	}
	if err := b.checkBackup(ctx, uuids, was); err != nil {
		return done, err
	}
	copied := int64(0)
	files := &attemptFS{ctx: ctx, store: l.store}
	keep := map[string]bool{} // every file of the new backup
	r := &remap{
		from: from, to: b.root, current: true, seen: map[string]bool{}, have: sizeOf,
		read: func(name string) ([]byte, error) { return files.ReadFile(name) },
		put:  putBytes,
		data: func(from, to string, size int64) error {
			keep[to] = true
			if err := context.Cause(ctx); err != nil {
				return err
			}
			if have, ok := sizeOf(to); ok && have == size {
				done.Present++
			} else if err := l.copyFile(ctx, from, to, size); err != nil {
				return err
			} else {
				done.Copied, done.Bytes = done.Copied+1, done.Bytes+size
			}
			copied += size
			if o.Progress != nil {
				o.Progress(copied, whole)
			}
			return nil
		},
	}
	next, mark := map[string]string{}, backupMark{}
	for name, location := range now {
		done.Tables = append(done.Tables, name)
		metadata, err := r.metadata(location)
		if err != nil {
			return done, fmt.Errorf("%s.%s: %w", namespace, name, err)
		}
		keep[metadata] = true
		next[name] = uriOf(metadata)
		md, err := readMetadata(ctx, b.store, metadata)
		if err != nil {
			return done, err
		}
		if mark[name], err = markOf(next[name], md); err != nil {
			return done, err
		}
	}
	props, err := mark.properties()
	if err != nil {
		return done, err
	}
	if err := b.pointers.setAll(ctx, b.root, was, next, props); err != nil {
		return done, err
	}
	if o.Prune {
		for name := range r.seen {
			keep[name] = true
		}
		done.Pruned, err = prune(ctx, b, keep)
	}
	return done, err
}

// copyFile brings a file of the lake to this host, in one step.
func (l *Lake) copyFile(ctx context.Context, from, to string, size int64) error {
	in, err := l.store.stream(ctx, from)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("%s is gone; if a compaction or expiry has just run, run the backup again, else `dutyflow lake verify`", from)
		}
		return storageError("read", from, err)
	}
	defer in.Close()
	return putFile(to, func(w io.Writer) error {
		n, err := io.Copy(w, in)
		if err == nil && n != size {
			err = fmt.Errorf("%s has %d bytes, its manifest says %d; run `dutyflow lake verify`", from, n, size)
		}
		return err
	})
}

// prune removes what is not to be kept of the tables of a lake that nobody else uses.
func prune(ctx context.Context, b *Lake, keep map[string]bool) (int64, error) {
	var gone []string
	for file, err := range b.store.list(ctx, b.root+"/"+namespace) {
		if err != nil {
			return 0, err
		}
		if !keep[file.name] && strings.HasPrefix(file.name, b.root+"/") {
			gone = append(gone, file.name)
		}
	}
	for i, name := range gone {
		if err := b.store.remove(ctx, name); err != nil {
			return int64(i), err
		}
	}
	return int64(len(gone)), nil
}

// VerifyBackup holds a backup against itself, as VerifyWith does a lake.
func (l *Lake) VerifyBackup(ctx context.Context, dir string, o VerifyOptions) (Verification, error) {
	b, err := Open(ctx, l.backupConfig(dir))
	if err != nil {
		return Verification{}, fmt.Errorf("verify backup: %w", err)
	}
	v, err := b.VerifyWith(ctx, o)
	return v, errors.Join(err, b.Close())
}
