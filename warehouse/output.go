package warehouse

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/google/uuid"
)

// output writes the rows of one partition as data files, row group by row group, and begins a new file when one has
// reached its size. It holds no more than the row group in hand.
type output struct {
	lake   *Lake
	shape  *shape
	part   int32
	target int64 // bytes of a file

	files []File
	open  *openFile
}

// openFile is the file of an output that is being written.
type openFile struct {
	path string
	blob blob
	enc  *fileEncoder
	rows int64
}

// group writes one row group.
func (o *output) group(ctx context.Context, rows arrow.RecordBatch, order []int32) error {
	if o.open == nil {
		path := o.shape.path(o.part, o.shape.Name+"-merged-"+uuid.NewString()+".parquet")
		if w := o.lake.cfg.Faults.Write; w != nil {
			if err := w(path); err != nil {
				return storageError("write", path, err)
			}
		}
		out, err := o.lake.store.create(ctx, path)
		if err != nil {
			return err
		}
		o.open = &openFile{path: path, blob: out, enc: newFileEncoder(out, o.shape)}
	}
	b, err := o.shape.bind(rows)
	if err != nil {
		return err
	}
	if err := o.open.enc.group(b, order); err != nil {
		return storageError("write", o.open.path, err)
	}
	o.open.rows += rows.NumRows()
	if o.open.enc.bytes() >= o.target {
		return o.close()
	}
	return nil
}

// close completes the file in hand, if there is one.
func (o *output) close() error {
	f := o.open
	if f == nil {
		return nil
	}
	o.open = nil
	defer f.blob.discard() // nothing, once it was closed
	w, err := f.enc.finish()
	if err != nil {
		return storageError("write", f.path, err)
	}
	if err := f.blob.Close(); err != nil {
		return err
	}
	if err := o.lake.store.settle(dirOf(f.path)); err != nil {
		return err
	}
	data, err := o.shape.dataFile(f.path, o.part, int(f.rows), w)
	if err != nil {
		return fmt.Errorf("describe %s: %w", f.path, err)
	}
	o.files = append(o.files, File{
		Path: f.path, Rows: f.rows, Bytes: w.bytes, table: o.shape.Name, data: data, staged: wallClock(), offered: new(atomic.Bool),
	})
	return nil
}

// discard removes what was written.
func (o *output) discard() {
	if o.open != nil {
		o.open.enc.abandon()
		o.open.blob.discard()
		o.open = nil
	}
	o.lake.Discard(o.files)
	o.files = nil
}
