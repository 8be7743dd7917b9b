// Package record holds the contracts of the record types and decodes messages against them.
//
// A Contract declares a record type: its fields, code lists and rules. Decoding, validation, the columns of the lake
// and docs/records.md follow from the declaration, so that a new type is a new declaration and nothing else.
//
//	c, _ := record.Lookup("duty.step")
//	d := record.NewDecoder(c, record.DefaultOptions())
//	var row record.Row
//	if reject := d.Decode(value, kafkaMillis, &row); reject != nil {
//		// keep the raw bytes with reject.Reason
//	}
//
// Decode reads the message once and allocates nothing for one that is accepted. Whether it accepts is a pure function of the
// bytes, the Kafka timestamp, the options and the version of the contract: the same message decodes to the same row
// wherever and whenever it is read again.
//
// What the decoder does not do: it knows no reference list (a region, department or task that no list has is accepted),
// fills in no default (a missing rev stays missing), and never looks at another message.
//
// The package uses the standard library only.
package record
