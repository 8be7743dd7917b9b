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
	"os"
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
	files     int
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

// addRows appends rows as one commit, each month of events in a file of its own, as a real lake has them.
func (l *Lake) addRows(t testing.TB, table string, rows []map[string]string) {
	t.Helper()
	s, ok := l.snapshots[table]
	if !ok {
		t.Fatalf("the project reads no lake table %s", table)
	}
	months := map[string][]map[string]string{}
	for _, row := range rows {
		if at, err := time.Parse(time.RFC3339, row["event_time"]); err == nil && row["_event_date"] == "" {
			row["_event_date"] = at.In(l.zone).Format(time.DateOnly)
		}
		month := ""
		if len(row["_event_date"]) > 7 {
			month = row["_event_date"][:7]
		}
		months[month] = append(months[month], row)
	}
	for _, month := range slices.Sorted(maps.Keys(months)) {
		s.Files = append(slices.Clone(s.Files), l.write(t, s, month, l.csvQuery(t, s, months[month]), int64(len(months[month]))))
	}
	l.commit(t, s, len(s.Files)-len(months))
}

// csvQuery is the query that reads rows, which it writes as a CSV file.
func (l *Lake) csvQuery(t testing.TB, s warehouse.Snapshot, rows []map[string]string) string {
	t.Helper()
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	record := make([]string, len(s.Columns))
	var columns []string
	for i, c := range s.Columns {
		record[i] = c.Name
		columns = append(columns, duck.Literal(c.Name)+": "+duck.Literal(duck.TypeName(c.Type)))
	}
	_ = w.Write(record) // a buffer takes all
	for _, row := range rows {
		for i, c := range s.Columns {
			record[i] = row[c.Name]
		}
		_ = w.Write(record)
	}
	w.Flush()
	l.files++
	name := filepath.Join(l.dir, fmt.Sprintf("%s-%d.csv", s.Table, l.files))
	writeFile(t, name, text.Bytes())
	return "select * from read_csv(" + duck.Literal(name) + ", header = true, columns = {" + strings.Join(columns, ", ") + "})"
}

// AddQuery appends the result of a DuckDB query, which must have the table's columns, to a table.
func (l *Lake) AddQuery(t testing.TB, table, query string, rows int64) {
	t.Helper()
	s := l.snapshots[table]
	s.Files = append(slices.Clone(s.Files), l.write(t, s, "", query, rows))
	l.commit(t, s, len(s.Files)-1)
}

// Compact merges the files of a table into one, as `dutyflow lake compact` does: the rows and the ledger stay.
func (l *Lake) Compact(t testing.TB, table string) {
	t.Helper()
	s := l.snapshots[table]
	s.Files = []warehouse.PinnedFile{l.write(t, s, "", duck.ScanSQL(s), s.Rows)}
	s.ID++
	s.Sequence++
	l.snapshots[table] = s
}

// Change makes the snapshot of a table what no other method makes it.
func (l *Lake) Change(table string, change func(*warehouse.Snapshot)) {
	s := l.snapshots[table]
	s.ID++
	change(&s)
	l.snapshots[table] = s
}

// write makes a data file, in the folder of a month if one is given.
func (l *Lake) write(t testing.TB, s warehouse.Snapshot, month, query string, rows int64) warehouse.PinnedFile {
	t.Helper()
	l.files++
	dir := l.dir
	if month != "" {
		dir = filepath.Join(l.dir, "_event_date_month="+month)
	}
	path := filepath.Join(dir, fmt.Sprintf("%s-%d.parquet", s.Table, l.files))
	var ids []string
	for _, c := range s.Columns {
		ids = append(ids, duck.Ident(c.Name)+": "+strconv.Itoa(c.FieldID))
	}
	db, err := duck.Open("", duck.Options{Zone: l.zone.String()})
	if err != nil {
		t.Fatal(err)
	}
	stmt := "copy (" + query + ") to " + duck.Literal(path) + " (format parquet, field_ids {" + strings.Join(ids, ", ") + "})"
	if err := errors.Join(os.MkdirAll(dir, 0o755), db.Exec(t.Context(), stmt), db.Close()); err != nil {
		t.Fatalf("write %s: %v", s.Table, err)
	}
	return warehouse.PinnedFile{Path: path, Name: path, Rows: rows}
}

// commit makes the table what s says, with the ledger moved by the files from the given one on.
func (l *Lake) commit(t testing.TB, s warehouse.Snapshot, from int) {
	t.Helper()
	db, err := duck.Open("", duck.Options{Zone: l.zone.String()})
	if err != nil {
		t.Fatal(err)
	}
	files := s
	files.Files = s.Files[from:]
	for _, f := range files.Files {
		s.Rows += f.Rows
	}
	s.Ledger, err = moved(t.Context(), db, s, duck.ScanSQL(files))
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatalf("move the ledger of %s: %v", s.Table, err)
	}
	s.ID++
	s.Sequence++
	l.snapshots[s.Table] = s
}

// moved is the ledger with new rows. As in a real lake, no row may come below it.
func moved(ctx context.Context, db *duck.DB, s warehouse.Snapshot, query string) (warehouse.Ledger, error) {
	if !slices.ContainsFunc(s.Columns, func(c warehouse.PinnedColumn) bool { return c.Name == "_offset" }) {
		return s.Ledger, nil
	}
	next := maps.Clone(s.Ledger)
	if next == nil {
		next = warehouse.Ledger{}
	}
	rows, err := db.Query(ctx, "select _cluster, _topic, _partition, min(_offset), max(_offset) + 1 from ("+query+") group by all")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var cells [5]string
		for i := range cells {
			cells[i], _ = rows.Text(i)
		}
		partition, _ := strconv.ParseInt(cells[2], 10, 32)
		first, _ := strconv.ParseInt(cells[3], 10, 64)
		end, _ := strconv.ParseInt(cells[4], 10, 64)
		p := warehouse.Partition{Cluster: cells[0], Topic: cells[1], ID: int32(partition)}
		if was, ok := next[p]; ok && first < was.Next {
			return nil, fmt.Errorf("a row of %s has offset %d, and the ledger is at %d", p, first, was.Next)
		}
		next[p] = warehouse.Mark{Next: end}
	}
	return next, rows.Err()
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
