package export

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dutyflow/dutyflow/sql"
	"github.com/dutyflow/dutyflow/transform/transformtest"
	"github.com/dutyflow/dutyflow/warehouse/duck"
)

// hostile is a name that each format has to escape.
const hostile = "审批 <b> & \"q\" 'r' ]]> \\ ; drop"

// cases are a finished case of three runs, cases of one run, and one that is claimed but not ended.
func cases(t *testing.T) *duck.DB {
	t.Helper()
	var records strings.Builder
	records.WriteString("case_id,event_id,action,event_time,step_code,actor_id,finish_kind,process_code\n")
	add := func(caseID, action, at, step, actor, finish string) {
		quoted := `"` + strings.ReplaceAll(step, `"`, `""`) + `"`
		fmt.Fprintf(&records, "%s,%s-%s-%s,%s,%s,%s,%s,%s,P1\n", caseID, caseID, action, at, action, at, quoted, actor, finish)
	}
	add("open", "step_arrive", "2026-03-02T09:00:00+08:00", "A", "", "")
	add("open", "step_claim", "2026-03-02T09:10:00+08:00", "A", "a\x01b", "")
	add("whole", "accept", "2026-03-02T09:00:00+08:00", "", "", "")
	add("whole", "step_end", "2026-03-02T10:00:00.123456+08:00", hostile, "a1", "")
	add("whole", "step_end", "2026-03-02T11:00:00+08:00", "B", "a1", "")
	add("whole", "step_end", "2026-03-02T12:00:00+08:00", hostile, "a1", "")
	add("whole", "finish", "2026-03-02T13:00:00+08:00", "", "", "normal")
	for i := range 40 {
		add(fmt.Sprintf("n%02d", i), "step_end", "2026-03-03T10:00:00+08:00", "B", "a2", "")
	}
	lake := transformtest.NewLake(t, sql.Project(), "Asia/Shanghai")
	lake.Add(t, "step", []byte(records.String()))
	return transformtest.Run(t, lake, sql.Project(), time.Time{})
}

// All rules hold on one warehouse, because making it takes longest.
func TestWrite(t *testing.T) {
	db := cases(t)
	for _, rule := range []struct {
		name string
		test func(*testing.T, *duck.DB)
	}{
		{"same bytes in pieces of any size", samePieces},
		{"hostile names come out as they went in", escapes},
		{"mistakes leave no file", mistakes},
		{"a write that fails leaves no file", failedWrites},
	} {
		t.Run(rule.name, func(t *testing.T) { rule.test(t, db) })
	}
}

// The same selection gives the same bytes, again and however small the pieces are in which cases are read.
func samePieces(t *testing.T, db *duck.DB) {
	unlimited := piece
	t.Cleanup(func() { piece = unlimited })
	for _, format := range Formats() {
		var want string
		for _, size := range []int64{unlimited, unlimited, 7, 1} {
			piece = size
			file := filepath.Join(t.TempDir(), "log")
			summary, err := Write(t.Context(), Options{DB: db, Format: format, Path: file})
			if err != nil {
				t.Fatal(err)
			}
			if summary.Cases != 42 || summary.Events != 44 {
				t.Errorf("%s in pieces of %d: %+v, want 42 cases and 44 events", format, size, summary)
			}
			got := read(t, file)
			if want == "" {
				want = got
			}
			if got != want {
				t.Errorf("%s in pieces of %d has other bytes", format, size)
			}
		}
	}
}

// Names with marks of XML, JSON and SQL, in Chinese and with control characters are read back as they were; a run that
// has not ended is told by its last sign of life.
func escapes(t *testing.T, db *duck.DB) {
	dir := t.TempDir()
	for _, format := range Formats() {
		if _, err := Write(t.Context(), Options{DB: db, Format: format, Path: filepath.Join(dir, format)}); err != nil {
			t.Fatal(err)
		}
	}
	decoder := xml.NewDecoder(strings.NewReader(read(t, filepath.Join(dir, XES))))
	counts := map[string]int{}
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if start, ok := token.(xml.StartElement); ok && len(start.Attr) == 2 {
			counts[start.Attr[0].Value+"="+start.Attr[1].Value]++
		}
	}
	for attribute, n := range map[string]int{
		"concept:name=" + hostile: 2, "lifecycle:transition=start": 1, "time:timestamp=2026-03-02T09:10:00+08:00": 1,
		"time:timestamp=2026-03-02T10:00:00.123456+08:00": 1, "org:resource=a\uFFFDb": 1, // XML has no such character
	} {
		if counts[attribute] != n {
			t.Errorf("XES has %q %d times, want %d", attribute, counts[attribute], n)
		}
	}
	var log struct {
		Events []struct{ ID, Type string }
	}
	if err := json.Unmarshal([]byte(read(t, filepath.Join(dir, OCELJSON))), &log); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range log.Events {
		if e.Type == hostile {
			n++
		}
	}
	if n != 2 || len(log.Events) != 44 {
		t.Errorf("JSON has %d of %d events of the hostile step, want 2 of 44", n, len(log.Events))
	}
}

