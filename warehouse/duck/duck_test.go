package duck_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/duck"
)

func open(t *testing.T, path string, o duck.Options) *duck.DB {
	t.Helper()
	db, err := duck.Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func write(t *testing.T, db *duck.DB, query, format string) string {
	t.Helper()
	rows, err := db.Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := duck.Write(&b, rows, format); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Whatever the host's zone is, the session has the one that it is given, and loads no extension on its own.
func TestOpen_session(t *testing.T) {
	for _, zone := range []string{"Asia/Shanghai", "UTC", "America/New_York"} {
		t.Setenv("TZ", zone)
		db := open(t, "", duck.Options{Zone: "Asia/Shanghai", Threads: 1, MemoryLimit: 300 << 20})
		got := write(t, db, "select timestamptz '2026-03-01 00:00:00+08'::date as day, current_setting('threads')::int as threads, "+
			"current_setting('autoinstall_known_extensions')::boolean or current_setting('autoload_known_extensions')::boolean as extensions, "+
			"current_setting('memory_limit') as memory", "csv")
		if got != "day,threads,extensions,memory\n2026-03-01,1,false,300.0 MiB\n" {
			t.Errorf("TZ=%s: %s", zone, got)
		}
	}
	if _, err := duck.Open("", duck.Options{Zone: "Mars/Olympus"}); err == nil {
		t.Error("an unknown zone was taken")
	}
	if _, err := duck.Open(filepath.Join(t.TempDir(), "none.duckdb"), duck.Options{ReadOnly: true}); !errors.Is(err, duck.ErrNoDatabase) {
		t.Errorf("got %v, want ErrNoDatabase", err)
	}
}

// Two in-memory sessions of one process share nothing.
func TestOpen_memoryIsOwn(t *testing.T) {
	one, two := open(t, "", duck.Options{}), open(t, "", duck.Options{})
	if err := one.Exec(t.Context(), "create table x as select 1"); err != nil {
		t.Fatal(err)
	}
	if err := two.Exec(t.Context(), "select * from x"); err == nil {
		t.Error("the second session sees the table of the first")
	}
}

// An analyst's session reads the allowed folders and nothing else, and cannot let itself out.
func TestOpen_confined(t *testing.T) {
	dir := t.TempDir()
	parts, secret := filepath.Join(dir, "parts"), filepath.Join(dir, "secret.csv")
	if err := errors.Join(os.Mkdir(parts, 0o755), os.WriteFile(secret, []byte("a\n1\n"), 0o644)); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "v.duckdb")
	maker, err := duck.Open(file, duck.Options{})
	if err != nil {
		t.Fatal(err)
	}
	part := filepath.Join(parts, "p.parquet")
	err = errors.Join(maker.Export(t.Context(), "select 7 as n;", part),
		maker.Exec(t.Context(), "create view f as select * from read_parquet(["+duck.Literal(part)+"])"), maker.Close())
	if err != nil {
		t.Fatal(err)
	}
	o := duck.Options{ReadOnly: true, Zone: "Asia/Shanghai", AllowedDirs: []string{parts}}
	db := open(t, file, o)
	if got := write(t, db, "select * from f", "csv"); got != "n\n7\n" {
		t.Errorf("got %s", got)
	}
	for _, query := range []string{
		"select * from read_csv(" + duck.Literal(secret) + ")", "select * from read_text('/etc/hostname')",
		"select * from read_parquet(" + duck.Literal(filepath.Join(parts, "..", "secret.csv")) + ")",
		"copy (select 1) to " + duck.Literal(filepath.Join(dir, "out.csv")), "attach " + duck.Literal(filepath.Join(dir, "other.duckdb")),
		"set TimeZone = 'UTC'", "set enable_external_access = true", "install httpfs", "create table x as select 1",
	} {
		if err := db.Exec(t.Context(), query); err == nil {
			t.Errorf("%s was allowed", query)
		}
	}
	// the second to open the same version in one process gets the same confined session
	if again := open(t, file, o); write(t, again, "select * from f", "csv") != "n\n7\n" {
		t.Error("the second session reads something else")
	}
	if _, err := duck.Open(file, duck.Options{ReadOnly: true, Zone: "Asia/Shanghai"}); !errors.Is(err, duck.ErrOtherSettings) {
		t.Errorf("got %v, want ErrOtherSettings", err)
	}
}

// A snapshot is read by field id over files of several ages; an empty table has its columns.
func TestAttachLake(t *testing.T) {
	dir := t.TempDir()
	db := open(t, "", duck.Options{Zone: "Asia/Shanghai"})
	old, young := filepath.Join(dir, "old.parquet"), filepath.Join(dir, "event_date=2026-03", "young.parquet")
	if err := os.MkdirAll(filepath.Dir(young), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, stmt := range []string{
		"copy (select 'a' as was_called, 1::bigint as seq) to " + duck.Literal(old) + " (format parquet, field_ids {was_called: 1, seq: 2})",
		"copy (select 2::bigint as seq, 'b' as case_id, 1.5::decimal(18,3) as size) to " + duck.Literal(young) +
			" (format parquet, field_ids {case_id: 1, seq: 2, size: 3})",
	} {
		if err := db.Exec(t.Context(), stmt); err != nil {
			t.Fatal(err)
		}
	}
	column := func(id int, name string, kind warehouse.ColumnType) warehouse.PinnedColumn {
		return warehouse.PinnedColumn{Column: warehouse.Column{Name: name, Type: kind}, FieldID: id}
	}
	columns := []warehouse.PinnedColumn{column(1, "case_id", warehouse.String), column(2, "seq", warehouse.Int64), column(3, "size", warehouse.Decimal)}
	err := db.AttachLake(t.Context(), []warehouse.Snapshot{
		{Table: "step", ID: 7, Columns: columns, Files: []warehouse.PinnedFile{{Path: old}, {Path: young}}},
		{Table: "work", Columns: columns},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := write(t, db, "select * from lake.step order by all", "csv"); got != "case_id,seq,size\na,1,\nb,2,1.500\n" {
		t.Errorf("step: %s", got)
	}
	if got := write(t, db, "select count(*) as n, typeof(max(size)) as t from lake.work", "csv"); got != "n,t\n0,\"DECIMAL(18,3)\"\n" {
		t.Errorf("work: %s", got)
	}
}

// Numbers keep all their digits: integers of any width as numbers, decimals as strings, instants with the lake's offset,
// NaN and infinity as null.
func TestWrite(t *testing.T) {
	db := open(t, "", duck.Options{Zone: "Asia/Shanghai"})
	const query = "select 170141183460469231731687303715884105727::hugeint as wide, 9007199254740993::bigint as long, " +
		"-0.050::decimal(18,3) as exact, 'nan'::double as nothing, 'inf'::double as endless, 0.1::double as tenth, " +
		"timestamptz '2026-03-01 00:00:00.000001+08' as at, date '2026-03-01' as day, null as missing, true as yes, '字\"<' as text"
	wantJSON := "[\n" + `{"wide":170141183460469231731687303715884105727,"long":9007199254740993,"exact":"-0.050","nothing":null,` +
		`"endless":null,"tenth":0.1,"at":"2026-03-01T00:00:00.000001+08:00","day":"2026-03-01","missing":null,"yes":true,"text":"字\"<"}` + "\n]\n"
	if got := write(t, db, query, "json"); got != wantJSON {
		t.Errorf("got  %swant %s", got, wantJSON)
	}
	wantCSV := "wide,long,exact,nothing,endless,tenth,at,day,missing,yes,text\n" +
		"170141183460469231731687303715884105727,9007199254740993,-0.050,,,0.1,2026-03-01T00:00:00.000001+08:00,2026-03-01,,true,\"字\"\"<\"\n"
	if got := write(t, db, query, "csv"); got != wantCSV {
		t.Errorf("got  %swant %s", got, wantCSV)
	}
	if got := write(t, db, "select '临沂市' as name, 5 as n union all select 'x', 10 order by 2", "table"); got != "name    n\n------  --\n临沂市  5\nx       10\n" {
		t.Errorf("table:\n%s", got)
	}
	if got := write(t, db, "select 1 as n where false", "json"); got != "[\n]\n" {
		t.Errorf("no rows: %q", got)
	}
	rows, err := db.Query(t.Context(), "select 1")
	if err != nil {
		t.Fatal(err)
	}
	if err := duck.Write(&strings.Builder{}, rows, "xml"); !errors.Is(err, duck.ErrBadFormat) {
		t.Errorf("got %v, want ErrBadFormat", err)
	}
}

// An error in the middle of a result is an error, not a shorter result.
func TestWrite_failsLate(t *testing.T) {
	db := open(t, "", duck.Options{})
	rows, err := db.Query(t.Context(), "select case when i = 200000 then error('row ' || i) else i::varchar end as x from range(300000) as r(i)")
	if err == nil {
		err = duck.Write(&strings.Builder{}, rows, "csv")
	}
	if err == nil || !strings.Contains(fmt.Sprint(err), "row 200000") {
		t.Errorf("got %v", err)
	}
}

// Zone is what instants are printed in.
func TestZone(t *testing.T) {
	db := open(t, "", duck.Options{Zone: "Asia/Shanghai"})
	if got := time.Unix(0, 0).In(db.Zone()).Format(time.RFC3339); got != "1970-01-01T08:00:00+08:00" {
		t.Error(got)
	}
}
