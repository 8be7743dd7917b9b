package warehouse

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/apache/iceberg-go"
	sqlcatalog "github.com/apache/iceberg-go/catalog/sql"
	icebergio "github.com/apache/iceberg-go/io"
	"github.com/apache/iceberg-go/table"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // driver "sqlite", without cgo
)

// pointerTimeout bounds the one statement that makes a commit visible. It runs detached from the caller's context:
// a commit that was begun is finished, so that cancelling a worker does not leave its outcome unknown.
const pointerTimeout = 30 * time.Second

// errLostRace says that the catalog pointed elsewhere by the time of the commit: it is certain that nothing landed.
var errLostRace = errors.New("another writer committed first")

// unknownError wraps an error after which a commit may or may not have landed.
type unknownError struct{ err error }

func (e *unknownError) Error() string { return e.err.Error() }
func (e *unknownError) Unwrap() error { return e.err }

// diedError stands for the death of the process in front of the catalog: nobody is left to try again or to tidy up.
type diedError struct{ err error }

func (e *diedError) Error() string { return e.err.Error() }
func (e *diedError) Unwrap() error { return e.err }

// pointers is the catalog: it names the current metadata file of each table. Creating and reading goes through
// iceberg-go's SQL catalog; moving a pointer is done here on the same tables, because the library writes the metadata
// file without syncing it and its errors do not tell a lost race from an unknown outcome.
type pointers struct {
	*sqlcatalog.Catalog
	db     *sql.DB
	store  store
	read   string                    // gives the pointer of a table
	update string                    // moves a pointer from one metadata file to the next
	insert string                    // makes the pointer of a new table
	bind   func(query string) string // writes the parameters of a query as the database wants them
	where  string                    // for messages
	opened os.FileInfo               // of the SQLite file; nil: the catalog is no file
	faults Faults

	mu sync.Mutex
	// known holds each table's metadata as it was read or written last. A metadata file never changes, so it is right
	// for as long as the catalog points at that file; parsing it again was two thirds of what a commit cost after 300.
	known map[string]knownMetadata
}

type knownMetadata struct {
	location string
	metadata table.Metadata
}

// openPointers connects to the catalog. Its tables are created only when create is set: opening a lake that does not
// exist must not leave an empty one behind.
func openPointers(cfg Config, files store, create bool) (*pointers, error) {
	driver, dsn, dialect, where := "sqlite", "", sqlcatalog.SQLite, ""
	bind := func(query string) string { return query }
	update := `UPDATE iceberg_tables SET metadata_location = ?, previous_metadata_location = ?
		WHERE catalog_name = ? AND table_namespace = ? AND table_name = ? AND metadata_location = ?`
	insert := `INSERT INTO iceberg_tables (metadata_location, catalog_name, table_namespace, table_name, iceberg_type)
		VALUES (?, ?, ?, ?, 'TABLE')`
	read := `SELECT metadata_location FROM iceberg_tables
		WHERE catalog_name = ? AND table_namespace = ? AND table_name = ?`
	switch cfg.Catalog.Type {
	case Postgres:
		driver, dsn, dialect, where = "pgx", cfg.Catalog.DSN, sqlcatalog.Postgres, "(postgres)"
		bind = numbered
	default:
		file := cfg.catalogFile()
		where = file
		if _, err := os.Stat(file); err != nil {
			if !create {
				return nil, fmt.Errorf("open lake %s: %w: there is no catalog %s; create it with `dutyflow ingest`, `load` or `demo`, or check --dir",
					cfg.Dir, ErrNoLake, file)
			}
			if err := beginFile(file); err != nil {
				return nil, err
			}
		}
		dsn = sqliteDSN(cfg, create)
	}
	db, err := openDatabase(driver, dsn)
	if err != nil {
		return nil, fmt.Errorf("open catalog %s: %w", where, err)
	}
	db.SetMaxOpenConns(4) // a commit needs one at a time; the rest is for readers beside it
	props := iceberg.Properties{"init_catalog_tables": strconv.FormatBool(create)}
	c, err := sqlcatalog.NewCatalog(catalogName, db, dialect, props)
	// Workers that create the catalog's two tables at the same time collide in Postgres, whatever IF NOT EXISTS says:
	// of those that collide over a table, one has made it.
	for try := 0; try < maxAttempts && create && collided(err); try++ {
		c, err = sqlcatalog.NewCatalog(catalogName, db, dialect, props)
	}
	if err != nil {
		_ = db.Close()
		return nil, storageError("open catalog", where, err)
	}
	var opened os.FileInfo
	if driver == "sqlite" {
		if opened, err = os.Stat(where); err != nil {
			_ = db.Close()
			return nil, storageError("look at", where, err)
		}
	}
	return &pointers{
		opened: opened, Catalog: c, db: db, store: files, read: bind(read), update: bind(update), insert: bind(insert), bind: bind, where: where, faults: cfg.Faults,
		known: map[string]knownMetadata{},
	}, nil
}

