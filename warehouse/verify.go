package warehouse

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"sync"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
	"github.com/parquet-go/parquet-go"
	"golang.org/x/sync/errgroup"
)

// Problem is one thing that Verify found wrong.
type Problem struct {
	Table string
	File  string // path, empty when it is not about one file
	What  string
}

// String is the problem in one line.
func (p Problem) String() string {
	if p.File == "" {
		return fmt.Sprintf("%s.%s: %s", namespace, p.Table, p.What)
	}
	return fmt.Sprintf("%s.%s: %s: %s", namespace, p.Table, p.File, p.What)
}

// VerifyOptions choose how deep verifying goes.
type VerifyOptions struct {
	// Quick leaves the rows alone: metadata and manifests are read, every file that any snapshot names must be there with
	// its size, and its footer must have its rows. Damage within a file, wrong bounds and offsets that come twice are not seen.
	Quick bool
	// Progress is told how many of how many bytes of data are behind, by one goroutine at a time.
	Progress func(done, total int64)
}

// Verification is what VerifyWith has looked at and found.
type Verification struct {
	Problems []Problem
	Tables   int
	Files    int64 // of the current snapshots
	Rows     int64
	Bytes    int64
}

// Verify reads every file of every table and returns what is wrong, see VerifyWith.
func (l *Lake) Verify(ctx context.Context) ([]Problem, error) {
	v, err := l.VerifyWith(ctx, VerifyOptions{})
	return v.Problems, err
}

// VerifyWith holds ledger, metadata and files against each other: files that are missing or have another size, row counts,
// field ids, bounds and null counts that do not agree with the rows, rows in the wrong partition or out of order, delivery
// keys that come twice, in one table or in a table and duty.rejects, or that lie beyond the ledger, finished loads of other
// sizes than were recorded, snapshots that can no longer be read. It may run beside writers: it looks at the snapshots that
// were current when it began. The error is for what kept it from looking.
func (l *Lake) VerifyWith(ctx context.Context, o VerifyOptions) (Verification, error) {
	v := &verifier{
		VerifyOptions: o, lake: l,
		keys: map[Partition]*roaring64.Bitmap{}, replayed: map[Partition]replay{}, loads: map[string]int64{},
	}
	// All tables are pinned before the first file is read. duty.loads comes before those that hold the records, as the
	// names have it: what it calls finished is then in them, even if a load ends meanwhile.
	var loaded []*pinnedTable
	for _, name := range l.names() {
		t, err := v.load(ctx, name)
		if err != nil {
			return v.Verification, fmt.Errorf("verify %s.%s: %w", namespace, name, err)
		}
		loaded = append(loaded, t)
		v.forgot += forgotten(t.Table)
		if head := t.CurrentSnapshot(); head != nil {
			v.total += total(head, "total-files-size")
		}
	}
	for _, t := range loaded {
		if err := v.table(ctx, t); err != nil {
			return v.Verification, fmt.Errorf("verify %s.%s: %w", namespace, t.shape.Name, err)
		}
	}
	v.finishedLoads()
	return v.Verification, nil
}

// replay is the range of offsets that a ledger reset had read again: they may come twice.
type replay struct{ from, to int64 }

// pinnedTable is a table as it was when verifying began.
type pinnedTable struct {
	*table.Table
	shape  *shape
	fs     *attemptFS
	ledger Ledger
}

type verifier struct {
	VerifyOptions
	lake *Lake

	mu sync.Mutex // over everything below: files are read side by side
	Verification
	total int64 // bytes
	// keys holds the offsets seen of each partition, over all tables: a topic belongs to one table, and what is not
	// there is in duty.rejects. A bitmap, since an offset costs it a fraction of a byte.
	keys     map[Partition]*roaring64.Bitmap
	replayed map[Partition]replay
	forgot   int64            // rows that forget has removed
	loads    map[string]int64 // cluster of each finished load: how many records and rejects it brought
}

func (v *verifier) report(table, file, format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.Problems = append(v.Problems, Problem{table, file, fmt.Sprintf(format, args...)})
}

// load reads what all tables say of themselves before the first file is looked at.
func (v *verifier) load(ctx context.Context, name string) (*pinnedTable, error) {
	t, fs, err := v.lake.pointers.load(ctx, name)
	if err != nil {
		return nil, err
	}
	p := &pinnedTable{Table: t, fs: fs}
	if p.shape, err = shapeOf(t); err != nil {
		return nil, err
	}
	if p.ledger, err = ledgerOf(t); err != nil {
		return nil, err
	}
	records, err := resetsOf(t)
	for _, r := range records {
		p := Partition{r.Cluster, r.Topic, r.Partition}
		this := replay{max(r.To, 0), r.Was}
		if was, ok := v.replayed[p]; ok {
			this = replay{min(was.from, this.from), max(was.to, this.to)}
		}
		v.replayed[p] = this
	}
	return p, err
}

