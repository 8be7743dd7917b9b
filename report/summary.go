package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// summary is what a machine reads of a report: every answer of every query and every sentence that was printed, without
// a word of any language, so that all languages of a report share one summary and one checksum.
type summary struct {
	Report    string        `json:"report"`
	Period    string        `json:"period"`
	Region    string        `json:"region"`
	Sector    string        `json:"sector"`
	Org       string        `json:"org"`
	Data      []summaryData `json:"data"`
	Sentences []firedRule   `json:"sentences"`
}

type summaryData struct {
	Name    string    `json:"name"`
	Query   string    `json:"query"`
	Columns []string  `json:"columns"`
	Rows    [][]value `json:"rows"`
}

// machineSummary returns the summary as JSON, one data set or sentence a line so that two of them can be compared, and
// the SHA-256 of exactly these bytes.
func machineSummary(s summary) (text []byte, checksum string, err error) {
	var out bytes.Buffer
	head, err := json.Marshal(map[string]string{
		"report": s.Report, "period": s.Period, "region": s.Region, "sector": s.Sector, "org": s.Org,
	})
	if err != nil {
		return nil, "", fmt.Errorf("write summary: %w", err)
	}
	out.Write(bytes.TrimSuffix(head, []byte("}")))
	if err := writeList(&out, "data", s.Data); err != nil {
		return nil, "", err
	}
	if err := writeList(&out, "sentences", s.Sentences); err != nil {
		return nil, "", err
	}
	out.WriteString("\n}\n")
	sum := sha256.Sum256(out.Bytes())
	return out.Bytes(), hex.EncodeToString(sum[:]), nil
}

func writeList[T any](out *bytes.Buffer, name string, list []T) error {
	fmt.Fprintf(out, ",\n%q: [", name)
	for i, item := range list {
		if i > 0 {
			out.WriteString(",")
		}
		line, err := json.Marshal(item)
		if err != nil {
			return fmt.Errorf("write summary %s: %w", name, err)
		}
		out.WriteString("\n  ")
		out.Write(line)
	}
	out.WriteString("]")
	return nil
}

func summarize(d *dataset) summaryData {
	out := summaryData{Name: d.Name, Query: d.reference(), Columns: d.columns, Rows: [][]value{}}
	for _, r := range d.rows {
		line := make([]value, len(d.columns))
		for i, c := range d.columns {
			line[i] = machine(r[c])
		}
		out.Rows = append(out.Rows, line)
	}
	return out
}

// machine writes instants in UTC: a summary must not depend on the zone of the session that read them.
func machine(v value) value {
	if t, ok := v.(time.Time); ok {
		return t.UTC().Format(time.RFC3339)
	}
	return v
}
