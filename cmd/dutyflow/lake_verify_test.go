package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A sound lake is called sound; of a damaged one the file and the damage are named, and the exit code says so.
func TestLakeVerify(t *testing.T) {
	p := newProgram(t)
	p.ok("load", "--no-transform", write(t, "x.ndjson", goodStep+"{\n"))
	if out := p.ok("lake", "verify"); !strings.Contains(out, "Nothing is wrong") {
		t.Errorf("a sound lake gives:\n%s", out)
	}
	files, err := filepath.Glob(filepath.Join(p.dir, "lake", "duty", "step", "data", "*", "*.parquet"))
	if err != nil || len(files) != 1 {
		t.Fatalf("files %v (%v)", files, err)
	}
	if err := os.Truncate(files[0], 300); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"lake", "verify"}, {"lake", "verify", "--quick"}} {
		code, out, stderr := p.run(args...)
		if code != exitFailed || !strings.Contains(out, filepath.Base(files[0])) || !strings.Contains(out, "its manifest says") {
			t.Errorf("%v: exit code %d\n%s", args, code, out)
		}
		requireOneLine(t, stderr, p.dir, "docs/operations.md")
	}
}
