package city_test

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/dutyflow/dutyflow/city"
	"github.com/dutyflow/dutyflow/lists"
)

var update = flag.Bool("update", false, "rewrite the files that the tests compare with")

// The shipped lists are those of the model, all in all less than 1.5 MiB, and have no problem.
func TestLists(t *testing.T) {
	total := 0
	for name, want := range city.ListFiles() {
		if *update {
			if err := os.WriteFile(filepath.Join("lists", name), want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(filepath.Join("lists", name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("lists/%s differs from the model: run go test ./city -update", name)
		}
		total += len(got)
	}
	if total > 3<<19 {
		t.Errorf("the lists are %d bytes, more than 1.5 MiB", total)
	}
	if *update {
		return // the embedded files are those from before
	}
	for _, p := range lists.Check(city.Lists()) {
		t.Error(p)
	}
}

// The city has the size that its own lists report.
func TestLists_Size(t *testing.T) {
	for name, want := range map[string]int{"task.csv": 4409, "duty.csv": 2443, "boundary.csv": 11, "indicator.csv": 28 + 19} {
		b, err := fs.ReadFile(city.Lists(), name)
		if err != nil {
			t.Fatal(err)
		}
		if got := bytes.Count(b, []byte("\n")) - 1; got != want {
			t.Errorf("%s has %d rows, want %d", name, got, want)
		}
	}
	org, err := fs.ReadFile(city.Lists(), "org.csv")
	if err != nil {
		t.Fatal(err)
	}
	departments, sections := 0, 0
	for line := range bytes.Lines(org) {
		switch {
		case !bytes.HasPrefix(line, []byte("LY-")):
		case bytes.Contains(line, []byte(",department,")):
			departments++
		case bytes.Contains(line, []byte(",section,")):
			sections++
		}
	}
	if departments != 36 || sections != 400 {
		t.Errorf("%d departments with %d sections, want 36 with 400", departments, sections)
	}
}
