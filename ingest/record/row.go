package record

// Value is one decoded field.
type Value struct {
	Set bool // false: missing, null, or an empty string
	// I holds Int, Bool (0 or 1), Decimal in thousandths, Time in microseconds and Date in days since 1970-01-01 UTC,
	// and for Enum the index in Field.Codes.
	I int64
	// S holds String, Region, Enum (the code) and EnumSet (codes in declared order, joined by ",").
	S []byte
}

// Row is a decoded message.
type Row struct {
	Values []Value // by index in Contract.Fields
	// Present tells the fields that are set without looking at all of them: bit i%64 of word i/64 is Values[i].Set.
	Present   [4]uint64
	Ext       []byte // one JSON object: the members of ext and the unknown fields, values verbatim; nil when there is none
	EventDate int32  // days since 1970-01-01 of the contract's EventDate field, a time by its local date in the business zone
	Quality   uint32 // the Quality flags

	by        *Decoder // whose message it holds
	text, ext []byte   // memory of values that are not in the message as they stand here
}

// Quality flags: what was unusual about an accepted message.
const (
	UnknownFields uint32 = 1 << iota // it had fields that the contract does not know; they are in Ext
	NewerMinor                       // its schema names a newer minor version than the contract
	NaiveTime                        // a time had no offset and was read in the business zone (Options.NaiveTimes)
	NumberText                       // a number came as a string
	TimeCut                          // a time had digits finer than a microsecond, which were cut off
)
