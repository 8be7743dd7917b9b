package transform

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// clean removes what no reader needs: the build folder of a run that died, versions beyond those kept or that were never
// published, and parts that no kept version names and that are older than the grace. The published version always stays.
func clean(dir string, c Config, now time.Time, log *slog.Logger) error {
	if err := os.RemoveAll(filepath.Join(dir, "build")); err != nil {
		return fmt.Errorf("remove leftovers of a run: %w", err)
	}
	all, whole, err := manifests(dir, log)
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
		// A run that died between the version and the link left a number above the published one.
		never := current != "" && m.Number > numberOf(current)
		if m.Version != current && (missing != nil || never || len(kept) >= c.Keep) {
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
	if current != "" && !kept[current] {
		kept[current], whole = true, false // whatever became of its manifest
	}
	if err := cleanVersions(dir, kept); err != nil {
		return err
	}
	return cleanParts(dir, named, now, c.Grace, whole)
}

func cleanVersions(dir string, kept map[string]bool) error {
	files, err := versionFiles(dir)
	if err != nil {
		return err
	}
	for _, file := range files {
		name, _, _ := strings.Cut(file, ".")
		if kept[name] {
			continue
		}
		if err := os.Remove(filepath.Join(dir, "versions", file)); err != nil {
			return fmt.Errorf("remove version: %w", err)
		}
	}
	return nil
}

// cleanParts removes the parts that nothing names. Where not all versions could be read, any part may be one of theirs, and
// its grace begins now.
func cleanParts(dir string, named map[string]bool, now time.Time, grace time.Duration, whole bool) error {
	files, err := partFiles(dir)
	if err != nil {
		return err
	}
	for _, part := range files {
		file := filepath.Join(dir, part)
		info, err := os.Stat(file)
		if err != nil || named[part] {
			continue
		}
		if !whole {
			if err := os.Chtimes(file, now, now); err != nil {
				return fmt.Errorf("begin the grace of part %s: %w", part, err)
			}
			continue
		}
		if info.ModTime().After(now.Add(-grace)) {
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
