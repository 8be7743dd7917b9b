// Package export writes cases of a published warehouse as event logs that process-mining tools open: XES 1.0 (IEEE
// 1849) and OCEL 2.0 (SQLite and JSON).
//
//	summary, err := export.Write(ctx, export.Options{DB: db, Format: export.XES, Path: "p.xes.gz", Selection: export.Selection{Process: "P-0421"}})
//
// One run of a step is one event, at the time of its end; a run that has not ended is an event at its last sign of
// life, with the lifecycle transition "start" or "schedule" in place of "complete". What was implied (an arrival that
// nobody sent, an end that stands for the end of the case) is not written, so that a log that is loaded again gives the same
// figures: without a mapping when the log came from XES, else with examples/mappings/dutyflow_export.yaml.
//
// Guarantees: the file appears whole under its name or not at all; cases are read in bounded pieces, so memory does not
// grow with their number; the same version and selection give the same bytes. Times carry the lake's offset.
//
// It does not write special procedures, extensions and other events of the case as a whole: a case has its instants
// (accepted, finished, due) as attributes.
package export
