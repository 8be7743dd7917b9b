package transform

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/duck"
)

// decide says for each kind of entities whether its facts are kept. It needs the tables without entity, whose content it compares, and not the facts.
func (r *run) decide(ctx context.Context) error {
	if err := r.digestContext(ctx); err != nil {
		return err
	}
	for _, m := range r.project.Models {
		if m.Touches != "" {
			r.code["touches "+m.Name] = r.project.modelHash(m) + " " + m.Touches
		}
	}
	for _, entity := range r.kinds {
		models := r.models[entity]
		hash := ""
		var refs []string
		for _, m := range models {
			hash += m.Name + " " + r.project.modelHash(m) + "\n"
			refs = append(refs, m.refs...)
		}
		r.code[entity] = r.project.codeHash(hash, nil)
		r.full[entity] = r.whyFull(entity, refs)
	}
	return nil
}

// decideKept says for each sum and check of facts whether what is kept of it is carried on. It comes after touch, which
// may find that the rows of a table do not add up.
func (r *run) decideKept() {
	for _, s := range r.sums {
		r.code[s.m.Name] = r.project.modelHash(s.m)
		s.why = r.whyAnew(s.m.Name, s.m.refs)
	}
	for _, c := range r.factChecks {
		r.code["check "+c.Name] = r.project.codeHash(c.SQL, c.refs)
		c.why = r.whyAnew("check "+c.Name, c.refs)
	}
	for _, c := range r.lakeChecks {
		r.code["check "+c.Name] = r.project.codeHash(c.SQL, c.refs)
		c.why = r.whyAnew("check "+c.Name, c.refs)
		switch {
		case c.why != "":
		case !r.carriesLakeChecks():
			c.why = "not only new records are looked at"
		case r.recounted && r.readsTouches(c.refs):
			c.why = "other records count than before"
		}
	}
}

// readsTouches says whether a query reads which records count.
func (r *run) readsTouches(refs []string) bool {
	return slices.ContainsFunc(r.project.reach(refs), func(ref string) bool {
		m, ok := r.project.byName[ref]
		return ok && m.Touches != ""
	})
}

// whyFull is the reason for which all facts of a kind of entities are computed; empty: what is kept holds.
func (r *run) whyFull(entity string, refs []string) string {
	if why := r.nothingKept(); why != "" {
		return why
	}
	if r.before.Code[entity] == "" {
		return "it is new"
	}
	if r.before.Code[entity] != r.code[entity] {
		return "the SQL of its models changed"
	}
	if changed := r.changedContext(refs); changed != "" {
		return changed + " changed"
	}
	// What the version before kept of such a model cannot be compared with what it says now.
	for _, name := range r.project.reach(refs) {
		if m, ok := r.project.byName[name]; ok && m.Touches != "" && !r.comparable(m) {
			return "the SQL of " + name + " changed"
		}
	}
	for _, s := range r.cutTables(entity, r.models[entity]) {
		if why := whyReread(r.before.Lake[s.Table], s); why != "" {
			return "of duty." + s.Table + ", " + why
		}
	}
	return ""
}

// comparable says whether the version before kept what a model that touches said, as the same SQL.
func (r *run) comparable(m *Model) bool {
	return r.before.Code["touches "+m.Name] == r.code["touches "+m.Name]
}

// nothingKept is the reason for which nothing of the version before can be used.
func (r *run) nothingKept() string {
	switch {
	case r.unreadable != "":
		return r.unreadable
	case r.before == nil:
		return "no version is published"
	case r.Full:
		return "asked for"
	case len(r.Select) > 0:
		return "selected models are computed from the start"
	case r.before.Format != Format:
		return fmt.Sprintf("the version before has format %d", r.before.Format)
	case r.missing != "":
		return r.missing + " is missing or damaged"
	case r.before.Dir != r.Dir:
		return "the warehouse lay in " + r.before.Dir
	case r.before.Zone != r.Lake.Zone().String():
		return "the zone was " + r.before.Zone
	case !r.AsOf.IsZero():
		return "an as-of time is asked for"
	case r.before.AsOfAsked != lastEvent:
		return "the version before is as of " + r.before.AsOfAsked
	case r.result.AsOf.Before(r.before.AsOf):
		return "the last event was " + r.before.AsOf.In(r.Lake.Zone()).Format("2006-01-02 15:04:05") + " and counts no more"
	}
	return ""
}

// whyReread is the reason for which the new rows of a table cannot be told from the old ones.
func whyReread(was seenTable, s warehouse.Snapshot) string {
	if s.Sequence < was.Sequence {
		return fmt.Sprintf("snapshot %d is older than the one before", s.ID)
	}
	if s.Edited != was.Edited {
		return "rows were changed in place"
	}
	for _, m := range was.Ledger {
		next, ok := s.Ledger[warehouse.Partition{Cluster: m.Cluster, Topic: m.Topic, ID: m.Partition}]
		if !ok || next.Next < m.Next {
			return fmt.Sprintf("the ledger of %s partition %d of cluster %s went back", m.Topic, m.Partition, m.Cluster)
		}
	}
	return ""
}

func (r *run) changedContext(refs []string) string {
	var changed []string
	for _, name := range r.project.contextOf(refs) {
		if r.before.Context[name] != r.contextDigest[name] {
			changed = append(changed, name)
		}
	}
	return strings.Join(changed, ", ")
}

// whyAnew is the reason for which a sum or check is computed from all facts.
func (r *run) whyAnew(name string, refs []string) string {
	if why := r.nothingKept(); why != "" {
		return why
	}
	for _, entity := range r.project.entities(refs) {
		if r.full[entity] != "" {
			return "the facts of " + entity + " are computed anew"
		}
	}
	switch changed := r.changedContext(refs); {
	case r.before.Code[name] == "":
		return "it is new"
	case r.before.Code[name] != r.code[name]:
		return "its SQL changed"
	case changed != "":
		return changed + " changed"
	}
	return ""
}

// digestContext takes the content of the tables without entity that facts, sums and checks read. Equal rows give an equal
// digest in whatever order they lie.
func (r *run) digestContext(ctx context.Context) error {
	var refs []string
	for _, entity := range r.kinds {
		for _, m := range r.models[entity] {
			refs = append(refs, m.refs...)
		}
	}
	for _, s := range r.sums {
		refs = append(refs, s.m.refs...)
	}
	for _, c := range slices.Concat(r.factChecks, r.lakeChecks) {
		refs = append(refs, c.refs...)
	}
	slices.Sort(refs)
	names := r.project.contextOf(slices.Compact(refs))
	sort.Strings(names)
	for _, name := range names {
		var digest string
		query := "select count(*) || ' ' || coalesce(sum(hash(t)::hugeint), 0) from " + duck.Ident(name) + " as t"
		if err := r.db.Scalar(ctx, query, &digest); err != nil {
			return fmt.Errorf("digest %s: %w", name, err)
		}
		r.contextDigest[name] = digest
	}
	return nil
}
