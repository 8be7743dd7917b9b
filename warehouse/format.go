package warehouse

// Format is the version of everything that FORMAT.md describes. A release refuses a lake with a higher one.
const Format = 1

// namespace is the Iceberg namespace of every table.
const namespace = "duty"

// catalogName keys the rows of the SQL catalog, so that any Iceberg client that is told this name finds the tables.
const catalogName = "dutyflow"

// Properties of a table that are ours.
const (
	propFormat    = "dutyflow.format"          // Format of the release that wrote the table
	propZone      = "dutyflow.zone"            // business zone, fixed at creation
	propContract  = "dutyflow.contract"        // version of the record contract
	propLedger    = "dutyflow.ledger"          // the offset ledger, see ledger.go
	propSequence  = "dutyflow.ledger-sequence" // Iceberg sequence number of the snapshot that moved the ledger last
	propResets    = "dutyflow.ledger-resets"   // what ledger reset has done
	propForgot    = "dutyflow.forgotten"       // rows that forget has removed
	propRewritten = "dutyflow.rewritten"       // id of the last commit that changed rows in place
	propDoc       = "comment"
)

// Entries of a snapshot's summary that are ours.
const (
	sumCommit = "dutyflow.commit-id" // names the commit, so that it is recognised after its answer was lost
	sumMoves  = "dutyflow.moves"     // the ledger entries that this commit moved
)

// Properties of the namespace that are ours; location is Iceberg's own name.
const (
	propLocation = "location"
	propBackupOf = "dutyflow.backup-of" // of a backup: what it was when it ended, see backup_mark.go
)

// metricsPrefix and metricsNone are Iceberg's way to leave a column out of the statistics.
const (
	metricsPrefix = "write.metadata.metrics.column."
	metricsNone   = "none"
)

// tableProperties are set on every table at creation.
func tableProperties() map[string]string {
	return map[string]string{
		"format-version": "2",
		// One manifest per commit would make planning read thousands of them within a day.
		"commit.manifest-merge.enabled":      "true",
		"commit.manifest.min-count-to-merge": "100",
		// Each metadata file holds the whole history: without deletion they fill the disk.
		"write.metadata.delete-after-commit.enabled": "true",
		"write.metadata.previous-versions-max":       "20",
		// The library's retry replays an append onto another writer's head: the ledger would be applied twice.
		"commit.retry.num-retries":        "0",
		"write.parquet.compression-codec": "zstd",
	}
}
