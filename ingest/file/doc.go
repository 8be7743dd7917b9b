// Package file reads record files: NDJSON, CSV and XES, plain or gzip, of any size.
//
//	m, err := file.ReadMapping("boston311.yaml") // or nil: NDJSON messages as they are, XES by its defaults
//	r, err := file.Open("boston311.csv.gz", m)
//	defer r.Close()
//	var rec file.Record
//	for {
//		err := r.Next(&rec) // io.EOF at the end
//		...
//	}
//
// A Reader turns each row, line or event into the messages of a record contract. It streams: what it holds is one row,
// for XES one trace (at most 64 MiB of it), and the window in which repeated events are counted.
//
// What it guarantees: the same bytes with the same mapping give the same messages in the same order, on any host and in
// any time zone; every row leaves a message, unless the mapping's where leaves it out. What a row lacks or holds wrong
// is passed on as it is, so that the contract rejects the message together with its content: the reader never drops
// a row and never repairs one. A file that breaks off or cannot be taken apart ends with an error that says where.
//
// What it does not do: it does not decide what is valid (package record does), and knows no reference list.
package file
