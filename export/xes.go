package export

import (
	"bufio"
	"compress/gzip"
	"encoding/xml"
	"io"
)

// zip compresses what is written. Its header has neither name nor time: equal logs are equal files.
func zip(w io.Writer) (io.Writer, func() error) {
	z := gzip.NewWriter(w)
	return z, z.Close
}

// xes writes IEEE 1849: a trace is a case, an event a run.
type xes struct{ w *bufio.Writer }

const xesHead = `<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849.2016" xes.features="" xmlns="http://www.xes-standard.org/">
	<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
	<extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
	<extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
	<extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
	<global scope="trace">
		<string key="concept:name" value=""/>
	</global>
	<global scope="event">
		<string key="concept:name" value=""/>
		<string key="lifecycle:transition" value="complete"/>
		<date key="time:timestamp" value="1970-01-01T00:00:00Z"/>
	</global>
	<classifier name="Activity" keys="concept:name"/>
	<classifier name="Activity and lifecycle" keys="concept:name lifecycle:transition"/>
	<string key="lifecycle:model" value="standard"/>
`

func newXES(w io.Writer) (*xes, error) {
	x := &xes{bufio.NewWriterSize(w, 1<<20)}
	_, err := x.w.WriteString(xesHead)
	return x, err
}

func (x *xes) beginCase(c []field) error {
	x.put("\t<trace>\n")
	for i, f := range c {
		if i == 0 {
			f.name = "concept:name"
		}
		x.attribute("\t\t", f)
	}
	return nil
}

func (x *xes) event(e event) error {
	x.put("\t\t<event>\n")
	x.attribute("\t\t\t", field{"concept:name", text, e.activity})
	x.attribute("\t\t\t", field{"lifecycle:transition", text, e.transition})
	x.attribute("\t\t\t", field{"time:timestamp", instant, e.at})
	for _, f := range e.fields {
		x.attribute("\t\t\t", f)
	}
	x.put("\t\t</event>\n")
	return nil
}

func (x *xes) endCase() error {
	x.put("\t</trace>\n")
	return nil
}

func (x *xes) close() error {
	x.put("</log>\n")
	return x.w.Flush()
}

func (x *xes) objects() int64 { return 0 }

func (x *xes) put(s string) {
	_, _ = x.w.WriteString(s) // a bufio.Writer keeps its error: what it could not write, close tells
}

var xesTypes = [...]string{text: "string", instant: "date", integer: "int", float: "float", boolean: "boolean"}

func (x *xes) attribute(indent string, f field) {
	x.put(indent + "<" + xesTypes[f.kind] + ` key="` + f.name + `" value="`)
	_ = xml.EscapeText(x.w, []byte(f.text)) // a bufio.Writer keeps its error
	x.put("\"/>\n")
}
