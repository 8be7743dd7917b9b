package warehouse

import "errors"

// Sentinels. Match them with errors.Is; the error that carries one also says what, where and what to do.
var (
	// ErrNoLake: there is no lake at the configured place.
	ErrNoLake = errors.New("no lake")
	// ErrNoTable: the lake has no table of that name.
	ErrNoTable = errors.New("no such table")
	// ErrFenced: another worker has moved the ledger; drop what is in hand and read the ledger again.
	ErrFenced = errors.New("fenced: another worker moved the ledger")
	// ErrUnknownOutcome: a commit may or may not have landed and the lake cannot be asked. Ask again before anything else.
	ErrUnknownOutcome = errors.New("outcome of the commit is unknown")
	// ErrFileGone: staged files are gone, or so old that clean may take them for orphans. Nothing was committed; stage the
	// rows again.
	ErrFileGone = errors.New("a staged file is gone")
	// ErrConflict: other writers kept winning until the attempts were used up. Nothing was committed.
	ErrConflict = errors.New("other writers committed first")
	// ErrLostCatalog: there are tables on disk that the catalog does not know, or its file is not the one that was opened.
	ErrLostCatalog = errors.New("the catalog is not that of the lake")
	// ErrNewerFormat: the lake was written by a newer release.
	ErrNewerFormat = errors.New("the lake has a newer format")
	// ErrMoved: the lake's directory is not where it was created.
	ErrMoved = errors.New("the lake was moved")
	// ErrNotRelocatable: the lake was not moved, or not in a way that Relocate can follow.
	ErrNotRelocatable = errors.New("not to be relocated")
	// ErrNotRecoverable: the catalog has the tables, or which metadata is right cannot be told.
	ErrNotRecoverable = errors.New("not to be recovered")
	// ErrNotBackup: what lies where a backup is to go is no backup of this lake, or somebody has worked in it.
	ErrNotBackup = errors.New("not a backup of this lake")
	// ErrZone: the lake was created with another business zone.
	ErrZone = errors.New("the lake has another zone")
	// ErrSchema: a declared table cannot be had from the existing one, or a batch does not fit its table.
	ErrSchema = errors.New("schema does not fit")
	// ErrRolledBack: the current snapshot of a table is older than its ledger.
	ErrRolledBack = errors.New("the table was rolled back behind its ledger")
	// ErrDiskFull: no space, or a quota or file size limit was reached.
	ErrDiskFull = errors.New("disk full")
	// ErrNotWritable: permission denied or a read-only file system.
	ErrNotWritable = errors.New("not writable")
	// ErrCatalogLocked: another process held the catalog for longer than the busy timeout.
	ErrCatalogLocked = errors.New("catalog locked")
	// ErrLocked: another process holds the role.
	ErrLocked = errors.New("locked")
)
