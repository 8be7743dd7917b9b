package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/dutyflow/dutyflow/warehouse"
)

func (a *app) lakeRelocateCommand() *cobra.Command {
	var apply bool
	cmd := &cobra.Command{
		Use:   "relocate",
		Short: "Make a lake usable whose directory was moved",
		Long: `Iceberg metadata names every file by its absolute path, so a lake that was moved, or restored elsewhere, is refused. This
writes the metadata anew with the paths of --dir and then points the catalog at it, in one step; data files are not touched.
Broken off it can be run again, and until it is done the lake can be moved back. The metadata of the old place stays until
"dutyflow lake clean" removes it. The warehouse names files too: run "dutyflow transform" afterwards.

A lake in an S3 store is not relocated: keep its bucket and prefix. End every command on the lake first.`,
		Example: `  mv /srv/old/d /srv/new/d
  dutyflow lake relocate --dir /srv/new/d
  dutyflow lake relocate --dir /srv/new/d --apply
  dutyflow transform --dir /srv/new/d`,
		Args: noArgs,
	}
	cmd.Flags().BoolVar(&apply, "apply", false, "write the metadata and move the catalog; without it nothing is changed")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if apply {
			unlock, err := a.lockAll(a.cfg.Dir, "dutyflow lake relocate")
			if err != nil {
				return err
			}
			defer unlock()
		}
		var st *stage
		done, err := warehouse.Relocate(cmd.Context(), a.cfg.Lake, warehouse.RelocateOptions{
			DryRun: !apply,
			Progress: func(_ string, done, total int) {
				if st == nil {
					st = a.stages.begin("relocate", int64(total), "tables")
				}
				st.at(int64(done))
			},
		})
		if err != nil {
			return err
		}
		if st != nil {
			did := "wrote"
			if !apply {
				did = "would write"
			}
			st.end("%s %d metadata files of %d tables, from %s to %s", did, done.Files, len(done.Tables), printable(done.From), printable(done.To))
		}
		if !apply {
			fmt.Fprintln(a.stderr, "Nothing was changed; --apply does it.")
		}
		return nil
	}
	return cmd
}

// lockedRoles are those whose holders may be writing to the lake.
var lockedRoles = []string{"ingest", "load", "lists", "transform", "demo", "lake"}

// lockAll takes every role in the directory: what follows wants nobody else there. A directory that does not exist stays so.
func (a *app) lockAll(dir, command string) (unlock func(), err error) {
	var held []func()
	unlock = func() {
		for _, f := range held {
			f()
		}
	}
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		return unlock, nil
	}
	for _, role := range lockedRoles {
		place := dir
		if role == "transform" {
			place = filepath.Join(dir, filepath.Base(a.warehouseDir()))
		}
		one, err := warehouse.Lock(place, role, command, false)
		if err != nil {
			unlock()
			return nil, err
		}
		held = append(held, one)
	}
	return unlock, nil
}
