package warehouse

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
	"github.com/google/uuid"
)

// Erase says where a value lies in one table, and what to do about it.
type Erase struct {
	Table  string
	Drop   []string // rows go in which one of these string columns is the value
	Blank  []string // these optional string columns become null where they are the value
	Within []string // these optional string or binary columns become null where they hold the value anywhere
}

// ForgetOptions say what to forget.
type ForgetOptions struct {
	Value    string
	Erase    []Erase
	DryRun   bool             // look and count, and do nothing
	Progress func(ForgetStep) // called after each table
}

// ForgetStep is what was forgotten in one table.
type ForgetStep struct {
	Table   string
	Files   int   // that held the value and were rewritten
	Rows    int64 // dropped
	Cells   int64 // made null
	Removed int   // files that are physically gone, those of old snapshots among them
	Left    int   // files that should be gone and could not be removed: another run tries again
	Young   int   // files that no snapshot names and that may belong to a commit under way; clean takes them when they are old
}

// forgetRounds bounds how often a table is looked through again for rows that were appended meanwhile.
const forgetRounds = 5

// Forget takes a value out of the lake, and says what it did even if it fails: it rewrites every file that holds it, and then removes the old files with all
// older snapshots of the table, held ones too. Rows that are read from Kafka again bring it back, and so does a backup.
// It refuses a column by which the table is sorted or partitioned, since blanking would break the order.
//
// A process that dies in between has forgotten some tables and not others, or has not yet removed the old files: call it
// again, which ends the work whatever was left. While it runs, readers of older snapshots lose their files.
func (l *Lake) Forget(ctx context.Context, o ForgetOptions) ([]ForgetStep, error) {
	if o.Value == "" {
		return nil, fmt.Errorf("forget: the value is empty")
	}
	var steps []ForgetStep
	for _, e := range o.Erase {
		step, err := l.forget(ctx, e, o)
		steps = append(steps, step)
		if err != nil {
			return steps, fmt.Errorf("forget in %s.%s: %w", namespace, e.Table, err)
		}
		if o.Progress != nil {
			o.Progress(step)
		}
	}
	return steps, nil
}

func (l *Lake) forget(ctx context.Context, e Erase, o ForgetOptions) (step ForgetStep, err error) {
	step.Table = e.Table
	t, _, err := l.pointers.load(ctx, e.Table)
	if err != nil {
		return step, err
	}
	s, err := l.shapeNow(t)
	if err != nil {
		return step, err
	}
	er, err := newEraser(s, e, o.Value)
	if err != nil {
		return step, err
	}
	defer func() { step.Rows, step.Cells = er.rows, er.cells }()
	looked := map[string]bool{} // files that do not hold it
	for round := 0; ; round++ {
		t, _, err := l.pointers.load(ctx, e.Table)
		if err != nil {
			return step, err
		}
		live, err := liveFiles(ctx, t)
		if err != nil {
			return step, err
		}
		found := 0
		for _, f := range live {
			if looked[f.FilePath()] {
				continue
			}
			rows, cells, err := er.in(ctx, l, f)
			if err != nil {
				return step, err
			}
			if rows+cells == 0 {
				looked[f.FilePath()] = true
				continue
			}
			found++
			if o.DryRun {
				step.Files, er.rows, er.cells = step.Files+1, er.rows+rows, er.cells+cells
				continue
			}
			if err := l.forgetFile(ctx, er, f); err != nil && !errors.Is(err, errGone) {
				return step, err // gone: a compaction has merged it; the next round finds it elsewhere
			} else if err == nil {
				step.Files++
			}
		}
		if o.DryRun || found == 0 {
			break
		}
		if round == forgetRounds {
			return step, fmt.Errorf("new rows keep bringing it: stop the source first, then run the same command again")
		}
	}
	if o.DryRun {
		return step, nil
	}
	if err := l.dropDeleted(ctx, e.Table); err != nil {
		return step, err
	}
	return step, l.dropHistory(ctx, e.Table, &step)
}

func (l *Lake) forgetFile(ctx context.Context, er *eraser, f iceberg.DataFile) error {
	part, err := partitionOf(f)
	if err != nil {
		return err
	}
	rows, cells := er.rows, er.cells
	files, err := l.rewriteFiles(ctx, er.shape, part, []iceberg.DataFile{f}, 2*max(f.FileSizeBytes(), compactTarget), er.edit)
	if err == nil {
		err = l.overwrite(ctx, er.shape.Name, []iceberg.DataFile{f}, files, er.rows-rows)
	}
	if err != nil {
		er.rows, er.cells = rows, cells
	}
	return err
}

// overwrite is replace for files whose rows did change, and of which so many went: readers of changes must see it.
func (l *Lake) overwrite(ctx context.Context, name string, old []iceberg.DataFile, files []File, dropped int64) error {
	id := uuid.NewString()
	err := l.commit(ctx, work{
		table: name,
		files: &files,
		look: func(ctx context.Context, t *table.Table) (verdict, error) {
			if v := lookFor(t, id); v == landed {
				return v, nil
			}
			return open, stillThere(ctx, t, old)
		},
		stage: func(ctx context.Context, t *table.Table, tx *table.Transaction) error {
			data := make([]iceberg.DataFile, len(files))
			for i, f := range files {
				data[i] = f.data
			}
			changed := iceberg.Properties{propRewritten: id}
			if dropped > 0 {
				changed[propForgot] = fmt.Sprint(forgotten(t) + dropped)
			}
			if err := tx.SetProperties(changed); err != nil {
				return err
			}
			return tx.ReplaceDataFilesWithDataFiles(ctx, old, data, iceberg.Properties{sumCommit: id}, table.WithoutAutoNameMapping())
		},
	})
	if err != nil {
		l.Discard(files)
	}
	return err
}

