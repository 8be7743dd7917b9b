package transformtest

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dutyflow/dutyflow/transform"
	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/duck"
)

// Lake is a lake of Parquet files that a test wrote.
type Lake struct {
	zone      *time.Location
	snapshots map[string]warehouse.Snapshot
	dir       string
	project   *transform.Project
	next      int64
	held      map[string]map[string]int64 // by name: the snapshot of each table
}

// NewLake makes an empty lake for the tables that the project reads.
func NewLake(t testing.TB, project fs.FS, zone string) *Lake {
	t.Helper()
	location, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	p, err := transform.Load(t.Context(), project)
	if err != nil {
		t.Fatal(err)
	}
	l := &Lake{zone: location, snapshots: map[string]warehouse.Snapshot{}, held: map[string]map[string]int64{}, dir: t.TempDir(), project: p}
	for table, columns := range p.Sources {
		s := warehouse.Snapshot{Table: table}
		for i, c := range columns {
			s.Columns = append(s.Columns, warehouse.PinnedColumn{
				Column: warehouse.Column{Name: c.Name, Type: columnType(c.Type)}, FieldID: i + 1,
			})
		}
		l.snapshots[table] = s
	}
	return l
}

// Pin returns the snapshots, in the order of the names.
func (l *Lake) Pin(_ context.Context, tables ...string) ([]warehouse.Snapshot, error) {
	var list []warehouse.Snapshot
	for _, name := range tables {
		s, ok := l.snapshots[name]
		if !ok {
			return nil, fmt.Errorf("pin %s: no such table", name)
		}
		list = append(list, s)
	}
	return list, nil
}

// Hold remembers what is held.
func (l *Lake) Hold(_ context.Context, name string, pinned []warehouse.Snapshot) error {
	l.held[name] = map[string]int64{}
	for _, s := range pinned {
		l.held[name][s.Table] = s.ID
	}
	return nil
}

// Release forgets it.
func (l *Lake) Release(_ context.Context, keep func(name string) bool) error {
	maps.DeleteFunc(l.held, func(name string, _ map[string]int64) bool { return !keep(name) })
	return nil
}

// Held is what is held now, by name and table.
func (l *Lake) Held() map[string]map[string]int64 { return l.held }

// Zone is the lake's business zone.
func (l *Lake) Zone() *time.Location { return l.zone }

// DropColumn makes the table one that is too old to have the column.
func (l *Lake) DropColumn(table, column string) {
	s := l.snapshots[table]
	s.Columns = slices.DeleteFunc(slices.Clone(s.Columns), func(c warehouse.PinnedColumn) bool { return c.Name == column })
	l.snapshots[table] = s
}

// Add appends the rows of a CSV file to a table, as one commit. Columns that it lacks get the values of a record that
// came from Kafka at the end of 2026, in the order of the file.
func (l *Lake) Add(t testing.TB, table string, text []byte) {
	t.Helper()
	header, rows := readCSV(t, table, text)
	for _, row := range rows {
		l.next++
		for column, value := range map[string]string{
			"schema": "duty." + table + ".v1", "source": "test", "event_id": "e" + strconv.FormatInt(l.next, 10), "op": "upsert",
			"region_code": "371300000000", "org_code": "O1", "process_code": "P1",
			"_cluster": "k", "_topic": "duty." + table, "_partition": "0", "_offset": strconv.FormatInt(l.next, 10),
			"_kafka_ts": "2026-12-31T00:00:00+08:00", "_ingest_ts": "2026-12-31T00:00:00+08:00",
		} {
			if !slices.Contains(header, column) {
				row[column] = value
			}
		}
	}
	l.addRows(t, table, rows)
}

// AddLists loads reference lists, each a CSV file named for its list, as one version.
func (l *Lake) AddLists(t testing.TB, lists map[string][]byte) {
	t.Helper()
	l.next++
	version := strconv.FormatInt(l.next, 10)
	var rows []map[string]string
	for name, text := range lists {
		_, lines := readCSV(t, name, text)
		for i, fields := range lines {
			object, err := json.Marshal(fields)
			if err != nil {
				t.Fatal(err)
			}
			rows = append(rows, map[string]string{
				"list_version": version, "list": name, "file": name + ".csv", "line": strconv.Itoa(i + 2),
				"fields": string(object), "loaded_at": "2026-12-31T00:00:00+08:00",
			})
		}
	}
	l.addRows(t, "lists", rows)
}

func (l *Lake) addRows(t testing.TB, table string, rows []map[string]string) {
	t.Helper()
	s, ok := l.snapshots[table]
	if !ok {
		t.Fatalf("the project reads no lake table %s", table)
	}
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	record := make([]string, len(s.Columns))
	for i, c := range s.Columns {
		record[i] = c.Name
	}
	_ = w.Write(record) // a buffer takes all
	for _, row := range rows {
		for i, c := range s.Columns {
			record[i] = row[c.Name]
		}
		_ = w.Write(record)
	}
	w.Flush()
	l.addCSV(t, table, text.Bytes(), int64(len(rows)))
}

func (l *Lake) addCSV(t testing.TB, table string, text []byte, rows int64) {
	t.Helper()
	s := l.snapshots[table]
	name := filepath.Join(l.dir, fmt.Sprintf("%s-%d", table, len(s.Files)))
	writeFile(t, name+".csv", text)
	var columns []string
	for _, c := range s.Columns {
		columns = append(columns, duck.Literal(c.Name)+": "+duck.Literal(duck.TypeName(c.Type)))
	}
	l.AddQuery(t, table, "select * from read_csv("+duck.Literal(name+".csv")+", header = true, columns = {"+strings.Join(columns, ", ")+"})", rows)
}

// AddQuery appends the result of a DuckDB query, which must have the table's columns, to a table.
func (l *Lake) AddQuery(t testing.TB, table, query string, rows int64) {
	t.Helper()
	s := l.snapshots[table]
	path := filepath.Join(l.dir, fmt.Sprintf("%s-%d.parquet", table, len(s.Files)))
	var ids []string
	for _, c := range s.Columns {
		ids = append(ids, duck.Ident(c.Name)+": "+strconv.Itoa(c.FieldID))
	}
	db, err := duck.Open("", duck.Options{Zone: l.zone.String()})
	if err != nil {
		t.Fatal(err)
	}
	stmt := "copy (" + query + ") to " + duck.Literal(path) + " (format parquet, field_ids {" + strings.Join(ids, ", ") + "})"
	if err := errors.Join(db.Exec(t.Context(), stmt), db.Close()); err != nil {
		t.Fatalf("write %s: %v", table, err)
	}
	s.ID++
	s.Rows += rows
	s.Files = append(slices.Clone(s.Files), warehouse.PinnedFile{Path: path, Rows: rows})
	l.snapshots[table] = s
}

func columnType(name string) warehouse.ColumnType {
	switch name {
	case "INTEGER":
		return warehouse.Int32
	case "BIGINT":
		return warehouse.Int64
	case "BOOLEAN":
		return warehouse.Bool
	case "TIMESTAMPTZ":
		return warehouse.Timestamp
	case "DATE":
		return warehouse.Date
	case "DECIMAL(18,3)":
		return warehouse.Decimal
	default:
		return warehouse.String
	}
}
