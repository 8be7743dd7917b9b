package transform

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dutyflow/dutyflow/warehouse"
)

// Format is the layout of the warehouse that this binary writes. It rises when an older binary could misread a version.
const Format = 2

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
	Bytes     int64             `json:"bytes"` // of the DuckDB file

	// What the next run needs to know to compute no more than what changed.
	LastEvent time.Time            `json:"last_event"` // of the records that count
	Lake      map[string]seenTable `json:"lake"`
	Code      map[string]string    `json:"code"`    // hash by model of what is kept: facts by entity, sums and checks by name
	Context   map[string]string    `json:"context"` // digest by table without entity
	Segments  map[string][]Segment `json:"segments"`
	Credit    map[string]int64     `json:"credit"` // see the function of this name
	SumParts  map[string][]SumPart `json:"sum_parts"`
	Checks    map[string]keptCheck `json:"checks"`
}

// Segment is a set of entities with the parts that hold their facts. An entity lives in one segment; the segments that
// held it before know it as dead.
type Segment struct {
	No       int             `json:"no"`
	IDs      Part            `json:"ids"` // entity and month, for each month in which it ever had a record
	Parts    map[string]Part `json:"parts"`
	Entities int64           `json:"entities"`
	Dead     int64           `json:"dead"`
	Records  int64           `json:"records"` // of the lake, from which it was computed
}

// seenTable is what a version saw of a lake table.
type seenTable struct {
	Sequence int64      `json:"sequence"`
	Rows     int64      `json:"rows"`
	Edited   string     `json:"edited"`
	Files    []string   `json:"files"`
	Ledger   []seenMark `json:"ledger"`
}

type seenMark struct {
	Cluster   string `json:"cluster"`
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Next      int64  `json:"next"`
}

// keptCheck is what a check of facts has found so far.
type keptCheck struct {
	Rows    int64      `json:"rows"`
	Columns []string   `json:"columns"`
	Sample  [][]string `json:"sample"`
}

func seen(s warehouse.Snapshot) seenTable {
	t := seenTable{Sequence: s.Sequence, Rows: s.Rows, Edited: s.Edited}
	for _, f := range s.Files {
		t.Files = append(t.Files, fileName(f))
	}
	for p, m := range s.Ledger {
		t.Ledger = append(t.Ledger, seenMark{p.Cluster, p.Topic, p.ID, m.Next})
	}
	slices.SortFunc(t.Ledger, func(a, b seenMark) int {
		return cmp.Or(cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
	})
	return t
}

// fileName is the name of a file by which it is known again.
func fileName(f warehouse.PinnedFile) string { return cmp.Or(f.Name, f.Path) }

// Part is a Parquet file of a fact.
type Part struct {
	File string `json:"file"` // relative to the warehouse: parts/<model>/<digest>.parquet
	Rows int64  `json:"rows"`

	Bytes int64 `json:"bytes"` // 0: written before sizes were kept
}

// Path is the DuckDB file of the version.
func (m *Manifest) Path() string { return filepath.Join(m.Dir, "versions", m.Version+".duckdb") }

// Missing returns the first file of the version that is not there as it was written, or "".
func (m *Manifest) Missing() string {
	files := map[string]int64{m.Path(): m.Bytes}
	for _, parts := range m.Parts {
		for _, part := range parts {
			files[filepath.Join(m.Dir, part.File)] = part.Bytes
		}
	}
	for _, file := range slices.Sorted(maps.Keys(files)) {
		info, err := os.Stat(file)
		if err != nil || info.Size() == 0 || (files[file] > 0 && info.Size() != files[file]) {
			return file
		}
	}
	return ""
}

// Current returns the manifest of the version that is published in the warehouse dir.
func Current(dir string) (*Manifest, error) {
	name, err := published(dir)
	if err != nil {
		return nil, err
	}
	if name == "" {
		return nil, fmt.Errorf("warehouse %s: %w", dir, ErrNoVersion)
	}
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

// published is the name of the version that readers open, whatever has become of its files; empty: there is none.
func published(dir string) (string, error) {
	target, err := os.Readlink(filepath.Join(dir, currentLink))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read published version of %s: %w", dir, err)
	}
	return strings.TrimSuffix(filepath.Base(target), ".duckdb"), nil
}

// Kept returns the manifest of a version that the warehouse dir still keeps, by its name or the beginning of it.
func Kept(dir, name string) (*Manifest, error) {
	list, _, err := manifests(dir, slog.New(slog.DiscardHandler)) // a version that cannot be read is none to choose
	if err != nil {
		return nil, err
	}
	var names []string
	var found []*Manifest
	for _, m := range list {
		names = append(names, m.Version)
		if m.Version == name {
			found = []*Manifest{m}
			break
		}
		if strings.HasPrefix(m.Version, name) {
			found = append(found, m)
		}
	}
	if len(found) != 1 {
		return nil, fmt.Errorf("version %s of %s: %d versions have this name; kept are %s", name, dir, len(found), strings.Join(names, ", "))
	}
	if found[0].Format > Format {
		return nil, fmt.Errorf("version %s of %s has format %d, this binary knows up to %d: %w; use the newer binary",
			found[0].Version, dir, found[0].Format, Format, ErrNewerFormat)
	}
	return found[0], nil
}

func readManifest(path string) (*Manifest, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read version manifest: %w", err)
	}
	var m Manifest
	err = json.Unmarshal(text, &m)
	if m.Format > Format { // it may hold what this binary cannot read
		return &m, nil
	}
	if name := strings.TrimSuffix(filepath.Base(path), ".json"); err == nil && m.Version != name {
		err = fmt.Errorf("it is of version %q", m.Version)
	}
	if err != nil {
		return nil, fmt.Errorf("read version manifest %s: %w", path, err)
	}
	return &m, nil
}

// manifests returns the versions of the warehouse, newest first. A manifest that cannot be read is passed over with a
// warning, and whole is false.
func manifests(dir string, log *slog.Logger) (list []*Manifest, whole bool, err error) {
	names, err := versionFiles(dir)
	if err != nil {
		return nil, false, err
	}
	whole = true
	for _, name := range names {
		if filepath.Ext(name) != ".json" {
			continue
		}
		m, err := readManifest(filepath.Join(dir, "versions", name))
		if err != nil {
			log.Warn("a version is passed over", "err", err)
			whole = false
			continue
		}
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b *Manifest) int { return b.Number - a.Number })
	return list, whole, nil
}

// versionFiles are the files of the versions. They are not found by a pattern: the folder's own name may hold what a
// pattern takes for more than it says.
func versionFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(dir, "versions"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list versions of %s: %w", dir, err)
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, nil
}

// numberOf is the number in a version's name, 0 if there is none.
func numberOf(name string) int {
	digits, _, _ := strings.Cut(strings.TrimPrefix(name, "v"), "-")
	n, _ := strconv.Atoi(digits) // what is no number is no version of this binary
	return n
}
