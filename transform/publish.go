package transform

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/dutyflow/dutyflow/warehouse/duck"
)

// export writes the result of a query as one part of a model. The part is named by its content and the salt: what did not
// change gives the file that is there already.
func (r *run) export(ctx context.Context, name, query, salt string) (Part, error) {
	file := filepath.Join(r.work, name+".parquet")
	stmt := "copy (" + query + ") to " + duck.Literal(file) + " (format parquet, compression zstd, row_group_size 122880)"
	if err := r.db.Exec(ctx, stmt); err != nil {
		return Part{}, fmt.Errorf("write part of %s: %w", name, err)
	}
	var rows int64
	if err := r.db.Scalar(ctx, "select count(*) from read_parquet("+duck.Literal(file)+")", &rows); err != nil {
		return Part{}, fmt.Errorf("count part of %s: %w", name, err)
	}
	digest, err := digestFile(file, salt)
	if err != nil {
		return Part{}, err
	}
	info, err := os.Stat(file)
	if err != nil {
		return Part{}, fmt.Errorf("measure part of %s: %w", name, err)
	}
	part := Part{File: filepath.Join("parts", name, digest[:24]+".parquet"), Rows: rows, Bytes: info.Size()}
	target := filepath.Join(r.Dir, part.File)
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return Part{}, fmt.Errorf("make folder of part %s: %w", part.File, err)
	}
	return part, errors.Join(place(file, target), r.Faults("part"))
}

func digestFile(path, salt string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	defer f.Close()
	h := sha256.New()
	_, _ = io.WriteString(h, salt) // a hash takes all
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// place makes a finished file appear under its name in one step, on disk before it is seen.
func place(from, to string) error {
	f, err := os.OpenFile(from, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("sync %s: %w", from, err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("sync %s: %w", from, err)
	}
	if err := os.Rename(from, to); err != nil {
		return fmt.Errorf("move %s into place: %w", from, err)
	}
	return syncDir(filepath.Dir(to))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync folder %s: %w", dir, err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync folder %s: %w", dir, err)
	}
	return nil
}

// showFacts makes views over their segments of the facts, whose tables held a batch at a time.
func (r *run) showFacts(ctx context.Context) error {
	for _, kind := range r.kinds {
		for _, m := range r.facts(kind) {
			if err := r.showParts(ctx, m, r.live(m, r.segments[kind], "work."+duck.Ident("dead_"+kind))); err != nil {
				return err
			}
		}
	}
	return nil
}

// showParts replaces the working table of a fact by a view over its parts.
func (r *run) showParts(ctx context.Context, m *Model, query string) error {
	if err := r.db.Exec(ctx, "drop table if exists "+duck.Ident(m.Name)); err != nil {
		return fmt.Errorf("drop %s: %w", m.Name, err)
	}
	if err := r.db.Exec(ctx, "create view "+duck.Ident(m.Name)+" as "+query); err != nil {
		return fmt.Errorf("show parts of %s: %w", m.Name, err)
	}
	return nil
}

// readParts names every part: a pattern would show parts of other versions too.
func (r *run) readParts(m *Model) string {
	files := make([]string, len(r.parts[m.Name]))
	for i, p := range r.parts[m.Name] {
		files[i] = duck.Literal(filepath.Join(r.Dir, p.File))
	}
	return "select * from read_parquet([" + strings.Join(files, ", ") + "], hive_partitioning = false)"
}

