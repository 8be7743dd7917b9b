package transform

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dutyflow/dutyflow/warehouse/duck"
)

// historyFile keeps a line for each run, whatever came of it. It belongs to the warehouse and outlives its versions.
const historyFile = "runs.ndjson"

// underWayFile lies in the build folder while a run is under way: a run that finds one knows that the one before died.
const underWayFile = "run.json"

// historyRows is how many runs a version shows.
const historyRows = 1000

// pastRun is a line of the history.
type pastRun struct {
	Started   time.Time        `json:"started"`
	Seconds   float64          `json:"seconds"`
	Kind      string           `json:"kind"`
	Outcome   string           `json:"outcome"` // published, failed, died
	Error     string           `json:"error,omitempty"`
	Version   string           `json:"version,omitempty"`
	AsOf      time.Time        `json:"as_of"`
	Reason    string           `json:"reason"`
	Records   map[string]int64 `json:"new_records"`
	Touched   map[string]int64 `json:"touched"`
	Woken     map[string]int64 `json:"woken"`
	Rows      map[string]int64 `json:"rows"`
	Snapshots string           `json:"snapshots"`
	Project   string           `json:"sql_hash"`
}

// past is what the history will say of this run.
func (r *run) past(outcome string, err error) pastRun {
	p := pastRun{
		Started: r.started.UTC(), Seconds: r.Now().Sub(r.started).Seconds(), Kind: r.result.Kind, Outcome: outcome, Version: r.result.Version,
		AsOf: r.result.AsOf, Reason: strings.Join(r.reasons(), "; "), Records: r.newRecords, Touched: r.touched, Woken: r.woken,
		Rows: map[string]int64{}, Snapshots: r.snapshotText(), Project: r.project.Hash,
	}
	if err != nil {
		p.Error = err.Error()
	}
	for _, m := range r.result.Models {
		if m.Kind != View {
			p.Rows[m.Name] = m.Rows
		}
	}
	return p
}

// reasons are why the run computes what it computes.
func (r *run) reasons() []string {
	list := slices.Clone(r.result.Inputs)
	for _, kind := range r.kinds {
		if r.full[kind] != "" {
			list = append(list, "all of "+kind+": "+r.full[kind])
		}
	}
	return list
}

// begin notes that a run is under way, and that the one before died if it left its note.
func (r *run) begin() error {
	note := filepath.Join(r.Dir, "build", underWayFile)
	text, err := os.ReadFile(note)
	switch {
	case err == nil:
		var p pastRun
		if json.Unmarshal(text, &p) == nil { // a note that was cut off says no more than that there was a run
			p.Outcome = "died"
		} else {
			p = pastRun{Started: r.started.UTC(), Outcome: "died"}
		}
		r.Logger.Warn("the run before died; what it left is swept away", "started", p.Started)
		if err := r.remember(p); err != nil {
			return err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("read %s: %w", note, err)
	}
	return nil
}

// noteUnderWay leaves the note of begin.
func (r *run) noteUnderWay() error {
	text, err := json.Marshal(r.past("", nil))
	if err == nil {
		err = os.WriteFile(filepath.Join(r.work, underWayFile), text, 0o644)
	}
	if err != nil {
		return fmt.Errorf("note that a run is under way: %w", err)
	}
	return nil
}

// remember appends to the history. A line that a crash cut off is ended first, so that it spoils no other.
func (r *run) remember(p pastRun) error {
	path := filepath.Join(r.Dir, historyFile)
	text, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	line := append(text, '\n')
	if info, err := f.Stat(); err == nil && info.Size() > 0 {
		last := make([]byte, 1)
		if _, err := f.ReadAt(last, info.Size()-1); err == nil && last[0] != '\n' {
			line = append([]byte{'\n'}, line...)
		}
	}
	_, err = f.Write(line)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// history reads the last runs, oldest first. A line that cannot be read is passed over.
func (r *run) history() ([]pastRun, error) {
	f, err := os.Open(filepath.Join(r.Dir, historyFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the history of runs: %w", err)
	}
	defer f.Close()
	var list []pastRun
	lines := bufio.NewReader(f)
	for {
		line, err := readLine(lines)
		var p pastRun
		if len(line) > 0 && json.Unmarshal(line, &p) == nil {
			if list = append(list, p); len(list) > 2*historyRows {
				list = slices.Clone(list[historyRows:])
			}
		}
		if errors.Is(err, io.EOF) {
			return list[max(0, len(list)-historyRows):], nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the history of runs: %w", err)
		}
	}
}

// historyLine is how long a line of the history may be. A longer one is damage, such as a hole that a power cut left.
const historyLine = 1 << 20

// readLine reads a line; one that is too long counts as empty and takes no memory.
func readLine(lines *bufio.Reader) ([]byte, error) {
	var line []byte
	long := false
	for {
		piece, err := lines.ReadSlice('\n')
		if long = long || len(line)+len(piece) > historyLine; long {
			line = nil
		} else {
			line = append(line, piece...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// historyStatements make version_run, with this run as its last row, and v_run.
func (r *run) historyStatements(ctx context.Context, version string) ([][2]string, error) {
	list, err := r.history()
	if err != nil {
		return nil, err
	}
	now := r.past("published", nil)
	now.Version = version
	steps := [][2]string{{"version_run", "create table version_run (started_at timestamptz, took_s double, kind varchar, outcome varchar, " +
		"error varchar, version varchar, as_of timestamptz, reason varchar, new_records bigint, touched bigint, woken bigint, rows varchar, " +
		"snapshots varchar, sql_hash varchar)"}}
	var values []string
	for _, p := range append(list, now) {
		rows, err := json.Marshal(p.Rows)
		if err != nil {
			return nil, err
		}
		cells := []string{
			instant(p.Started), strconv.FormatFloat(p.Seconds, 'f', 3, 64), duck.Literal(p.Kind), duck.Literal(p.Outcome), duck.Literal(p.Error),
			duck.Literal(p.Version), instant(p.AsOf), duck.Literal(p.Reason), total(p.Records), total(p.Touched), total(p.Woken),
			duck.Literal(string(rows)), duck.Literal(p.Snapshots), duck.Literal(p.Project),
		}
		values = append(values, "("+strings.Join(cells, ", ")+")")
	}
	steps = append(steps, [2]string{"version_run", "insert into version_run values " + strings.Join(values, ", ")})
	return append(steps, [2]string{"v_run", "create view v_run as select * from version_run"}), nil
}

func total(counts map[string]int64) string {
	var n int64
	for _, c := range counts {
		n += c
	}
	return strconv.FormatInt(n, 10)
}
