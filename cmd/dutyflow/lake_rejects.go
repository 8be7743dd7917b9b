package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/duck"
)

// rejectFlags are what `dutyflow lake rejects` was told.
type rejectFlags struct {
	reason, table, since string
	limit                int
	raw                  bool
	export               string
	format               *string
}

func (a *app) lakeRejectsCommand() *cobra.Command {
	var f rejectFlags
	cmd := &cobra.Command{
		Use:   "rejects",
		Short: "List the records that broke their contract, or export them to be corrected",
		Long: `Lists duty.rejects, the latest first: what was refused, why, and where it came from. The message itself is shown only
with --raw: what was refused for holding personal data holds it still.

--export writes every reject that the filters choose, --limit aside, to a file with one JSON object a line: "raw" is the
message as it came, as text, or base64 in "raw_base64" where it is no UTF-8. Correct "raw" and send it again with
"dutyflow produce --from-rejects FILE". The reject stays in the lake, as what happened. The file is readable by its owner
only.`,
		Example: `  dutyflow lake rejects --dir d
  dutyflow lake rejects --dir d --reason unknown_code --table step --since 24h
  dutyflow lake rejects --dir d --reason bad_time --raw --limit 5
  dutyflow lake rejects --dir d --reason bad_time --export bad-times.ndjson`,
		Args: noArgs,
	}
	flags := cmd.Flags()
	flags.StringVar(&f.reason, "reason", "", "only this reason, such as missing_field")
	flags.StringVar(&f.table, "table", "", "only records meant for this table, such as step")
	flags.StringVar(&f.since, "since", "", "only what was ingested since: a time span such as 24h, a date, or an RFC 3339 time")
	flags.IntVar(&f.limit, "limit", 50, "at most so many in the list; 0 lists all")
	flags.BoolVar(&f.raw, "raw", false, "show the message too; it may hold personal data")
	flags.StringVar(&f.export, "export", "", "write them to this file, with the message, instead of listing them")
	f.format = formatFlag(cmd, "table", "json")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return a.rejects(cmd.Context(), f) }
	return cmd
}

func (a *app) rejects(ctx context.Context, f rejectFlags) error {
	lake, err := a.openLake(ctx)
	if err != nil {
		return err
	}
	defer lake.Close()
	where, args, err := f.where(lake)
	if err != nil {
		return err
	}
	pinned, err := lake.Pin(ctx, warehouse.Rejects.Name)
	if err != nil {
		return err
	}
	db, err := duck.Open("", duck.Options{Zone: lake.Zone().String(), MemoryLimit: int64(a.cfg.Transform.MemoryLimitMB) << 20})
	if err != nil {
		return err
	}
	defer db.Close()
	// The order of columns is that of rejectRow. The entity may be unreadable, the raw bytes may have been taken away.
	query := "select _ingest_ts, _cluster, _topic, _partition, _offset, _kafka_ts, contract, reason, field, detail, entity_id, " +
		"event_id, source, _source_file, _source_pos, raw from (" + duck.ScanSQL(pinned[0]) + ")" + where +
		" order by _ingest_ts desc, _cluster, _topic, _partition, _offset desc"
	if f.limit > 0 && f.export == "" {
		query += fmt.Sprintf(" limit %d", f.limit)
	}
	rows, err := db.Query(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("read duty.rejects: %w", err)
	}
	defer rows.Close()
	if f.export != "" {
		return a.exportRejects(rows, f.export)
	}
	return a.listRejects(rows, f)
}

// where turns the filters into SQL. Values are parameters, whatever they hold.
func (f rejectFlags) where(lake *warehouse.Lake) (string, []any, error) {
	var parts []string
	var args []any
	if f.reason != "" {
		parts, args = append(parts, "reason = ?"), append(args, f.reason)
	}
	if f.table != "" {
		name := "duty." + strings.TrimPrefix(f.table, "duty.")
		parts, args = append(parts, "starts_with(contract, ?)"), append(args, name+".")
		if _, err := lake.Table(strings.TrimPrefix(name, "duty.")); err != nil {
			return "", nil, usagef("--table %s: %w", f.table, err)
		}
	}
	if f.since != "" {
		since, err := parseSince(f.since, time.Now(), lake.Zone())
		if err != nil {
			return "", nil, err
		}
		parts, args = append(parts, "_ingest_ts >= ?::timestamptz"), append(args, since.UTC().Format("2006-01-02 15:04:05.999999+00"))
	}
	if len(parts) == 0 {
		return "", nil, nil
	}
	return " where " + strings.Join(parts, " and "), args, nil
}