// beginFile makes an empty SQLite catalog. Connections never do: one that is opened while the catalog is away would put
// an empty one in its place.
func beginFile(file string) error {
	if err := makeDir(filepath.Dir(file)); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return storageError("create", file, err)
	}
	return storageError("create", file, f.Close())
}

// present says whether the SQLite file is the one that was opened. One that was moved away, removed or replaced can
// still be written by who has it open, and what goes there is seen by nobody else.
func (p *pointers) present() error {
	if p.opened == nil {
		return nil
	}
	now, err := os.Stat(p.where)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("%w: %s is gone while it is in use; put it back, or end this process and run `dutyflow lake recover`", ErrLostCatalog, p.where)
	case err != nil:
		return storageError("look at", p.where, err)
	case !os.SameFile(now, p.opened):
		return fmt.Errorf("%w: %s was replaced while it was in use; put the one that was there back, or end this process: it can be started with this one if it is not older, and after `dutyflow lake recover` in any case",
			ErrLostCatalog, p.where)
	}
	return nil
}

// lockTimeout is how long a statement waits in Postgres for somebody else's lock; SQLite has its busy timeout.
const lockTimeout = "10000" // milliseconds

func openDatabase(driver, dsn string) (*sql.DB, error) {
	if driver != "pgx" {
		return sql.Open(driver, dsn)
	}
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, err // it leaves the password out
	}
	if _, set := cfg.RuntimeParams["lock_timeout"]; !set {
		cfg.RuntimeParams["lock_timeout"] = lockTimeout
	}
	return stdlib.OpenDB(*cfg), nil
}

// collided recognises what Postgres says when another session has just created the same thing. Which of these it is
// depends on how far the other had come.
func collided(err error) bool {
	var state interface{ SQLState() string }
	if !errors.As(err, &state) {
		return false
	}
	switch state.SQLState() {
	case "23505", "42P07", "42710", "42P06": // unique_violation, duplicate_table, _object, _schema
		return true
	}
	return false
}

// catalogFile is the SQLite file.
func (c Config) catalogFile() string {
	if file, _, _ := strings.Cut(c.Catalog.DSN, "?"); file != "" {
		return file
	}
	return filepath.Join(c.Dir, "catalog.db")
}

// sqliteDSN: WAL lets readers go on beside a commit; without the busy timeout two workers would fail on each other at
// once; synchronous=FULL keeps a commit over a power cut, which costs one sync. What the configured DSN adds after a
// question mark comes last and counts.
//
// A command that only reads may be run by somebody who may not write here.
func sqliteDSN(cfg Config, create bool) string {
	file := cfg.catalogFile()
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(file)}
	if abs, err := filepath.Abs(file); err == nil {
		u.Path = filepath.ToSlash(abs)
	}
	dsn := u.String() + "?mode=rw&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)"
	if readOnly, ok := readOnlyDSN(file); ok && !create {
		dsn = u.String() + readOnly
	}
	_, extra, _ := strings.Cut(cfg.Catalog.DSN, "?")
	if !strings.Contains(extra, "busy_timeout") {
		dsn += "&_pragma=busy_timeout(10000)"
	}
	if extra != "" {
		dsn += "&" + extra
	}
	return dsn
}

// numbered turns ? into $1, $2 ... for Postgres.
func numbered(q string) string {
	var b strings.Builder
	for i, part := range strings.Split(q, "?") {
		if i > 0 {
			fmt.Fprintf(&b, "$%d", i)
		}
		b.WriteString(part)
	}
	return b.String()
}

func (p *pointers) close() error { return errors.Join(p.Close(), p.db.Close()) }

// load reads a table and gives it a file system of its own, which knows what this attempt creates.
func (p *pointers) load(ctx context.Context, name string) (*table.Table, *attemptFS, error) {
	now, err := p.current(ctx, name)
	if err != nil {
		return nil, nil, fmt.Errorf("load %s.%s: %w", namespace, name, err)
	}
	fs := &attemptFS{ctx: ctx, store: p.store, write: p.faults.Write, begun: wallClock()}
	fsF := func(context.Context) (icebergio.IO, error) { return fs, nil }
	return table.New(ident(name), now.metadata, now.location, fsF, &mover{p, fs}), fs, nil
}

