package duck

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	duckdb "github.com/duckdb/duckdb-go/v2"
)

// Options are the settings of a session. The zero value is an unconfined in-memory session in UTC.
type Options struct {
	ReadOnly    bool
	MemoryLimit int64    // bytes; 0 leaves DuckDB's own choice
	Threads     int      // 0 leaves DuckDB's own choice
	TempDir     string   // where operators spill; empty means beside the database
	Zone        string   // time zone of the session; empty means UTC
	AllowedDirs []string // when set: only files below these may be read, only SELECTs run, and no setting may change
	AllowedFile string   // with AllowedDirs: one file more, which Export writes
}

// DB is an open DuckDB database.
type DB struct {
	sql      *sql.DB
	zone     *time.Location
	path     string
	confined bool
}

// Open opens the database file at path, or an in-memory database when path is empty. A file that is opened to write is
// created when missing.
func Open(path string, o Options) (*DB, error) {
	zoneName := o.Zone
	if zoneName == "" {
		zoneName = "UTC"
	}
	zone, err := time.LoadLocation(zoneName)
	if err != nil {
		return nil, fmt.Errorf("open database %s: time zone %s: %w", path, zoneName, err)
	}
	if path != "" && o.ReadOnly {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("open database %s: %w", path, ErrNoDatabase)
		}
	}
	dsn := url.Values{}
	dsn.Set("autoinstall_known_extensions", "false")
	dsn.Set("autoload_known_extensions", "false")
	if o.ReadOnly && path != "" {
		dsn.Set("access_mode", "READ_ONLY")
	}
	if o.Threads > 0 {
		dsn.Set("threads", strconv.Itoa(o.Threads))
	}
	if o.MemoryLimit > 0 {
		dsn.Set("memory_limit", strconv.FormatInt(o.MemoryLimit/1024, 10)+"KiB")
	}
	// The driver reads path and settings as one URL.
	if strings.ContainsAny(path, "?#%") {
		return nil, fmt.Errorf("open database %s: the path has one of the characters ? # %%; choose another folder", path)
	}
	connector, err := duckdb.NewConnector(path+"?"+dsn.Encode(), nil)
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	db := &DB{sql: sql.OpenDB(connector), zone: zone, path: path, confined: len(o.AllowedDirs) > 0}
	if shared, err := db.shared(zoneName, o); err != nil || shared {
		if err != nil {
			return nil, errors.Join(fmt.Errorf("open database %s: %w", path, err), db.Close())
		}
		return db, nil
	}
	for _, stmt := range settings(zoneName, o) {
		if _, err := db.sql.ExecContext(context.Background(), stmt); err != nil {
			return nil, errors.Join(fmt.Errorf("open database %s: %s: %w", path, stmt, err), db.Close())
		}
	}
	return db, nil
}

// shared reports whether the file is open in this process already and its settings are locked: DuckDB gives all who open
// one file in one process the same instance. Then the settings must be those that are asked for.
func (db *DB) shared(zone string, o Options) (bool, error) {
	var locked, external bool
	var has string
	err := db.Scalar(context.Background(), "select current_setting('lock_configuration')::boolean, "+
		"current_setting('enable_external_access')::boolean, current_setting('TimeZone')", &locked, &external, &has)
	switch {
	case err != nil || !locked:
		return false, err
	case has != zone || external == (len(o.AllowedDirs) > 0):
		return false, fmt.Errorf("it is open in this process with other settings (time zone %s, confined %t): %w", has, !external, ErrOtherSettings)
	}
	return true, nil
}

// settings come after opening and for the whole instance, so that every connection has them. The order matters: the
// last ones forbid the others.
func settings(zone string, o Options) []string {
	stmts := []string{"set global TimeZone = " + Literal(zone)}
	if o.TempDir != "" {
		stmts = append(stmts, "set global temp_directory = "+Literal(o.TempDir))
	}
	if len(o.AllowedDirs) > 0 {
		quoted := make([]string, len(o.AllowedDirs))
		for i, dir := range o.AllowedDirs {
			quoted[i] = Literal(dir)
		}
		if o.AllowedFile != "" {
			stmts = append(stmts, "set global allowed_paths = ["+Literal(o.AllowedFile)+"]")
		}
		stmts = append(stmts,
			"set global allowed_directories = ["+strings.Join(quoted, ", ")+"]",
			"set global enable_external_access = false",
			"set global lock_configuration = true")
	}
	return stmts
}

// Close ends the session. All rows must be closed before.
func (db *DB) Close() error {
	if err := db.sql.Close(); err != nil {
		return fmt.Errorf("close database %s: %w", db.path, err)
	}
	return nil
}

// Zone is the time zone of the session.
func (db *DB) Zone() *time.Location { return db.zone }

// SQL is the database/sql handle, for callers that need scanning of their own.
func (db *DB) SQL() *sql.DB { return db.sql }

// Exec runs a statement that returns no rows.
func (db *DB) Exec(ctx context.Context, stmt string, args ...any) error {
	_, err := db.sql.ExecContext(ctx, stmt, args...)
	return Classify(err)
}

// Scalar runs a query and scans the columns of its first row into dest.
func (db *DB) Scalar(ctx context.Context, query string, dest ...any) error {
	return Classify(db.sql.QueryRowContext(ctx, query).Scan(dest...))
}

// Literal quotes s as a SQL string.
func Literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// Ident quotes s as a SQL identifier.
func Ident(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
