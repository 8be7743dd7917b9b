package sql

import (
	"embed"
	"fmt"
	"io/fs"
)

// project holds every file of the project. A folder joins the list when its first file exists: go:embed refuses
// a pattern that matches nothing.
//
//go:embed seeds sources staging intermediate marts views macros metrics checks
var project embed.FS

// Project returns the models, views, checks, macros, metrics and seeds as one file system whose root is this folder.
func Project() fs.FS {
	return project
}

// Seed returns the content of a seed, e.g. "holiday_cn.csv".
func Seed(name string) ([]byte, error) {
	b, err := project.ReadFile("seeds/" + name)
	if err != nil {
		return nil, fmt.Errorf("read seed %s: %w", name, err)
	}
	return b, nil
}
