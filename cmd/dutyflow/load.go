package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dutyflow/dutyflow/ingest/file"
	"github.com/dutyflow/dutyflow/ingest/load"
	"github.com/dutyflow/dutyflow/warehouse"
)

// loadFlags are what `dutyflow load` was told.
type loadFlags struct {
	mapping     string
	dryRun      bool
	list        bool
	void        string
	unvoid      string
	reason      string
	noTransform bool
	format      *string
}

// several says that more than one thing to do was given.
func (f loadFlags) several() bool {
	n := 0
	for _, given := range []bool{f.list, f.dryRun, f.void != "", f.unvoid != ""} {
		if given {
			n++
		}
	}
	return n > 1
}

func (a *app) loadCommand() *cobra.Command {
	var f loadFlags
	cmd := &cobra.Command{
		Use:   "load FILE...",
		Short: "Load files into the lake: NDJSON, CSV or XES, plain or .gz",
		Long: `Loads files through the same path as Kafka records, then computes the warehouse. NDJSON without a mapping holds the
messages themselves, XES is read by its standard attributes, CSV needs a mapping: examples/mappings in the sources has one for
each of five public logs.

A load has an identity: its file's bytes and its mapping. Loading it again does nothing; a load that was killed goes on where
it stopped, and counts in no figure before it is finished. A wrong load is voided, and can be brought back.`,
		Example: `  dutyflow load --dir d log.xes.gz
  dutyflow load --dir d requests.csv.gz --mapping examples/mappings/boston311.yaml --dry-run
  dutyflow load --dir d requests.csv.gz --mapping examples/mappings/boston311.yaml
  dutyflow load --dir d --list
  dutyflow load --dir d --void 3f2a9c --reason "wrong year"
  dutyflow load --dir d --unvoid 3f2a9c`,
	}
	flags := cmd.Flags()
	flags.StringVar(&f.mapping, "mapping", "", "mapping file: what the columns or attributes mean")
	flags.BoolVar(&f.dryRun, "dry-run", false, "show the first 20 mapped rows and the rejects, and touch nothing")
	flags.BoolVar(&f.list, "list", false, "list the loads")
	flags.StringVar(&f.void, "void", "", "take the load with this id (or its beginning) out of the figures")
	flags.StringVar(&f.unvoid, "unvoid", "", "bring a voided load back")
	flags.StringVar(&f.reason, "reason", "", "why it is voided or brought back; kept with the load")
	flags.BoolVar(&f.noTransform, "no-transform", false, "leave the warehouse as it is; \"dutyflow transform\" computes it later")
	f.format = formatFlag(cmd, "table", "json")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx := cmd.Context()
		if f.several() {
			return usagef("--list, --void, --unvoid and --dry-run exclude each other; give one of them")
		}
		if f.list || f.void != "" || f.unvoid != "" {
			if len(args) > 0 {
				return usagef("--list, --void and --unvoid take no file, but got %q", args[0])
			}
			if f.list {
				return a.listLoads(ctx, *f.format)
			}
			return a.turnLoad(ctx, f)
		}
		if len(args) == 0 {
			return usagef("name a file to load; `dutyflow load --help` shows how")
		}
		var mapping *file.Mapping
		if f.mapping != "" {
			var err error
			if mapping, err = file.ReadMapping(f.mapping); err != nil {
				return usageError{err}
			}
		}
		if f.dryRun {
			return a.dryRun(args, mapping, *f.format)
		}
		return a.loadFiles(ctx, args, mapping, f.noTransform)
	}
	return cmd
}

