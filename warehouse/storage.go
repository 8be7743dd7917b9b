package warehouse

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"modernc.org/sqlite"
)

// StorageError is a failure of the disk or of the catalog's database that a person has to do something about.
// It matches one of ErrDiskFull, ErrNotWritable and ErrCatalogLocked, and the cause.
type StorageError struct {
	Kind error  // the sentinel
	Op   string // what was being done
	Path string // to what
	Err  error  // the cause
	Todo string // what to do about it; empty: what is usual for the kind
}

// Error says in one line what happened, where and what to do.
func (e *StorageError) Error() string {
	todo := e.Todo
	switch {
	case todo != "":
	case errors.Is(e.Kind, ErrDiskFull):
		todo = "free space or raise the quota or file size limit there, then run again; nothing is lost"
	case errors.Is(e.Kind, ErrNotWritable):
		todo = "give this user write permission there, or choose another --dir"
	case errors.Is(e.Kind, ErrCatalogLocked):
		todo = "another process has held the catalog for too long; end it or wait, then run again"
	}
	return fmt.Sprintf("%s %s: %s (%v): %s", e.Op, e.Path, e.Kind, e.Err, todo)
}

// Unwrap gives the kind and the cause.
func (e *StorageError) Unwrap() []error { return []error{e.Kind, e.Err} }

// storageError says what a file or database error means to a person. Errors that it does not know keep their cause
// and get the operation and path; nil stays nil.
func storageError(op, path string, err error) error {
	if err == nil {
		return nil
	}
	var known *StorageError
	if errors.As(err, &known) {
		return err
	}
	if kind := storageKind(err); kind != nil {
		return &StorageError{Kind: kind, Op: op, Path: path, Err: rootOf(err)}
	}
	return fmt.Errorf("%s %s: %w", op, path, rootOf(err))
}

// rootOf drops the path that a PathError repeats.
func rootOf(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// SQLite's primary result codes, the low byte of what the driver reports.
const (
	sqliteBusy     = 5
	sqliteLocked   = 6
	sqliteReadOnly = 8
	sqliteIOErr    = 10
	sqliteFull     = 13
	sqliteCantOpen = 14

	sqliteIOErrWrite = 778 // extended code: a write came back short, which a file size limit does
)

func storageKind(err error) error {
	var known *StorageError
	switch {
	case errors.As(err, &known):
		return known.Kind
	// A process under a file size limit or a quota sees the same thing as one on a full disk, and can do the same.
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EFBIG), errors.Is(err, syscall.EDQUOT):
		return ErrDiskFull
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return ErrNotWritable
	}
	var state interface{ SQLState() string }
	if errors.As(err, &state) {
		return postgresKind(state.SQLState())
	}
	var se *sqlite.Error
	if errors.As(err, &se) {
		switch se.Code() & 0xff {
		case sqliteBusy, sqliteLocked:
			return ErrCatalogLocked
		case sqliteReadOnly, sqliteCantOpen:
			return ErrNotWritable
		case sqliteFull:
			return ErrDiskFull
		case sqliteIOErr:
			if se.Code() == sqliteIOErrWrite {
				return ErrDiskFull
			}
		}
	}
	return nil
}

// postgresKind says the same of Postgres's codes. A statement that ends with one of these has changed nothing.
func postgresKind(state string) error {
	switch state {
	case "55P03": // lock_not_available: lock_timeout is over
		return ErrCatalogLocked
	case "25006", "42501": // read_only_sql_transaction, insufficient_privilege
		return ErrNotWritable
	case "53100": // disk_full
		return ErrDiskFull
	}
	return nil
}
