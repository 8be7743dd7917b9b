package report

import "fmt"

// Comparison is how a value, the one before and their difference are printed.
type Comparison struct {
	Value, Earlier, Change string
	Flat                   bool
}

// Compare prints x and the value before as figures of the kind are.
func Compare(kindName string, x, earlier float64) Comparison {
	c := kinds[kindName].compare(x, &earlier)
	return Comparison{Value: c.value, Earlier: c.earlier, Change: c.change, Flat: c.flat}
}

// Texts are the texts of a language.
func Texts(lang string) (map[string]string, error) {
	c, err := readCatalogue(lang)
	if err != nil {
		return nil, err
	}
	return c.texts, nil
}

// UsedTexts are the catalogue keys that the declaration of a report prints.
func UsedTexts(report string) ([]string, error) {
	s, err := readSpec(report)
	if err != nil {
		return nil, err
	}
	var keys []string
	nothing := func(figure) error { return nil }
	err = s.walk(walker{
		figure: nothing,
		rule:   func(rule) error { return nil },
		data:   func(string) error { return nil },
		text:   func(key string) error { keys = append(keys, key); return nil },
	})
	for _, d := range s.Data {
		keys = append(keys, "query."+d.reference())
	}
	return keys, err
}

// Rules are the ids of all rules of a report.
func Rules(report string) ([]string, error) {
	s, err := readSpec(report)
	if err != nil {
		return nil, err
	}
	var ids []string
	err = s.walk(walker{
		figure: func(figure) error { return nil },
		rule:   func(r rule) error { ids = append(ids, r.ID); return nil },
		data:   func(string) error { return nil },
		text:   func(string) error { return nil },
	})
	return ids, err
}

// CheckSpec says what is wrong with the text of a declaration.
func CheckSpec(text string) error {
	if _, err := parseSpec("test", []byte(text)); err != nil {
		return fmt.Errorf("check: %w", err)
	}
	return nil
}
