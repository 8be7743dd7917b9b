package report

// document is a report before it is written in a format: everything is chosen, worded and printed as text, nothing is
// laid out. A new format is one more function over this type.
type document struct {
	Lang, Title, Kind  string
	Heading            string // the title as it stands on the cover
	Organ              string // whose name stands in red above the title; may be empty
	Place, Period      string
	Facts              []fact // the lines of the cover
	Headline           []sentence
	Cards              []card
	Sections           []part
	Queries            []queryText
	Checksum           string
	Stamp              string // the only thing that differs between two runs over the same version
	StampMachine       string
	Summary            []byte // machine summary, JSON
	Description, State string
}

type fact struct {
	Label, Text string
	Wide        bool
}

// span is a piece of a sentence. Query is set on figures: it names the query that the figure comes from.
type span struct {
	Text, Query string
	Words       bool // a figure put in words: "up 3.42% on the previous month"
	Foreign     bool // a name in another script than the document's
}

type sentence []span

type card struct {
	Label, Value, Unit, Query string
	Note                      string // why there is no value
	Changes                   []cardChange
}

type cardChange struct {
	Label, Text string
	Tone        string // good, bad or empty
	Arrow       string
}

type part struct {
	ID, Number, Title string
	Level             int // 2 for the sections of a document, 3 below
	Appendix          bool
	Blocks            []docBlock
	Parts             []part
}

// docBlock has exactly one field set.
type docBlock struct {
	Paragraph   []sentence
	Findings    []finding
	Table       *table
	Chart       *chart
	Note        string
	Definitions []definition
	Queries     bool
}

type finding struct{ Text, Advice sentence }

type table struct {
	ID, Number, Caption, Query string
	Columns                    []column
	Rows                       []tableRow
	Foot                       []tableRow
	Rest                       string // how many rows the table leaves out
	Empty                      string // said instead of a table without rows
	Heat, Upright              bool   // Upright: many columns, their heads stand upright
	Short                      bool   // kept on one page
}

type column struct {
	Title   string
	Numeric bool
	Bar     bool
}

type tableRow struct {
	Group string // heads the rows that follow; then there are no cells
	Cells []cell
}

type cell struct {
	Text    string
	Header  bool
	Numeric bool
	Foreign bool
	Tone    string
	Title   string  // why the cell is empty
	Bar     float64 // 0..100, drawn behind the number when HasBar
	HasBar  bool
	Whole   bool // never broken over lines: dates and months
	Heat    int  // 1..5 where Heat is on; 0: no value
}

// chart holds what is drawn, in values and in words.
type chart struct {
	ID, Number, Caption, Description, Query string
	Type                                    string
	Labels                                  []string
	Short                                   []string // labels where space is short
	Series                                  []series
}

type series struct {
	Name   string
	Points []point
}

type point struct {
	Value float64
	Known bool
	Text  string
}

type definition struct {
	ID, Name, Formula, Unit, Population, Minimum string
}

type queryText struct{ Name, About, Text string }
