package warehouse

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	icebergio "github.com/apache/iceberg-go/io"
	"github.com/apache/iceberg-go/table"
)

// RecoverOptions are the choices of Recover.
type RecoverOptions struct {
	DryRun bool
	// Choose names the metadata file of a table where the newest cannot be told: table to file name.
	Choose map[string]string
}

// Recovered is a table that Recover has found.
type Recovered struct {
	Table      string
	Metadata   string // the file that the catalog is to point at
	Version    int
	At         time.Time // when that metadata was written
	Rows       int64
	Known      bool     // the catalog has the table already; it is left alone
	Candidates []string // others that are as new, where which is right cannot be told
}

// Recovery is what Recover has found and done.
type Recovery struct {
	Tables   []Recovered
	Location string // the root of the lake that the metadata names; where it differs from the lake, relocate follows
}

// Recover makes the catalog of a lake anew whose catalog is lost: each table gets the newest metadata that lies in its
// directory. Metadata that a crash left behind without the catalog having been moved is as good as any: its files are
// complete and its ledger is its own, so taking it means that the commit has landed after all.
//
// It refuses, and writes nothing, when the catalog has the tables, when two metadata files of a table are equally new and
// Choose does not say which, or when what the metadata names is not there. Nobody may be at work in the lake.
func Recover(ctx context.Context, cfg Config, o RecoverOptions) (Recovery, error) {
	found, err := recovery(ctx, cfg, o)
	if err != nil {
		return found, fmt.Errorf("recover catalog of lake %s: %w", cfg.Dir, err)
	}
	if o.DryRun {
		return found, nil
	}
	l, err := connect(cfg, true)
	if err != nil {
		return found, err
	}
	next := map[string]string{}
	for _, t := range found.Tables {
		if !t.Known {
			next[t.Table] = uriOf(t.Metadata)
		}
	}
	err = l.pointers.setAll(ctx, found.Location, nil, next, nil)
	return found, errors.Join(err, l.Close())
}

func recovery(ctx context.Context, cfg Config, o RecoverOptions) (Recovery, error) {
	known, err := knownTables(ctx, cfg)
	if err != nil {
		return Recovery{}, err
	}
	files, root, err := openStore(cfg)
	if err != nil {
		return Recovery{}, err
	}
	newest, err := newestMetadata(ctx, files, root)
	if err != nil {
		return Recovery{}, err
	}
	if len(newest) == 0 {
		return Recovery{}, fmt.Errorf("%w: there is no metadata of a table below %s", ErrNoLake, root)
	}
	var found Recovery
	var doubtful, fresh []string
	for _, name := range slices.Sorted(maps.Keys(newest)) {
		t := Recovered{Table: name, Known: known[name] != ""}
		candidates := newest[name]
		if choice := o.Choose[name]; choice != "" {
			candidates = slices.DeleteFunc(candidates, func(c string) bool { return baseOf(c) != baseOf(choice) })
			if len(candidates) == 0 {
				return found, fmt.Errorf("%s.%s: there is no newest metadata file %s", namespace, name, choice)
			}
		}
		location := ""
		if location, err = t.read(ctx, files, candidates, !t.Known); err != nil {
			return found, fmt.Errorf("%s.%s: %w", namespace, name, err)
		}
		if found.Location == "" || !t.Known {
			found.Location = dirOf(dirOf(location))
		}
		// The catalog names it as the metadata does, so that a lake that was moved besides is relocated afterwards.
		t.Metadata = location + "/metadata/" + baseOf(t.Metadata)
		found.Tables = append(found.Tables, t)
		switch {
		case t.Known:
		case len(t.Candidates) > 0:
			doubtful = append(doubtful, name)
		default:
			fresh = append(fresh, name)
		}
	}
	switch {
	case len(doubtful) > 0:
		return found, fmt.Errorf("%w: which metadata of %v is the current one cannot be told; look at both and choose one with --choose TABLE=FILE", ErrNotRecoverable, doubtful)
	case len(fresh) == 0:
		return found, fmt.Errorf("%w: the catalog has all tables that lie there", ErrNotRecoverable)
	}
	return found, nil
}

// knownTables are the tables of the catalog, none if there is no catalog.
func knownTables(ctx context.Context, cfg Config) (map[string]string, error) {
	l, err := connect(cfg, false)
	if errors.Is(err, ErrNoLake) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	known, err := map[string]string(nil), error(nil)
	if l.pointers.hasTables(ctx) {
		known, err = l.pointers.all(ctx)
	}
	return known, errors.Join(err, l.Close())
}

