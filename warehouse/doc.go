// Package warehouse is the lake: the Iceberg tables that ingest writes and transform reads. It is where the two halves
// of Dutyflow meet, and it knows neither of them.
//
// Use. Create makes a lake, or completes one, from declarations (Table, Column); Open takes it as it is. A writer
// stages Arrow batches as Parquet files (Lake.Stage) and commits them together with the ledger entries that they
// account for (Lake.AppendRejects, then Lake.Append); tables without a ledger, such as loads and lists, take rows
// directly (Lake.AppendRows). A reader pins tables (Lake.Pin) and reads the files that the pin names with whatever it
// likes. Verify holds the lake against itself; Backup copies it, Recover makes a lost catalog again and Relocate follows a
// directory that was moved. Lock keeps two processes out of one role. FORMAT.md describes the files for readers of other make; package
// warehousetest gives tests a lake that checks itself.
//
// Guarantees. Rows and ledger move in one atomic commit: a Kafka offset is in the lake exactly once, whatever dies or
// is lost in between, and a writer that no longer owns a partition is fenced (ErrFenced). Rejects come before the rows
// of their batch and are not doubled when a batch is repeated. What a commit has made visible survives a power cut: all
// files are synced before the catalog points at them. A pin does not change. File statistics contain every value of
// the file, so that pruning never loses a row. An error that a person must act on says what, where and what to do, and
// matches one of the sentinels.
//
// Upkeep. Compact merges small files, Expire lets go of old snapshots, Clean finds orphans of crashed commits, Forget takes
// a case or a person out. None of them runs by itself.
//
// What it does not do. It does not read rows back or update them. It does not make two tables change
// together, beyond the order of rejects and rows. It does not keep two workers from reading the same partition; it only
// keeps the second one from committing. With the SQLite catalog all writers are on one host; several hosts need Postgres,
// and an S3 store or a file system that they share.
package warehouse
