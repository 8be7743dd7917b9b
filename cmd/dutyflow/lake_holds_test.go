package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dutyflow/dutyflow/ingest/record"
	"github.com/dutyflow/dutyflow/transform"
	"github.com/dutyflow/dutyflow/warehouse"
)

// Who holds snapshots is listed; what a warehouse holds that is gone is given up when it is named, and that of this
// directory is not.
func TestLakeExpire_Holds(t *testing.T) {
	p := newProgram(t)
	p.loadDays(1)
	p.ok("transform")
	own, err := transform.Holder(filepath.Join(p.dir, "warehouse"))
	if err != nil || own == "" {
		t.Fatalf("the warehouse has no name: %q, %v", own, err)
	}
	cfg := warehouse.DefaultConfig()
	cfg.Dir = p.dir
	lake, err := warehouse.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer lake.Close()
	pinned, err := lake.Pin(t.Context(), "step")
	if err != nil {
		t.Fatal(err)
	}
	if err := lake.Hold(t.Context(), "transform-00000000-v000001-0123456789ab", pinned); err != nil {
		t.Fatal(err)
	}
	holders := func() map[string]int {
		n := map[string]int{}
		for _, row := range p.jsonRows("lake", "expire", "--holds", "--format", "json") {
			n[row.text("holder")]++
		}
		return n
	}
	if n := holders(); len(n) != 2 || n["transform-00000000"] != 1 || n[own] == 0 {
		t.Errorf("the holders are %v", n)
	}
	if out := p.ok("lake", "expire", "--release", "transform-00000000"); !strings.Contains(out, "released 1 snapshots of transform-00000000") {
		t.Error(out)
	}
	if code, _, _ := p.run("lake", "expire", "--release", own); code != exitUsage {
		t.Errorf("releasing its own: exit code %d, want %d", code, exitUsage)
	}
	if n := holders(); len(n) != 1 || n[own] == 0 {
		t.Errorf("after the release the holders are %v", n)
	}
}

// Raw bytes of old rejects are taken out only when rejects is among the tables to compact.
func TestLakeCompact_TableLeavesRejects(t *testing.T) {
	p := newProgram(t)
	p.loadDays(1)
	p.env = append(p.env, "DUTYFLOW_LAKE_REJECTS_RAW_DAYS=1")
	if _, _, told := p.run("lake", "compact", "--table", "step"); strings.Contains(told, "raw bytes") {
		t.Errorf("compacting step looked at rejects: %s", told)
	}
	if _, _, told := p.run("lake", "compact", "--table", "rejects"); !strings.Contains(told, "raw bytes") {
		t.Errorf("compacting rejects did not look at raw bytes: %s", told)
	}
}

// A line as long as the largest message makes it is read: here one of 3 MiB of control characters, 18 MiB as JSON.
func TestOpenCorrected_LongLine(t *testing.T) {
	line := `{"topic":"duty.step","contract":"duty.step.v1","raw":"` + strings.Repeat(`\u0001`, 3<<20) + `"}` + "\n"
	c, err := openCorrected(write(t, "x.ndjson", line), maxRejectLine(4<<20), nil, record.Options{Zone: time.UTC})
	if err != nil {
		t.Fatal(err)
	}
	defer c.file.Close()
	if _, err := c.next(time.Now()); err == nil || !strings.Contains(err.Error(), "would be rejected again") {
		t.Errorf("err = %v, want that the message would be rejected again", err)
	}
}
