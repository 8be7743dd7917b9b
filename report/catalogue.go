package report

import (
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"
)

// catalogue holds every text of one language. A key that is missing is found by the tests, which demand the same keys
// of all languages; at run time it is an error rather than a hole in a document.
type catalogue struct {
	lang  string
	texts map[string]string
}

func languages() []string {
	entries, _ := fs.ReadDir(files, "texts")
	var langs []string
	for _, entry := range entries {
		langs = append(langs, strings.TrimSuffix(entry.Name(), ".yaml"))
	}
	return langs
}

func readCatalogue(lang string) (*catalogue, error) {
	for _, known := range languages() {
		if known != lang {
			continue
		}
		text, err := files.ReadFile("texts/" + lang + ".yaml")
		if err != nil {
			return nil, fmt.Errorf("read texts %s: %w", lang, err)
		}
		c := &catalogue{lang: lang}
		if err := yaml.UnmarshalWithOptions(text, &c.texts, yaml.Strict()); err != nil {
			return nil, fmt.Errorf("read texts %s: %w", lang, err)
		}
		return c, nil
	}
	return nil, fmt.Errorf("language %q: %w; there are: %s", lang, ErrUnknownFormat, strings.Join(languages(), ", "))
}

// get returns the text of key, with the placeholders of plain filled in.
func (c *catalogue) get(key string, plain map[string]string) (string, error) {
	var missing error
	text, ok := c.texts[key]
	if !ok {
		return "", fmt.Errorf("texts %s: there is no %q", c.lang, key)
	}
	text = placeholder.ReplaceAllStringFunc(text, func(hole string) string {
		m := placeholder.FindStringSubmatch(hole)
		v, ok := plain[m[1]]
		if !ok {
			missing = fmt.Errorf("texts %s: %s: nothing is known about {%s}", c.lang, key, m[1])
			return ""
		}
		if m[2] != "" {
			return plural(v, m[2], m[3])
		}
		return v
	})
	return text, missing
}

// placeholder is {name}, or {name|one|many}: a word that follows the number.
var placeholder = regexp.MustCompile(`\{([a-z_]+)(?:\|([^|}]*)\|([^|}]*))?\}`)

// plural chooses by what is printed: "1.00 working days" but "1 case".
func plural(printed, one, many string) string {
	if printed == "1" {
		return one
	}
	return many
}
