package duck

import "errors"

var (
	// ErrNoDatabase is returned by Open for a read-only database that does not exist.
	ErrNoDatabase = errors.New("no such database")
	// ErrBadFormat is returned by Write for a format that it does not know.
	ErrBadFormat = errors.New("unknown format")
)
