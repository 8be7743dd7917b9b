package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// The lists of the city, compared before and after the reform that they contain, tell what was cut; the JSON says the same.
func TestListsDiff(t *testing.T) {
	args := []string{"lists", "diff", "../../city/lists@2026-03-31", "../../city/lists@2026-04-01", "--cuts"}
	var out, errs strings.Builder
	if code := run(t.Context(), args, nil, &out, &errs); code != 0 {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
	for _, want := range []string{"P-0001", "steps", "M60", "materials", "M61"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table does not show %s", want)
		}
	}
	out.Reset()
	if code := run(t.Context(), append(args, "--format", "json"), nil, &out, &errs); code != 0 {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
	var diff struct {
		Totals []struct{ Measure, Before, After, Cut string }
	}
	if err := json.Unmarshal([]byte(out.String()), &diff); err != nil {
		t.Fatal(err)
	}
	if len(diff.Totals) == 0 || diff.Totals[0].Measure != "steps" || diff.Totals[0].Cut == "0" {
		t.Errorf("totals %+v", diff.Totals)
	}
}

// An edition that cannot be had is said with its name.
func TestListsDiff_Wrong(t *testing.T) {
	for name, says := range map[string]string{
		"no-such-directory": "no-such-directory", "lake#x": "lake#x", "../../city/lists@2026-02-30": "2026-02-30",
	} {
		var out, errs strings.Builder
		if code := run(t.Context(), []string{"lists", "diff", name, "../../city/lists"}, nil, &out, &errs); code == 0 {
			t.Errorf("%s: compared", name)
		}
		if !strings.Contains(errs.String(), says) {
			t.Errorf("%s: %s", name, errs.String())
		}
	}
}
