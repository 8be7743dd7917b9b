package report

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// Conditions and figures name values in one way:
//
//	field               in the current row: of a table, or of a rule with each
//	dataset.field       in the first row of a data set
//	dataset[key].field  in the row whose key column (source.key) is key
//	minimum.rate        a smallest sample of the report
//
// The field rows is the number of rows of the data set. A condition is "a op b" with == != < <= > >=, where b may be a
// number, a quoted string or null. A missing value makes every comparison false but those with null, so that a
// sentence about what is not known is never printed.
type condition struct {
	left, op, right string
}

var conditionForm = regexp.MustCompile(`^(\S+) (==|!=|<=|>=|<|>) (\S.*)$`)

func parseCondition(text string) (condition, error) {
	m := conditionForm.FindStringSubmatch(text)
	if m == nil {
		return condition{}, fmt.Errorf("condition %q: write it as: name == value (or != < <= > >=)", text)
	}
	return condition{m[1], m[2], m[3]}, nil
}

// reader looks names up in the data sets of a report.
type reader struct {
	data    map[string]*dataset
	minimum map[string]int
}

var nameForm = regexp.MustCompile(`^([a-z_0-9]+)(?:\[([^\]]+)\])?\.([a-z_0-9]+)$`)

// read returns the value that name stands for and the data set that it is from (nil: neither a row's nor a set's).
func (x *reader) read(name string, in *dataset, current row) (value, *dataset, error) {
	if !strings.Contains(name, ".") {
		switch {
		case in == nil:
			return nil, nil, fmt.Errorf("%q names no data set, and there is no current row", name)
		case !in.has(name):
			return nil, nil, fmt.Errorf("query %s has no column %q", in.Query, name)
		case name == "rows":
			return int64(len(in.rows)), in, nil
		}
		return current[name], in, nil
	}
	m := nameForm.FindStringSubmatch(name)
	if m == nil {
		return nil, nil, fmt.Errorf("%q is not field, dataset.field or dataset[key].field", name)
	}
	if m[1] == "minimum" {
		n, ok := x.minimum[m[3]]
		if !ok {
			return nil, nil, fmt.Errorf("%q: no such minimum is declared", name)
		}
		return int64(n), nil, nil
	}
	d, ok := x.data[m[1]]
	if !ok {
		return nil, nil, fmt.Errorf("%q: no such data set is declared", name)
	}
	if !d.has(m[3]) {
		return nil, nil, fmt.Errorf("query %s has no column %q", d.Query, m[3])
	}
	switch {
	case m[3] == "rows":
		return int64(len(d.rows)), d, nil
	case m[2] != "":
		return d.byKey(m[2])[m[3]], d, nil
	}
	return d.first()[m[3]], d, nil
}

func (x *reader) operand(text string, in *dataset, current row) (value, error) {
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		return n, nil
	}
	switch {
	case text == "null":
		return nil, nil
	case text == "true" || text == "false":
		return text == "true", nil
	case len(text) >= 2 && text[0] == '\'' && text[len(text)-1] == '\'':
		return text[1 : len(text)-1], nil
	}
	v, _, err := x.read(text, in, current)
	return v, err
}

func (x *reader) holds(text string, in *dataset, current row) (bool, error) {
	c, err := parseCondition(text)
	if err != nil {
		return false, err
	}
	left, err := x.operand(c.left, in, current)
	if err != nil {
		return false, fmt.Errorf("condition %q: %w", text, err)
	}
	right, err := x.operand(c.right, in, current)
	if err != nil {
		return false, fmt.Errorf("condition %q: %w", text, err)
	}
	if c.right == "null" {
		return (left == nil) == (c.op == "=="), nil
	}
	if left == nil || right == nil {
		return false, nil
	}
	if a, ok := number(left); ok {
		if b, ok := number(right); ok {
			return compare(c.op, a, b), nil
		}
	}
	switch c.op {
	case "==":
		return left == right, nil
	case "!=":
		return left != right, nil
	}
	return false, fmt.Errorf("condition %q: %v and %v cannot be put in order", text, left, right)
}

func compare(op string, a, b float64) bool {
	switch op {
	case "==":
		return a == b
	case "!=":
		return a != b
	case "<":
		return a < b
	case "<=":
		return a <= b
	case ">":
		return a > b
	default:
		return a >= b
	}
}

// number reads v as a number; ok is false for what is none.
func number(v value) (n float64, ok bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, !math.IsNaN(v)
	}
	return 0, false
}
