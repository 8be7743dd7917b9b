package report_test

import (
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/dutyflow/dutyflow/report"
)

var hole = regexp.MustCompile(`\{([a-z_]+)(\|[^}]*)?\}`)

// holes are the names that a text asks for. A language without plurals has no use for {n|one|many}.
func holes(text string) []string {
	var names []string
	for _, m := range hole.FindAllStringSubmatch(text, -1) {
		if m[2] == "" {
			names = append(names, m[1])
		}
	}
	sort.Strings(names)
	return slices.Compact(names)
}

// Every language has every text, no text is empty by accident, and each text asks for the same figures everywhere: a
// figure that one language leaves out would be a fact that its readers do not get.
func TestTexts_are_the_same_in_every_language(t *testing.T) {
	zh, err := report.Texts("zh")
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range report.Languages() {
		texts, err := report.Texts(lang)
		if err != nil {
			t.Fatal(err)
		}
		for key, text := range zh {
			other, ok := texts[key]
			if !ok {
				t.Errorf("%s: %s is missing", lang, key)
				continue
			}
			if strings.HasPrefix(key, "month.") || key == "list.more" || strings.HasSuffix(key, "headline_all_on_time") {
				continue // dates and lists are built differently
			}
			if got, want := holes(other), holes(text); !slices.Equal(got, want) {
				t.Errorf("%s: %s asks for %v, zh for %v", lang, key, got, want)
			}
		}
		for key := range texts {
			if _, ok := zh[key]; !ok {
				t.Errorf("%s: %s is in no other language", lang, key)
			}
		}
	}
}

// Each text that a declaration prints is in the catalogues.
func TestTexts_are_complete(t *testing.T) {
	for _, kind := range report.Kinds() {
		keys, err := report.UsedTexts(kind)
		if err != nil {
			t.Fatal(err)
		}
		for _, lang := range report.Languages() {
			texts, err := report.Texts(lang)
			if err != nil {
				t.Fatal(err)
			}
			for _, key := range keys {
				if _, ok := texts[key]; !ok {
					t.Errorf("report %s, language %s: %s is missing", kind, lang, key)
				}
			}
		}
	}
}
