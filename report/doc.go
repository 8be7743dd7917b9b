// Package report writes documents from the published warehouse.
//
// A report is a declaration, not a program. reports/R1.yaml names the data sets it needs, the figures, the sentences,
// the tables and the charts, in their order; queries/ holds the named queries that the data sets come from, one SELECT
// a file; texts/ holds every word that is printed, once per language. A new report is new files in these folders.
//
// Use it with a warehouse that is open for reading:
//
//	files, err := report.Write(ctx, report.Options{
//		DB: db, Kind: "R1", Period: "2026-10", Lang: "zh", Dir: "reports", Stamp: time.Now(),
//	})
//
// What it guarantees. Every printed figure comes from a named query and carries that name (data-query), and the
// queries themselves stand in the last appendix. A sentence is printed only when its condition holds and its sample is
// large enough. The same warehouse version and options give the same bytes, apart from Options.Stamp, which is printed
// in one place. The machine summary is the same in every language and its SHA-256 is printed. Whatever comes from
// outside (names, codes) is escaped by html/template, in SVG too. The file loads nothing and runs no script.
//
// What it does not. It computes no metric: formulas live in the warehouse's models, and a query here only chooses,
// sums numerators and denominators, orders and ranks. It does not open the warehouse and does not know the lake.
package report
