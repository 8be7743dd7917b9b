package main

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/dutyflow/dutyflow/city"
)

// What the READMEs tell people to type works as it stands, in that order: every dutyflow line runs, every make target is there.
func TestReadme_CommandsRun(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	b := cityBroker(t, 20_000)
	for _, name := range []string{"README.md", "README.zh-CN.md"} {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(root, name))
			if err != nil {
				t.Fatal(err)
			}
			makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
			if err != nil {
				t.Fatal(err)
			}
			t.Chdir(t.TempDir())
			furnish(t, string(text), b.Addr())
			ran := 0
			for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
				for _, line := range strings.Split(strings.TrimSpace(block[1]), "\n") {
					command, _, _ := strings.Cut(line, " # ")
					words := splitWords(strings.TrimSpace(command))
					switch {
					case words[0] == "make":
						if !bytes.Contains(makefile, []byte("\n"+words[1]+": ")) {
							t.Errorf("%s: the Makefile has no such target", command)
						}
					case words[0] == "dutyflow":
						if len(words) == 2 && words[1] == "ingest" { // the one that runs until it is stopped
							words = append(words, "--until-caught-up")
						}
						var out, errs bytes.Buffer
						if code := run(context.Background(), words[1:], nil, &out, &errs); code != exitDone {
							t.Errorf("%s: exit code %d\n%s%s", command, code, out.String(), errs.String())
						}
						ran++
					default:
						t.Errorf("%s: neither make nor dutyflow", command)
					}
				}
			}
			if ran < 8 {
				t.Errorf("ran %d commands of %s", ran, name)
			}
		})
	}
}

// furnish puts into the working directory what the commands of a README speak of.
func furnish(t *testing.T, readme, broker string) {
	t.Helper()
	put := func(name, content string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("log.xes.gz", gzipped(t, `<log xes.version="1.0"><trace><string key="concept:name" value="C-1"/>
<event><string key="concept:name" value="receive"/><date key="time:timestamp" value="2026-10-12T09:05:00+08:00"/></event>
<event><string key="concept:name" value="decide"/><date key="time:timestamp" value="2026-10-13T10:20:00+08:00"/></event>
</trace></log>`))
	put("requests.csv.gz", gzipped(t, "id,step,time\nC-1,S1,2026-10-12 09:05:00\n"))
	put("m.yaml", csvMapping)
	configuration := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindStringSubmatch(readme)
	if configuration == nil {
		t.Fatal("the README shows no dutyflow.yaml")
	}
	settings := regexp.MustCompile(`dir: .*`).ReplaceAllString(configuration[1], "dir: from-kafka")
	settings = regexp.MustCompile(`brokers: .*`).ReplaceAllString(settings, "brokers: ["+broker+"]\n  assignment: static")
	put("dutyflow.yaml", settings)
	lists := city.Lists()
	err := fs.WalkDir(lists, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := fs.ReadFile(lists, name)
		put(filepath.Join("lists", filepath.Base(name)), string(content))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// splitWords splits a command line at spaces, but not inside double quotes.
func splitWords(line string) []string {
	var words []string
	for i, part := range strings.Split(line, `"`) {
		if i%2 == 1 {
			words = append(words, part)
		} else {
			words = append(words, strings.Fields(part)...)
		}
	}
	return words
}
