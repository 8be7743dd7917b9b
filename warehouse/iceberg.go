package warehouse

import (
	"fmt"
	"slices"
	"strings"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
)

// shape is a table as the lake has it: the declaration, read back from Iceberg metadata, with the ids that files carry.
type shape struct {
	Table
	ids       []int // field id of each column
	schema    *iceberg.Schema
	spec      iceberg.PartitionSpec
	sortOrder int
	data      string // directory of data files
	layout    layout // of new data files
}

// validate finds what is wrong with a declaration before it becomes a table.
func (t Table) validate() error {
	seen := map[string]bool{}
	for _, c := range t.Columns {
		if seen[c.Name] {
			return fmt.Errorf("declare %s.%s: column %s: declared twice: %w", namespace, t.Name, c.Name, ErrSchema)
		}
		seen[c.Name] = true
	}
	for _, s := range t.SortBy {
		if !seen[s] {
			return fmt.Errorf("declare %s.%s: sort by %s: no such column: %w", namespace, t.Name, s, ErrSchema)
		}
	}
	if t.PartitionBy == "" {
		return nil
	}
	i := t.Index(t.PartitionBy)
	if i < 0 || t.Columns[i].Type != Date || !t.Columns[i].Required {
		return fmt.Errorf("declare %s.%s: partition by %s: not a required date column: %w", namespace, t.Name, t.PartitionBy, ErrSchema)
	}
	return nil
}

func (t ColumnType) iceberg() iceberg.Type {
	switch t {
	case Int32:
		return iceberg.PrimitiveTypes.Int32
	case Int64:
		return iceberg.PrimitiveTypes.Int64
	case Bool:
		return iceberg.PrimitiveTypes.Bool
	case Timestamp:
		return iceberg.PrimitiveTypes.TimestampTz
	case Date:
		return iceberg.PrimitiveTypes.Date
	case Decimal:
		return iceberg.DecimalTypeOf(DecimalPrecision, DecimalScale)
	case Binary:
		return iceberg.PrimitiveTypes.Binary
	default:
		return iceberg.PrimitiveTypes.String
	}
}

func columnTypeOf(t iceberg.Type) (ColumnType, bool) {
	for _, c := range []ColumnType{String, Int32, Int64, Bool, Timestamp, Date, Decimal, Binary} {
		if c.iceberg().Equals(t) {
			return c, true
		}
	}
	return 0, false
}

// icebergSchema numbers the columns from 1. Iceberg numbers them again at creation, so nobody may rely on these ids.
func (t Table) icebergSchema() *iceberg.Schema {
	fields := make([]iceberg.NestedField, len(t.Columns))
	for i, c := range t.Columns {
		fields[i] = iceberg.NestedField{ID: i + 1, Name: c.Name, Type: c.Type.iceberg(), Required: c.Required, Doc: c.Doc}
	}
	return iceberg.NewSchema(0, fields...)
}

func (t Table) partitionSpec(s *iceberg.Schema) (*iceberg.PartitionSpec, error) {
	if t.PartitionBy == "" {
		return iceberg.UnpartitionedSpec, nil
	}
	var by iceberg.Transform = iceberg.DayTransform{}
	if t.ByMonth {
		by = iceberg.MonthTransform{}
	}
	spec, err := iceberg.NewPartitionSpecOpts(
		iceberg.AddPartitionFieldByName(t.PartitionBy, t.PartitionBy+"_"+by.String(), by, s, nil))
	return &spec, err
}

func (t Table) order(s *iceberg.Schema) (table.SortOrder, error) {
	if len(t.SortBy) == 0 {
		return table.UnsortedSortOrder, nil
	}
	fields := make([]table.SortField, len(t.SortBy))
	for i, name := range t.SortBy {
		f, _ := s.FindFieldByName(name)
		fields[i] = table.SortField{
			SourceIDs: []int{f.ID}, Transform: iceberg.IdentityTransform{},
			Direction: table.SortASC, NullOrder: table.NullsLast,
		}
	}
	return table.NewSortOrder(1, fields)
}

// properties returns what a table of this declaration is created with.
func (t Table) properties(zone string) iceberg.Properties {
	p := iceberg.Properties(tableProperties())
	p[propFormat] = fmt.Sprint(Format)
	p[propZone] = zone
	p[propContract] = t.Contract
	p[propDoc] = t.Doc
	for _, c := range t.Columns {
		if c.NoBounds {
			p[metricsPrefix+c.Name] = metricsNone
		}
	}
	return p
}