// forgotten is how many rows forget has removed from a table.
func forgotten(t *table.Table) int64 {
	n, err := strconv.ParseInt(t.Properties()[propForgot], 10, 64)
	if err != nil {
		return 0 // it is there for Verify only, and missing in most tables
	}
	return n
}

// Audit declares duty.audit: what was taken out of the lake, and when. It never holds what was taken out. The table is
// made when the first row is written.
var Audit = Table{
	Name: "audit",
	Columns: []Column{
		{Name: "at", Type: Timestamp, Required: true, Doc: "when"},
		{Name: "action", Type: String, Required: true, Doc: "what: forget-begin, forget-end, raw-blanked"},
		{Name: "kind", Type: String, Doc: "of what kind the forgotten value was: actor or case; never the value"},
		{Name: "table_name", Type: String, Doc: "in which table"},
		{Name: "files", Type: Int64, Doc: "files that were rewritten"},
		{Name: "rows", Type: Int64, Doc: "rows that were removed"},
		{Name: "cells", Type: Int64, Doc: "values that were made null"},
		{Name: "reason", Type: String, Doc: "why, as the operator said"},
	},
	SortBy:   []string{"at", "action"},
	Contract: "1.0",
	Doc:      "what was taken out of the lake",
}

// AuditRow is a row of duty.audit.
type AuditRow struct {
	At                          time.Time
	Action, Kind, Table, Reason string
	Files, Rows, Cells          int64
}

// WriteAudit appends rows to duty.audit.
func (l *Lake) WriteAudit(ctx context.Context, rows ...AuditRow) error {
	if err := l.complete(ctx, Audit); err != nil {
		return err
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, Audit.ArrowSchema())
	defer b.Release()
	text := func(i int, s string) {
		if s == "" {
			b.Field(i).AppendNull()
			return
		}
		b.Field(i).(*array.StringBuilder).Append(s)
	}
	for _, r := range rows {
		b.Field(0).(*array.TimestampBuilder).Append(arrow.Timestamp(r.At.UnixMicro()))
		text(1, r.Action)
		text(2, r.Kind)
		text(3, r.Table)
		for i, n := range []int64{r.Files, r.Rows, r.Cells} {
			b.Field(4 + i).(*array.Int64Builder).Append(n)
		}
		text(7, r.Reason)
	}
	batch := b.NewRecordBatch()
	defer batch.Release()
	return l.AppendRows(ctx, Audit.Name, batch)
}

// RawStep is what BlankRaw did.
type RawStep struct {
	Files int
	Cells int64 // raw messages that were made null
}

// BlankRaw takes the raw bytes out of rejects that were recorded before a local day: what, where and why stays. The
// bytes are physically gone when the snapshots before have expired.
func (l *Lake) BlankRaw(ctx context.Context, before time.Time, dryRun bool) (RawStep, error) {
	var step RawStep
	t, _, err := l.pointers.load(ctx, Rejects.Name)
	if err != nil {
		return step, err
	}
	s, err := l.shapeNow(t)
	if err != nil {
		return step, err
	}
	live, err := liveFiles(ctx, t)
	if err != nil {
		return step, fmt.Errorf("blank raw rejects: %w", err)
	}
	raw := s.Index("raw")
	end := s.partition(int32(dateOf(before.In(l.zone))))
	for _, f := range live {
		part, err := partitionOf(f)
		if err != nil {
			return step, err
		}
		nulls, known := f.NullValueCounts()[s.ids[raw]]
		if part >= end || (known && nulls == f.Count()) {
			continue
		}
		cells := f.Count() - nulls
		if !dryRun {
			cells, err = l.blankFile(ctx, s, part, f, raw)
		}
		switch {
		case errors.Is(err, errGone): // merged meanwhile; the next time finds it
		case err != nil:
			return step, fmt.Errorf("blank raw rejects of %s: %w", f.FilePath(), err)
		default:
			step.Files, step.Cells = step.Files+1, step.Cells+cells
		}
	}
	return step, nil
}

func (l *Lake) blankFile(ctx context.Context, s *shape, part int32, f iceberg.DataFile, column int) (int64, error) {
	var cells int64
	files, err := l.rewriteFiles(ctx, s, part, []iceberg.DataFile{f}, 2*max(f.FileSizeBytes(), compactTarget),
		func(_ context.Context, rows arrow.RecordBatch) (arrow.RecordBatch, error) {
			blank, n := withoutCells(rows.Column(column), func(int) bool { return true })
			defer blank.Release() // the batch holds it
			cells += n
			return rows.SetColumn(column, blank)
		})
	if err != nil {
		return 0, err
	}
	return cells, l.overwrite(ctx, s.Name, []iceberg.DataFile{f}, files, 0)
}
