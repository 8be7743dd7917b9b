package transform

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dutyflow/dutyflow/warehouse/duck"
)

// SumPart is a month of a sum that is too large to be written anew in each run.
type SumPart struct {
	Month string `json:"month"`
	Part  Part   `json:"part"`
}

// sumPartShare is how many rows a sum may have, as a share of Config.PartRows, before its months lie in parts of their own.
// Records come to few months, however long the past is, and only the months whose rows changed are written then.
const sumPartShare = 20

// monthColumn is the key by which a sum can be cut into months, or empty.
func (s *sum) monthColumn() string {
	for _, name := range []string{"month", "day"} {
		if slices.Contains(s.m.Grain, name) {
			return name
		}
	}
	return ""
}

func (s *sum) month() string {
	return "coalesce(strftime(" + duck.Ident(s.monthColumn()) + ", '%Y-%m'), '~')"
}

// inParts says whether the version before keeps the sum in parts that are carried on.
func (r *run) inParts(s *sum) bool {
	return s.why == "" && s.monthColumn() != "" && len(r.before.SumParts[s.m.Name]) > 0
}

// changeMonths writes the months of a sum anew whose rows changed, and keeps the others.
func (r *run) changeMonths(ctx context.Context, s *sum) error {
	changed, err := r.texts(ctx, "select distinct "+s.month()+" from "+s.changes())
	if err != nil {
		return err
	}
	names := s.keys()
	for _, c := range s.measures {
		names += ", " + duck.Ident(c.name)
	}
	from := "select " + names + " from " + s.changes()
	var kept []SumPart
	var files []string
	for _, p := range r.before.SumParts[s.m.Name] {
		if slices.Contains(changed, p.Month) {
			files = append(files, duck.Literal(filepath.Join(r.Dir, p.Part.File)))
		} else {
			kept = append(kept, p)
		}
	}
	if len(files) > 0 {
		from += " union all select " + names + " from read_parquet([" + strings.Join(files, ", ") + "], hive_partitioning = false)"
	}
	if err := r.db.Exec(ctx, "create or replace table "+duck.Ident(s.m.Name)+" as "+s.added("("+from+")")); err != nil {
		return err
	}
	return r.writeMonths(ctx, s, kept)
}

// writeMonths writes the rows that the table of a sum holds as parts, a month each, and shows them with the kept ones.
func (r *run) writeMonths(ctx context.Context, s *sum, kept []SumPart) error {
	months, err := r.texts(ctx, "select distinct "+s.month()+" as month from "+duck.Ident(s.m.Name)+" order by month")
	if err != nil {
		return err
	}
	for _, month := range months {
		query := "select * from " + duck.Ident(s.m.Name) + " where " + s.month() + " = " + duck.Literal(month) + " order by " + s.m.Order
		part, err := r.export(ctx, s.m.Name, query, "")
		if err != nil {
			return err
		}
		kept = append(kept, SumPart{month, part})
	}
	if len(kept) == 0 { // its table, which is empty, stays
		return nil
	}
	slices.SortFunc(kept, func(a, b SumPart) int { return strings.Compare(a.Month, b.Month) })
	r.sumParts[s.m.Name] = kept
	for _, p := range kept {
		r.parts[s.m.Name] = append(r.parts[s.m.Name], p.Part)
	}
	return r.showParts(ctx, s.m, r.readParts(s.m))
}

// finishSum makes the table of a sum: what was there and what changed.
func (r *run) finishSum(ctx context.Context, s *sum) error {
	if r.inParts(s) {
		return r.changeMonths(ctx, s)
	}
	from := s.changes()
	if s.why == "" {
		list := s.keys()
		for _, c := range s.measures {
			list += ", " + duck.Ident(c.name)
		}
		from = "(select " + list + " from " + old(s.m.Name) + " union all select " + list + " from " + s.changes() + ")"
	}
	if err := r.db.Exec(ctx, "create or replace table "+duck.Ident(s.m.Name)+" as "+s.added(from)); err != nil {
		return err
	}
	var rows int64
	if err := r.db.Scalar(ctx, "select count(*) from "+duck.Ident(s.m.Name), &rows); err != nil {
		return err
	}
	if s.monthColumn() == "" || rows <= r.Config.PartRows/sumPartShare {
		return nil
	}
	if err := r.writeMonths(ctx, s, nil); err != nil {
		return fmt.Errorf("write months: %w", err)
	}
	return nil
}
