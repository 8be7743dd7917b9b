package lists

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// row is a row of a list: the values in the order of the declared fields, empty where there is none.
type row struct {
	file   string
	line   int
	values []string
	bad    []bool // values that had a problem: nothing more is said about them
}

// list is the content of one list.
type list struct {
	decl   *Declaration
	rows   []row
	broken bool // rows are missing because the file could not be read to its end
}

func (l *list) index(field string) int {
	return slices.IndexFunc(l.decl.Fields, func(f Field) bool { return f.Name == field })
}

// content is a set of lists by name.
type content map[string]*list

// reader collects lists and what is wrong with them.
type reader struct {
	problems []Problem
}

func (r *reader) report(file string, line int, column, format string, args ...any) {
	r.problems = append(r.problems, Problem{File: file, Line: line, Column: column, Message: fmt.Sprintf(format, args...)})
}

// warn reports what does not keep the lists from being loaded.
func (r *reader) warn(file string, line int, column, format string, args ...any) {
	r.report(file, line, column, format, args...)
	r.problems[len(r.problems)-1].Warning = true
}

// readDir reads every list of the directory.
func (r *reader) readDir(dir fs.FS) content {
	out := content{}
	entries, err := fs.ReadDir(dir, ".")
	if err != nil {
		r.report(".", 0, "", "cannot be read: %v; give a directory with one <list>.csv per list", err)
		return out
	}
	known := make([]string, 0, 16)
	for _, d := range Declarations() {
		known = append(known, d.Name+".csv")
	}
	for _, e := range entries {
		name := e.Name()
		if ignored(name) {
			continue
		}
		d, ok := Lookup(strings.TrimSuffix(name, ".csv"))
		if !ok || path.Ext(name) != ".csv" {
			r.report(name, 0, "", "is no list; the lists are %s%s", strings.Join(known, ", "), suggestFile(name, known))
			continue
		}
		b, err := fs.ReadFile(dir, name)
		if err != nil {
			r.report(name, 0, "", "cannot be read: %v; check that it is a file and may be read", err)
			out[d.Name] = &list{decl: d, broken: true}
			continue
		}
		out[d.Name] = r.readList(d, name, b)
	}
	if len(out) == 0 && len(r.problems) == 0 {
		r.report(".", 0, "", "holds no list; expected are files such as %s", strings.Join(known[:3], ", "))
	}
	return out
}

// ignored are files that people and their programs leave beside lists.
func ignored(name string) bool {
	upper := strings.ToUpper(name)
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~$") ||
		strings.HasPrefix(upper, "README") || strings.HasPrefix(upper, "LICENSE")
}

func suggestFile(name string, known []string) string {
	stem := strings.ToLower(strings.TrimSuffix(name, path.Ext(name)))
	return suggest(stem+".csv", known)
}

// readList reads one file. Rows with problems are kept, so that references to them are not reported as well.
func (r *reader) readList(d *Declaration, file string, b []byte) *list {
	l := &list{decl: d}
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	if !r.checkEncoding(file, b) {
		l.broken = true
		return l
	}
	cr := csv.NewReader(bytes.NewReader(b))
	cr.FieldsPerRecord = -1
	header, err := cr.Read()
	if err != nil {
		r.report(file, 1, "", "has no header row: the first line names the columns, at least %s", strings.Join(requiredNames(d), ", "))
		l.broken = true
		return l
	}
	columns, ok := r.readHeader(d, file, header)
	if !ok {
		l.broken = true
		return l
	}
	for {
		cells, err := cr.Read()
		if errors.Is(err, io.EOF) {
			return l
		}
		var syntax *csv.ParseError
		if errors.As(err, &syntax) {
			r.report(file, syntax.StartLine, "", "is not valid CSV (%v): put a value that contains a comma or a quote in quotes, and double the quotes inside it", syntax.Err)
			l.broken = true
			continue
		}
		if err != nil {
			r.report(file, 0, "", "cannot be read: %v", err)
			l.broken = true
			return l
		}
		line, _ := cr.FieldPos(0)
		if blank(cells) {
			continue // spreadsheets leave rows of commas behind
		}
		if len(cells) != len(header) {
			r.report(file, line, "", "has %d values, the header has %d columns: add or remove commas, or put a value that contains one in quotes", len(cells), len(header))
			l.broken = true
			continue
		}
		l.rows = append(l.rows, r.readRow(d, file, line, columns, cells))
	}
}

func blank(cells []string) bool {
	return !slices.ContainsFunc(cells, func(c string) bool { return strings.TrimSpace(c) != "" })
}

func requiredNames(d *Declaration) []string {
	var out []string
	for _, f := range d.Fields {
		if f.Required {
			out = append(out, f.Name)
		}
	}
	return out
}

// checkEncoding reports the first byte that is not UTF-8. A file in another encoding would give one problem per line.
func (r *reader) checkEncoding(file string, b []byte) bool {
	if bytes.HasPrefix(b, []byte{0xff, 0xfe}) || bytes.HasPrefix(b, []byte{0xfe, 0xff}) {
		r.report(file, 1, "", "is UTF-16: save it as UTF-8 (in a spreadsheet: CSV UTF-8)")
		return false
	}
	line, lineStart := 1, 0
	for i := 0; i < len(b); {
		c, n := utf8.DecodeRune(b[i:])
		switch {
		case c == utf8.RuneError && n == 1:
			r.report(file, line, "", "is not UTF-8 (byte %d of the line is %#x, perhaps the file is GBK): save it as UTF-8 (in a spreadsheet: CSV UTF-8)", i-lineStart+1, b[i])
			return false
		case c == 0:
			r.report(file, line, "", "contains a zero byte (byte %d of the line): it is damaged or no text, export it again as CSV UTF-8", i-lineStart+1)
			return false
		case c == '\n':
			line, lineStart = line+1, i+1
		}
		i += n
	}
	return true
}

// readHeader maps each cell to its field.
func (r *reader) readHeader(d *Declaration, file string, header []string) (columns []int, ok bool) {
	ok = true
	names := make([]string, len(d.Fields))
	for i, f := range d.Fields {
		names[i] = f.Name
	}
	seen := map[string]bool{}
	for _, cell := range header {
		name := strings.TrimSpace(cell)
		i := slices.Index(names, name)
		switch {
		case i < 0:
			r.report(file, 1, name, "is no column of this list; the columns are %s%s", strings.Join(names, ", "), suggest(name, names))
			ok = false
		case seen[name]:
			r.report(file, 1, name, "is given twice: remove one of the columns")
			ok = false
		}
		seen[name] = true
		columns = append(columns, i)
	}
	for _, name := range requiredNames(d) {
		if !seen[name] {
			r.report(file, 1, name, "is required, but the header does not have it: add the column")
			ok = false
		}
	}
	return columns, ok
}

func (r *reader) readRow(d *Declaration, file string, line int, columns []int, cells []string) row {
	out := row{file: file, line: line, values: make([]string, len(d.Fields)), bad: make([]bool, len(d.Fields))}
	for c, cell := range cells {
		i := columns[c]
		cell = strings.TrimSpace(cell)
		if cell == "" {
			continue
		}
		v, err := d.Fields[i].normalise(cell)
		if err != nil {
			r.report(file, line, d.Fields[i].Name, "%v", err)
			out.bad[i] = true
			v = cell
		}
		out.values[i] = v
	}
	for i := range d.Fields {
		if d.Fields[i].Required && out.values[i] == "" {
			r.report(file, line, d.Fields[i].Name, "is required, but empty: fill it in")
			out.bad[i] = true
		}
	}
	return out
}
