package report

import (
	"bytes"
	"fmt"
	"html/template"
)

// page is what the templates see.
type page struct {
	*document
	Doc     *document // the same, by a name that templates can reach
	Style   template.CSS
	Summary template.HTML
}

// writeHTML lays a document out as one file that needs nothing else: no script, no font, no image. html/template
// escapes every name and code; the only things it is told to trust are our own style sheet and the machine summary,
// which encoding/json has made free of < > and &.
func writeHTML(doc *document) ([]byte, error) {
	texts, err := readCatalogue(doc.Lang)
	if err != nil {
		return nil, err
	}
	style, err := files.ReadFile("templates/style.css")
	if err != nil {
		return nil, fmt.Errorf("read style sheet: %w", err)
	}
	t, err := template.New("page.html").Funcs(template.FuncMap{
		"draw": draw,
		"pair": func(d *document, v any) map[string]any { return map[string]any{"Doc": d, "It": v} },
		"text": func(key string) (string, error) { return texts.get(key, nil) },
		"lang": func() string { return languageTag[doc.Lang] },
	}).ParseFS(files, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse templates: %w", err)
	}
	summary := `<script type="application/json" id="summary">` + "\n" + string(doc.Summary) + "</script>"
	var out bytes.Buffer
	if err := t.Execute(&out, page{document: doc, Doc: doc, Style: template.CSS(style), Summary: template.HTML(summary)}); err != nil {
		return nil, fmt.Errorf("fill templates: %w", err)
	}
	return out.Bytes(), nil
}

var languageTag = map[string]string{"zh": "zh-CN", "en": "en"}