// publish writes the version's database beside the others and moves the link. Whatever happens before the last rename,
// readers have the version before.
func (r *run) publish(ctx context.Context) error {
	number, err := r.nextNumber()
	if err != nil {
		return err
	}
	m := &Manifest{
		Format: Format, Number: number, Version: fmt.Sprintf("v%06d-%s", number, r.inputs[:12]),
		AsOf: r.result.AsOf, AsOfAsked: r.asOfText(), MadeAt: r.Now().UTC(), Zone: r.Lake.Zone().String(), Dir: r.Dir,
		Project: r.project.Hash, Inputs: r.inputs, Snapshots: map[string]int64{}, Parts: r.parts,
		LastEvent: r.result.AsOf, Lake: map[string]seenTable{}, Code: r.code, Context: r.contextDigest, Segments: r.segments,
		SumParts: r.sumParts, Credit: r.credit,
		Checks: map[string]keptCheck{},
	}
	for _, s := range r.snapshots {
		m.Snapshots[s.Table] = s.ID
		m.Lake[s.Table] = seen(s)
	}
	for _, c := range r.result.Checks {
		m.Checks[c.Name] = keptCheck{c.Rows, c.Columns, c.Sample}
	}
	file := filepath.Join(r.work, "version.duckdb")
	if err := errors.Join(r.fill(ctx, file, m), r.Faults("database")); err != nil {
		return err
	}
	versions := filepath.Join(r.Dir, "versions")
	if err := os.MkdirAll(versions, 0o755); err != nil {
		return fmt.Errorf("make folder %s: %w", versions, err)
	}
	info, err := os.Stat(file)
	if err != nil {
		return fmt.Errorf("measure version: %w", err)
	}
	m.Bytes = info.Size()
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("write version manifest: %w", err)
	}
	if err := r.hold(ctx, m.Version); err != nil {
		return err
	}
	manifest := filepath.Join(r.work, "manifest.json")
	if err := os.WriteFile(manifest, append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("write version manifest: %w", err)
	}
	// The manifest goes first: a database without one would be swept away, a manifest without a database names nothing.
	if err := errors.Join(place(manifest, filepath.Join(versions, m.Version+".json")), r.Faults("manifest")); err != nil {
		return err
	}
	if err := errors.Join(place(file, m.Path()), r.Faults("version")); err != nil {
		return err
	}
	if err := r.link(m); err != nil {
		return err
	}
	if err := r.Faults("published"); err != nil {
		return err
	}
	r.result.Version, r.result.Path = m.Version, m.Path()
	r.Logger.Info("published", "version", m.Version, "as_of", m.AsOf)
	return nil
}

func (r *run) link(m *Manifest) error {
	link := filepath.Join(r.work, "link")
	if err := os.Symlink(filepath.Join("versions", m.Version+".duckdb"), link); err != nil {
		return fmt.Errorf("link version %s: %w", m.Version, err)
	}
	if err := os.Rename(link, filepath.Join(r.Dir, currentLink)); err != nil {
		return fmt.Errorf("publish version %s: %w", m.Version, err)
	}
	return syncDir(r.Dir)
}

func (r *run) nextNumber() (int, error) {
	names, err := versionFiles(r.Dir)
	if err != nil {
		return 0, err
	}
	current, err := published(r.Dir)
	if err != nil {
		return 0, err
	}
	last := numberOf(current)
	for _, name := range names { // also of versions whose manifests cannot be read
		last = max(last, numberOf(name))
	}
	return last + 1, nil
}

// fill writes the version's database: what the marts store, the macros and the views over it.
func (r *run) fill(ctx context.Context, file string, m *Manifest) (err error) {
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove %s: %w", file, err)
	}
	// One connection: USE holds for a connection only.
	conn, err := r.db.SQL().Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	exec := func(what, stmt string) error {
		if _, err := conn.ExecContext(ctx, stmt); err != nil {
			return fmt.Errorf("%s: %w", what, duck.Classify(err))
		}
		return nil
	}
	var home string
	if err := conn.QueryRowContext(ctx, "select current_database()").Scan(&home); err != nil {
		return err
	}
	if err := exec("attach version", "attach "+duck.Literal(file)+" as version_file"); err != nil {
		return err
	}
	steps := r.versionStatements(home, m)
	history, err := r.historyStatements(ctx, m.Version)
	if err != nil {
		return err
	}
	steps = append(steps, history...)
	if err := exec("use version", "use version_file"); err != nil {
		return err
	}
	for _, s := range steps {
		if err := exec(s[0], s[1]); err != nil {
			return err
		}
	}
	for _, s := range [][2]string{
		{"write version", "checkpoint version_file"}, {"leave version", "use " + duck.Ident(home)}, {"close version", "detach version_file"},
	} {
		if err := exec(s[0], s[1]); err != nil {
			return err
		}
	}
	return nil
}

