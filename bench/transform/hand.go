package main

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/dutyflow/dutyflow/sql"
	"github.com/dutyflow/dutyflow/transform"
	"github.com/dutyflow/dutyflow/warehouse/duck"
)

//go:embed hand/*.sql
var handFiles embed.FS

// handFacts are the facts that have a query written by hand, with the order in which they are written.
var handFacts = []struct{ name, order string }{
	{"fact_case", "case_id"}, {"fact_step_run", "case_id, run_pos"}, {"fact_suspension", "case_id, pos"}, {"fact_work", "record_id"},
}

// asked is what one query took.
type asked struct {
	Seconds float64
	CPU     float64
	Sums    string // of the key columns, as JSON: equal sums, equal rows
}

// handQuery returns the query of a fact, and the sums that tell whether it found the same as the transform.
func handQuery(fact string) (query, sums string, err error) {
	text, err := handFiles.ReadFile("hand/" + fact + ".sql")
	if err != nil {
		return "", "", err
	}
	head, _, ok := strings.Cut(string(text), "\nwith ")
	_, sums, found := strings.Cut(head, "-- sums:")
	if !ok || !found {
		return "", "", fmt.Errorf("hand/%s.sql says no sums above its query", fact)
	}
	return string(text), strings.ReplaceAll(sums, "\n--", "\n"), nil
}

// runHand runs one query written by hand over the files of the lake at a stage and writes its rows as the transform
// writes a fact. What it joins from the reference lists is made before, and not counted.
func runHand(ctx context.Context, args []string) (err error) {
	flags := flag.NewFlagSet("hand", flag.ExitOnError)
	dir := flags.String("dir", "", "folder of the lake")
	at := flags.Int64("at", 0, "the stage: a number of records")
	fact := flags.String("fact", "", "which")
	ask := flags.String("ask", "", "ask this of the fact, %s, instead of writing it")
	asOf := flags.String("as-of", "", "leave out later events")
	memory := flags.Int64("memory", 2048, "limit in MiB")
	threads := flags.Int("threads", 0, "threads; 0: all")
	_ = flags.Parse(args) // exits on an error
	work, err := os.MkdirTemp(*dir, "hand-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	db, err := duck.Open("", duck.Options{MemoryLimit: *memory << 20, Threads: *threads, TempDir: filepath.Join(work, "spill"), Zone: zoneName})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := prepareHand(ctx, db, *dir, *at, *asOf, work); err != nil {
		return err
	}
	query, sums, err := handQuery(*fact)
	if err != nil {
		return err
	}
	file := filepath.Join(work, "fact.parquet")
	var order string
	for _, f := range handFacts {
		if f.name == *fact {
			order = f.order
		}
	}
	stmt := fmt.Sprintf("copy (select * from (\n%s\n) order by %s) to %s (format parquet, compression zstd, row_group_size 122880)",
		query, order, duck.Literal(file))
	if *ask != "" {
		stmt = "create table answer as " + strings.ReplaceAll(*ask, "%s", "(\n"+query+"\n)")
	}
	began, used := time.Now(), cpuSeconds()
	if err := db.Exec(ctx, stmt); err != nil {
		return fmt.Errorf("%s by hand: %w", *fact, err)
	}
	a := asked{Seconds: time.Since(began).Seconds(), CPU: cpuSeconds() - used}
	if *ask == "" {
		if a.Sums, err = sumsOf(ctx, db, sums, "read_parquet("+duck.Literal(file)+")"); err != nil {
			return err
		}
	}
	return json.NewEncoder(os.Stdout).Encode(a)
}

func sumsOf(ctx context.Context, db *duck.DB, sums, from string) (string, error) {
	var text string
	err := db.Scalar(ctx, "select columns(*)::varchar from (select {"+structOf(sums)+"} from "+from+")", &text)
	return text, err
}

// structOf turns `expression as name, ...` into the fields of a struct. The expressions hold no ` as ` and no `, ` of
// their own outside brackets.
func structOf(list string) string {
	var fields []string
	depth, begin := 0, 0
	for i, r := range list + "," {
		switch {
		case r == '(':
			depth++
		case r == ')':
			depth--
		case r == ',' && depth == 0:
			expression, name, _ := strings.Cut(strings.TrimSpace(list[begin:i]), " as ")
			fields = append(fields, strings.TrimSpace(name)+": "+expression)
			begin = i + 1
		}
	}
	return strings.Join(fields, ", ")
}

// runSums computes the same sums from a published fact.
func runSums(ctx context.Context, args []string) (err error) {
	flags := flag.NewFlagSet("sums", flag.ExitOnError)
	version := flags.String("version", "", "file of the version")
	fact := flags.String("fact", "", "which")
	_ = flags.Parse(args) // exits on an error
	db, err := duck.Open(*version, duck.Options{ReadOnly: true, Zone: zoneName})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	_, sums, err := handQuery(*fact)
	if err != nil {
		return err
	}
	text, err := sumsOf(ctx, db, sums, *fact)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(asked{Sums: text})
}

// prepareHand shows the lake and makes the macros, the calendars and the lists: all that does not come from records.
func prepareHand(ctx context.Context, db *duck.DB, dir string, at int64, asOf, work string) error {
	lake, err := openAt(ctx, dir, at)
	if err != nil {
		return err
	}
	defer lake.Close()
	pinned, err := lake.Pin(ctx)
	if err != nil {
		return err
	}
	if err := db.AttachLake(ctx, pinned); err != nil {
		return err
	}
	project, err := transform.Load(ctx, sql.Project())
	if err != nil {
		return err
	}
	statements := []string{
		"create macro zone() as " + duck.Literal(zoneName),
		"create macro as_of() as timestamptz " + duck.Literal(asOf),
	}
	for name, text := range project.Seeds {
		file := filepath.Join(work, name+".csv")
		if err := os.WriteFile(file, text, 0o644); err != nil {
			return err
		}
		statements = append(statements, "create table "+duck.Ident("seed_"+name)+" as from read_csv("+duck.Literal(file)+", header = true, all_varchar = true)")
	}
	for _, m := range project.Macros {
		if !m.Table {
			statements = append(statements, "create macro "+m.Signature+" as "+m.SQL)
		}
	}
	for _, m := range project.Models {
		if m.Entity == "" && m.Layer <= transform.Intermediate {
			statements = append(statements, "create "+string(m.Kind)+" "+duck.Ident(m.Name)+" as "+m.SQL)
		}
	}
	return inAnyOrder(ctx, db, statements)
}

// inAnyOrder runs statements that need one another, as soon as each can be run. What never can, such as a macro over
// facts, is left out: the query that needs it will say so.
func inAnyOrder(ctx context.Context, db *duck.DB, statements []string) error {
	for len(statements) > 0 {
		var left []string
		for _, stmt := range statements {
			if err := db.Exec(ctx, stmt); err != nil {
				left = append(left, stmt)
			}
		}
		if len(left) == len(statements) {
			return ctx.Err()
		}
		statements = left
	}
	return nil
}

const zoneName = "Asia/Shanghai"
