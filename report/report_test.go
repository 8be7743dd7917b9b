package report_test

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/dutyflow/dutyflow/report"
)

// The document is what the golden file holds, in both languages; the summary is one for both.
func TestGolden(t *testing.T) {
	db := open(t)
	for _, lang := range report.Languages() {
		t.Run(lang, func(t *testing.T) {
			got := write(t, db, func(o *report.Options) { o.Lang = lang; o.Organ = "临沂市履职运行监管办公室" })
			golden(t, "R1."+lang+".html", got["html"])
			golden(t, "R1.json", got["json"])
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs from the golden file; see the difference after: go test ./report -run Golden -update", name)
	}
}

// The same data gives the same bytes; another stamp changes the line with the stamp and nothing else.
func TestWrite_same_bytes(t *testing.T) {
	db := open(t)
	first := write(t, db, nil)
	again := write(t, db, nil)
	if first["html"] != again["html"] || first["json"] != again["json"] {
		t.Error("two runs differ")
	}
	later := write(t, db, func(o *report.Options) { o.Stamp = stamp.Add(72 * time.Hour) })
	if later["json"] != first["json"] {
		t.Error("the machine summary depends on the stamp")
	}
	a, b := strings.Split(first["html"], "\n"), strings.Split(later["html"], "\n")
	if len(a) != len(b) {
		t.Fatalf("%d lines became %d", len(a), len(b))
	}
	var differing []string
	for i := range a {
		if a[i] != b[i] {
			differing = append(differing, b[i])
		}
	}
	if len(differing) != 1 || !strings.Contains(differing[0], "<time ") {
		t.Errorf("the stamp changes these lines: %q", differing)
	}
}

// The process's time zone changes nothing: days are days of the business zone.
func TestWrite_time_zone(t *testing.T) {
	want := write(t, open(t), nil)
	local := time.Local
	defer func() { time.Local = local }()
	for _, zone := range []string{"America/Anchorage", "Pacific/Kiritimati"} {
		loaded, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		time.Local = loaded
		if got := write(t, open(t), nil); got["html"] != want["html"] || got["json"] != want["json"] {
			t.Errorf("the report differs under %s", zone)
		}
	}
}

// Units with equal rates share a rank, the next one counts on from their number, and units that are too small have none
// and are named apart.
func TestRanks(t *testing.T) {
	out := write(t, open(t), nil)
	ranks := summarize(t, out["json"]).column(t, "orgs", "code", "rank")
	for code, want := range map[string]any{
		"LS-SC": 1.0, "LZ-ZR": 2.0, "LZ-SC": 2.0, "LS-ZR": 4.0, "YS-ZR": 5.0, "YC-SC": nil,
	} {
		if ranks[code] != want {
			t.Errorf("rank of %s is %v, want %v", code, ranks[code], want)
		}
	}
	if _, small, ok := strings.Cut(out["html"], `colspan="10">样本不足，不参与排名</th>`); !ok || !strings.Contains(small, "市大数据局") {
		t.Error("the unit that is too small is not listed apart")
	}
	below := summarize(t, out["json"]).column(t, "regions", "code", "accepted")
	if len(below) != 4 || below["371323000000"] != 94.0 {
		t.Errorf("regions are %v: want the counties with all below them, and the whole", below)
	}
}

// Names and codes come from outside: whatever they hold is text, in HTML and in SVG.
func TestWrite_hostile_names(t *testing.T) {
	const evil = `"><script>alert('1')</script></title></svg><img src=x onerror=alert(2)>&amp;{{.}}`
	quoted := "'" + strings.ReplaceAll(evil, "'", "''") + "'"
	db := open(t,
		"update dim_region set name = "+quoted+" || region_code", "update dim_sector set name = "+quoted+" || sector_code",
		"update dim_org set name = "+quoted, "update dim_process set name = "+quoted, "update dim_step set name = "+quoted,
		"update v_case set case_id = "+quoted+" || case_id", "update v_reject set reason = "+quoted,
		"update version set version = "+quoted+", snapshots = "+quoted,
		"update dim_metric set name_zh = "+quoted+", formula_zh = "+quoted)
	for _, lang := range report.Languages() {
		html := write(t, db, func(o *report.Options) { o.Lang = lang; o.Organ = evil[:30] })["html"]
		page, _, _ := strings.Cut(html, `<script type="application/json"`)
		for _, tag := range []string{"<script", "<img", "</svg><"} {
			if strings.Contains(page, tag) {
				t.Errorf("%s: %s got into the page", lang, tag)
			}
		}
		if strings.Count(html, "</script") != 1 {
			t.Errorf("%s: the machine summary can be left", lang)
		}
		drawings := regexp.MustCompile(`(?s)<svg.*?</svg>`).FindAllString(html, -1)
		if len(drawings) < 4 {
			t.Fatalf("%s: only %d drawings", lang, len(drawings))
		}
		for _, drawing := range drawings {
			wellFormed(t, drawing)
		}
	}
}

func wellFormed(t *testing.T, text string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%v in %.200s", err, text)
		}
	}
}