// shapeOf reads a table back from its metadata. Field ids are found by name: Iceberg chose them.
func shapeOf(t *table.Table) (*shape, error) {
	name := t.Identifier()[len(t.Identifier())-1]
	md := t.Metadata()
	props := md.Properties()
	s := &shape{schema: md.CurrentSchema(), spec: md.PartitionSpec(), sortOrder: md.DefaultSortOrder()}
	s.Name, s.Contract, s.Doc = name, props[propContract], props[propDoc]
	for _, f := range s.schema.Fields() {
		ct, ok := columnTypeOf(f.Type)
		if !ok {
			return nil, fmt.Errorf("read %s.%s: column %s has type %s, which this release does not write: %w",
				namespace, name, f.Name, f.Type, ErrSchema)
		}
		s.Columns = append(s.Columns, Column{
			Name: f.Name, Type: ct, Required: f.Required, Doc: f.Doc,
			NoBounds: strings.EqualFold(props[metricsPrefix+f.Name], metricsNone),
		})
		s.ids = append(s.ids, f.ID)
	}
	for _, f := range s.spec.Fields() {
		source, _ := s.schema.FindColumnName(f.SourceID())
		_, month := f.Transform.(iceberg.MonthTransform)
		_, day := f.Transform.(iceberg.DayTransform)
		if s.PartitionBy != "" || (!month && !day) {
			return nil, fmt.Errorf("read %s.%s: partitioned by %s: this release writes months or days of one date only: %w",
				namespace, name, s.spec, ErrSchema)
		}
		s.PartitionBy, s.ByMonth = source, month
	}
	order := md.SortOrder()
	for _, f := range order.Fields() {
		source, _ := s.schema.FindColumnName(f.SourceID())
		s.SortBy = append(s.SortBy, source)
	}
	root, err := pathOf(md.Location())
	if err != nil {
		return nil, err
	}
	s.data = root + "/data"
	return s, nil
}

// lacks returns the columns that a declaration adds to the table, or says why the two do not go together.
func (s *shape) lacks(want Table) ([]Column, error) {
	add, err := s.missing(want)
	if err == nil && older(want.Contract, s.Contract) {
		err = fmt.Errorf("complete %s.%s: %w: it holds records of contract %s and this release knows %s; install the release that wrote it or a newer one",
			namespace, want.Name, ErrNewerFormat, s.Contract, want.Contract)
	}
	return add, err
}

// missing returns the declared columns that the existing table lacks. Anything else that differs is refused: a column
// that vanished, changed or became required would make old files unreadable or their rows wrong.
func (s *shape) missing(want Table) ([]Column, error) {
	refuse := func(format string, args ...any) error {
		return fmt.Errorf("complete %s.%s: %s: %w", namespace, want.Name, fmt.Sprintf(format, args...), ErrSchema)
	}
	var add []Column
	for _, c := range want.Columns {
		i := s.Index(c.Name)
		switch {
		case i < 0 && c.Required:
			return nil, refuse("new column %s is required; a column that comes later must be optional, because older rows have none", c.Name)
		case i < 0:
			add = append(add, c)
		case s.Columns[i].Type != c.Type:
			return nil, refuse("column %s is %s in the lake and %s in this release; a changed type needs a new column name", c.Name, s.Columns[i].Type, c.Type)
		case s.Columns[i].Required != c.Required:
			return nil, refuse("column %s is required=%t in the lake and required=%t in this release", c.Name, s.Columns[i].Required, c.Required)
		}
	}
	for _, c := range s.Columns {
		if want.Index(c.Name) < 0 {
			return nil, refuse("the lake has column %s, which this release (contract %s, lake %s) does not; use the release that wrote the lake or a newer one",
				c.Name, want.Contract, s.Contract)
		}
	}
	if s.PartitionBy != want.PartitionBy || s.ByMonth != want.ByMonth {
		return nil, refuse("it is partitioned by %s (month=%t), this release wants %s (month=%t)", s.PartitionBy, s.ByMonth, want.PartitionBy, want.ByMonth)
	}
	if !slices.Equal(s.SortBy, want.SortBy) {
		return nil, refuse("it is sorted by %v, this release wants %v", s.SortBy, want.SortBy)
	}
	return add, nil
}
