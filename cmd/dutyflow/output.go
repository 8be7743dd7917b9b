package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"
)

// listing is what commands that show a list print: a plain table for people, the same rows as JSON for programs.
type listing struct {
	Columns []string
	Rows    [][]any
	Empty   string // what to say instead of an empty table
}

func (l *listing) add(values ...any) { l.Rows = append(l.Rows, values) }

// formatFlag adds --format and returns where its value will be.
func formatFlag(cmd *cobra.Command, formats ...string) *string {
	format := new(string)
	cmd.Flags().StringVar(format, "format", formats[0], "output: "+strings.Join(formats, ", "))
	before := cmd.PreRunE
	cmd.PreRunE = func(cmd *cobra.Command, args []string) error {
		if !slices.Contains(formats, *format) {
			return usagef("--format %s: use one of %s", *format, strings.Join(formats, ", "))
		}
		if before != nil {
			return before(cmd, args)
		}
		return nil
	}
	return format
}

func (l *listing) show(w io.Writer, format string) error {
	if format == "json" {
		return l.printJSON(w)
	}
	if len(l.Rows) == 0 && l.Empty != "" {
		fmt.Fprintln(w, l.Empty)
		return nil
	}
	printTable(w, l.Columns, l.Rows)
	return nil
}

func (l *listing) printJSON(w io.Writer) error {
	objects := make([]map[string]any, len(l.Rows))
	for i, row := range l.Rows {
		objects[i] = make(map[string]any, len(row))
		for j, value := range row {
			objects[i][strings.ReplaceAll(l.Columns[j], " ", "_")] = value
		}
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(objects)
}

// printTable draws rows below a header. Numbers are right-aligned with thousands separated; a Chinese character
// counts as the two columns that it takes.
func printTable(w io.Writer, columns []string, rows [][]any) {
	t := table.NewWriter()
	style := table.StyleLight
	style.Options = table.Options{SeparateHeader: true}
	style.Format.Header = text.FormatDefault
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	t.SetStyle(style)
	header := make(table.Row, len(columns))
	for i, c := range columns {
		header[i] = c
	}
	t.AppendHeader(header)
	right := make([]bool, len(columns))
	for _, row := range rows {
		cells := make(table.Row, len(row))
		for i, value := range row {
			switch v := value.(type) {
			case nil:
				cells[i] = ""
			case int:
				cells[i], right[i] = thousands(int64(v)), true
			case int32:
				cells[i], right[i] = thousands(int64(v)), true
			case int64:
				cells[i], right[i] = thousands(v), true
			default:
				cells[i] = printable(fmt.Sprint(v))
			}
		}
		t.AppendRow(cells)
	}
	configs := make([]table.ColumnConfig, 0, len(columns))
	for i := range columns {
		align := text.AlignLeft
		if right[i] {
			align = text.AlignRight
		}
		configs = append(configs, table.ColumnConfig{Number: i + 1, Align: align, AlignHeader: align})
	}
	t.SetColumnConfigs(configs)
	for _, line := range strings.Split(t.Render(), "\n") {
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
}

// printable replaces control characters: what comes from records must not move a terminal's cursor.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || (r >= 0x7f && r < 0xa0) {
			return '·'
		}
		return r
	}, s)
}
