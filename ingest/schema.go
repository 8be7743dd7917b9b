package ingest

import (
	"math"
	"strings"

	"github.com/dutyflow/dutyflow/ingest/record"
	"github.com/dutyflow/dutyflow/warehouse"
)

// extColumn holds the members of ext and the unknown fields of a message, as one JSON object.
const extColumn = "ext"

// TableOf names the lake table of a record type: "step" for duty.step.
func TableOf(c *record.Contract) string { return strings.TrimPrefix(c.Name, "duty.") }

// Tables declares the lake table of every record type. The columns follow from the contract, so that a field is
// declared once.
func Tables() []warehouse.Table {
	contracts := record.Contracts()
	tables := make([]warehouse.Table, len(contracts))
	for i, c := range contracts {
		tables[i] = table(c)
	}
	return tables
}

func table(c *record.Contract) warehouse.Table {
	t := warehouse.Table{
		Name:        TableOf(c),
		PartitionBy: "_event_date",
		ByMonth:     true,
		SortBy:      []string{c.EntityID, "event_time", "seq"},
		Contract:    c.Version(),
		Doc:         c.EN,
	}
	for i := range c.Fields {
		f := &c.Fields[i]
		t.Columns = append(t.Columns, warehouse.Column{
			Name: f.Name,
			Type: columnType(f),
			// A delete carries nothing but its identity, so only that is never null.
			Required: c.IsIdentity(f.Name),
			Doc:      f.EN,
		})
	}
	t.Columns = append(t.Columns, warehouse.Column{
		Name: extColumn, Type: warehouse.String, NoBounds: true,
		Doc: "members of ext and unknown fields, one JSON object",
	})
	t.Columns = append(t.Columns, warehouse.Provenance()...)
	return t
}

func columnType(f *record.Field) warehouse.ColumnType {
	switch f.Kind {
	case record.Int:
		if f.Min >= math.MinInt32 && f.Max <= math.MaxInt32 {
			return warehouse.Int32
		}
		return warehouse.Int64
	case record.Decimal:
		return warehouse.Decimal
	case record.Bool:
		return warehouse.Bool
	case record.Time:
		return warehouse.Timestamp
	case record.Date:
		return warehouse.Date
	default:
		return warehouse.String
	}
}
