package sql_test

import (
	"flag"
	"os"
	"testing"

	"github.com/dutyflow/dutyflow/sql"
	"github.com/dutyflow/dutyflow/transform/transformtest"
)

// Every story under cases comes out as it says.
func TestCases(t *testing.T) {
	transformtest.Cases(t, sql.Project(), "cases")
}

// docs/metrics.md is what the declarations say.
func TestMetricsPage(t *testing.T) {
	p := load(t)
	const page = "../docs/metrics.md"
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(page, []byte(p.MetricsMarkdown()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != p.MetricsMarkdown() {
		t.Errorf("%s is stale; go test ./sql -run TestMetricsPage -update writes it anew", page)
	}
}
