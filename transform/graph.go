package transform

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/dutyflow/dutyflow/warehouse/duck"
)

// given are the macros and tables that the runner provides.
var given = []string{"zone", "as_of"}

// references parses a query with DuckDB's own parser and returns the names that it refers to: models, macros, seeds and
// lake tables. Names of CTEs are not references, so a CTE may not have the name of a model.
func (p *Project) references(ctx context.Context, db *duck.DB, file, query string) ([]string, error) {
	var tree string
	if err := db.Scalar(ctx, "select json_serialize_sql("+duck.Literal(query)+")::varchar", &tree); err != nil {
		return nil, fmt.Errorf("%s: parse: %w", file, err)
	}
	var root map[string]any
	if err := json.Unmarshal([]byte(tree), &root); err != nil {
		return nil, fmt.Errorf("%s: read syntax tree: %w", file, err)
	}
	if failed, _ := root["error"].(bool); failed {
		return nil, fmt.Errorf("%s: %v at character %v", file, root["error_message"], root["position"])
	}
	if statements, _ := root["statements"].([]any); len(statements) != 1 {
		return nil, fmt.Errorf("%s: holds %d statements; a file is one SELECT", file, len(statements))
	}
	w := walker{tables: map[string]bool{}, ctes: map[string]bool{}, functions: map[string]bool{}}
	w.walk(root)
	p.oneSided(file, root)
	return p.resolve(file, w)
}

func (p *Project) resolve(file string, w walker) ([]string, error) {
	var refs []string
	for name := range w.tables {
		table := strings.TrimPrefix(name, "seed_")
		_, isModel := p.byName[name]
		_, isSeed := p.Seeds[table]
		switch {
		case w.ctes[name] && isModel:
			return nil, fmt.Errorf("%s: a CTE and a model are both called %s", file, name)
		case w.ctes[name]:
			continue
		case strings.HasPrefix(name, "lake."):
			if _, ok := p.Sources[strings.TrimPrefix(name, "lake.")]; !ok {
				return nil, fmt.Errorf("%s: reads %s, which sources/ does not declare", file, name)
			}
		case !isModel && (!isSeed || table == name):
			return nil, fmt.Errorf("%s: reads %s, which is no model, seed or lake table", file, name)
		}
		refs = append(refs, name)
	}
	for name := range w.functions {
		if _, ok := p.macros[name]; ok || slices.Contains(given, name) {
			refs = append(refs, name)
		}
	}
	slices.Sort(refs)
	return refs, nil
}

// walker collects names from a serialised syntax tree.
type walker struct {
	tables, ctes, functions map[string]bool
}

func (w walker) walk(node any) {
	switch n := node.(type) {
	case []any:
		for _, child := range n {
			w.walk(child)
		}
	case map[string]any:
		w.look(n)
		for _, child := range n {
			w.walk(child)
		}
	}
}

func (w walker) look(n map[string]any) {
	if n["type"] == "BASE_TABLE" {
		name, _ := n["table_name"].(string)
		if schema, _ := n["schema_name"].(string); schema != "" {
			name = schema + "." + name
		}
		w.tables[name] = true
	}
	if name, ok := n["function_name"].(string); ok {
		w.functions[name] = true
	}
	// the self-reference of a recursive CTE
	if name, ok := n["cte_name"].(string); ok {
		w.ctes[name] = true
	}
	if ctes, ok := n["cte_map"].(map[string]any); ok {
		entries, _ := ctes["map"].([]any)
		for _, e := range entries {
			if entry, ok := e.(map[string]any); ok {
				if key, ok := entry["key"].(string); ok {
					w.ctes[key] = true
				}
			}
		}
	}
}

// oneSided notes the conditions of left joins that look at the left side alone. DuckDB cannot use a hash join then and
// compares every row with every row, which is noticed only when there are many.
func (p *Project) oneSided(file string, node any) {
	switch n := node.(type) {
	case []any:
		for _, child := range n {
			p.oneSided(file, child)
		}
	case map[string]any:
		if n["type"] == "JOIN" && n["join_type"] == "LEFT" {
			right, _ := n["right"].(map[string]any)
			for _, condition := range conjuncts(n["condition"]) {
				if sides := qualifiers(condition, nil); len(sides) > 0 && !slices.Contains(sides, nameOf(right)) {
					p.oneSidedJoins = append(p.oneSidedJoins, Problem{file, "the left join with " + nameOf(right) +
						" has a condition on " + sides[0] + " alone, which makes it compare every row with every row; compute the key as null instead"})
				}
			}
		}
		for _, child := range n {
			p.oneSided(file, child)
		}
	}
}

func nameOf(table map[string]any) string {
	if alias, _ := table["alias"].(string); alias != "" {
		return alias
	}
	name, _ := table["table_name"].(string)
	return name
}

// conjuncts splits a condition at its ANDs.
func conjuncts(condition any) []any {
	n, ok := condition.(map[string]any)
	if !ok {
		return nil
	}
	if n["type"] != "CONJUNCTION_AND" {
		return []any{n}
	}
	children, _ := n["children"].([]any)
	var out []any
	for _, child := range children {
		out = append(out, conjuncts(child)...)
	}
	return out
}

// qualifiers are the tables that the columns of an expression are of.
func qualifiers(node any, found []string) []string {
	switch n := node.(type) {
	case []any:
		for _, child := range n {
			found = qualifiers(child, found)
		}
	case map[string]any:
		if n["class"] == "COLUMN_REF" {
			if names, _ := n["column_names"].([]any); len(names) > 1 {
				if table, ok := names[0].(string); ok {
					found = append(found, table)
				}
			}
		}
		for _, child := range n {
			found = qualifiers(child, found)
		}
	}
	return found
}