// readable opens every file before anything is written, so that a mistake in the command line touches nothing.
func readable(paths []string, mapping *file.Mapping) error {
	for _, path := range paths {
		reader, err := file.Open(path, mapping)
		if errors.Is(err, file.ErrNeedsMapping) || errors.Is(err, file.ErrColumn) {
			return usageError{err}
		}
		if err != nil {
			return err
		}
		if err := reader.Close(); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) loadFiles(ctx context.Context, paths []string, mapping *file.Mapping, noTransform bool) error {
	if err := readable(paths, mapping); err != nil {
		return err
	}
	lake, err := a.createLake(ctx)
	if err != nil {
		return err
	}
	defer lake.Close()
	var rejects int64
	var useless []error // loads that brought nothing but rejects
	for _, path := range paths {
		var st *stage
		loader := load.New(load.Config{
			Lake: lake, Ingest: a.cfg.Ingest, Logger: a.quiet(),
			Progress: func(p load.Progress) {
				if st == nil {
					st = a.stages.begin("load", p.Total, "bytes")
				}
				st.at(p.Read)
			},
		})
		result, err := loader.Run(ctx, path, mapping)
		if err != nil {
			return err
		}
		if st == nil {
			st = a.stages.begin("load", -1, "bytes")
		}
		if result.AlreadyLoaded {
			st.end("%s is load %.12s already (%s, %s rows, %s rejects); nothing to do", printable(path), result.ID, result.State, thousands(result.Records), thousands(result.Rejects))
			if result.State == load.Voided {
				fmt.Fprintf(a.stderr, "%-10s            it is voided; dutyflow load --dir %s --unvoid %.12s brings it back\n", "", quoteArg(a.cfg.Dir), result.ID)
			}
			continue
		}
		st.end("%s: %s records, %s rows and %s rejects, load %.12s", printable(path), thousands(result.Records+result.Rejects), thousands(result.Records), thousands(result.Rejects), result.ID)
		rejects += result.Rejects
		if result.Records == 0 && result.Rejects > 0 {
			useless = append(useless, a.allRejected(path, mapping, result))
		}
		if err := a.tellTwice(ctx, lake, result); err != nil {
			return err
		}
	}
	// What the loads needed is given back before DuckDB asks for its share.
	debug.FreeOSMemory()
	if !noTransform {
		if err := a.transform(ctx, lake, transformFlags{}); err != nil {
			return err
		}
		if rejects > 0 {
			fmt.Fprintf(a.stderr, "%-10s            why rejects: dutyflow query --dir %s \"select reason, field, count(*) from v_reject group by all\"\n", "", quoteArg(a.cfg.Dir))
		}
	}
	return errors.Join(useless...)
}

// allRejected is the error of a load that brought nothing but rejects: a mapping that forgets a field does that.
func (a *app) allRejected(path string, mapping *file.Mapping, result load.Result) error {
	var why []string
	if preview, err := load.DryRun(path, mapping, a.cfg.Ingest.Records.Options(a.location()), 1); err == nil && len(preview.Rejects) > 0 {
		first := preview.Rejects[0]
		why = append(why, fmt.Sprintf("the first for %s of %s", first.Reason, first.Field))
	}
	why = append(why, "\"dutyflow load --dry-run\" shows each")
	return fmt.Errorf("load %s: all %s records were rejected, %s; mend the mapping or the file and void load %.12s",
		path, thousands(result.Rejects), strings.Join(why, "; "), result.ID)
}

// tellTwice says when a file of the same name and size counts already under another mapping: its cases would count twice.
func (a *app) tellTwice(ctx context.Context, lake *warehouse.Lake, result load.Result) error {
	loads, err := load.List(ctx, lake)
	if err != nil {
		return err
	}
	for _, other := range loads {
		if other.ID != result.ID && other.State == load.Loaded && other.File == result.File && other.Bytes == result.Bytes {
			fmt.Fprintf(a.stderr, "%-10s            the same file counts already as load %.12s, with another mapping; if it should count once: dutyflow load --dir %s --void %.12s\n",
				"", other.ID, quoteArg(a.cfg.Dir), other.ID)
		}
	}
	return nil
}

func (a *app) listLoads(ctx context.Context, format string) error {
	lake, err := a.openLake(ctx)
	if err != nil {
		return err
	}
	defer lake.Close()
	loads, err := load.List(ctx, lake)
	if err != nil {
		return err
	}
	out := listing{
		Columns: []string{"load_id", "state", "file", "mapping", "rows", "rejects", "started", "finished", "reason"},
		Empty:   "Nothing was loaded from files yet.",
	}
	for _, l := range loads {
		id, finished := l.ID, ""
		if format == "table" {
			id = id[:min(12, len(id))]
		}
		if !l.FinishedAt.IsZero() {
			finished = l.FinishedAt.In(lake.Zone()).Format(time.RFC3339)
		}
		out.add(id, l.State, l.File, l.Mapping, l.Records, l.Rejects, l.StartedAt.In(lake.Zone()).Format(time.RFC3339), finished, l.Reason)
	}
	return out.show(a.stdout, format)
}

func (a *app) turnLoad(ctx context.Context, f loadFlags) error {
	lake, err := a.openLake(ctx)
	if err != nil {
		return err
	}
	defer lake.Close()
	turn, id, word := load.Void, f.void, "is out of the figures"
	if f.unvoid != "" {
		turn, id, word = load.Unvoid, f.unvoid, "is back in the figures"
	}
	entry, err := turn(ctx, lake, id, f.reason)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "Load %.12s of %s (%s rows) %s.\n", entry.ID, entry.File, thousands(entry.Records), word)
	if f.noTransform {
		return nil
	}
	return a.transform(ctx, lake, transformFlags{})
}

func (a *app) dryRun(paths []string, mapping *file.Mapping, format string) error {
	if err := readable(paths, mapping); err != nil {
		return err
	}
	for _, path := range paths {
		preview, err := load.DryRun(path, mapping, a.cfg.Ingest.Records.Options(a.location()), 20)
		if err != nil {
			return err
		}
		out := listing{Columns: []string{"pos", "record", "reason", "field", "detail", "message"}}
		for _, r := range slices.Concat(preview.Rows, preview.Rejects) {
			out.add(r.Pos, r.Topic, r.Reason, r.Field, r.Detail, r.Value)
		}
		if err := out.show(a.stdout, format); err != nil {
			return err
		}
		rejected := int64(0)
		for _, n := range preview.Rejected {
			rejected += n
		}
		fmt.Fprintf(a.stderr, "%s: %s records, %s would be rows and %s rejects\n", path, thousands(preview.Records), thousands(preview.Records-rejected), thousands(rejected))
		for _, reason := range slices.Sorted(maps.Keys(preview.Rejected)) {
			fmt.Fprintf(a.stderr, "  %-20s %s\n", reason, thousands(preview.Rejected[reason]))
		}
	}
	return nil
}
