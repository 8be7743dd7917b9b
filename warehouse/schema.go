package warehouse

import (
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
)

// ColumnType is the type of a lake column.
type ColumnType uint8

// The column types, with the Arrow type that carries them in a batch.
const (
	String    ColumnType = iota // arrow.BinaryTypes.String
	Int32                       // arrow.PrimitiveTypes.Int32
	Int64                       // arrow.PrimitiveTypes.Int64
	Bool                        // arrow.FixedWidthTypes.Boolean
	Timestamp                   // arrow.FixedWidthTypes.Timestamp_us: microseconds, zone UTC: an instant
	Date                        // arrow.FixedWidthTypes.Date32
	Decimal                     // arrow.Decimal128Type{Precision: 18, Scale: 3}
	Binary                      // arrow.BinaryTypes.Binary
)

// Precision and scale of every Decimal column: quantities and limits in thousandths.
const (
	DecimalPrecision = 18
	DecimalScale     = 3
)

// Column declares a column of a lake table.
type Column struct {
	Name     string
	Type     ColumnType
	Required bool
	NoBounds bool // leave it out of file statistics (ext, raw bytes)
	Doc      string
}

// Table declares a lake table in namespace "duty".
type Table struct {
	Name        string // "step" for duty.step
	Columns     []Column
	PartitionBy string   // a Date column, or empty
	ByMonth     bool     // partition by month of PartitionBy instead of by day
	SortBy      []string // order of rows in a file
	Contract    string   // version recorded as dutyflow.contract, e.g. "1.0"
	Doc         string
}

// Arrow returns the Arrow type that carries a column of this type in a batch.
func (t ColumnType) Arrow() arrow.DataType {
	switch t {
	case Int32:
		return arrow.PrimitiveTypes.Int32
	case Int64:
		return arrow.PrimitiveTypes.Int64
	case Bool:
		return arrow.FixedWidthTypes.Boolean
	case Timestamp:
		return arrow.FixedWidthTypes.Timestamp_us
	case Date:
		return arrow.FixedWidthTypes.Date32
	case Decimal:
		return &arrow.Decimal128Type{Precision: DecimalPrecision, Scale: DecimalScale}
	case Binary:
		return arrow.BinaryTypes.Binary
	default:
		return arrow.BinaryTypes.String
	}
}

// String is the name of the type as Iceberg writes it.
func (t ColumnType) String() string {
	switch t {
	case String:
		return "string"
	case Int32:
		return "int"
	case Int64:
		return "long"
	case Bool:
		return "boolean"
	case Timestamp:
		return "timestamptz"
	case Date:
		return "date"
	case Decimal:
		return fmt.Sprintf("decimal(%d, %d)", DecimalPrecision, DecimalScale)
	case Binary:
		return "binary"
	default:
		return fmt.Sprintf("ColumnType(%d)", uint8(t))
	}
}

// ArrowSchema returns the schema of a batch with every column of the table, in declared order.
func (t Table) ArrowSchema() *arrow.Schema {
	fields := make([]arrow.Field, len(t.Columns))
	for i, c := range t.Columns {
		fields[i] = arrow.Field{Name: c.Name, Type: c.Type.Arrow(), Nullable: !c.Required}
	}
	return arrow.NewSchema(fields, nil)
}

// Index returns the position of the named column, or -1.
func (t Table) Index(column string) int {
	return slices.IndexFunc(t.Columns, func(c Column) bool { return c.Name == column })
}