// newestMetadata gives the metadata files of the highest version of each table.
func newestMetadata(ctx context.Context, files store, root string) (map[string][]string, error) {
	newest, version := map[string][]string{}, map[string]int{}
	for file, err := range files.list(ctx, root+"/"+namespace) {
		if err != nil {
			return nil, err
		}
		rest, ok := strings.CutSuffix(strings.TrimPrefix(file.name, root+"/"+namespace+"/"), ".metadata.json")
		parts := strings.Split(rest, "/")
		if !ok || len(parts) != 3 || parts[1] != "metadata" {
			continue
		}
		digits, _, _ := strings.Cut(parts[2], "-")
		n, err := strconv.Atoi(digits)
		if err != nil {
			continue
		}
		name := parts[0]
		switch was, ok := version[name]; {
		case !ok || n > was:
			newest[name], version[name] = []string{file.name}, n
		case n == was:
			newest[name] = append(newest[name], file.name)
		}
	}
	return newest, nil
}

// read chooses among metadata files of one version, looks whether what it names is there, and gives the location of the
// table as the metadata has it.
func (t *Recovered) read(ctx context.Context, files store, candidates []string, look bool) (string, error) {
	slices.Sort(candidates)
	var content, here []table.Metadata
	var names []string
	for _, name := range candidates {
		m, err := readMetadata(ctx, files, name)
		if err != nil {
			return "", err
		}
		content = append(content, m)
		if m.Location() == uriOf(dirOf(dirOf(name))) {
			here, names = append(here, m), append(names, name)
		}
	}
	if len(here) > 0 { // what a relocation left behind that was broken off names another place
		content, candidates = here, names
	}
	// Of several that hold nothing, as workers that begin at once leave behind, any is right.
	head := content[0].CurrentSnapshot()
	for i := 1; i < len(content) && t.Candidates == nil; i++ {
		if head != nil || content[i].CurrentSnapshot() != nil {
			t.Candidates = candidates
		}
	}
	t.Metadata, t.At = candidates[0], time.UnixMilli(content[0].LastUpdatedMillis()).UTC()
	digits, _, _ := strings.Cut(baseOf(candidates[0]), "-")
	t.Version, _ = strconv.Atoi(digits)
	location, err := pathOf(content[0].Location())
	if err != nil || head == nil {
		return location, err
	}
	t.Rows = total(head, "total-records")
	if !look {
		return location, nil
	}
	return location, allThere(ctx, files, head, location, dirOf(dirOf(candidates[0])))
}

func readMetadata(ctx context.Context, files store, name string) (table.Metadata, error) {
	content, err := (&attemptFS{ctx: ctx, store: files}).ReadFile(uriOf(name))
	if err != nil {
		return nil, storageError("read", name, err)
	}
	if !json.Valid(content) {
		return nil, fmt.Errorf("%w: %s is no JSON: it was cut short; move it away to go on from the one before", ErrNotRecoverable, name)
	}
	m, err := table.ParseMetadataBytes(content)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return m, nil
}

// allThere looks for everything that a snapshot names, below the place where the table lies now.
func allThere(ctx context.Context, files store, head *table.Snapshot, location, here string) error {
	fs := &elsewhereFS{attemptFS{ctx: ctx, store: files}, location, here}
	manifests, err := head.Manifests(fs)
	if err != nil {
		return fmt.Errorf("%w: manifest list %s: %w", ErrNotRecoverable, head.ManifestList, err)
	}
	for _, m := range manifests {
		for e, err := range m.Entries(fs, true) {
			if err != nil {
				return fmt.Errorf("%w: manifest %s: %w", ErrNotRecoverable, m.FilePath(), err)
			}
			name, err := pathOf(e.DataFile().FilePath())
			if err != nil {
				return err
			}
			if _, err := files.stat(ctx, fs.find(name)); err != nil {
				return fmt.Errorf("%w: a file of the newest metadata is missing: %w", ErrNotRecoverable, err)
			}
		}
	}
	return nil
}

// elsewhereFS finds the files of a table that was moved.
type elsewhereFS struct {
	attemptFS
	from, to string
}

func (f *elsewhereFS) find(name string) string {
	if rest, ok := strings.CutPrefix(name, f.from+"/"); ok {
		return f.to + "/" + rest
	}
	return name
}

// Open opens the file where it is now.
func (f *elsewhereFS) Open(name string) (icebergio.File, error) {
	path, err := pathOf(name)
	if err != nil {
		return nil, err
	}
	return f.attemptFS.Open(uriOf(f.find(path)))
}
