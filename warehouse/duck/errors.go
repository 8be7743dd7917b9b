package duck

import "errors"

var (
	// ErrNoDatabase is returned by Open for a read-only database that does not exist.
	ErrNoDatabase = errors.New("no such database")
	// ErrOtherSettings is returned by Open for a file that this process has open already in another way.
	ErrOtherSettings = errors.New("the settings of an open database cannot change")
	// ErrBadFormat is returned by Write for a format that it does not know.
	ErrBadFormat = errors.New("unknown format")
)
