package duck

import (
	"context"
	"fmt"
	"strings"

	"github.com/duckdb/duckdb-go/v2"
)

// allowed refuses what a confined session must not run. DuckDB itself says what kind of statement a text is, so that no
// comment, quote or second statement can hide one.
func (db *DB) allowed(ctx context.Context, query string) error {
	if !db.confined {
		return nil
	}
	conn, err := db.sql.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Raw(func(driverConn any) error {
		c, ok := driverConn.(*duckdb.Conn)
		if !ok {
			return fmt.Errorf("connection is a %T", driverConn)
		}
		// Prepare takes one statement; PrepareContext would run all but the last of several.
		prepared, err := c.Prepare(query)
		if err != nil && strings.Contains(err.Error(), "multi-statement") { // the driver has no error of its own for it
			return ErrNotSelect
		}
		if err != nil {
			return Classify(err)
		}
		defer prepared.Close()
		stmt, ok := prepared.(*duckdb.Stmt)
		if !ok {
			return fmt.Errorf("statement is a %T", prepared)
		}
		kind, err := stmt.StatementType()
		if err != nil {
			return err
		}
		if kind != duckdb.STATEMENT_TYPE_SELECT {
			return ErrNotSelect
		}
		return nil
	})
}
