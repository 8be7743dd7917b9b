package cmd_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The files that the READMEs and the architecture name are there.
func TestDocuments_NameFilesThatExist(t *testing.T) {
	link, name := regexp.MustCompile(`\]\(([^)#:]+)\)`), regexp.MustCompile("`([a-z_]+\\.go)`")
	for _, doc := range []string{"README.md", "README.zh-CN.md", "ARCHITECTURE.md", "docs/operations.md"} {
		text, err := os.ReadFile(filepath.Join("..", doc))
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			found++
			if _, err := os.Stat(filepath.Join("..", filepath.Dir(doc), m[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", doc, m[1])
			}
		}
		if found < 5 {
			t.Errorf("found %d links in %s", found, doc)
		}
		for _, m := range name.FindAllStringSubmatch(string(text), -1) {
			near, _ := filepath.Glob(filepath.Join("..", "*", m[1]))
			if m[1] != "doc.go" && len(near) == 0 {
				t.Errorf("%s names %s, which is in no package", doc, strings.TrimSpace(m[1]))
			}
		}
	}
}
