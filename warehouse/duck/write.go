package duck

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Write prints rows in a format: "table" for people, "csv" (header, null empty), "json" (an array of objects:
// integers as numbers whatever their width, decimals as strings, instants RFC 3339, null and NaN null). It closes rows.
func Write(w io.Writer, rows *Rows, format string) error {
	defer rows.Close()
	out := bufio.NewWriterSize(w, 64<<10)
	var err error
	switch format {
	case "csv":
		err = writeCSV(out, rows)
	case "json":
		err = writeJSON(out, rows)
	case "table":
		err = writeTable(out, rows)
	default:
		err = fmt.Errorf("format %q: %w; one of table, csv, json, parquet", format, ErrBadFormat)
	}
	if err != nil {
		return err
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return out.Flush()
}

// Export writes the result of a query to a Parquet file. In a confined session the file must be Options.AllowedFile.
func (db *DB) Export(ctx context.Context, query, path string) error {
	if err := db.allowed(ctx, query); err != nil {
		return err
	}
	stmt := "copy (" + strings.TrimRight(strings.TrimSpace(query), ";") + "\n) to " + Literal(path) + " (format parquet, compression zstd)"
	if err := db.Exec(ctx, stmt); err != nil {
		return fmt.Errorf("export %s: %w", path, err)
	}
	return nil
}

func writeCSV(w io.Writer, rows *Rows) error {
	out := csv.NewWriter(w)
	record := make([]string, len(rows.Columns))
	for i, c := range rows.Columns {
		record[i] = c.Name
	}
	if err := out.Write(record); err != nil {
		return err
	}
	for rows.Next() {
		for i := range record {
			record[i], _ = rows.Text(i)
		}
		if err := out.Write(record); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func writeJSON(w *bufio.Writer, rows *Rows) error {
	keys := make([]string, len(rows.Columns))
	for i, c := range rows.Columns {
		keys[i] = quoteJSON(c.Name)
	}
	w.WriteString("[")
	for n := 0; rows.Next(); n++ {
		if n > 0 {
			w.WriteString(",")
		}
		w.WriteString("\n{")
		for i, key := range keys {
			if i > 0 {
				w.WriteString(",")
			}
			w.WriteString(key)
			w.WriteString(":")
			w.WriteString(jsonValue(rows, i))
		}
		w.WriteString("}")
	}
	_, err := w.WriteString("\n]\n")
	return err
}

func jsonValue(rows *Rows, i int) string {
	text, ok := rows.Text(i)
	if !ok {
		return "null"
	}
	switch rows.Columns[i].Type {
	case "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
		"UHUGEINT", "FLOAT", "DOUBLE", "BOOLEAN":
		return text
	}
	switch v := rows.values[i].(type) {
	case []any, map[string]any:
		if raw, err := json.Marshal(v); err == nil {
			return string(raw)
		}
	}
	return quoteJSON(text)
}

func quoteJSON(s string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string always encodes
	return strings.TrimSuffix(b.String(), "\n")
}

// tableSample is how many rows decide the widths of a table: enough for what people look at, and bounded.
const tableSample = 1000

func writeTable(w *bufio.Writer, rows *Rows) error {
	widths := make([]int, len(rows.Columns))
	head := make([]string, len(rows.Columns))
	for i, c := range rows.Columns {
		head[i] = c.Name
	}
	sample := [][]string{head}
	measure := func(line []string) {
		for i, cell := range line {
			widths[i] = max(widths[i], width(cell))
		}
	}
	measure(head)
	read := func() []string {
		line := make([]string, len(rows.Columns))
		for i := range line {
			cell, _ := rows.Text(i)
			line[i] = strings.Map(visible, cell)
		}
		return line
	}
	for len(sample) <= tableSample && rows.Next() {
		line := read()
		measure(line)
		sample = append(sample, line)
	}
	for n, line := range sample {
		writeLine(w, line, widths)
		if n == 0 {
			rule := make([]string, len(widths))
			for i, wd := range widths {
				rule[i] = strings.Repeat("-", wd)
			}
			writeLine(w, rule, widths)
		}
	}
	for rows.Next() {
		writeLine(w, read(), widths)
	}
	return nil
}

// visible replaces what would move a terminal's cursor or turn the direction of its text: the values come from outside.
func visible(r rune) rune {
	if unicode.IsControl(r) || (unicode.Is(unicode.Cf, r) && r != '\u200d') {
		return '·'
	}
	return r
}

func writeLine(w *bufio.Writer, line []string, widths []int) {
	for i, cell := range line {
		if i > 0 {
			w.WriteString("  ")
		}
		w.WriteString(cell)
		if i < len(line)-1 {
			w.WriteString(strings.Repeat(" ", max(0, widths[i]-width(cell))))
		}
	}
	w.WriteString("\n")
}

// width counts terminal cells: Chinese characters and full-width marks take two.
func width(s string) int {
	if len(s) == utf8.RuneCountInString(s) {
		return len(s)
	}
	n := 0
	for _, r := range s {
		n++
		if r >= 0x1100 && (r <= 0x115f || (r >= 0x2e80 && r <= 0xa4cf) || (r >= 0xac00 && r <= 0xd7a3) ||
			(r >= 0xf900 && r <= 0xfaff) || (r >= 0xfe30 && r <= 0xfe6f) || (r >= 0xff00 && r <= 0xff60) ||
			(r >= 0xffe0 && r <= 0xffe6) || (r >= 0x20000 && r <= 0x3fffd)) {
			n++
		}
	}
	return n
}
