package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/ingest/record"
	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/duck"
)

func (a *app) lakeTraceCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "trace ID",
		Short: "Show where the records of a case came from: topic, partition, offset, file, snapshot",
		Long: `Lists every record of an entity, such as a case, that the lake holds: revisions, deletes, repetitions and rejects too,
in the order in which the models take them. ID is the entity id of any record type: case_id of duty.step, record_id of
duty.work. A record that was loaded from a file shows the file and the line or event number; its topic and offset are those
of the broker that the load brought along. The snapshot is the one that added the data file; after a compaction that is the
compaction's.`,
		Example: `  dutyflow lake trace --dir d C-1
  dutyflow lake trace --dir d C-1 --format json`,
		Args: exactArgs("one id"),
	}
	format := formatFlag(cmd, "table", "json")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		lake, err := a.openLake(cmd.Context())
		if err != nil {
			return err
		}
		defer lake.Close()
		out, err := a.trace(cmd.Context(), lake, args[0], *format == "json")
		if err != nil {
			return err
		}
		if len(out.Rows) == 0 {
			return fmt.Errorf("trace %s: the lake holds no record and no reject of that id", args[0])
		}
		if *format == "table" {
			a.showTrace(out)
			return nil
		}
		return out.show(a.stdout, *format)
	}
	return cmd
}

// showTrace prints the records with a number for each file, and the files below: their names are long, and few.
func (a *app) showTrace(out listing) {
	file := slices.Index(out.Columns, "file")
	snapshot := slices.Index(out.Columns, "snapshot")
	files := listing{Columns: []string{"file", "snapshot", "path"}}
	numbers := map[any]string{}
	for i, row := range out.Rows {
		path := row[file]
		if numbers[path] == "" {
			numbers[path] = fmt.Sprint(len(numbers) + 1)
			shown := fmt.Sprint(path)
			if short, err := filepath.Rel(a.cfg.Dir, shown); err == nil && filepath.IsLocal(short) {
				shown = short
			}
			files.add(numbers[path], row[snapshot], shown)
		}
		row[file] = numbers[path]
		out.Rows[i] = row[:snapshot]
	}
	printTable(a.stdout, out.Columns[:snapshot], out.Rows)
	fmt.Fprintln(a.stdout)
	printTable(a.stdout, files.Columns, files.Rows)
}

// traced is one place to look for an entity: a table, the column that names it, and what is shown as action.
type traced struct{ table, column, action string }

func tracedTables() []traced {
	var all []traced
	for _, c := range record.Contracts() {
		t := traced{ingest.TableOf(c), c.EntityID, "null"}
		for _, name := range []string{"action", "phase"} { // what the record types call what happened
			if c.Index(name) >= 0 {
				t.action = name
			}
		}
		all = append(all, t)
	}
	return append(all, traced{warehouse.Rejects.Name, "entity_id", "'rejected: ' || reason || coalesce(' ' || field, '')"})
}

// trace reads the rows of an entity from the few files that can hold them. whole adds what a program wants to know.
func (a *app) trace(ctx context.Context, lake *warehouse.Lake, id string, whole bool) (listing, error) {
	out := listing{Columns: []string{"time", "table", "action", "event id", "rev", "topic", "partition", "offset", "source", "file", "snapshot"}}
	if whole {
		out.Columns = append(out.Columns, "op", "cluster", "kafka ts", "ingest ts", "source file", "source pos")
	}
	var scans []string
	files := map[string]warehouse.PinnedFile{} // by where they lie on this host
	for _, where := range tracedTables() {
		pinned, err := lake.PinValue(ctx, where.table, where.column, id)
		if err != nil {
			return out, err
		}
		if len(pinned.Files) == 0 {
			continue
		}
		for _, f := range pinned.Files {
			files[f.Path] = f
		}
		scans = append(scans, traceSQL(where, pinned))
	}
	if len(scans) == 0 {
		return out, nil
	}
	db, err := duck.Open("", duck.Options{Zone: lake.Zone().String(), MemoryLimit: int64(a.cfg.Transform.MemoryLimitMB) << 20})
	if err != nil {
		return out, err
	}
	defer db.Close()
	args := make([]any, len(scans))
	for i := range args {
		args[i] = id
	}
	rows, err := db.Query(ctx, strings.Join(scans, " union all by name ")+
		" order by time, seq nulls last, event_id, cluster, topic, partition, \"offset\"", args...)
	if err != nil {
		return out, fmt.Errorf("trace %s: %w", id, err)
	}
	defer rows.Close()
	for rows.Next() {
		out.add(traceRow(rows, files, whole)...)
	}
	return out, rows.Err()
}

func traceSQL(where traced, pinned warehouse.Snapshot) string {
	has := func(name, otherwise string) string {
		for _, c := range pinned.Columns {
			if c.Name == name {
				return name
			}
		}
		return otherwise
	}
	return "select " + has("event_time", "_kafka_ts") + " as time, " +
		duck.Literal("duty."+where.table) + " as table_name, (" + where.action + ")::varchar as action, event_id, " +
		has("rev", "null") + "::integer as rev, " + has("op", "null") + "::varchar as op, " + has("seq", "null") + "::bigint as seq, " +
		`_cluster as cluster, _topic as topic, _partition as partition, _offset as "offset", _kafka_ts as kafka_ts, ` +
		"_ingest_ts as ingest_ts, _source_file as source_file, _source_pos as source_pos, filename from (" +
		duck.ScanFilesSQL(pinned) + ") where " + duck.Ident(where.column) + " = ?"
}

func traceRow(rows *duck.Rows, files map[string]warehouse.PinnedFile, whole bool) []any {
	at := map[string]int{}
	for i, c := range rows.Columns {
		at[c.Name] = i
	}
	value := func(name string) any { return rows.Values()[at[name]] }
	text := func(name string) any {
		if s, ok := rows.Text(at[name]); ok {
			return s
		}
		return nil
	}
	path, _ := value("filename").(string)
	file := files[path]
	source := ""
	if name := text("source_file"); name != nil {
		source = fmt.Sprintf("%s:%v", name, value("source_pos"))
	}
	row := []any{
		text("time"), text("table_name"), text("action"), text("event_id"), value("rev"), text("topic"), value("partition"),
		value("offset"), source, file.Name, fmt.Sprint(file.Added),
	}
	if !whole {
		return row
	}
	return append(row, text("op"), text("cluster"), text("kafka_ts"), text("ingest_ts"), text("source_file"), value("source_pos"))
}
