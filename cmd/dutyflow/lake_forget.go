package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/ingest/record"
	"github.com/dutyflow/dutyflow/warehouse"
)

// longestCode is how long codes may be; a string field that may be longer holds text that people wrote.
const longestCode = 128

func (a *app) lakeForgetCommand() *cobra.Command {
	var actor, caseID, reason string
	var apply bool
	cmd := &cobra.Command{
		Use:   "forget --actor ID | --case ID",
		Short: "Take a person's pseudonym or a case out of the lake for good",
		Long: `Rewrites every file of the lake that holds the value, and then removes the old files together with all older snapshots
of the tables concerned, whoever holds them.

--case removes the records of the case, and empties references to it in other records. --actor keeps the records and
empties the pseudonym in them. Either empties texts and ext members that mention the value, and the raw bytes of rejects
that do. Without --apply it only counts.

The audit trail (duty.audit) says when, why and how many rows, and never what was forgotten.

What it cannot reach, and you must see to:
  - the topic in Kafka, and a file that was loaded: read again, they bring it back;
  - backups of the lake: they hold it until they are made anew or deleted;
  - published versions of the warehouse and reports: run "dutyflow transform --full" afterwards; older versions go as the
    new ones come (transform.keep), or delete them;
  - reference lists (duty.lists): load a list without it.`,
		Example: `  dutyflow lake forget --dir d --case C-1
  dutyflow lake forget --dir d --case C-1 --apply --reason "request 2026-17"
  dutyflow lake forget --dir d --actor u-3f9c --apply`,
		Args: noArgs,
	}
	flags := cmd.Flags()
	flags.StringVar(&actor, "actor", "", "pseudonym of a person, as in actor_id")
	flags.StringVar(&caseID, "case", "", "id of a case, as in case_id")
	flags.StringVar(&reason, "reason", "", "why, for the audit trail; do not write the value here")
	flags.BoolVar(&apply, "apply", false, "do it; it cannot be undone")
	format := formatFlag(cmd, "table", "json")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if (actor == "") == (caseID == "") {
			return usagef("give either --actor or --case, with the value to forget")
		}
		kind, value := "actor", actor
		if caseID != "" {
			kind, value = "case", caseID
		}
		if strings.Contains(reason, value) {
			return usagef("--reason holds the value that is to be forgotten; write it without")
		}
		o := warehouse.ForgetOptions{Value: value, DryRun: !apply, Erase: erasures(kind)}
		return a.forget(cmd.Context(), o, kind, reason, *format)
	}
	return cmd
}

// erasures follow from the contracts: where a case or a person may stand in each table.
func erasures(kind string) []warehouse.Erase {
	var list []warehouse.Erase
	for _, c := range record.Contracts() {
		e := warehouse.Erase{Table: ingest.TableOf(c), Within: []string{"ext"}}
		for _, f := range c.Fields {
			isCase := f.Kind == record.String && strings.HasSuffix(f.Name, "case_id")
			switch {
			case kind == "case" && isCase && f.Name == c.EntityID:
				e.Drop = append(e.Drop, f.Name)
			case c.IsIdentity(f.Name):
			case (kind == "case" && isCase) || (kind == "actor" && f.Pseudonym):
				e.Blank = append(e.Blank, f.Name)
			case f.Kind == record.String && f.MaxLen > longestCode:
				e.Within = append(e.Within, f.Name)
			}
		}
		list = append(list, e)
	}
	rejects := warehouse.Erase{Table: warehouse.Rejects.Name, Within: []string{"raw", "detail", "event_id", "entity_id"}}
	return append(list, rejects)
}

func (a *app) forget(ctx context.Context, o warehouse.ForgetOptions, kind, reason, format string) error {
	lake, done, err := a.upkeep(ctx, o.DryRun)
	if err != nil {
		return err
	}
	defer done()
	if !o.DryRun {
		// A transform under way would lose the files that it reads, or publish what was forgotten.
		unlock, err := warehouse.Lock(a.warehouseDir(), "transform", "dutyflow lake forget", false)
		if err != nil {
			return err
		}
		defer unlock()
		if err := lake.WriteAudit(ctx, warehouse.AuditRow{At: time.Now(), Action: "forget-begin", Kind: kind, Reason: reason}); err != nil {
			return err
		}
	}
	st := a.stages.begin("forget", int64(len(o.Erase)), "tables")
	var tables, rows, cells int64
	o.Progress = func(s warehouse.ForgetStep) {
		tables, rows, cells = tables+1, rows+s.Rows, cells+s.Cells
		st.at(tables)
	}
	steps, err := lake.Forget(ctx, o)
	if o.DryRun {
		st.end("would remove %s rows and empty %s fields; do it with --apply", thousands(rows), thousands(cells))
	} else {
		st.end("removed %s rows and emptied %s fields", thousands(rows), thousands(cells))
	}
	if !o.DryRun {
		// What was done before a failure, or an interrupt, cannot be undone and belongs into the trail.
		err = errors.Join(err, a.auditForget(context.WithoutCancel(ctx), lake, steps, kind, reason))
	}
	if err != nil {
		return err
	}
	if !o.DryRun {
		fmt.Fprintln(a.stderr, "Backups, the topic and loaded files still hold it. Now run `dutyflow transform --full`, and see `dutyflow lake forget --help`.")
	}
	out := listing{Columns: []string{"table", "files", "rows removed", "fields emptied", "old files removed", "old files left"}}
	for _, s := range steps {
		out.add("duty."+s.Table, s.Files, s.Rows, s.Cells, s.Removed, s.Left)
	}
	if err := out.show(a.stdout, format); err != nil {
		return err
	}
	young := 0
	for _, s := range steps {
		young += s.Young
	}
	if young > 0 {
		fmt.Fprintf(a.stderr, "%d files belong to no snapshot and may hold the value; they are younger than a day and may be of a commit under way. `dutyflow lake clean --apply` takes them later.\n", young)
	}
	if slices.ContainsFunc(steps, func(s warehouse.ForgetStep) bool { return s.Left > 0 }) {
		return fmt.Errorf("forget: old files that hold the value could not be removed; make them deletable and run the same command again")
	}
	return nil
}

func (a *app) auditForget(ctx context.Context, lake *warehouse.Lake, steps []warehouse.ForgetStep, kind, reason string) error {
	rows := make([]warehouse.AuditRow, len(steps))
	for i, s := range steps {
		rows[i] = warehouse.AuditRow{
			At: time.Now(), Action: "forget-end", Kind: kind, Table: s.Table, Reason: reason,
			Files: int64(s.Files), Rows: s.Rows, Cells: s.Cells,
		}
	}
	return lake.WriteAudit(ctx, rows...)
}
