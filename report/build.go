package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// builder makes a document of a declaration and its data.
type builder struct {
	*narrator
	spec    *spec
	tables  int
	charts  int
	ordered []source
}

func (b *builder) build() (*document, error) {
	title, err := b.texts.get(b.id+".title", nil)
	if err != nil {
		return nil, err
	}
	doc := &document{
		Lang: b.texts.lang, Kind: b.id, Title: title,
		Place: b.globals["place"], Period: b.globals["period"],
	}
	if doc.Description, err = b.texts.get("page.description", b.globals); err != nil {
		return nil, err
	}
	if doc.Heading, err = b.texts.get("page.heading", b.globals); err != nil {
		return nil, err
	}
	headline, err := b.tell(b.spec.Headline)
	if err != nil {
		return nil, err
	}
	doc.Headline = sentences(headline)
	for _, f := range b.spec.Cards {
		c, err := b.card(f)
		if err != nil {
			return nil, err
		}
		doc.Cards = append(doc.Cards, c)
	}
	if doc.Sections, err = b.sections(b.spec.Sections, 2); err != nil {
		return nil, err
	}
	for _, s := range b.ordered {
		q, err := readQuery(s.Query)
		if err != nil {
			return nil, err
		}
		about, err := b.texts.get("query."+s.reference(), nil)
		if err != nil {
			return nil, err
		}
		doc.Queries = append(doc.Queries, queryText{Name: s.reference(), About: about, Text: q.text})
	}
	return doc, nil
}