func (v *verifier) table(ctx context.Context, t *pinnedTable) error {
	v.Tables++
	name := t.shape.Name
	v.inside(name, t.MetadataLocation())
	if err := checkHead(t.Table); err != nil {
		v.report(name, "", "%v", err)
	}
	if err := v.history(ctx, t); err != nil {
		return err
	}
	head := t.CurrentSnapshot()
	if head == nil {
		return nil
	}
	v.inside(name, head.ManifestList)
	manifests, err := head.Manifests(t.fs)
	if err != nil {
		v.report(name, head.ManifestList, "manifest list: %v", err)
		return nil
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	var files, rows int64
	for _, m := range manifests {
		v.inside(name, m.FilePath())
		for e, err := range m.Entries(t.fs, true) {
			if err != nil {
				v.report(name, m.FilePath(), "manifest: %v", err)
				break
			}
			if ctx.Err() != nil {
				break
			}
			f := e.DataFile()
			if f.ContentType() != iceberg.EntryContentData {
				v.report(name, f.FilePath(), "is a delete file, which another engine wrote and Dutyflow does not apply")
				continue
			}
			files, rows = files+1, rows+f.Count()
			group.Go(func() error {
				v.file(ctx, t, f)
				v.behind(f)
				return context.Cause(ctx)
			})
		}
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if want := total(head, "total-data-files"); files != want {
		v.report(name, "", "%d files in the manifests, %d in the snapshot's summary", files, want)
	}
	if want := total(head, "total-records"); rows != want {
		v.report(name, "", "%d rows in the manifests, %d in the snapshot's summary", rows, want)
	}
	return nil
}

func (v *verifier) behind(f iceberg.DataFile) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.Files, v.Rows, v.Bytes = v.Files+1, v.Rows+f.Count(), v.Bytes+f.FileSizeBytes()
	if v.Progress != nil {
		v.Progress(v.Bytes, v.total)
	}
}

// history looks whether the snapshots before the current one can still be read: a reader may hold one of them.
func (v *verifier) history(ctx context.Context, t *pinnedTable) error {
	name, seen := t.shape.Name, map[string]bool{}
	head := t.CurrentSnapshot()
	for _, s := range t.Metadata().Snapshots() {
		if head != nil && s.SnapshotID == head.SnapshotID {
			continue
		}
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		v.inside(name, s.ManifestList)
		manifests, err := s.Manifests(t.fs)
		if err != nil {
			v.report(name, s.ManifestList, "manifest list of snapshot %d: %v", s.SnapshotID, err)
			continue
		}
		for _, m := range manifests {
			if seen[m.FilePath()] {
				continue // most snapshots share most manifests
			}
			seen[m.FilePath()] = true
			v.inside(name, m.FilePath())
			for e, err := range m.Entries(t.fs, true) {
				if err != nil {
					v.report(name, m.FilePath(), "manifest of snapshot %d: %v", s.SnapshotID, err)
					break
				}
				if f := e.DataFile(); !seen[f.FilePath()] {
					seen[f.FilePath()] = true
					v.there(ctx, t, f)
				}
			}
		}
	}
	return nil
}

// inside reports a file that lies elsewhere: nobody backs it up, relocates it or cleans up around it.
func (v *verifier) inside(table, name string) {
	if path, err := pathOf(name); err != nil || !strings.HasPrefix(path, v.lake.root+"/") {
		v.report(table, name, "lies outside of the lake at %s", v.lake.root)
	}
}

// there looks whether a file has the size that its manifest says.
func (v *verifier) there(ctx context.Context, t *pinnedTable, d iceberg.DataFile) (path string, ok bool) {
	name := t.shape.Name
	path, err := pathOf(d.FilePath())
	if err != nil {
		v.report(name, d.FilePath(), "%v", err)
		return path, false
	}
	v.inside(name, path)
	info, err := v.lake.store.stat(ctx, path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		v.report(name, path, "no such file")
	case err != nil:
		v.report(name, path, "%v", err)
	case info.bytes != d.FileSizeBytes():
		v.report(name, path, "has %d bytes, its manifest says %d", info.bytes, d.FileSizeBytes())
	default:
		return path, true
	}
	return path, false
}

// file looks at one file of the current snapshot.
func (v *verifier) file(ctx context.Context, t *pinnedTable, d iceberg.DataFile) {
	path, ok := v.there(ctx, t, d)
	if !ok {
		return
	}
	name := t.shape.Name
	// The Parquet library trusts what it reads, and panics over much of what is damaged.
	defer func() {
		if r := recover(); r != nil {
			v.report(name, path, "is damaged: %v", r)
		}
	}()
	here, err := v.lake.store.local(ctx, path, d.FileSizeBytes())
	if err != nil {
		v.report(name, path, "%v", err)
		return
	}
	f, err := os.Open(here)
	if err != nil {
		v.report(name, path, "%v", rootOf(err))
		return
	}
	defer f.Close()
	p, err := parquet.OpenFile(f, d.FileSizeBytes(), parquet.SkipBloomFilters(true))
	if err != nil {
		v.report(name, path, "read footer: %v", err)
		return
	}
	if p.NumRows() != d.Count() {
		v.report(name, path, "footer says %d rows, manifest %d", p.NumRows(), d.Count())
		return
	}
	if err := plausible(p, d.FileSizeBytes()); err != nil {
		v.report(name, path, "read footer: %v", err)
		return
	}
	c := &fileCheck{verifier: v, shape: t.shape, path: path, data: d, ledger: t.ledger, nulls: map[int]int64{}}
	c.columns(p)
	if v.Quick {
		return
	}
	for i, g := range p.RowGroups() {
		if ctx.Err() != nil {
			return
		}
		if err := c.rowGroup(g, &p.Metadata().RowGroups[i]); err != nil {
			v.report(name, path, "read rows: %v", err)
			return
		}
	}
	c.counts()
}

// finishedLoads compares what each finished load brought with what is there of it.
func (v *verifier) finishedLoads() {
	if v.Quick {
		return
	}
	have := map[string]int64{}
	for p, seen := range v.keys {
		have[p.Cluster] += int64(seen.GetCardinality())
	}
	for cluster, want := range v.loads {
		if missing := want - have[cluster]; missing < 0 || missing > v.forgot {
			v.report(Loads.Name, "", "%s brought %d records and rejects, %d are in the lake", cluster, want, have[cluster])
		}
	}
}
