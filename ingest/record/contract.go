package record

// Kind is the type of a field: what JSON it accepts and what column it becomes in the lake.
type Kind uint8

// The kinds. The comment gives the accepted JSON and the column of the lake.
const (
	String  Kind = iota // string → string, at most MaxLen code points
	Enum                // string, one of Codes → string
	EnumSet             // array of strings, each one of Codes → string: the codes in declared order, joined by ","
	Region              // string ≤ 32; 6 or 9 digits are padded on the right with zeros to 12 → string
	Int                 // number or numeric string within [Min, Max] → int32 when Max fits, else int64
	Decimal             // number or numeric string → decimal(18,3), excess digits reject
	Bool                // true or false → boolean
	Time                // RFC 3339 with offset → timestamptz in microseconds, finer digits cut off
	Date                // YYYY-MM-DD → date
)

// Code is one value of a closed code list.
type Code struct {
	Code   string
	ZH, EN string // labels
}

// Field declares one field of a record. The declaration is the only place that knows the field:
// decoding, validation, the lake's columns and docs/records.md follow from it.
type Field struct {
	Name     string
	Kind     Kind
	Required bool
	MaxLen   int    // String, Region: code points
	Codes    []Code // Enum, EnumSet
	Min, Max int64  // Int: inclusive; Decimal: Min only, in thousandths
	ZH, EN   string // what it is, for docs/records.md
}

// Contract declares a record type. Names are never reused, renamed or retyped; new fields come last and are optional.
type Contract struct {
	Name      string // "duty.step": the topic, and the lake's table
	Major     int    // schema "duty.step.v1"
	Minor     int
	EntityID  string // field that names the entity, e.g. "case_id"; also the message key
	EventDate string // field whose local date is _event_date: "event_time" or a Date field
	Fields    []Field
	Rules     []Rule // what one field requires of another
	ZH, EN    string
}

// Rule is a requirement across fields, checked after each field is valid by itself.
type Rule struct {
	Field  string // the field that a reject names
	Reason Reason
	ZH, EN string
	// When the value of If is one of In, at least one of Need must be present.
	If   string
	In   []string
	Need []string
}

// Reason says in one short code why a message was rejected.
type Reason string
