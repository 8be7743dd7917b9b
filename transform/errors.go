package transform

import "errors"

var (
	// ErrBadProject is matched by the errors of a project that cannot be run: a header, a reference or a query is wrong.
	ErrBadProject = errors.New("the SQL project is not valid")
	// ErrChecksFailed is returned by Run when a check of severity error found rows. The version before stands.
	ErrChecksFailed = errors.New("checks found rows that must not be there")
	// ErrNewerFormat is returned when the published version was made by a newer binary.
	ErrNewerFormat = errors.New("the warehouse was made by a newer version of dutyflow")
	// ErrNoVersion is returned by Current when nothing was published yet.
	ErrNoVersion = errors.New("no version of the warehouse is published")
)
