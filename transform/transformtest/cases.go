package transformtest

import (
	"bytes"
	"encoding/csv"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/dutyflow/dutyflow/transform"
	"github.com/dutyflow/dutyflow/warehouse/duck"
)

// Update is the flag -update of the tests: expected files and generated documents are written anew.
var Update = flag.Bool("update", false, "write expected files and generated documents anew")

// Cases runs every story of dir, which is a folder on disk, against the project. zones are the time zones of the process
// under which each runs: the result must not depend on them.
func Cases(t *testing.T, project fs.FS, dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() {
			t.Run(e.Name(), func(t *testing.T) {
				t.Parallel()
				story(t, project, filepath.Join(dir, e.Name()))
			})
		}
	}
}

// story runs one folder.
func story(t *testing.T, project fs.FS, dir string) {
	if _, err := os.Stat(filepath.Join(dir, "README.md")); err != nil {
		t.Errorf("a story is told in a README.md: %v", err)
	}
	options := readOptions(t, dir)
	project = withSeeds(t, project, filepath.Join(dir, "given", "seeds"))
	zone := options["zone"]
	if zone == "" {
		zone = "Asia/Shanghai"
	}
	lake := NewLake(t, project, zone)
	for _, table := range []string{"step", "work", "loads", "rejects"} {
		if text, err := os.ReadFile(filepath.Join(dir, "given", table+".csv")); err == nil {
			lake.Add(t, table, text)
		}
	}
	if lists := readFolder(t, filepath.Join(dir, "given", "lists")); len(lists) > 0 {
		lake.AddLists(t, lists)
	}
	var asOf time.Time
	if text := options["as_of"]; text != "" {
		var err error
		if asOf, err = time.Parse(time.RFC3339, text); err != nil {
			t.Fatalf("options.csv: %v", err)
		}
	}
	db := Run(t, lake, project, asOf)
	expected := readFolder(t, filepath.Join(dir, "expected"))
	if len(expected) == 0 {
		t.Fatal("the story expects nothing: expected/NAME.csv with at least a header names what to look at")
	}
	for name, text := range expected {
		from := duck.Ident(name)
		if query, err := os.ReadFile(filepath.Join(dir, "ask", name+".sql")); err == nil {
			from = "(\n" + string(query) + "\n)"
		}
		compare(t, db, filepath.Join(dir, "expected", name+".csv"), from, text)
	}
}

// Run transforms the lake in a temporary warehouse and opens the published version.
func Run(t testing.TB, lake *Lake, project fs.FS, asOf time.Time) *duck.DB {
	t.Helper()
	dir := t.TempDir()
	result, err := transform.Run(t.Context(), transform.Options{
		Lake: lake, Dir: dir, Project: project, AsOf: asOf,
		Config: transform.Config{MemoryLimitMB: 1024, Threads: 2, Keep: 2, PartRows: 1_000_000},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range result.Models {
		t.Logf("%-28s %9d rows %12s", m.Name, m.Rows, m.Duration)
	}
	return OpenVersion(t, result.Path, lake.zone.String())
}

// OpenVersion opens a published version as analysts do, and closes it when the test ends.
func OpenVersion(t testing.TB, file, zone string) *duck.DB {
	t.Helper()
	parts := filepath.Join(filepath.Dir(filepath.Dir(file)), "parts")
	db, err := duck.Open(file, duck.Options{ReadOnly: true, Zone: zone, AllowedDirs: []string{parts}, Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// compare holds a view or a query against its expected rows. The header says which columns matter; rows are compared in order of
// all of them. A file that names metrics is about these alone: a new metric is told by a story of its own and does not
// change all others.
func compare(t *testing.T, db *duck.DB, file, from string, text []byte) {
	t.Helper()
	name := filepath.Base(file)
	header, _, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	var columns []string
	for c := range strings.SplitSeq(strings.TrimSpace(header), ",") {
		columns = append(columns, duck.Ident(c))
	}
	query := "select " + strings.Join(columns, ", ") + " from " + from
	if ids := namedMetrics(t, name, text); len(ids) > 0 {
		query += " where metric_id in (" + strings.Join(ids, ", ") + ")"
	}
	rows, err := db.Query(t.Context(), query+" order by all")
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	var got bytes.Buffer
	if err := duck.Write(&got, rows, "csv"); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if *Update {
		writeFile(t, file, got.Bytes())
		return
	}
	if want := strings.ReplaceAll(string(text), "\r\n", "\n"); got.String() != want {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got.String(), want)
	}
}

// namedMetrics are the metrics that an expected file has rows of, as SQL literals.
func namedMetrics(t *testing.T, name string, text []byte) []string {
	header, rows := readCSV(t, name, text)
	if !slices.Contains(header, "metric_id") {
		return nil
	}
	var ids []string
	for _, row := range rows {
		if id := duck.Literal(row["metric_id"]); !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// withSeeds lays the seeds of a folder over those of the project.
func withSeeds(t *testing.T, project fs.FS, dir string) fs.FS {
	seeds := readFolder(t, dir)
	if len(seeds) == 0 {
		return project
	}
	out := fstest.MapFS{}
	err := fs.WalkDir(project, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := fs.ReadFile(project, name)
		out[name] = &fstest.MapFile{Data: text}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range seeds {
		out[path.Join("seeds", name+".csv")] = &fstest.MapFile{Data: text}
	}
	return out
}

func readOptions(t *testing.T, dir string) map[string]string {
	options := map[string]string{}
	text, err := os.ReadFile(filepath.Join(dir, "given", "options.csv"))
	if errors.Is(err, fs.ErrNotExist) {
		return options
	}
	_, rows := readCSV(t, "options", text)
	for _, row := range rows {
		options[row["key"]] = row["value"]
	}
	return options
}

// readFolder returns the CSV files of a folder by name, or nothing when there is no folder.
func readFolder(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.csv"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out[strings.TrimSuffix(filepath.Base(file), ".csv")] = text
	}
	return out
}

func readCSV(t testing.TB, name string, text []byte) (header []string, rows []map[string]string) {
	t.Helper()
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))))
	records, err := r.ReadAll()
	if err != nil || len(records) == 0 {
		t.Fatalf("read %s: %v", name, err)
	}
	header = slices.Clone(records[0])
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, c := range header {
			row[c] = record[i]
		}
		rows = append(rows, row)
	}
	return header, rows
}

func writeFile(t testing.TB, file string, text []byte) {
	t.Helper()
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
}
