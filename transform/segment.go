package transform

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dutyflow/dutyflow/warehouse/duck"
)

// live is the query that reads a fact from segments, without the rows of entities that a later segment holds. dead is the
// table (segment, id) of those. Segments without dead entities are read as they are: the anti join costs time.
func (r *run) live(m *Model, segments []Segment, dead string) string {
	return r.liveOr(m, segments, dead, "work."+duck.Ident("empty_"+m.Name))
}

// liveOr is live with the table that stands for the fact where no segment is.
func (r *run) liveOr(m *Model, segments []Segment, dead, empty string) string {
	var clean, dirty, places []string
	for _, s := range segments {
		file := duck.Literal(filepath.Join(r.Dir, s.Parts[m.Name].File))
		if s.Dead == 0 {
			clean = append(clean, file)
			continue
		}
		dirty = append(dirty, file)
		places = append(places, fmt.Sprintf("(%d, %s)", s.No, file))
	}
	var selects []string
	if len(clean) > 0 {
		selects = append(selects, "select * from read_parquet(["+strings.Join(clean, ", ")+"], hive_partitioning = false)")
	}
	if len(dirty) > 0 {
		selects = append(selects, "select * exclude (filename) from read_parquet(["+strings.Join(dirty, ", ")+
			"], hive_partitioning = false, filename = true) as part anti join (select place.file, dead.id from "+dead+
			" as dead join (values "+strings.Join(places, ", ")+") as place(segment, file) on dead.segment = place.segment) as gone"+
			" on part.filename = gone.file and part."+duck.Ident(m.Entity)+" = gone.id")
	}
	if len(selects) == 0 {
		return "select * from " + empty
	}
	return strings.Join(selects, " union all ")
}

// ids reads the entities of segments with their months and the number of the segment, dead ones too.
func (r *run) ids(segments []Segment) string {
	if len(segments) == 0 {
		return "select null::integer as segment, null::varchar as id, null::varchar as month where false"
	}
	var files, places []string
	for _, s := range segments {
		file := duck.Literal(filepath.Join(r.Dir, s.IDs.File))
		files = append(files, file)
		places = append(places, fmt.Sprintf("(%d, %s)", s.No, file))
	}
	return "select place.segment, part.id, part.month from read_parquet([" + strings.Join(files, ", ") +
		"], hive_partitioning = false, filename = true) as part join (values " + strings.Join(places, ", ") +
		") as place(segment, file) on part.filename = place.file"
}

// newSegment writes the facts that stand in their tables as a segment, ids from the query (id, month).
func (r *run) newSegment(ctx context.Context, kind, ids string) (Segment, error) {
	s := Segment{No: r.nextSegment(kind), Parts: map[string]Part{}}
	var err error
	if s.IDs, err = r.export(ctx, "ids_"+kind, "select distinct id, month from ("+ids+") order by id, month", ""); err != nil {
		return Segment{}, err
	}
	if err := r.db.Scalar(ctx, "select count(*) from ("+ids+")", &s.Records); err != nil {
		return Segment{}, fmt.Errorf("count records: %w", err)
	}
	count := "select count(distinct id) from read_parquet(" + duck.Literal(filepath.Join(r.Dir, s.IDs.File)) + ")"
	if err := r.db.Scalar(ctx, count, &s.Entities); err != nil {
		return Segment{}, fmt.Errorf("count entities: %w", err)
	}
	for _, m := range r.facts(kind) {
		// Named for its entities too: two segments with equal rows of other entities die at other times.
		if s.Parts[m.Name], err = r.export(ctx, m.Name, "select * from "+duck.Ident(m.Name)+" order by "+m.Order, s.IDs.File); err != nil {
			return Segment{}, err
		}
	}
	return s, nil
}

func (r *run) nextSegment(kind string) int {
	r.lastSegment[kind]++
	return r.lastSegment[kind]
}

// facts are the facts of a kind of entities.
func (r *run) facts(kind string) []*Model {
	var out []*Model
	for _, m := range r.models[kind] {
		if m.isFact() {
			out = append(out, m)
		}
	}
	return out
}

// bury counts the dead of each segment and drops the segments that hold nobody else.
func (r *run) bury(ctx context.Context, kind string) error {
	rows, err := r.db.Query(ctx, "select segment, count(*) from work."+duck.Ident("dead_"+kind)+" group by segment")
	if err != nil {
		return fmt.Errorf("count dead %s: %w", kind, err)
	}
	dead := map[string]string{}
	for rows.Next() {
		no, _ := rows.Text(0)
		n, _ := rows.Text(1)
		dead[no] = n
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return fmt.Errorf("count dead %s: %w", kind, err)
	}
	var kept []Segment
	var numbers []string
	for _, s := range r.segments[kind] {
		s.Dead = 0
		if n, ok := dead[fmt.Sprint(s.No)]; ok {
			if _, err := fmt.Sscan(n, &s.Dead); err != nil {
				return fmt.Errorf("count dead %s: %w", kind, err)
			}
		}
		if s.Dead < s.Entities {
			kept = append(kept, s)
			numbers = append(numbers, fmt.Sprint(s.No))
		}
	}
	r.segments[kind] = kept
	where := ""
	if len(numbers) > 0 {
		where = " where segment not in (" + strings.Join(numbers, ", ") + ")"
	}
	return r.db.Exec(ctx, "delete from work."+duck.Ident("dead_"+kind)+where)
}

