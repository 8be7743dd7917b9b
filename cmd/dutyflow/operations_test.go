package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/dutyflow/dutyflow/ingest/broker"
)

// What docs/operations.md tells people to type works as it stands, in that order.
func TestOperations_CommandsRun(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := broker.Start(broker.Config{ClusterID: "test", MaxUnread: -1, Topics: map[string]int32{"duty.step": 1, "duty.work": 1}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	environment := brokerEnvironment(b)
	t.Chdir(t.TempDir())
	(&program{t: t, dir: "d"}).ok("load", write(t, "x.ndjson", goodStep+stepOf("e-2", "C-1", "never")))
	ran := 0
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		for _, line := range strings.Split(strings.TrimSpace(block[1]), "\n") {
			command, _, _ := strings.Cut(line, " # ")
			words := splitWords(strings.TrimSpace(command))
			switch words[0] {
			case "mv":
				err = os.Rename(words[1], words[2])
			case "rm":
				err = os.Remove(words[1])
			case "dutyflow":
				var out, errs bytes.Buffer
				if code := run(context.Background(), words[1:], environment, &out, &errs); code != exitDone {
					t.Fatalf("%s: exit code %d\n%s%s", command, code, out.String(), errs.String())
				}
				ran++
			default:
				t.Errorf("%s: the test does not know %s", command, words[0])
			}
			if err != nil {
				t.Fatalf("%s: %v", command, err)
			}
			if strings.Contains(command, "--export") { // what a person does by hand
				exported, err := os.ReadFile("bad-times.ndjson")
				if err != nil {
					t.Fatal(err)
				}
				corrected := strings.ReplaceAll(string(exported), `\"never\"`, `\"2026-02-12T10:00:00+08:00\"`)
				if err := os.WriteFile("corrected.ndjson", []byte(corrected), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if ran < 20 {
		t.Errorf("ran %d commands", ran)
	}
}

// Every test that the table of what goes wrong names is there, every metric too, and every command that the page speaks of.
func TestOperations_NamesWhatIsThere(t *testing.T) {
	root := filepath.Join("..", "..")
	text, err := os.ReadFile(filepath.Join(root, "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, pattern := range []string{"*/*_test.go", "*/*/*_test.go", "*/*/*/*_test.go"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			code.Write(content)
		}
	}
	metrics, err := os.ReadFile(filepath.Join(root, "docs", "ingest-metrics.md"))
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile("`(Test\\w+)`").FindAllStringSubmatch(string(text), -1)
	if len(names) < 12 {
		t.Errorf("found %d tests", len(names))
	}
	for _, name := range names {
		if !strings.Contains(code.String(), "func "+name[1]+"(") {
			t.Errorf("there is no test %s", name[1])
		}
	}
	for _, name := range regexp.MustCompile(`\bdutyflow_ingest_\w+[a-z]\b|\b[a-z]+_total\b`).FindAllString(string(text), -1) {
		if !strings.Contains(string(metrics), name) {
			t.Errorf("there is no metric %s", name)
		}
	}
	var a app
	commands := a.root()
	for _, words := range regexp.MustCompile("`(?:dutyflow )?(lake|ledger) ([a-z]+)").FindAllStringSubmatch(string(text), -1) {
		if found, _, err := commands.Find(words[1:]); err != nil || found.Name() != words[2] {
			t.Errorf("there is no command %s %s", words[1], words[2])
		}
	}
}
