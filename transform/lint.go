package transform

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Problem is a place where a model breaks a rule of the project.
type Problem struct {
	Path string
	Text string
}

// String is the line that people see.
func (p Problem) String() string { return p.Path + ": " + p.Text }

// rules are what a query must not hold, with the reason. They are looked for in the query without comments and strings.
var rules = []struct {
	pattern *regexp.Regexp
	text    string
}{
	{regexp.MustCompile(`\b(now|today|current_date|current_timestamp|current_time|localtime|localtimestamp|get_current_time)\b\s*\(?`),
		"reads the clock of the host; use as_of()"},
	{regexp.MustCompile(`\b(random|uuid|gen_random_uuid|setseed)\s*\(`), "is not the same in every run"},
	{regexp.MustCompile(`\b(any_value|arbitrary|mode)\s*\(`), "picks a row by chance; use min_by or max_by with a key"},
	{regexp.MustCompile(`\bavg\s*\(`), "averages; keep sum and count, and divide in a view"},
	{regexp.MustCompile(`\bapprox_\w+\s*\(`), "depends on the order of rows"},
	{regexp.MustCompile(`\bsum\s*\(\s*(seconds\s*\(|[\w.]*_s\b|[^()]*::\s*(double|float|real))`),
		"adds floating-point numbers, whose sum depends on their order; add the integer microseconds"},
	{regexp.MustCompile(`\blimit\s+\d+`), "limits rows; use a window with an order by key"},
}

// needOrder are aggregates that need an order by inside.
var needOrder = regexp.MustCompile(`\b(list|array_agg|string_agg|group_concat|listagg|first|last)\s*\(`)

// Lint returns what the project must not do, so that equal inputs give equal bytes.
func (p *Project) Lint() []Problem {
	problems := slices.Clone(p.oneSidedJoins)
	look := func(path, sql string) {
		for _, text := range lintSQL(sql) {
			problems = append(problems, Problem{path, text})
		}
	}
	for _, m := range p.Models {
		if m.Path != "metrics" {
			look(m.Path, m.SQL)
		}
		if slices.Contains(m.refs, "as_of") && m.Layer == Intermediate {
			problems = append(problems, Problem{m.Path, "uses as_of(); events after it are left out in staging, and what depends on the day of asking is decided above the facts"})
		}
		if slices.Contains(m.refs, "as_of") && m.Kind == Parts {
			problems = append(problems, Problem{m.Path, "stores what depends on as_of(); facts hold events"})
		}
	}
	for _, m := range p.Macros {
		look(m.Path, m.SQL)
	}
	for _, m := range p.Metrics {
		look(m.Path, m.SQL)
	}
	return problems
}

func lintSQL(sql string) []string {
	text := strings.ToLower(bare(sql))
	var found []string
	for _, rule := range rules {
		if hit := rule.pattern.FindString(text); hit != "" {
			found = append(found, fmt.Sprintf("%s %s", strings.TrimSpace(hit), rule.text))
		}
	}
	for _, at := range needOrder.FindAllStringIndex(text, -1) {
		arguments := text[at[1]:closing(text, at[1])]
		if !strings.Contains(arguments, "order by") {
			found = append(found, text[at[0]:at[1]]+"...) has no order by inside; its result depends on the order of rows")
		}
	}
	return found
}

// closing is the place of the parenthesis that closes the one before from.
func closing(text string, from int) int {
	depth := 1
	for i := from; i < len(text); i++ {
		switch text[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(text)
}

// bare is the query without comments and without the content of strings.
func bare(sql string) string {
	var b strings.Builder
	for i := 0; i < len(sql); i++ {
		switch {
		case strings.HasPrefix(sql[i:], "--"):
			end := strings.IndexByte(sql[i:], '\n')
			if end < 0 {
				return b.String()
			}
			i += end - 1
		case sql[i] == '\'':
			end := strings.IndexByte(sql[i+1:], '\'')
			if end < 0 {
				return b.String()
			}
			b.WriteString("''")
			i += end + 1
		default:
			b.WriteByte(sql[i])
		}
	}
	return b.String()
}
