// Package load brings files into the lake, on the way that records from Kafka take.
//
// # What it is
//
// A load is one file with one mapping. Its records are produced to a broker inside the process (package broker), and
// the same Ingester that reads Kafka reads them from there. What a load is and what became of it stands in duty.loads.
//
// # How to use it
//
//	loader := load.New(load.Config{Lake: lake})
//	result, err := loader.Run(ctx, "log.xes.gz", nil)
//	entries, err := load.List(ctx, lake)
//	entry, err := load.Void(ctx, lake, id, "wrong year")
//
// # What it guarantees
//
// A load's id is the SHA-256 of the file's bytes, the mapping and the contracts' versions, and its production is
// deterministic: the same record always gets the same offset and the same timestamp. So a load that was killed at any
// moment and is run again goes on where its ledger stands, and one that is finished does nothing. A load counts in the
// figures when it is finished, and not before: a file that turns out to be broken half way changes no figure. Voiding
// takes a load out of the figures and unvoiding brings it back, to the last digit; no row is touched.
//
// # What it does not
//
// It does not read file formats, that is package file, and runs one load at a time in a directory.
package load
