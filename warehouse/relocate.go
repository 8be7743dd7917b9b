package warehouse

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Relocation is what Relocate has done, or would do.
type Relocation struct {
	From, To string // roots of the lake's files
	Tables   []string
	Files    int // metadata files that were written
}

// RelocateOptions are the choices of Relocate.
type RelocateOptions struct {
	DryRun   bool
	Progress func(table string, done, total int)
}

// Relocate makes a lake whose directory was moved usable where it is now: metadata, manifest lists and manifests are
// written anew with the new paths, and then one transaction points the catalog at them. Data files are not touched, and the
// metadata of the old place stays, as orphans, until it is cleaned. Broken off at any moment it leaves the lake as it was,
// and goes on when it is called again. Nobody may be at work in the lake; that is up to the caller.
//
// A lake in an S3 store is refused: its objects keep their names whatever host reads them.
func Relocate(ctx context.Context, cfg Config, o RelocateOptions) (Relocation, error) {
	l, err := connect(cfg, false)
	if err != nil {
		return Relocation{}, err
	}
	done, err := l.relocate(ctx, o)
	if err != nil {
		err = fmt.Errorf("relocate lake %s: %w", l.root, err)
	}
	return done, errors.Join(err, l.Close())
}

func (l *Lake) relocate(ctx context.Context, o RelocateOptions) (Relocation, error) {
	from, err := l.pointers.location(ctx)
	if err != nil {
		return Relocation{}, err
	}
	moved := Relocation{From: from, To: l.root}
	switch {
	case !l.local() || strings.HasPrefix(from, s3Scheme):
		return moved, fmt.Errorf("%w: files in an S3 store cannot be given other names by this command (the lake is at %s); keep bucket and prefix", ErrNotRelocatable, from)
	case from == l.root:
		return moved, fmt.Errorf("%w: it is where its metadata says", ErrNotRelocatable)
	case sameFile(from, l.root):
		return moved, fmt.Errorf("%w: it was not moved: %s is the same directory under another name; to give up that name remove the link first", ErrNotRelocatable, from)
	}
	if err := l.checkAlone(from); err != nil {
		return moved, err
	}
	was, err := l.pointers.all(ctx)
	if err != nil {
		return moved, err
	}
	r := &remap{
		from: from, to: l.root, seen: map[string]bool{}, have: sizeOf,
		put: func(name string, content []byte) error { moved.Files++; return putBytes(name, content) },
	}
	r.read = func(name string) ([]byte, error) {
		here, err := r.place(name)
		if err != nil {
			return nil, err
		}
		content, err := os.ReadFile(here)
		return content, storageError("read", here, err)
	}
	if o.DryRun {
		r.put = func(string, []byte) error { moved.Files++; return nil }
	}
	next := map[string]string{}
	for name, location := range was {
		moved.Tables = append(moved.Tables, name)
		now, err := r.metadata(location)
		if err != nil {
			return moved, fmt.Errorf("%s.%s: %w", namespace, name, err)
		}
		next[name] = uriOf(now)
		if o.Progress != nil {
			o.Progress(name, len(next), len(was))
		}
		if ctx.Err() != nil {
			return moved, context.Cause(ctx)
		}
	}
	if o.DryRun {
		return moved, nil
	}
	return moved, l.pointers.setAll(ctx, l.root, was, next, nil)
}

// checkAlone refuses to take the catalog away from a lake that is still at its old place: with the catalog outside of the
// directory, what lies here is a copy, and moving the pointers would make the lake itself unusable.
func (l *Lake) checkAlone(from string) error {
	inside := l.cfg.Catalog.Type == SQLite && filepath.Dir(l.cfg.catalogFile()) == l.cfg.Dir
	if inside {
		return nil
	}
	if _, err := os.Stat(filepath.Join(from, namespace)); err != nil {
		return nil
	}
	return fmt.Errorf("%w: the lake is still at %s, and its catalog %s is not in the directory; to use this copy by itself, give it a catalog of its own with `dutyflow lake recover`",
		ErrNotRelocatable, from, l.pointers.where)
}
