package warehouse

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

const (
	// cacheGrace protects what was asked for lately: a reader was given a path and may open it only later.
	cacheGrace = 6 * time.Hour
	// cacheTemp marks a file that is not complete. After a crash it stays, until clean or the next process finds it old.
	cacheTemp = ".part"
)

// cache holds files of a remote store on this host. Files never change, so a file that is there under its name is right
// for ever; it appears there in one step, complete and synced. Several processes may share the directory: at worst two of
// them fetch the same file, and the second rename puts the same content in place of the first.
type cache struct {
	dir   string
	limit int64 // bytes; what was asked for within cacheGrace stays even beyond it
	fetch func(ctx context.Context, name string, to *os.File) (int64, error)

	mu   sync.Mutex
	held int64                    // bytes in the directory, as far as this process knows; -1: it has not looked yet
	busy map[string]chan struct{} // files that are being fetched; closed at the end
}

func newCache(dir string, limit int64, fetch func(context.Context, string, *os.File) (int64, error)) *cache {
	return &cache{dir: dir, limit: limit, fetch: fetch, held: -1, busy: map[string]chan struct{}{}}
}

// file gives the path of a file, and fetches it first if it is not there or has another size than it must have.
func (c *cache) file(ctx context.Context, key, name string, size int64) (string, error) {
	path := filepath.Join(c.dir, filepath.FromSlash(key))
	for {
		if c.has(path, size) {
			return path, nil
		}
		mine, done := c.claim(key)
		if mine {
			err := c.bring(ctx, path, name, size)
			c.mu.Lock()
			delete(c.busy, key)
			c.mu.Unlock()
			close(done)
			if err != nil {
				return "", err
			}
			return path, nil
		}
		select {
		case <-done:
		case <-ctx.Done():
			return "", context.Cause(ctx)
		}
	}
}

// claim makes the caller the one that fetches, or gives what to wait for.
func (c *cache) claim(key string) (bool, chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if done, ok := c.busy[key]; ok {
		return false, done
	}
	done := make(chan struct{})
	c.busy[key] = done
	return true, done
}

// has also says that the file was wanted now, which keeps it from being dropped.
func (c *cache) has(path string, size int64) bool {
	info, err := os.Stat(path)
	if err != nil || (size >= 0 && info.Size() != size) {
		return false
	}
	now := time.Now()
	return os.Chtimes(path, now, now) == nil
}

func (c *cache) bring(ctx context.Context, path, name string, size int64) error {
	if err := makeDir(filepath.Dir(path)); err != nil {
		return err
	}
	if err := c.shrink(max(size, 0)); err != nil {
		return err
	}
	temp := path + "." + uuid.NewString() + cacheTemp
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return storageError("create", temp, err)
	}
	n, err := c.fetch(ctx, name, f)
	if err == nil && size >= 0 && n != size {
		err = fmt.Errorf("read %s: it has %d bytes, its manifest says %d; run `dutyflow lake verify`", name, n, size)
	}
	// Without the sync a power cut could leave an empty file under the final name.
	err = errors.Join(err, storageError("sync", temp, f.Sync()), storageError("close", temp, f.Close()))
	if err == nil {
		err = storageError("rename", temp, os.Rename(temp, path))
	}
	if err != nil {
		_ = os.Remove(temp)
	}
	return err
}

// shrink makes room for more bytes: what was wanted longest ago goes first. It looks through the directory only when
// the room is used up, since looking takes longer than fetching once there are many files.
func (c *cache) shrink(more int64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held >= 0 && c.held+more <= c.limit {
		c.held += more
		return nil
	}
	type entry struct {
		path  string
		bytes int64
		used  time.Time
	}
	var entries []entry
	total := more
	err := filepath.WalkDir(c.dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return nil // gone meanwhile
		}
		total += info.Size()
		entries = append(entries, entry{path, info.Size(), info.ModTime()})
		return nil
	})
	if err != nil {
		return storageError("list", c.dir, err)
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Or(a.used.Compare(b.used), cmp.Compare(a.path, b.path)) })
	before := time.Now().Add(-cacheGrace)
	for _, e := range entries {
		if e.used.After(before) {
			break
		}
		if total > c.limit || strings.HasSuffix(e.path, cacheTemp) {
			if err := os.Remove(e.path); err == nil {
				total -= e.bytes
			}
		}
	}
	c.held = total
	return nil
}

// forget drops a file that the store does not have any more.
func (c *cache) forget(key string) { _ = os.Remove(filepath.Join(c.dir, filepath.FromSlash(key))) }

// orphans lists copies of files that nothing needs, and files that were never completed. Those that were wanted since
// before stay: a reader may be at them.
func (c *cache) orphans(before time.Time, needed func(name string) bool) ([]Orphan, error) {
	var found []Orphan
	err := filepath.WalkDir(c.dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return nil // gone meanwhile
		}
		key, err := filepath.Rel(c.dir, path)
		if err == nil && info.ModTime().Before(before) && !needed(s3Scheme+filepath.ToSlash(key)) {
			found = append(found, Orphan{Path: path, Bytes: info.Size(), At: info.ModTime()})
		}
		return err
	})
	return found, storageError("list", c.dir, err)
}
