package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The benchmark runs to its end on a few records. It compares the facts with what the queries by hand find itself, so a
// model and its query that drift apart fail here first.
func TestBench_MeasuresBothSides(t *testing.T) {
	dir := t.TempDir()
	bench, out := filepath.Join(dir, "bench"), filepath.Join(dir, "out.json")
	if text, err := exec.CommandContext(t.Context(), "go", "build", "-o", bench, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, text)
	}
	args := []string{"-records", "8000", "-increment", "4000", "-increments", "1", "-rounds", "1", "-dir", dir, "-out", out}
	if text, err := exec.CommandContext(t.Context(), bench, args...).CombinedOutput(); err != nil {
		t.Fatalf("bench: %v\n%s", err, text)
	}
	content, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	var r result
	if err := json.Unmarshal(content, &r); err != nil {
		t.Fatal(err)
	}
	if r.FullVsHandwritten <= 0 || r.IncrementalGrowth <= 0 || r.PeakRSS <= 0 || r.SlowestQuery <= 0 || r.RawVsMarts <= 0 {
		t.Errorf("a figure is missing:\n%s", content)
	}
}

// Expressions with commas of their own stay whole.
func TestStructOf(t *testing.T) {
	got := structOf(" count(*) as n,\n  sum(greatest(a, b)) as c")
	if want := "n: count(*), c: sum(greatest(a, b))"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