// current gives the metadata that the catalog points at now.
func (p *pointers) current(ctx context.Context, name string) (knownMetadata, error) {
	if err := p.present(); err != nil {
		return knownMetadata{}, err
	}
	var location string
	err := p.db.QueryRowContext(ctx, p.read, catalogName, namespace, name).Scan(&location)
	if errors.Is(err, sql.ErrNoRows) {
		return knownMetadata{}, ErrNoTable
	}
	if err != nil {
		return knownMetadata{}, storageError("read", p.where, err)
	}
	p.mu.Lock()
	now, ok := p.known[name]
	p.mu.Unlock()
	if ok && now.location == location {
		return now, nil
	}
	files := func(context.Context) (icebergio.IO, error) { return &attemptFS{ctx: ctx, store: p.store}, nil }
	t, err := table.NewFromLocation(ctx, ident(name), location, files, p)
	if err != nil {
		return knownMetadata{}, storageError("read", location, err)
	}
	now = knownMetadata{location, t.Metadata()}
	p.remember(name, now)
	return now, nil
}

func (p *pointers) remember(name string, now knownMetadata) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known[name] = now
}

func ident(name string) table.Identifier { return table.Identifier{namespace, name} }

// mover commits one attempt. It is what a transaction of iceberg-go calls at its end.
type mover struct {
	*pointers
	fs *attemptFS
}

// CommitTable applies updates to the current metadata if it meets the requirements, writes the result, and moves the
// pointer from exactly the metadata that was read: of two writers one moves it and the other gets errLostRace.
// An unknownError is returned when it cannot tell whether the pointer moved; any other error means that it did not.
func (m *mover) CommitTable(ctx context.Context, id table.Identifier, reqs []table.Requirement, updates []table.Update) (table.Metadata, string, error) {
	name := id[len(id)-1]
	current, err := m.current(ctx, name)
	if err != nil {
		return nil, "", err
	}
	base := current.metadata
	for _, r := range reqs {
		if err := r.Validate(base); err != nil {
			return nil, "", fmt.Errorf("%w: %w", errLostRace, err)
		}
	}
	next, err := table.UpdateTableMetadata(base, updates, current.location)
	if err != nil {
		return nil, "", err
	}
	if next.Equals(base) {
		return base, current.location, nil
	}
	location, err := m.write(next, current.location)
	if err != nil {
		return nil, "", err
	}
	if f := m.faults.Commit; f != nil {
		if err := f(name); err != nil {
			return nil, "", &diedError{err}
		}
	}
	if err := m.fs.intact(ctx); err != nil {
		return nil, "", err
	}
	if err := m.present(); err != nil {
		return nil, "", err // nothing was asked of it
	}
	detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), pointerTimeout)
	defer cancel()
	res, err := m.db.ExecContext(detached, m.update, location, current.location,
		catalogName, namespace, name, current.location)
	if err != nil {
		err = storageError("move pointer in", m.where, err)
		if errors.Is(err, ErrCatalogLocked) {
			return nil, "", err // the statement did not run
		}
		return nil, "", &unknownError{err}
	}
	moved, err := res.RowsAffected()
	if err != nil {
		return nil, "", &unknownError{err}
	}
	if moved == 0 {
		return nil, "", errLostRace
	}
	m.remember(name, knownMetadata{location, next})
	if f := m.faults.Answer; f != nil {
		if err := f(name); err != nil {
			return nil, "", &unknownError{err}
		}
	}
	return next, location, nil
}

// write stores metadata as the next version, and makes it and all manifests of the attempt durable in the directory.
func (m *mover) write(next table.Metadata, previous string) (string, error) {
	version, _, ok := strings.Cut(path.Base(previous), "-")
	n, err := strconv.Atoi(version)
	if !ok || err != nil {
		return "", fmt.Errorf("read metadata name %s: no version number", previous)
	}
	provider, err := table.LoadLocationProvider(next.Location(), next.Properties())
	if err != nil {
		return "", err
	}
	location, err := provider.NewTableMetadataFileLocation(n + 1)
	if err != nil {
		return "", err
	}
	content, err := json.Marshal(next)
	if err != nil {
		return "", fmt.Errorf("write metadata %s: %w", location, err)
	}
	if err := m.fs.WriteFile(location, content); err != nil {
		return "", err
	}
	file, err := pathOf(location)
	if err != nil {
		return "", err
	}
	return location, m.store.settle(dirOf(file))
}

// add makes the pointer of a new table. That another process has just made one is no error; then the table has that
// one's metadata, and false is returned.
func (p *pointers) add(ctx context.Context, name, location string) (bool, error) {
	_, err := p.db.ExecContext(ctx, p.insert, location, catalogName, namespace, name)
	var now string
	if looked := p.db.QueryRowContext(ctx, p.read, catalogName, namespace, name).Scan(&now); looked == nil {
		return now == location, nil // whatever the insert said: its answer may have been lost
	}
	return false, storageError("write", p.where, err)
}

// hasTables says whether the catalog's own tables exist.
func (p *pointers) hasTables(ctx context.Context) bool {
	var n int
	return p.db.QueryRowContext(ctx, "SELECT count(*) FROM iceberg_tables").Scan(&n) == nil
}
