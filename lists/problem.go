package lists

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with a directory of lists.
type Problem struct {
	File    string // "org.csv"
	Line    int    // line in the file, the header is 1; 0 when the file as a whole is meant
	Column  string // name of the column; empty when the row as a whole is meant
	Message string // what is wrong and what to do
	Warning bool   // the lists can be loaded as they are
}

// String returns the problem as one line, the place first.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d", p.Line)
	}
	if p.Column != "" {
		b.WriteString(" " + p.Column)
	}
	if p.Warning {
		b.WriteString(": warning")
	}
	return b.String() + ": " + p.Message
}

// Invalid is the error of Load when the lists have problems. Nothing was written.
type Invalid struct {
	Problems []Problem // sorted, never empty, without warnings
}

// Error names the first problem and says how many there are.
func (e *Invalid) Error() string {
	if len(e.Problems) == 1 {
		return "load lists: " + e.Problems[0].String()
	}
	return fmt.Sprintf("load lists: %d problems, nothing was loaded; the first: %s", len(e.Problems), e.Problems[0])
}

// sortProblems orders by place, so that a person can work through the files from top to bottom.
func sortProblems(ps []Problem) []Problem {
	slices.SortFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Message, b.Message))
	})
	return slices.Compact(ps)
}

// Faults returns the problems without the warnings.
func Faults(ps []Problem) []Problem {
	return slices.DeleteFunc(slices.Clone(ps), func(p Problem) bool { return p.Warning })
}
