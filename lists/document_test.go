package lists_test

import (
	"flag"
	"os"
	"testing"

	"github.com/dutyflow/dutyflow/lists"
)

var update = flag.Bool("update", false, "rewrite the files that the tests compare with")

// docs/lists.md says what the declarations say.
func TestDocument(t *testing.T) {
	const file = "../docs/lists.md"
	if *update {
		if err := os.WriteFile(file, []byte(lists.Document()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != lists.Document() {
		t.Errorf("%s differs from the declarations: run go test ./lists -update", file)
	}
}
