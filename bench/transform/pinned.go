package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/dutyflow/dutyflow/warehouse"
)

// lakeAt is the lake as it was at a stage: what came later is not there. So one lake serves every measurement, and a
// measurement can be repeated.
type lakeAt struct {
	*warehouse.Lake
	stage stage
}

func openAt(ctx context.Context, dir string, records int64) (*lakeAt, error) {
	stages, err := readStages(dir)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(stages, func(s stage) bool { return s.Records == records })
	if i < 0 {
		return nil, fmt.Errorf("the lake %s was not cut at %d records", dir, records)
	}
	cfg := warehouse.DefaultConfig()
	cfg.Dir = dir
	lake, err := warehouse.Open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	return &lakeAt{lake, stages[i]}, nil
}

// Pin cuts each table to the files that it had.
func (l *lakeAt) Pin(ctx context.Context, tables ...string) ([]warehouse.Snapshot, error) {
	pinned, err := l.Lake.Pin(ctx, tables...)
	if err != nil {
		return nil, err
	}
	for i := range pinned {
		s := &pinned[i]
		was, ok := l.stage.Tables[s.Table]
		if !ok {
			continue
		}
		s.ID, s.Rows = was.Snapshot, was.Rows
		s.Files = slices.DeleteFunc(s.Files, func(f warehouse.PinnedFile) bool { return !slices.Contains(was.Files, f.Name) })
		// Each topic came as one partition, from offset 0 on, and nothing of it was refused.
		for partition, mark := range s.Ledger {
			mark.Next, mark.Last = was.Rows, was.Rows-1
			s.Ledger[partition] = mark
		}
		if len(s.Files) != len(was.Files) {
			return nil, fmt.Errorf("table %s has lost files of snapshot %d", s.Table, s.ID)
		}
	}
	return pinned, nil
}