// versionStatements are what makes a version, in the order of the references: pairs of a name and a statement.
func (r *run) versionStatements(home string, m *Manifest) [][2]string {
	steps := [][2]string{
		{"zone", "create macro zone() as " + duck.Literal(m.Zone)},
		{"as_of", asOfMacro(m.AsOf)},
		{"version", fmt.Sprintf("create table version as select %d as format, %s as version, as_of() as as_of, "+
			"timestamptz %s as made_at, zone() as zone, %s as snapshots, %s as sql_hash, %s as inputs_hash",
			m.Format, duck.Literal(m.Version), duck.Literal(m.MadeAt.Format("2006-01-02 15:04:05.999999+00")),
			duck.Literal(r.snapshotText()), duck.Literal(m.Project), duck.Literal(m.Inputs))},
		{"version_check", r.checkTable()},
		{"kept", "create schema kept"},
	}
	keep := func(name, from string) {
		steps = append(steps, [2]string{name, "create table kept." + duck.Ident(name) + " as select * from " + duck.Ident(home) + "." + from + " order by all"})
	}
	for _, kind := range r.kinds {
		keep("dead_"+kind, "work."+duck.Ident("dead_"+kind))
		keep("late_"+kind, "work."+duck.Ident("late_"+kind))
		for _, m := range r.facts(kind) {
			if len(r.segments[kind]) == 0 { // its view needs the columns
				keep("empty_"+m.Name, "work."+duck.Ident("empty_"+m.Name))
			}
		}
	}
	for _, m := range r.project.Models {
		if m.Touches != "" {
			keep("touch_"+m.Name, "main."+duck.Ident(m.Name))
		}
	}
	order, _ := r.project.order()
	steps = append(steps, [2]string{"dim_model", r.describeStatement(order)})
	for _, name := range order {
		if macro, ok := r.project.macros[name]; ok {
			steps = append(steps, [2]string{macro.Path, macro.create()})
			continue
		}
		model := r.project.byName[name]
		switch {
		case model.Layer < Marts:
		case model.isFact():
			steps = append(steps, [2]string{model.Path, "create view " + duck.Ident(name) + " as " +
				r.liveOr(model, r.segments[model.Entity], "kept."+duck.Ident("dead_"+model.Entity), "kept."+duck.Ident("empty_"+name))})
		case model.Kind == Parts, len(r.sumParts[name]) > 0:
			steps = append(steps, [2]string{model.Path, "create view " + duck.Ident(name) + " as " + r.readParts(model)})
		case model.Kind == View:
			steps = append(steps, [2]string{model.Path, "create view " + duck.Ident(name) + " as " + model.SQL})
		default:
			steps = append(steps, [2]string{model.Path, "create table " + duck.Ident(name) + " as select * from " +
				duck.Ident(home) + ".main." + duck.Ident(name) + " order by " + model.Order})
		}
	}
	return steps
}

// checkTable keeps what the checks found, for the report on data quality.
func (r *run) checkTable() string {
	var rows []string
	for _, c := range r.result.Checks {
		rows = append(rows, fmt.Sprintf("(%s, %s, %d, %s)", duck.Literal(c.Name), duck.Literal(c.Severity), c.Rows, duck.Literal(c.Example())))
	}
	if len(rows) == 0 {
		return "create table version_check (check_name varchar, severity varchar, rows bigint, example varchar)"
	}
	return "create table version_check as select check_name, severity, rows::bigint as rows, example from (values " +
		strings.Join(rows, ", ") + ") as found(check_name, severity, rows, example)"
}
