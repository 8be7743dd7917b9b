package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// questionBlock is a query of docs/queries.md, and its answer once there is one.
var questionBlock = regexp.MustCompile("(?s)```sql\n(.*?)```\n(?:\n```text\n(.*?)```\n)?")

// The twenty questions of docs/queries.md have the answers that stand there, on the demo that the page names.
func TestQueries(t *testing.T) {
	page := filepath.Join("..", "..", "docs", "queries.md")
	content, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	text := string(content)
	if n := len(questionBlock.FindAllString(text, -1)); n != 20 {
		t.Errorf("%d questions, want 20", n)
	}
	if !strings.Contains(text, "`dutyflow demo --records 20000`") {
		t.Error("the page does not name the demo that answers it")
	}
	p := newProgram(t)
	p.ok("demo", "--records", "20000")
	answered := questionBlock.ReplaceAllStringFunc(text, func(block string) string {
		parts := questionBlock.FindStringSubmatch(block)
		code, answer, said := p.run("query", parts[1])
		if code != exitDone {
			t.Errorf("exit code %d: %s\n%s", code, said, parts[1])
			return block
		}
		lines := strings.Split(strings.TrimRight(answer, "\n"), "\n")
		for i := range lines {
			lines[i] = strings.TrimRight(lines[i], " ")
		}
		answer = strings.Join(lines, "\n") + "\n"
		if len(lines) < 3 {
			t.Errorf("no rows answer\n%s", parts[1])
		}
		if answer != parts[2] && !*update {
			t.Errorf("%s\nis answered\n%s\nthe page says\n%s", parts[1], answer, parts[2])
		}
		return "```sql\n" + parts[1] + "```\n\n```text\n" + answer + "```\n"
	})
	if *update && !t.Failed() {
		if err := os.WriteFile(page, []byte(answered), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
