package lists

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// normaliseLimits reads limits by kind and writes them as expert=20 wd;survey=5 wd.
func (f *Field) normaliseLimits(s string) (string, error) {
	number, unit := Field{Type: Number, Max: 100_000}, Field{Type: Enum, Values: units()}
	var out, seen []string
	for part := range strings.SplitSeq(s, ";") {
		kind, limit, ok := strings.Cut(part, "=")
		words := strings.Fields(limit)
		if !ok || len(words) != 2 {
			return "", fmt.Errorf("%q is not a limit: write kind=number unit, as expert=20 wd; separate several by a semicolon each", strings.TrimSpace(part))
		}
		kind = strings.TrimSpace(kind)
		if err := f.checkEnum(kind); err != nil {
			return "", err
		}
		n, err := number.normalise(words[0])
		if err != nil {
			return "", err
		}
		if err := unit.checkEnum(words[1]); err != nil {
			return "", err
		}
		if slices.Contains(seen, kind) {
			return "", fmt.Errorf("limit of %s is given twice: remove one", kind)
		}
		seen = append(seen, kind)
		out = append(out, kind+"="+n+" "+words[1])
	}
	return strings.Join(out, ";"), nil
}

// metricNumbers are the numbers that the catalogue of metrics uses; a letter or two after a number tells variants apart.
var metricNumbers = [][2]int{{1, 38}, {40, 48}, {50, 86}, {90, 99}}

var metricForm = regexp.MustCompile(`^M(\d\d)[a-z]{0,2}$`)

func checkMetric(s string) error {
	if m := metricForm.FindStringSubmatch(s); m != nil {
		n, _ := strconv.Atoi(m[1]) // two digits
		for _, r := range metricNumbers {
			if n >= r[0] && n <= r[1] {
				return nil
			}
		}
	}
	return fmt.Errorf("%q is no metric: write an id such as M22, see docs/metrics.md", s)
}

// The parts of a condition: a fraction of a limit, perhaps shifted, or a time of its own.
const (
	limitWord   = `(?:promised|statutory|limit)`
	plainNumber = `\d+(?:\.\d{1,3})?`
	timeSpan    = plainNumber + ` (?:wd|nd|wh|wmin|h|min)`
)

var conditionForm = regexp.MustCompile(`^elapsed > (?:(?:(?:[1-9]\d*/[1-9]\d*|` + plainNumber + `%) )?` + limitWord + `(?: [-+] ` + timeSpan + `)?|` + timeSpan + `)` +
	`(?: when ` + limitWord + ` (?:>=|<=|>|<) ` + timeSpan + `)?$`)

// normaliseCondition sets the white space of a condition; its form is described with the list light_rule.
func normaliseCondition(s string) (string, error) {
	s = strings.Join(strings.Fields(s), " ")
	if !conditionForm.MatchString(s) {
		return "", errors.New("is no condition: write for example elapsed > promised, elapsed > 2/3 promised when promised < 4 wd, " +
			"elapsed > limit + 1 wd or elapsed > 2 wd")
	}
	return s, nil
}