// Every figure names the query that made it, and that query stands in the appendix.
func TestWrite_figures_can_be_traced(t *testing.T) {
	html := write(t, open(t), nil)["html"]
	names := regexp.MustCompile(`data-query="([^"]*)"`).FindAllStringSubmatch(html, -1)
	if len(names) < 50 {
		t.Fatalf("only %d figures name their query", len(names))
	}
	for _, m := range names {
		if !strings.Contains(html, `id="query-`+m[1]+`"`) {
			t.Errorf("query %q is not in the appendix", m[1])
		}
	}
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(html, -1) {
		if ids[m[1]] {
			t.Errorf("the id %q is there twice", m[1])
		}
		ids[m[1]] = true
	}
	if strings.Contains(html, "http://") || strings.Contains(html, "https://") || strings.Contains(html, "url(") {
		t.Error("the page refers to something outside itself")
	}
}

// A cut to a region counts it and all below it, whether its code is given with 6 digits or 12; the name of the file says
// kind, cut and period.
func TestWrite_cut(t *testing.T) {
	db := open(t)
	dir := t.TempDir()
	o := report.Options{DB: db, Kind: "R1", Period: "2026-10", Formats: []string{"html", "json"}, Dir: dir, Stamp: stamp}
	for _, c := range []struct{ region, sector, org, file, place string }{
		{"", "", "", "R1-duty-performance-371300-2026-10", "临沂市履职分析报告"},
		{"371323", "", "", "R1-duty-performance-371323-2026-10", "沂水县履职分析报告"},
		{"371323000000", "SC", "", "R1-duty-performance-371323-SC-2026-10", "沂水县 · 市场监管履职分析报告"},
		{"*", "", "LS-ZR", "R1-duty-performance-all-LS_x2d_ZR-2026-10", "全部区划 · 市自然资源局履职分析报告"},
	} {
		o.Region, o.Sector, o.Org = c.region, c.sector, c.org
		files, err := report.Write(context.Background(), o)
		if err != nil {
			t.Fatal(err)
		}
		if want := filepath.Join(dir, "2026-10", c.file+".zh.html"); files[0] != want {
			t.Errorf("the file is %s, want %s", files[0], want)
		}
		if want := filepath.Join(dir, "2026-10", c.file+".json"); files[1] != want {
			t.Errorf("the summary is %s, want %s", files[1], want)
		}
		text, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), "<h1>"+c.place) {
			t.Errorf("%s is not about %s", c.file, c.place)
		}
	}
	if left, err := filepath.Glob(filepath.Join(dir, "2026-10", ".*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// Every mistake is one error that says what is wrong and what would be right, and writes nothing.
func TestWrite_mistakes(t *testing.T) {
	db := open(t)
	for name, c := range map[string]struct {
		change func(*report.Options)
		is     error
		says   string
	}{
		"kind":    {func(o *report.Options) { o.Kind = "R99" }, report.ErrUnknownKind, "there are: R1"},
		"path":    {func(o *report.Options) { o.Kind = "../reports/R1" }, report.ErrUnknownKind, "there are: R1"},
		"period":  {func(o *report.Options) { o.Period = "2026-Q3" }, report.ErrBadPeriod, "give YYYY-MM"},
		"month":   {func(o *report.Options) { o.Period = "2026-13" }, report.ErrBadPeriod, "give YYYY-MM"},
		"empty":   {func(o *report.Options) { o.Period = "2026-11" }, report.ErrNoData, "there are: 2025-10 2026-09 2026-10"},
		"nothing": {func(o *report.Options) { o.Org = "LZ-DA" }, report.ErrNoData, "in any month"},
		"region":  {func(o *report.Options) { o.Region = "999999" }, report.ErrUnknownCode, `region "999999000000"`},
		"sector":  {func(o *report.Options) { o.Sector = "XX" }, report.ErrUnknownCode, `sector "XX"`},
		"org":     {func(o *report.Options) { o.Org = "nobody" }, report.ErrUnknownCode, `org "nobody"`},
		"lang":    {func(o *report.Options) { o.Lang = "fr" }, report.ErrUnknownFormat, "there are: en, zh"},
		"format":  {func(o *report.Options) { o.Formats = []string{"docx"} }, report.ErrUnknownFormat, "there are: html, json"},
		"no db":   {func(o *report.Options) { o.DB = nil }, report.ErrNoWarehouse, "dutyflow transform"},
	} {
		t.Run(name, func(t *testing.T) {
			o := report.Options{DB: db, Kind: "R1", Period: "2026-10", Dir: t.TempDir(), Stamp: stamp}
			c.change(&o)
			_, err := report.Write(context.Background(), o)
			if !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %v saying %q", err, c.is, c.says)
			}
			if err != nil && strings.Contains(err.Error(), "\n") {
				t.Errorf("the error has more than one line: %q", err)
			}
			if left, _ := os.ReadDir(o.Dir); len(left) > 0 {
				t.Errorf("%d files were written", len(left))
			}
		})
	}
}

// A database that is no warehouse says so.
func TestWrite_no_warehouse(t *testing.T) {
	db := open(t, "drop table version")
	_, err := report.Write(context.Background(), report.Options{DB: db, Kind: "R1", Period: "2026-10", Dir: t.TempDir()})
	if !errors.Is(err, report.ErrNoWarehouse) || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %q, want one line with %v", err, report.ErrNoWarehouse)
	}
}

// The configuration names the field that it refuses.
func TestConfig(t *testing.T) {
	if err := report.DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
	err := report.Config{Organ: strings.Repeat("字", 41)}.Validate()
	if err == nil || !strings.HasPrefix(err.Error(), "organ:") {
		t.Errorf("got %v, want an error about organ", err)
	}
}
