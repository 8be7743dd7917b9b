package record

import (
	"slices"
	"strconv"
	"strings"
)

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

// String names the kind as docs/records.md does.
func (k Kind) String() string {
	return [...]string{"string", "enum", "set of enum", "region", "int", "decimal", "bool", "time", "date"}[k]
}

// Code is one value of a closed code list.
type Code struct {
	Code   string
	ZH, EN string // labels
}

// Field declares one field of a record. The declaration is the only place that knows the field:
// decoding, validation, the lake's columns and docs/records.md follow from it.
type Field struct {
	Name string
	Kind Kind
	// Required: a message without it is rejected. A delete may leave it out unless it is an identity field
	// (Contract.IsIdentity), so only those can be non-null columns of the lake.
	Required bool
	MaxLen   int    // String, Region: code points
	Codes    []Code // Enum, EnumSet
	Min, Max int64  // inclusive; Decimal: in thousandths, Max 0 means as far as the type goes
	// Pseudonym: a value that looks like a person's name, ID number or mobile number is rejected.
	Pseudonym bool
	ZH, EN    string // what it is, for docs/records.md
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
	// When the value of If is one of In, at least one of Need must be present. An empty If holds always.
	If   string
	In   []string
	Need []string
}

// identity lists what even a delete must carry, besides the entity id.
var identity = []string{"schema", "event_id", "event_time", "source"}

// Contracts returns the contracts of all record types, in the order in which they were declared.
// The declarations are shared: do not change them.
func Contracts() []*Contract {
	return []*Contract{&step, &work}
}

// Lookup finds a contract by its name, e.g. "duty.step".
func Lookup(name string) (*Contract, bool) {
	for _, c := range Contracts() {
		if c.Name == name {
			return c, true
		}
	}
	return nil, false
}

// Index returns the position of the field called name in Fields, or -1.
func (c *Contract) Index(name string) int {
	return slices.IndexFunc(c.Fields, func(f Field) bool { return f.Name == name })
}

// Version returns "major.minor", the version that the lake records for its table.
func (c *Contract) Version() string {
	return strconv.Itoa(c.Major) + "." + strconv.Itoa(c.Minor)
}

// Schema returns the value of the field schema that a message of this contract carries, e.g. "duty.step.v1".
func (c *Contract) Schema() string {
	return c.Name + ".v" + strconv.Itoa(c.Major)
}

// IsIdentity reports whether the field called name is in every accepted message, deletes included.
func (c *Contract) IsIdentity(name string) bool {
	return name == c.EntityID || slices.Contains(identity, name)
}

// schemaMinor reads the minor version out of a schema value, 0 when it names none, and reports whether the value
// names this contract at its major version.
func (c *Contract) schemaMinor(schema string) (int, bool) {
	rest, ok := strings.CutPrefix(schema, c.Schema())
	if !ok {
		return 0, false
	}
	if rest == "" {
		return 0, true
	}
	digits, ok := strings.CutPrefix(rest, ".")
	if !ok || digits == "" || len(digits) > 4 || (len(digits) > 1 && digits[0] == '0') {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 10, 16)
	return int(n), err == nil
}
