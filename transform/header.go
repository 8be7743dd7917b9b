package transform

import (
	"fmt"
	"slices"
	"strings"
)

// header is the block of `-- key: value` lines that opens a file. A line `--   more` continues the value before.
type header map[string]string

// splitHeader separates the header from the query below it.
func splitHeader(text string) (header, string, error) {
	h := header{}
	lines := strings.SplitAfter(text, "\n")
	last := ""
	n := 0
	for ; n < len(lines) && strings.HasPrefix(lines[n], "--"); n++ {
		line := strings.TrimSpace(strings.TrimPrefix(strings.TrimRight(lines[n], "\r\n"), "--"))
		key, value, ok := strings.Cut(line, ":")
		switch {
		case ok && isKey(key) && !strings.HasPrefix(lines[n], "--  "):
			if _, twice := h[key]; twice {
				return nil, "", fmt.Errorf("header line %d: %s is given twice", n+1, key)
			}
			h[key] = strings.TrimSpace(value)
			last = key
		case last != "":
			h[last] += " " + line
		default:
			return nil, "", fmt.Errorf("header line %d: want `-- key: value`, got %q", n+1, line)
		}
	}
	body := strings.TrimSpace(strings.Join(lines[n:], ""))
	if body == "" {
		return nil, "", fmt.Errorf("no query below the header")
	}
	return h, strings.TrimSuffix(body, ";"), nil
}

func isKey(s string) bool {
	for _, r := range s {
		if (r < 'a' || r > 'z') && r != '_' {
			return false
		}
	}
	return s != ""
}

// require reports a key that is not known, or the first that is missing.
func (h header) require(needed, optional []string) error {
	for key := range h {
		if !slices.Contains(needed, key) && !slices.Contains(optional, key) {
			return fmt.Errorf("header: %s is not a key of this kind of file", key)
		}
	}
	for _, key := range needed {
		if h[key] == "" {
			return fmt.Errorf("header: %s is missing", key)
		}
	}
	return nil
}
