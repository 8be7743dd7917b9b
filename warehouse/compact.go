package warehouse

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/iceberg-go"
)

// CompactOptions say what Compact may do. The zero value compacts every table with the defaults.
type CompactOptions struct {
	Tables      []string          // only these
	TargetBytes int64             // size of the files to be written, about; 0: 128 MiB
	MinFiles    int               // how many small files make a group worth while in a partition that still grows; 0: 8
	MaxBytes    int64             // end after reading about so many; 0: no limit
	MaxTime     time.Duration     // begin no group later; 0: no limit
	MaxMemory   int64             // what the files that are read at once may take, about; 0: 192 MiB
	DryRun      bool              // say what would be done, and do nothing
	Now         time.Time         // decides which months are closed; zero: time.Now
	Progress    func(CompactStep) // called after each group
}

// CompactStep is one group of small files of one partition, and what became of it.
type CompactStep struct {
	Table      string
	Partition  string // "_event_date_month=2026-03", or empty
	Closed     bool   // the partition lies in the past: hardly a row will come
	Files      int    // before
	Rows       int64
	Bytes      int64
	FilesAfter int
	BytesAfter int64
	Skipped    string // why it was left as it is; empty: it was compacted
	Group      int    // which group of
	Groups     int    // how many
}

// CompactResult is what Compact did, or with DryRun would do.
type CompactResult struct {
	Steps []CompactStep
	Left  int // groups that the budget did not reach
}

const (
	compactTarget   = 128 << 20
	compactMinFiles = 8
	compactMemory   = 192 << 20
	// A stream holds a page of each column and a chunk of rows: of a small file nearly all, unpacked, and of a large one
	// no more than that. BenchmarkLake_Compact shows what it comes to.
	streamExpansion = 8
	streamMost      = 16 << 20
	streamLeast     = 1 << 20
	// compactRounds bounds how often the plan is made again: what is merged from hundreds of tiny files may be small still.
	compactRounds = 8
)

func (o CompactOptions) withDefaults() CompactOptions {
	o.TargetBytes = cmp.Or(o.TargetBytes, compactTarget)
	o.MinFiles = max(2, cmp.Or(o.MinFiles, compactMinFiles))
	o.MaxMemory = cmp.Or(o.MaxMemory, compactMemory)
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	if o.Progress == nil {
		o.Progress = func(CompactStep) {}
	}
	return o
}

// Compact merges small files of each partition into files of about the target size, sorted as all files are: closed
// months first, one commit a group, so that what is done stays done when the budget or the process ends. No row, no
// ledger entry and no property changes, and rows that are appended meanwhile are not touched. The files that were merged
// stay on disk for readers of older snapshots until Expire.
func (l *Lake) Compact(ctx context.Context, o CompactOptions) (CompactResult, error) {
	o = o.withDefaults()
	var result CompactResult
	begun, read := time.Now(), int64(0)
	for round := range compactRounds {
		groups, err := l.compactPlan(ctx, o)
		if err != nil {
			return result, fmt.Errorf("compact: %w", err)
		}
		result.Left = len(groups)
		done := 0
		for i, g := range groups {
			step := g.step
			step.Group, step.Groups = i+1, len(groups)
			over := o.MaxBytes > 0 && read > 0 && read+step.Bytes > o.MaxBytes
			if over || (o.MaxTime > 0 && time.Since(begun) > o.MaxTime) {
				return result, nil
			}
			read += step.Bytes
			if !o.DryRun {
				if err := l.compactGroup(ctx, g, o.TargetBytes, &step); err != nil {
					return result, fmt.Errorf("compact %s.%s %s: %w", namespace, step.Table, step.Partition, err)
				}
			}
			if step.Skipped == "" {
				done++
			}
			result.Left--
			result.Steps = append(result.Steps, step)
			o.Progress(step)
		}
		if o.DryRun || done == 0 || round == compactRounds-1 {
			break
		}
	}
	return result, nil
}

// compactGroup is a set of files that become one.
type compactGroup struct {
	step  CompactStep
	shape *shape
	part  int32
	files []iceberg.DataFile
}

