package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The benchmark runs to its end on a few records, and both sides have written every one: a measurement of something
// that failed silently would look very fast.
func TestBench_MeasuresBothSides(t *testing.T) {
	dir := t.TempDir()
	dutyflow, bench, out := filepath.Join(dir, "dutyflow"), filepath.Join(dir, "bench"), filepath.Join(dir, "out.json")
	for program, pkg := range map[string]string{dutyflow: "../../cmd/dutyflow", bench: "."} {
		if text, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, pkg).CombinedOutput(); err != nil {
			t.Fatalf("build %s: %v\n%s", pkg, err, text)
		}
	}
	text, err := exec.CommandContext(t.Context(), bench, "-records", "20000", "-rounds", "1", "-dir", dir, "-dutyflow", dutyflow, "-out", out).CombinedOutput()
	if err != nil {
		t.Fatalf("bench: %v\n%s", err, text)
	}
	var r result
	content, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, &r); err != nil {
		t.Fatal(err)
	}
	if r.Records != 20000 || r.CPU <= 0 || r.DuckDB <= 0 || r.Ratio <= 0 || r.PeakRSS <= 0 || r.BytesPerRow <= 0 || r.DuckDBBytes <= 0 {
		t.Errorf("a figure is missing:\n%s", content)
	}
	for _, stage := range []string{"decode", "encode"} { // the others are too short to be sampled with so few records
		if _, ok := r.Stages[stage]; !ok {
			t.Errorf("no time for stage %s:\n%s", stage, content)
		}
	}
}
