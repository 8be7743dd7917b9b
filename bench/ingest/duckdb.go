package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/dutyflow/dutyflow/bench/child"
	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/duck"
)

// provenance is what ingest adds to each record, as SQL: the same columns and types, with values as near as a file has
// them.
var provenance = map[string]string{
	"_cluster":     `'bench'`,
	"_topic":       `'duty.step'`,
	"_partition":   `0::integer`,
	"_offset":      `row_number() over ()`,
	"_kafka_ts":    `event_time + interval 1 minute`,
	"_ingest_ts":   `timestamptz '2026-11-01 00:00:00+08'`,
	"_event_date":  `(event_time at time zone 'Asia/Shanghai')::date`,
	"_quality":     `0::integer`,
	"_source_file": `null::varchar`,
	"_source_pos":  `null::bigint`,
}

// copySQL reads the records and writes the lake's columns. The lake's own declaration decides what they are.
func copySQL(in, out string, sorted bool) (string, error) {
	var table warehouse.Table
	for _, t := range ingest.Tables() {
		if t.Name == "step" {
			table = t
		}
	}
	var read, write []string
	for _, c := range table.Columns {
		if from, ok := provenance[c.Name]; ok {
			write = append(write, from+" as "+duck.Ident(c.Name))
			continue
		}
		if strings.HasPrefix(c.Name, "_") {
			return "", fmt.Errorf("column %s of the lake is new: say what it is in the comparison", c.Name)
		}
		kind := duck.TypeName(c.Type)
		if c.Name == "ext" {
			kind = "JSON"
			write = append(write, "ext::varchar as ext")
		} else {
			write = append(write, duck.Ident(c.Name))
		}
		read = append(read, duck.Literal(c.Name)+": "+duck.Literal(kind))
	}
	order := ""
	if sorted {
		order = " order by " + strings.Join(table.SortBy, ", ")
	}
	return fmt.Sprintf("copy (select %s from read_json(%s, format = 'newline_delimited', columns = {%s})%s) to %s (%s)",
		strings.Join(write, ", "), duck.Literal(in), strings.Join(read, ", "), order, duck.Literal(out), parquetOptions()), nil
}

// parquetOptions are those of the lake's files.
func parquetOptions() string {
	return fmt.Sprintf("format parquet, compression zstd, compression_level %d, row_group_size %d",
		warehouse.ZstdLevel, warehouse.RowGroupRows)
}

// runDuckDB is the peer: one COPY, or the rewriting of Parquet files one by one.
func runDuckDB(ctx context.Context, args []string) (err error) {
	flags := flag.NewFlagSet("duckdb", flag.ExitOnError)
	in := flags.String("in", "", "NDJSON file")
	out := flags.String("out", "", "Parquet file to write")
	sorted := flags.Bool("sorted", false, "in the lake's order")
	rewrite := flags.Bool("rewrite", false, "write the Parquet files that follow anew, in their order, and print the bytes")
	_ = flags.Parse(args) // exits on an error
	db, err := duck.Open("", duck.Options{Zone: "Asia/Shanghai", TempDir: filepath.Dir(*out)})
	if err != nil {
		return err
	}
	defer db.Close()
	if !*rewrite {
		query, err := copySQL(*in, *out, *sorted)
		if err != nil {
			return err
		}
		return db.Exec(ctx, query)
	}
	var total rewritten
	for _, file := range flags.Args() {
		// One thread keeps the order and fills the row groups.
		if err := db.Exec(ctx, "set threads = 1"); err != nil {
			return err
		}
		if err := db.Exec(ctx, fmt.Sprintf("copy (from read_parquet(%s, hive_partitioning = false)) to %s (%s)",
			duck.Literal(file), duck.Literal(*out), parquetOptions())); err != nil {
			return err
		}
		info, err := os.Stat(*out)
		if err != nil {
			return err
		}
		total.Bytes += info.Size()
		var rows int64
		if err := db.Scalar(ctx, fmt.Sprintf("select count(*) from read_parquet(%s)", duck.Literal(*out)), &rows); err != nil {
			return err
		}
		total.Rows += rows
	}
	return json.NewEncoder(os.Stdout).Encode(total)
}

// rewritten is what came of writing Parquet files anew.
type rewritten struct{ Bytes, Rows int64 }

func (b *bench) rewrite(ctx context.Context, files ...string) (r rewritten, err error) {
	args := append([]string{"duckdb", "-rewrite", "-out", filepath.Join(b.dir, "rewritten.parquet")}, files...)
	u, err := child.Run(ctx, nil, b.self, args...)
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal([]byte(u.Output), &r); err != nil {
		return r, err
	}
	if r.Rows != b.records {
		return r, fmt.Errorf("%s and what lies beside it hold %d rows of %d records: nothing was measured", files[0], r.Rows, b.records)
	}
	return r, nil
}

// compareSizes gives the bytes of the lake's data files and of DuckDB's files of the same rows in the same order. It
// fails when either side has not written every record.
func (b *bench) compareSizes(ctx context.Context) (ours, duckdb int64, err error) {
	var files []string
	err = filepath.WalkDir(filepath.Join(b.lakeDir(), "lake", "duty", "step"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".parquet" {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		ours += info.Size()
		files = append(files, path)
		return nil
	})
	if err != nil {
		return 0, 0, err
	}
	if len(files) == 0 {
		return 0, 0, errors.New("the lake holds no data files")
	}
	again, err := b.rewrite(ctx, files...)
	if err != nil {
		return 0, 0, err
	}
	_, err = b.rewrite(ctx, b.peerFile()) // counts the peer's rows
	return ours, again.Bytes, err
}
