package cmd_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// docs/dependencies.md says of each direct dependency why it is there, and names none that is not.
func TestDependencies_EachHasItsReason(t *testing.T) {
	mod, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile("../docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	required := map[string]bool{}
	for _, line := range strings.Split(string(mod), "\n") {
		fields := strings.Fields(line)
		if len(fields) == 2 && strings.Contains(fields[0], ".") && strings.HasPrefix(fields[1], "v") {
			required[fields[0]] = true
			if !strings.Contains(string(doc), "`"+fields[0]+"`") {
				t.Errorf("docs/dependencies.md does not say why %s is there", fields[0])
			}
		}
	}
	if len(required) < 10 {
		t.Fatalf("read %d direct dependencies from go.mod", len(required))
	}
	for _, name := range regexp.MustCompile("`((?:github\\.com|golang\\.org|modernc\\.org)/[^`]+)`").FindAllStringSubmatch(string(doc), -1) {
		if !required[name[1]] && !strings.Contains(name[1], "golangci-lint") {
			t.Errorf("docs/dependencies.md names %s, which go.mod does not require directly", name[1])
		}
	}
}
