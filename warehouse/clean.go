package warehouse

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	icebergio "github.com/apache/iceberg-go/io"
	"github.com/apache/iceberg-go/table"
	"golang.org/x/sync/errgroup"
)

// CleanOptions say what Clean may remove.
type CleanOptions struct {
	Apply bool          // remove; otherwise only say what would be removed
	Grace time.Duration // files younger than it may belong to a commit under way; 0: 24 hours
	Now   time.Time     // age counts back from it; zero: time.Now
}

// Orphan is a file that no snapshot needs.
type Orphan struct {
	Table string // empty: of the cache
	Path  string
	Bytes int64
	At    time.Time // when it was written
}

// CleanResult is what Clean found. What could not be removed is in Left, with the first reason in LeftErr.
type CleanResult struct {
	Orphans []Orphan
	Bytes   int64 // of Orphans
	Young   int   // orphans within the grace time, which stay
	Folders int   // empty directories removed
	Left    int
	LeftErr error
}

const (
	cleanGrace     = 24 * time.Hour
	metadataSuffix = ".metadata.json"
)

// Clean finds files of the lake that no snapshot names: what crashed commits and interrupted expiries left. It refuses
// (ErrLostCatalog) a lake whose directory holds newer metadata than the catalog knows, as after an old catalog was put
// back: the newer snapshots' files would look like orphans. It refuses, too, where a file of a table's current snapshot is
// not among the files that it finds. Other files, outside of the tables' directories, are left alone.
func (l *Lake) Clean(ctx context.Context, o CleanOptions) (CleanResult, error) {
	o.Grace = cmp.Or(o.Grace, cleanGrace)
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	result, err := l.clean(ctx, o)
	if err != nil {
		return result, fmt.Errorf("clean %s: %w", l.root, err)
	}
	return result, nil
}

func (l *Lake) clean(ctx context.Context, o CleanOptions) (CleanResult, error) {
	var result CleanResult
	heads := map[string]knownMetadata{}
	for _, name := range l.names() {
		now, err := l.pointers.current(ctx, name)
		if err != nil {
			return result, fmt.Errorf("%s.%s: %w", namespace, name, err)
		}
		heads[name] = now
	}
	// The files are listed before the snapshots are read: what is committed in between was written before it was
	// listed or is not in the list at all.
	byTable, listed := map[string][]object{}, map[string]bool{}
	base := l.root + "/" + namespace + "/"
	for f, err := range l.store.list(ctx, strings.TrimSuffix(base, "/")) {
		if err != nil {
			return result, err
		}
		if name, rest, ok := strings.Cut(strings.TrimPrefix(f.name, base), "/"); ok && rest != "" {
			byTable[name] = append(byTable[name], f)
			listed[f.name] = true
		}
	}
	before := o.Now.Add(-o.Grace)
	needed := references{}
	for name, head := range heads {
		if err := l.neededFiles(ctx, name, byTable[name], needed); err != nil {
			return result, err
		}
		if err := l.checkListed(ctx, head, listed, needed); err != nil {
			return result, fmt.Errorf("%s.%s: %w", namespace, name, err)
		}
	}
	for name, files := range byTable {
		_, known := heads[name]
		if !known {
			if err := l.checkForeign(files); err != nil {
				return result, fmt.Errorf("%s.%s: %w", namespace, name, err)
			}
		}
		for _, f := range files {
			switch _, ok := needed[f.name]; {
			case ok, !known && !begun(f.name):
			case f.at.After(before):
				result.Young++
			default:
				result.Orphans = append(result.Orphans, Orphan{name, f.name, f.bytes, f.at})
			}
		}
	}
	if cache := l.store.cached(); cache != nil {
		orphans, err := cache.orphans(before, func(name string) bool { _, ok := needed[name]; return ok })
		if err != nil {
			return result, err
		}
		result.Orphans = append(result.Orphans, orphans...)
	}
	slices.SortFunc(result.Orphans, func(a, b Orphan) int { return strings.Compare(a.Path, b.Path) })
	for _, f := range result.Orphans {
		result.Bytes += f.Bytes
	}
	if !o.Apply {
		return result, nil
	}
	if err := l.removeOrphans(ctx, &result); err != nil {
		return result, err
	}
	for name := range heads {
		folders, err := l.store.removeFolders(base+name, before)
		result.Folders += folders
		if err != nil {
			return result, err
		}
	}
	return result, nil
}

// begun recognises all that the creation of a table leaves behind when it dies: a first metadata file, which stands for no row.
func begun(name string) bool {
	return strings.HasSuffix(name, metadataSuffix) && versionOf(name) == 0 && baseOf(dirOf(name)) == "metadata"
}

// checkForeign looks at a directory that is none of a table that the catalog knows. A table that it does not know is no
// garbage; what else lies there is somebody's own and left alone.
func (l *Lake) checkForeign(files []object) error {
	for _, f := range files {
		if strings.HasSuffix(f.name, metadataSuffix) && versionOf(f.name) != 0 {
			return fmt.Errorf("%w: %s holds a table that %s does not know; put the catalog back from a newer backup, or see `dutyflow lake recover`",
				ErrLostCatalog, dirOf(dirOf(f.name)), l.pointers.where)
		}
	}
	return nil
}

