package transform

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// clean removes what no reader needs: the build folder of a run that died, versions beyond those kept, and parts that no
// kept version names and that are older than the grace. The published version always stays.
func clean(dir string, c Config, now time.Time) error {
	if err := os.RemoveAll(filepath.Join(dir, "build")); err != nil {
		return fmt.Errorf("remove leftovers of a run: %w", err)
	}
	all, err := manifests(dir)
	if err != nil {
		return err
	}
	current, err := published(dir)
	if err != nil {
		return err
	}
	kept := map[string]bool{}
	named := map[string]bool{}
	for _, m := range all {
		_, missing := os.Stat(filepath.Join(dir, "versions", m.Version+".duckdb"))
		if m.Version != current && (missing != nil || len(kept) >= c.Keep) {
			// The grace of its parts begins now: a reader may have opened the version a moment ago.
			if err := touchParts(dir, m, now); err != nil {
				return err
			}
			continue
		}
		kept[m.Version] = true
		for _, parts := range m.Parts {
			for _, p := range parts {
				named[p.File] = true
			}
		}
	}
	kept[current] = true // whatever was found of it
	if err := cleanVersions(dir, kept); err != nil {
		return err
	}
	return cleanParts(dir, named, now.Add(-c.Grace))
}

func cleanVersions(dir string, kept map[string]bool) error {
	entries, err := os.ReadDir(filepath.Join(dir, "versions"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("list versions: %w", err)
	}
	for _, e := range entries {
		name, _, _ := strings.Cut(e.Name(), ".")
		if kept[name] {
			continue
		}
		if err := os.Remove(filepath.Join(dir, "versions", e.Name())); err != nil {
			return fmt.Errorf("remove version: %w", err)
		}
	}
	return nil
}

func cleanParts(dir string, named map[string]bool, before time.Time) error {
	files, err := partFiles(dir)
	if err != nil {
		return err
	}
	for _, part := range files {
		file := filepath.Join(dir, part)
		info, err := os.Stat(file)
		if err != nil || named[part] || info.ModTime().After(before) {
			continue
		}
		if err := os.Remove(file); err != nil {
			return fmt.Errorf("remove part: %w", err)
		}
	}
	return nil
}

// partFiles are the parts that lie in the warehouse, as manifests name them.
func partFiles(dir string) ([]string, error) {
	models, err := os.ReadDir(filepath.Join(dir, "parts"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list parts: %w", err)
	}
	var list []string
	for _, model := range models {
		if !model.IsDir() {
			continue
		}
		entries, err := os.ReadDir(filepath.Join(dir, "parts", model.Name()))
		if err != nil {
			return nil, fmt.Errorf("list parts: %w", err)
		}
		for _, e := range entries {
			if filepath.Ext(e.Name()) == ".parquet" {
				list = append(list, filepath.Join("parts", model.Name(), e.Name()))
			}
		}
	}
	return list, nil
}

func touchParts(dir string, m *Manifest, now time.Time) error {
	for _, parts := range m.Parts {
		for _, p := range parts {
			err := os.Chtimes(filepath.Join(dir, p.File), now, now)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("begin the grace of part %s: %w", p.File, err)
			}
		}
	}
	return nil
}
