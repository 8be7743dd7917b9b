package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// missing is printed where there is no value, or too small a sample to show one.
const missing = "—"

// printer turns figures into words and digits of one language.
type printer struct {
	texts *catalogue
	data  *reader
	zone  *time.Location
	from  time.Time // first day of the period
}

// printed is a figure that was looked up and worded.
type printed struct {
	value      value
	text       string
	query      string // reference of the query that the figure comes from
	known      bool   // there is a value and its sample is large enough
	n          int64  // sample behind the value, when the figure names one
	small      bool   // there is a value but its sample is too small
	comparison comparison
	tone       string
	foreign    bool
	words      bool
}

func (p *printer) print(f figure, in *dataset, current row) (printed, error) {
	v, from, err := p.data.read(f.of(), in, current)
	if err != nil {
		return printed{}, fmt.Errorf("figure %s: %w", f.Name, err)
	}
	out := printed{value: v, text: missing}
	if from != nil {
		out.query = from.reference()
	}
	if f.Kind == "list" {
		return p.printList(out, f, from)
	}
	enough, n, err := p.enough(f.N, f.Min, in, current)
	if err != nil {
		return printed{}, fmt.Errorf("figure %s: %w", f.Name, err)
	}
	out.n, out.small = n, v != nil && !enough
	if v == nil || !enough {
		out.text, err = p.withoutValue(f)
		return out, err
	}
	out.known = true
	return p.printValue(out, f, in, current)
}

// enough reports whether the sample that the column n names reaches the minimum; a figure without n needs none.
func (p *printer) enough(n, min string, in *dataset, current row) (bool, int64, error) {
	if n == "" {
		return true, 0, nil
	}
	v, _, err := p.data.read(n, in, current)
	if err != nil {
		return false, 0, err
	}
	if min == "" {
		min = "rate"
	}
	size, _ := v.(int64)
	return size >= int64(p.data.minimum[min]), size, nil
}

func (p *printer) printValue(out printed, f figure, in *dataset, current row) (printed, error) {
	k := kinds[f.Kind]
	x, isNumber := number(out.value)
	switch {
	case f.Kind == "rank_change":
		return p.printRankChange(out, f, in, current)
	case k.scale != 0 && isNumber:
		return p.printNumber(out, f, k, x, in, current)
	case k.scale != 0:
		return out, fmt.Errorf("figure %s: %v is not a number", f.Name, out.value)
	}
	switch v := out.value.(type) {
	case time.Time:
		out.text = printTime(v, f.Kind, p.zone, p.month)
	case string:
		out.text = p.printString(f, v)
		if f.Own != "" {
			own, _, err := p.data.read(f.Own, in, current)
			if err != nil {
				return out, fmt.Errorf("figure %s: %w", f.Name, err)
			}
			if own == true {
				out.text = p.own(out.text)
			}
		}
		out.foreign = p.texts.lang != "zh" && hasHan(out.text)
	case int64:
		out.text = strconv.FormatInt(v, 10)
	default:
		out.text = fmt.Sprint(v)
	}
	return out, nil
}

// own names the part of a unit that is its own and of none below it: 临沂市本级.
func (p *printer) own(name string) string {
	text, _ := p.texts.get("name.own", map[string]string{"name": name})
	return text
}

// printString names codes: unknown keys, and codes that the catalogue has words for. A code without words stays as it
// is: a new code of a newer loader must not stop a report.
func (p *printer) printString(f figure, v string) string {
	if v == "~" || v == "" {
		return p.texts.texts["name.unknown"]
	}
	if f.Kind == "code" {
		if text, ok := p.texts.texts["code."+f.Name+"."+v]; ok {
			return text
		}
	}
	return v
}

func (p *printer) printNumber(out printed, f figure, k kind, x float64, in *dataset, current row) (printed, error) {
	var earlier *float64
	if f.Against != "" {
		v, _, err := p.data.read(f.Against, in, current)
		if err != nil {
			return out, fmt.Errorf("figure %s: %w", f.Name, err)
		}
		enough, _, err := p.enough(f.NAgainst, f.Min, in, current)
		if err != nil {
			return out, fmt.Errorf("figure %s: %w", f.Name, err)
		}
		if before, ok := number(v); ok && enough {
			earlier = &before
		}
	}
	c := k.compare(x, earlier)
	out.comparison, out.tone = c, tone(f.Better, c)
	var err error
	switch f.Show {
	case "previous":
		out.text = missing
		if c.known {
			out.text = c.earlier
		}
	case "change":
		out.text = missing
		if c.known {
			out.text = p.changeText(k, c)
		}
	case "phrase":
		out.words = true
		out.text, err = p.phrase(f, k, c)
	default:
		out.text = c.value
	}
	return out, err
}

