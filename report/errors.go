package report

import "errors"

// The errors that a caller can tell apart. The text of the returned error says what to do.
var (
	// ErrNoWarehouse: there is no published warehouse behind Options.DB, or it lacks the views that reports read.
	ErrNoWarehouse = errors.New("no published warehouse")

	// ErrUnknownKind: no report of that kind is declared.
	ErrUnknownKind = errors.New("unknown report kind")

	// ErrBadPeriod: the period cannot be read, or the report does not exist for periods of that length.
	ErrBadPeriod = errors.New("unusable period")

	// ErrNoData: the warehouse holds nothing in the period for the chosen cut.
	ErrNoData = errors.New("no data")

	// ErrUnknownCode: the region, sector or organisation is neither in the reference lists nor in the data.
	ErrUnknownCode = errors.New("unknown code")

	// ErrUnknownFormat: the language or the file format is not one that reports are written in.
	ErrUnknownFormat = errors.New("unknown format")
)
