package report

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Config are the settings of reports in dutyflow.yaml.
type Config struct {
	// Organ is the body that issues the reports. Its name stands in red above the title; empty: no such line.
	Organ string `yaml:"organ"`
}

// DefaultConfig issues reports without a head.
func DefaultConfig() Config { return Config{} }

// Validate names the field that cannot be used.
func (c Config) Validate() error {
	if n := len([]rune(c.Organ)); n > 40 {
		return fmt.Errorf("organ: %d characters do not fit one line; use at most 40", n)
	}
	return nil
}

// Options say which report to write, of what, and where to.
type Options struct {
	Config
	DB      Querier
	Kind    string    // R1
	Period  string    // 2026-10
	Region  string    // code; everything below it is counted; * for all regions; empty: the city
	Sector  string    // code; empty: all
	Org     string    // code of a department; empty: all
	Lang    string    // zh or en; empty: zh
	Formats []string  // html, json; empty: html
	Dir     string    // folder of reports; each period has a folder in it
	Stamp   time.Time // when the report is written; printed in one place and used for nothing else
}

// Kinds lists the reports that can be written.
func Kinds() []string { return kindsDeclared() }

// Languages lists the languages that reports are written in.
func Languages() []string { return languages() }

// Formats lists the file formats that reports are written in.
func Formats() []string { return sortedKeys(writers) }

// writers are the file formats. Each turns the same document into the bytes of a file.
var writers = map[string]func(*document) ([]byte, error){
	"html": writeHTML,
	"json": func(d *document) ([]byte, error) { return d.Summary, nil },
}

// Write writes a report and returns the files, in the order of Formats. Files of an earlier run are replaced whole; when
// it returns an error, none has been touched.
func Write(ctx context.Context, o Options) ([]string, error) {
	if o.Lang == "" {
		o.Lang = "zh"
	}
	o.Region = fullRegion(o.Region)
	if len(o.Formats) == 0 {
		o.Formats = []string{"html"}
	}
	for _, format := range o.Formats {
		if writers[format] == nil {
			return nil, fmt.Errorf("write report %s as %q: %w; there are: %s", o.Kind, format, ErrUnknownFormat,
				strings.Join(Formats(), ", "))
		}
	}
	doc, name, err := compose(ctx, o)
	if err != nil {
		return nil, err
	}
	type output struct {
		path string
		data []byte
	}
	var outputs []output
	for _, format := range o.Formats {
		data, err := writers[format](doc)
		if err != nil {
			return nil, fmt.Errorf("write report %s as %s: %w", o.Kind, format, err)
		}
		file := name + "." + o.Lang + "." + format
		if format == "json" { // the same in every language
			file = name + "." + format
		}
		outputs = append(outputs, output{filepath.Join(o.Dir, o.Period, file), data})
	}
	var paths []string
	for _, out := range outputs {
		if err := replaceFile(out.path, out.data); err != nil {
			return nil, err
		}
		paths = append(paths, out.path)
	}
	return paths, nil
}

// compose reads the data and makes the document; name is the file name without language and format.
func compose(ctx context.Context, o Options) (doc *document, name string, err error) {
	s, err := readSpec(o.Kind)
	if err != nil {
		return nil, "", err
	}
	texts, err := readCatalogue(o.Lang)
	if err != nil {
		return nil, "", err
	}
	when, err := parsePeriod(o.Period, s)
	if err != nil {
		return nil, "", err
	}
	if o.DB == nil {
		return nil, "", fmt.Errorf("write report %s: %w; run: dutyflow transform", o.Kind, ErrNoWarehouse)
	}
	data, cut, err := gather(ctx, o, s, when)
	if err != nil {
		return nil, "", fmt.Errorf("write report %s for %s: %w", o.Kind, o.Period, err)
	}
	b := newBuilder(s, texts, when, cut, data)
	if doc, err = b.build(); err != nil {
		return nil, "", fmt.Errorf("write report %s for %s: %w", o.Kind, o.Period, err)
	}
	if err := b.finish(doc, o, cut); err != nil {
		return nil, "", fmt.Errorf("write report %s for %s: %w", o.Kind, o.Period, err)
	}
	return doc, fileName(s, cut, when), nil
}

// cut is what a report is cut to, as resolved against the reference lists.
type cut struct {
	region, sector, org             string // codes; "*" for all
	regionName, sectorName, orgName string
	zone                            *time.Location
}

