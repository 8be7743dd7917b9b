package transform

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/duck"
)

// Lake is what the transform needs of the lake.
type Lake interface {
	// Pin fixes each named table at its current snapshot.
	Pin(ctx context.Context, tables ...string) ([]warehouse.Snapshot, error)
	// Hold keeps snapshots from expiry under a name, until Release.
	Hold(ctx context.Context, name string, pinned []warehouse.Snapshot) error
	// Release gives up what is held under the names that keep does not want.
	Release(ctx context.Context, keep func(name string) bool) error
	// Zone is the business zone, which never changes.
	Zone() *time.Location
}

// Options say what to transform and how.
type Options struct {
	Lake     Lake
	Dir      string    // the warehouse: versions, parts, current.duckdb
	Project  fs.FS     // the SQL project
	AsOf     time.Time // ignore events after it; zero: up to the last event in the lake
	Full     bool      // compute again even when nothing changed
	Select   []string  // build only these models and what they need, and publish nothing
	From, To time.Time // local days: compute again the entities with records between them, both included; zero: none
	Plan     bool      // say what would be done, and do nothing
	Config   Config    // zero: DefaultConfig
	Wait     bool      // if another transform holds the warehouse: wait for it instead of giving up
	Progress func(Progress)
	Logger   *slog.Logger
	Faults   func(step string) error // tests make a run fail after a step with it; nil: none
	Now      func() time.Time        // for version.made_at and the grace of parts; nil: time.Now
}

// Progress is a step of the work.
type Progress struct {
	Step        string // what is being done, e.g. "fact_case"
	Done, Total int    // steps
}

// Result is what a run did.
type Result struct {
	Version  string // name of the published version, e.g. "v000012-5c1f0a9be2d4"
	Path     string // its DuckDB file
	Kind     string // full, increment or restate; empty when nothing was done
	UpToDate bool   // the inputs are those of the published version: nothing was done
	AsOf     time.Time
	Touched  map[string]int64 // by kind of entity: how many were computed
	Woken    map[string]int64 // how many count otherwise because time passed
	Inputs   []string         // why a run is, or would be, needed; "step: snapshot 17 -> 18"
	Models   []ModelRun
	Checks   []CheckRun
}

// ModelRun is one model of a run, or of a plan.
type ModelRun struct {
	Name     string
	Layer    string
	Kind     Kind
	Rows     int64 // of tables and parts: those of this run
	Duration time.Duration
	Why      string // of a plan: what of it would be computed, and for which reason
}

// Run brings the warehouse up to the lake. It returns when a new version is published, or at once with UpToDate when
// nothing changed since the published one. On any error the version before stands.
func Run(ctx context.Context, o Options) (Result, error) {
	o = o.withDefaults()
	if err := o.Config.Validate(); err != nil {
		return Result{}, fmt.Errorf("transform: %w", err)
	}
	project, err := Load(ctx, o.Project)
	if err != nil {
		return Result{}, err
	}
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		return Result{}, fmt.Errorf("make warehouse %s: %w", o.Dir, err)
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return Result{}, fmt.Errorf("resolve warehouse %s: %w", o.Dir, err)
	}
	o.Dir = dir
	if !o.Plan {
		unlock, err := o.lock(ctx)
		if err != nil {
			return Result{}, err
		}
		defer unlock()
	}
	r, err := prepare(ctx, o, project)
	if err != nil {
		return Result{}, err
	}
	if r.result.UpToDate && !o.Full && o.From.IsZero() && len(o.Select) == 0 {
		o.Logger.Info("warehouse is up to date", "version", r.result.Version)
		return r.result, nil
	}
	r.result.UpToDate = false
	if o.Plan {
		return r.plan(ctx)
	}
	return r.run(ctx)
}

// lock keeps other transforms away. The error names who holds the warehouse.
func (o Options) lock(ctx context.Context) (unlock func(), err error) {
	unlock, err = warehouse.Lock(o.Dir, "transform", "dutyflow transform", false)
	if !o.Wait || !errors.Is(err, warehouse.ErrLocked) {
		return unlock, err
	}
	o.Logger.Info("waiting for another transform", "err", err)
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for errors.Is(err, warehouse.ErrLocked) {
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: %w", ctx.Err(), err)
		case <-tick.C:
			unlock, err = warehouse.Lock(o.Dir, "transform", "dutyflow transform", false)
		}
	}
	return unlock, err
}

