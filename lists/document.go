package lists

import (
	"fmt"
	"strings"
)

// Document returns docs/lists.md.
func Document() string {
	var b strings.Builder
	b.WriteString(`# Reference lists

Lists give names and structure to the codes of the records. They come as a directory with one CSV file per list, named
` + "`<list>.csv`" + `, and are loaded with ` + "`dutyflow lists load`" + `. This page follows from the declarations in package ` + "`lists`" + `.

## Files

- UTF-8 with or without a byte order mark; RFC 4180: values are separated by commas, a value that holds a comma, a
  quote or a line break is put in quotes, and quotes inside it are doubled. White space around a value is removed.
- The first line names the columns, in any order. A column that is not listed here is a problem; optional columns may be left out.
- A row holds from ` + "`valid_from`" + ` (included) up to ` + "`valid_to`" + ` (not included); empty means without end. One key may have several
  rows, but no two may hold on the same day. Of rows with equal key and ` + "`valid_from`" + ` the highest ` + "`rev`" + ` holds; the others are not loaded.
- Files whose name begins with ` + "`.`, `~$`, `README` or `LICENSE`" + ` are left alone; any other file that is no list is a problem.

## Versions

A load writes all lists as one new version in one commit; the highest version counts. A file replaces its whole list;
lists that the directory does not hold are carried over from the version before and checked against the new ones.
Content that equals the current version makes no new one. If anything is wrong, everything that is wrong is reported and nothing changes.

## Types

| type | text |
| --- | --- |
| text | any text on one line, at most 200 characters unless stated |
| code | no white space, no semicolon, not one of ` + "`*` `~` `-`" + `; at most 64 characters unless stated |
| codes | codes separated by semicolons |
| region | 6, 9 or 12 digits, padded on the right with zeros to 12; a code that is not all digits is kept as it is |
| integer, number | digits; a number may have three after the point unless stated |
| flag | true, false, 1, 0, 是, 否 |
| day | YYYY-MM-DD, also YYYY/M/D |
| intervals | parts of a day in order, as ` + "`08:30-12:00 14:00-17:30`" + ` |
| limits | limits by kind, separated by semicolons, as ` + "`expert=20 wd; survey=5 wd`" + ` |
| metric | id of a metric, see [metrics](metrics.md) |
| condition | when a light is on, see the list ` + "`light_rule`" + ` |

In the lake (table ` + "`duty.lists`" + `) the column ` + "`fields`" + ` holds a row as a JSON object of strings, normalised, without the empty ones.
`)
	for _, d := range Declarations() {
		fmt.Fprintf(&b, "\n## %s: %s\n\n%s. Key: `%s`.\n", d.Name, d.ZH, strings.ToUpper(d.EN[:1])+d.EN[1:], strings.Join(d.Key, "`, `"))
		if d.Notes != "" {
			fmt.Fprintf(&b, "\n%s\n", d.Notes)
		}
		b.WriteString("\n| column | type | required | 说明 | meaning |\n| --- | --- | --- | --- | --- |\n")
		for i := range d.Fields {
			f := &d.Fields[i]
			required := ""
			if f.Required {
				required = "yes"
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", f.Name, f.describeType(), required, f.ZH, f.EN+d.describeReferences(f.Name))
		}
	}
	return b.String()
}

func (f *Field) describeType() string {
	name := [...]string{"text", "code", "codes", "region", "integer", "number", "flag", "one of", "day", "intervals", "limits", "metric", "condition"}[f.Type]
	if len(f.Values) > 0 {
		var words []string
		for _, v := range f.Values {
			words = append(words, fmt.Sprintf("`%s` %s", v.Code, v.ZH))
		}
		if f.Type != Enum {
			return name + " of " + strings.Join(words, ", ")
		}
		return strings.Join(words, ", ")
	}
	if f.Digits > 0 {
		name += fmt.Sprintf(", %d digits after the point", f.Digits)
	}
	if f.MaxLen > 0 {
		name += fmt.Sprintf(" ≤ %d", f.MaxLen)
	}
	return name
}

func (d *Declaration) describeReferences(field string) string {
	var b strings.Builder
	for _, ref := range d.Refs {
		if ref.Fields[0] != field {
			continue
		}
		fmt.Fprintf(&b, "; in `%s`", ref.List)
		if len(ref.Fields) > 1 {
			fmt.Fprintf(&b, " (with `%s`)", strings.Join(ref.Fields[1:], "`, `"))
		}
		if len(ref.Kinds) > 0 {
			fmt.Fprintf(&b, " as %s", strings.Join(ref.Kinds, ", "))
		}
		if ref.If != "" {
			fmt.Fprintf(&b, " when `%s` is `%s`", ref.If, ref.Is)
		}
	}
	return b.String()
}
