package lists

// Type is the type of a field: what text it accepts and how the text is normalised.
type Type uint8

// The types.
const (
	Text      Type = iota // any text
	Code                  // an identifier: no white space, none of the reserved words "~", "*", "-"
	Codes                 // identifiers, separated by ";"
	Region                // 6, 9 or 12 digits, padded on the right with zeros to 12
	Integer               // a whole number within Min and Max
	Number                // a decimal number of few digits after the point, within Min and Max
	Flag                  // true, false, 1, 0, 是 or 否
	Enum                  // one of Values
	Day                   // YYYY-MM-DD, or YYYY/M/D as spreadsheets write it
	Intervals             // parts of a day, e.g. 08:30-12:00 14:00-17:30
	Limits                // limits by word, e.g. expert=20 wd; survey=5 wd; the words are those of Values
	Metric                // the id of a metric, e.g. M22b
	Condition             // a comparison of the elapsed time with a limit, e.g. elapsed > promised - 3 wd
)

// Value is one word of an Enum field.
type Value struct {
	Code   string
	ZH, EN string
}

// Field declares a column.
type Field struct {
	Name     string
	Type     Type
	Required bool
	MaxLen   int // Text, Code, Codes: code points; 0 = 200 for Text, 64 for codes
	Min, Max int64
	Digits   int     // Number: digits after the point, 0 = 3
	Values   []Value // Enum, Limits; of Codes, too, when only some are allowed
	With     string  // a field that must be given when, and only when, this one is
	ZH, EN   string
}

// Reference says that values of a row must be found in a row of a list.
type Reference struct {
	Fields  []string // of this list; the first is the one that problems name, and when it is empty nothing is referred to
	List    string
	To      []string // of that list
	Acyclic bool     // following the reference, which leads to the same list and its key, must come to an end
	Except  []string // values of the first field that are always known
	If, Is  string   // when If is not empty: the reference holds for rows whose field If is Is
	Kinds   []string // when not empty: what is referred to has one of these in its field kind
}

// Declaration declares a list. Every list also has the fields of Common, at the end.
type Declaration struct {
	Name   string
	Key    []string // with the validity, what makes a row unique
	Fields []Field
	Refs   []Reference
	ZH, EN string
	Notes  string // for docs/lists.md
}

// Common returns the fields that every list has.
func Common() []Field {
	return []Field{
		{Name: "valid_from", Type: Day, ZH: "生效日期(含)", EN: "first day on which the row holds; empty: since ever"},
		{Name: "valid_to", Type: Day, ZH: "失效日期(不含)", EN: "first day on which the row no longer holds; empty: it still does"},
		{Name: "rev", Type: Integer, Min: 0, Max: 1<<31 - 1, ZH: "修订号", EN: "revision; of rows with equal key and valid_from the highest holds and the others are not loaded"},
	}
}

// Field returns the declared field of that name.
func (d *Declaration) Field(name string) (*Field, bool) {
	for i := range d.Fields {
		if d.Fields[i].Name == name {
			return &d.Fields[i], true
		}
	}
	return nil, false
}

// Lookup returns the declaration of a list.
func Lookup(name string) (*Declaration, bool) {
	for _, d := range Declarations() {
		if d.Name == name {
			return d, true
		}
	}
	return nil, false
}
