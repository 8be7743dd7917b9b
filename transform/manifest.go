package transform

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Format is the layout of the warehouse that this binary writes. It rises when an older binary could misread a version.
const Format = 1

// currentLink is what readers open.
const currentLink = "current.duckdb"

// Manifest describes a version. It lies beside the version's DuckDB file, so that a version can be judged, and its parts
// kept, without opening the database.
type Manifest struct {
	Format    int               `json:"format"`
	Version   string            `json:"version"`
	Number    int               `json:"number"`
	AsOf      time.Time         `json:"as_of"`
	AsOfAsked string            `json:"as_of_asked"`
	MadeAt    time.Time         `json:"made_at"`
	Zone      string            `json:"zone"`
	Dir       string            `json:"dir"` // views name their parts by absolute paths: a moved warehouse is made anew
	Project   string            `json:"project"`
	Inputs    string            `json:"inputs"`
	Snapshots map[string]int64  `json:"snapshots"`
	Parts     map[string][]Part `json:"parts"`
}

// Part is a Parquet file of a fact.
type Part struct {
	File string `json:"file"` // relative to the warehouse: parts/<model>/<digest>.parquet
	Rows int64  `json:"rows"`
}

// Path is the DuckDB file of the version.
func (m *Manifest) Path() string { return filepath.Join(m.Dir, "versions", m.Version+".duckdb") }

// Missing returns the first file of the version that is not there as it was written, or "".
func (m *Manifest) Missing() string {
	files := []string{m.Path()}
	for _, parts := range m.Parts {
		for _, part := range parts {
			files = append(files, filepath.Join(m.Dir, part.File))
		}
	}
	slices.Sort(files)
	for _, file := range files {
		if info, err := os.Stat(file); err != nil || info.Size() == 0 {
			return file
		}
	}
	return ""
}

// Current returns the manifest of the version that is published in the warehouse dir.
func Current(dir string) (*Manifest, error) {
	target, err := os.Readlink(filepath.Join(dir, currentLink))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("warehouse %s: %w", dir, ErrNoVersion)
	}
	if err != nil {
		return nil, fmt.Errorf("read published version of %s: %w", dir, err)
	}
	name := strings.TrimSuffix(filepath.Base(target), ".duckdb")
	m, err := readManifest(filepath.Join(dir, "versions", name+".json"))
	if err != nil {
		return nil, err
	}
	if m.Format > Format {
		return nil, fmt.Errorf("version %s of %s has format %d, this binary knows up to %d: %w; use the newer binary",
			m.Version, dir, m.Format, Format, ErrNewerFormat)
	}
	return m, nil
}

func readManifest(path string) (*Manifest, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read version manifest: %w", err)
	}
	var m Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, fmt.Errorf("read version manifest %s: %w", path, err)
	}
	return &m, nil
}

// manifests returns all versions of the warehouse, newest first.
func manifests(dir string) ([]*Manifest, error) {
	files, err := filepath.Glob(filepath.Join(dir, "versions", "*.json"))
	if err != nil {
		return nil, fmt.Errorf("list versions of %s: %w", dir, err)
	}
	var list []*Manifest
	for _, file := range files {
		m, err := readManifest(file)
		if err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b *Manifest) int { return b.Number - a.Number })
	return list, nil
}