// parseSince reads a time span before now, a local date or an instant.
func parseSince(text string, now time.Time, zone *time.Location) (time.Time, error) {
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	if day, err := time.ParseInLocation(time.DateOnly, text, zone); err == nil {
		return day, nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	return time.Time{}, usagef("--since %s: neither a time span such as 24h, nor a date such as 2026-10-31, nor an RFC 3339 time", text)
}

// rejectRow is a reject by the columns of the query in rejects.
type rejectRow struct {
	IngestTS   string  `json:"ingest_ts"`
	Cluster    string  `json:"cluster"`
	Topic      string  `json:"topic"`
	Partition  any     `json:"partition"`
	Offset     any     `json:"offset"`
	KafkaTS    string  `json:"kafka_ts"`
	Contract   string  `json:"contract"`
	Reason     string  `json:"reason"`
	Field      string  `json:"field,omitempty"`
	Detail     string  `json:"detail,omitempty"`
	EntityID   string  `json:"entity_id,omitempty"`
	EventID    string  `json:"event_id,omitempty"`
	Source     string  `json:"source,omitempty"`
	SourceFile string  `json:"source_file,omitempty"`
	SourcePos  any     `json:"source_pos,omitempty"`
	Raw        *string `json:"raw,omitempty"`        // the message, if it is UTF-8
	RawBase64  []byte  `json:"raw_base64,omitempty"` // the message, if it is not
}

func rejectOf(rows *duck.Rows) rejectRow {
	v := rows.Values()
	text := func(i int) string { s, _ := rows.Text(i); return s }
	r := rejectRow{
		IngestTS: text(0), Cluster: text(1), Topic: text(2), Partition: v[3], Offset: v[4], KafkaTS: text(5), Contract: text(6),
		Reason: text(7), Field: text(8), Detail: text(9), EntityID: text(10), EventID: text(11), Source: text(12),
		SourceFile: text(13), SourcePos: v[14],
	}
	raw, ok := v[15].([]byte)
	switch {
	case !ok:
	case utf8.Valid(raw):
		s := string(raw)
		r.Raw = &s
	default:
		r.RawBase64 = append([]byte{}, raw...)
	}
	return r
}

func (a *app) listRejects(rows *duck.Rows, f rejectFlags) error {
	out := listing{
		Columns: []string{"ingested", "topic", "partition", "offset", "reason", "field", "detail", "entity id", "event id", "source"},
		Empty:   "No reject fits.",
	}
	if *f.format == "json" {
		out.Columns = append(out.Columns, "cluster", "contract", "kafka ts", "source file", "source pos")
	}
	if f.raw {
		out.Columns = append(out.Columns, "raw")
	}
	for rows.Next() {
		r := rejectOf(rows)
		row := []any{r.IngestTS, r.Topic, r.Partition, r.Offset, r.Reason, r.Field, r.Detail, r.EntityID, r.EventID, r.Source}
		if *f.format == "json" {
			row = append(row, r.Cluster, r.Contract, r.KafkaTS, r.SourceFile, r.SourcePos)
		}
		if f.raw {
			var raw any = r.RawBase64
			if r.Raw != nil {
				raw = *r.Raw
			} else if r.RawBase64 == nil {
				raw = nil
			}
			row = append(row, raw)
		}
		out.add(row...)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read duty.rejects: %w", err)
	}
	if err := out.show(a.stdout, *f.format); err != nil {
		return err
	}
	if f.limit > 0 && len(out.Rows) == f.limit {
		fmt.Fprintf(a.stderr, "the first %d; --limit 0 lists all\n", f.limit)
	}
	return nil
}

// exportRejects writes to a file that must not be there: it would overwrite what somebody has corrected by hand. Half a
// file never has the name.
func (a *app) exportRejects(rows *duck.Rows, path string) (err error) {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return usagef("--export %s: there is such a file; name another, so that no correction is lost", path)
	}
	partial := path + ".partial"
	file, err := os.OpenFile(partial, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("export rejects: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(partial)
		}
	}()
	st := a.stages.begin("export", -1, "rejects")
	to := bufio.NewWriterSize(file, 1<<16)
	encoder := json.NewEncoder(to)
	encoder.SetEscapeHTML(false)
	var n, without int64
	for err == nil && rows.Next() {
		r := rejectOf(rows)
		if r.Raw == nil && r.RawBase64 == nil {
			without++ // a gap, a null value, or bytes whose time of keeping is over: nothing to correct
			continue
		}
		err = encoder.Encode(r)
		n++
		st.at(n)
	}
	if err = errors.Join(err, rows.Err(), to.Flush(), file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("export rejects to %s: %w", path, err)
	}
	if err = os.Rename(partial, path); err != nil {
		return fmt.Errorf("export rejects: %w", err)
	}
	st.end("%s rejects to %s; %s have no bytes that could be sent again", thousands(n), path, thousands(without))
	return nil
}
