package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

// asProgram makes the test binary behave as dutyflow itself, so that tests can start it as a process and kill it.
const asProgram = "RUN_TEST_BINARY_AS_DUTYFLOW"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// program runs commands in one directory, inside the test's process.
type program struct {
	t   *testing.T
	dir string
	env []string

	ended chan error // of the process that startUntil started
}

func newProgram(t *testing.T) *program {
	t.Helper()
	return &program{t: t, dir: t.TempDir()}
}

// run runs one command and returns its exit code and what it printed.
func (p *program) run(args ...string) (code int, stdout, stderr string) {
	p.t.Helper()
	var out, errs bytes.Buffer
	code = run(context.Background(), append([]string{"--dir", p.dir}, args...), p.env, &out, &errs)
	return code, out.String(), errs.String()
}

// ok runs a command that must succeed and returns what it printed.
func (p *program) ok(args ...string) string {
	p.t.Helper()
	code, stdout, stderr := p.run(args...)
	if code != exitDone {
		p.t.Fatalf("dutyflow %s: exit code %d\n%s%s", strings.Join(args, " "), code, stdout, stderr)
	}
	return stdout
}

// query asks the warehouse through the command that users have.
func (p *program) query(sql string) []row {
	p.t.Helper()
	return p.jsonRows("query", "--format", "json", sql)
}

// jsonRows runs a command that prints an array of objects.
func (p *program) jsonRows(args ...string) []row {
	p.t.Helper()
	var rows []row
	decoder := json.NewDecoder(strings.NewReader(p.ok(args...)))
	decoder.UseNumber()
	if err := decoder.Decode(&rows); err != nil {
		p.t.Fatalf("decode answer of %v: %v", args, err)
	}
	return rows
}

// row is one row of an answer by column name.
type row map[string]any

func (r row) text(column string) string { return fmt.Sprint(r[column]) }

// number reads a column that is a JSON number, or a decimal printed as a string.
func (r row) number(column string) float64 {
	f, err := strconv.ParseFloat(fmt.Sprint(r[column]), 64)
	if err != nil {
		panic(fmt.Sprintf("column %s of %v is not a number", column, r))
	}
	return f
}

// scaled multiplies all numbers but the count.
func (r row) scaled(by float64) row {
	scaled := row{}
	for column, value := range r {
		if f, err := strconv.ParseFloat(fmt.Sprint(value), 64); err == nil && column != "n" && column != "k" {
			value = json.Number(strconv.FormatFloat(f*by, 'g', -1, 64))
		}
		scaled[column] = value
	}
	return scaled
}
