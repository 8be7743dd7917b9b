package report

import (
	"strings"
	"time"
)

// newBuilder puts together what a document is made of.
func newBuilder(s *spec, texts *catalogue, when period, c cut, data map[string]*dataset) *builder {
	p := &printer{texts: texts, data: &reader{data: data, minimum: s.Minimum}, zone: c.zone, from: when.From}
	place := c.regionName
	if c.region == "*" || place == "" {
		place = texts.texts["place.all"]
	}
	for _, name := range []string{c.sectorName, c.orgName} {
		if name != "" {
			place += texts.texts["place.separator"] + name
		}
	}
	globals := map[string]string{
		"place": place, "period": p.month(when.From), "period_short": p.shortMonth(when.From),
		"previous_period": p.month(when.PreviousFrom), "year_period": p.month(when.YearFrom),
		"title": texts.texts[s.ID+".title"],
	}
	return &builder{narrator: &narrator{printer: p, id: s.ID, globals: globals}, spec: s, ordered: s.Data}
}

// finish adds what stands around the text: the lines of the cover, the machine summary, the checksum, the stamp.
func (b *builder) finish(doc *document, o Options, c cut) error {
	sum := summary{Report: b.id, Period: o.Period, Region: c.region, Sector: c.sector, Org: c.org, Sentences: b.fired}
	for _, src := range b.spec.Data {
		sum.Data = append(sum.Data, summarize(b.data.data[src.Name]))
	}
	var err error
	if doc.Summary, doc.Checksum, err = machineSummary(sum); err != nil {
		return err
	}
	doc.Organ = o.Organ
	stamp := o.Stamp.In(c.zone)
	doc.Stamp, doc.StampMachine = stamp.Format("2006-01-02 15:04"), stamp.Format(time.RFC3339)
	if doc.State, err = b.texts.get("state.draft", nil); err != nil {
		return err
	}
	version := b.data.data["version"].first()
	days := b.data.data["workdays"].first()
	lines := []struct {
		label string
		parts []string
	}{
		{"period", []string{b.globals["period"]}},
		{"as_of", []string{b.instant(version["as_of"])}},
		{"version", []string{b.word(version["version"])}},
		{"state", []string{doc.State}},
		{"workdays", []string{b.workdays(days)}},
		{"snapshots", []string{b.word(version["snapshots"])}},
	}
	for _, line := range lines {
		label, err := b.texts.get("cover."+line.label, nil)
		if err != nil {
			return err
		}
		text := strings.Join(line.parts, " ")
		doc.Facts = append(doc.Facts, fact{Label: label, Text: text, Wide: len(text) > wideFact})
	}
	return nil
}

// wideFact is the length in bytes from which on a line of the cover takes the whole width.
const wideFact = 50

func (b *builder) instant(v value) string {
	if t, ok := v.(time.Time); ok {
		return t.In(b.zone).Format("2006-01-02 15:04")
	}
	return missing
}

func (b *builder) word(v value) string {
	if text, ok := v.(string); ok && text != "" {
		return text
	}
	return missing
}

// workdays says how long the compared months were: a change means little when one of them had a long holiday.
func (b *builder) workdays(days row) string {
	var parts []string
	for _, base := range []string{"current", "previous", "year"} {
		n, ok := number(days[base])
		if !ok {
			continue
		}
		text, err := b.texts.get("cover.workdays."+base, map[string]string{"n": fixed(n, 0)})
		if err == nil {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, b.texts.texts["clause.separator"])
}