// checkListed holds the list of files against a table as it was before they were listed: its current metadata and all that
// its current snapshot names must be in the list. If they are not, the lake is damaged or its files go by other names
// than those that were listed, and then everything would look like an orphan. What expired meanwhile is not asked for.
func (l *Lake) checkListed(ctx context.Context, head knownMetadata, listed map[string]bool, needed references) error {
	named := references{}
	if err := named.put(head.location, 0); err != nil {
		return err
	}
	if s := head.metadata.CurrentSnapshot(); s != nil {
		if name, err := pathOf(s.ManifestList); err != nil || !has(needed, name) {
			return err // expired meanwhile, with what it alone named
		}
		if err := named.current(ctx, l.store, s); err != nil {
			return err
		}
	}
	for name := range named {
		if !listed[name] && has(needed, name) {
			return fmt.Errorf("%s belongs to the table as it is now and is not among the files below %s: nothing is removed from a lake that is not whole; run `dutyflow lake verify`",
				name, l.root)
		}
	}
	return nil
}

func has(r references, name string) bool { _, ok := r[name]; return ok }

// current adds what one snapshot names.
func (r references) current(ctx context.Context, files store, s *table.Snapshot) error {
	if err := r.put(s.ManifestList, 0); err != nil {
		return err
	}
	fs := &attemptFS{ctx: ctx, store: files}
	manifests, err := s.Manifests(fs)
	if err != nil {
		return fmt.Errorf("read %s: %w", s.ManifestList, err)
	}
	for _, m := range manifests {
		if err := r.put(m.FilePath(), m.Length()); err != nil {
			return err
		}
		for e, err := range m.Entries(fs, true) {
			if err != nil {
				return fmt.Errorf("read %s: %w", m.FilePath(), err)
			}
			if err := r.put(e.DataFile().FilePath(), e.DataFile().FileSizeBytes()); err != nil {
				return err
			}
		}
	}
	return nil
}

// neededFiles adds what the table's metadata names: snapshots, metadata files of the log, and everything that a commit
// which is just landing names.
func (l *Lake) neededFiles(ctx context.Context, name string, files []object, needed references) error {
	now, err := l.pointers.current(ctx, name)
	if err != nil {
		return err
	}
	own := references{}
	if err := own.metadata(ctx, l.store, now); err != nil {
		return err
	}
	for n, bytes := range own {
		if !strings.HasPrefix(n, l.root+"/"+namespace+"/") {
			return fmt.Errorf("%s.%s: its metadata names %s, which does not lie below %s: nothing is removed, since the same file may be listed under another name; run `dutyflow lake verify`",
				namespace, name, n, l.root)
		}
		needed[n] = bytes
	}
	current := versionOf(now.location)
	for _, f := range files {
		version := versionOf(f.name)
		if !strings.HasSuffix(f.name, metadataSuffix) || version <= current {
			continue
		}
		// Every commit writes the version after the current one, so a crash leaves one version too many and no more.
		if version > current+1 {
			return fmt.Errorf("%s.%s: %w: its directory holds version %d of the metadata and the catalog %s points at %d; the catalog is an old copy: put a newer one back, or see `dutyflow lake recover`",
				namespace, name, ErrLostCatalog, version, l.pointers.where, current)
		}
		// It is that of a crash, of a commit under way, or the catalog is one commit behind: nobody can tell.
		t, err := table.NewFromLocation(ctx, ident(name), uriOf(f.name),
			func(context.Context) (icebergio.IO, error) { return &attemptFS{ctx: ctx, store: l.store}, nil }, l.pointers)
		if err != nil {
			needed[f.name] = f.bytes // cut off in the middle: it names nothing that a reader could find
			continue
		}
		undecided := references{}
		if err := undecided.metadata(ctx, l.store, knownMetadata{uriOf(f.name), t.Metadata()}); err == nil {
			for n, bytes := range undecided {
				needed[n] = bytes
			}
		}
		needed[f.name] = f.bytes
	}
	return nil
}

// metadata adds a metadata file and all that it names.
func (r references) metadata(ctx context.Context, files store, at knownMetadata) error {
	if err := r.put(at.location, 0); err != nil {
		return err
	}
	for e := range at.metadata.PreviousFiles() {
		if err := r.put(e.MetadataFile, 0); err != nil {
			return err
		}
	}
	for s := range at.metadata.Statistics() {
		if err := r.put(s.StatisticsPath, 0); err != nil {
			return err
		}
	}
	for s := range at.metadata.PartitionStatistics() {
		if err := r.put(s.StatisticsPath, 0); err != nil {
			return err
		}
	}
	return r.add(ctx, files, at.metadata, nil)
}

// versionOf reads the number with which the name of a metadata file begins; -1: it has none.
func versionOf(name string) int {
	number, _, ok := strings.Cut(baseOf(name), "-")
	n, err := strconv.Atoi(number)
	if !ok || err != nil {
		return -1
	}
	return n
}

func (l *Lake) removeOrphans(ctx context.Context, result *CleanResult) error {
	errs := make([]error, len(result.Orphans))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(removers)
	for i, f := range result.Orphans {
		group.Go(func() error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if f.Table == "" {
				errs[i] = localStore{}.remove(ctx, f.Path)
			} else {
				errs[i] = l.store.remove(ctx, f.Path)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, err := range errs {
		if err != nil {
			result.Left++
			result.LeftErr = cmp.Or(result.LeftErr, err)
		}
	}
	return nil
}