func tone(better string, c comparison) string {
	switch {
	case better == "" || !c.known || c.flat:
		return ""
	case (better == "up") == (c.delta > 0):
		return "good"
	default:
		return "bad"
	}
}

func (p *printer) changeText(k kind, c comparison) string {
	if c.flat {
		return p.texts.texts["change.flat"]
	}
	if k.change == "percent" {
		return c.change + "%"
	}
	return c.change
}

// phrase words a change: "较上月提高1.24个百分点", "与上月持平".
func (p *printer) phrase(f figure, k kind, c comparison) (string, error) {
	base := f.Base
	if base == "" {
		base = "previous"
	}
	if !c.known {
		return p.texts.get("change."+base+".none", nil)
	}
	if c.flat {
		return p.texts.get("change."+base+".flat", nil)
	}
	way := "up"
	if c.delta < 0 {
		way = "down"
	}
	amount := strings.TrimLeft(c.change, "+"+minus)
	return p.texts.get("change."+base+"."+k.change+"."+way, map[string]string{"d": amount})
}

func (p *printer) withoutValue(f figure) (string, error) {
	if f.Show == "phrase" {
		base := f.Base
		if base == "" {
			base = "previous"
		}
		return p.texts.get("change."+base+".none", nil)
	}
	return missing, nil
}

// printRankChange prints the places won since the period before: a smaller rank is better.
func (p *printer) printRankChange(out printed, f figure, in *dataset, current row) (printed, error) {
	before, _, err := p.data.read(f.Against, in, current)
	if err != nil {
		return out, fmt.Errorf("figure %s: %w", f.Name, err)
	}
	now, ok := number(out.value)
	was, ok2 := number(before)
	switch {
	case !ok || !ok2:
		out.text = missing
	case was > now:
		out.text, out.tone = "↑"+strconv.Itoa(int(was-now)), "good"
	case was < now:
		out.text, out.tone = "↓"+strconv.Itoa(int(now-was)), "bad"
	default:
		out.text = p.texts.texts["rank.same"]
	}
	return out, nil
}

// listLimit is how many names a sentence holds before it says how many more there are.
const listLimit = 12

func (p *printer) printList(out printed, f figure, from *dataset) (printed, error) {
	if from == nil || !strings.Contains(f.of(), ".") {
		return out, fmt.Errorf("figure %s: a list needs dataset.field", f.Name)
	}
	field := f.of()[strings.LastIndexByte(f.of(), '.')+1:]
	var names []string
	for _, r := range from.rows {
		if name, ok := r[field].(string); ok {
			names = append(names, p.printString(f, name))
		}
	}
	if len(names) == 0 {
		return out, nil
	}
	out.known = true
	shown := names[:min(len(names), listLimit)]
	out.text = strings.Join(shown, p.texts.texts["list.separator"])
	if more := len(names) - len(shown); more > 0 {
		text, err := p.texts.get("list.more", map[string]string{
			"list": out.text, "n": fixed(float64(len(names)), 0), "rest": fixed(float64(more), 0),
		})
		if err != nil {
			return out, err
		}
		out.text = text
	}
	out.foreign = p.texts.lang != "zh" && hasHan(out.text)
	return out, nil
}

// month prints a month as people of the language write it.
func (p *printer) month(t time.Time) string {
	text, _ := p.texts.get("month.long", p.monthParts(t))
	return text
}

func (p *printer) shortMonth(t time.Time) string {
	text, _ := p.texts.get("month.short", p.monthParts(t))
	return text
}

func (p *printer) monthParts(t time.Time) map[string]string {
	return map[string]string{
		"year": t.Format("2006"), "yy": t.Format("06"), "m": t.Format("1"), "mm": t.Format("01"),
		"name": t.Format("January"), "abbr": t.Format("Jan"),
	}
}

func hasHan(text string) bool {
	for _, r := range text {
		if unicode.Is(unicode.Han, r) {
			return true
		}
	}
	return false
}