// gather resolves the cut and asks every query of the report.
func gather(ctx context.Context, o Options, s *spec, when period) (map[string]*dataset, cut, error) {
	scope, err := runQuery(ctx, o.DB, source{Name: "scope", Query: "scope"}, map[string]any{
		"region": all(o.Region), "sector": all(o.Sector), "org": all(o.Org), "default_region": o.Region == "",
	})
	if err != nil {
		return nil, cut{}, fmt.Errorf("%w, or one of another release; run: dutyflow transform: %s", ErrNoWarehouse, firstLine(err))
	}
	c, err := resolve(o, scope.first())
	if err != nil {
		return nil, cut{}, err
	}
	args := when.arguments()
	args["region"], args["sector"], args["org"] = c.region, c.sector, c.org
	for name, n := range s.Minimum {
		args["minimum_"+name] = int64(n)
	}
	months, err := runQuery(ctx, o.DB, source{Name: "months", Query: "months"}, args)
	if err != nil {
		return nil, cut{}, err
	}
	if err := needMonth(months, when); err != nil {
		return nil, cut{}, err
	}
	data := map[string]*dataset{}
	for _, src := range s.Data {
		if data[src.Name], err = runQuery(ctx, o.DB, src, args); err != nil {
			return nil, cut{}, err
		}
	}
	return data, c, nil
}

// firstLine drops the excerpt that DuckDB draws below its message.
func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

func all(code string) string {
	if code == "" {
		return "*"
	}
	return code
}

func resolve(o Options, scope row) (cut, error) {
	text := func(column string) string { s, _ := scope[column].(string); return s }
	for _, asked := range []struct{ what, code string }{{"region", o.Region}, {"sector", o.Sector}, {"org", o.Org}} {
		if asked.code != "" && asked.code != "*" && text(asked.what+"_name") == "" {
			return cut{}, fmt.Errorf("%s %q: %w; list them with: dutyflow query \"from dim_%s\"", asked.what, asked.code,
				ErrUnknownCode, asked.what)
		}
	}
	zone, err := time.LoadLocation(text("zone"))
	if err != nil {
		return cut{}, fmt.Errorf("read the zone of the warehouse: %w", err)
	}
	return cut{
		region: text("region_code"), sector: all(o.Sector), org: all(o.Org),
		regionName: text("region_name"), sectorName: text("sector_name"), orgName: text("org_name"),
		zone: zone,
	}, nil
}

// needMonth refuses an empty period and says which months there are: an empty report looks like good news.
func needMonth(months *dataset, when period) error {
	var there []string
	for _, r := range months.rows {
		month, ok := r["month"].(time.Time)
		if !ok {
			continue
		}
		if !month.Before(when.From) && month.Before(when.To) {
			return nil
		}
		there = append(there, month.Format("2006-01"))
	}
	if len(there) == 0 {
		return fmt.Errorf("%w for this cut in any month", ErrNoData)
	}
	slices.Sort(there)
	if len(there) > 24 {
		there = append([]string{there[0], "..."}, there[len(there)-24:]...)
	}
	return fmt.Errorf("%w in this period; there are: %s", ErrNoData, strings.Join(there, " "))
}

// fileName is plain ASCII, so that it survives archives and systems of any code page, and says kind, cut and period.
// The names of places are in the document, codes in its name: names change, and two places can share one.
func fileName(s *spec, c cut, when period) string {
	parts := []string{s.ID, s.File, pathSafe(shortRegion(c.region))}
	for _, code := range []string{c.sector, c.org} {
		if code != "*" {
			parts = append(parts, pathSafe(code))
		}
	}
	return strings.Join(append(parts, when.Name), "-")
}

// shortRegion cuts a 12-digit code down to the 6 digits of a county, as people write it, where the rest is zeros.
func shortRegion(code string) string {
	if len(code) == 12 && strings.HasSuffix(code, "000000") {
		return code[:6]
	}
	return code
}

// fullRegion is the 12-digit code that 6 or 9 digits stand for, as the records and lists keep it.
func fullRegion(code string) string {
	if (len(code) == 6 || len(code) == 9) && strings.Trim(code, "0123456789") == "" {
		return code + strings.Repeat("0", 12-len(code))
	}
	return code
}

var unsafe = regexp.MustCompile(`[^A-Za-z0-9_.]+`)

// pathSafe makes a file name of a code. What cannot stand in one is written in hexadecimal, so that two codes never
// share a file.
func pathSafe(code string) string {
	if code == "*" {
		return "all"
	}
	safe := unsafe.ReplaceAllStringFunc(code, func(s string) string { return fmt.Sprintf("_x%x_", s) })
	return strings.TrimLeft(safe, ".")
}

// replaceFile writes a file so that a reader sees the old one or the new one, never a part.
func replaceFile(path string, data []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make folder %s: %w", dir, errors.Unwrap(err))
	}
	temp, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, errors.Unwrap(err))
	}
	_, err = temp.Write(data)
	err = errors.Join(err, temp.Chmod(0o644), temp.Sync(), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(temp.Name()))
	}
	return nil
}
