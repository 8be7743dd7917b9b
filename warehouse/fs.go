package warehouse

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"

	icebergio "github.com/apache/iceberg-go/io"
)

// uriOf is the form in which Iceberg metadata names a file. A bare path would not do: the library puts paths together
// as URLs and would create a directory called %E5%B1%A5 for 履.
func uriOf(path string) string {
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(path)}).String()
}

// pathOf is the reverse of uriOf. Bare paths, which other writers use, are taken as they are.
func pathOf(uri string) (string, error) {
	if filepath.IsAbs(uri) {
		return uri, nil
	}
	u, err := url.Parse(uri)
	if err != nil {
		return "", fmt.Errorf("read location %q: %w", uri, err)
	}
	if u.Scheme != "file" || (u.Host != "" && u.Host != "localhost") {
		return "", fmt.Errorf("read location %q: not a file on this host", uri)
	}
	return filepath.FromSlash(u.Path), nil
}

// attemptFS is the file system that one commit attempt writes its metadata through. It syncs each file when it is
// closed, because the library does not: after a power cut the catalog would point at an empty file. And it remembers
// what it created, so that an attempt that is known to have lost can take its files back.
type attemptFS struct {
	icebergio.LocalFS
	write func(path string) error // fault injection, may be nil

	mu      sync.Mutex
	created []string
}

var (
	_ icebergio.WriteFileIO = (*attemptFS)(nil)
	_ icebergio.ReadFileIO  = (*attemptFS)(nil)
	_ icebergio.ListableIO  = (*attemptFS)(nil)
)

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
	if err := makeDir(filepath.Dir(path)); err != nil {
		return nil, err
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, storageError("create", path, err)
	}
	a.mu.Lock()
	a.created = append(a.created, path)
	a.mu.Unlock()
	return &syncedFile{f}, nil
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
		_ = os.Remove(path) // what stays behind is an orphan: harmless, and found by clean
	}
	a.created = nil
}

type syncedFile struct{ *os.File }

func (f *syncedFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	return n, storageError("write", f.Name(), err)
}

func (f *syncedFile) Close() error {
	err := storageError("sync", f.Name(), f.Sync())
	return errors.Join(err, storageError("close", f.Name(), f.File.Close()))
}

// makeDir creates a directory and those above it, each durably in its parent.
func makeDir(dir string) error {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	parent := filepath.Dir(dir)
	if parent != dir {
		if err := makeDir(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return storageError("create directory", dir, err)
	}
	return syncDir(parent)
}

// syncDir makes the names in a directory durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return storageError("open directory", dir, err)
	}
	err = d.Sync()
	return storageError("sync directory", dir, errors.Join(err, d.Close()))
}
