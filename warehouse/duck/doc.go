// Package duck is the DuckDB session of dutyflow, and the only place with cgo.
//
// Open gives a database with everything fixed that could make two runs differ or reach outside: the session's time
// zone, memory, threads, the directory for spilled data; extensions are neither installed nor loaded on their own, so
// that a closed network behaves as an open one does. AttachLake shows pinned lake snapshots as the views lake.step,
// lake.work, lake.rejects, lake.loads and lake.lists. Query streams a result with its column types; Write prints one as
// a table, CSV or JSON, and Export as Parquet.
//
//	db, err := duck.Open(path, duck.Options{ReadOnly: true, Zone: "Asia/Shanghai", AllowedDirs: []string{parts}})
//	defer db.Close()
//	rows, err := db.Query(ctx, "select * from v_case")
//
// Guarantees: a lake view reads exactly the files of its snapshot, finds columns by field id, and gives null for a
// column that a file is too old to have. With AllowedDirs, a query can read files in these directories and no others,
// reaches no network, and cannot change a setting. Numbers keep all their digits on the way out.
//
// It does not plan Iceberg scans, that is the business of package warehouse, and knows nothing of models.
package duck