func (l *Lake) compactGroup(ctx context.Context, g compactGroup, target int64, step *CompactStep) error {
	files, err := l.rewriteFiles(ctx, g.shape, g.part, g.files, 2*target, nil) // twice: one file, not one and a rest
	if err != nil {
		return err
	}
	if err := sameRows(g, files); err != nil {
		l.Discard(files)
		return err
	}
	err = l.replace(ctx, step.Table, g.files, files, nil)
	switch {
	case errors.Is(err, errGone):
		step.Skipped = errGone.Error()
		return nil
	case errors.Is(err, ErrConflict): // the next run finds these files again
		step.Skipped = ErrConflict.Error()
		return nil
	}
	for _, f := range files {
		step.FilesAfter++
		step.BytesAfter += f.Bytes
	}
	return err
}

// sameRows holds what was written against what the table says of the files that it replaces: a file that another writer
// cut or described wrongly must not lose rows without a word.
func sameRows(g compactGroup, files []File) error {
	written := int64(0)
	for _, f := range files {
		written += f.Rows
	}
	if written != g.step.Rows {
		return fmt.Errorf("%d rows were read of %d files that hold %d: nothing was replaced; run `dutyflow lake verify`", written, len(g.files), g.step.Rows)
	}
	return nil
}

func (l *Lake) compactPlan(ctx context.Context, o CompactOptions) ([]compactGroup, error) {
	tables := o.Tables
	if len(tables) == 0 {
		tables = l.names()
	}
	var groups []compactGroup
	for _, name := range tables {
		t, _, err := l.pointers.load(ctx, name)
		if err != nil {
			return nil, err
		}
		s, err := l.shapeNow(t)
		if err != nil {
			return nil, err
		}
		live, err := liveFiles(ctx, t)
		if err != nil {
			return nil, err
		}
		byPart := map[int32][]iceberg.DataFile{}
		for _, f := range live {
			part, err := partitionOf(f)
			if err != nil {
				return nil, err
			}
			if f.FileSizeBytes() < o.TargetBytes*3/4 {
				byPart[part] = append(byPart[part], f)
			}
		}
		for part, files := range byPart {
			closed := s.PartitionBy != "" && part < s.partition(int32(dateOf(o.Now.In(l.zone))))
			for _, pack := range o.pack(files, closed) {
				g := compactGroup{shape: s, part: part, files: pack, step: CompactStep{
					Table: name, Partition: s.partitionDir(part), Closed: closed, Files: len(pack),
				}}
				for _, f := range pack {
					g.step.Rows += f.Count()
					g.step.Bytes += f.FileSizeBytes()
				}
				groups = append(groups, g)
			}
		}
	}
	slices.SortFunc(groups, func(a, b compactGroup) int {
		if a.step.Closed != b.step.Closed {
			return b2i(b.step.Closed) - b2i(a.step.Closed)
		}
		return cmp.Or(cmp.Compare(b.step.Files, a.step.Files), cmp.Compare(a.step.Table, b.step.Table),
			cmp.Compare(a.part, b.part), strings.Compare(a.files[0].FilePath(), b.files[0].FilePath()))
	})
	return groups, nil
}

// pack makes groups of small files of a partition, smallest first: each near the target, and no more at once than
// memory allows. A file that holds most of its group's bytes is left out: it would be written again for a few rows.
func (o CompactOptions) pack(files []iceberg.DataFile, closed bool) [][]iceberg.DataFile {
	slices.SortFunc(files, func(a, b iceberg.DataFile) int {
		return cmp.Or(cmp.Compare(a.FileSizeBytes(), b.FileSizeBytes()), strings.Compare(a.FilePath(), b.FilePath()))
	})
	least := o.MinFiles
	if closed {
		least = 2
	}
	var packs [][]iceberg.DataFile
	var pack []iceberg.DataFile
	var bytes, memory int64
	end := func() {
		if last := len(pack) - 1; last >= 0 && pack[last].FileSizeBytes() > bytes*3/4 {
			pack = pack[:last]
		}
		if len(pack) >= least {
			packs = append(packs, pack)
		}
		pack, bytes, memory = nil, 0, 0
	}
	for _, f := range files {
		size := f.FileSizeBytes()
		holds := min(max(size*streamExpansion, streamLeast), streamMost)
		if len(pack) > 1 && (bytes+size > o.TargetBytes*5/4 || memory+holds > o.MaxMemory) {
			end()
		}
		pack, bytes, memory = append(pack, f), bytes+size, memory+holds
	}
	end()
	return packs
}

// dateOf is the local date of an instant.
func dateOf(t time.Time) arrow.Date32 {
	return arrow.Date32FromTime(time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC))
}
