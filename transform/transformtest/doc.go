// Package transformtest runs SQL models on records that a test gives as CSV files.
//
// NewLake makes a lake of Parquet files from CSV files, without a broker or a catalog; Run transforms it in a temporary
// warehouse; Cases runs every story under sql/cases and compares what comes out with the expected CSV files, which
// `go test -update` writes anew. A story is a folder:
//
//	README.md          what happens and why the result is right
//	given/step.csv     records: the columns that matter, the others are null or defaulted
//	given/work.csv, given/loads.csv, given/rejects.csv
//	given/lists/*.csv  reference lists, as for `dutyflow lists load`
//	given/seeds/*.csv  replace seeds of the project
//	given/options.csv  key,value: as_of, zone
//	ask/NAME.sql       a query whose rows expected/NAME.csv has, for macros
//	expected/NAME.csv  the rows of view or table NAME, in the columns of its header line
//
// The lake gives what it was given: nothing is validated, so a story can hold what ingest would refuse.
package transformtest
