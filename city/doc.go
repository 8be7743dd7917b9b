// Package city simulates a city and the records that its departments send.
//
// # What it is
//
// A model of a prefecture-level city after Linyi: 36 departments with 400 sections and their posts, 4,409 tasks
// decomposed from 2,443 duties, 15 counties and zones with their departments and townships, and 98 processes in one or
// two versions. A Generator lets cases and duty reports run through it and makes the messages of duty.step and
// duty.work that real systems would send.
//
// # How to use it
//
//	g, err := city.New(city.DefaultConfig())
//	var m city.Message
//	for g.Next(&m) {
//		// m.Topic, m.Key, m.Value, m.TimeMillis
//	}
//
// Lists returns the reference lists that give the codes of these messages their names.
//
// # What it guarantees
//
// The same configuration gives the same bytes, on every machine. The number of messages is exact, and they spread over
// the configured days by the official calendar, the hour and the season. All codes are in Lists, and each case keeps the
// rules of the record types: accepted before its steps, ended once, in the order of time. Exceptions are made on
// purpose and counted in Stats: messages that break their contract, second deliveries, late messages, corrections and
// withdrawals; and a few duty reports are off the list. Memory grows with the cases open at a time, by a few bytes per
// record of the whole. There is something to find: departments and counties that are slow, that get slower or better,
// steps where cases wait, and processes that a reform shortens on 1 April 2026.
//
// # What it does not
//
// It proves nothing about any real department: names of places and departments are real, all figures are invented, and so are
// sections, tasks, processes and the codes of townships. It does not make people's names or numbers. Messages of tests and
// benchmarks depend on the model, so that a change of the model changes them.
package city
