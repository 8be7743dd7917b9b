package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dutyflow/dutyflow/transform/transformtest"
)

// update says whether generated documents are written anew: the flag -update, which transformtest declares.
var update = transformtest.Update

// docs/configuration.md names every setting with its default and its variable; it follows from the declarations.
func TestGenerated_ConfigurationDocument(t *testing.T) {
	var doc strings.Builder
	doc.WriteString(`# Configuration

Written from the declarations by ` + "`make docs`" + `; a test compares the two.

` + "`dutyflow.yaml`" + ` in the working directory, or the file that ` + "`--config`" + ` names. Every key is optional unless it says otherwise; an
unknown key is an error. A variable of the environment overrides the file, a flag overrides both. Lists in a variable are
separated by commas.

| key | default | variable | meaning |
| --- | --- | --- | --- |
`)
	describe(t, &doc, reflect.ValueOf(defaultConfig()), "", environmentPrefix)
	compareGenerated(t, filepath.Join("..", "..", "docs", "configuration.md"), doc.String())
}

func describe(t *testing.T, doc *strings.Builder, v reflect.Value, path, variable string) {
	comments := fieldComments(t, v.Type())
	for i := range v.NumField() {
		field := v.Type().Field(i)
		key, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		if key == "" || key == "-" {
			continue
		}
		name := variable + strings.ToUpper(key)
		if field.Type.Kind() == reflect.Struct {
			describe(t, doc, v.Field(i), path+key+".", name+"_")
			continue
		}
		meaning := comments[field.Name]
		if meaning == "" {
			t.Errorf("%s.%s has no comment that says what setting %s%s means", v.Type(), field.Name, path, key)
		}
		fmt.Fprintf(doc, "| `%s%s` | %s | `%s` | %s |\n", path, key, defaultText(v.Field(i)), name, strings.ReplaceAll(meaning, "|", "\\|"))
	}
}

func defaultText(v reflect.Value) string {
	if d, ok := v.Interface().(time.Duration); ok {
		return "`" + d.String() + "`"
	}
	if v.IsZero() || (v.Kind() == reflect.Slice && v.Len() == 0) {
		if v.Kind() == reflect.Bool {
			return "`false`"
		}
		if v.Kind() >= reflect.Int && v.Kind() <= reflect.Float64 {
			return "`0`"
		}
		return "none"
	}
	if v.Kind() == reflect.Map { // of names to themselves
		var names []string
		for _, key := range v.MapKeys() {
			names = append(names, key.String())
		}
		slices.Sort(names)
		return "`[" + strings.Join(names, ", ") + "]`"
	}
	return "`" + fmt.Sprint(v.Interface()) + "`"
}

// fieldComments reads what the source says of each field of a configuration struct.
func fieldComments(t *testing.T, typ reflect.Type) map[string]string {
	t.Helper()
	dir := filepath.Join("..", "..", strings.TrimPrefix(typ.PkgPath(), "github.com/dutyflow/dutyflow/"))
	if typ.PkgPath() == "main" || strings.HasSuffix(typ.PkgPath(), "cmd/dutyflow") {
		dir = "."
	}
	entries, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	comments := map[string]string{}
	for _, entry := range entries {
		if strings.HasSuffix(entry, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), entry, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok || spec.Name.Name != typ.Name() {
				return true
			}
			if s, ok := spec.Type.(*ast.StructType); ok {
				for _, f := range s.Fields.List {
					text := strings.TrimSpace(f.Doc.Text() + " " + f.Comment.Text())
					for _, name := range f.Names {
						comments[name.Name] = strings.Join(strings.Fields(text), " ")
					}
				}
			}
			return false
		})
	}
	return comments
}

// compareGenerated holds a committed document against what the code says, or writes it with -update.
func compareGenerated(t *testing.T, path, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; `make docs` writes it", err)
	}
	if string(got) != want {
		t.Errorf("%s does not say what the code says; `make docs` writes it anew", path)
	}
}
