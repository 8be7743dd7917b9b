// Package export writes cases of a published warehouse as event logs that process-mining tools open: XES 1.0 (IEEE
// 1849) and OCEL 2.0 (SQLite and JSON).
//
//	summary, err := export.Write(ctx, export.Options{DB: db, Format: export.XES, Path: "p.xes.gz", Selection: export.Selection{Process: "P-0421"}})
//
// One run of a step is one event, at the time of its end; a run that has not ended is an event at its last sign of
// life, with the lifecycle transition "start" or "schedule" in place of "complete". What was implied (an arrival that
// nobody sent, an end that stands for the end of the case) is not written.
//
// A log that is loaded again gives the same rows of v_case, v_step_run, v_variant and v_dfg. Without a mapping that holds for
// what was loaded without one, under the same file name; else examples/mappings/dutyflow_export.yaml reads it, and some
// columns differ. A log does not tell special procedures, extensions and promised or statutory limits, so v_case has other
// due_basis, promised_wd, statutory_wd, suspended_work_s, net_work_s, credited_wd, elapsed_wd and n_extensions (the due
// time itself is written, with all that was granted); and in cases that were suspended or extended v_step_run has other
// due_at, on_time, overdue_work_s, suspended_s and suspended_work_s. Nor does it tell how often a case was reopened, or
// anything else that happened to the case as a whole: a case has its instants (submitted, accepted, refused, finished,
// voided, due) as attributes.
//
// Guarantees: the file appears whole under its name or not at all; cases are read in bounded pieces, so memory does not
// grow with their number (of OCEL the codes of units, processes and items are kept); the same version and selection give
// the same bytes. Times carry the lake's offset. OCEL puts events in order by time alone: it has no place for the order of
// those of one instant.
package export