func (o Options) withDefaults() Options {
	if o.Config == (Config{}) {
		o.Config = DefaultConfig()
	}
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Faults == nil {
		o.Faults = func(string) error { return nil }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// run is one run under way.
type run struct {
	Options
	project   *Project
	snapshots []warehouse.Snapshot
	inputs    string // digest of all that decides the result
	before    *Manifest
	result    Result
	work      string // folder of this run; removed at its end
	db        *duck.DB
	parts     map[string][]Part
	samples   map[string]*CheckRun
	step      int
	steps     int
	missing   string // of the published version

	unreadable string // why nothing is known of the published version
	started    time.Time

	names         []string            // of the models and macros to build, in order
	kinds         []string            // of entities
	models        map[string][]*Model // by kind of entity
	sums          []*sum
	factChecks    []*factCheck
	lakeChecks    []*factCheck      // read records: the new ones, unless there is a reason to read all
	recounted     bool              // records of the version before count otherwise now
	full          map[string]string // by kind: why all is computed; empty: what is touched is
	code          map[string]string // see Manifest
	contextDigest map[string]string
	segments      map[string][]Segment
	lastSegment   map[string]int
	sumParts      map[string][]SumPart
	touched       map[string]int64 // entities, by kind
	woken         map[string]int64
	newRecords    map[string]int64
	credit        map[string]int64    // left for merging, by kind
	months        map[string][]string // in which the touched entities have records
	tallies       map[string]*tally
}

// lastEvent is what a manifest says of an as-of time that nobody asked for.
const lastEvent = "the last event"

// prepare pins the lake and compares it with what the published version was made of.
func prepare(ctx context.Context, o Options, project *Project) (*run, error) {
	tables := make([]string, 0, len(project.Sources))
	for table := range project.Sources {
		tables = append(tables, table)
	}
	sort.Strings(tables)
	snapshots, err := o.pin(ctx, tables)
	if err != nil {
		return nil, err
	}
	r := &run{Options: o, project: project, started: o.Now(), snapshots: snapshots, parts: map[string][]Part{}, samples: map[string]*CheckRun{},
		models: map[string][]*Model{}, full: map[string]string{}, code: map[string]string{}, contextDigest: map[string]string{},
		segments: map[string][]Segment{}, lastSegment: map[string]int{}, sumParts: map[string][]SumPart{}, touched: map[string]int64{}, woken: map[string]int64{},
		newRecords: map[string]int64{}, credit: map[string]int64{}, months: map[string][]string{},
	}
	r.inputs = r.digest()
	before, err := Current(o.Dir)
	switch {
	case errors.Is(err, ErrNoVersion):
		r.result.Inputs = []string{"no version is published"}
		return r, nil
	case errors.Is(err, ErrNewerFormat):
		return nil, err
	case err != nil: // what is published is computed from the lake again
		r.unreadable = "the published version cannot be read: " + err.Error()
		r.result.Inputs = []string{r.unreadable}
		r.Logger.Warn("the warehouse is computed from the start", "err", err)
		return r, nil
	}
	r.before = before
	r.result.Inputs = r.changes()
	if missing := before.Missing(); missing != "" {
		r.missing = missing
		r.result.Inputs = append(r.result.Inputs, missing+" is missing or damaged")
	} else if before.Inputs == r.inputs && before.Dir == o.Dir {
		r.result.UpToDate = true
		r.result.Version, r.result.Path, r.result.AsOf = before.Version, before.Path(), before.AsOf
	}
	return r, nil
}

// pinTries is how often the lake is pinned before a log of loads that keeps moving is an error.
const pinTries = 10

// pin fixes the tables at one state of the loads. Tables are pinned one after another: records of a load that began in
// between would be seen without its start, and count as a load that is whole.
func (o Options) pin(ctx context.Context, tables []string) ([]warehouse.Snapshot, error) {
	at := slices.Index(tables, "loads")
	for range pinTries {
		snapshots, err := o.Lake.Pin(ctx, tables...)
		if err != nil {
			return nil, fmt.Errorf("pin the lake: %w", err)
		}
		if at < 0 {
			return snapshots, nil
		}
		again, err := o.Lake.Pin(ctx, "loads")
		if err != nil {
			return nil, fmt.Errorf("pin the lake: %w", err)
		}
		if again[0].ID == snapshots[at].ID {
			return snapshots, nil
		}
	}
	return nil, fmt.Errorf("pin the lake: duty.loads changed %d times while it was pinned; run the transform again when fewer loads begin", pinTries)
}

// digest names the inputs: an equal digest means an equal result.
func (r *run) digest() string {
	h := sha256.New()
	fmt.Fprintf(h, "format %d\nproject %s\nzone %s\nas of %s\nparts %d\n",
		Format, r.project.Hash, r.Lake.Zone(), r.asOfText(), r.Config.PartRows)
	for _, s := range r.snapshots {
		fmt.Fprintf(h, "table %s %d\n", s.Table, s.ID)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (r *run) asOfText() string {
	if r.AsOf.IsZero() {
		return lastEvent
	}
	return r.AsOf.UTC().Format(time.RFC3339Nano)
}

func (r *run) snapshotText() string {
	var list []string
	for _, s := range r.snapshots {
		list = append(list, fmt.Sprintf("%s %d", s.Table, s.ID))
	}
	return strings.Join(list, ", ")
}

// changes tells in words what differs from the published version.
func (r *run) changes() []string {
	var list []string
	say := func(what, before, now string) {
		if before != now {
			list = append(list, fmt.Sprintf("%s: %s -> %s", what, before, now))
		}
	}
	for _, s := range r.snapshots {
		say(s.Table+" snapshot", fmt.Sprint(r.before.Snapshots[s.Table]), fmt.Sprint(s.ID))
	}
	say("project", short(r.before.Project), short(r.project.Hash))
	say("as of", r.before.AsOfAsked, r.asOfText())
	say("folder", r.before.Dir, r.Dir)
	return list
}

func short(hash string) string { return hash[:min(len(hash), 12)] }

// plan says what a run would compute. It reads what has nothing to do with entities and the new records, and writes
// nothing but in a folder of its own.
func (r *run) plan(ctx context.Context) (result Result, err error) {
	if r.work, err = os.MkdirTemp("", "dutyflow-plan-"); err != nil {
		return Result{}, fmt.Errorf("make a folder for the plan: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(r.work)) }()
	done, err := r.open()
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, done()) }()
	if err := r.prepareBuild(ctx); err != nil {
		return Result{}, fmt.Errorf("plan: %w", err)
	}
	r.result.Models = nil
	for _, name := range r.names {
		if m, ok := r.project.Model(name); ok {
			r.result.Models = append(r.result.Models, ModelRun{Name: m.Name, Layer: m.Layer.String(), Kind: m.Kind, Why: r.why(m)})
		}
	}
	return r.result, nil
}

// why is what a plan says of a model.
func (r *run) why(m *Model) string {
	switch {
	case m.Entity != "" && r.full[m.Entity] != "":
		return "all: " + r.full[m.Entity]
	case m.Entity != "":
		return fmt.Sprintf("%d touched by %d new records", r.touched[m.Entity], r.newRecords[m.Entity])
	case m.Kind == Sums:
		for _, s := range r.sums {
			if s.m == m && s.why != "" {
				return "from all facts: " + s.why
			}
		}
		return "what changed is added"
	case m.Kind == View:
		return ""
	case r.project.above()[m.Name]:
		return "made of sums in every run"
	default:
		return "made of lists in every run"
	}
}

// open opens the database in which a run works.
func (r *run) open() (done func() error, err error) {
	r.db, err = duck.Open("", duck.Options{
		MemoryLimit: int64(r.Config.MemoryLimitMB) << 20, Threads: r.Config.Threads,
		TempDir: filepath.Join(r.work, "spill"), Zone: r.Lake.Zone().String(),
	})
	if err != nil {
		return nil, err
	}
	return r.db.Close, nil
}

// wanted are the models and macros to build, in order: all, or the selected ones and what they need.
func (r *run) wanted() []string {
	order, _ := r.project.order() // Load refused a project without an order
	if len(r.Select) == 0 {
		return order
	}
	need := map[string]bool{}
	var add func(string)
	add = func(name string) {
		if need[name] {
			return
		}
		need[name] = true
		if m, ok := r.project.byName[name]; ok {
			for _, ref := range m.refs {
				add(ref)
			}
		}
		if m, ok := r.project.macros[name]; ok {
			for _, ref := range m.refs {
				add(ref)
			}
		}
	}
	for _, name := range r.Select {
		add(name)
	}
	var out []string
	for _, name := range order {
		if need[name] {
			out = append(out, name)
		}
	}
	return out
}

// run builds, checks and publishes.
func (r *run) run(ctx context.Context) (result Result, err error) {
	for _, name := range r.Select {
		if _, ok := r.project.Model(name); !ok {
			return Result{}, fmt.Errorf("select %s: the project has no such model", name)
		}
	}
	if err := r.begin(); err != nil {
		return Result{}, err
	}
	if err := clean(r.Dir, r.Config, r.Now(), r.Logger); err != nil {
		return Result{}, err
	}
	// What is read must not expire meanwhile, however long it takes.
	if err := r.hold(ctx, underWay); err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, r.release(context.WithoutCancel(ctx))) }()
	r.work = filepath.Join(r.Dir, "build")
	if err := os.MkdirAll(r.work, 0o755); err != nil {
		return Result{}, fmt.Errorf("make build folder %s: %w", r.work, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(r.work)) }()
	if err := r.noteUnderWay(); err != nil {
		return Result{}, err
	}
	// A run that fails is remembered too; one that is killed is remembered by the next.
	defer func() {
		if err != nil {
			err = errors.Join(err, r.remember(r.past("failed", err)))
		}
	}()
	done, err := r.open()
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, done()) }()
	if err := r.build(ctx); err != nil {
		return Result{}, fmt.Errorf("transform: %w", r.hint(err))
	}
	if err := r.check(ctx); err != nil {
		return r.result, err
	}
	if len(r.Select) > 0 {
		return r.result, nil
	}
	if err := r.publish(ctx); err != nil {
		return Result{}, fmt.Errorf("publish: %w", err)
	}
	if err := r.remember(r.past("published", nil)); err != nil {
		return Result{}, err
	}
	return r.result, clean(r.Dir, r.Config, r.Now(), r.Logger)
}

// hint says what to do about an error of a file that is kept in the warehouse.
func (r *run) hint(err error) error {
	kept := []string{filepath.Join(r.Dir, "parts"), filepath.Join(r.Dir, "versions")}
	if r.before == nil || !slices.ContainsFunc(kept, func(dir string) bool { return strings.Contains(err.Error(), dir) }) {
		return err
	}
	return fmt.Errorf("%w; if the file is damaged, run `dutyflow transform --full`", err)
}
