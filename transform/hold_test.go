package transform_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/dutyflow/dutyflow/transform"
	"github.com/dutyflow/dutyflow/transform/transformtest"
	"github.com/dutyflow/dutyflow/warehouse"
)

// Each version that is kept holds the snapshots that it was made from, and only those: a run that ends, well or not, and
// a version that is swept away give theirs up. Another warehouse on the same lake has its own.
func TestRun_holdsItsSnapshots(t *testing.T) {
	lake := transformtest.NewLake(t, small(), "Asia/Shanghai")
	dir := t.TempDir()
	steps := func() []int64 {
		var ids []int64
		for _, tables := range lake.Held() {
			ids = append(ids, tables["step"])
		}
		slices.Sort(ids)
		return ids
	}
	for i := range 4 {
		lake.Add(t, "step", []byte(fmt.Sprintf("case_id,event_id,event_time\nc,%d,2026-03-0%dT09:00:00+08:00\n", i, i+1)))
		mustRun(t, options(lake, dir, small()))
	}
	if got, want := steps(), []int64{3, 4}; !slices.Equal(got, want) { // settings keep two versions
		t.Errorf("snapshots %v of step are held, want %v", got, want)
	}
	mustRun(t, options(lake, t.TempDir(), small()))
	if got, want := steps(), []int64{3, 4, 4}; !slices.Equal(got, want) {
		t.Errorf("with a second warehouse snapshots %v are held, want %v", got, want)
	}
	o := options(lake, filepath.Join(t.TempDir(), "w"), small())
	o.Select = []string{"v_case"}
	mustRun(t, o)
	if got, want := steps(), []int64{3, 4, 4}; !slices.Equal(got, want) {
		t.Errorf("after a run that published nothing snapshots %v are held, want %v", got, want)
	}
}

// A warehouse that was moved, or whose host was renamed, gives up what it held before; what an earlier release held for
// it under a name made of host and directory goes with the version that it was for.
func TestRun_holdsAfterMove(t *testing.T) {
	lake := transformtest.NewLake(t, small(), "Asia/Shanghai")
	dir := filepath.Join(t.TempDir(), "old")
	host, _ := os.Hostname()
	sum := sha256.Sum256([]byte(host + "\n" + dir))
	former := "transform-" + hex.EncodeToString(sum[:4]) + "-"
	for _, name := range []string{former + "v000001-0123456789ab", "transform-00000000-v000001-0123456789ab", "somebody"} {
		if err := lake.Hold(t.Context(), name, nil); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 4 {
		lake.Add(t, "step", []byte(fmt.Sprintf("case_id,event_id,event_time\nc,%d,2026-03-0%dT09:00:00+08:00\n", i, i+1)))
		mustRun(t, options(lake, dir, small()))
		if i == 1 {
			moved := filepath.Join(t.TempDir(), "new")
			if err := os.Rename(dir, moved); err != nil {
				t.Fatal(err)
			}
			dir = moved
		}
	}
	own, err := transform.Holder(dir)
	if err != nil || own == "" {
		t.Fatalf("the warehouse has no name: %q, %v", own, err)
	}
	holders := map[string]int{}
	for name := range lake.Held() {
		holders[transform.HolderOf(name)]++
	}
	if want := map[string]int{own: 2, "transform-00000000": 1, "somebody": 1}; !maps.Equal(holders, want) { // settings keep two versions
		t.Errorf("the holders have %v snapshots, want %v", holders, want)
	}
}

// A lake that may only be read is transformed all the same.
func TestRun_readOnlyLake(t *testing.T) {
	lake := transformtest.NewLake(t, small(), "Asia/Shanghai")
	lake.Add(t, "step", []byte(fewEvents))
	mustRun(t, options(readOnly{lake}, t.TempDir(), small()))
}

type readOnly struct{ *transformtest.Lake }

func (readOnly) Hold(context.Context, string, []warehouse.Snapshot) error {
	return fmt.Errorf("hold: %w", warehouse.ErrNotWritable)
}

func (readOnly) Release(context.Context, func(string) bool) error {
	return fmt.Errorf("release: %w", warehouse.ErrNotWritable)
}

var _ transform.Lake = readOnly{}
