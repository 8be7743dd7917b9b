package report_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/dutyflow/dutyflow/report"
)

// The document is what the golden file holds, in both languages; the summary is one for both.
func TestGolden(t *testing.T) {
	db := open(t)
	for _, lang := range report.Languages() {
		t.Run(lang, func(t *testing.T) {
			got := write(t, db, func(o *report.Options) { o.Lang = lang; o.Organ = "临沂市履职运行监管办公室" })
			golden(t, "R1."+lang+".html", got["html"])
			golden(t, "R1.json", got["json"])
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs from the golden file; see the difference after: go test ./report -run Golden -update", name)
	}
}