func (b *builder) sections(declared []section, level int) ([]part, error) {
	var out []part
	numbered, appendices := 0, 0
	for _, s := range declared {
		title, err := b.texts.get(b.id+".section."+s.ID, b.globals)
		if err != nil {
			return nil, err
		}
		p := part{ID: s.ID, Title: title, Level: level, Appendix: s.Appendix}
		if s.Appendix {
			appendices++
			if p.Number, err = b.texts.get("appendix.number", map[string]string{"n": strconv.Itoa(appendices)}); err != nil {
				return nil, err
			}
		} else {
			numbered++
			p.Number = sectionNumber(b.texts.lang, level, numbered)
		}
		for _, declaredBlock := range s.Blocks {
			built, ok, err := b.block(declaredBlock)
			if err != nil {
				return nil, fmt.Errorf("section %s: %w", s.ID, err)
			}
			if ok {
				p.Blocks = append(p.Blocks, built)
			}
		}
		if p.Parts, err = b.sections(s.Sections, level+1); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// sectionNumber numbers as official documents do (一、 and （一）), and with plain figures in other languages.
func sectionNumber(lang string, level, n int) string {
	if lang != "zh" {
		if level == 2 {
			return strconv.Itoa(n) + "."
		}
		return "(" + strconv.Itoa(n) + ")"
	}
	if level == 2 {
		return hanNumber(n) + "、"
	}
	return "（" + hanNumber(n) + "）"
}

func hanNumber(n int) string {
	digits := []string{"", "一", "二", "三", "四", "五", "六", "七", "八", "九"}
	switch {
	case n < 10:
		return digits[n]
	case n < 20:
		return "十" + digits[n-10]
	default:
		return digits[n/10%10] + "十" + digits[n%10]
	}
}

func (b *builder) block(d block) (docBlock, bool, error) {
	switch {
	case d.Paragraph != nil:
		told, err := b.tell(d.Paragraph)
		return docBlock{Paragraph: sentences(told)}, len(told) > 0, err
	case d.Findings != nil:
		told, err := b.tell(d.Findings)
		return docBlock{Findings: told}, len(told) > 0, err
	case d.Table != nil:
		t, err := b.table(d.Table)
		return docBlock{Table: t}, true, err
	case d.Heat != nil:
		t, err := b.heat(d.Heat)
		return docBlock{Table: t}, t != nil, err
	case d.Chart != nil:
		c, err := b.chart(d.Chart)
		return docBlock{Chart: c}, c != nil, err
	case d.Note != "":
		text, err := b.texts.get(b.id+".note."+d.Note, b.globals)
		return docBlock{Note: text}, true, err
	case d.Definitions != "":
		defs, err := b.definitions(d.Definitions)
		return docBlock{Definitions: defs}, true, err
	default:
		return docBlock{Queries: true}, d.Queries, nil
	}
}

func (b *builder) card(f figure) (card, error) {
	label, err := b.texts.get(b.id+".card."+f.Name, nil)
	if err != nil {
		return card{}, err
	}
	k := kinds[f.Kind]
	v, err := b.print(f, nil, nil)
	if err != nil {
		return card{}, err
	}
	c := card{Label: label, Value: v.text, Query: v.query}
	if k.suffix == "" {
		if c.Unit, err = b.texts.get("unit."+f.Kind, nil); err != nil {
			return card{}, err
		}
		if own, ok := b.texts.texts[b.id+".unit."+f.Name]; ok {
			c.Unit = own
		}
		if v.text == "1" {
			c.Unit, _, _ = strings.Cut(c.Unit, "|")
		} else if _, many, ok := strings.Cut(c.Unit, "|"); ok {
			c.Unit = many
		}
	}
	if !v.known {
		if v.small {
			c.Note = b.texts.texts["sample.small"]
		}
		return c, nil
	}
	year := f
	year.Against, year.NAgainst, year.Base = f.Year, f.NYear, "year"
	for _, version := range []figure{f, year} {
		if version.Against == "" {
			continue
		}
		change, ok, err := b.cardChange(version, k)
		if err != nil {
			return card{}, err
		}
		if ok {
			c.Changes = append(c.Changes, change)
		}
	}
	return c, nil
}

// cardChange words one comparison of a card. It is left out when there is nothing to compare with.
func (b *builder) cardChange(f figure, k kind) (cardChange, bool, error) {
	v, err := b.print(f, nil, nil)
	if err != nil || !v.comparison.known {
		return cardChange{}, false, err
	}
	base := f.Base
	if base == "" {
		base = "previous"
	}
	label, err := b.texts.get("card."+base, nil)
	if err != nil {
		return cardChange{}, false, err
	}
	out := cardChange{Label: label, Text: b.texts.texts["change.flat"], Tone: v.tone}
	if !v.comparison.flat {
		if out.Text, err = b.texts.get("card.change."+k.change, map[string]string{"d": v.comparison.change}); err != nil {
			return cardChange{}, false, err
		}
		out.Arrow = "▲"
		if v.comparison.delta < 0 {
			out.Arrow = "▼"
		}
	}
	return out, true, nil
}

func (b *builder) columns(figures []figure) ([]column, error) {
	var out []column
	for _, f := range figures {
		title, err := b.texts.get("column."+f.Name, b.globals)
		if err != nil {
			return nil, err
		}
		k := kinds[f.Kind]
		numeric := k.scale != 0 || f.Kind == "rank" || f.Kind == "rank_change"
		out = append(out, column{Title: title, Numeric: numeric, Bar: f.Bar})
	}
	return out, nil
}

// shortTable is the number of rows up to which a table is not torn over two pages.
const shortTable = 14

func (b *builder) table(t *tableSpec) (*table, error) {
	caption, err := b.texts.get(b.id+".table."+t.ID, b.globals)
	if err != nil {
		return nil, err
	}
	in := b.data.data[t.Data]
	b.tables++
	out := &table{ID: t.ID, Number: strconv.Itoa(b.tables), Caption: caption, Query: in.reference()}
	if out.Columns, err = b.columns(t.Columns); err != nil {
		return nil, err
	}
	if len(in.rows) == 0 {
		out.Empty = b.texts.texts["table.empty"]
		return out, nil
	}
	groups := groupsOf(in, t)
	last := ""
	for _, r := range in.rows {
		foot := t.Foot != "" && r[t.Foot] == true
		line, err := b.tableRow(t, in, r)
		if err != nil {
			return nil, fmt.Errorf("table %s: %w", t.ID, err)
		}
		if foot {
			out.Foot = append(out.Foot, line)
			continue
		}
		if group, _ := r[t.Group].(string); groups > 1 && group != last {
			head := b.printString(figure{Name: "peers", Kind: "code"}, group)
			out.Rows = append(out.Rows, tableRow{Group: head})
			last = group
		}
		out.Rows = append(out.Rows, line)
	}
	scaleBars(out)
	out.Short = len(out.Rows) <= shortTable
	return out, b.rest(t, in, out)
}

// groupsOf counts the groups of a table. Units that are too small to rank are headed even when they are alone.
func groupsOf(in *dataset, t *tableSpec) int {
	seen := map[value]bool{}
	for _, r := range in.rows {
		if t.Group == "" || t.Foot != "" && r[t.Foot] == true {
			continue
		}
		seen[r[t.Group]] = true
		if r[t.Group] == "small" {
			seen[nil] = true
		}
	}
	return len(seen)
}

func (b *builder) tableRow(t *tableSpec, in *dataset, r row) (tableRow, error) {
	var line tableRow
	named := false
	foot := t.Foot != "" && r[t.Foot] == true
	for _, f := range withComparisons(t.Columns) {
		v, err := b.print(f, in, r)
		if err != nil {
			return tableRow{}, err
		}
		if v.text == missing && (foot || f.Kind == "rank" || f.Kind == "rank_change") {
			v.text = ""
		}
		k := kinds[f.Kind]
		c := cell{
			Text: v.text, Foreign: v.foreign,
			Numeric: k.scale != 0 || f.Kind == "rank" || f.Kind == "rank_change",
			Whole:   f.Kind == "month" || f.Kind == "date" || f.Kind == "minute",
		}
		// The first name, day or month of a row is what the row is about.
		if !named && !c.Numeric {
			c.Header, named = true, true
			if foot {
				c.Text = b.texts.texts["table.total"]
			}
		}
		if f.Show == "change" || f.Kind == "rank_change" {
			c.Tone = v.tone
		}
		if v.small {
			if c.Title, err = b.texts.get("sample.title", map[string]string{"n": fixed(float64(v.n), 0)}); err != nil {
				return tableRow{}, err
			}
		}
		if x, ok := number(v.value); f.Bar && ok && v.known {
			c.Bar, c.HasBar = x, true
		}
		line.Cells = append(line.Cells, c)
	}
	return line, nil
}

// scaleBars makes the longest bar of each column full.
func scaleBars(t *table) {
	for i := range t.Columns {
		longest := 0.0
		for _, r := range t.Rows {
			if r.Group == "" {
				longest = max(longest, r.Cells[i].Bar)
			}
		}
		for _, r := range t.Rows {
			if r.Group == "" && longest > 0 {
				r.Cells[i].Bar = round(max(0, r.Cells[i].Bar)/longest*100, 1)
			}
		}
	}
}

// rest says how many rows a limited table leaves out.
func (b *builder) rest(t *tableSpec, in *dataset, out *table) error {
	if t.Total == "" {
		return nil
	}
	shown := 0
	for _, r := range out.Rows {
		if r.Group == "" {
			shown++
		}
	}
	total, _ := number(in.first()[t.Total])
	if int(total) <= shown {
		return nil
	}
	text, err := b.texts.get("table.rest."+t.Rest, map[string]string{
		"total": fixed(total, 0), "shown": fixed(float64(shown), 0), "rest": fixed(total-float64(shown), 0),
	})
	out.Rest = text
	return err
}

// heatSteps are the lower bounds of the shades of a heat map of rates; the first shade is everything below the first.
var heatSteps = []float64{0.80, 0.90, 0.95, 0.98}

func (b *builder) heat(h *heatSpec) (*table, error) {
	caption, err := b.texts.get(b.id+".table."+h.ID, b.globals)
	if err != nil {
		return nil, err
	}
	in := b.data.data[h.Data]
	if len(in.rows) == 0 {
		return nil, nil
	}
	b.tables++
	out := &table{ID: h.ID, Number: strconv.Itoa(b.tables), Caption: caption, Query: in.reference(), Heat: true, Short: true}
	corner, err := b.texts.get("column."+h.Row, b.globals)
	if err != nil {
		return nil, err
	}
	out.Columns = []column{{Title: corner}}
	var rowNames []string
	at, columnAt := map[string]int{}, map[string]int{}
	for _, r := range in.rows {
		line, across := b.heatRow(h, r), b.text(r[h.Column])
		if _, ok := at[line]; !ok {
			at[line] = len(rowNames)
			rowNames = append(rowNames, line)
		}
		if _, ok := columnAt[across]; !ok {
			columnAt[across] = len(out.Columns)
			out.Columns = append(out.Columns, column{Title: across, Numeric: true})
		}
	}
	for _, name := range rowNames {
		line := tableRow{Cells: []cell{{Text: name, Header: true, Foreign: b.texts.lang != "zh" && hasHan(name)}}}
		for range out.Columns[1:] {
			line.Cells = append(line.Cells, cell{Text: missing, Numeric: true})
		}
		out.Rows = append(out.Rows, line)
	}
	for _, r := range in.rows {
		v, err := b.print(h.Value, in, r)
		if err != nil {
			return nil, fmt.Errorf("heat map %s: %w", h.ID, err)
		}
		c := &out.Rows[at[b.heatRow(h, r)]].Cells[columnAt[b.text(r[h.Column])]]
		c.Text = v.text
		if v.small {
			if c.Title, err = b.texts.get("sample.title", map[string]string{"n": fixed(float64(v.n), 0)}); err != nil {
				return nil, err
			}
		}
		if x, ok := number(v.value); ok && v.known {
			c.Heat = 1
			for _, bound := range heatSteps {
				if x >= bound {
					c.Heat++
				}
			}
		}
	}
	out.dropEmptyColumns()
	out.Upright = len(out.Columns) > uprightFrom
	return out, nil
}

// dropEmptyColumns leaves out what has no value in any row; the table of the columns' own figures has it.
func (t *table) dropEmptyColumns() {
	for i := len(t.Columns) - 1; i > 0; i-- {
		known := slices.ContainsFunc(t.Rows, func(r tableRow) bool { return r.Cells[i].Heat > 0 })
		if known {
			continue
		}
		t.Columns = slices.Delete(t.Columns, i, i+1)
		for j := range t.Rows {
			t.Rows[j].Cells = slices.Delete(t.Rows[j].Cells, i, i+1)
		}
	}
}

// uprightFrom is the number of columns from which on their heads stand upright, so that the map fits a page.
const uprightFrom = 8

func (b *builder) heatRow(h *heatSpec, r row) string {
	name := b.text(r[h.Row])
	if h.Own != "" && r[h.Own] == true {
		return b.own(name)
	}
	return name
}

func (b *builder) text(v value) string {
	s, _ := v.(string)
	return b.printString(figure{}, s)
}

// fewestRanked units make a chart of ranks worth drawing.
const fewestRanked = 2

func (b *builder) chart(s *chartSpec) (*chart, error) {
	caption, err := b.texts.get(b.id+".chart."+s.ID, b.globals)
	if err != nil {
		return nil, err
	}
	in := b.data.data[s.Data]
	out := &chart{ID: s.ID, Caption: caption, Type: s.Type, Query: in.reference()}
	var told []string
	for _, f := range s.Series {
		name, err := b.texts.get("column."+f.Name, b.globals)
		if err != nil {
			return nil, err
		}
		out.Series = append(out.Series, series{Name: name})
	}
	for _, r := range in.rows {
		if s.Need != "" && r[s.Need] == nil {
			continue
		}
		label, err := b.print(s.Label, in, r)
		if err != nil {
			return nil, fmt.Errorf("chart %s: %w", s.ID, err)
		}
		short := label.text
		if day, ok := label.value.(time.Time); ok {
			short = b.shortMonth(day)
		}
		out.Labels, out.Short = append(out.Labels, label.text), append(out.Short, short)
		for i, f := range s.Series {
			v, err := b.print(f, in, r)
			if err != nil {
				return nil, fmt.Errorf("chart %s: %w", s.ID, err)
			}
			x, ok := number(v.value)
			out.Series[i].Points = append(out.Series[i].Points, point{
				Value: x * kinds[f.Kind].scale, Known: ok && v.known, Text: v.text,
			})
			if i == 0 && v.known {
				told = append(told, label.text+" "+v.text)
			}
		}
	}
	if len(told) == 0 || s.Type == "rank" && len(out.Labels) < fewestRanked {
		return nil, nil
	}
	b.charts++
	out.Number = strconv.Itoa(b.charts)
	out.Description = out.Series[0].Name + b.texts.texts["colon"] + strings.Join(told, b.texts.texts["clause.separator"])
	return out, nil
}

func (b *builder) definitions(name string) ([]definition, error) {
	var out []definition
	in := b.data.data[name]
	pick := func(r row, column string) string {
		if text, ok := r[column+"_"+b.texts.lang].(string); ok && text != "" {
			return text
		}
		text, _ := r[column].(string)
		return text
	}
	for _, r := range in.rows {
		n, _ := number(r["min_n"])
		out = append(out, definition{
			ID: pick(r, "metric_id"), Name: pick(r, "name"), Formula: pick(r, "formula"), Unit: pick(r, "unit"),
			Population: pick(r, "population"), Minimum: fixed(n, 0),
		})
	}
	return out, nil
}