// A mistake is told by its class, and leaves nothing behind; a condition can neither write nor reach other files.
func mistakes(t *testing.T, db *duck.DB) {
	dir := t.TempDir()
	existing := filepath.Join(dir, "existing")
	if err := os.WriteFile(existing, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "log")
	options := []struct {
		o    Options
		want error
	}{
		{Options{Format: "csv", Path: path}, ErrBadFormat},
		{Options{Format: XES, Path: existing}, ErrExists},
		{Options{Format: XES, Path: path, Selection: Selection{Process: "P9"}}, ErrNothing},
		{Options{Format: XES, Path: path, Selection: Selection{Process: "' or true --"}}, ErrNothing},
	}
	for _, where := range []string{
		"no_such", "1=1; drop view v_case", "true) ; copy v_case to '" + path + "' --", "1=1); attach '" + path + "' as x; select (1=1",
		"case_id in (select content from read_text('" + existing + "'))", "(", "'",
	} {
		options = append(options, struct {
			o    Options
			want error
		}{Options{Format: XES, Path: path, Selection: Selection{Where: where}}, ErrBadSelection})
	}
	for _, c := range options {
		c.o.DB = db
		if _, err := Write(t.Context(), c.o); !errors.Is(err, c.want) {
			t.Errorf("%+v: %v, want %v", c.o.Selection, err, c.want)
		}
	}
	requireFiles(t, dir, "existing")
	if read(t, existing) != "mine" {
		t.Error("the existing file was changed")
	}
}

// Where the export cannot be finished, neither the file nor what it was made of stays.
func failedWrites(t *testing.T, db *duck.DB) {
	for _, format := range Formats() {
		dir := t.TempDir()
		ctx, cancel := context.WithCancel(t.Context())
		o := Options{DB: db, Format: format, Path: filepath.Join(dir, "log"), Progress: func(int64, int64) { cancel() }}
		for _, when := range []string{"after the last case", "before the first"} {
			if _, err := Write(ctx, o); !errors.Is(err, context.Canceled) {
				t.Errorf("%s, cancelled %s: %v, want that it was cancelled", format, when, err)
			}
		}
		requireFiles(t, dir, "")
		o.Progress, o.Path = nil, filepath.Join(dir, "taken")
		o.Overwrite = true
		if err := os.MkdirAll(filepath.Join(o.Path, "full"), 0o700); err != nil { // a folder with content cannot be replaced
			t.Fatal(err)
		}
		if _, err := Write(t.Context(), o); err == nil {
			t.Errorf("%s: replaced a folder", format)
		}
		requireFiles(t, dir, "taken")
		o.Path = filepath.Join(dir, "absent", "log")
		if _, err := Write(t.Context(), o); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: %v, want that the folder is absent", format, err)
		}
	}
}

// A disk that is full is told when the log ends, and what was kept beside the log is gone then.
func TestSinks_tellThatTheDiskIsFull(t *testing.T) {
	dir := t.TempDir()
	log, err := newJSON(full{}, filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	x, err := newXES(full{})
	if err != nil {
		t.Fatal(err)
	}
	for name, out := range map[string]sink{OCELJSON: log, XES: x} {
		if err := out.beginCase([]field{{"case_id", text, "c"}}); err != nil {
			t.Fatal(err)
		}
		if err := out.close(); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%s: %v, want that the disk is full", name, err)
		}
	}
	requireFiles(t, dir, "")
}

// full is a disk without space.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func requireFiles(t *testing.T, dir string, want string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != want {
			t.Errorf("%s was left", e.Name())
		}
	}
}
