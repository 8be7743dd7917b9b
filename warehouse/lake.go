package warehouse

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/apache/iceberg-go"
	icebergcatalog "github.com/apache/iceberg-go/catalog"
	"github.com/apache/iceberg-go/table"
	"github.com/google/uuid"
)

// Lake is an open lake. Its methods may be called concurrently.
type Lake struct {
	cfg      Config
	zone     *time.Location
	pointers *pointers
	store    store
	root     string // where the files of the lake are: a path or an s3:// URL

	mu     sync.RWMutex
	shapes map[string]*shape
}

// Create creates the lake, or completes an existing one: tables that are missing, and new optional columns of tables
// that exist. Rejects and Loads are always among the tables.
func Create(ctx context.Context, cfg Config, tables []Table) (*Lake, error) {
	l, err := connect(cfg, true)
	if err != nil {
		return nil, err
	}
	if err := l.create(ctx, tables); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// Open opens an existing lake, with the tables that it has.
func Open(ctx context.Context, cfg Config) (*Lake, error) {
	l, err := connect(cfg, false)
	if err != nil {
		return nil, err
	}
	if err := l.open(ctx); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

func connect(cfg Config, create bool) (*Lake, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(cfg.Zone)
	if err != nil {
		return nil, fmt.Errorf("zone: %w", err)
	}
	abs, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("open lake %s: %w", cfg.Dir, err)
	}
	cfg.Dir = abs
	files, root, err := openStore(cfg)
	if err != nil {
		return nil, err
	}
	p, err := openPointers(cfg, files, create)
	if err != nil {
		return nil, err
	}
	return &Lake{cfg: cfg, zone: zone, pointers: p, store: files, root: root, shapes: map[string]*shape{}}, nil
}

// local says that the files lie in a directory and not in an S3 store.
func (l *Lake) local() bool { return l.cfg.Location == "" }

// Close releases the catalog.
func (l *Lake) Close() error { return l.pointers.close() }

// Zone is the lake's business zone.
func (l *Lake) Zone() *time.Location { return l.zone }

// Dir is the data directory of Config, absolute.
func (l *Lake) Dir() string { return l.cfg.Dir }

// Location is where the files of the lake are: a path, or an s3:// URL.
func (l *Lake) Location() string { return l.root }

func (l *Lake) create(ctx context.Context, tables []Table) error {
	if l.local() {
		if err := makeDir(l.root); err != nil {
			return err
		}
	}
	err := l.pointers.CreateNamespace(ctx, table.Identifier{namespace}, iceberg.Properties{
		propLocation: uriOf(l.root + "/" + namespace),
	})
	// Two workers may start on an empty directory at the same time; the second finds it done.
	if err != nil && !errors.Is(err, icebergcatalog.ErrNamespaceAlreadyExists) {
		if _, lerr := l.pointers.LoadNamespaceProperties(ctx, table.Identifier{namespace}); lerr != nil {
			return fmt.Errorf("create lake %s: %w", l.cfg.Dir, storageError("write", l.pointers.where, err))
		}
	}
	if err := l.open(ctx); err != nil {
		return err
	}
	for _, t := range []Table{Rejects, Loads} {
		if !slices.ContainsFunc(tables, func(d Table) bool { return d.Name == t.Name }) {
			tables = append(slices.Clone(tables), t)
		}
	}
	// All are looked at before one is changed: a release that is refused for one table must not have changed another.
	for _, t := range tables {
		err := t.validate()
		if s, known := l.shape(t.Name); err == nil && known == nil {
			_, err = s.lacks(t)
		}
		if err != nil {
			return err
		}
	}
	for _, t := range tables {
		if err := l.complete(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// open checks that this is the lake that it was and that this release may use it, and learns its tables.
func (l *Lake) open(ctx context.Context) error {
	props, err := l.pointers.LoadNamespaceProperties(ctx, table.Identifier{namespace})
	if err != nil {
		if errors.Is(err, icebergcatalog.ErrNoSuchNamespace) || !l.pointers.hasTables(ctx) {
			return fmt.Errorf("open lake %s: %w: the catalog %s holds none", l.cfg.Dir, ErrNoLake, l.pointers.where)
		}
		return fmt.Errorf("open lake %s: %w", l.cfg.Dir, storageError("read", l.pointers.where, err))
	}
	// The location comes first: in a moved lake no metadata file is where the catalog says.
	if err := l.checkPlace(props[propLocation]); err != nil {
		return err
	}
	for id, err := range l.pointers.ListTables(ctx, table.Identifier{namespace}) {
		if err != nil {
			return fmt.Errorf("open lake %s: %w", l.cfg.Dir, storageError("read", l.pointers.where, err))
		}
		if err := l.learn(ctx, id[len(id)-1]); err != nil {
			return err
		}
	}
	return nil
}

func (l *Lake) checkPlace(location string) error {
	here := l.root + "/" + namespace
	recorded, err := pathOf(location)
	if err != nil {
		return fmt.Errorf("open lake %s: %w", l.cfg.Dir, err)
	}
	if recorded == here {
		return nil
	}
	if !l.local() || strings.HasPrefix(recorded, s3Scheme) {
		return fmt.Errorf("open lake %s: %w: the catalog %s belongs to the lake at %s; set lake.location to that, or use another catalog",
			l.root, ErrMoved, l.pointers.where, dirOf(recorded))
	}
	// The same directory under another name, such as a symbolic link, is the same lake. Its files go by the recorded name
	// from here on: what is listed is compared with what metadata names.
	if root := filepath.Dir(recorded); sameFile(root, l.root) {
		l.root = root
		return nil
	}
	was := filepath.Dir(filepath.Dir(recorded))
	return fmt.Errorf("open lake %s: %w: it was created at %s, and its metadata names every file by that path; move it back, or run `dutyflow lake relocate --dir %s`",
		l.cfg.Dir, ErrMoved, was, l.cfg.Dir)
}

// sameFile says that two names lead to one file or directory, through whatever links.
func sameFile(a, b string) bool {
	x, xerr := os.Stat(a)
	y, yerr := os.Stat(b)
	return xerr == nil && yerr == nil && os.SameFile(x, y)
}

// learn reads a table's shape and refuses what this release must not touch.
func (l *Lake) learn(ctx context.Context, name string) error {
	t, _, err := l.pointers.load(ctx, name)
	if err != nil {
		return err
	}
	props := t.Properties()
	format, err := strconv.Atoi(props[propFormat])
	if err != nil {
		return fmt.Errorf("open %s.%s: property %s is %q, not a number: the table was not made by Dutyflow", namespace, name, propFormat, props[propFormat])
	}
	if format > Format {
		return fmt.Errorf("open %s.%s: %w: it has format %d, this release knows formats up to %d; install the release that wrote it or a newer one",
			namespace, name, ErrNewerFormat, format, Format)
	}
	if zone := props[propZone]; zone != l.cfg.Zone {
		return fmt.Errorf("open %s.%s: %w: it was created for zone %s and the configuration says %s; the zone decides the local date of every row and cannot change: set zone: %s",
			namespace, name, ErrZone, zone, l.cfg.Zone, zone)
	}
	s, err := shapeOf(t)
	if err != nil {
		return err
	}
	if s.layout, err = s.newLayout(); err != nil {
		return err
	}
	l.mu.Lock()
	l.shapes[name] = s
	l.mu.Unlock()
	return nil
}

// complete creates a table or adds the columns that it lacks. It tries again when another process does the same.
func (l *Lake) complete(ctx context.Context, want Table) error {
	var last error
	for range maxAttempts {
		s, err := l.shape(want.Name)
		if errors.Is(err, ErrNoTable) {
			last = l.createTable(ctx, want)
		} else {
			add, err := s.lacks(want)
			if err != nil {
				return err
			}
			if len(add) == 0 && s.Contract == want.Contract {
				return nil
			}
			last = l.widen(ctx, want, add)
		}
		if err := l.learn(ctx, want.Name); err != nil {
			return errors.Join(last, err)
		}
	}
	return fmt.Errorf("complete %s.%s: %w", namespace, want.Name, errors.Join(ErrConflict, last))
}

// older compares contract versions "major.minor". What is not of that form is older than nothing.
func older(a, b string) bool {
	var amajor, aminor, bmajor, bminor int
	if _, err := fmt.Sscanf(a+" "+b, "%d.%d %d.%d", &amajor, &aminor, &bmajor, &bminor); err != nil {
		return false
	}
	return amajor < bmajor || amajor == bmajor && aminor < bminor
}

// checkUnknown refuses to begin a table where one lies that the catalog does not know: its rows and its ledger would be lost
// without a word. A creation that died leaves nothing but a first metadata file, which stands for no row.
func (l *Lake) checkUnknown(ctx context.Context, dir, name string) error {
	for file, err := range l.store.list(ctx, dir+"/metadata") {
		if err != nil {
			return fmt.Errorf("create %s.%s: %w", namespace, name, err)
		}
		if strings.HasSuffix(file.name, ".metadata.json") && !strings.HasPrefix(baseOf(file.name), "00000-") {
			return fmt.Errorf("create %s.%s: %w: %s holds a table that %s does not know; put the catalog back from a backup, make it again with `dutyflow lake recover`, or choose another directory",
				namespace, name, ErrLostCatalog, dir, l.pointers.where)
		}
	}
	return nil
}

func (l *Lake) createTable(ctx context.Context, want Table) error {
	schema := want.icebergSchema()
	spec, err := want.partitionSpec(schema)
	if err != nil {
		return fmt.Errorf("create %s.%s: %w", namespace, want.Name, err)
	}
	order, err := want.order(schema)
	if err != nil {
		return fmt.Errorf("create %s.%s: %w", namespace, want.Name, err)
	}
	dir := l.root + "/" + namespace + "/" + want.Name
	if err := l.checkUnknown(ctx, dir, want.Name); err != nil {
		return err
	}
	// Not the library's CreateTable: it writes where its own registry of file systems says, and does not sync.
	first, err := table.NewMetadata(schema, spec, order, uriOf(dir), want.properties(l.cfg.Zone))
	if err != nil {
		return fmt.Errorf("create %s.%s: %w", namespace, want.Name, err)
	}
	location := dir + "/metadata/00000-" + uuid.NewString() + ".metadata.json"
	content, err := json.Marshal(first)
	if err != nil {
		return fmt.Errorf("create %s.%s: %w", namespace, want.Name, err)
	}
	files := &attemptFS{ctx: ctx, store: l.store}
	if err := files.WriteFile(uriOf(location), content); err != nil {
		return fmt.Errorf("create %s.%s: %w", namespace, want.Name, err)
	}
	if err := l.store.settle(dirOf(location)); err != nil {
		return err
	}
	mine, err := l.pointers.add(ctx, want.Name, uriOf(location))
	if err != nil {
		return fmt.Errorf("create %s.%s: %w", namespace, want.Name, err)
	}
	if !mine {
		files.discard()
	}
	return nil
}

// widen adds optional columns at the end. It makes no snapshot: no row changes.
func (l *Lake) widen(ctx context.Context, want Table, add []Column) error {
	t, fs, err := l.pointers.load(ctx, want.Name)
	if err != nil {
		return err
	}
	tx := t.NewTransaction()
	if len(add) > 0 {
		u := tx.UpdateSchema(true, false)
		for _, c := range add {
			u.AddColumn([]string{c.Name}, c.Type.iceberg(), c.Doc, false, nil)
		}
		if err := u.Commit(); err != nil {
			return fmt.Errorf("add columns to %s.%s: %w", namespace, want.Name, err)
		}
	}
	props := iceberg.Properties{propContract: want.Contract, propDoc: want.Doc}
	for _, c := range add {
		if c.NoBounds {
			props[metricsPrefix+c.Name] = metricsNone
		}
	}
	if err := tx.SetProperties(props); err != nil {
		return fmt.Errorf("add columns to %s.%s: %w", namespace, want.Name, err)
	}
	_, err = tx.Commit(ctx)
	if errors.Is(err, errLostRace) {
		fs.discard()
	}
	return err
}

// shapeNow is the shape of a table as it was just loaded. Another process may have widened it since it was opened here,
// and its files may have a column that the shape of then does not know.
func (l *Lake) shapeNow(t *table.Table) (*shape, error) {
	now, err := shapeOf(t)
	if err != nil {
		return nil, err
	}
	if s, err := l.shape(now.Name); err == nil && s.schema.ID == now.schema.ID {
		return s, nil
	}
	now.layout, err = now.newLayout()
	return now, err
}

// Table returns the declaration of a table as the lake has it.
func (l *Lake) Table(name string) (Table, error) {
	s, err := l.shape(name)
	if err != nil {
		return Table{}, err
	}
	return s.Table, nil
}

func (l *Lake) shape(name string) (*shape, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	s, ok := l.shapes[name]
	if !ok {
		return nil, fmt.Errorf("%s.%s: %w: the lake has %v", namespace, name, ErrNoTable, slices.Sorted(maps.Keys(l.shapes)))
	}
	return s, nil
}
