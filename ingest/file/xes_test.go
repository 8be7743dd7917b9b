package file_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dutyflow/dutyflow/ingest/file"
)

const perCase = `
format: xes
source: s
fields:
  case_id: {from: "case:concept:name", prefix: "X-"}
  process_code: {const: p}
events:
  - fields: {action: {const: step_end}, step_code: {from: ["concept:name", life], join: "+"}, event_time: "time:timestamp"}
    where: [{from: life, not: schedule}]
case_events:
  - fields: {action: {const: accept}, event_time: "case:start", org_code: "case:dept"}
  - fields: {action: {const: finish}, event_time: "case:end", finish_kind: {const: normal}}
    ext: []
`

// Events of a trace as a whole come from its attributes, once, in front of its events, and only where their time is.
func TestMapping_CaseEvents(t *testing.T) {
	log := xesHead + `<trace><string key="concept:name" value="1"/><string key="dept" value="D"/>
<event><string key="concept:name" value="A
B"/><string key="life" value="complete"/><date key="time:timestamp" value="2026-01-02T00:00:00Z"/></event>
<event><string key="concept:name" value="A"/><string key="life" value="schedule"/><date key="time:timestamp" value="2026-01-02T00:00:00Z"/></event>
<event><string key="concept:name" value="A"/></event>
<date key="start" value="2026-01-01T00:00:00Z"/><date key="end" value="2026-01-03T00:00:00Z"/></trace>
<trace><string key="concept:name" value="2"/><date key="end" value="2026-01-04T00:00:00Z"/></trace>
<trace><string key="concept:name" value="3"/></trace></log>`
	got, err := all(t, write(t, "a.xes", log), mapping(t, perCase))
	if err != nil {
		t.Fatal(err)
	}
	for i, g := range got {
		got[i] = strings.NewReplacer(`"schema":"duty.step.v1",`, "", `"source":"s",`, "", `"process_code":"p",`, "", `,"process_code":"p"`, "").Replace(g)
		before, id, _ := strings.Cut(got[i], `"event_id":"`)
		got[i] = before + id[34:] // a hash
	}
	want := []string{
		`1 {"event_time":"2026-01-01T00:00:00Z","seq":1,"org_code":"D","case_id":"X-1","action":"accept"}`,
		`1 {"event_time":"2026-01-03T00:00:00Z","seq":1,"case_id":"X-1","action":"finish","finish_kind":"normal"}`,
		`1 {"event_time":"2026-01-02T00:00:00Z","seq":1,"case_id":"X-1","action":"step_end","step_code":"A B+complete"}`,
		`3 {"seq":3,"case_id":"X-1","action":"step_end","step_code":"A+"}`, // no time: rejected, not lost
		`4 {"event_time":"2026-01-04T00:00:00Z","seq":4,"case_id":"X-2","action":"finish","finish_kind":"normal"}`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A trace that is too long to be held comes in parts: each event once, in order, the trace as a whole once. What it
// would then need, attributes in front of the events, is asked for.
func TestMapping_LongTrace(t *testing.T) {
	const events, size = 70, 1 << 20
	path := filepath.Join(t.TempDir(), "a.xes")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(f)
	fmt.Fprint(w, xesHead, `<trace><string key="concept:name" value="1"/><date key="start" value="2026-01-01T00:00:00Z"/>`)
	filler := strings.Repeat("x", size)
	for i := range events {
		fmt.Fprintf(w, `<event><string key="concept:name" value="%d"/><date key="time:timestamp" value="2026-01-02T00:00:00Z"/><string key="f" value="%s"/></event>`, i, filler)
	}
	fmt.Fprint(w, `<date key="end" value="2026-01-03T00:00:00Z"/></trace></log>`)
	if err := errors.Join(w.Flush(), f.Close()); err != nil {
		t.Fatal(err)
	}
	r, err := file.Open(path, mapping(t, perCase))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	accepts, next := 0, 0
	var rec file.Record
	for {
		if err = r.Next(&rec); err != nil {
			break
		}
		head := string(rec.Value[:min(len(rec.Value), 300)])
		if strings.Contains(head, `"accept"`) {
			accepts++
			continue
		}
		if rec.Pos != int64(next+1) || !strings.Contains(head, fmt.Sprintf(`"step_code":"%d+"`, next)) {
			t.Fatalf("event %d at %d: %s", next, rec.Pos, head)
		}
		next++
	}
	if accepts != 1 || next < events-10 || !errors.Is(err, file.ErrFormat) || !strings.Contains(err.Error(), "in front") || errors.Is(err, io.EOF) {
		t.Errorf("%d acceptances, %d events, %v", accepts, next, err)
	}
}
