package file_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dutyflow/dutyflow/ingest/file"
	"github.com/dutyflow/dutyflow/ingest/record"
)

func write(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func packed(t testing.TB, content string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	io.WriteString(z, content)
	z.Close()
	return b.String()
}

func mapping(t testing.TB, text string) *file.Mapping {
	t.Helper()
	m, err := file.ParseMapping("m.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// all returns the messages of a file as "pos value", and the error that ended it.
func all(t testing.TB, path string, m *file.Mapping) ([]string, error) {
	t.Helper()
	r, err := file.Open(path, m)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var out []string
	var rec file.Record
	for {
		if err := r.Next(&rec); err != nil {
			if again := r.Next(&rec); again == nil || again.Error() != err.Error() {
				t.Errorf("after %v comes %v", err, again)
			}
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return out, err
		}
		out = append(out, fmt.Sprintf("%d %s", rec.Pos, rec.Value))
	}
}

const small = `
format: csv
source: s
zone: Asia/Shanghai
times: ["02.01.2006 15:04"]
id: [no]
fields:
  case_id: no
  process_code: {const: p}
  task_code: {const: "-"}
  region_code: region
  org_code: {from: dept, default: "-"}
events:
  - fields:
      action: {const: accept}
      event_time: opened
      channel: {from: via, map: {counter: window}}
  - fields:
      action: {const: finish}
      event_time: closed
      finish_kind: {from: kind, default: normal}
    ext: []
`

const smallHeader = "no,opened,closed,via,region,dept,kind,note\n"

// A row becomes the events whose time it has; what the code lists do not know becomes other or missing and stays in
// ext; columns that the mapping does not use stay in ext; a row without any time is passed on to be rejected.
func TestMapping_Rows(t *testing.T) {
	path := write(t, "a.csv", smallHeader+
		"1,12.02.2026 09:05,13.02.2026 10:00,counter,371300,D,denied,\"hello, \"\"you\"\"\"\n"+
		"2,2026-02-12 09:05:01,,pigeon,371300,,,\n"+
		"3,,,web,371300,D,,x\n"+
		"4,yesterday,,,,D,,\n")
	got, err := all(t, path, mapping(t, small))
	if err != nil {
		t.Fatal(err)
	}
	const env = `{"schema":"duty.step.v1","event_id":"%s","event_time":"%s","source":"s","seq":%d,"region_code":"371300","org_code":"%s","case_id":"%d","action":"%s","task_code":"-","process_code":"p"`
	want := []string{
		"2 " + fmt.Sprintf(env, "1:accept", "2026-02-12T01:05:00Z", 2, "D", 1, "accept") + `,"channel":"window","ext":{"note":"hello, \"you\""}}`,
		"2 " + fmt.Sprintf(env, "1:finish", "2026-02-13T02:00:00Z", 2, "D", 1, "finish") + `,"finish_kind":"denied"}`,
		"3 " + fmt.Sprintf(env, "2:accept", "2026-02-12T01:05:01Z", 3, "-", 2, "accept") + `,"channel":"other","ext":{"via":"pigeon"}}`,
		`4 {"schema":"duty.step.v1","event_id":"3:accept","source":"s","seq":4,"region_code":"371300","org_code":"D","case_id":"3","action":"accept","task_code":"-","process_code":"p","channel":"web","ext":{"note":"x"}}`,
		`5 {"schema":"duty.step.v1","event_id":"4:accept","event_time":"yesterday","source":"s","seq":5,"org_code":"D","case_id":"4","action":"accept","task_code":"-","process_code":"p"}`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	// Packed or with a byte order mark it is the same.
	for _, same := range []string{packed(t, read0(t, path)), "\ufeff" + read0(t, path), strings.ReplaceAll(read0(t, path), "\n", "\r\n")} {
		again, err := all(t, write(t, "b", same), mapping(t, small))
		if err != nil || strings.Join(again, "\n") != strings.Join(want, "\n") {
			t.Errorf("%v: %s", err, again)
		}
	}
}

func read0(t testing.TB, path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Without id columns equal events of a case are told apart by their count, and an id depends on nothing else.
func TestMapping_DerivedID(t *testing.T) {
	m := mapping(t, `{format: csv, source: s, fields: {action: {const: step_end}, case_id: c, step_code: s, event_time: t}}`)
	ids := func(rows string) []string {
		got, err := all(t, write(t, "a.csv", "c,s,t\n"+rows), m)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, g := range got {
			id := strings.Split(g, `"event_id":"`)[1]
			ids = append(ids, id[:strings.Index(id, `"`)])
		}
		return ids
	}
	a, b, c := "1,x,2026-01-01T00:00:00Z\n", "1,y,2026-01-01T00:00:00Z\n", "2,x,2026-01-01T00:00:00Z\n"
	first := ids(a + b + a + c + a)
	seen := map[string]bool{}
	for _, id := range first {
		if seen[id] || len(id) > 64 {
			t.Errorf("id %s twice or too long", id)
		}
		seen[id] = true
	}
	second := ids(c + a + a + a + b)
	if first[0] != second[1] || first[2] != second[2] || first[4] != second[3] || first[3] != second[0] || first[1] != second[4] {
		t.Errorf("ids depend on other rows: %v, %v", first, second)
	}
}

// Conditions leave rows and events out; all of a list must hold.
func TestMapping_Where(t *testing.T) {
	base := "{format: csv, source: s, fields: {action: {const: submit}, case_id: c, event_time: t}, where: [%s]}"
	rows := "c,t,v,w\n1,2026-01-01,a,\n2,2026-01-01,b,x\n3,2026-01-01,,y\n"
	for where, want := range map[string]string{
		"{from: v, is: a}":                          "1",
		"{from: v, not: a}":                         "2 3",
		"{from: v, in: [a, b]}":                     "1 2",
		"{from: v, not_in: [a, b]}":                 "3",
		"{from: w, empty: true}":                    "1",
		"{from: w, empty: false}":                   "2 3",
		"{from: w, empty: false}, {from: v, is: b}": "2",
	} {
		got, err := all(t, write(t, "a.csv", rows), mapping(t, fmt.Sprintf(base, where)))
		if err != nil {
			t.Fatal(err)
		}
		var cases []string
		for _, g := range got {
			cases = append(cases, strings.Split(strings.Split(g, `"case_id":"`)[1], `"`)[0])
		}
		if strings.Join(cases, " ") != want {
			t.Errorf("%s: %v, want %s", where, cases, want)
		}
	}
}

// NDJSON without mapping is passed on as it is, byte for byte, broken lines too; each message goes to the topic that it names.
func TestOpen_NDJSON(t *testing.T) {
	lines := []string{
		`{"schema":"duty.work.v1","record_id":"R-1"}`, `{"broken`, ``, `{ "case_id" : "C\u002d1", "schema":"duty.step.v1.2"}`, "{\"x\":\"\xff\"}",
	}
	r, err := file.Open(write(t, "a.ndjson", strings.Join(lines, "\r\n")), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var got []string
	var rec file.Record
	for r.Next(&rec) == nil {
		got = append(got, fmt.Sprintf("%d %s %s %s", rec.Pos, rec.Topic, rec.Key, rec.Value))
	}
	want := []string{"1 duty.work R-1 " + lines[0], "2 duty.work  " + lines[1], "4 duty.step C-1 " + lines[3], "5 duty.step  " + lines[4]}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// NDJSON with a mapping has the members of inner objects under dotted names; a line that is no object is passed on.
func TestMapping_NDJSON(t *testing.T) {
	m := mapping(t, `{format: ndjson, source: s, fields: {action: {const: submit}, case_id: a.id, event_time: t, rev: n, flags: f, is_test: b}}`)
	got, err := all(t, write(t, "a", `{"a":{"id":7,"z":[1, 2]},"t":"2026-01-01T00:00:00Z","n":3,"f":"online,x","b":true,"e":null}`+"\nnonsense\n"), m)
	if err != nil || len(got) != 2 || got[1] != "2 nonsense" {
		t.Fatal(err, got)
	}
	for _, part := range []string{`"case_id":"7"`, `"rev":3`, `"flags":["online"]`, `"is_test":true`, `"ext":{"a.z":"[1, 2]","f":"online,x"}`} {
		if !strings.Contains(got[0], part) {
			t.Errorf("%s is not in %s", part, got[0])
		}
	}
}

const xesHead = `<?xml version="1.0" encoding="UTF-8"?><!-- a > b --><log xmlns="http://www.xes-standard.org/">
<extension name="Concept" prefix="concept" uri="x"/><global scope="event"><string key="org:role" value="UNKNOWN"/></global>
<classifier name="A" keys="concept:name"/><string key="log" value="x"><int key="n" value="1"/></string>
`

// A log without mapping is read by its standard attributes, whatever their order and nesting.
func TestOpen_XES(t *testing.T) {
	log := xesHead + `<trace>
 <event><string key="concept:name" value="A &amp; &#x4E2D;&lt;"/><date key="time:timestamp" value="2026-01-01T08:00:00.000+08:00"/>
  <string key="org:group" value="G"/><string key="cost" value="1"><string key="unit" value="EUR"/></string><string key="cost" value="2"/>
  <list key="l"><values><string key="a" value="x"/><string key="a" value="y"/></values></list></event>
 <event/>
 <string key="concept:name" value='C"1'/><string key="kind" value="k>l"/>
</trace>
<trace><event><string key="concept:name" value=""/></event></trace><trace/>
<event><string key="concept:name" value="stray"/></event></log>
`
	got, err := all(t, write(t, "my.xes.gz", packed(t, log)), nil)
	if err != nil {
		t.Fatal(err)
	}
	const row = `%d {"schema":"duty.step.v1","event_id":"%s",%s"source":"my","seq":%d,"region_code":"000000000000","org_code":"-",%s"case_id":"%s","action":"step_end","task_code":"-","process_code":"my","step_code":"%s"%s}`
	want := []string{
		fmt.Sprintf(row, 1, "1.1", `"event_time":"2026-01-01T08:00:00.000+08:00",`, 1, `"section_code":"G",`, `C\"1`, "A & 中<",
			`,"ext":{"cost":"1","cost/unit":"EUR","cost#2":"2","l/a":"x","l/a#2":"y","case:kind":"k>l"}`),
		fmt.Sprintf(row, 2, "1.2", "", 2, "", `C\"1`, "-", `,"ext":{"case:kind":"k>l"}`),
		fmt.Sprintf(row, 3, "2.1", "", 3, "", "my#2", "-", ""),
		fmt.Sprintf(row, 4, "4.1", "", 4, "", "my#4", "stray", ""),
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// What is wrong with a file is said in one line with the place and what to do, and can be told by its kind.
func TestOpen_Errors(t *testing.T) {
	m := mapping(t, small)
	x := mapping(t, "{format: xes, source: s}")
	gz := packed(t, smallHeader+strings.Repeat("1,2026-01-01,,,,,,\n", 5000))
	for _, tc := range []struct {
		name, file, content string
		m                   *file.Mapping
		kind                error
		line                int64
		text                string
	}{
		{"empty", "a.csv", "", m, file.ErrEmpty, 0, "nothing to load"},
		{"blank", "a.csv", " \n\n", m, file.ErrEmpty, 0, "blanks"},
		{"empty gzip", "a.csv.gz", packed(t, ""), m, file.ErrEmpty, 0, "blanks"},
		{"not gzip", "a.csv.gz", smallHeader, m, file.ErrNotGzip, 0, "rename"},
		{"truncated gzip", "a.csv.gz", gz[:len(gz)-20], m, file.ErrTruncated, 0, "get the file again"},
		{"damaged gzip", "a.csv.gz", gz[:len(gz)-8] + "12345678", m, file.ErrFormat, 0, "damaged"},
		{"no mapping", "a.csv", smallHeader, nil, file.ErrNeedsMapping, 0, "--mapping"},
		{"mapping of another format", "a.csv", smallHeader, x, file.ErrFormat, 0, "mapping m.yaml is for xes"},
		{"UTF-16", "a.csv", "\xff\xfea\x00", m, file.ErrEncoding, 0, "UTF-16"},
		{"wrong column", "a.csv", "no,opened\n", m, file.ErrColumn, 1, `names "region"; the file has "no", "opened"`},
		{"column twice", "a.csv", "no,no\n", m, file.ErrFormat, 1, `"no" occurs twice`},
		{"too few columns", "a.csv", smallHeader + "1,,,,,,,\n1,2\n", m, file.ErrFormat, 3, "8 columns"},
		{"stray quote", "a.csv", smallHeader + "1,a\"b,,,,,,\n", m, file.ErrFormat, 2, "column 4"},
		{"open quote", "a.csv", smallHeader + "1,\"b,,,,,,\n", m, file.ErrFormat, 2, "quote"},
		{"endless line", "a.ndjson", "{" + strings.Repeat("x", 17<<20), nil, file.ErrFormat, 1, "8 MiB"},
		{"huge row", "a.csv", smallHeader + "1,,,,,,,\"" + strings.Repeat("x", 9<<20) + "\"\n", m, file.ErrFormat, 0, "position 2"},
		{"no log", "a.xes", "<html>\n</html>", nil, file.ErrFormat, 1, "<log>"},
		{"no element", "a.xes", "<!-- nothing -->", nil, file.ErrFormat, 1, "<log>"},
		{"XML breaks off", "a.xes", xesHead + "<trace>\n<event>", nil, file.ErrTruncated, 5, "<event>"},
		{"XML breaks off in a tag", "a.xes", xesHead + "<trace>\n<event", nil, file.ErrTruncated, 5, "tag"},
		{"tags cross", "a.xes", xesHead + "<trace>\n<event></trace>", nil, file.ErrFormat, 5, "</trace>"},
		{"no quotes", "a.xes", xesHead + "<trace><string key=a value=b/></trace>", nil, file.ErrFormat, 4, "quoted"},
		{"unknown entity", "a.xes", xesHead + `<trace><string key="a" value="&foo;"/></trace>`, nil, file.ErrFormat, 4, "&foo;"},
		{"another encoding", "a.xes", `<?xml version="1.0" encoding="ISO-8859-1"?><log/>`, nil, file.ErrEncoding, 1, "ISO-8859-1"},
		{"declarations", "a.xes", `<!DOCTYPE log [ <!ENTITY a "b"> ]><log/>`, nil, file.ErrFormat, 1, "DOCTYPE"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := all(t, write(t, tc.file, tc.content), tc.m)
			var e *file.Error
			if !errors.Is(err, tc.kind) || !errors.As(err, &e) {
				t.Fatalf("%v, want %v", err, tc.kind)
			}
			if !errors.Is(tc.kind, file.ErrTruncated) && e.Line != tc.line || !strings.Contains(err.Error(), tc.text) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%q, want line %d and %q", err, tc.line, tc.text)
			}
		})
	}
	if _, err := file.Open(t.TempDir(), m); !errors.Is(err, file.ErrDirectory) {
		t.Errorf("directory: %v", err)
	}
	if _, err := file.Open(filepath.Join(t.TempDir(), "none"), m); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
}

// A mistake in a mapping is said with its line.
func TestParseMapping_Errors(t *testing.T) {
	const head = "format: csv\nsource: s\n"
	for _, tc := range []struct {
		name, text string
		line       int64
		want       string
	}{
		{"unknown key", head + "sauce: x\n", 3, `"sauce"`},
		{"unknown key inside", head + "fields:\n  case_id: {frm: x}\n", 4, `"frm"`},
		{"unknown key in an event", head + "events:\n  - when: x\n", 4, `"when"`},
		{"key twice", head + "source: t\n", 3, "source"},
		{"no YAML", head + "fields: [\n", 3, ""},
		{"list for text", "format: csv\nsource: [a]\n", 2, ""},
		{"unknown format", "format: xlsx\nsource: s\n", 0, "csv, xes or ndjson"},
		{"unknown record", head + "record: duty.tickets\n", 0, "duty.step"},
		{"no source", "format: csv\n", 0, "source is missing"},
		{"unknown zone", head + "zone: Mars\n", 0, "Mars"},
		{"no layout", head + "times: [dd.mm.yyyy]\n", 0, "dd.mm.yyyy"},
		{"long separator", head + "separator: ab\n", 0, "separator"},
		{"unknown field", head + "fields:\n\n  regin_code: x\n", 5, "regin_code"},
		{"schema", head + "fields: {schema: x}\n", 3, "schema"},
		{"event id", head + "fields: {event_id: x}\n", 3, "under id"},
		{"const and from", head + "fields: {case_id: {from: a, const: b}}\n", 3, "both"},
		{"neither", head + "fields: {case_id: {join: a}}\n", 3, "from or const"},
		{"unknown code", head + "fields:\n  channel: {from: a, map: {x: fax}}\n", 4, `"fax"`},
		{"unknown constant code", head + "fields:\n  action: {const: closed}\n", 4, `"closed"`},
		{"event without time", head + "events:\n  - fields: {action: {const: accept}}\n", 0, "event_time"},
		{"case events of CSV", head + "case_events:\n  - fields: {event_time: x}\n", 0, "xes"},
		{"condition without test", head + "where: [{from: a}]\n", 0, "not_in"},
	} {
		_, err := file.ParseMapping("m.yaml", []byte(tc.text))
		var e *file.Error
		if !errors.Is(err, file.ErrMapping) || !errors.As(err, &e) {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		if e.Line != tc.line || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %q, want line %d and %q", tc.name, err, tc.line, tc.want)
		}
	}
}

// The identity of a load changes with the bytes of the file, the mapping and the contracts, and with nothing else.
func TestLoadID(t *testing.T) {
	a, b := write(t, "a", "content"), write(t, "b", "content")
	id := func(path, mapping, version string) string {
		s, err := file.LoadID(path, []byte(mapping), version)
		if err != nil || len(s) != 64 {
			t.Fatal(s, err)
		}
		return s
	}
	one := id(a, "m", "1.0")
	if one != id(b, "m", "1.0") {
		t.Error("depends on the name")
	}
	for _, other := range []string{id(write(t, "c", "contenu"), "m", "1.0"), id(a, "n", "1.0"), id(a, "m", "1.1"), id(a, "m1", ".0")} {
		if other == one {
			t.Error("differs in nothing")
		}
	}
}

// Work reports map as well: dates are the ones that are written.
func TestMapping_Work(t *testing.T) {
	m := mapping(t, `
format: csv
record: duty.work
source: oa
zone: Asia/Shanghai
separator: ";"
trim: true
id: [nr]
fields:
  record_id: nr
  event_time: filed
  work_date: day
  task_code: task
  phase: {const: submit}
  region_code: {const: "371300"}
  org_code: {const: O}
  section_code: {const: S}
  post_code: {const: P}
  actor_id: who
  quantity: n
`)
	got, err := all(t, write(t, "a.csv", "nr;filed;day;task;who;n\n 7 ; 2026/2/13 17:20 ;2026/2/13; T ;b2;2.5\n"), m)
	if err != nil || len(got) != 1 {
		t.Fatal(err, got)
	}
	c, _ := record.Lookup("duty.work")
	var row record.Row
	msg := got[0][2:]
	if rej := record.NewDecoder(c, record.DefaultOptions()).Decode([]byte(msg), time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC).UnixMilli(), &row); rej != nil {
		t.Fatal(rej, msg)
	}
	for _, part := range []string{`"record_id":"7"`, `"event_time":"2026-02-13T09:20:00Z"`, `"work_date":"2026-02-13"`, `"task_code":"T"`, `"quantity":2.5`} {
		if !strings.Contains(msg, part) {
			t.Errorf("%s is not in %s", part, msg)
		}
	}
}

// Whatever the bytes, reading ends, with the end of the file or an error, and gives no more than it was given.
func FuzzOpen(f *testing.F) {
	f.Add([]byte(xesHead + `<trace><event><string key="a" value="b"/></event></trace></log>`))
	f.Add([]byte(smallHeader + "1,12.02.2026 09:05,13.02.2026 10:00,counter,371300,D,denied,x\n"))
	f.Add([]byte(`{"a":1}` + "\n"))
	f.Add([]byte(packed(f, "<log/>")))
	csv := mapping(f, small)
	f.Fuzz(func(t *testing.T, b []byte) {
		path := write(t, "a", string(b))
		for _, m := range []*file.Mapping{nil, csv} {
			r, err := file.Open(path, m)
			if err != nil {
				continue
			}
			var rec file.Record
			n := 0
			for ; r.Next(&rec) == nil; n++ {
				if rec.Topic == "" || rec.Pos < 1 || len(rec.Value) == 0 {
					t.Fatalf("%+v", rec)
				}
			}
			if n > len(b) && len(b) > 2 && b[0] != 0x1f {
				t.Fatalf("%d messages of %d bytes", n, len(b))
			}
			r.Close()
		}
	})
}

func BenchmarkXES(b *testing.B) {
	path := data(b, "bpic2013_incidents.xes.gz")
	n := 0
	for b.Loop() {
		r, err := file.Open(path, nil)
		if err != nil {
			b.Fatal(err)
		}
		var rec file.Record
		for r.Next(&rec) == nil {
			n++
		}
		r.Close()
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "events/s")
}
