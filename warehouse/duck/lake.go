package duck

import (
	"context"
	"fmt"
	"strings"

	"github.com/dutyflow/dutyflow/warehouse"
)

// AttachLake shows each snapshot as a view in schema lake, named for its table. A table without files is an empty view
// with the table's columns. A snapshot that is attached again replaces its view.
func (db *DB) AttachLake(ctx context.Context, snapshots []warehouse.Snapshot) error {
	if err := db.Exec(ctx, "create schema if not exists lake"); err != nil {
		return fmt.Errorf("attach lake: %w", err)
	}
	for _, s := range snapshots {
		view := "create or replace view lake." + Ident(s.Table) + " as " + ScanSQL(s)
		if err := db.Exec(ctx, view); err != nil {
			return fmt.Errorf("attach lake table %s at snapshot %d: %w", s.Table, s.ID, err)
		}
	}
	return nil
}

// ScanSQL is the query that reads a snapshot's files. Columns are found by field id: a file that is older than a column
// gives null for it, where reading by name would fail or lose the column. Hive partitioning is off because Iceberg's
// partition folders repeat columns that are in the files.
func ScanSQL(s warehouse.Snapshot) string { return scanSQL(s, "") }

// ScanFilesSQL is ScanSQL with one column more, filename: the path of the file that a row lies in. The snapshot must have
// files.
func ScanFilesSQL(s warehouse.Snapshot) string { return scanSQL(s, ", filename = true") }

func scanSQL(s warehouse.Snapshot, options string) string {
	if len(s.Files) == 0 {
		return emptySQL(s.Columns)
	}
	var b strings.Builder
	b.WriteString("select * from read_parquet([")
	for i, f := range s.Files {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(Literal(f.Path))
	}
	b.WriteString("], schema = map {")
	for i, c := range s.Columns {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%d: {name: %s, type: '%s', default_value: null}", c.FieldID, Literal(c.Name), TypeName(c.Type))
	}
	b.WriteString("}, hive_partitioning = false" + options + ")")
	return b.String()
}

func emptySQL(columns []warehouse.PinnedColumn) string {
	list := make([]string, len(columns))
	for i, c := range columns {
		list[i] = "null::" + TypeName(c.Type) + " as " + Ident(c.Name)
	}
	return "select " + strings.Join(list, ", ") + " where false"
}

// TypeName is DuckDB's name of a lake column's type.
func TypeName(t warehouse.ColumnType) string {
	switch t {
	case warehouse.Int32:
		return "INTEGER"
	case warehouse.Int64:
		return "BIGINT"
	case warehouse.Bool:
		return "BOOLEAN"
	case warehouse.Timestamp:
		return "TIMESTAMP WITH TIME ZONE"
	case warehouse.Date:
		return "DATE"
	case warehouse.Decimal:
		return "DECIMAL(18,3)"
	case warehouse.Binary:
		return "BLOB"
	default:
		return "VARCHAR"
	}
}