// Merging: segments are merged when mergeFan of about one size have come together, or when so much of one is dead that
// its readers pay for it. Each entity is so written again a few times in its life, and readers open few files.
const (
	mergeFan  = 4
	mergeDead = 0.25
)

// credit is how many entities a run may write again for the sake of order. It follows what the run has touched, for a run
// must not pay for all of history at once; what is not used is kept for the next, up to a range of a full build.
func credit(before, touched, largest int64) int64 {
	return max(min(before+4*touched, largest), 20_000)
}

// merge tidies the segments of a kind up, within the credit.
func (r *run) merge(ctx context.Context, kind string) error {
	budget := credit(r.before.Credit[kind], r.touched[kind], r.Config.PartRows)
	defer func() { r.credit[kind] = budget }()
	for {
		group := mergeable(r.segments[kind], r.Config.PartRows, budget)
		if len(group) == 0 {
			return nil
		}
		for _, s := range group {
			budget -= s.Entities - s.Dead
		}
		if err := r.mergeGroup(ctx, kind, group); err != nil {
			return fmt.Errorf("merge parts of %s: %w", kind, err)
		}
	}
}

// living is about how many records the living entities have.
func (s Segment) living() int64 { return s.Records * (s.Entities - s.Dead) / max(1, s.Entities) }

// mergeable is the next group to merge: a segment with many dead, else the smallest of the lowest tier that is full. What
// is merged must not outgrow a range of a full build.
func mergeable(segments []Segment, largest, budget int64) []Segment {
	tiers := map[int][]Segment{}
	top := 0
	for _, s := range segments {
		living := s.Entities - s.Dead
		if living > budget {
			continue
		}
		if float64(s.Dead) > mergeDead*float64(s.Entities) {
			return []Segment{s}
		}
		tier := 0
		for n := living; n >= mergeFan; n /= mergeFan {
			tier++
		}
		tiers[tier] = append(tiers[tier], s)
		top = max(top, tier)
	}
	for tier := 0; tier <= top; tier++ {
		if len(tiers[tier]) < mergeFan {
			continue
		}
		slices.SortStableFunc(tiers[tier], func(a, b Segment) int { return cmp.Compare(a.Entities-a.Dead, b.Entities-b.Dead) })
		if group := fitting(tiers[tier], largest, budget); len(group) > 0 {
			return group
		}
	}
	return nil
}

// fitting are the first of a tier that fit one range together. Where the budget is what ends them, nothing is merged until
// mergeFan of them can be paid.
func fitting(tier []Segment, largest, budget int64) []Segment {
	var sum, records int64
	n := 0
	for ; n < len(tier) && records+tier[n].living() <= largest; n++ {
		if sum += tier[n].Entities - tier[n].Dead; sum > budget {
			if n < mergeFan {
				return nil
			}
			break
		}
		records += tier[n].living()
	}
	if n < 2 {
		return nil
	}
	return tier[:n]
}

func (r *run) mergeGroup(ctx context.Context, kind string, group []Segment) error {
	dead := "work." + duck.Ident("dead_"+kind)
	merged := Segment{No: r.nextSegment(kind), Parts: map[string]Part{}}
	for _, s := range group {
		merged.Entities += s.Entities - s.Dead
		merged.Records += s.living()
	}
	var err error
	ids := "select id, month from (" + r.ids(group) + ") as held anti join " + dead + " as dead on held.segment = dead.segment and held.id = dead.id order by id, month"
	if merged.IDs, err = r.export(ctx, "ids_"+kind, ids, ""); err != nil {
		return err
	}
	for _, m := range r.facts(kind) {
		if merged.Parts[m.Name], err = r.export(ctx, m.Name, "select * from ("+r.live(m, group, dead)+") order by "+m.Order, merged.IDs.File); err != nil {
			return err
		}
	}
	gone := map[int]bool{}
	for _, s := range group {
		gone[s.No] = true
	}
	kept := []Segment{}
	for _, s := range r.segments[kind] {
		if !gone[s.No] {
			kept = append(kept, s)
		}
	}
	r.segments[kind] = append(kept, merged)
	return r.bury(ctx, kind)
}
