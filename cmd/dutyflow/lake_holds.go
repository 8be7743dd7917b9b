package main

import (
	"context"
	"fmt"
	"time"

	"github.com/dutyflow/dutyflow/transform"
)

func (a *app) listHolds(ctx context.Context, format string) error {
	lake, err := a.openLake(ctx)
	if err != nil {
		return err
	}
	defer lake.Close()
	holds, err := lake.Holds(ctx)
	if err != nil {
		return err
	}
	own, err := transform.Holder(a.warehouseDir())
	if err != nil {
		return err
	}
	out := listing{Columns: []string{"holder", "name", "table", "snapshot", "committed", "note"}, Empty: "Nobody holds a snapshot."}
	for _, h := range holds {
		holder, note, at := transform.HolderOf(h.Name), "", ""
		if holder == own {
			note = "the warehouse of this directory"
		}
		if !h.At.IsZero() {
			at = h.At.In(lake.Zone()).Format(time.RFC3339)
		}
		out.add(holder, h.Name, "duty."+h.Table, fmt.Sprint(h.Snapshot), at, note)
	}
	return out.show(a.stdout, format)
}

// releaseHolder gives up what a holder that is gone holds. Nobody can tell from here that it is gone.
func (a *app) releaseHolder(ctx context.Context, holder string) error {
	own, err := transform.Holder(a.warehouseDir())
	if err != nil {
		return err
	}
	if holder == own && own != "" {
		return usagef("--release %s: that is the warehouse of this directory, which gives up its own", holder)
	}
	lake, done, err := a.upkeep(ctx, false)
	if err != nil {
		return err
	}
	defer done()
	holds, err := lake.Holds(ctx)
	if err != nil {
		return err
	}
	n := 0
	for _, h := range holds {
		if transform.HolderOf(h.Name) == holder {
			n++
		}
	}
	if n == 0 {
		return usagef("--release %s: no such holder; \"dutyflow lake expire --holds\" lists them", holder)
	}
	if err := lake.Release(ctx, func(name string) bool { return transform.HolderOf(name) != holder }); err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "released %d snapshots of %s: the next expire removes those that are old enough; if %s still exists, its next transform holds anew what it reads, but not what its older versions were made from\n", n, holder, holder)
	return nil
}
