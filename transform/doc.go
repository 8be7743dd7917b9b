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
// It reads the whole lake in each run, entity range by entity range, so that memory stays bounded. It does not schedule,
// does not write to the lake and knows nothing of what the models mean.
package transform
