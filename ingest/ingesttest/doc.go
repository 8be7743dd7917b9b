// Package ingesttest holds what tests of ingest need: an embedded broker that ends with the test, seeded records that
// look like real ones, good and bad, and a model that knows what must come out.
//
//	b := ingesttest.NewBroker(t, 2)
//	m := ingesttest.NewModel(42)
//	m.Produce(t, b, 1_000)
//	... ingest ...
//	m.Require(t, lake)
//
// It guarantees that the same seed gives the same records, and that Require fails unless each record that was produced
// is in the lake exactly once: as a row if it is good, as a reject with the right reason if it is not.
//
// It does not simulate a city: package city does.
package ingesttest
