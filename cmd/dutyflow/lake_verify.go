package main

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/spf13/cobra"

	"github.com/dutyflow/dutyflow/warehouse"
)

func (a *app) lakeVerifyCommand() *cobra.Command {
	var o warehouse.VerifyOptions
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Hold ledger, metadata, files and rows against each other",
		Long: `Reads every row of the lake and says what does not agree: files that are missing, damaged or of another size, row
counts, bounds and null counts that are not those of the rows, rows in the wrong partition or out of order, offsets that lie
there twice or beyond the ledger, loads of files that brought more or less than they recorded, snapshots that can no longer
be read. It changes nothing and may run beside everything else.

--quick reads metadata, sizes and footers only. Exit code 1 says that something is wrong; what to do about it stands in
docs/operations.md.`,
		Example: `  dutyflow lake verify --dir d
  dutyflow lake verify --dir d --quick --format json`,
		Args: noArgs,
	}
	cmd.Flags().BoolVar(&o.Quick, "quick", false, "leave the rows alone: metadata, sizes and footers only")
	format := formatFlag(cmd, "table", "json")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		lake, err := a.openLake(cmd.Context())
		if err != nil {
			return err
		}
		defer lake.Close()
		v, err := a.verify(cmd.Context(), lake, o)
		if err != nil {
			return err
		}
		out := listing{Columns: []string{"table", "file", "problem"}, Empty: "Nothing is wrong."}
		for _, p := range v.Problems {
			out.add("duty."+p.Table, p.File, p.What)
		}
		if err := out.show(a.stdout, *format); err != nil {
			return err
		}
		if n := len(v.Problems); n > 0 {
			return fmt.Errorf("verify %s: %d things are wrong, see above; docs/operations.md says what to do", a.cfg.Dir, n)
		}
		return nil
	}
	return cmd
}

// verify is what `lake verify` and `check --files` do.
func (a *app) verify(ctx context.Context, lake *warehouse.Lake, o warehouse.VerifyOptions) (warehouse.Verification, error) {
	var st *stage
	var begun atomic.Bool
	drawn := make(chan struct{}, 1) // several goroutines tell the progress, one at a time draws it
	o.Progress = func(done, total int64) {
		select {
		case drawn <- struct{}{}:
			if begun.CompareAndSwap(false, true) {
				st = a.stages.begin("verify", total, "bytes")
			}
			st.at(done)
			<-drawn
		default:
		}
	}
	v, err := lake.VerifyWith(ctx, o)
	if st == nil {
		st = a.stages.begin("verify", -1, "bytes")
	}
	if err != nil {
		return v, err
	}
	st.end("%s rows in %s files of %d tables: %d problems (%s rows/s)", thousands(v.Rows), thousands(v.Files), v.Tables, len(v.Problems), st.rate(v.Rows))
	return v, nil
}
