// Package cmd_test keeps the import directions of ARCHITECTURE.md: the packages may know each other in one direction only.
package cmd_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/dutyflow/dutyflow/"

// forbidden says what the packages below a tree must not reach, even indirectly, and why.
var forbidden = []struct {
	tree  string
	reach []string
	why   string
}{
	{"warehouse", []string{"ingest", "transform", "report", "export", "sql", "lists", "city", "cmd"}, "the lake is the contract between the halves"},
	{"ingest/record", []string{"ingest/kafka", "ingest/broker", "ingest/file", "ingest/load", "warehouse", "transform", "sql", "lists", "city", "cmd"}, "the domain has no technology in it"},
	{"ingest", []string{"transform", "report", "export", "warehouse/duck", "sql", "lists", "city", "cmd"}, "the loader builds without cgo"},
	{"transform", []string{"ingest", "report", "export", "sql", "lists", "city", "cmd"}, "models come in as an fs.FS; any project of models can be run"},
	{"report", []string{"ingest", "transform", "export", "lists", "city", "cmd"}, "a report reads published marts and nothing else"},
	{"export", []string{"ingest", "transform", "report", "sql", "lists", "city", "cmd"}, "an export reads published views and facts and nothing else"},
	{"lists", []string{"ingest", "transform", "report", "warehouse/duck", "sql", "city", "cmd"}, "lists go into the lake like records do"},
	{"city", []string{"warehouse/duck", "transform", "report", "cmd", "ingest/kafka", "ingest/broker"}, "the simulation is an outside system: it only makes messages"},
	{"sql", []string{"ingest", "warehouse", "transform", "report", "lists", "city", "cmd"}, "the models are data"},
}

// The imports of each package go in one direction. The files are parsed here, because a test that asks `go list`
// is served stale from the test cache.
func TestImports_GoInOneDirection(t *testing.T) {
	imports := projectImports(t)
	for _, rule := range forbidden {
		for pkg := range imports {
			if !within(pkg, rule.tree) {
				continue
			}
			for _, bad := range rule.reach {
				if chain := reach(imports, pkg, bad); chain != nil {
					t.Errorf("%s must not reach %s, because %s: %s", pkg, bad, rule.why, strings.Join(chain, " -> "))
				}
			}
		}
	}
}

// DuckDB is the one library that needs cgo; it is imported in one package only.
func TestImports_DuckDBStaysInOnePackage(t *testing.T) {
	for pkg, list := range allImports(t) {
		for _, imported := range list {
			if strings.HasPrefix(imported, "github.com/duckdb/") && pkg != "warehouse/duck" {
				t.Errorf("%s imports %s: go through warehouse/duck, so that cgo stays there", pkg, imported)
			}
		}
	}
}

// A rule about a tree that is not there would hold for ever.
func TestImports_RulesNamePackagesThatExist(t *testing.T) {
	imports := projectImports(t)
	for _, rule := range forbidden {
		for _, tree := range append([]string{rule.tree}, rule.reach...) {
			found := false
			for pkg := range imports {
				found = found || within(pkg, tree)
			}
			if !found {
				t.Errorf("no package in %s", tree)
			}
		}
	}
}

func within(pkg, tree string) bool { return pkg == tree || strings.HasPrefix(pkg, tree+"/") }

// reach returns the shortest chain of imports from pkg into tree, nil when there is none.
func reach(imports map[string][]string, pkg, tree string) []string {
	before := map[string]string{pkg: ""}
	for queue := []string{pkg}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if at != pkg && within(at, tree) {
			var chain []string
			for p := at; p != ""; p = before[p] {
				chain = append([]string{p}, chain...)
			}
			return chain
		}
		for _, next := range imports[at] {
			if _, seen := before[next]; !seen {
				before[next] = at
				queue = append(queue, next)
			}
		}
	}
	return nil
}

// projectImports maps each package (path below the module) to the project packages it imports outside its tests.
func projectImports(t *testing.T) map[string][]string {
	t.Helper()
	all := allImports(t)
	ours := make(map[string][]string, len(all))
	for pkg, list := range all {
		ours[pkg] = nil
		for _, imported := range list {
			if p, ok := strings.CutPrefix(imported, module); ok {
				ours[pkg] = append(ours[pkg], p)
			}
		}
	}
	return ours
}

func allImports(t *testing.T) map[string][]string {
	t.Helper()
	root := os.DirFS("..")
	imports := map[string][]string{}
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if base := d.Name(); name != "." && (strings.HasPrefix(base, ".") || base == "testdata" || base == "tools") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		src, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.ToSlash(name), src, parser.ImportsOnly)
		if err != nil {
			return err
		}
		pkg := path.Dir(name)
		imports[pkg] = append(imports[pkg], importPaths(file.Imports)...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for pkg, list := range imports {
		slices.Sort(list)
		imports[pkg] = slices.Compact(list)
	}
	return imports
}

func importPaths(specs []*ast.ImportSpec) []string {
	paths := make([]string, 0, len(specs))
	for _, spec := range specs {
		if p, err := strconv.Unquote(spec.Path.Value); err == nil {
			paths = append(paths, p)
		}
	}
	return paths
}
