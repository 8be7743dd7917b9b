package export

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/dutyflow/dutyflow/warehouse/duck"

	_ "modernc.org/sqlite" // the driver of this format
)

// sqliteLog writes OCEL 2.0 as a SQLite database: one transaction into a file that nobody sees yet, so neither journal nor
// sync is of use before the end.
type sqliteLog struct {
	ctx    context.Context //nolint:containedctx // of one Write, whose sink this is
	db     *sql.DB
	tx     *sql.Tx
	stmts  map[string]*sql.Stmt
	tables map[string]string // "event"/"object" + type → its table
}

func newSQLite(ctx context.Context, file string) (*ocel, error) {
	name := (&url.URL{Scheme: "file", OmitHost: true, Path: file}).String()
	db, err := sql.Open("sqlite", name+"?_pragma=journal_mode(off)&_pragma=synchronous(off)")
	if err != nil {
		return nil, fmt.Errorf("open SQLite: %w", err)
	}
	s := &sqliteLog{ctx: ctx, db: db, stmts: map[string]*sql.Stmt{}, tables: map[string]string{}}
	if s.tx, err = db.BeginTx(ctx, nil); err != nil {
		return nil, errors.Join(fmt.Errorf("open SQLite: %w", err), db.Close())
	}
	for _, statement := range []string{
		"create table event_map_type (ocel_type text primary key, ocel_type_map text)",
		"create table object_map_type (ocel_type text primary key, ocel_type_map text)",
		"create table event (ocel_id text primary key, ocel_type text references event_map_type (ocel_type))",
		"create table object (ocel_id text primary key, ocel_type text references object_map_type (ocel_type))",
		`create table event_object (ocel_event_id text references event (ocel_id), ocel_object_id text references object (ocel_id),
	ocel_qualifier text, primary key (ocel_event_id, ocel_object_id, ocel_qualifier))`,
		`create table object_object (ocel_source_id text references object (ocel_id), ocel_target_id text references object (ocel_id),
	ocel_qualifier text, primary key (ocel_source_id, ocel_target_id, ocel_qualifier))`,
	} {
		if _, err := s.tx.ExecContext(ctx, statement); err != nil {
			return nil, errors.Join(fmt.Errorf("write SQLite: %w", err), s.tx.Rollback(), db.Close())
		}
	}
	return newOCEL(s), nil
}

func (s *sqliteLog) event(id, typ, at string, attributes []field, to []relation) error {
	columns := eventAttributes()
	table, err := s.table("event", typ, columns)
	if err != nil {
		return err
	}
	if err := s.insert("event", id, typ); err != nil {
		return err
	}
	if err := s.insert(table, append([]any{id, at}, values(columns, attributes)...)...); err != nil {
		return err
	}
	for _, r := range to {
		if err := s.insert("event_object", id, r.object, r.qualifier); err != nil {
			return err
		}
	}
	return nil
}

func (s *sqliteLog) object(id, typ string, attributes []field, to []relation) error {
	columns := objectAttributes(typ)
	table, err := s.table("object", typ, columns)
	if err != nil {
		return err
	}
	if err := s.insert("object", id, typ); err != nil {
		return err
	}
	// ocel_changed_field is null: these are the values from the beginning
	if err := s.insert(table, append([]any{id, always, nil}, values(columns, attributes)...)...); err != nil {
		return err
	}
	for _, r := range to {
		if err := s.insert("object_object", id, r.object, r.qualifier); err != nil {
			return err
		}
	}
	return nil
}

// table makes the table of a type when it is met first. Its name is a number: types are named by people.
func (s *sqliteLog) table(kind, typ string, columns []column) (string, error) {
	if table, ok := s.tables[kind+" "+typ]; ok {
		return table, nil
	}
	suffix := fmt.Sprintf("t%d", len(s.tables)+1)
	head := "ocel_id text primary key, ocel_time timestamp"
	if kind == "object" {
		head = "ocel_id text, ocel_time timestamp, ocel_changed_field text"
	}
	for _, c := range columns {
		head += ", " + duck.Ident(c.name) + " " + sqliteTypes[c.kind]
	}
	table := kind + "_" + suffix
	if _, err := s.tx.ExecContext(s.ctx, "create table "+table+" ("+head+")"); err != nil {
		return "", fmt.Errorf("write SQLite: %w", err)
	}
	s.tables[kind+" "+typ] = table
	return table, s.insert(kind+"_map_type", typ, suffix)
}

var sqliteTypes = [...]string{text: "text", instant: "timestamp", integer: "integer", float: "real", boolean: "boolean"}

// values are the values of the columns, in their order, null where there is none.
func values(columns []column, fields []field) []any {
	out := make([]any, len(columns))
	for i, c := range columns {
		for _, f := range fields {
			if f.name == c.name {
				out[i] = f.value()
				if n, ok := out[i].(json.Number); ok {
					out[i] = n.String()
				}
			}
		}
	}
	return out
}

func (s *sqliteLog) insert(table string, row ...any) error {
	stmt, ok := s.stmts[table]
	if !ok {
		var err error
		places := strings.TrimSuffix(strings.Repeat("?, ", len(row)), ", ")
		if stmt, err = s.tx.PrepareContext(s.ctx, "insert into "+table+" values ("+places+")"); err != nil { // the transaction closes it
			return fmt.Errorf("write SQLite: %w", err)
		}
		s.stmts[table] = stmt
	}
	if _, err := stmt.ExecContext(s.ctx, row...); err != nil {
		return fmt.Errorf("write SQLite table %s: %w", table, err)
	}
	return nil
}

func (s *sqliteLog) close(_, _ []string) error {
	if err := s.tx.Commit(); err != nil {
		return errors.Join(fmt.Errorf("write SQLite: %w", err), s.db.Close())
	}
	return s.db.Close()
}
