// Package transform turns the lake into the warehouse: it loads a project of SQL models, pins one snapshot per table, runs
// the models in DuckDB, checks the result and publishes it as a version.
//
//	result, err := transform.Run(ctx, transform.Options{Lake: lake, Dir: dir, Project: sql.Project(), Logger: log})
//
// A project is a file system with the folders staging, intermediate, marts, views, checks, macros, metrics and seeds. One
// file is one SELECT with a header; the dependencies are found in the query. A version is a small DuckDB file with the
// dimensions, aggregates and views, over facts that lie beside it as Parquet parts. The parts are named by their content,
// so versions share those that did not change. The link current.duckdb names the version that readers open.
//
// Guarantees: readers see a whole version or the one before, never a mixture, whenever the process dies; a version whose
// checks of severity error find rows is not published; the same snapshots, project and as-of time give the same rows
// and the same parts, on every host and in every session time zone; nothing depends on the clock of the host except
// version.made_at. Inputs that did not change are not computed again. The last versions are kept; a part goes when no
// kept version names it and a time of grace has passed.
//
// A run computes what changed. It finds the entities (cases, duty records) that are touched: those with records in files
// that the version before had not, at or above the offset ledger that it saw; those of loads that were voided, unvoided or
// finished since; those whose records lay ahead of the as-of time and do no more. It reads the months in which they ever
// had records, writes their facts as a segment of their own, and marks their rows in older segments as dead; segments that
// are small or half dead are merged, within a budget. A model of kind sums is kept by adding what these entities add now
// and taking away what they added before, both asked of their facts alone; rows that count otherwise because time passed
// are found by the instants that their fact names (wakes). A full build is the same from nothing. What cannot be told from
// what is new is computed from the start, and the version's history (v_run) says why: SQL or lists that changed, rows that
// were changed in place, a ledger that went back, an as-of time that was asked for.
//
// It does not schedule, does not write to the lake and knows nothing of what the models mean.
package transform
