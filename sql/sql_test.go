package sql_test

import (
	"encoding/csv"
	"flag"
	"os"
	"path/filepath"
	"slices"
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
	stories := metricStories(t)
	const page = "../docs/metrics.md"
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(page, []byte(p.MetricsMarkdown(stories)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != p.MetricsMarkdown(stories) {
		t.Errorf("%s is stale; go test ./sql -run TestMetricsPage -update writes it anew", page)
	}
}

// Every metric is computed with a value by some story.
func TestMetrics_haveStories(t *testing.T) {
	stories := metricStories(t)
	for _, m := range load(t).Metrics {
		if stories[m.ID] == "" {
			t.Errorf("%s: no file under cases/*/expected has a row of %s with a value; tell a story that computes it", m.Path, m.ID)
		}
	}
}

// metricStories is, by metric, the first story whose expected files have a value of it.
func metricStories(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("cases/*/expected/*.csv")
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(files)
	stories := map[string]string{}
	for _, file := range files {
		for _, id := range metricsWithValue(t, file) {
			if stories[id] == "" {
				stories[id] = filepath.Base(filepath.Dir(filepath.Dir(file)))
			}
		}
	}
	return stories
}

// metricsWithValue are the metrics that have a row with a value in an expected file.
func metricsWithValue(t *testing.T, file string) []string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) == 0 {
		t.Fatalf("read %s: %v", file, err)
	}
	metric := slices.Index(rows[0], "metric_id")
	var ids []string
	for _, row := range rows[1:] {
		for _, column := range []string{"value", "num"} {
			if i := slices.Index(rows[0], column); metric >= 0 && i >= 0 && row[i] != "" {
				ids = append(ids, row[metric])
			}
		}
	}
	return ids
}
