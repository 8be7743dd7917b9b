package warehouse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	icebergio "github.com/apache/iceberg-go/io"
)

// store keeps the files of a lake. A name is an absolute path or an s3:// URL; parts are joined with a slash. Files are
// written once and never changed, so a name stands for its content for ever, and nothing is renamed or appended to.
type store interface {
	// create begins a file that is not there yet. Nobody sees it, or it has no meaning, before it was closed.
	create(ctx context.Context, name string) (blob, error)
	// settle makes the names of the closed files below a directory durable.
	settle(dir string) error
	// open reads a metadata file or a manifest.
	open(ctx context.Context, name string) (icebergio.File, error)
	// stream reads a file of any size once, from its beginning. It matches fs.ErrNotExist if there is none.
	stream(ctx context.Context, name string) (io.ReadCloser, error)
	// local gives a path on this host at which the file can be read as often and as oddly as a reader likes. size is
	// what the file must have; negative: unknown. It matches fs.ErrNotExist if there is none.
	local(ctx context.Context, name string, size int64) (string, error)
	// stat matches fs.ErrNotExist if there is no such file.
	stat(ctx context.Context, name string) (object, error)
	// remove removes a file; one that is not there is no error.
	remove(ctx context.Context, name string) error
	// list gives every file below a directory, in no order that callers may rely on. No directory: no file.
	list(ctx context.Context, dir string) iter.Seq2[object, error]
	// removeFolders removes directories below dir that are empty and were not touched since before, and counts them.
	removeFolders(dir string, before time.Time) (int, error)
	// cached is the copies on this host of a store elsewhere; nil: the store is on this host.
	cached() *cache
}

// blob is a file that is being written. Either Close or discard ends it, and discard after Close does nothing.
type blob interface {
	io.Writer
	// Close makes it durable, up to the name in its directory (store.settle).
	Close() error
	// discard removes what was written.
	discard()
}

// object is a file in a store.
type object struct {
	name  string
	bytes int64
	at    time.Time // when it was written
}

// openStore gives the store of a lake and the name of its root.
func openStore(cfg Config) (store, string, error) {
	if cfg.Location == "" {
		return localStore{}, filepath.Join(cfg.Dir, "lake"), nil
	}
	s, err := openS3(cfg)
	if err != nil {
		return nil, "", fmt.Errorf("open lake %s: %w", cfg.Location, err)
	}
	return s, strings.TrimSuffix(cfg.Location, "/"), nil
}

// s3Scheme begins the names of files in an S3-compatible store.
const s3Scheme = "s3://"

// uriOf is the form in which Iceberg metadata names a file. A bare path would not do: the library puts paths together
// as URLs and would create a directory called %E5%B1%A5 for 履.
func uriOf(name string) string {
	if strings.HasPrefix(name, s3Scheme) {
		return name
	}
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(name)}).String()
}

// pathOf is the reverse of uriOf. Bare paths, which other writers use, are taken as they are.
func pathOf(uri string) (string, error) {
	if filepath.IsAbs(uri) || strings.HasPrefix(uri, s3Scheme) {
		return uri, nil
	}
	u, err := url.Parse(uri)
	if err != nil {
		return "", fmt.Errorf("read location %q: %w", uri, err)
	}
	if u.Scheme != "file" || (u.Host != "" && u.Host != "localhost") {
		return "", fmt.Errorf("read location %q: neither a file on this host nor in an S3 store", uri)
	}
	return filepath.FromSlash(u.Path), nil
}

// dirOf is the directory of a name, and baseOf what it is called there.
func dirOf(name string) string { return name[:max(strings.LastIndexByte(name, '/'), 0)] }

func baseOf(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

// localStore keeps the files below a directory of this host, or of a file system that several hosts share.
type localStore struct{}

func (localStore) create(_ context.Context, name string) (blob, error) {
	if err := makeDir(filepath.Dir(name)); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrNotExist) { // clean has just removed the directory, which was empty
		if err := makeDir(filepath.Dir(name)); err != nil {
			return nil, err
		}
		f, err = os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	}
	if err != nil {
		return nil, storageError("create", name, err)
	}
	return &syncedFile{File: f}, nil
}

func (localStore) settle(dir string) error { return syncDir(dir) }

func (localStore) open(_ context.Context, name string) (icebergio.File, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err // as it is: iceberg-go looks for *PathError
	}
	return f, nil
}

func (s localStore) stream(ctx context.Context, name string) (io.ReadCloser, error) {
	return s.open(ctx, name)
}

func (localStore) local(_ context.Context, name string, _ int64) (string, error) {
	return name, nil
}

func (localStore) stat(_ context.Context, name string) (object, error) {
	info, err := os.Stat(name)
	if err != nil {
		return object{}, storageError("look at", name, err)
	}
	return object{name, info.Size(), info.ModTime()}, nil
}

func (localStore) remove(_ context.Context, name string) error {
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return storageError("remove", name, err)
	}
	return nil
}

func (localStore) list(ctx context.Context, dir string) iter.Seq2[object, error] {
	return func(yield func(object, error) bool) {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil // removed meanwhile, or no directory at all
			}
			if err != nil {
				return err
			}
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if !d.Type().IsRegular() {
				return nil
			}
			info, err := d.Info()
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return err
			}
			if !yield(object{path, info.Size(), info.ModTime()}, nil) {
				return filepath.SkipAll
			}
			return nil
		})
		if err != nil {
			yield(object{}, storageError("list", dir, err))
		}
	}
}

func (localStore) removeFolders(dir string, before time.Time) (int, error) {
	var folders []string // those above come before those below
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		// The table's own directories stay.
		if err == nil && d.IsDir() && strings.Contains(strings.TrimPrefix(path, dir), "/data/") {
			folders = append(folders, path)
		}
		return err
	})
	if err != nil {
		return 0, storageError("list", dir, err)
	}
	removed := 0
	for _, folder := range slices.Backward(folders) {
		info, err := os.Stat(folder)
		if err == nil && info.ModTime().Before(before) && os.Remove(folder) == nil { // Remove refuses one that is not empty
			removed++
		}
	}
	return removed, nil
}

func (localStore) cached() *cache { return nil }

// syncedFile is durable once it is closed without an error, because iceberg-go does not sync: after a power cut the
// catalog would point at an empty file.
type syncedFile struct {
	*os.File
	closed bool
}

func (f *syncedFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	return n, storageError("write", f.Name(), err)
}

func (f *syncedFile) Close() error {
	f.closed = true
	err := storageError("sync", f.Name(), f.Sync())
	return errors.Join(err, storageError("close", f.Name(), f.File.Close()))
}

func (f *syncedFile) discard() {
	if f.closed {
		return
	}
	_ = f.File.Close()
	_ = os.Remove(f.Name()) // what stays behind is an orphan: harmless, and found by clean
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
