package export

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/dutyflow/dutyflow/warehouse/duck"
)

// The formats.
const (
	XES        = "xes"         // one XML file, compressed when its name ends in .gz
	OCELSQLite = "ocel-sqlite" // one SQLite database
	OCELJSON   = "ocel-json"   // one JSON file, compressed when its name ends in .gz
)

// Formats are the names of the formats.
func Formats() []string { return []string{XES, OCELSQLite, OCELJSON} }

// What a caller did wrong. The errors that wrap them say what to do.
var (
	ErrBadFormat    = errors.New("unknown format")
	ErrBadSelection = errors.New("cases cannot be selected so")
	ErrNothing      = errors.New("no case is selected")
	ErrExists       = errors.New("the file exists")
)

// Selection says which cases. Empty fields select all.
type Selection struct {
	Process string    // process_code
	Region  string    // of the case: this region and all below it
	Since   time.Time // first day on which a case was accepted, or had its first event; a local day, whatever the zone
	Until   time.Time // the day after the last
	Where   string    // a condition in SQL over the columns of v_case
}

// Options say what to write where.
type Options struct {
	DB        *duck.DB // a published version, confined
	Format    string
	Path      string
	Overwrite bool // replace a file of that name
	Selection Selection
	Progress  func(done, total int64) // cases; may be nil
}

// Summary counts what was written.
type Summary struct {
	Cases   int64
	Events  int64
	Objects int64 // of OCEL, cases included
}

// piece is how many runs are sorted at once: some hundred megabytes at most.
var piece int64 = 1_000_000

// sink takes what is read: a case, its events in order, then the next case.
type sink interface {
	beginCase(c []field) error
	event(e event) error
	endCase() error
	// close ends the log. Nothing is valid before.
	close() error
	objects() int64
}

// event is one run of a step.
type event struct {
	id         string // unique in the log
	activity   string
	at         string // RFC 3339
	transition string // complete, start, schedule
	fields     []field
}

// field is a value with its name; text is empty when there is none.
type field struct {
	name string
	kind kind
	text string
}

type kind uint8

const (
	text kind = iota
	instant
	integer
	float
	boolean
)

// Write exports the selected cases. Errors of the caller wrap ErrBadFormat, ErrBadSelection, ErrNothing or ErrExists.
func Write(ctx context.Context, o Options) (summary Summary, err error) {
	if !slices.Contains(Formats(), o.Format) {
		return Summary{}, fmt.Errorf("format %q: %w; one of %s", o.Format, ErrBadFormat, strings.Join(Formats(), ", "))
	}
	if o.Progress == nil {
		o.Progress = func(int64, int64) {}
	}
	if _, err := os.Lstat(o.Path); err == nil && !o.Overwrite {
		return Summary{}, fmt.Errorf("write %s: %w; choose another name or say that it may be replaced", o.Path, ErrExists)
	}
	cases, runs, err := count(ctx, o)
	switch {
	case err != nil:
		return Summary{}, err
	case cases == 0:
		return Summary{}, fmt.Errorf("export %s: %w", o.Path, ErrNothing)
	}
	temp, err := os.CreateTemp(filepath.Dir(o.Path), "."+filepath.Base(o.Path)+".*")
	if err != nil {
		return Summary{}, fmt.Errorf("create %s: %w", o.Path, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(temp.Name()))
		}
	}()
	if summary, err = write(ctx, o, temp, cases, runs); err != nil {
		return Summary{}, errors.Join(fmt.Errorf("export %s: %w", o.Path, err), temp.Close())
	}
	if err := errors.Join(temp.Chmod(0o644), temp.Sync(), temp.Close()); err != nil {
		return Summary{}, fmt.Errorf("write %s: %w", o.Path, err)
	}
	if err := os.Rename(temp.Name(), o.Path); err != nil {
		return Summary{}, fmt.Errorf("move %s into place: %w", o.Path, err)
	}
	return summary, syncDir(filepath.Dir(o.Path))
}

func write(ctx context.Context, o Options, temp *os.File, cases, runs int64) (Summary, error) {
	to, closeFile := io.Writer(temp), func() error { return nil }
	if o.Format != OCELSQLite && strings.HasSuffix(o.Path, ".gz") {
		to, closeFile = zip(temp)
	}
	var out sink
	var err error
	switch o.Format {
	case XES:
		out, err = newXES(to)
	case OCELJSON:
		out, err = newJSON(to, temp.Name())
	default:
		out, err = newSQLite(ctx, temp.Name())
	}
	if err != nil {
		return Summary{}, err
	}
	summary, err := stream(ctx, o, out, cases, runs)
	if err := errors.Join(err, out.close(), closeFile(), ctx.Err()); err != nil {
		return Summary{}, err
	}
	summary.Objects = out.objects()
	return summary, nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync folder %s: %w", dir, err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync folder %s: %w", dir, err)
	}
	return nil
}
