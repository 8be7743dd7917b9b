package warehouse

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"sync"
	"time"

	icebergio "github.com/apache/iceberg-go/io"
)

// attemptFS is the file system that iceberg-go reads a table through, and that one commit attempt writes its metadata
// through. It remembers what it created, so that an attempt that is known to have lost can take its files back.
type attemptFS struct {
	ctx   context.Context // of the attempt; the library's interface has no place for one
	store store
	write func(path string) error // fault injection, may be nil

	begun  time.Time // by the wall clock
	files  []File    // what the attempt commits, see intact
	ageing bool      // the files may be staged again, and must be when they are old

	mu      sync.Mutex
	created []string
}

var (
	_ icebergio.WriteFileIO = (*attemptFS)(nil)
	_ icebergio.ReadFileIO  = (*attemptFS)(nil)
)

// Open opens a file for reading.
func (a *attemptFS) Open(name string) (icebergio.File, error) {
	path, err := pathOf(name)
	if err != nil {
		return nil, err
	}
	return a.store.open(a.ctx, path)
}

// ReadFile reads a whole file.
func (a *attemptFS) ReadFile(name string) ([]byte, error) {
	f, err := a.Open(name)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(f)
	return content, errors.Join(err, f.Close())
}

// Remove removes a file that no metadata names any more.
func (a *attemptFS) Remove(name string) error {
	path, err := pathOf(name)
	if err != nil {
		return &fs.PathError{Op: "remove", Path: name, Err: err}
	}
	return a.store.remove(a.ctx, path)
}

// Create opens a file that is durable once it is closed without an error.
func (a *attemptFS) Create(name string) (icebergio.FileWriter, error) {
	path, err := pathOf(name)
	if err != nil {
		return nil, err
	}
	if a.write != nil {
		if err := a.write(path); err != nil {
			return nil, storageError("create", path, err)
		}
	}
	b, err := a.store.create(a.ctx, path)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	a.created = append(a.created, path)
	a.mu.Unlock()
	return blobWriter{b}, nil
}

// WriteFile writes a whole file durably.
func (a *attemptFS) WriteFile(name string, content []byte) error {
	f, err := a.Create(name)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}

// discard removes what was created. Call it only when it is certain that no catalog entry points there.
func (a *attemptFS) discard() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, path := range a.created {
		_ = a.store.remove(context.WithoutCancel(a.ctx), path) // what stays behind is an orphan: harmless, and found by clean
	}
	a.created = nil
}

// blobWriter gives a blob the one method more that iceberg-go asks for.
type blobWriter struct{ blob }

func (w blobWriter) ReadFrom(r io.Reader) (int64, error) {
	return io.Copy(struct{ io.Writer }{w.blob}, r)
}
